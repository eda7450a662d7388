"""A record as the API shows it: every field of its table, every custom field of its type, and computed values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.custom import DATA_TYPES, blank_custom, computed
from copper_emulator.core.records.lookups.catalogue import Catalogue
from copper_emulator.core.records.tables import LEAD, OPPORTUNITY, TABLES, Stored

_FIELDS = {kind: dict.fromkeys(("id", *(field.name for field in table))) for kind, table in TABLES.items()}
"""The fields that each type shows, in order, with the value for a record that lacks them (None)."""
WITH_COMPANY = frozenset(
    kind for kind, table in TABLES.items() if "company_name" in table and not table.by_name["company_name"].stored
)
"""The types that show a company's name but store only its id."""

_BLANKS = {data_type: blank_custom({"data_type": data_type, "options": ()}) for data_type in DATA_TYPES}
# Computed once, since a page of a search can show 200 records.


def shown(
    kind: EntityType,
    record: Stored,
    catalogue: Catalogue,
    company_name: Callable[[int], str | None],
    *,
    with_computed: bool = False,
) -> dict[str, Any]:
    """The record's fields in the order of the table. The values are not copied: they must not be changed.

    `with_computed` adds a `computed_value` to each custom field's `value` (developer docs).
    """
    # A record has no other fields, so the order is that of the table.
    fields: dict[str, Any] = {**_FIELDS[kind], **record}
    if "custom_fields" in fields:
        fields["custom_fields"] = _custom_fields(kind, fields["custom_fields"], catalogue, with_computed=with_computed)
    if kind is LEAD:
        fields["status"] = catalogue.name("lead_statuses", fields["status_id"])
    if kind is OPPORTUNITY:
        pipeline = catalogue.table("pipelines").get(fields["pipeline_id"])
        if pipeline is not None:
            fields["pipeline_is_revenue"], fields["pipeline_type"] = pipeline["is_revenue"], pipeline["type"]
    if kind in WITH_COMPANY and fields["company_id"] is not None:
        fields["company_name"] = company_name(fields["company_id"])
    return fields


def copied(value: Any) -> Any:
    """A deep copy of a JSON value."""
    if isinstance(value, dict):
        return {name: copied(item) for name, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value


def _custom_fields(
    kind: EntityType, values: Mapping[int, Any], catalogue: Catalogue, *, with_computed: bool
) -> list[dict[str, Any]]:
    items = []
    for definition_id, definition in catalogue.definitions(kind).items():
        value = values.get(definition_id)
        if value is None:
            value = _BLANKS[definition["data_type"]]
        item = {"custom_field_definition_id": definition_id, "value": value}
        if with_computed:
            item["computed_value"] = computed(definition, value)
        items.append(item)
    return items
