"""Editing a long list in many places at once."""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence
from typing import Any, TypeAlias

ONE_BY_ONE = 32
"""Up to this many edits are made in place; with more, one pass over the list is cheaper."""

Edit: TypeAlias = tuple[int, bool]
"""An index in a list, and whether to insert something before it (True) or to delete the item there (False)."""


def edited(values: MutableSequence[Any], edits: Sequence[Edit], inserted: Sequence[Any]) -> MutableSequence[Any]:
    """The values after edits, sorted by index, which insert `inserted` in order; may change `values` itself."""
    if len(edits) <= ONE_BY_ONE:
        last = reversed(inserted)
        for index, inserts in reversed(edits):
            if inserts:
                values.insert(index, next(last))
            else:
                del values[index]
        return values
    result, end, first = values[:0], 0, iter(inserted)
    for index, inserts in edits:
        result += values[end:index]
        end = index
        if inserts:
            result.append(next(first))
        else:
            end += 1
    result += values[end:]
    return result
