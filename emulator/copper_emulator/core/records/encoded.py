"""A cache of the JSON of records, as the API shows them, until they are written.

Encoding takes longer than everything else in an answer with a record, and most records are read more often than
written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import cast

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.byte_cache import ByteCache
from copper_emulator.core.records.ordering import Line
from copper_emulator.core.records.shown import WITH_COMPANY
from copper_emulator.core.records.tables import COMPANY, Stored

MOST_BYTES = 8 * 1024 * 1024
"""How many bytes of JSON are kept per type."""


class Encoded:
    """The JSON of an account's records by id.

    Args:
        records: the stored records.
        make: encodes a record.
        most: how many bytes are kept per type.
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
        self._caches: dict[EntityType, ByteCache] = {}
        self._stamp: object = None

    def of(self, kind: EntityType, ids: Collection[int], among: Mapping[int, Stored], stamp: object) -> list[bytes]:
        """The JSON of the records with these ids, from `among`. A changed `stamp` invalidates all cached JSON."""
        cached = self._of(kind, stamp).get(ids)
        # JSON is never empty, so only missing entries are false.
        if all(cached):
            return cast(list[bytes], cached)
        return [raw or self._encode(kind, among[each]) for raw, each in zip(cached, ids, strict=True)]

    def at(self, kind: EntityType, line: Line, page: slice, among: Mapping[int, Stored], stamp: object) -> list[bytes]:
        """The JSON of the records in this slice of a line, all of them from `among`; `stamp` as in `of`."""
        beside = self._of(kind, stamp).beside(line)
        cached = beside[page]
        if all(cached):
            return cast(list[bytes], cached)
        ids = line.ids[page]
        encoded = self.of(kind, ids, among, stamp)
        # None for those that were not kept: their JSON may differ next time.
        beside[page] = self._caches[kind].get(ids)
        return encoded

    def _of(self, kind: EntityType, stamp: object) -> ByteCache:
        if stamp != self._stamp:
            self._stamp = stamp
            for cache in self._caches.values():
                cache.clear()
        if kind not in self._caches:
            self._caches[kind] = ByteCache(self._most)
        return self._caches[kind]

    def drop_outdated(self, kind: EntityType, before: Stored | None, after: Stored | None) -> None:
        """Drop the JSON that a write makes out of date, given the record `before` and `after`."""
        if before is None:
            return
        if kind in self._caches:
            self._caches[kind].drop(before["id"])
        if kind is COMPANY and (after is None or after["name"] != before["name"]):
            for other in WITH_COMPANY:
                if other in self._caches:
                    self._caches[other].clear()

    def _encode(self, kind: EntityType, record: Stored) -> bytes:
        raw = self._make(kind, record)
        if self._lasts(kind, record):
            self._caches[kind].keep(record["id"], raw)
        return raw

    def _lasts(self, kind: EntityType, record: Stored) -> bool:
        # Deleted records, which lagging searches still show, would never be dropped; and the company of a seeded record
        # may be seeded later.
        if self._records[kind].get(record["id"]) is not record:
            return False
        company = record["company_id"] if kind in WITH_COMPANY else None
        return company is None or company in self._records[COMPANY]
