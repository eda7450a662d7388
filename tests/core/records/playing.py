"""Shortcuts to act on an account's records and to see what was reported."""

from __future__ import annotations

from typing import Any

from copper_emulator.core.account import Account
from copper_emulator.core.model import EntityType, Kind
from copper_emulator.core.records import commands
from copper_emulator.core.records.record import Record
from tests.core.builders import START

LEAD, PERSON, COMPANY = EntityType.LEAD, EntityType.PERSON, EntityType.COMPANY
OPPORTUNITY, PROJECT, TASK, ACTIVITY = (
    EntityType.OPPORTUNITY,
    EntityType.PROJECT,
    EntityType.TASK,
    EntityType.ACTIVITY_LOG,
)

NOW = START // 1000
CALL: dict[str, Any] = {"category": "user", "id": 190_711}
NOTE: dict[str, Any] = {"category": "user", "id": 0}


def make(account: Account, kind: EntityType, *, now: int = START, **fields: Any) -> int:
    """Create a record; return its id."""
    [record] = account.act(commands.create(kind, [fields]), now)
    return record.id


def seed(account: Account, kind: EntityType, **fields: Any) -> int:
    """Seed a record, without a change; return its id."""
    [record_id] = account.act(commands.seed(kind, [fields]), START)
    return record_id


def get(account: Account, kind: EntityType, record_id: int) -> Record:
    return account.records.get(kind, record_id)


def email(address: str, category: str = "work") -> dict[str, str]:
    return {"email": address, "category": category}


def define(account: Account, name: str, data_type: str, *kinds: EntityType, **more: Any) -> int:
    """Define a custom field; return the id of its definition."""
    body = {"name": name, "data_type": data_type, "available_on": [str(kind) for kind in kinds], **more}
    found: int = account.records.catalogue.add("custom_field_definitions", body)["id"]
    return found


def custom(definition_id: int, value: Any) -> dict[str, Any]:
    return {"custom_field_definition_id": definition_id, "value": value}


def value_of(record: Record, definition_id: int) -> Any:
    """The value that a record shows for a custom field."""
    return next(item["value"] for item in record.custom_fields if item["custom_field_definition_id"] == definition_id)


def log(account: Account, kind: EntityType, record_id: int, type: dict[str, Any] = CALL, **fields: Any) -> int:
    """Create an activity; return its id."""
    return make(account, ACTIVITY, parent={"type": str(kind), "id": record_id}, type=type, details="Hello", **fields)


def told(account: Account, since: int = 0) -> list[tuple[str, tuple[int, ...]]]:
    """The changes from this number on: topics with ids."""
    return [(str(change.topic), change.ids) for change in account.journal.changes[since:]]


def unchanged(account: Account) -> list[str]:
    """The journal's texts about writes that changed nothing."""
    return [entry.text for entry in account.journal.entries if entry.kind is Kind.UNCHANGED]


def everything(account: Account) -> dict[Any, Any]:
    """All stored state of records, for checking that nothing has changed."""
    kept: dict[Any, Any] = {kind: dict(account.records.of(kind)) for kind in EntityType}
    kept["relations"] = {
        (kind, record_id): account.records.relations.of((kind, record_id))
        for kind in EntityType
        for record_id in kept[kind]
    }
    kept["changes"] = list(account.journal.changes)
    return kept
