"""An account's records: id and fields for each, and what changed when they are written.

Any field name is taken; the store knows only that a write that changes nothing is no change, and that records whose
old and new values differ belong to different changes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from operator import methodcaller
from typing import Any

from copper_emulator.core.errors import CopperEmulatorError, NotFound, UsageError
from copper_emulator.core.model import EntityType, Event, RecordChange, Topic

# A traceback shows the line of the test, not ours, when the error is one we raise on purpose.
__tracebackhide__ = methodcaller("errisinstance", CopperEmulatorError)

COLLECTIONS = {
    EntityType.LEAD: "leads",
    EntityType.PERSON: "people",
    EntityType.COMPANY: "companies",
    EntityType.OPPORTUNITY: "opportunities",
    EntityType.PROJECT: "projects",
    EntityType.TASK: "tasks",
    EntityType.ACTIVITY_LOG: "activities",
}
"""What the records of a type are called in Python."""


class Record(Mapping[str, Any]):
    """One record as it stands when it was asked for: a mapping of its fields, which are attributes as well.

    A copy: to change the record itself, update it. `kind_of` tells its type.
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
            raise AttributeError(f"this record has no field {name!r}") from None

    def __setattr__(self, name: str, value: object) -> None:
        of = COLLECTIONS.get(self._kind, "people")
        raise AttributeError(
            f"a record is a copy; change it with copper.{of}.update({self._fields.get('id', 'id')}, {name}=...)"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # Copied and pickled by its parts: the usual way sets attributes.
        return Record, (self._fields, self._kind)

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Record({', '.join(f'{name}={value!r}' for name, value in self._fields.items())})"


def kind_of(record: Record) -> EntityType | None:
    """A record's type, where it is known; no attribute, since a record's attributes are its fields."""
    found: EntityType | None = record._kind  # noqa: SLF001 - as above
    return found


class RecordStore:
    """All records of one account, by type and id. Nothing is written unless the whole action is right."""

    def __init__(self) -> None:
        self._records: dict[EntityType, dict[int, dict[str, Any]]] = {kind: {} for kind in EntityType}

    def create(
        self, kind: EntityType, rows: Iterable[Mapping[str, Any]], next_id: Callable[[EntityType], int]
    ) -> list[Record]:
        """New records with fresh ids, in the order of the rows. Raises UsageError."""
        if isinstance(rows, Mapping | str | bytes) or not isinstance(rows, Iterable):
            raise UsageError(f"give a list of records, like [{{'name': 'Ada'}}, {{'name': 'Bob'}}], not {rows!r}")
        cleaned = [_clean(row) for row in rows]
        made = []
        for fields in cleaned:
            stored = {"id": next_id(kind), **fields}
            self._records[kind][stored["id"]] = stored
            made.append(_handed_out(stored, kind))
        return made

    def get(self, kind: EntityType, record_id: int) -> Record:
        """Raises NotFound."""
        return _handed_out(self._stored(kind, record_id), kind)

    def update(
        self, kind: EntityType, ids: Iterable[int], fields: Mapping[str, Any]
    ) -> tuple[list[Record], list[RecordChange]]:
        """Write the given fields; the changes are grouped by equal old and new values, in order of first appearance."""
        cleaned = _clean(fields)
        chosen = [(record_id, self._stored(kind, record_id)) for record_id in dict.fromkeys(ids)]
        groups: dict[str, tuple[dict[str, Any], list[int]]] = {}
        for record_id, stored in chosen:
            changed = {name: [stored.get(name), value] for name, value in cleaned.items() if stored.get(name) != value}
            if changed:
                # A copy for each: a change must stay what it was, and records must not share their lists.
                alike = json.dumps(changed, sort_keys=True)
                groups.setdefault(alike, (deepcopy(changed), []))[1].append(record_id)
                stored.update(deepcopy(cleaned))
        topic = Topic(kind, Event.UPDATE)
        changes = [RecordChange(topic, tuple(group), changed) for changed, group in groups.values()]
        return [_handed_out(stored, kind) for _, stored in chosen], changes

    def delete(self, kind: EntityType, ids: Iterable[int]) -> tuple[int, ...]:
        """Remove records; the ids that were removed, in order. Raises NotFound."""
        chosen = tuple(dict.fromkeys(ids))
        for record_id in chosen:
            self._stored(kind, record_id)
        for record_id in chosen:
            del self._records[kind][record_id]
        return chosen

    def _stored(self, kind: EntityType, record_id: int) -> dict[str, Any]:
        try:
            return self._records[kind][record_id]
        except (KeyError, TypeError):
            raise NotFound(
                hint=f"There is no {kind} {record_id!r}. Create it first, or use fire({str(kind)!r}, ...) for a bare "
                "event that needs no record."
            ) from None


def _handed_out(stored: Mapping[str, Any], kind: EntityType) -> Record:
    return Record(deepcopy(stored), kind)


def _clean(fields: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(fields, Mapping):
        raise UsageError(f"a record's fields must be a mapping, not {fields!r}")
    if "id" in fields:
        raise UsageError("a record's id is given by the emulator, as by Copper; leave it out")
    try:
        text = json.dumps(dict(fields), allow_nan=False, ensure_ascii=False)
        text.encode()
        cleaned: dict[str, Any] = json.loads(text)
    except (TypeError, ValueError) as error:
        raise UsageError(f"a record's fields must be JSON: {error}") from None
    return cleaned
