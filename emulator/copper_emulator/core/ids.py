"""Where ids start, and the counters that assign them.

Copper's ids are unique only within a type, so a lead and a person may share one (developer.copper.com). The starting
points have the magnitudes of recorded ids and collide on purpose: four types start together, and activities lie beyond
2**31, as Copper's do.
"""

from __future__ import annotations

from collections.abc import Mapping

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

_FIRST_RECORD_IDS = {kind.value: first for kind, first in FIRST_RECORD_ID.items()}
"""Keyed by sequence name. Built once: every account starts with them, and every test has an account."""

_SUBSCRIPTION, _CHANGE, _NOTIFICATION = "subscription", "change", "notification"


class Counters:
    """An account's sequences, each starting afresh with the account."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {_SUBSCRIPTION: FIRST_SUBSCRIPTION_ID, _CHANGE: 1, _NOTIFICATION: 1}
        self.start_records(0)

    def start_records(self, beyond: int) -> None:
        """Let record ids continue `beyond` past their starting points, so that none was used before."""
        self._next |= {name: first + beyond for name, first in _FIRST_RECORD_IDS.items()}

    def subscription(self) -> int:
        return self._draw(_SUBSCRIPTION)

    def record(self, kind: EntityType) -> int:
        return self._draw(kind)

    def is_ahead(self, kind: EntityType, record_id: int) -> bool:
        """Whether an id may still be assigned to a record."""
        return record_id >= self._next[kind]

    def change(self) -> int:
        return self._draw(_CHANGE)

    def notification(self) -> int:
        return self._draw(_NOTIFICATION)

    def state(self) -> dict[str, int]:
        """The next number of each sequence."""
        return dict(self._next)

    def beside_journal(self) -> dict[str, int]:
        """As `state`, with 0 for the sequences that can be read from the journal."""
        return self._next | {_CHANGE: 0, _NOTIFICATION: 0}

    def restore(self, state: Mapping[str, int]) -> None:
        """Continue with these numbers."""
        self._next |= state

    def go_beyond(self, *, change: int, notification: int) -> None:
        """Skip the numbers used in a journal, of which these are the last."""
        self._next[_CHANGE] = max(self._next[_CHANGE], change + 1)
        self._next[_NOTIFICATION] = max(self._next[_NOTIFICATION], notification + 1)

    def _draw(self, sequence: str) -> int:
        number = self._next[sequence]
        self._next[sequence] = number + 1
        return number
