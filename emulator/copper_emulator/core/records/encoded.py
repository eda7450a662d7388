"""What is the JSON of records, as the API shows them? Kept for those that were asked for, until they are written.

To make it takes longer than everything else that an answer with a record takes, and most records are read more often
than they are written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeAlias, cast

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.kept import Kept
from copper_emulator.core.records.ordering import Line
from copper_emulator.core.records.shown import WITH_COMPANY
from copper_emulator.core.records.tables import COMPANY

Stored: TypeAlias = Mapping[str, Any]

MOST_BYTES = 8 * 1024 * 1024
"""Of JSON that is kept of a type."""


class Encoded:
    """The JSON of an account's records by their ids.

    Args:
        records: what is stored.
        make: the JSON of a record.
        most: bytes that are kept of a type.
    """

    def __init__(
        self,
        records: Mapping[EntityType, Mapping[int, Stored]],
        make: Callable[[EntityType, Stored], bytes],
        *,
        most: int = MOST_BYTES,
    ) -> None:
        self._records = records
        self._make = make
        self._most = most
        self._kept: dict[EntityType, Kept] = {}
        self._stamp: object = None

    def of(self, kind: EntityType, ids: Collection[int], among: Mapping[int, Stored], stamp: object) -> list[bytes]:
        """The JSON of each. With another `stamp`, all of it may be another."""
        found = self._of(kind, stamp).get(ids)
        # No JSON is empty.
        if all(found):
            return cast(list[bytes], found)
        return [raw or self._made(kind, among[each]) for raw, each in zip(found, ids, strict=True)]

    def at(self, kind: EntityType, line: Line, page: slice, among: Mapping[int, Stored], stamp: object) -> list[bytes]:
        """The JSON of each that stands in this part of a line of all that there are."""
        made = self._of(kind, stamp).beside(line)
        found = made[page]
        if all(found):
            return cast(list[bytes], found)
        ids = line.ids[page]
        right = self.of(kind, ids, among, stamp)
        # What is not kept may be another the next time.
        made[page] = self._kept[kind].get(ids)
        return right

    def _of(self, kind: EntityType, stamp: object) -> Kept:
        if stamp != self._stamp:
            self._stamp = stamp
            for each in self._kept.values():
                each.clear()
        if kind not in self._kept:
            self._kept[kind] = Kept(self._most)
        return self._kept[kind]

    def written(self, kind: EntityType, before: Stored | None, after: Stored | None) -> None:
        """A record was written: what stood in its place and what does now."""
        if before is None:
            return
        if kind in self._kept:
            self._kept[kind].drop(before["id"])
        if kind is COMPANY and (after is None or after["name"] != before["name"]):
            for other in WITH_COMPANY:
                if other in self._kept:
                    self._kept[other].clear()

    def _made(self, kind: EntityType, record: Stored) -> bytes:
        raw = self._make(kind, record)
        if self._lasts(kind, record):
            self._kept[kind].keep(record["id"], raw)
        return raw

    def _lasts(self, kind: EntityType, record: Stored) -> bool:
        # Searches that lie behind show deleted ones, which nothing would ever drop; and the company that a seeded one
        # names may come later.
        if self._records[kind].get(record["id"]) is not record:
            return False
        company = record["company_id"] if kind in WITH_COMPANY else None
        return company is None or company in self._records[COMPANY]
