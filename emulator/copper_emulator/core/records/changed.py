"""What an update changed, under the names used in notifications.

Sources: developer.copper.com for `{field: [old, new]}` and nested custom fields; integrators' code for the names of an
opportunity's stage (`stage_id`, `stage`, `last_stage_at`, `days_in_stage`) and a lead's `status` (facts, section 2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from copper_emulator.core.records.fields import Field, Table
from copper_emulator.core.records.forms.contacts import Tags
from copper_emulator.core.records.forms.custom import CustomFields, blank_custom, computed
from copper_emulator.core.records.forms.plain import Form, Several
from copper_emulator.core.records.lookups.catalogue import Catalogue
from copper_emulator.core.text import choices, meant, suggesting

Fields: TypeAlias = Mapping[str, Any]

_DAY = 86_400

_SETS = (Tags, Several)


def is_same(form: Form, old: Any, new: Any) -> bool:
    """Whether two values of a field are equal, ignoring order in sets (tags, several options)."""
    if old is new:
        # True of every field that a write does not name.
        return True
    if isinstance(form, _SETS):
        return set(old or ()) == set(new or ())
    if isinstance(form, CustomFields):
        return all(
            _same_custom(old.get(definition_id), new.get(definition_id)) for definition_id in old.keys() | new.keys()
        )
    return bool(old == new)


def updated_attributes(
    table: Table, before: Fields, after: Fields, catalogue: Catalogue, now: int
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """`{name: [old, new]}` for every reported field that changed, and the same with option names instead of ids.

    The second is None if it would be no different. `now` is in Unix seconds.
    """
    changed: dict[str, Any] = {}
    named: dict[str, Any] | None = None
    for field in table:
        if not field.stored or not field.webhook_names:
            continue
        if field.name == "custom_fields":
            plain, with_names = _custom(field, before, after, catalogue)
            if plain:
                changed[field.name] = plain
                named = {field.name: with_names}
        elif not is_same(field.form, before[field.name], after[field.name]):
            for name in field.webhook_names:
                changed[name] = reported_pair(name, field, before, after, catalogue, now)
    return changed, None if named is None or named.items() <= changed.items() else {**changed, **named}


def unreported(table: Table, attributes: Fields, catalogue: Catalogue) -> Iterator[str]:
    """A sentence for each user-supplied attribute that no real update of such a record would report."""
    known = [name for field in table for name in field.webhook_names]
    for name in attributes:
        if name not in known:
            yield suggesting(f"no change of {table.plural} reports {name!r}", meant(name, known))
    custom = attributes.get("custom_fields")
    defined = [str(each) for each in catalogue.table("custom_field_definitions")]
    for definition_id in custom if isinstance(custom, dict) and "custom_fields" in known else ():
        if str(definition_id) not in defined:
            yield f"there is no custom field {definition_id}; {choices('custom field', defined)}"


def reported_pair(name: str, field: Field, before: Fields, after: Fields, catalogue: Catalogue, now: int) -> list[Any]:
    """`[old, new]` for a changed field under one of its names. Reads only the fields of the records needed for it."""
    value_of = _REPORTED_VALUES.get(name)
    if value_of is None or name == field.name:
        return [before[field.name], after[field.name]]
    return [value_of(before, catalogue, now), value_of(after, catalogue, now)]


def _custom(field: Field, before: Fields, after: Fields, catalogue: Catalogue) -> tuple[dict[str, Any], dict[str, Any]]:
    plain: dict[str, Any] = {}
    named: dict[str, Any] = {}
    definitions = catalogue.table("custom_field_definitions")
    for definition_id in sorted(before[field.name].keys() | after[field.name].keys()):
        definition = definitions.get(definition_id)
        old, new = before[field.name].get(definition_id), after[field.name].get(definition_id)
        if definition is None or _same_custom(old, new):
            continue
        # Report unset values as a read shows them.
        old, new = (blank_custom(definition) if value is None else value for value in (old, new))
        plain[str(definition_id)] = [old, new]
        named[str(definition_id)] = [computed(definition, old), computed(definition, new)]
    return plain, named


def _same_custom(old: Any, new: Any) -> bool:
    if isinstance(old, list) and isinstance(new, list):
        return set(old) == set(new)
    return bool(old == new)


def _stage_name(record: Fields, catalogue: Catalogue, now: int) -> str | None:
    stage = catalogue.stage(record["pipeline_stage_id"])
    return None if stage is None else stage[1]["name"]


def _days_in_stage(record: Fields, catalogue: Catalogue, now: int) -> int:
    since: int = record["date_stage_changed"]
    return max(now - since, 0) // _DAY


_REPORTED_VALUES: Mapping[str, Callable[[Fields, Catalogue, int], Any]] = {
    "stage_id": lambda record, catalogue, now: record["pipeline_stage_id"],
    "stage": _stage_name,
    "last_stage_at": lambda record, catalogue, now: record["date_stage_changed"],
    "days_in_stage": _days_in_stage,
    "status": lambda record, catalogue, now: catalogue.name("lead_statuses", record["status_id"]),
}
"""How to work out reported values that are not the field's own, by the name under which they are reported."""
