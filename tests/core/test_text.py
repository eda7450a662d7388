"""Ids, counts and durations as messages write them."""

from __future__ import annotations

import pytest

from copper_emulator.core.text import count, duration_text, short_ids


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "[]"),
        (1, "[1]"),
        (5, "[1, 2, 3, 4, 5]"),
        (6, "[1, 2, 3, ... 6] (6 ids)"),
        (30, "[1, 2, 3, ... 30] (30 ids)"),
    ],
)
def test_many_ids_are_shortened(number: int, text: str) -> None:
    assert short_ids(range(1, number + 1)) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 changes"), (1, "1 change"), (2, "2 changes"), (10_000, "10,000 changes")],
)
def test_numbers_have_their_noun(number: int, text: str) -> None:
    assert count(number, "change") == text


def test_a_noun_in_y_has_its_own_plural() -> None:
    assert (count(1, "delivery"), count(2, "delivery")) == ("1 delivery", "2 deliveries")


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0"),
        (250, "250ms"),
        (30_000, "30s"),
        (90_000, "1m30s"),
        (600_000, "10m"),
        (7_200_000, "2h"),
        (86_400_000, "1d"),
        (90_061_001, "1d1h1m1s1ms"),
    ],
)
def test_durations_read_as_the_settings_write_them(ms: int, text: str) -> None:
    assert duration_text(ms) == text
