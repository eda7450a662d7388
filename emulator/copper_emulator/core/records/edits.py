"""How is a long list edited in many places at once?"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence
from typing import Any, TypeAlias

ONE_BY_ONE = 32
"""Edits of a long list that are made in place; with more, one pass over the list is cheaper."""

Edit: TypeAlias = tuple[int, bool]
"""A place in a list, and whether something comes in front of what is there, or that goes."""


def edited(values: MutableSequence[Any], edits: Sequence[Edit], coming: Sequence[Any]) -> MutableSequence[Any]:
    """The values with edits made, which are in the order of their places."""
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
