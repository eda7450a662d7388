"""What a test has already accounted for: deliveries that an `expect` matched, and those it called by their status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from copper_emulator.core.journal import Journal
from copper_emulator.core.model import Delivery, Topic

_WHY = "an earlier expect has claimed {} already"
_ADVICE = "Each delivery meets one expect: have it happen again before expecting it again, or leave one expect out."


class Claims:
    """Grows only; one for each account.

    Args:
        why: in a text, why a delivery does not count any more; `{}` is which one.
        advice: what would help, a sentence.
    """

    def __init__(self, *, why: str = _WHY, advice: str = _ADVICE) -> None:
        self.why = why
        self.advice = advice
        self._claimed: set[int] = set()
        self._permitted: set[int] = set()
        self._journal: Journal | None = None
        self._read = 0
        self._place_of: dict[int, int] = {}
        self._of_topic: dict[Topic, dict[int, Delivery]] = {}
        self._of_record: dict[tuple[Topic, int], dict[int, Delivery]] = {}

    def unclaimed(self, journal: Journal, topic: Topic, ids: Iterable[int] | None) -> list[Delivery]:
        """The deliveries of a topic that are not claimed, in order; with ids, those that have one of them.

        Neither what was claimed nor what is of other records is looked at: a test that expects each of its thousands of
        changes stays as fast as at its start.
        """
        self._read_on(journal)
        if ids is None:
            return list(self._of_topic.get(topic, {}).values())
        found: dict[int, Delivery] = {}
        for record_id in ids:
            found.update(self._of_record.get((topic, record_id), {}))
        return [found[place] for place in sorted(found)]

    def _read_on(self, journal: Journal) -> None:
        if self._journal is not journal:
            self._journal, self._read = journal, 0
            self._place_of, self._of_topic, self._of_record = {}, {}, {}
        for place in range(self._read, len(journal.deliveries)):
            delivery = journal.deliveries[place]
            if not self.is_claimed(delivery):
                self._place_of[delivery.notification.serial] = place
                for held in self._held(delivery):
                    held[place] = delivery
        self._read = len(journal.deliveries)

    def _held(self, delivery: Delivery) -> Iterator[dict[int, Delivery]]:
        """Where it is looked for: by its place in the journal, among those of its topic and of each of its records."""
        topic = delivery.notification.change.topic
        yield self._of_topic.setdefault(topic, {})
        for record_id in delivery.ids:
            yield self._of_record.setdefault((topic, record_id), {})

    def is_claimed(self, delivery: Delivery) -> bool:
        return delivery.notification.serial in self._claimed

    def is_permitted(self, delivery: Delivery) -> bool:
        """Whether an `expect` named the status or outcome of this delivery, so that the verdict accepts it."""
        return delivery.notification.serial in self._permitted

    def claim(self, deliveries: Iterable[Delivery], *, named: bool) -> None:
        """Take these into account; `named` when their status or outcome was asked for."""
        serials = set()
        for delivery in deliveries:
            serials.add(delivery.notification.serial)
            place = self._place_of.pop(delivery.notification.serial, None)
            if place is not None:
                for held in self._held(delivery):
                    held.pop(place, None)
        self._claimed |= serials
        if named:
            self._permitted |= serials

    def clear(self) -> None:
        self._claimed.clear()
        self._permitted.clear()
        self._journal = None
