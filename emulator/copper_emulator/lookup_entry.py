"""An entry of a lookup table (a user, a status, a pipeline) as tests see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class LookupEntry(Mapping[str, Any]):
    """A copy of an entry as it was when read: a mapping of its fields, which are attributes as well.

    It can stand for its id: `copper.leads.update(ada, status_id=copper.lookups.lead_statuses.named("Junk"))`.
    """

    __slots__ = ("_fields", "_table")

    def __init__(self, fields: Mapping[str, Any], table: str) -> None:
        object.__setattr__(self, "_fields", dict(fields))
        object.__setattr__(self, "_table", table)

    @property
    def id(self) -> int:
        """The entry's id, unique within its table."""
        found: int = self._fields["id"]
        return found

    @property
    def name(self) -> str:
        """The entry's name."""
        found: str = self._fields["name"]
        return found

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __getattr__(self, name: str) -> Any:
        try:
            return object.__getattribute__(self, "_fields")[name]
        except (KeyError, AttributeError):
            raise AttributeError(f"this entry has no field {name!r}") from None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(
            f"an entry is a copy; change it with copper.lookups.{self._table}.update({self.id}, {name}=...)"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # Rebuilt from its parts by copy and pickle, which would otherwise set attributes.
        return LookupEntry, (self._fields, self._table)

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"LookupEntry({', '.join(f'{name}={value!r}' for name, value in self._fields.items())})"


def table_of(entry: LookupEntry) -> str:
    """The name of an entry's table; a function, since an entry's attributes are its fields."""
    found: str = entry._table  # noqa: SLF001 - as above
    return found
