"""What can be done to records: each deed as a call for `Account.act`, which sends what it changed down the path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import methodcaller
from typing import Any, TypeAlias

from copper_emulator.core.errors import CopperEmulatorError, Invalid
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.record import Record
from copper_emulator.core.records.store import RecordStore, Stored
from copper_emulator.core.records.writing.action import Action, Deed, Done
from copper_emulator.core.records.writing.bulk import MAX_BULK, ItemError, bulk_create, bulk_update, item_error
from copper_emulator.core.records.writing.converting import convert
from copper_emulator.core.records.writing.merging import merge
from copper_emulator.core.records.writing.upserting import upsert

# A traceback shows the line of the test, not ours, when the error is one we raise on purpose.
__tracebackhide__ = methodcaller("errisinstance", CopperEmulatorError)

__all__ = [
    "MAX_BULK",
    "Deed",
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


def create_one(kind: EntityType, body: Any) -> Deed[Stored]:
    """One new record, to be shown. Raises Invalid; then it is not made."""

    def deed(store: RecordStore, now: int) -> tuple[Stored, Done]:
        action = Action(store, kind, now)
        record_id = action.create(body)
        return _committed(store, kind, record_id, action)

    return deed


def update_one(kind: EntityType, record_id: int, body: Any) -> Deed[Stored]:
    """The fields of one record that the body names; it, to be shown. Raises NotFound, Invalid; then it is as it was."""

    def deed(store: RecordStore, now: int) -> tuple[Stored, Done]:
        action = Action(store, kind, now)
        action.update(record_id, body)
        return _committed(store, kind, record_id, action)

    return deed


def _committed(store: RecordStore, kind: EntityType, record_id: int, action: Action) -> tuple[Stored, Done]:
    done = action.commit()
    return store.stored(kind, record_id), done


def create(kind: EntityType, rows: Iterable[Any]) -> Deed[list[Record]]:
    """New records in one action. Raises Invalid; then none is made."""

    def deed(store: RecordStore, now: int) -> tuple[list[Record], Done]:
        action = Action(store, kind, now)
        ids = [action.create(row) for row in rows]
        done = action.commit()
        return [store.get(kind, record_id) for record_id in ids], done

    return deed


def update(kind: EntityType, ids: Iterable[int], fields: Mapping[str, Any]) -> Deed[list[Record]]:
    """The same fields of several records in one action. Raises NotFound, Invalid; then none is changed."""
    return update_each(kind, [(record_id, fields) for record_id in dict.fromkeys(ids)])


def update_each(kind: EntityType, bodies: Iterable[tuple[int, Any]]) -> Deed[list[Record]]:
    """Each record's own fields, in one action. Raises NotFound, Invalid; then none is changed."""

    def deed(store: RecordStore, now: int) -> tuple[list[Record], Done]:
        action = Action(store, kind, now)
        said = list(bodies)
        for record_id, body in said:
            action.update(record_id, body)
        done = action.commit()
        return [store.get(kind, record_id) for record_id, _ in said], done

    return deed


def delete(kind: EntityType, ids: Iterable[int]) -> Deed[None]:
    """Remove records in one action. Raises NotFound; then none is removed."""

    def deed(store: RecordStore, now: int) -> tuple[None, Done]:
        action = Action(store, kind, now)
        for record_id in dict.fromkeys(ids):
            action.delete(record_id)
        return None, action.commit()

    return deed


Faults: TypeAlias = Sequence[tuple[str, str]]


def seed(
    kind: EntityType, rows: Iterable[Any], place: Callable[[int, Faults], str] = lambda number, _: f"Row {number}."
) -> Deed[list[int]]:
    """Records that were always there: nothing is told of them. Their ids; there may be very many.

    Raises Invalid; `place` tells where its faults are, given the number of the row (from 1) and them.
    """

    def deed(store: RecordStore, now: int) -> tuple[list[int], Done]:
        action = Action(store, kind, now)
        ids = []
        for number, row in enumerate(rows, start=1):
            try:
                ids.append(action.seed(row))
            except Invalid as error:
                where = place(number, error.faults)
                raise Invalid.fields(error.faults, hint=f"{where} {error.hint}".strip()) from None
        done = action.commit()
        return ids, Done(told=done.told)

    return deed
