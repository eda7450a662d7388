"""Sample values for required fields that were left out.

Scenarios and the control API use them. The API itself does not: it refuses a body without a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.fields import Field, Table
from copper_emulator.core.records.forms.plain import Text
from copper_emulator.core.records.forms.references import ActivityType
from copper_emulator.core.records.tables import TABLES

NUMBER = "{n}"
"""Placeholder for the record's number in texts, so that one text gives many records unique values."""

_NOTE = {"category": "user", "id": 0}


def with_samples(kind: EntityType, fields: Mapping[str, Any], number: int) -> dict[str, Any]:
    """The fields of the record with this number, counted from 1; without a name, a person is called `Person 1`.

    Given values are kept, with `{n}` in their texts replaced. Required fields without a sample are left out
    (`missing`).
    """
    table = TABLES[kind]
    samples = {each.name: _sample(table, each, number) for each in _required(table) if each.name not in fields}
    given = {name: numbered(value, number) for name, value in fields.items()}
    return {**{name: value for name, value in samples.items() if value is not None}, **given}


def missing(kind: EntityType, fields: Mapping[str, Any]) -> list[str]:
    """The required fields that are not given and have no sample, like an activity's parent."""
    table = TABLES[kind]
    return [each.name for each in _required(table) if each.name not in fields and _sample(table, each, 1) is None]


def numbered(value: Any, number: int) -> Any:
    """A JSON value with `{n}` in its texts replaced by the number."""
    if isinstance(value, str):
        return value.replace(NUMBER, str(number))
    if isinstance(value, list):
        return [numbered(item, number) for item in value]
    if isinstance(value, dict):
        return {name: numbered(item, number) for name, item in value.items()}
    return value


def _required(table: Table) -> list[Field]:
    return [each for each in table if each.required]


def _sample(table: Table, field: Field, number: int) -> Any:
    if isinstance(field.form, Text):
        return f"{table.noun.capitalize()} {number}"
    return dict(_NOTE) if isinstance(field.form, ActivityType) else None
