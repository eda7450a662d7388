"""A record as tests and scenarios receive it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Never

from copper_emulator.core.errors import raised_on_purpose
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.tables import TABLES
from copper_emulator.core.text import meant, suggesting

__tracebackhide__ = raised_on_purpose

COLLECTIONS = {kind: table.plural for kind, table in TABLES.items()}
"""The name of each type's collection in Python."""


class Record(Mapping[str, Any]):
    """One record as it was when requested: a mapping of its fields, which are also attributes.

    It is a copy; to change the stored record, update it. `kind_of` returns its type.
    """

    __slots__ = ("_fields", "_kind")

    def __init__(self, fields: Mapping[str, Any], kind: EntityType | None = None) -> None:
        object.__setattr__(self, "_fields", dict(fields))
        object.__setattr__(self, "_kind", kind)

    @property
    def id(self) -> int:
        """Its id, unique within its type."""
        found: int = self._fields["id"]
        return found

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __getattr__(self, name: str) -> Any:
        try:
            return object.__getattribute__(self, "_fields")[name]
        except (KeyError, AttributeError):
            __tracebackhide__ = True
            raise AttributeError(self._no_field(name)) from None

    def _no_field(self, name: str) -> str:
        # Python asks for names with underscores itself, also of a record that is only being copied.
        near = None if name.startswith("_") else meant(name, self._fields)
        return suggesting(f"this record has no field {name!r}", near)

    def __setattr__(self, name: str, value: object) -> None:
        __tracebackhide__ = True
        raise AttributeError(self._how_to_write(name))

    # `Never`, so that type checkers still reject every assignment.
    def __setitem__(self, name: Never, value: object) -> None:
        __tracebackhide__ = True
        raise TypeError(self._how_to_write(name))

    def _how_to_write(self, name: str) -> str:
        of = COLLECTIONS.get(self._kind, "people")
        return f"a record is a copy; change it with copper.{of}.update({self._fields.get('id', 'id')}, {name}=...)"

    def __reduce__(self) -> tuple[Any, ...]:
        # By default, copy and pickle set attributes, which `__setattr__` refuses.
        return Record, (self._fields, self._kind)

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._fields]

    def __repr__(self) -> str:
        return f"Record({', '.join(f'{name}={value!r}' for name, value in self._fields.items())})"


def kind_of(record: Record) -> EntityType | None:
    """A record's type, if known. Not an attribute of the record, since those are its fields."""
    found: EntityType | None = record._kind  # noqa: SLF001 - as above
    return found
