"""Rate limits: may one more be sent now? Each window allows a count in a span of time; several can apply at once.

Each account may send 600 a minute and 1,800 in ten minutes; when one limit is exhausted, sending stops until it renews
(Copper support page, "Rate limits"). Copper does not say what kind of window it means, so there are two.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from copper_emulator.core.rules import Limit, WindowKind


class Window(Protocol):
    """One limit and what has been counted against it. The moments passed in never decrease."""

    limit: Limit

    def room(self, now: int) -> int:
        """How many more may be sent at this moment."""

    def opens_at(self, now: int) -> int:
        """The first moment from `now` on at which one may be sent."""

    def renews_at(self, now: int) -> int | None:
        """When the oldest of those counted now stops counting; None if nothing is counted."""

    def count(self, now: int) -> None:
        """Count one sent now."""

    def state(self) -> list[int]:
        """What has been counted, for `restore`."""

    def restore(self, state: Sequence[int]) -> None:
        """Continue with the counts from `state`."""


class FixedWindow:
    """Opens with the first one counted, lasts `length_ms`, and renews as a whole when it ends.

    A window that opened at t covers t up to, but not including, t + length.
    """

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self._ends = -sys.maxsize
        """Initially, long before the first one counted."""
        self._counted = 0

    def room(self, now: int) -> int:
        return self.limit.count if now >= self._ends else self.limit.count - self._counted

    def opens_at(self, now: int) -> int:
        return now if now >= self._ends or self._counted < self.limit.count else self._ends

    def renews_at(self, now: int) -> int | None:
        return None if now >= self._ends else self._ends

    def count(self, now: int) -> None:
        if now >= self._ends:
            self._ends = now + self.limit.length_ms
            self._counted = 0
        self._counted += 1

    def state(self) -> list[int]:
        return [self._ends, self._counted] if self._counted else []

    def restore(self, state: Sequence[int]) -> None:
        if state:
            self._ends, self._counted = state


class RollingWindow:
    """At most `count` in any span of `length_ms`: one sent at t stops counting at t + length."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self._sent: deque[int] = deque()

    def room(self, now: int) -> int:
        self._forget(now)
        return self.limit.count - len(self._sent)

    def opens_at(self, now: int) -> int:
        if self.room(now):
            return now
        return self._sent[0] + self.limit.length_ms

    def renews_at(self, now: int) -> int | None:
        self._forget(now)
        return self._sent[0] + self.limit.length_ms if self._sent else None

    def count(self, now: int) -> None:
        self._forget(now)
        self._sent.append(now)

    def state(self) -> list[int]:
        return list(self._sent)

    def restore(self, state: Sequence[int]) -> None:
        self._sent = deque(state)

    def _forget(self, now: int) -> None:
        while self._sent and self._sent[0] + self.limit.length_ms <= now:
            self._sent.popleft()


class RateLimiter:
    """Several windows, all of which must have room; without any, there is always room."""

    def __init__(self, limits: Sequence[Limit], kind: WindowKind) -> None:
        make = FixedWindow if kind is WindowKind.FIXED else RollingWindow
        self.windows: list[Window] = [make(limit) for limit in limits]

    def room(self, now: int) -> int:
        """How many more may be sent at this moment (a very large number if there are no limits)."""
        room = sys.maxsize
        for window in self.windows:
            left = window.room(now)
            if left < room:
                room = left
        return room

    def opens_at(self, now: int) -> int:
        """The first moment from `now` on at which all windows have room."""
        opens = now
        for window in self.windows:
            moment = window.opens_at(now)
            if moment > opens:
                opens = moment
        return opens

    def blocking(self, now: int) -> Limit | None:
        """Of the limits that have no room now, the one that opens last; None if all have room."""
        blocking, latest = None, now
        for window in self.windows:
            opens = window.opens_at(now)
            if opens > latest:
                blocking, latest = window.limit, opens
        return blocking

    def count(self, now: int) -> None:
        """Count one sent now, in every window."""
        for window in self.windows:
            window.count(now)

    def state(self) -> list[list[int]]:
        """What has been counted in each window, for `restore`."""
        return [window.state() for window in self.windows]

    def restore(self, state: Sequence[Sequence[int]]) -> None:
        """Continue with the counts from `state`."""
        for window, counted in zip(self.windows, state, strict=True):
            window.restore(counted)

    def take_over(self, before: RateLimiter) -> None:
        """Take over the counts of those limits that `before` has, too; its windows are of the same kind."""
        for window in self.windows:
            for earlier in before.windows:
                if earlier.limit == window.limit:
                    window.restore(earlier.state())
