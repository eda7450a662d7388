"""What was answered to searches since anything was last written? Asked again, they are answered the same.

Clients that look for news ask the same again and again, and most of the time there is none.
"""

from __future__ import annotations

from typing import NamedTuple
from weakref import WeakKeyDictionary

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.store import RecordStore

MOST_BYTES = 2 * 1024 * 1024
"""Of answers that are kept for an account; where there would be more, all of them go."""


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


_KEPT: WeakKeyDictionary[RecordStore, KeptSearches] = WeakKeyDictionary()
"""They go with the records: a reset gives an account others, of which the same version is something else."""


def kept_of(store: RecordStore) -> KeptSearches:
    """What is kept for the records of an account; under its lock."""
    kept = _KEPT.get(store)
    return _KEPT.setdefault(store, KeptSearches()) if kept is None else kept
