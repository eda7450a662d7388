"""What is a field's value in JSON Schema: as a client may send it, and as the API shows it?

A form's own schema is what the form reads. What is shown differs if a form reads several notations of one value, or
fills in what is missing. Objects that several fields share are components of their own, written once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.records.fields import Access, Field, Null, Table
from copper_emulator.core.records.forms.contacts import Address, Entries, Entry
from copper_emulator.core.records.forms.custom import CustomFields
from copper_emulator.core.records.forms.plain import (
    DAY_PATTERN,
    EARLIEST_SECOND,
    ID_SCHEMA,
    LATEST_SECOND,
    CalendarDay,
    Form,
    Moment,
    object_schema,
)
from copper_emulator.core.records.forms.references import ActivityType, LookupId, Reference
from copper_emulator.core.records.lookups.tables import Parts
from copper_emulator.core.records.tables import EMAIL, PHONE_NUMBERS, SOCIALS, WEBSITES

Schema: TypeAlias = dict[str, Any]

_ALWAYS = frozenset({"date_created", "date_modified"})
"""Fields that every record has from its creation."""

_NOTHING: Schema = {"type": "null"}
_ID: Schema = {"readOnly": True, "description": "Given by Copper; ignored."}


def ref(name: str, section: str = "schemas") -> Schema:
    """A reference to a component."""
    return {"$ref": f"#/components/{section}/{name}"}


def array(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def any_of(*schemas: Schema) -> Schema:
    return {"anyOf": list(schemas)}


def nullable(schema: Schema) -> Schema:
    """The schema, with null allowed as well."""
    kind = schema.get("type")
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], _NOTHING]}
    if not isinstance(kind, str):
        return any_of(schema, _NOTHING)
    named = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [kind, "null"], **named}


def answer_object(properties: Mapping[str, Any], *, optional: Sequence[str] = ()) -> Schema:
    """An object as the API shows it: with all of its keys, except for those in `optional`."""
    return object_schema(properties, required=[name for name in properties if name not in optional])


# --- what a client sends ------------------------------------------------------------------------------------------


def given(form: Form) -> Schema:
    """A value as a client may send it."""
    if isinstance(form, Entries):
        return array(given(form.each))
    if isinstance(form, CustomFields):
        return array(ref("CustomFieldInput"))
    if isinstance(form, Reference) and form.empty:
        return any_of(dict(form.schema), _UNSET)
    name = _NAMES.get(form)
    return dict(form.schema) if name is None else ref(f"{name}Input")


def new_object(table: Table) -> Schema:
    """The body that creates an object of a table."""
    required = [field.name for field in table.writable if field.required]
    return object_schema(
        {"id": _ID, **{field.name: given_on_create(field) for field in table}, **_unheeded(table)}, required
    )


def changes_of(table: Table) -> Schema:
    """The body that changes an object of a table."""
    return object_schema({"id": _ID, **{field.name: given_on_update(field) for field in table}, **_unheeded(table)})


def _unheeded(table: Table) -> dict[str, Schema]:
    return {name: {"readOnly": True, "description": "No field of these; ignored."} for name in table.unheeded}


def given_on_create(field: Field) -> Schema:
    """A field in the body that creates an object; null is as good as absent."""
    if field.access is Access.NEVER:
        return _ignored(field, "Only Copper writes it; ignored.")
    schema = _not_blank(given(field.form)) if field.required else nullable(given(field.form))
    return {**schema, "description": field.doc}


def given_on_update(field: Field) -> Schema:
    """A field in the body that changes an object."""
    if field.access is Access.NEVER:
        return _ignored(field, "Only Copper writes it; ignored.")
    if field.access is Access.CREATE:
        return _ignored(field, "Can be given at creation only; ignored.")
    if field.required:
        return {**_not_blank(given(field.form)), "description": field.doc}
    # A field without a value is read as null, and may be sent back that way.
    nulled = "is refused once there is one" if field.null is Null.REFUSED else str(field.null)
    return {**nullable(given(field.form)), "description": f"{field.doc} Null {nulled}."}


def _ignored(field: Field, why: str) -> Schema:
    return {"readOnly": True, "description": f"{field.doc} {why}"}


def _not_blank(schema: Schema) -> Schema:
    """A required text must not be blank."""
    return {**schema, "minLength": 1, "pattern": r"\S"} if schema.get("type") == "string" else schema


# --- what the API shows -------------------------------------------------------------------------------------------


def shown(field: Field) -> Schema:
    """A field as the API shows it."""
    schema = shown_form(field.form)
    return {**(schema if _is_never_null(field) else nullable(schema)), "description": field.doc}


def shown_form(form: Form) -> Schema:
    """A value other than null, as the API shows it."""
    show = _SHOWN.get(type(form))
    if show is not None:
        return show(form)
    name = _NAMES.get(form)
    return dict(form.schema) if name is None else ref(name)


def _is_never_null(field: Field) -> bool:
    if field.required or field.name in _ALWAYS or field.form.blank() is not None:
        return True
    # The default of a lookup table may be no entry; any other default stays unless null clears it.
    kept = field.null is not Null.CLEARS or field.access is Access.NEVER
    return kept and field.default is not None and not isinstance(field.form, LookupId)


def _seconds(form: Moment) -> Schema:
    return {"type": "integer", "minimum": EARLIEST_SECOND, "maximum": LATEST_SECOND}


def _reference(form: Reference) -> Schema:
    return any_of(dict(form.schema), _UNSET) if form.empty else dict(form.schema)


def _activity_type(form: ActivityType) -> Schema:
    id_ = {"type": "integer", "minimum": 0, "maximum": MAX_ID}
    return answer_object({"id": id_, "category": {"type": "string", "enum": ["user", "system"]}})


def _parts(form: Parts) -> Schema:
    own = {each.name: nullable(shown_form(each.form)) for each in form.own}
    return array(answer_object({"id": ID_SCHEMA, "name": {"type": "string"}, **own}))


_UNSET: Schema = answer_object({"id": _NOTHING, "type": _NOTHING})
"""How a reference to nothing looks if it is not null."""

_SHOWN: Mapping[type, Callable[[Any], Schema]] = {
    Moment: _seconds,
    CalendarDay: lambda form: {"type": "string", "pattern": DAY_PATTERN},
    Entries: lambda form: array(shown_form(form.each)),
    CustomFields: lambda form: array(ref("CustomField")),
    Reference: _reference,
    ActivityType: _activity_type,
    Parts: _parts,
}
"""Forms that are shown differently from how they are read."""

_NAMES: Mapping[Form, str] = {
    Address(): "Address",
    EMAIL: "Email",
    **{
        field.form.each: name
        for field, name in ((PHONE_NUMBERS, "PhoneNumber"), (SOCIALS, "Social"), (WEBSITES, "Website"))
        if isinstance(field.form, Entries)
    },
}
"""Objects that several fields share, with the names of their components."""


def shared_components() -> dict[str, Schema]:
    """The components that fields of several types refer to."""
    computed = {"description": "The value with names of options; with `custom_field_computed_values=true` only."}
    definition = {"custom_field_definition_id": ID_SCHEMA}
    components = {
        "CustomField": answer_object(
            {**definition, "value": {}, "computed_value": computed}, optional=["computed_value"]
        ),
        "CustomFieldInput": object_schema(
            {**definition, "value": {"description": "Null unsets it."}, "computed_value": {"readOnly": True}},
            required=["custom_field_definition_id"],
        ),
    }
    for form, name in _NAMES.items():
        components[f"{name}Input"] = dict(form.schema)
        components[name] = _whole(form)
    return components


def _whole(form: Form) -> Schema:
    """An object as it is stored: with everything that a client may leave out."""
    properties = dict(form.schema["properties"])
    if isinstance(form, Entry):
        properties["category"] = {"type": "string", "enum": list(form.categories)}
    return answer_object(properties)
