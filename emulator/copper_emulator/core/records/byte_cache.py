"""A bounded cache of bytes that can be made again."""

from __future__ import annotations

from collections.abc import Iterable, MutableSequence
from typing import Any
from weakref import WeakSet

from copper_emulator.core.records.ordering import Line


class ByteCache:
    """Cached bytes by number, `most` bytes in total; when more would be kept, everything is dropped first.

    They can also be kept alongside the ids of a line: a contiguous list, with no lookup per number.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: dict[int, bytes] = {}
        self._size = 0
        self._lines: WeakSet[Line] = WeakSet()

    @property
    def size(self) -> int:
        """The number of bytes kept."""
        return self._size

    def get(self, numbers: Iterable[int]) -> list[bytes | None]:
        """The bytes for each number, None where not kept."""
        return [*map(self._made.get, numbers)]

    def beside(self, line: Line) -> MutableSequence[Any]:
        """The list kept alongside a line, for the caller to fill; the line clears the entries of written records."""
        if line.made is None:
            line.made = [None] * len(line.ids)
            self._lines.add(line)
        return line.made

    def keep(self, number: int, raw: bytes) -> None:
        """Keep bytes under a number, replacing any kept before."""
        self.drop(number)
        if self._size + len(raw) > self._most:
            self.clear()
        if len(raw) <= self._most:
            self._made[number] = raw
            self._size += len(raw)

    def drop(self, number: int) -> None:
        """Drop the bytes under a number that has changed or gone."""
        raw = self._made.pop(number, None)
        if raw is not None:
            self._size -= len(raw)

    def clear(self) -> None:
        """Drop everything, because all of it may now be out of date."""
        self._made.clear()
        self._size = 0
        for line in self._lines:
            line.made = None
        self._lines.clear()
