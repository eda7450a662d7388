"""What must a column be like?

A condition looks at many records at once, at one column of theirs: of the numbers of rows that other conditions have
left over it keeps those that fit. Conditions of one name find the same, so that what was found can be kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from copper_emulator.core.records.ordering import Column

Hits: TypeAlias = Sequence[int]
Values: TypeAlias = Sequence[Any]

Demand: TypeAlias = Callable[[Any, Values, Hits], Hits]
"""Of the rows that are left, those whose values are as some value demands. It looks at nothing else."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a column must be like."""

    column: Column
    demand: Demand
    value: Hashable = None

    @property
    def name(self) -> Hashable:
        """The same for what finds the same in the same records."""
        return self.column.name, self.demand, self.value

    def keep(self, values: Values, hits: Hits) -> Hits:
        """Of the rows that are left those that fit."""
        return self.demand(self.value, values, hits)


def among(column: Column, chosen: Collection[Any]) -> Condition:
    """The value is one of these."""
    return Condition(column, _among, frozenset(chosen))


def meets(column: Column, chosen: frozenset[Any]) -> Condition:
    """One of the column's several values is one of these."""
    if len(chosen) == 1:
        [one] = chosen
        return has(column, one)
    return Condition(column, _meets, chosen)


def has(column: Column, one: Hashable) -> Condition:
    """This is among the column's several values, or a part of its text."""
    return Condition(column, _has, one)


def has_any(column: Column, chosen: frozenset[str]) -> Condition:
    """One of these is a part of the column's text; nothing fits where there are none."""
    if len(chosen) == 1:
        [one] = chosen
        return has(column, one)
    return Condition(column, _has_any, chosen)


def holds(column: Column, chosen: frozenset[Any]) -> Condition:
    """All of these are among the column's several values."""
    return Condition(column, _holds, chosen)


def is_empty(column: Column) -> Condition:
    """There is no value."""
    return Condition(column, _is_empty)


def from_number(column: Column, least: float) -> Condition:
    return Condition(column, _at_least, float(least))


def to_number(column: Column, most: float) -> Condition:
    return Condition(column, _at_most, float(most))


def nothing(column: Column) -> Condition:
    """Whatever it is, it does not fit."""
    return Condition(column, _nothing)


def _among(chosen: frozenset[Any], values: Values, hits: Hits) -> Hits:
    return [hit for hit in hits if values[hit] in chosen]


def _has(one: Any, values: Values, hits: Hits) -> Hits:
    return [hit for hit in hits if one in values[hit]]


def _has_any(chosen: frozenset[str], values: Values, hits: Hits) -> Hits:
    return [hit for hit in hits if any(one in values[hit] for one in chosen)]


def _meets(chosen: frozenset[Any], values: Values, hits: Hits) -> Hits:
    return [hit for hit in hits if not chosen.isdisjoint(values[hit])]


def _holds(chosen: frozenset[Any], values: Values, hits: Hits) -> Hits:
    return [hit for hit in hits if chosen.issubset(values[hit])]


def _is_empty(_: None, values: Values, hits: Hits) -> Hits:
    return [hit for hit in hits if not values[hit]]


def _at_least(bound: float, values: Values, hits: Hits) -> Hits:
    return [hit for hit in hits if values[hit] >= bound]


def _at_most(bound: float, values: Values, hits: Hits) -> Hits:
    return [hit for hit in hits if values[hit] <= bound]


def _nothing(_: None, values: Values, hits: Hits) -> Hits:
    return []
