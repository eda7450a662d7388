"""How are bytes kept that can be made again, without ever being too many?"""

from __future__ import annotations

from collections.abc import Iterable, MutableSequence
from typing import Any
from weakref import WeakSet

from copper_emulator.core.records.ordering import Line


class Kept:
    """The bytes that were made of things, by their numbers. Where there would be more than `most`, all go first.

    They stand beside the ids of lines as well, where they are asked for: in one piece of memory, and not by a number
    and a place in a table for each.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: dict[int, bytes] = {}
        self._size = 0
        self._lines: WeakSet[Line] = WeakSet()

    @property
    def size(self) -> int:
        """The number of all bytes that are kept."""
        return self._size

    def get(self, numbers: Iterable[int]) -> list[bytes | None]:
        """What was made of each, if it is kept."""
        return [*map(self._made.get, numbers)]

    def beside(self, line: Line) -> MutableSequence[Any]:
        """What was made of those that stand in a line and was put there; the line drops what was written."""
        if line.made is None:
            line.made = [None] * len(line.ids)
            self._lines.add(line)
        return line.made

    def keep(self, number: int, raw: bytes) -> None:
        """What was made of a thing, in the place of what is kept under its number."""
        self.drop(number)
        if self._size + len(raw) > self._most:
            self.clear()
        if len(raw) <= self._most:
            self._made[number] = raw
            self._size += len(raw)

    def drop(self, number: int) -> None:
        """It is another thing now, or none."""
        raw = self._made.pop(number, None)
        if raw is not None:
            self._size -= len(raw)

    def clear(self) -> None:
        """Forget everything, as it may be made otherwise now."""
        self._made.clear()
        self._size = 0
        for line in self._lines:
            line.made = None
        self._lines.clear()
