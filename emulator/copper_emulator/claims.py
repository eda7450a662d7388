"""What a test has accounted for: deliveries that an `expect` matched, and those whose status or outcome it named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from copper_emulator.core.journal import Journal
from copper_emulator.core.model import Delivery, Topic


class Reason(NamedTuple):
    """Why a delivery no longer counts (`{}` stands for which one), and as a sentence what would help."""

    why: str
    advice: str


_EXPECTED = Reason(
    "an earlier expect has already claimed {}",
    "Each delivery meets one expect: make it happen again before you expect it again, or remove one expect.",
)


class _OfTopic:
    """The unclaimed deliveries of a topic by their places in the journal, and the places for each record."""

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
    """The claims on one account's deliveries; never withdrawn, except all at once by `clear`."""

    def __init__(self) -> None:
        self._reasons: dict[int, Reason] = {}
        """Of those that were set aside, by serial; the others were claimed by an expect."""
        self._claimed: set[int] = set()
        self._permitted: set[int] = set()
        self._journal: Journal | None = None
        self._read = 0
        self._place_of: dict[int, int] = {}
        self._of_topic: dict[Topic, _OfTopic] = {}
        self.earlier = 0
        """How many of the deliveries belong to earlier tests of the account, their fixtures' ends included."""

    def unclaimed(self, journal: Journal, topic: Topic, ids: Sequence[int] | None) -> list[Delivery]:
        """The deliveries of a topic that are not claimed, in order; with ids, only those that have one of them.

        Claimed deliveries and those of other records are not looked at, so a test that expects each of thousands of
        changes does not slow down.
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
            # Index it by its place in the journal, by topic and by record.
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
        """Account for these deliveries; `named` if the expectation named their status or outcome."""
        serials = set()
        for delivery in deliveries:
            serials.add(delivery.notification.serial)
            place = self._place_of.pop(delivery.notification.serial, None)
            if place is not None:
                self._of_topic[delivery.notification.change.topic].remove(place)
        self._claimed |= serials
        if named:
            self._permitted |= serials

    def set_aside(self, deliveries: Iterable[Delivery], reason: Reason) -> None:
        """Let these deliveries meet no expectation, whatever became of them."""
        aside = list(deliveries)
        self.claim(aside, named=True)
        self._reasons |= dict.fromkeys((delivery.notification.serial for delivery in aside), reason)

    def reason(self, delivery: Delivery) -> Reason:
        """Why a claimed delivery no longer counts."""
        return self._reasons.get(delivery.notification.serial, _EXPECTED)

    def clear(self) -> None:
        self._reasons.clear()
        self._claimed.clear()
        self._permitted.clear()
        self._journal = None
        self.earlier = 0
