"""Custom fields: the form of their values for each data type.

What is shown often differs from what was sent. Recorded in 2020, for both leads and people: "55.5" becomes 55.5 in a
Currency, 789 becomes 789.0 in a Float, 0.34 becomes 0 in a Percentage, and multiple options are sorted by id.
Recorded in 2025: Currency 2.0, Float 3.0, Percentage 95.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from copper_emulator.core.findings import INVALID, NOT_LISTED
from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.plain import (
    ID_SCHEMA,
    Checkbox,
    Form,
    Known,
    Moment,
    Number,
    Several,
    Text,
    Unfit,
    as_number,
    id_sent_as_text,
    object_schema,
    refuse_unknown,
)
from copper_emulator.core.records.forms.references import IdForm
from copper_emulator.core.text import choices, sentence

_NO_DEFINITION = "A value needs the custom_field_definition_id of its custom field"


@dataclass(frozen=True, slots=True)
class CustomFields:
    """Values of custom fields, `[{"custom_field_definition_id": 17, "value": ...}]`; kept by definition id.

    Custom fields that are not given keep their values; null unsets a value.
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
        example = 'Write it like [{"custom_field_definition_id": 17, "value": "..."}].'
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise Unfit(INVALID, example)
        values: dict[int, Any] = {}
        for item in value:
            # `computed_value` is accepted so that what a read shows can be written back unchanged.
            refuse_unknown(item, ("custom_field_definition_id", "value", "computed_value"))
            definition = known_definition(item.get("custom_field_definition_id"), self.kind, known)
            values[definition["id"]] = read_custom(definition, item.get("value"), known)
        return values


def known_definition(wanted: Any, kind: EntityType, known: Known, *, filtered: bool = False) -> Mapping[str, Any]:
    """The definition of a type's custom field by id. Raises Unfit.

    If `filtered` (for a filter or a match), it must be included in filters (developer docs, upsert and definitions).
    """
    definitions = known.definitions(kind)
    if isinstance(wanted, bool) or not isinstance(wanted, int) or wanted not in definitions:
        known_fields = choices(
            "custom field", [f"{each['id']} ({each['name']})" for each in definitions.values()], most=10
        )
        wrong = f"There is no custom field {wanted!r} on a {kind}" if wanted is not None else _NO_DEFINITION
        raise Unfit(INVALID, id_sent_as_text(wanted, definitions) or f"{wrong}; {known_fields}.")
    definition = definitions[wanted]
    if filtered and not definition["is_filterable"]:
        raise Unfit(
            INVALID, f"{definition['name']} is not included in filters; set is_filterable of custom field {wanted}."
        )
    return definition


def read_custom(definition: Mapping[str, Any], value: Any, known: Known) -> Any:
    """Read a custom field's value by its data type; null and values that look unset become None. Raises Unfit."""
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
        return option if data_type == "Dropdown" else Options(option)
    if data_type == "Connect":
        return Several(Number(1, MAX_ID, whole=True))
    return _CUSTOM[data_type]


class Decimal(Number):
    """A number, possibly as text; always shown with a decimal point, like 789.0."""

    __slots__ = ()

    def read(self, value: Any, known: Known) -> float:
        return float(super().read(as_number(value), known))


class Percent(Number):
    """A percentage, possibly as text; truncated to an integer."""

    __slots__ = ()

    def read(self, value: Any, known: Known) -> int:
        return int(super().read(as_number(value), known))


class Options(Several):
    """Several options, sorted by id."""

    __slots__ = ()

    def read(self, value: Any, known: Known) -> list[int]:
        return sorted(super().read(value, known))


_CUSTOM: Mapping[str, Form] = {
    "String": Text(),
    "Text": Text(),
    "URL": Text(),
    "Date": Moment(),
    "Checkbox": Checkbox(),
    "Float": Decimal(),
    "Currency": Decimal(),
    "Percentage": Percent(),
}

DATA_TYPES = (*_CUSTOM, "Dropdown", "MultiSelect", "Connect")
"""The data types of custom field definitions (developer docs, and recorded definitions)."""


@dataclass(frozen=True, slots=True)
class Option(IdForm):
    """The id of one of a custom field's options."""

    options: tuple[tuple[int, str], ...]
    words: str = "id of an option"

    def read(self, value: Any, known: Known) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value not in dict(self.options):
            options = choices("option", [f"{option_id} ({name})" for option_id, name in self.options])
            raise Unfit(NOT_LISTED, id_sent_as_text(value, dict(self.options)) or sentence(options))
        return int(value)


def computed(definition: Mapping[str, Any], value: Any) -> Any:
    """A value with option names instead of ids (developer docs, `custom_field_computed_values`)."""
    if definition["data_type"] not in ("Dropdown", "MultiSelect") or value is None:
        return value
    names = {option["id"]: option["name"] for option in definition["options"]}
    return [names.get(each) for each in value] if isinstance(value, list) else names.get(value)


def blank_custom(definition: Mapping[str, Any]) -> Any:
    """What a custom field shows if it was never set: null, `[]` or false (recorded)."""
    return custom_form(definition).blank()
