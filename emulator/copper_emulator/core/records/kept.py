"""How are bytes kept that can be made again, without ever being too many?"""

from __future__ import annotations

from typing import TypeVar

Key = TypeVar("Key")


class Kept(dict[Key, bytes]):
    """Bytes by what they are for. Where there would be more than `most` in all, everything goes first.

    Read as any mapping; changed by `keep`, `drop` and `clear` alone.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most
        self._size = 0

    def keep(self, key: Key, raw: bytes) -> None:
        """What was not kept until now."""
        if self._size + len(raw) > self._most:
            self.clear()
        if len(raw) <= self._most:
            self[key] = raw
            self._size += len(raw)

    def drop(self, key: Key) -> None:
        """It is right no longer."""
        raw = self.pop(key, None)
        if raw is not None:
            self._size -= len(raw)

    def clear(self) -> None:
        """None is."""
        super().clear()
        self._size = 0
