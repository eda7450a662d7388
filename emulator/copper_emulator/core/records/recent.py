"""Which records do searches not see as they are, because they lie behind?"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeAlias

Stored: TypeAlias = Mapping[str, Any]


class Recent:
    """The records of a type that were created or deleted less than the lag ago. Nothing is kept without a lag.

    A search sees at every moment which records there were one lag before; those it sees, it sees as they are now
    (a client's comment: only new and deleted records are late).
    """

    def __init__(self, lag_ms: int) -> None:
        self._lag = lag_ms
        # In the order of the moments: the first are the first to be forgotten, which a plain dict is slow at.
        self._born: OrderedDict[int, int] = OrderedDict()
        self._gone: OrderedDict[int, tuple[int, int, Stored]] = OrderedDict()

    def fall_behind(self, lag_ms: int) -> None:
        """Another lag from now on. What is gone already is seen no longer where it becomes shorter."""
        if lag_ms < self._lag:
            self._gone.clear()
        self._lag = lag_ms

    @property
    def is_empty(self) -> bool:
        """Whether searches see everything as it is."""
        return not (self._born or self._gone)

    def state(self) -> tuple[list[tuple[int, int]], list[tuple[int, int, Stored]]]:
        """Who was born when, and who is seen from when until when though it is gone."""
        return list(self._born.items()), list(self._gone.values())

    def restore(self, born: Iterable[tuple[int, int]], gone: Iterable[tuple[int, int, Stored]]) -> None:
        """Go on from here."""
        self._born = OrderedDict(born)
        self._gone = OrderedDict((record["id"], (since, until, record)) for since, until, record in gone)

    def created(self, record_id: int, now: int | None) -> None:
        """A record is new; with None, it was always there."""
        self._gone.pop(record_id, None)
        if self._lag and now is not None:
            self._forget(now)
            self._born[record_id] = now

    def deleted(self, record: Stored, now: int | None) -> None:
        """A record is gone; this was the last of it."""
        born = self._born.pop(record["id"], None)
        if self._lag and now is not None:
            self._forget(now)
            seen_from = now if born is None else born + self._lag
            self._gone[record["id"]] = (seen_from, now + self._lag, record)

    def unlike_now(self, now: int) -> tuple[Collection[int], list[Stored]]:
        """The ids of records that are there and not seen yet, and the records that are gone and still seen."""
        self._forget(now)
        return self._born.keys(), [record for seen_from, _, record in self._gone.values() if seen_from <= now]

    def _forget(self, now: int) -> None:
        while self._born and now - next(iter(self._born.values())) >= self._lag:
            self._born.popitem(last=False)
        while self._gone and now >= next(iter(self._gone.values()))[1]:
            self._gone.popitem(last=False)
