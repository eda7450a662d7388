"""Where ids start, and the counters that assign them.

Copper's ids are unique only within a type, so a lead and a person may share one (developer.copper.com). The starting
points have the magnitudes of recorded ids and collide on purpose: four types start together, and activities lie beyond
2**31, as Copper's do.

Copper counts across accounts. Here, accounts that are used together have id ranges, numbered from 1: an account's
`place` is the number of its range. It never depends on accounts that it is not used with, so its ids are the same on
every run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter

from copper_emulator.core.errors import UsageError
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

MAX_ID = 2**63 - 1
"""The highest possible id; it fits into 64 bits."""

LAST_PLACE = 100_000
IDS_PER_PLACE = 20_000
"""How far apart neighbouring id ranges begin. Most ids of the last one still fit into 32 bits, as Copper's do."""

_PLACE, _SUBSCRIPTION, _CHANGE, _NOTIFICATION = "place", "subscription", "change", "notification"

_BESIDE_JOURNAL = itemgetter(_SUBSCRIPTION, *_FIRST_RECORD_IDS)


class Counters:
    """An account's sequences, each starting afresh with the account, in its id range (`place`)."""

    def __init__(self, place: int = 1) -> None:
        self.place = place
        first = FIRST_SUBSCRIPTION_ID + (place - 1) * IDS_PER_PLACE
        self._next: dict[str, int] = {_SUBSCRIPTION: first, _CHANGE: 1, _NOTIFICATION: 1}
        self.start_records(0)

    def start_records(self, beyond: int) -> None:
        """Let record ids continue `beyond` past their starting points, so that none was used before."""
        beyond += (self.place - 1) * IDS_PER_PLACE
        self._next |= {name: first + beyond for name, first in _FIRST_RECORD_IDS.items()}

    def records_in_first(self, kind: EntityType, ids: Sequence[int]) -> tuple[int, ...]:
        """What these ids of records would be in the first id range; lower ids, which a user chose, as they are."""
        if self.place == 1:
            return tuple(ids)
        return tuple(_in_first(record_id, self.place, FIRST_RECORD_ID[kind]) for record_id in ids)

    def subscription_in_first(self, subscription_id: int) -> int:
        """What this id of a subscription would be in the first id range."""
        return _in_first(subscription_id, self.place, FIRST_SUBSCRIPTION_ID)

    def next_subscription(self) -> int:
        return self._take_next(_SUBSCRIPTION)

    def next_record(self, kind: EntityType) -> int:
        return self._take_next(kind)

    def is_ahead(self, kind: EntityType, record_id: int) -> bool:
        """Whether an id may still be assigned to a record."""
        return record_id >= self._next[kind]

    def next_change(self) -> int:
        return self._take_next(_CHANGE)

    def next_notification(self) -> int:
        return self._take_next(_NOTIFICATION)

    def state(self) -> dict[str, int]:
        """The number of the id range (`place`), and the next number of each sequence."""
        return {_PLACE: self.place, **self._next}

    def beside_journal(self) -> tuple[int, ...]:
        """The number of the id range, and the next numbers of the sequences that cannot be read from the journal."""
        return self.place, *_BESIDE_JOURNAL(self._next)

    def restore(self, state: Mapping[str, int]) -> None:
        """Continue with these numbers. Raises ValueError for an id range that does not exist."""
        sequences = {**self._next, **state}
        # Earlier states do not have it; it is the id range in which the next subscription's id is.
        place = sequences.pop(_PLACE, (sequences[_SUBSCRIPTION] - FIRST_SUBSCRIPTION_ID) // IDS_PER_PLACE + 1)
        if not 1 <= place <= LAST_PLACE:
            raise ValueError(f"place {place}")
        self.place, self._next = place, sequences

    def go_beyond(self, *, change: int, notification: int) -> None:
        """Skip the numbers used in a journal, of which these are the last."""
        self._next[_CHANGE] = max(self._next[_CHANGE], change + 1)
        self._next[_NOTIFICATION] = max(self._next[_NOTIFICATION], notification + 1)

    def _take_next(self, sequence: str) -> int:
        number = self._next[sequence]
        self._next[sequence] = number + 1
        return number


def _in_first(number: int, place: int, first: int) -> int:
    beyond = (place - 1) * IDS_PER_PLACE
    return number - beyond if number >= first + beyond else number


def check_place(place: object) -> None:
    """Raise UsageError unless `place` is the number of an id range."""
    if isinstance(place, bool) or not isinstance(place, int) or not 1 <= place <= LAST_PLACE:
        raise UsageError(f"place={place!r}: accounts that are used together count from 1, to {LAST_PLACE:,} at most")
