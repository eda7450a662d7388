"""Which exception of this process does an answer over HTTP stand for? A header has the name under which it is kept."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from itertools import count
from typing import Generic, TypeVar

HEADER = "X-Copper-Emulator-Exception"

T = TypeVar("T")


class Kept(Generic[T]):
    """What endpoints of this process raised, until somebody has the answer."""

    def __init__(self) -> None:
        # An endpoint may pass on the header of another's answer.
        self._prefix = secrets.token_hex(8)
        self._numbers = count(1)
        self._kept: dict[str, T] = {}

    def keep(self, what: T) -> str:
        """Keep this; the header's value for it."""
        name = f"{self._prefix}-{next(self._numbers)}"
        self._kept[name] = what
        return name

    def find(self, headers: Iterable[tuple[str, str]]) -> T | None:
        """What the answer with these headers stands for, if it is kept here."""
        return self._kept.get(_name_in(headers))

    def take(self, headers: Iterable[tuple[str, str]]) -> T | None:
        """The same, which is then no longer kept."""
        return self._kept.pop(_name_in(headers), None)


def _name_in(headers: Iterable[tuple[str, str]]) -> str:
    # The last one is the server's own.
    return next((value for name, value in reversed(list(headers)) if name.lower() == HEADER.lower()), "")
