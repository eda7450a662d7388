"""Mistakes in counting: windows, and what counts in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from copper_emulator.core.account import Account
from copper_emulator.core.model import Attempt, Delivery, Key, Notification, Outcome, Result
from copper_emulator.core.outbox import Outbox
from copper_emulator.core.ratelimit import FixedWindow, RateLimiter, RollingWindow
from copper_emulator.core.rules import Limit, OverLimit, Rules, WindowKind


class OneTooMany(FixedWindow):
    """A window lets the 601st go."""

    def room(self, now: int) -> int:
        return super().room(now) + 1


class OneTooFew(RollingWindow):
    """A rolling window holds back its last one."""

    def room(self, now: int) -> int:
        return max(1 - len(self._sent), super().room(now) - 1)


class RenewsLate(FixedWindow):
    """A window renews a millisecond after its end."""

    def room(self, now: int) -> int:
        return super().room(now - 1)

    def opens_at(self, now: int) -> int:
        return now if self.room(now) or self._ends is None else self._ends + 1


class RenewsWithTheClock(FixedWindow):
    """A window ends with the minute on the clock, no matter when its first notification was sent."""

    def count(self, now: int) -> None:
        super().count(now)
        self._ends = (now // self.limit.length_ms + 1) * self.limit.length_ms


class ForgetsEarly(RollingWindow):
    """Sent notifications stop counting a millisecond too soon."""

    def _forget(self, now: int) -> None:
        super()._forget(now + 1)


class OnlyTheFirstLimit(RateLimiter):
    """600 a minute is kept, 1,800 in ten minutes is not."""

    def __init__(self, limits: Sequence[Limit], kind: WindowKind) -> None:
        super().__init__(limits[:1], kind)


class BlockedIsNotCounted(Account):
    """A notification without a route returns its place in the window."""

    def __init__(self, name: str, key: Key | None, rules: Rules, **options: Any) -> None:
        super().__init__(name, key, rules, **options)
        self._log: list[int] = []

    def conclude(self, attempt: Attempt, result: Result, now: int) -> Delivery | None:
        if result.outcome is not Outcome.BLOCKED:
            self._log.append(attempt.started_ms)
            return super().conclude(attempt, result, now)
        self._limiter = RateLimiter(self.rules.limits, self.rules.window)
        for moment in self._log:
            self._limiter.count(moment)
        return super().conclude(attempt, result, now)


class CancelledIsCounted(Account):
    """A notification that is not sent, because its subscription is gone, takes a place in the window."""

    def _end(self, attempt: Attempt, result: Result, now: int) -> Delivery:
        if result.outcome is Outcome.CANCELLED:
            self._limiter.count(now)
        return super()._end(attempt, result, now)


class LimitsPerKey(Account):
    """A new key starts with windows of its own."""

    def switch_key(self, key: Key, now: int) -> None:
        super().switch_key(key, now)
        self._limiter = RateLimiter(self.rules.limits, self.rules.window)


class DropsWhatItShouldHold(Account):
    """Notifications over the limit are dropped."""

    def __init__(self, name: str, key: Key | None, rules: Rules, **options: Any) -> None:
        super().__init__(name, key, replace(rules, over_limit=OverLimit.DROP), **options)


class HoldsWhatItShouldDrop(Account):
    """Notifications over the limit are held although they should be dropped."""

    def __init__(self, name: str, key: Key | None, rules: Rules, **options: Any) -> None:
        super().__init__(name, key, replace(rules, over_limit=OverLimit.HOLD), **options)


class KeepsTheFirstWindow(Outbox):
    """Notifications still held when a window renews keep saying that they wait for the window that has passed."""

    def hold_due(self, until_ms: int, by: str) -> tuple[int, list[Notification]]:
        if self.hold is not None:
            self.hold = replace(self.hold)
        return super().hold_due(until_ms, by)
