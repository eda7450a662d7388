"""Tests of a client that is not installed are skipped, or fail if the clients are required."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.installation import Environment


def environment(folder: Path) -> Environment:
    pins = folder / "pins.txt"
    pins.write_text("client==1.0")
    (folder / "made").mkdir()
    return Environment(folder / "made", (pins,))


def test_what_was_made_is_there_until_its_pins_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPPER_CLIENTS_REQUIRED", "1")
    made = environment(tmp_path)
    made.say_ready()
    assert made.needed() == made.folder

    made.pins[0].write_text("client==1.1")
    with pytest.raises(pytest.fail.Exception, match="run `make clients`"):
        made.needed()


def test_what_was_not_made_skips_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COPPER_CLIENTS_REQUIRED", raising=False)

    with pytest.raises(pytest.skip.Exception, match="run `make clients`"):
        environment(tmp_path).needed()


def test_what_was_made_elsewhere_is_not_there(tmp_path: Path) -> None:
    """Scripts in an environment contain the path where it was made."""
    made = environment(tmp_path)
    made.say_ready()
    moved = made.folder.rename(tmp_path / "moved")

    assert made.is_ready is False
    assert Environment(moved, made.pins).is_ready is False
