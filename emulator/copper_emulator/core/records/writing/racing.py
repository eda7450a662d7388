"""Deliberately changing or deleting a record between its notification and the endpoint's fetch of it."""

from __future__ import annotations

from collections.abc import Iterable

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.switched_off import is_switched_off
from copper_emulator.core.records.writing.action import Action, Command, Done
from copper_emulator.core.rules import FetchRace

RACE = "race"
"""The origin of changes made by `race`."""


def race(kind: EntityType, ids: Iterable[int], outcome: FetchRace) -> Command[None]:
    """Delete records or change their details, depending on the outcome."""

    def command(store: RecordStore, now: int) -> tuple[None, Done]:
        if is_switched_off(store, kind):
            # Nobody can fetch such a record.
            return None, Done()
        action = Action(store, kind, now)
        for record_id in ids:
            if outcome is FetchRace.DELETED:
                action.delete(record_id)
            else:
                details = store.stored(kind, record_id)["details"] or ""
                action.set(record_id, {"details": f"{details} (changed before it was fetched)".strip()})
        return None, action.commit()

    return command
