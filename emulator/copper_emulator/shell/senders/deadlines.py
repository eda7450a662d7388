"""By when must requests have their answers? One timer watches over all that have equally long for it.

Who began first is over first, so that it is enough to look at the first; a timer for each request takes longer to make
and to take back than all else that is done for its time.
"""

from __future__ import annotations

import asyncio
from typing import Protocol


class Expiring(Protocol):
    """What has its time."""

    def expire(self) -> None:
        """It is over."""


class Deadlines:
    """Those of what may take so long, on one loop."""

    def __init__(self, timeout_ms: int, loop: asyncio.AbstractEventLoop) -> None:
        self.timeout_ms = timeout_ms
        self.loop = loop
        self._began: dict[Expiring, float] = {}
        """By the loop's clock, the oldest first."""
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_used(self) -> bool:
        return bool(self._began)

    def begin(self, one: Expiring) -> float:
        """It has its time from now on: from the moment that is given back, by the loop's clock."""
        now = self._began[one] = self.loop.time()
        if self._timer is None:
            self._look_after(now)
        return now

    def end(self, one: Expiring) -> None:
        """It needs no more time."""
        self._began.pop(one, None)

    def close(self) -> None:
        """Nothing expires any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _look_after(self, began: float) -> None:
        self._timer = self.loop.call_at(began + self.timeout_ms / 1000, self._look)

    def _look(self) -> None:
        now, seconds = self.loop.time(), self.timeout_ms / 1000
        over = [one for one, began in self._began.items() if began + seconds <= now]
        for one in over:
            del self._began[one]
        self._timer = None
        if self._began:
            self._look_after(next(iter(self._began.values())))
        # Last: who hears of it may begin others.
        for one in over:
            one.expire()
