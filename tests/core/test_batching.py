"""How ids are cut into notifications."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator.core.batching import cut
from copper_emulator.core.rules import MAX_IDS


def test_copper_sends_at_most_30_ids() -> None:
    assert MAX_IDS == 30


@pytest.mark.parametrize(
    ("ids", "sizes"),
    [(1, [1]), (29, [29]), (30, [30]), (31, [30, 1]), (60, [30, 30]), (61, [30, 30, 1])],
    ids=lambda value: str(value),
)
def test_pieces_have_at_most_30(ids: int, sizes: list[int]) -> None:
    assert [len(piece) for piece in cut(range(ids), 30)] == sizes


def test_no_ids_give_no_notification() -> None:
    assert cut([], 30) == []


def test_pieces_are_consecutive_and_keep_the_order() -> None:
    assert cut([5, 3, 4, 1, 2], 2) == [(5, 3), (4, 1), (2,)]


@given(st.lists(st.integers()), st.integers(1, 40))
def test_nothing_is_lost_added_or_moved(ids: list[int], size: int) -> None:
    pieces = cut(ids, size)

    assert [number for piece in pieces for number in piece] == ids
    assert all(len(piece) == size for piece in pieces[:-1])
    assert all(1 <= len(piece) <= size for piece in pieces)
