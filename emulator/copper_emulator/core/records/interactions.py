"""Which activities belong to a record, and what do they make of its interactions?

An activity whose type counts as one raises its parent's `interaction_count` and `date_last_contacted`. That is no
change of the parent: a new activity is excluded from its updates (developer docs), and both fields are metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.relations import Item
from copper_emulator.core.records.tables import TABLES

Stored: TypeAlias = Mapping[str, Any]


class Contact(NamedTuple):
    """Interactions that a record gains, or loses with a negative number, and the moment of the last in seconds."""

    item: Item
    by: int
    at: int | None = None


class Activities:
    """The activities of each record, and those among them that count as interactions."""

    def __init__(self) -> None:
        # Each with its place in the order in which they came to their records.
        self._of: dict[Item, dict[int, int]] = {}
        # What counted when it was made goes on counting, whatever becomes of its type.
        self._counted: dict[Item, dict[int, int]] = {}
        self._came = 0

    def of(self, item: Item) -> list[int]:
        """The ids of a record's activities."""
        return list(self._of.get(item, ()))

    def counted(self, item: Item) -> int:
        """How many of a record's activities count as interactions."""
        return len(self._counted.get(item, ()))

    def made(self, activity: Stored, *, counts: bool) -> list[Contact]:
        """A new one; what it makes of interactions."""
        item = parent_of(activity)
        self.put_back(activity, self._came + 1, counts=counts)
        return [Contact(item, 1, activity["activity_date"])] if counts else []

    def removed(self, activity: Stored) -> list[Contact]:
        """One is gone."""
        item, counts = parent_of(activity), self._counts(activity)
        for index in (self._of, self._counted) if counts else (self._of,):
            del index[item][activity["id"]]
            if not index[item]:
                del index[item]
        return [Contact(item, -1)] if counts else []

    def written(self, before: Stored, after: Stored) -> list[Contact]:
        """One was changed, or moved to another parent."""
        counts = self._counts(before)
        if parent_of(before) != parent_of(after):
            return self.removed(before) + self.made(after, counts=counts)
        return [Contact(parent_of(after), 0, after["activity_date"])] if counts else []

    def place(self, activity: Stored) -> tuple[int, bool]:
        """Where one stands in the order of all, and whether it counts as an interaction."""
        return self._of[parent_of(activity)][activity["id"]], self._counts(activity)

    def put_back(self, activity: Stored, place: int, *, counts: bool) -> None:
        """One as it stood; those before it are there already."""
        self._came, item = place, parent_of(activity)
        for index in (self._of, self._counted) if counts else (self._of,):
            index.setdefault(item, {})[activity["id"]] = place

    def _counts(self, activity: Stored) -> bool:
        return activity["id"] in self._counted.get(parent_of(activity), ())


def parent_of(activity: Stored) -> Item:
    """The record an activity belongs to."""
    return EntityType(activity["parent"]["type"]), activity["parent"]["id"]


def contacted(kind: EntityType, record: Stored, by: int, at: int | None) -> dict[str, Any]:
    """What becomes of a record's fields by so many more interactions, the last of them at this moment."""
    fields: dict[str, Any] = {}
    if by and "interaction_count" in TABLES[kind]:
        fields["interaction_count"] = max(record["interaction_count"] + by, 0)
    if at is not None and "date_last_contacted" in TABLES[kind]:
        fields["date_last_contacted"] = max(record["date_last_contacted"] or 0, at)
    return {name: value for name, value in fields.items() if record[name] != value}
