"""Which records are related? Relations go both ways and cause no notifications (Copper support page, developer docs).

Some fields are relations too (a person's company, what a task belongs to); fields and relations are kept in step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from copper_emulator.core.errors import Invalid
from copper_emulator.core.marks import Marks
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.tables import COMPANY, LEAD, OPPORTUNITY, PERSON, PROJECT, TASK

Item: TypeAlias = tuple[EntityType, int]
"""A record by its type and id."""

_ALL = frozenset({LEAD, PERSON, COMPANY, OPPORTUNITY, PROJECT})

ALLOWED: Mapping[EntityType, frozenset[EntityType]] = {
    LEAD: frozenset({TASK}),
    PERSON: frozenset({COMPANY, OPPORTUNITY, TASK, PROJECT}),
    COMPANY: frozenset({OPPORTUNITY, PERSON, TASK, PROJECT}),
    OPPORTUNITY: frozenset({COMPANY, PERSON, TASK, PROJECT}),
    PROJECT: frozenset({COMPANY, PERSON, OPPORTUNITY, TASK}),
    TASK: _ALL,
}
"""What each type can be related to (developer docs, related items). Activities have a parent instead."""

LINKS: Mapping[EntityType, Mapping[str, EntityType | None]] = {
    PERSON: {"company_id": COMPANY},
    OPPORTUNITY: {"company_id": COMPANY, "primary_contact_id": PERSON},
    PROJECT: {"related_resource": None},
    TASK: {"related_resource": None},
}
"""The fields that are relations, and the type they refer to; None if the value states the type.

Not a company's primary contact: a person has at most one company, and may be the contact of several
(`primary_contacts.py`).
"""


class Relations:
    """Pairs of related records, found from either end, in the order in which they were made."""

    def __init__(self, marks: Marks) -> None:
        # Each related record with the pair's position in the order of all pairs.
        self._of: dict[Item, dict[Item, int]] = {}
        self._last_position = 0
        self._marks = marks
        self.writes = 0
        """Counts changes, like `Orders.writes`."""

    def of(self, item: Item) -> list[Item]:
        """The records that a record is related to."""
        return list(self._of.get(item, ()))

    def has(self, one: Item, other: Item) -> bool:
        return other in self._of.get(one, ())

    def check(self, one: Item, other: Item) -> None:
        """Raise Invalid if two records cannot be related, or if one already has as many relations as it may have."""
        if other[0] not in ALLOWED.get(one[0], frozenset()):
            allowed = ", ".join(sorted(ALLOWED.get(one[0], ()))) or "nothing; activities have a parent"
            raise Invalid(
                f"Invalid input: {one[0]} cannot be related to {other[0]}",
                hint=f"A {one[0]} can be related to {allowed}.",
            )
        for this, that in ((one, other), (other, one)):
            if this[0] is PERSON and that[0] is COMPANY:
                self._check_single(this, that, COMPANY, "one company")
            if this[0] is TASK:
                self._check_single(this, that, None, "one record in total")

    def _check_single(self, this: Item, that: Item, kind: EntityType | None, most: str) -> None:
        others = [each for each in self.of(this) if kind in (None, each[0]) and each != that]
        if others:
            raise Invalid(
                f"Invalid input: {this[0]} {this[1]} is already related to {others[0][0]} {others[0][1]}",
                hint=f"A {this[0]} can have {most}. Remove that relation first.",
            )

    def position(self, one: Item, other: Item) -> int | None:
        """A pair's position in the order of all; None if the records are not related."""
        return self._of.get(one, {}).get(other)

    def pairs(self) -> list[tuple[Item, Item]]:
        """All pairs in order, each once, as `pair_of` returns it."""
        both_ways = ((place, (one, other)) for one, others in self._of.items() for other, place in others.items())
        return [pair for _, pair in sorted((place, pair) for place, pair in both_ways if pair == pair_of(*pair))]

    def add(self, one: Item, other: Item) -> None:
        if not self.has(one, other):
            self.insert(one, other, self._last_position + 1)
            self._marks.mark("relations", pair_of(one, other))

    def insert(self, one: Item, other: Item, position: int) -> None:
        """Put a pair at its position, after all earlier ones."""
        self._last_position = position
        self.writes += 1
        self._of.setdefault(one, {})[other] = position
        self._of.setdefault(other, {})[one] = position

    def remove(self, one: Item, other: Item) -> None:
        self._marks.mark("relations", pair_of(one, other))
        self.writes += 1
        for this, that in ((one, other), (other, one)):
            pairs = self._of.get(this, {})
            pairs.pop(that, None)
            if not pairs:
                self._of.pop(this, None)

    def drop(self, item: Item) -> list[Item]:
        """Remove a record from all relations and return the records it was related to."""
        others = self.of(item)
        for other in others:
            self.remove(item, other)
        return others

    def follow(
        self,
        kind: EntityType,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any],
        leads_back: Callable[[Item, Item], bool],
    ) -> None:
        """Adapt relations to a record's fields. `leads_back`: whether a field of one item refers to the other."""
        item = (kind, after["id"])
        for name in LINKS.get(kind, ()):
            old = None if before is None else linked(kind, name, before)
            new = linked(kind, name, after)
            if old != new:
                if old is not None and not leads_back(old, item):
                    self.remove(item, old)
                if new is not None:
                    self.add(item, new)


def pair_of(one: Item, other: Item) -> tuple[Item, Item]:
    """A pair in canonical order, the smaller end first."""
    return (one, other) if one <= other else (other, one)


def linked(kind: EntityType, name: str, record: Mapping[str, Any]) -> Item | None:
    """The record that a field refers to."""
    value = record[name]
    leads_to = LINKS[kind][name]
    if leads_to is not None:
        return None if value is None else (leads_to, value)
    return None if value is None or value["id"] is None else (EntityType(value["type"]), value["id"])


def leads_to(kind: EntityType, record: Mapping[str, Any], other: Item) -> bool:
    """Whether one of a record's fields refers to the other record."""
    return any(linked(kind, name, record) == other for name in LINKS.get(kind, ()))


def unlinked(kind: EntityType, record: Mapping[str, Any], other: Item) -> dict[str, Any]:
    """The fields to write when a relation is removed: those that refer to the other record are unset."""
    return {
        name: {"id": None, "type": None} if kind is TASK else None
        for name in LINKS.get(kind, ())
        if linked(kind, name, record) == other
    }


def newly_linked(kind: EntityType, record: Mapping[str, Any], other: Item) -> dict[str, Any]:
    """The field to write for a new relation, if any: the first unset one that fits, but never the primary contact."""
    for name, leads_to in LINKS.get(kind, {}).items():
        if name == "primary_contact_id" or linked(kind, name, record) is not None:
            continue
        if leads_to is None and kind is TASK:
            return {name: {"id": other[1], "type": str(other[0])}}
        if leads_to is other[0]:
            return {name: other[1]}
    return {}
