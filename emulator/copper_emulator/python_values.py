"""What do Python values stand for where the API takes JSON? A record for its id, a datetime for its seconds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Set
from datetime import date, datetime
from typing import Any

from copper_emulator.core.arguments import record_id
from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.model import EntityType
from copper_emulator.core.moments import to_ms
from copper_emulator.core.records.forms.plain import CalendarDay, Moment, Several, Written
from copper_emulator.core.records.forms.references import LookupId, RecordId, Reference
from copper_emulator.core.records.record import Record, kind_of
from copper_emulator.core.records.searching.filter_shapes import AnyRecord, Listed
from copper_emulator.core.records.searching.filter_values import AnId, Day, Seconds
from copper_emulator.lookup_entry import LookupEntry, table_of

__tracebackhide__ = raised_on_purpose


def annotation(form: Written) -> str:
    """The Python types accepted for a value of this form."""
    if isinstance(form, Several):
        return f"Sequence[{annotation(form.each)}]"
    if isinstance(form, Listed):
        several = f"Collection[{annotation(form.each)}]"
        return f"{annotation(form.each)} | {several}" if form.alone else several
    own = next((own for of, own, _ in _SPOKEN if isinstance(form, of)), "")
    return f"{form.python} | {own}" if own else form.python


def as_json(fields: object, forms: Mapping[str, Written], what: str = "a record's fields") -> Any:
    """The fields as the API would read them. Raises UsageError for what is neither JSON nor stands for JSON."""
    if not isinstance(fields, Mapping):
        raise UsageError(f"{what} must be a mapping, not {fields!r}")
    try:
        meant = {name: _meant(name, forms[name], value) if name in forms else value for name, value in fields.items()}
        text = json.dumps(meant, allow_nan=False, ensure_ascii=False, default=_plain)
        text.encode()
        return json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"{what} must be JSON: {error}") from None


def _meant(name: str, form: Written, value: Any) -> Any:
    if isinstance(form, Several | Listed) and isinstance(value, list | tuple | Set):
        return [_meant(name, form.each, item) for item in value]
    if isinstance(form, Listed) and form.alone:
        return _meant(name, form.each, value)
    if isinstance(value, Record | LookupEntry | date):
        for of, _, meant in _SPOKEN:
            if isinstance(form, of):
                return meant(name, form, value)
        return value
    return _inside(name, value, {})


def _inside(name: str, value: Any, beside: Mapping[str, Any]) -> Any:
    """A value in which records and entries stand for their ids: inside a field's value nothing else takes them.

    Dates are those of custom fields: they, and the bounds of a search by them, are given beside a definition.

    Args:
        name: the key that has the value, or the one around its list.
        value: the value.
        beside: the object that has this key.
    """
    if isinstance(value, LookupEntry):
        table = _TABLES.get(name)
        return value.id if table is None else _entry_id(name, LookupId(table), value)
    if isinstance(value, Record):
        kind = beside.get("type") if name == "id" else None
        return record_id(value, EntityType(kind)) if kind in list(EntityType) else value.id
    if isinstance(value, date) and "custom_field_definition_id" in beside:
        return _seconds(name, Seconds(), value)
    if isinstance(value, Mapping):
        if name == "value" and "id" in value:
            # An option as its custom field's definition shows it.
            return value["id"]
        return {key: _inside(key, each, value) for key, each in value.items()}
    return [_inside(name, each, beside) for each in value] if isinstance(value, list | tuple) else value


_TABLES = {"custom_field_definition_id": "custom_field_definitions"}
"""Which table's entries a key takes; other keys take those of several."""


def _id(name: str, form: RecordId, value: object) -> object:
    return record_id(value, form.kind) if isinstance(value, Record) else value


def _any_id(name: str, form: AnId, value: object) -> object:
    return value.id if isinstance(value, Record | LookupEntry) else value


def _reference(name: str, form: Reference | AnyRecord, value: object) -> object:
    kind = kind_of(value) if isinstance(value, Record) else None
    return {"id": value.id, "type": str(kind)} if isinstance(value, Record) and kind is not None else value


def _entry_id(name: str, form: LookupId, value: object) -> object:
    if not isinstance(value, LookupEntry):
        return value
    if table_of(value) != form.table:
        raise UsageError(f"{name} takes an entry of {form.table}, not {value.name!r} of {table_of(value)}")
    return value.id


def _seconds(name: str, form: Moment | Seconds, value: object) -> object:
    if not isinstance(value, datetime):
        return _day(name, form, value)
    if value.tzinfo is None:
        raise UsageError(f"{name} needs a time zone: datetime(..., tzinfo=UTC) instead of {value!r}")
    return to_ms(value) // 1000


def _day(name: str, form: Written, value: object) -> object:
    return f"{value.month}/{value.day}/{value.year:04}" if isinstance(value, date) else value


def _plain(value: object) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Set):
        return sorted(value, key=str)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


_SPOKEN: tuple[tuple[type, str, Callable[[str, Any, object], object]], ...] = (
    (RecordId, "Record", _id),
    (Reference, "Record", _reference),
    (LookupId, "LookupEntry", _entry_id),
    (Moment, "date", _seconds),
    (CalendarDay, "date", _day),
    (AnId, "Record | LookupEntry", _any_id),
    (AnyRecord, "Record", _reference),
    (Seconds, "datetime", _seconds),
    (Day, "date", _day),
)
"""The forms that also take a Python object: its type as written in annotations, and its conversion."""
