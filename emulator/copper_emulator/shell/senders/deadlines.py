"""Request timeouts: one timer for all requests that have the same timeout.

The request that began first expires first, so it is enough to watch that one. Setting and cancelling a timer for each
request would cost more than everything else done here for its timeout.
"""

from __future__ import annotations

import asyncio
from typing import Protocol


class Expiring(Protocol):
    """Something that has a deadline."""

    def expire(self) -> None:
        """Called when the deadline has passed."""


class Deadlines:
    """The deadlines of everything on one loop that has this timeout."""

    def __init__(self, timeout_ms: int, loop: asyncio.AbstractEventLoop) -> None:
        self.timeout_ms = timeout_ms
        self.loop = loop
        self._began: dict[Expiring, float] = {}
        """When each began, by the loop's clock; oldest first."""
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_used(self) -> bool:
        return bool(self._began)

    def begin(self, expiring: Expiring) -> float:
        """Start its timeout now; return the present moment by the loop's clock."""
        now = self._began[expiring] = self.loop.time()
        if self._timer is None:
            self._set_timer(now)
        return now

    def end(self, expiring: Expiring) -> None:
        """Forget it: it ended in time, or was abandoned."""
        self._began.pop(expiring, None)

    def close(self) -> None:
        """Stop the timer; nothing expires any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _set_timer(self, began: float) -> None:
        self._timer = self.loop.call_at(began + self.timeout_ms / 1000, self._expire_overdue)

    def _expire_overdue(self) -> None:
        now, seconds = self.loop.time(), self.timeout_ms / 1000
        expired = [expiring for expiring, began in self._began.items() if began + seconds <= now]
        for expiring in expired:
            del self._began[expiring]
        self._timer = None
        if self._began:
            self._set_timer(next(iter(self._began.values())))
        # Last, because what is called here may begin others.
        for expiring in expired:
            expiring.expire()
