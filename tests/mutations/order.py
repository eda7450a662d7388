"""Mistakes in when and in which order notifications go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from copper_emulator.core.account import Account
from copper_emulator.core.agenda import Agenda, Lanes
from copper_emulator.core.latencies import Latencies
from copper_emulator.core.model import Change, Key, Notification, Subscription
from copper_emulator.core.rules import Latency, Rules


class NewestFirst(Lanes):
    """Of those that wait for room, the last to come goes first."""

    def enter(self, target: str, notification: Notification) -> None:
        super().enter(target, notification)
        self._lanes[target].rotate(1)


class TiesTheWrongWayRound(Agenda[Any]):
    """Of those due at the same moment, the later one goes first."""

    def add(self, due_ms: int, serial: int, item: Any) -> None:
        super().add(due_ms, -serial, item)


class Overtaking(Lanes):
    """If room is short, other targets go on while one is busy, and take the room of those before them."""

    @property
    def unpaused(self) -> int:
        """Never more than there is room for."""
        return min(super().unpaused, 1)


class CrowdsItsTarget(Lanes):
    """One more than allowed is in flight to a target."""

    def __init__(self, in_flight: int) -> None:
        super().__init__(in_flight + 1)


class OneMoreAfterThePause(Lanes):
    """What would have gone next when its target was paused goes all the same."""

    def pause(self, target: str) -> None:
        self._paused.add(target)


class _ByPosition(Latencies):
    def _one(self, change: Change, nth: int, subscription: Subscription, latency: Latency) -> int:
        return super()._one(change, change.serial, subscription, latency)


class LatencyByPosition(Account):
    """One more change before it shifts the draw of a change's delay."""

    def __init__(self, name: str, key: Key | None, rules: Rules, **options: Any) -> None:
        super().__init__(name, key, rules, **options)
        self._latencies = _ByPosition(self.draws, self.marks)


class WaitsTooLong(Account):
    """An answer that comes at the end of the timeout still counts."""

    def __init__(self, name: str, key: Key | None, rules: Rules, **options: Any) -> None:
        super().__init__(name, key, replace(rules, timeout_ms=rules.timeout_ms + 1), **options)


class FollowsOneEchoMore(Account):
    """Deliveries may cause each other once more than allowed."""

    def __init__(self, name: str, key: Key | None, rules: Rules, **options: Any) -> None:
        super().__init__(name, key, replace(rules, echo_depth=rules.echo_depth + 1), **options)
