"""How are bytes kept that can be made again, without ever being too many?"""

from __future__ import annotations


class Kept:
    """The bytes that were made of things, by their numbers. Where there would be more than `most`, all go first.

    Whoever asks shows the thing: what was made of another one of the same number is not found.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: dict[int, tuple[object, bytes]] = {}
        self._size = 0

    @property
    def size(self) -> int:
        """The number of all bytes that are kept."""
        return self._size

    def get(self, number: int, thing: object) -> bytes | None:
        """What was made of this very thing, if it is kept."""
        made = self._made.get(number)
        return made[1] if made is not None and made[0] is thing else None

    def keep(self, number: int, thing: object, raw: bytes) -> None:
        """What was made of a thing, in the place of what is kept under its number."""
        self.drop(number)
        if self._size + len(raw) > self._most:
            self.clear()
        if len(raw) <= self._most:
            self._made[number] = thing, raw
            self._size += len(raw)

    def drop(self, number: int) -> None:
        """Make room: nobody will ask for what is kept under this number again."""
        made = self._made.pop(number, None)
        if made is not None:
            self._size -= len(made[1])

    def clear(self) -> None:
        """Forget everything, as it may be made otherwise now."""
        self._made.clear()
        self._size = 0
