"""What a test has already accounted for: deliveries that an `expect` matched, and those it called by their status."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from copper_emulator.core.journal import Journal
from copper_emulator.core.model import Delivery, Topic

_WHY = "an earlier expect has claimed {} already"
_ADVICE = "Each delivery meets one expect: have it happen again before expecting it again, or leave one expect out."


class _OfTopic:
    """The deliveries of a topic that are not claimed, by their places in the journal, and the places of each record."""

    def __init__(self) -> None:
        self.deliveries: dict[int, Delivery] = {}
        self.places: dict[int, list[int]] = {}

    def add(self, place: int, delivery: Delivery) -> None:
        self.deliveries[place] = delivery
        for record_id in delivery.notification.ids:
            self.places.setdefault(record_id, []).append(place)

    def remove(self, place: int) -> None:
        for record_id in self.deliveries.pop(place).notification.ids:
            places = self.places[record_id]
            places.remove(place)
            if not places:
                del self.places[record_id]


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
        self._of_topic: dict[Topic, _OfTopic] = {}

    def unclaimed(self, journal: Journal, topic: Topic, ids: Sequence[int] | None) -> list[Delivery]:
        """The deliveries of a topic that are not claimed, in order; with ids, those that have one of them.

        Neither what was claimed nor what is of other records is looked at: a test that expects each of its thousands of
        changes stays as fast as at its start.
        """
        self._read_on(journal)
        of_topic = self._of_topic.get(topic)
        if of_topic is None:
            return []
        if ids is None:
            return list(of_topic.deliveries.values())
        if len(ids) == 1:
            return [of_topic.deliveries[place] for place in of_topic.places.get(ids[0], ())]
        places = {place for record_id in ids for place in of_topic.places.get(record_id, ())}
        return [of_topic.deliveries[place] for place in sorted(places)]

    def _read_on(self, journal: Journal) -> None:
        if self._journal is not journal:
            self._journal, self._read = journal, 0
            self._place_of, self._of_topic = {}, {}
        for place in range(self._read, len(journal.deliveries)):
            delivery = journal.deliveries[place]
            notification = delivery.notification
            if notification.serial in self._claimed:
                continue
            # It is looked for by its place in the journal, among those of its topic and of each of its records.
            self._place_of[notification.serial] = place
            of_topic = self._of_topic.get(notification.change.topic)
            if of_topic is None:
                of_topic = self._of_topic[notification.change.topic] = _OfTopic()
            of_topic.add(place, delivery)
        self._read = len(journal.deliveries)

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
                self._of_topic[delivery.notification.change.topic].remove(place)
        self._claimed |= serials
        if named:
            self._permitted |= serials

    def clear(self) -> None:
        self._claimed.clear()
        self._permitted.clear()
        self._journal = None
