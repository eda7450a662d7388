"""Conditions on columns.

A condition tests many records at once by looking at one column: of the row numbers left by earlier conditions, it
keeps those that match. Conditions with equal names match the same rows, so results can be cached by name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from copper_emulator.core.records.ordering import Column

Hits: TypeAlias = Sequence[int]
Values: TypeAlias = Sequence[Any]

Demand: TypeAlias = Callable[[Any, Values, Hits], Hits]
"""Takes a value to compare with, a column's values and row numbers; returns the matching row numbers. Pure."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A requirement on the values of a column."""

    column: Column
    demand: Demand
    value: Hashable = None

    @property
    def name(self) -> Hashable:
        """Equal for conditions that match the same records."""
        return self.column.name, self.demand, self.value

    def keep(self, values: Values, hits: Hits) -> Hits:
        """Those of the given rows that match."""
        return self.demand(self.value, values, hits)


def among(column: Column, chosen: Collection[Any]) -> Condition:
    """The column's value is one of these."""
    return Condition(column, _among, frozenset(chosen))


def meets(column: Column, chosen: frozenset[Any]) -> Condition:
    """At least one of these is among the column's several values."""
    if len(chosen) == 1:
        [one] = chosen
        return has(column, one)
    return Condition(column, _meets, chosen)


def has(column: Column, one: Hashable) -> Condition:
    """This is among the column's several values, or contained in its text."""
    return Condition(column, _has, one)


def has_any(column: Column, chosen: frozenset[str]) -> Condition:
    """The column's text contains one of these; nothing matches if there are none."""
    if len(chosen) == 1:
        [one] = chosen
        return has(column, one)
    return Condition(column, _has_any, chosen)


def holds(column: Column, chosen: frozenset[Any]) -> Condition:
    """All of these are among the column's several values."""
    return Condition(column, _holds, chosen)


def is_empty(column: Column) -> Condition:
    """The column's value is empty."""
    return Condition(column, _is_empty)


def from_number(column: Column, least: float) -> Condition:
    return Condition(column, _at_least, float(least))


def to_number(column: Column, most: float) -> Condition:
    return Condition(column, _at_most, float(most))


def nothing(column: Column) -> Condition:
    """No value matches."""
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
