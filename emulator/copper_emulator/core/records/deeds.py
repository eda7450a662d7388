"""What can be done to records: each deed as a call for `Account.act`, which sends what it changed down the path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import methodcaller
from typing import Any, TypeAlias, TypeVar

from copper_emulator.core.errors import CopperEmulatorError, Invalid
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.action import Action, Done
from copper_emulator.core.records.record import Record
from copper_emulator.core.records.store import RecordStore

# A traceback shows the line of the test, not ours, when the error is one we raise on purpose.
__tracebackhide__ = methodcaller("errisinstance", CopperEmulatorError)

T = TypeVar("T")

Deed: TypeAlias = Callable[[RecordStore, int], tuple[T, Done]]
"""Is given the records and the moment in milliseconds; gives its result and what it changed."""


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


def seed(kind: EntityType, rows: Iterable[Any]) -> Deed[list[Record]]:
    """Records that were always there: nothing is told of them. Raises Invalid with the number of the row."""

    def deed(store: RecordStore, now: int) -> tuple[list[Record], Done]:
        action = Action(store, kind, now)
        ids = []
        for number, row in enumerate(rows, start=1):
            try:
                ids.append(action.seed(row))
            except Invalid as error:
                raise Invalid.fields(error.faults, hint=f"Row {number}. {error.hint}".strip()) from None
        action.commit()
        return [store.get(kind, record_id) for record_id in ids], Done()

    return deed
