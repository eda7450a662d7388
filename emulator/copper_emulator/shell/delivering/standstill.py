"""For how long has something blocked an event loop?"""

from __future__ import annotations

import asyncio

from copper_emulator.shell.clock import MonotonicEventLoop, monotonic
from copper_emulator.shell.frozen import frozen_now

_EVERY = 0.02
"""Seconds between two checks. Smaller delays are the machine's own."""


class Standstill:
    """Measures, in a block, for how long the running loop is blocked; not if a test has frozen the loop's timers."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> Standstill:
        self._due = monotonic() + _EVERY
        has_real_timers = isinstance(self._loop, MonotonicEventLoop) or frozen_now() is None
        self._next = self._loop.call_later(_EVERY, self._check) if has_real_timers else None
        return self

    def __exit__(self, *_: object) -> None:
        if self._next is not None:
            self._next.cancel()
            self._count()

    def _check(self) -> None:
        self._count()
        self._due = monotonic() + _EVERY
        self._next = self._loop.call_later(_EVERY, self._check)

    def _count(self) -> None:
        late = monotonic() - self._due
        if late > _EVERY:
            self.seconds += late
