"""Which activities belong to a record, and how do they affect its interaction fields?

An activity whose type counts as an interaction raises its parent's `interaction_count` and `date_last_contacted`. That
is not an update of the parent: new activities are excluded from updates (developer docs), and both fields are metadata.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.relations import Item
from copper_emulator.core.records.tables import TABLES, Stored


class Contact(NamedTuple):
    """How many interactions a record gains (negative: loses), and the time of one in Unix seconds."""

    item: Item
    by: int
    at: int | None = None


class Activities:
    """The activities of each record, and which of them count as interactions."""

    def __init__(self) -> None:
        # Each activity with its position in the order in which activities were added to records.
        self._of: dict[Item, dict[int, int]] = {}
        # An activity that counted when it was created keeps counting, whatever happens to its type.
        self._counted: dict[Item, dict[int, int]] = {}
        self._last_position = 0

    def of(self, item: Item) -> list[int]:
        """The ids of a record's activities."""
        return list(self._of.get(item, ()))

    def interaction_count(self, item: Item) -> int:
        """How many of a record's activities count as interactions."""
        return len(self._counted.get(item, ()))

    def add(self, activity: Stored, *, counts: bool) -> list[Contact]:
        """Add a new activity and return its effect on interactions."""
        item = parent_of(activity)
        self.insert(activity, self._last_position + 1, counts=counts)
        return [Contact(item, 1, activity["activity_date"])] if counts else []

    def remove(self, activity: Stored) -> list[Contact]:
        """Remove a deleted activity and return the effect on interactions."""
        item, counts = parent_of(activity), self._counts(activity)
        for index in (self._of, self._counted) if counts else (self._of,):
            del index[item][activity["id"]]
            if not index[item]:
                del index[item]
        return [Contact(item, -1)] if counts else []

    def follow(self, before: Stored, after: Stored) -> list[Contact]:
        """Follow a change of an activity, possibly of its parent, and return the effect on interactions."""
        counts = self._counts(before)
        if parent_of(before) != parent_of(after):
            return self.remove(before) + self.add(after, counts=counts)
        return [Contact(parent_of(after), 0, after["activity_date"])] if counts else []

    def position(self, activity: Stored) -> tuple[int, bool]:
        """An activity's position in the order of all, and whether it counts as an interaction."""
        return self._of[parent_of(activity)][activity["id"]], self._counts(activity)

    def insert(self, activity: Stored, position: int, *, counts: bool) -> None:
        """Put an activity at its position, after all earlier ones."""
        self._last_position, item = position, parent_of(activity)
        for index in (self._of, self._counted) if counts else (self._of,):
            index.setdefault(item, {})[activity["id"]] = position

    def _counts(self, activity: Stored) -> bool:
        return activity["id"] in self._counted.get(parent_of(activity), ())


def parent_of(activity: Stored) -> Item:
    """The record that an activity belongs to."""
    return EntityType(activity["parent"]["type"]), activity["parent"]["id"]


def interaction_fields(kind: EntityType, record: Stored, by: int, at: int | None) -> dict[str, Any]:
    """The fields of a record that change with `by` more interactions and one at the time `at`, if given."""
    fields: dict[str, Any] = {}
    if by and "interaction_count" in TABLES[kind]:
        fields["interaction_count"] = max(record["interaction_count"] + by, 0)
    if at is not None and "date_last_contacted" in TABLES[kind]:
        last = record["date_last_contacted"]
        fields["date_last_contacted"] = at if last is None else max(last, at)
    return {name: value for name, value in fields.items() if record[name] != value}
