"""Latencies: how long after a change its notification is due, if that is random."""

from __future__ import annotations

from collections.abc import Sequence

from copper_emulator.core.draws import Draws
from copper_emulator.core.marks import Marks
from copper_emulator.core.model import Change, Subscription, Topic
from copper_emulator.core.rules import Latency


class Latencies:
    """Draws keyed by a change's content, not its serial, so that a change added before it does not shift its draw."""

    def __init__(self, draws: Draws, marks: Marks) -> None:
        self.draw_counts: dict[tuple[Topic, tuple[int, ...]], int] = {}
        """How many changes with a topic and ids had a latency drawn."""
        self._draws = draws
        self._marks = marks

    def draw(self, change: Change, concerned: Sequence[Subscription], latencies: Sequence[Latency]) -> list[int]:
        """In milliseconds, for each subscription that a change concerns, given its latency."""
        due = [latency.low_ms for latency in latencies]
        if due == [latency.high_ms for latency in latencies]:
            return due
        key = (change.topic, change.ids)
        nth = self.draw_counts[key] = self.draw_counts.get(key, 0) + 1
        self._marks.mark("latencies", key)
        return [self._one(change, nth, *each) for each in zip(concerned, latencies, strict=True)]

    def _one(self, change: Change, nth: int, subscription: Subscription, latency: Latency) -> int:
        low, high = latency.low_ms, latency.high_ms
        if low == high:
            return low
        topic, ids, subscription_id = self._draws.keyed(change.topic, change.ids, subscription.id)
        return self._draws.draw("latency", topic, ids, nth, subscription_id, low=low, high=high)
