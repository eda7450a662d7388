"""May one more go now? Windows of so many in so long, and several of them at once.

600 a minute and 1,800 in ten minutes for each account; when one is exhausted, sending stops until it renews
(Copper support page, "Rate limits"). What kind of window Copper means is not said, so there are two.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from copper_emulator.core.rules import Limit, WindowKind


class Window(Protocol):
    """One limit and what has been counted against it. Moments passed in never decrease."""

    limit: Limit

    def room(self, now: int) -> int:
        """How many may still go at this moment."""

    def opens_at(self, now: int) -> int:
        """The first moment from `now` on at which one may go."""

    def renews_at(self, now: int) -> int | None:
        """When the first of what is counted now stops counting; None when nothing is."""

    def count(self, now: int) -> None:
        """One goes now."""

    def state(self) -> list[int]:
        """What has been counted."""

    def restore(self, state: Sequence[int]) -> None:
        """Go on from what has been counted."""


class FixedWindow:
    """Opens with the first one counted, lasts `length_ms`, and renews as a whole when it ends.

    A window that opened at t covers t up to, not including, t + length.
    """

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self._ends = -sys.maxsize
        """Long ago before the first one."""
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
    """In every span of `length_ms` at most `count`: the one sent at t stops counting at t + length."""

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
    """Several windows that must all have room; without any there is always room."""

    def __init__(self, limits: Sequence[Limit], kind: WindowKind) -> None:
        make = FixedWindow if kind is WindowKind.FIXED else RollingWindow
        self.windows: list[Window] = [make(limit) for limit in limits]

    def room(self, now: int) -> int:
        """How many may go at this moment (a very large number without limits)."""
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
        """The limit that lasts longest of those that have no room now, or None."""
        blocking, latest = None, now
        for window in self.windows:
            opens = window.opens_at(now)
            if opens > latest:
                blocking, latest = window.limit, opens
        return blocking

    def count(self, now: int) -> None:
        """One goes now, and counts in every window."""
        for window in self.windows:
            window.count(now)

    def state(self) -> list[list[int]]:
        """What has been counted in each window."""
        return [window.state() for window in self.windows]

    def restore(self, state: Sequence[Sequence[int]]) -> None:
        """Go on from what has been counted."""
        for window, counted in zip(self.windows, state, strict=True):
            window.restore(counted)

    def take_over(self, before: RateLimiter) -> None:
        """Limits that were there before go on with what they have counted."""
        for window in self.windows:
            for earlier in before.windows:
                if earlier.limit == window.limit and type(earlier) is type(window):
                    window.restore(earlier.state())
