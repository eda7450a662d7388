"""Twenty kills at any moment, under load."""

from __future__ import annotations

from pathlib import Path

from tests.crash.play import faults, play


def test_after_twenty_kills_nothing_is_lost_and_nothing_was_sent_twice(tmp_path: Path) -> None:
    story = play(tmp_path, 20, seed=5)

    assert faults(story) == []
    # It ran long enough to show something.
    assert story.outcomes["delivered"] > 100
    assert story.outcomes["unknown"] > 0
