"""Where the emulated API is found at an origin."""

from __future__ import annotations

from copper_emulator.core.paths import api_url


def test_the_api_has_coppers_path() -> None:
    """https://api.copper.com/developer_api/v1 (developer.copper.com)."""
    assert api_url("http://127.0.0.1:2929") == "http://127.0.0.1:2929/developer_api/v1"
