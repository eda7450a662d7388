"""A record as the API shows it: every field of its table, every custom field of its type, and what is worked out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.catalogue import Catalogue
from copper_emulator.core.records.custom import blank_custom, computed
from copper_emulator.core.records.tables import TABLES

Stored = Mapping[str, Any]


def shown(
    kind: EntityType,
    record: Stored,
    catalogue: Catalogue,
    company_name: Callable[[int], str | None],
    *,
    with_computed: bool = False,
) -> dict[str, Any]:
    """A copy, in the order of the table; nothing in it is shared with the record itself.

    `with_computed` puts a `computed_value` beside each custom field's `value` (developer docs).
    """
    told: dict[str, Any] = {"id": record["id"]}
    for field in TABLES[kind].fields:
        name = field.name
        if name == "custom_fields":
            told[name] = _custom_fields(kind, record[name], catalogue, with_computed=with_computed)
        elif field.stored:
            value = record[name]
            told[name] = copied(value) if isinstance(value, dict | list) else value
        elif name == "status":
            told[name] = catalogue.name("lead_statuses", record["status_id"])
        else:
            told[name] = None if record["company_id"] is None else company_name(record["company_id"])
    return told


def copied(value: Any) -> Any:
    """A copy of a JSON value."""
    if isinstance(value, dict):
        return {name: copied(item) for name, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value


def _custom_fields(
    kind: EntityType, values: Mapping[int, Any], catalogue: Catalogue, *, with_computed: bool
) -> list[dict[str, Any]]:
    told = []
    for definition_id, definition in catalogue.definitions(kind).items():
        value = values.get(definition_id)
        if value is None:
            value = blank_custom(definition)
        item = {"custom_field_definition_id": definition_id, "value": copied(value)}
        if with_computed:
            item["computed_value"] = computed(definition, value)
        told.append(item)
    return told
