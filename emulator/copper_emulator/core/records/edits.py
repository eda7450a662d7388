"""Editing a long list in many places at once."""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence
from typing import Any, TypeAlias

ONE_BY_ONE = 32
"""Up to this many edits are made in place; with more, one pass over the list is cheaper."""

Edit: TypeAlias = tuple[int, bool]
"""An index in a list, and whether to insert something before it (True) or to delete the item there (False)."""


def edited(values: MutableSequence[Any], edits: Sequence[Edit], coming: Sequence[Any]) -> MutableSequence[Any]:
    """The values after edits, sorted by index, that insert `coming` in order; may change `values` itself."""
    if len(edits) <= ONE_BY_ONE:
        last = reversed(coming)
        for place, comes in reversed(edits):
            if comes:
                values.insert(place, next(last))
            else:
                del values[place]
        return values
    made, end, first = values[:0], 0, iter(coming)
    for place, comes in edits:
        made += values[end:place]
        end = place
        if comes:
            made.append(next(first))
        else:
            end += 1
    made += values[end:]
    return made
