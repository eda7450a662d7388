"""How the ids of one change are cut into notifications."""

from __future__ import annotations

from collections.abc import Sequence


def cut(ids: Sequence[int], size: int) -> list[tuple[int, ...]]:
    """Consecutive pieces of at most `size` ids in their order: 61 ids by 30 give 30, 30 and 1."""
    return [tuple(ids[start : start + size]) for start in range(0, len(ids), size)]
