"""Which records use an entry of a lookup table? Entries in use cannot be removed, nor can the user of the API key.

This is the emulator's own rule, for tests that change the tables: otherwise records would refer to nothing. Custom
field definitions are the exception: their values are removed with them, as through the API (`definitions.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.fields import Field
from copper_emulator.core.records.forms.references import ActivityType, LookupId, StageId
from copper_emulator.core.records.lookups.activity_types import CUSTOM
from copper_emulator.core.records.lookups.tables import LOOKUPS
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.tables import TABLES
from copper_emulator.core.records.writing.definitions import DEFINITIONS, change_definition, remove_definition
from copper_emulator.core.text import short_ids

__tracebackhide__ = raised_on_purpose

Refers: TypeAlias = Callable[[Field], bool]


def remove_entry(store: RecordStore, table: str, entry_id: int) -> None:
    """Remove an entry. Raises NotFound, and UsageError if records use it or it is the user of the API key."""
    entry = store.catalogue.get(table, entry_id)
    if table == DEFINITIONS:
        remove_definition(store, entry_id)
        return
    what = f"{LOOKUPS[table].noun} {entry_id} ({entry['name']})"
    if table == "users" and entry_id == store.user:
        raise UsageError(f"{what} cannot be removed: the account's API key belongs to it, and /users/me answers it")
    _refuse_used(store, _names_entry(table), entry_id, what)
    if table == CUSTOM and entry_id not in store.catalogue.own("activity_types"):
        _refuse_used(store, _names_entry("activity_types"), entry_id, what)
    store.catalogue.remove(table, entry_id)


def change_entry(store: RecordStore, table: str, entry_id: int, body: Any) -> dict[str, Any]:
    """Change what the body names. Raises NotFound, Invalid, and UsageError if that removes a stage in use."""
    if table == DEFINITIONS:
        return change_definition(store, entry_id, body)
    for stage in _stages_left_out(store.catalogue.get(table, entry_id), body):
        _refuse_used(store, _names_stage, stage["id"], f"stage {stage['id']} ({stage['name']})")
    return store.catalogue.update(table, entry_id, body)


def _stages_left_out(pipeline: Mapping[str, Any], body: Any) -> list[Mapping[str, Any]]:
    stages = body.get("stages") if isinstance(body, dict) else None
    if "stages" not in pipeline or not isinstance(stages, list):
        return []
    kept = [stage.get("id") for stage in stages if isinstance(stage, dict)]
    return [stage for stage in pipeline["stages"] if stage["id"] not in kept]


def _names_entry(table: str) -> Refers:
    def names(field: Field) -> bool:
        if isinstance(field.form, ActivityType):
            return table == "activity_types"
        return isinstance(field.form, LookupId) and field.form.table == table

    return names


def _names_stage(field: Field) -> bool:
    return isinstance(field.form, StageId)


def _refuse_used(store: RecordStore, refers: Refers, wanted: int, what: str) -> None:
    for kind, ids in _users(store, refers, wanted):
        raise UsageError(f"{what} cannot be removed while {TABLES[kind].plural} have it: {short_ids(ids)}")


def _users(store: RecordStore, refers: Refers, wanted: int) -> Iterator[tuple[EntityType, list[int]]]:
    for kind, table in TABLES.items():
        names = [field.name for field in table if refers(field)]
        ids = [
            record_id
            for record_id, record in store.of(kind).items()
            if any(_id(record[name]) == wanted for name in names)
        ]
        if ids:
            yield kind, ids


def _id(value: Any) -> Any:
    return value["id"] if isinstance(value, Mapping) else value
