"""What did searches ask for, and what was answered to them since anything was last written?

Clients that look for news ask the same again and again, and most of the time there is none: then they are answered the
same. Where there is some, what they ask has at least been read before.
"""

from __future__ import annotations

from typing import NamedTuple
from weakref import WeakKeyDictionary

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.searching.search import Query
from copper_emulator.core.records.store import RecordStore

MOST_BYTES = 2 * 1024 * 1024
"""Of answers that are kept for an account; where there would be more, all of them go."""


MOST_QUERIES = 1_000
"""Searches that are kept as they were read for an account; where there would be more, all of them go."""

LONGEST = 1_000
"""Bytes of one that is kept."""


class Asked(NamedTuple):
    """A search as the API is sent it."""

    kind: EntityType
    body: bytes
    url_query: str


class Answer(NamedTuple):
    """A page as JSON, and how many were found in all."""

    raw: bytes
    total: int


class KeptSearches:
    """Answers to searches of one account, all of them of one `version` of its records, another one after each write."""

    def __init__(self, *, most: int = MOST_BYTES) -> None:
        self._most = most
        self._answers: dict[Asked, Answer] = {}
        self._size = 0
        self._version: object = None

    def get(self, asked: Asked, version: object) -> Answer | None:
        """What was answered when the records were of this version."""
        return self._answers.get(asked) if version == self._version else None

    def keep(self, asked: Asked, version: object, answer: Answer) -> None:
        """What is answered while the records are of this version; answers of another one go."""
        size = len(asked.body) + len(asked.url_query) + len(answer.raw)
        if version != self._version or self._size + size > self._most:
            self._answers.clear()
            self._size, self._version = 0, version
        if size <= self._most and asked not in self._answers:
            self._answers[asked] = answer
            self._size += size


class KeptQueries:
    """Searches of one account as they were read, all of them against the same lookup tables."""

    def __init__(self, *, most: int = MOST_QUERIES) -> None:
        self._most = most
        self._queries: dict[Asked, Query] = {}
        self._lookups: object = None

    def get(self, asked: Asked, lookups: object) -> Query | None:
        """What it was read as when the lookup tables were of this version."""
        return self._queries.get(asked) if lookups == self._lookups else None

    def keep(self, asked: Asked, lookups: object, query: Query) -> None:
        """What it is read as while the lookup tables are of this version; what belongs to another one goes."""
        if lookups != self._lookups or len(self._queries) >= self._most:
            self._queries.clear()
            self._lookups = lookups
        if len(asked.body) + len(asked.url_query) <= LONGEST:
            self._queries[asked] = query


class Kept(NamedTuple):
    """What is kept for an account."""

    queries: KeptQueries
    answers: KeptSearches


_KEPT: WeakKeyDictionary[RecordStore, Kept] = WeakKeyDictionary()
"""It goes with the records: a reset gives an account others, of which the same version is something else."""


def kept_of(store: RecordStore) -> Kept:
    """What is kept for the records of an account; under its lock."""
    kept = _KEPT.get(store)
    return _KEPT.setdefault(store, Kept(KeptQueries(), KeptSearches())) if kept is None else kept
