"""When has a receiver got so many notifications? It says so itself, on its standard output."""

from __future__ import annotations

import itertools
import time


class Counter:
    """Counts what arrives, and prints the moment at which the awaited number has."""

    def __init__(self) -> None:
        self._awaited = 0
        self._numbers = itertools.count(1)

    def await_next(self, number: int) -> None:
        """From now on so many are waited for."""
        self._awaited = number
        self._numbers = itertools.count(1)

    def one(self) -> None:
        """Another one is here. Threads may call it at once: a step of `itertools.count` is whole."""
        if next(self._numbers) == self._awaited:
            print(time.monotonic(), flush=True)
