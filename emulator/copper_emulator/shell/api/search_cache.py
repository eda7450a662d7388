"""A cache of parsed searches, and of the answers to them since the last write.

Clients that poll for changes repeat the same search, and mostly nothing has changed: then they get the same answer. If
something has, the search at least need not be parsed again.
"""

from __future__ import annotations

from typing import NamedTuple
from weakref import WeakKeyDictionary

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.searching.search import Query
from copper_emulator.core.records.store import RecordStore

MOST_BYTES = 2 * 1024 * 1024
"""Bytes of answers kept for an account; when this would be exceeded, all of them are dropped."""


MOST_QUERIES = 1_000
"""Parsed searches kept for an account; when there would be more, all of them are dropped."""

LONGEST = 1_000
"""Bytes of the longest search that is kept parsed."""


class SearchRequest(NamedTuple):
    """A search as it was sent to the API."""

    kind: EntityType
    body: bytes
    url_query: str


class Answer(NamedTuple):
    """A page as JSON, and the number of results on all pages."""

    raw: bytes
    total: int


class AnswerCache:
    """Answers to searches of one account, all for one `version` of its records; each write makes a new version."""

    def __init__(self, *, most: int = MOST_BYTES) -> None:
        self._most = most
        self._answers: dict[SearchRequest, Answer] = {}
        self._size = 0
        self._version: object = None

    def get(self, asked: SearchRequest, version: object) -> Answer | None:
        """The answer kept for this version of the records, or None."""
        return self._answers.get(asked) if version == self._version else None

    def keep(self, asked: SearchRequest, version: object, answer: Answer) -> None:
        """Keep an answer for this version of the records; answers for another one are dropped."""
        size = len(asked.body) + len(asked.url_query) + len(answer.raw)
        if version != self._version or self._size + size > self._most:
            self._answers.clear()
            self._size, self._version = 0, version
        if size <= self._most and asked not in self._answers:
            self._answers[asked] = answer
            self._size += size


class QueryCache:
    """Parsed searches of one account, all parsed against the same version of its lookup tables."""

    def __init__(self, *, most: int = MOST_QUERIES) -> None:
        self._most = most
        self._queries: dict[SearchRequest, Query] = {}
        self._lookups: object = None

    def get(self, asked: SearchRequest, lookups: object) -> Query | None:
        """The parsed search kept for this version of the lookup tables, or None."""
        return self._queries.get(asked) if lookups == self._lookups else None

    def keep(self, asked: SearchRequest, lookups: object, query: Query) -> None:
        """Keep a parsed search for this version of the lookup tables; those for another one are dropped."""
        if lookups != self._lookups or len(self._queries) >= self._most:
            self._queries.clear()
            self._lookups = lookups
        if len(asked.body) + len(asked.url_query) <= LONGEST:
            self._queries[asked] = query


class SearchCache(NamedTuple):
    """Both caches of an account."""

    queries: QueryCache
    answers: AnswerCache


_CACHES: WeakKeyDictionary[RecordStore, SearchCache] = WeakKeyDictionary()
"""Dropped along with the records: a reset gives an account new ones, whose versions begin anew."""


def search_cache(store: RecordStore) -> SearchCache:
    """The caches for the records of an account; under its lock."""
    cache = _CACHES.get(store)
    return _CACHES.setdefault(store, SearchCache(QueryCache(), AnswerCache())) if cache is None else cache
