"""References in a step's fields: `{record: NAME}` stands for the id of a record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.fields import Table
from copper_emulator.core.records.forms.references import RecordId
from copper_emulator.scenarios.lines import Path

_KEY = "record"


@dataclass(frozen=True, slots=True)
class Reference:
    """A `{record: NAME}` and its place; `kind` is the type that the place requires, None if any will do."""

    path: Path
    name: Any
    kind: EntityType | None


def references_in_fields(table: Table, fields: Mapping[str, Any], path: Path) -> Iterator[Reference]:
    """Every reference in the fields of a record."""
    for name, value in fields.items():
        field = table.by_name.get(name)
        wanted = field.form.kind if field is not None and isinstance(field.form, RecordId) else None
        yield from references(value, (*path, name), wanted)


def references(value: Any, path: Path, kind: EntityType | None = None) -> Iterator[Reference]:
    """Every reference in a value."""
    if _is_reference(value):
        yield Reference(path, value[_KEY], kind)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from references(item, (*path, name), _named_type(value) if name == "id" else None)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from references(item, (*path, index))


def resolved(value: Any, id_of: Callable[[str], int]) -> Any:
    """The value with references replaced by ids."""
    if _is_reference(value):
        return id_of(value[_KEY])
    if isinstance(value, dict):
        return {name: resolved(item, id_of) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolved(item, id_of) for item in value]
    return value


def _is_reference(value: Any) -> bool:
    return isinstance(value, dict) and list(value) == [_KEY]


def _named_type(value: Mapping[str, Any]) -> EntityType | None:
    """The type beside an id, as in `{type: person, id: {record: ada}}`."""
    named = value.get("type")
    return EntityType(named) if isinstance(named, str) and named in set(EntityType) else None
