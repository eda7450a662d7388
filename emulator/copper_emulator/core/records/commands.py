"""What can be done to records. `Account.act` runs each command and passes its changes on to be matched and notified."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from copper_emulator.core.errors import Invalid, raised_on_purpose
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.record import Record
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.tables import Stored
from copper_emulator.core.records.writing.action import Action, Command, Done
from copper_emulator.core.records.writing.bulk import MAX_BULK, ItemError, bulk_create, bulk_update, item_error
from copper_emulator.core.records.writing.converting import convert
from copper_emulator.core.records.writing.merging import merge
from copper_emulator.core.records.writing.upserting import upsert

__tracebackhide__ = raised_on_purpose

__all__ = [
    "MAX_BULK",
    "Command",
    "ItemError",
    "bulk_create",
    "bulk_update",
    "convert",
    "create",
    "create_one",
    "delete",
    "item_error",
    "merge",
    "seed",
    "update",
    "update_each",
    "update_one",
    "upsert",
]


def create_one(kind: EntityType, body: Any) -> Command[Stored]:
    """Create one record and return it as stored. If it raises Invalid, nothing is created."""

    def command(store: RecordStore, now: int) -> tuple[Stored, Done]:
        action = Action(store, kind, now)
        record_id = action.create(body)
        return _committed(store, kind, record_id, action)

    return command


def update_one(kind: EntityType, record_id: int, body: Any) -> Command[Stored]:
    """Update one record and return it as stored. If it raises NotFound or Invalid, nothing is changed."""

    def command(store: RecordStore, now: int) -> tuple[Stored, Done]:
        action = Action(store, kind, now)
        action.update(record_id, body)
        return _committed(store, kind, record_id, action)

    return command


def _committed(store: RecordStore, kind: EntityType, record_id: int, action: Action) -> tuple[Stored, Done]:
    done = action.commit()
    return store.stored(kind, record_id), done


def create(kind: EntityType, rows: Iterable[Any]) -> Command[list[Record]]:
    """Create records in one action. If it raises Invalid, none is created."""

    def command(store: RecordStore, now: int) -> tuple[list[Record], Done]:
        action = Action(store, kind, now)
        ids = [action.create(row) for row in rows]
        done = action.commit()
        return [store.get(kind, record_id) for record_id in ids], done

    return command


def update(kind: EntityType, ids: Iterable[int], fields: Mapping[str, Any]) -> Command[list[Record]]:
    """Set the same fields of several records in one action. If it raises NotFound or Invalid, none is changed."""
    return update_each(kind, [(record_id, fields) for record_id in dict.fromkeys(ids)])


def update_each(kind: EntityType, bodies: Iterable[tuple[int, Any]]) -> Command[list[Record]]:
    """Update each record with its own body, in one action. If it raises NotFound or Invalid, none is changed."""

    def command(store: RecordStore, now: int) -> tuple[list[Record], Done]:
        action = Action(store, kind, now)
        rows = list(bodies)
        for record_id, body in rows:
            action.update(record_id, body)
        done = action.commit()
        return [store.get(kind, record_id) for record_id, _ in rows], done

    return command


def delete(kind: EntityType, ids: Iterable[int]) -> Command[None]:
    """Delete records in one action. If it raises NotFound, none is deleted."""

    def command(store: RecordStore, now: int) -> tuple[None, Done]:
        action = Action(store, kind, now)
        for record_id in dict.fromkeys(ids):
            action.delete(record_id)
        return None, action.commit()

    return command


Mistakes: TypeAlias = Sequence[tuple[str, str]]


def seed(
    kind: EntityType, rows: Iterable[Any], place: Callable[[int, Mistakes], str] = lambda number, _: f"Row {number}."
) -> Command[list[int]]:
    """Add records as if they had always existed, without notifications. Returns only ids: there may be very many.

    Raises Invalid, with a hint from `place`, which says where the mistakes are, given the row's number
    (from 1) and them.
    """

    def command(store: RecordStore, now: int) -> tuple[list[int], Done]:
        action = Action(store, kind, now)
        ids = []
        for number, row in enumerate(rows, start=1):
            try:
                ids.append(action.seed(row))
            except Invalid as error:
                where = place(number, error.mistakes)
                raise Invalid.fields(error.mistakes, hint=f"{where} {error.hint}".strip()) from None
        done = action.commit()
        return ids, Done(performed=done.performed)

    return command
