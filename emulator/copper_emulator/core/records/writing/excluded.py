"""The journal's wording for events that no webhook reports (developer docs, webhooks overview)."""

from __future__ import annotations

from collections.abc import Iterable

from copper_emulator.core.model import EntityType, Event, RecordChange, Topic
from copper_emulator.core.records.interactions import parent_of
from copper_emulator.core.records.relations import Item
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.tables import ACTIVITY
from copper_emulator.core.text import short_ids

_NEW_ACTIVITY = Topic(ACTIVITY, Event.NEW)


def related(one: Item, other: Item) -> str:
    """The text for two records that were related."""
    return f"{one[0]} {one[1]} and {other[0]} {other[1]} were related: Copper does not notify of relations"


def unrelated(one: Item, other: Item) -> str:
    """The text for a relation that was removed."""
    return f"{one[0]} {one[1]} and {other[0]} {other[1]} are no longer related: Copper does not notify of relations"


def given_activities(changes: Iterable[RecordChange], store: RecordStore) -> dict[EntityType, list[int]]:
    """The records that new activities belong to, by type; a new activity is not an update of its record."""
    parents: dict[EntityType, dict[int, None]] = {}
    activities = store.of(ACTIVITY)
    for change in changes:
        for record_id in change.ids if change.topic == _NEW_ACTIVITY else ():
            if record_id in activities:
                kind, parent = parent_of(activities[record_id])
                parents.setdefault(kind, {})[parent] = None
    return {kind: list(ids) for kind, ids in parents.items()}


def given(kind: EntityType, ids: list[int]) -> str:
    """The text for records of a type that got new activities."""
    return f"{kind} {short_ids(ids)} got a new activity: that is activity_log/new, and no {kind}/update"
