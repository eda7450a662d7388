"""Under which paths does a server answer? Copper's API and the control API; and what is the API's URL at an origin?"""

from __future__ import annotations

API_PATH = "/developer_api/v1"
"""Copper's own (developer.copper.com)."""

CONTROL_PATH = "/_emulator/v1"


def api_url(origin: str) -> str:
    """The base URL for a client of Copper: `http://127.0.0.1:2929/developer_api/v1`."""
    return f"{origin}{API_PATH}"
