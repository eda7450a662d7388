"""Where ids start, and the counters that hand them out.

Copper's ids are unique within a type only, so a lead and a person may share one (developer.copper.com). The starting
points have the magnitudes of recorded ids and collide on purpose: four types start together, and activities lie beyond
2**31, as Copper's do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count

from copper_emulator.core.model import EntityType

FIRST_RECORD_ID: Mapping[EntityType, int] = {
    EntityType.LEAD: 94_808_711,
    EntityType.PERSON: 94_808_711,
    EntityType.COMPANY: 94_808_711,
    EntityType.OPPORTUNITY: 94_808_711,
    EntityType.PROJECT: 3_716_921,
    EntityType.TASK: 3_716_921,
    EntityType.ACTIVITY_LOG: 3_061_844_455,
}

FIRST_SUBSCRIPTION_ID = 560_698
"""The magnitude of subscription ids recorded in September 2026; one sequence for all types."""


class Counters:
    """An account's sequences, each starting anew with the account."""

    def __init__(self) -> None:
        self._subscriptions = count(FIRST_SUBSCRIPTION_ID)
        self._records: dict[EntityType, Iterator[int]] = {}
        self.start_records(0)
        self._changes = count(1)
        self._notifications = count(1)

    def start_records(self, beyond: int) -> None:
        """Let the ids of records go on that far beyond where they begin, so that they are those of nobody before."""
        self._records = {kind: count(first + beyond) for kind, first in FIRST_RECORD_ID.items()}

    def subscription(self) -> int:
        return next(self._subscriptions)

    def record(self, kind: EntityType) -> int:
        return next(self._records[kind])

    def change(self) -> int:
        return next(self._changes)

    def notification(self) -> int:
        return next(self._notifications)
