"""Without a browser the tests of the page are skipped, or fail if one is required."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.page.installation import chromium


def test_without_a_browser_a_test_is_skipped_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("COPPER_BROWSER_REQUIRED", raising=False)

    with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"):
        chromium()


def test_where_a_browser_is_required_it_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("COPPER_BROWSER_REQUIRED", "1")

    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"):
        chromium()
