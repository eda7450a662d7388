"""What does the journal say besides changes: what stayed the same, and what no webhook reports?

Which events no webhook reports is said in the developer docs (webhooks overview).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from copper_emulator.core.model import EntityType, Event, Kind, RecordChange, Topic
from copper_emulator.core.performed import Merged
from copper_emulator.core.records.interactions import parent_of
from copper_emulator.core.records.relations import Item
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.tables import ACTIVITY, TABLES
from copper_emulator.core.records.writing.action import Done
from copper_emulator.core.text import short_ids

_NEW_ACTIVITY = Topic(ACTIVITY, Event.NEW)


GAINED_NOTHING = "it gained nothing by the merge"
"""What the note says of the winner of a merge that lacked none of the loser's values."""


class Note(NamedTuple):
    """One journal entry to write, and the records it is about."""

    kind: Kind
    text: str
    records: Sequence[Item]


def notes_of(done: Done, store: RecordStore) -> Iterator[Note]:
    """The notes on what was done, in order."""
    # If something did change, the ignored names may belong to that write.
    ignored = () if done.changes else done.ignored
    merged = {(each.kind, each.winner): each.loser for each in done.performed if isinstance(each, Merged)}
    unchanged: dict[EntityType, list[int]] = {}
    for kind, record_id in done.unchanged:
        if (kind, record_id) in merged:
            yield _gained_nothing((kind, record_id), merged[kind, record_id])
        else:
            unchanged.setdefault(kind, []).append(record_id)
    for kind, same in unchanged.items():
        besides = ", ".join(f"{name} ({TABLES[kind].why_ignored(name)})" for name in ignored)
        text = f"{Topic(kind, Event.UPDATE)} {short_ids(same)}: the values were the same"
        text += f"; ignored: {besides}" if besides else ""
        yield Note(Kind.UNCHANGED, text, [(kind, each) for each in same])
    for kind, parents in _given_activities(done.changes, store).items():
        text = f"{kind} {short_ids(parents)} got a new activity: that is activity_log/new, and no {kind}/update"
        yield Note(Kind.EXCLUDED, text, [(kind, each) for each in parents])


def _gained_nothing(winner: Item, loser_id: int) -> Note:
    kind, record_id = winner
    text = f"{Topic(kind, Event.UPDATE)} {short_ids([record_id])}: {GAINED_NOTHING} of {kind} {loser_id} into it"
    return Note(Kind.UNCHANGED, text, [winner])


def _given_activities(changes: Iterable[RecordChange], store: RecordStore) -> dict[EntityType, list[int]]:
    """The records that new activities belong to, by type; a new activity is not an update of its record."""
    parents: dict[EntityType, dict[int, None]] = {}
    activities = store.of(ACTIVITY)
    for change in changes:
        for record_id in change.ids if change.topic == _NEW_ACTIVITY else ():
            if record_id in activities:
                kind, parent = parent_of(activities[record_id])
                parents.setdefault(kind, {})[parent] = None
    return {kind: list(ids) for kind, ids in parents.items()}


def related(one: Item, other: Item, *, is_new: bool) -> Note:
    """The note on two records that were related, now or already."""
    were = "were related" if is_new else "were related already"
    text = f"{one[0]} {one[1]} and {other[0]} {other[1]} {were}: Copper does not notify of relations"
    return Note(Kind.EXCLUDED, text, [one, other])


def unrelated(one: Item, other: Item) -> Note:
    """The note on a relation that was removed."""
    text = f"{one[0]} {one[1]} and {other[0]} {other[1]} are no longer related: Copper does not notify of relations"
    return Note(Kind.EXCLUDED, text, [one, other])
