"""Custom fields: which forms their values have, by the data type of their definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from copper_emulator.core.findings import INVALID, NOT_LISTED
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.plain import (
    ID_SCHEMA,
    MAX_ID,
    Checkbox,
    Form,
    Known,
    Moment,
    Number,
    Several,
    Text,
    Unfit,
    object_schema,
    refuse_unknown,
)


@dataclass(frozen=True, slots=True)
class CustomFields:
    """Values of custom fields, `[{"custom_field_definition_id": 17, "value": ...}]`; kept by definition id.

    Those that are not given stay as they are; a value of null unsets one.
    """

    kind: EntityType
    python: str = "Sequence[Mapping[str, Any]]"
    words: str = "list of `{custom_field_definition_id, value}`"

    @property
    def schema(self) -> Mapping[str, Any]:
        item = object_schema(
            {"custom_field_definition_id": ID_SCHEMA, "value": {}}, required=("custom_field_definition_id",)
        )
        return {"type": "array", "items": item}

    def blank(self) -> dict[int, Any]:
        return {}

    def read(self, value: Any, known: Known) -> dict[int, Any]:
        example = 'Like [{"custom_field_definition_id": 17, "value": "..."}].'
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise Unfit(INVALID, example)
        definitions = known.definitions(self.kind)
        kept: dict[int, Any] = {}
        for item in value:
            # What a read shows may be written back as it is.
            refuse_unknown(item, ("custom_field_definition_id", "value", "computed_value"))
            wanted = item.get("custom_field_definition_id")
            if isinstance(wanted, bool) or not isinstance(wanted, int) or wanted not in definitions:
                there = ", ".join(f"{each['id']} ({each['name']})" for each in list(definitions.values())[:10])
                raise Unfit(
                    INVALID, f"There is no custom field {wanted!r} on a {self.kind}; there are {there or 'none'}."
                )
            kept[wanted] = read_custom(definitions[wanted], item.get("value"), known)
        return kept


def read_custom(definition: Mapping[str, Any], value: Any, known: Known) -> Any:
    """A custom field's value by its definition's data type; null and what shows as unset are null. Raises Unfit."""
    if value is None:
        return None
    form = custom_form(definition)
    try:
        read = form.read(value, known)
        return None if read == form.blank() else read
    except Unfit as error:
        where = f"Custom field {definition['id']} ({definition['name']}, {definition['data_type']}): {error.message}."
        raise Unfit(INVALID, f"{where} {error.hint}".strip()) from None


def custom_form(definition: Mapping[str, Any]) -> Form:
    """The form of a custom field's values."""
    data_type = definition["data_type"]
    if data_type in ("Dropdown", "MultiSelect"):
        option = Option(tuple((option["id"], option["name"]) for option in definition["options"]))
        return option if data_type == "Dropdown" else Several(option)
    if data_type == "Connect":
        return Several(Number(1, MAX_ID, whole=True))
    return _CUSTOM[data_type]


_CUSTOM: Mapping[str, Form] = {
    "String": Text(),
    "Text": Text(),
    "URL": Text(),
    "Date": Moment(),
    "Checkbox": Checkbox(),
    "Float": Number(),
    "Currency": Number(),
    "Percentage": Number(),
}

DATA_TYPES = (*_CUSTOM, "Dropdown", "MultiSelect", "Connect")
"""What a custom field definition may hold (developer docs, and recorded definitions)."""


@dataclass(frozen=True, slots=True)
class Option:
    """The id of one of a custom field's options."""

    options: tuple[tuple[int, str], ...]
    python: str = "int"
    words: str = "id of an option"

    @property
    def schema(self) -> Mapping[str, Any]:
        return ID_SCHEMA

    def blank(self) -> None:
        return None

    def read(self, value: Any, known: Known) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value not in dict(self.options):
            there = ", ".join(f"{option_id} ({name})" for option_id, name in self.options)
            raise Unfit(NOT_LISTED, f"Its options are {there or 'none'}.")
        return int(value)


def computed(definition: Mapping[str, Any], value: Any) -> Any:
    """A value with the names of options instead of their ids (developer docs, `custom_field_computed_values`)."""
    if definition["data_type"] not in ("Dropdown", "MultiSelect") or value is None:
        return value
    names = {option["id"]: option["name"] for option in definition["options"]}
    return [names.get(each) for each in value] if isinstance(value, list) else names.get(value)


def blank_custom(definition: Mapping[str, Any]) -> Any:
    """What a custom field shows that was never set: null, `[]` or false (recorded)."""
    return custom_form(definition).blank()
