"""Filters by custom fields: how to write each and what it requires, by the data type of the field.

They follow the table in the developer docs ("Search Entity by Custom Field"): options of a Dropdown; any, all or none
of the options of a MultiSelect; a Checkbox; a number; a range of dates, percentages or amounts. Only fields with
options can be searched for empty values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from copper_emulator.core.findings import INVALID
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.custom import known_definition
from copper_emulator.core.records.forms.plain import (
    ID_SCHEMA,
    Known,
    Text,
    Unfit,
    Written,
    as_number,
    object_schema,
    refuse_unknown,
)
from copper_emulator.core.records.ordering import Column
from copper_emulator.core.records.searching.conditions import Setting
from copper_emulator.core.records.searching.demands import Condition, Hits, Values, among, is_empty
from copper_emulator.core.records.searching.filter_shapes import Listed
from copper_emulator.core.records.searching.filter_values import Amount, AnId, Flag, Seconds
from copper_emulator.core.text import folded, no_such, sentence

OPTIONS = ("any", "all", "none")
"""How many of the given options a record must have (developer docs)."""

_BOUNDS = ("minimum_value", "maximum_value")

_KEYS = ("custom_field_definition_id", "value", *_BOUNDS, "option", "allow_empty")

_EXAMPLE = 'Write it like [{"custom_field_definition_id": 17, "value": [262644], "option": "any"}].'

_OPTIONS = Listed(AnId(), alone=True)

_SINGLE: Mapping[str, Written] = {
    "String": Text(),
    "Text": Text(),
    "URL": Text(),
    "Date": Seconds(),
    "Checkbox": Flag(),
    "Float": Amount(),
    "Currency": Amount(),
    "Percentage": Amount(),
}
"""The data types with a single value, without options."""

_RANGES = ("Date", "Float", "Currency", "Percentage")


@dataclass(frozen=True, slots=True)
class CustomFieldFilters:
    """Filters by custom fields of a type; a record must match all of them."""

    kind: EntityType
    python: str = "Sequence[Mapping[str, Any]]"
    words: str = f"list of `{{{', '.join(_KEYS)}}}`"

    @property
    def schema(self) -> Mapping[str, Any]:
        properties = {
            "custom_field_definition_id": ID_SCHEMA,
            "value": {},
            "minimum_value": {"type": "number"},
            "maximum_value": {"type": "number"},
            "option": {"type": "string", "enum": list(OPTIONS)},
            "allow_empty": {"type": "boolean"},
        }
        return {"type": "array", "items": object_schema(properties, required=("custom_field_definition_id",))}

    def read(self, value: Any, known: Known) -> list[Condition]:
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise Unfit(INVALID, _EXAMPLE)
        return [self._read(item, known) for item in value]

    def _read(self, item: dict[str, Any], known: Known) -> Condition:
        refuse_unknown(item, _KEYS)
        wanted = as_number(item.get("custom_field_definition_id"))
        definition = known_definition(wanted, self.kind, known, filtered=True)
        try:
            return _condition(definition, item, known)
        except Unfit as error:
            where = f"Custom field {wanted} ({definition['name']}, {definition['data_type']}): {error.about('value')}."
            raise Unfit(INVALID, f"{where} {error.hint}".strip()) from None


def fits_custom(field: str, filters: list[Condition], setting: Setting) -> list[Condition]:
    """The record matches every custom field filter."""
    return filters


def _with_nothing(data_type: str) -> Unfit:
    """Observed: Copper answers a filter with only `allow_empty` with 500. Here it is rejected as invalid."""
    if data_type in _RANGES:
        without = "records without one cannot be searched for"
    elif data_type == "Checkbox":
        without = "false finds records without one, too"
    else:
        without = f"an empty {'text' if data_type in _SINGLE else 'list'} finds records without one"
    return Unfit("is to be compared with nothing", f"Give a value; {without}.")


def _condition(definition: Mapping[str, Any], item: Mapping[str, Any], known: Known) -> Condition:
    data_type = definition["data_type"]
    given = {name: value for name, value in item.items() if value is not None}
    if not any(name in given for name in ("value", *_BOUNDS)):
        raise _with_nothing(data_type)
    if data_type not in _SINGLE:
        return _by_options(definition, given, known)
    _refuse(given, ("option", "allow_empty"), "Only a Dropdown or a MultiSelect has it.")
    if data_type in _RANGES:
        return _by_range(definition, given, known)
    _refuse(given, _BOUNDS, "It has no order; give a value.")
    wanted = _SINGLE[data_type].read(given["value"], known)
    if data_type == "Checkbox":
        return among(_column(definition, bool), (wanted,))
    return among(_column(definition, lambda value: folded(value or "")), (folded(wanted),))


def _column(definition: Mapping[str, Any], convert: Callable[[Any], Any], *, number: bool = False) -> Column:
    """The results of `convert` for a custom field's value, which is None if unset."""
    definition_id = definition["id"]
    name = f"custom field {definition_id}, {definition['data_type']}"
    return Column(name, lambda record: convert(record["custom_fields"].get(definition_id)), number=number)


def _refuse(given: Mapping[str, Any], names: tuple[str, ...], hint: str) -> None:
    for name in names:
        # A client may send every option with every filter: false asks for nothing. A bound is never false.
        if name in given and (name in _BOUNDS or given[name] is not False):
            raise Unfit(f"takes no {name}", hint)


def _by_range(definition: Mapping[str, Any], given: Mapping[str, Any], known: Known) -> Condition:
    if "value" in given:
        _refuse(given, _BOUNDS, "Give a value or a range.")
        given = dict.fromkeys(_BOUNDS, given["value"])
    form = _SINGLE[definition["data_type"]]
    least, most = (form.read(given[name], known) if name in given else None for name in _BOUNDS)
    low, high = float("-inf") if least is None else float(least), float("inf") if most is None else float(most)
    column = _column(definition, lambda value: value, number=True)
    return Condition(column, _between, (low, high))


def _between(bounds: tuple[float, float], values: Values, hits: Hits) -> Hits:
    low, high = bounds
    return [hit for hit in hits if low <= values[hit] <= high]


def _by_options(definition: Mapping[str, Any], given: Mapping[str, Any], known: Known) -> Condition:
    _refuse(given, _BOUNDS, "It has options; give a value.")
    chosen = frozenset(_OPTIONS.read(given["value"], known))
    allow_empty = Flag().read(given.get("allow_empty", False), known) or not chosen
    if definition["data_type"] == "Dropdown":
        _refuse(given, ("option",), "It has one value; only several can be any, all or none of yours.")
        return among(_column(definition, lambda value: value), chosen | {None} if allow_empty else chosen)
    option = given.get("option", "any")
    if not isinstance(option, str) or option.lower() not in OPTIONS:
        raise Unfit("option is not included in the list", sentence(no_such("option", option, OPTIONS)))
    column = _column(definition, lambda value: frozenset(value or ()))
    if not chosen:
        return is_empty(column)
    return Condition(column, _fits_options, (option.lower(), chosen, allow_empty))


def _fits_options(wanted: tuple[str, frozenset[int], bool], values: Values, hits: Hits) -> Hits:
    option, chosen, allow_empty = wanted
    fits = {"any": lambda has: not chosen.isdisjoint(has), "all": chosen.issubset, "none": chosen.isdisjoint}
    test: Callable[[frozenset[int]], bool] = fits[option]
    return [hit for hit in hits if test(values[hit]) or (allow_empty and not values[hit])]
