"""Which records do searches see late, because they lag behind writes?"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable

from copper_emulator.core.records.tables import Stored


class Recent:
    """The records of a type that were created or deleted less than the lag ago; without a lag, none.

    A search sees the records that existed one lag ago, but in their current state (a client's comment: only new and
    deleted records are late).
    """

    def __init__(self, lag_ms: int) -> None:
        self._lag = lag_ms
        # In order of time: the oldest are forgotten first, which is slow with a plain dict.
        self._born: OrderedDict[int, int] = OrderedDict()
        self._gone: OrderedDict[int, tuple[int, int, Stored]] = OrderedDict()

    def set_lag(self, lag_ms: int) -> None:
        """Set the lag from now on. If it becomes shorter, records already deleted are no longer seen."""
        if lag_ms < self._lag:
            self._gone.clear()
        self._lag = lag_ms

    @property
    def is_empty(self) -> bool:
        """Whether searches see all records as they are now."""
        return not (self._born or self._gone)

    def state(self) -> tuple[list[tuple[int, int]], list[tuple[int, int, Stored]]]:
        """New records as (id, created), and deleted ones as (seen from, seen until, record); times in milliseconds."""
        return list(self._born.items()), list(self._gone.values())

    def restore(self, born: Iterable[tuple[int, int]], gone: Iterable[tuple[int, int, Stored]]) -> None:
        """Continue from a saved state."""
        self._born = OrderedDict(born)
        self._gone = OrderedDict((record["id"], (since, until, record)) for since, until, record in gone)

    def note_created(self, record_id: int, now: int | None) -> None:
        """Note a new record; `now` is None if searches are to see it at once."""
        self._gone.pop(record_id, None)
        if self._lag and now is not None:
            self._forget(now)
            self._born[record_id] = now

    def note_deleted(self, record: Stored, now: int | None) -> None:
        """Note a deleted record, as it last was; `now` is None if searches are no longer to see it."""
        born = self._born.pop(record["id"], None)
        if self._lag and now is not None:
            self._forget(now)
            seen_from = now if born is None else born + self._lag
            self._gone[record["id"]] = (seen_from, now + self._lag, record)

    def differences(self, now: int) -> tuple[Collection[int], list[Stored]]:
        """The ids of records that exist but are not seen yet, and the deleted records that are still seen."""
        self._forget(now)
        return self._born.keys(), [record for seen_from, _, record in self._gone.values() if seen_from <= now]

    def _forget(self, now: int) -> None:
        while self._born and now - next(iter(self._born.values())) >= self._lag:
            self._born.popitem(last=False)
        while self._gone and now >= next(iter(self._gone.values()))[1]:
            self._gone.popitem(last=False)
