"""What does the journal say about a write besides its changes: what stayed the same, and what no webhook reports?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from copper_emulator.core.model import EntityType, Event, Kind, Topic
from copper_emulator.core.records.relations import Item
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.tables import TABLES
from copper_emulator.core.records.writing.action import Done
from copper_emulator.core.records.writing.excluded import given, given_activities
from copper_emulator.core.text import short_ids


class Note(NamedTuple):
    """One journal entry to write, and the records it is about."""

    kind: Kind
    text: str
    records: Sequence[Item]


def notes_of(done: Done, store: RecordStore) -> Iterator[Note]:
    """The notes on what was done, in order."""
    # If something did change, the ignored names may belong to that write.
    told = bool(done.ignored) and not done.changes
    names = ", ".join(done.ignored)
    unchanged: dict[EntityType, list[int]] = {}
    for kind, record_id in done.unchanged:
        unchanged.setdefault(kind, []).append(record_id)
    for kind, same in unchanged.items():
        why = "they cannot be written" if {*TABLES[kind].unheeded} & {*done.ignored} else "only Copper writes them"
        ignored = f"; ignored, since {why}: {names}" if told else ""
        text = f"{Topic(kind, Event.UPDATE)} {short_ids(same)}: the values were the same{ignored}"
        yield Note(Kind.UNCHANGED, text, [(kind, each) for each in same])
    for kind, parents in given_activities(done.changes, store).items():
        yield Note(Kind.EXCLUDED, given(kind, parents), [(kind, each) for each in parents])
