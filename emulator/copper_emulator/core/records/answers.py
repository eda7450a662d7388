"""What was answered to searches since anything was last written? Asked again, they are answered the same.

Clients that look for news ask the same again and again, and most of the time there is none.
"""

from __future__ import annotations

from typing import NamedTuple

from copper_emulator.core.model import EntityType

MOST_BYTES = 2 * 1024 * 1024
"""Of answers that are kept; where there would be more, all of them go."""


class Asked(NamedTuple):
    """A search as the API is sent it."""

    kind: EntityType
    body: bytes
    url_query: str


class Answer(NamedTuple):
    """A page as JSON, and how many were found in all."""

    raw: bytes
    total: int


class Answers:
    """Answers to searches of one account, all of them of one `version` of its records, another one after each write."""

    def __init__(self, *, most: int = MOST_BYTES) -> None:
        self._most = most
        self._kept: dict[Asked, Answer] = {}
        self._size = 0
        self._version: object = None

    def get(self, asked: Asked, version: object) -> Answer | None:
        """What was answered, if it still is right."""
        if version != self._version:
            self._clear()
            self._version = version
        return self._kept.get(asked)

    def keep(self, asked: Asked, answer: Answer) -> None:
        """What is answered now, of the version that was last asked for."""
        size = len(asked.body) + len(asked.url_query) + len(answer.raw)
        if self._size + size > self._most:
            self._clear()
        if size <= self._most:
            self._kept[asked] = answer
            self._size += size

    def _clear(self) -> None:
        self._kept.clear()
        self._size = 0
