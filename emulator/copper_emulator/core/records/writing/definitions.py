"""What happens to the values of a custom field when its definition is changed or removed?

Values that no longer fit are removed. That does not count as a change of the records, so nothing is notified (an
assumption).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from copper_emulator.core.errors import raised_on_purpose
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.custom import custom_form
from copper_emulator.core.records.forms.plain import Unfit
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.tables import TABLES

__tracebackhide__ = raised_on_purpose

DEFINITIONS = "custom_field_definitions"


def change_definition(store: RecordStore, definition_id: int, body: Any) -> dict[str, Any]:
    """Change what the body names and unset values that no longer fit. Raises NotFound, Invalid."""
    after = store.catalogue.update(DEFINITIONS, definition_id, body)
    _keep_what_fits(store, definition_id, after)
    return after


def remove_definition(store: RecordStore, definition_id: int) -> None:
    """Remove a definition together with its values. Raises NotFound."""
    store.catalogue.remove(DEFINITIONS, definition_id)
    _keep_what_fits(store, definition_id, {"available_on": ()})


def _keep_what_fits(store: RecordStore, definition_id: int, definition: Mapping[str, Any]) -> None:
    for kind in EntityType:
        if "custom_fields" not in TABLES[kind]:
            continue
        for record in list(store.of(kind).values()):
            values = record["custom_fields"]
            if definition_id not in values:
                continue
            kept = _fitting(store, definition, values[definition_id]) if kind in definition["available_on"] else None
            if kept != values[definition_id]:
                after = {**values, definition_id: kept}
                fitting = {each: value for each, value in after.items() if value is not None}
                store.quietly((kind, record["id"]), {"custom_fields": fitting})


def _fitting(store: RecordStore, definition: Mapping[str, Any], value: Any) -> Any:
    """What remains of a value under the definition, which may have lost options."""
    if isinstance(value, list):
        return [each for each in value if _fits(store, definition, [each])] or None
    return value if _fits(store, definition, value) else None


def _fits(store: RecordStore, definition: Mapping[str, Any], value: Any) -> bool:
    try:
        custom_form(definition).read(value, store)
    except Unfit:
        return False
    return True
