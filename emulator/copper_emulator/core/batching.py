"""Batching: how the ids of one change are cut into notifications."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle


def cut(ids: Sequence[int], *sizes: int) -> list[tuple[int, ...]]:
    """Consecutive slices of the ids, at most `sizes` long in turn: 61 ids by 30 give 30, 30 and 1."""
    if 0 < len(ids) <= sizes[0]:
        return [tuple(ids)]
    pieces: list[tuple[int, ...]] = []
    turns, start = cycle(sizes), 0
    while start < len(ids):
        size = next(turns)
        pieces.append(tuple(ids[start : start + size]))
        start += size
    return pieces
