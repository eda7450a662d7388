"""Names for the records in a recording: `person_1` and so on, in the order in which they come up.

A record that existed before the recording began and that a step refers to is seeded when the scenario is played.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.references import RecordId
from copper_emulator.core.records.relations import Item
from copper_emulator.core.records.shown import copied
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.tables import ACTIVITY, TABLES, Stored

_METADATA = ("date_created", "date_modified")
"""Not worth a line in the file: no notification mentions them."""


class Names:
    """The names in one recording, and the records that have to be seeded for them."""

    def __init__(self, store: RecordStore) -> None:
        self._store = store
        # Stored records are never changed in place, so these keep their state at the start.
        self._before = {kind: dict(store.of(kind)) for kind in EntityType}
        self._names: dict[Item, str] = {}
        self._counts: Counter[EntityType] = Counter()
        self._seeds: dict[Item, dict[str, Any]] = {}

    @property
    def seeds(self) -> list[dict[str, Any]]:
        """The steps that seed the records that existed before the recording."""
        return [
            {"seed": {"type": str(kind), "as": self._names[kind, record_id], "rows": [row]}}
            for (kind, record_id), row in self._seeds.items()
        ]

    def give(self, kind: EntityType, ids: Sequence[int]) -> str:
        """Give new records a name; if there are several, they are called `person_2.1`, `person_2.2` and so on."""
        self._counts[kind] += 1
        name = f"{_noun(kind)}_{self._counts[kind]}"
        if len(ids) == 1:
            self._names[kind, ids[0]] = name
        else:
            self._names |= {(kind, each): f"{name}.{number}" for number, each in enumerate(ids, start=1)}
        return name

    def of(self, kind: EntityType, record_id: int) -> str | None:
        """The name of a record; None if it neither existed before the recording nor was created in it."""
        if (kind, record_id) not in self._names and record_id in self._before[kind]:
            self._seed((kind, record_id))
        return self._names.get((kind, record_id))

    def all_of(self, kind: EntityType, ids: Sequence[int]) -> list[str] | None:
        """The names of several records; None if any of them has no name."""
        names = [self.of(kind, each) for each in ids]
        found = [name for name in names if name is not None]
        return found if len(found) == len(names) else None

    def fields(self, kind: EntityType, body: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a body, with names in place of record ids."""
        table = TABLES[kind]
        named: dict[str, Any] = {}
        for name, value in body.items():
            form = table.by_name[name].form if name in table else None
            named[name] = self.reference(form.kind, value) if isinstance(form, RecordId) else self.value(value)
        return named

    def value(self, value: Any) -> Any:
        """A value with names in place of each `id` that stands beside the `type` of a record."""
        if isinstance(value, Mapping):
            type_name = value.get("type")
            kind = EntityType(type_name) if isinstance(type_name, str) and type_name in set(EntityType) else None
            return {
                name: self.reference(kind, item) if name == "id" and kind is not None else self.value(item)
                for name, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return value

    def reference(self, kind: EntityType, value: Any) -> Any:
        """A reference by name in place of an id; the value itself if it is not the id of a named record."""
        known = isinstance(value, int) and not isinstance(value, bool)
        name = self.of(kind, value) if known else None
        return value if name is None else {"record": name}

    def _seed(self, item: Item) -> None:
        """Seed an earlier record and all that it refers to: with their ids, as they may refer to each other."""
        waiting = [item]
        while waiting:
            earlier = waiting.pop()
            if earlier in self._seeds:
                continue
            kind, record_id = earlier
            stored = self._before[kind][record_id]
            self._counts[kind] += 1
            self._names[earlier] = f"{_noun(kind)}_{self._counts[kind]}"
            self._seeds[earlier] = self._row(kind, stored)
            waiting += [
                other
                for other in references(kind, self._seeds[earlier])
                if other[1] in self._before[other[0]] and other not in self._names
            ]

    def _row(self, kind: EntityType, stored: Stored) -> dict[str, Any]:
        table = TABLES[kind]
        row: dict[str, Any] = {"id": stored["id"]}
        for name, value in copied(self._store.shown(kind, stored)).items():
            if name in table and table.by_name[name].stored and name not in _METADATA:
                kept = [each for each in value if each["value"] not in (None, [])] if name == "custom_fields" else value
                usual = table.by_name[name].default
                if kept != usual and (usual is not None or kept not in ([], {})):
                    row[name] = kept
        return row


def references(kind: EntityType, row: Mapping[str, Any]) -> Iterator[Item]:
    """The records to which a row refers."""
    table = TABLES[kind]
    for name, value in row.items():
        form = table.by_name[name].form if name in table else None
        if isinstance(form, RecordId) and isinstance(value, int):
            yield form.kind, value
        elif isinstance(value, Mapping) and value.get("type") in set(EntityType) and isinstance(value.get("id"), int):
            yield EntityType(value["type"]), value["id"]


def _noun(kind: EntityType) -> str:
    return "activity" if kind is ACTIVITY else str(kind)
