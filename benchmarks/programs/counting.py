"""A receiver's counter, which reports on standard output when the expected number of notifications has arrived."""

from __future__ import annotations

import itertools
import time


class Counter:
    """Counts arrivals, and prints the monotonic time when the expected number has been reached."""

    def __init__(self) -> None:
        self._awaited = 0
        self._numbers = itertools.count(1)

    def await_next(self, number: int) -> None:
        """Count anew, up to this number."""
        self._awaited = number
        self._numbers = itertools.count(1)

    def one(self) -> None:
        """Count one arrival. Safe to call from several threads, because a step of `itertools.count` is atomic."""
        if next(self._numbers) == self._awaited:
            print(time.monotonic(), flush=True)
