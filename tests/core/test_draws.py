"""Draws are the same everywhere and forever."""

from __future__ import annotations

from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator.core.draws import draw

QUARTER_HOUR = 900_000


@pytest.mark.parametrize(
    ("seed", "purpose", "key", "expected"),
    [
        # Computed with exact fractions from the digest that `b2sum -l 64` prints.
        (0, "latency", ("lead/new", (17,), 1, 560_698), 488_197),
        (1, "latency", ("lead/new", (17,), 1, 560_698), 832_481),
        (0, "latency", ("lead/new", (17,), 2, 560_698), 51_180),
        (0, "latency", ("lead/new", (17,), 1, 560_699), 12_791),
        (0, "lost", ("lead/new", (17,), 1, 560_698), 759_253),
    ],
    ids=["first", "another seed", "second alike", "another subscription", "another purpose"],
)
def test_a_draw_never_changes(seed: int, purpose: str, key: tuple[object, ...], expected: int) -> None:
    assert draw(seed, purpose, *key, low=0, high=QUARTER_HOUR) == expected


def test_dice() -> None:
    assert draw(7, "dice", low=1, high=6) == 4
    assert draw(7, "dice", "a", low=1, high=6) == 2


def test_b2sum_agrees() -> None:
    """`printf '7\\x1fdice' | b2sum -l 64`, copied here."""
    assert blake2b(b"7\x1fdice", digest_size=8).hexdigest() == "8cac50fb375667a9"
    assert draw(7, "dice", low=0, high=2**64 - 1) == 0x8CAC50FB375667A9


def test_one_value_is_drawn_where_there_is_no_other() -> None:
    assert draw(0, "x", low=5, high=5) == 5


@given(st.integers(), st.integers(0, 10**9), st.integers(0, 10**9), st.text(max_size=3))
def test_a_draw_lies_within_its_bounds(seed: int, low: int, span: int, key: str) -> None:
    assert low <= draw(seed, "any", key, low=low, high=low + span) <= low + span


def test_both_bounds_are_drawn() -> None:
    assert {draw(0, "coin", toss, low=0, high=1) for toss in range(20)} == {0, 1}


def test_words_do_not_run_together() -> None:
    assert draw(0, "x", "ab", "c", low=0, high=2**60) != draw(0, "x", "a", "bc", low=0, high=2**60)
