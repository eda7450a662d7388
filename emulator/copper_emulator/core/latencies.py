"""Latencies: how long after a change its notification is due, if that is random."""

from __future__ import annotations

from copper_emulator.core.draws import Draws
from copper_emulator.core.marks import Marks
from copper_emulator.core.model import Change, Subscription, Topic
from copper_emulator.core.rules import Latency


class Latencies:
    """Draws keyed by a change's content, not its serial, so that a change added before it does not shift its draw."""

    def __init__(self, draws: Draws, marks: Marks) -> None:
        self.alike: dict[tuple[Topic, tuple[int, ...]], int] = {}
        """How many changes there were with this topic and these ids."""
        self._draws = draws
        self._marks = marks

    def draw(self, change: Change, subscription: Subscription, latency: Latency) -> int:
        """In milliseconds. Call it once for each subscription that a change concerns, in order."""
        low, high = latency.low_ms, latency.high_ms
        if low == high:
            return low
        alike = (change.topic, change.ids)
        if subscription.id == change.subscriptions[0]:
            self.alike[alike] = self.alike.get(alike, 0) + 1
            self._marks.mark("latencies", alike)
        nth = self.alike[alike]
        return self._draws.draw("latency", change.topic, change.ids, nth, subscription.id, low=low, high=high)
