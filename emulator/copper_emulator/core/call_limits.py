"""Limits on API calls: may the account call once more now? Bulk calls also count in windows of their own.

180 a minute, rolling, and 3 bulk calls a second (developer.copper.com, requests). A refused call does not count (an
assumption). Only the status of Copper's answer is known; nobody has reported a Retry-After.
"""

from __future__ import annotations

from collections.abc import Sequence

from copper_emulator.core.errors import TooManyRequests, raised_on_purpose
from copper_emulator.core.ratelimit import RateLimiter
from copper_emulator.core.rules import Limit, WindowKind
from copper_emulator.core.text import duration_text
from copper_emulator.core.wire import iso

__tracebackhide__ = raised_on_purpose


class CallLimits:
    """The windows in which an account's API calls are counted. The moments passed in never decrease."""

    def __init__(self, calls: Sequence[Limit], bulk: Sequence[Limit]) -> None:
        self.are_limited = bool(calls or bulk)
        self._calls = RateLimiter(calls, WindowKind.ROLLING)
        self._bulk = RateLimiter(bulk, WindowKind.ROLLING)
        self.latest = 0
        """The time of the last call that was counted; 0 before the first."""

    def state(self) -> list[list[list[int]]]:
        """What has been counted in each window, for `restore`."""
        return [self._calls.state(), self._bulk.state()]

    def restore(self, state: Sequence[Sequence[Sequence[int]]]) -> None:
        """Continue with the counts from `state`."""
        calls, bulk = state
        self._calls.restore(calls)
        self._bulk.restore(bulk)
        self.latest = max((moment for windows in state for window in windows for moment in window), default=0)

    def take_over(self, before: CallLimits) -> None:
        """Take over the counts of those limits that `before` has, too."""
        self._calls.take_over(before._calls)
        self._bulk.take_over(before._bulk)
        self.latest = before.latest

    def count(self, now: int, *, bulk: bool = False) -> None:
        """Count a call made now. Raises TooManyRequests if one of its windows is full; it then counts in none."""
        counting = [("api_limits", self._calls), *([("bulk_limits", self._bulk)] if bulk else [])]
        full = [f"{limiter.blocking(now)} (setting {name})" for name, limiter in counting if not limiter.room(now)]
        if full:
            opens = max(limiter.opens_at(now) for _, limiter in counting)
            again = f"There is room again at {iso(opens)}, in {duration_text(opens - now)}."
            raise TooManyRequests(hint=f"Used up: {' and '.join(full)}. {again}")
        for _, limiter in counting:
            limiter.count(now)
        self.latest = now
