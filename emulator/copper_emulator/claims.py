"""Which deliveries a test has claimed: an `expect` takes those that it matches, so that no other can match them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from copper_emulator.core.journal import Journal
from copper_emulator.core.model import Delivery, Topic


class ClaimReason(NamedTuple):
    """Why no `expect` can match a delivery any more, and what would help.

    `why` is a clause with `{}` for the delivery, `advice` a sentence. Nothing before the journal's entry number `until`
    can be matched either; 0 if there is no such entry.
    """

    why: str
    advice: str
    until: int = 0


_EXPECTED = ClaimReason(
    "an earlier expect has already claimed {}",
    "Each delivery meets one expect: make it happen again before you expect it again, or remove one expect.",
)


class _OfTopic:
    """The unclaimed deliveries of a topic by their indices in the journal, and the indices for each record."""

    def __init__(self) -> None:
        self.deliveries: dict[int, Delivery] = {}
        self.indices: dict[int, list[int]] = {}

    def add(self, index: int, delivery: Delivery) -> None:
        self.deliveries[index] = delivery
        for record_id in delivery.notification.ids:
            self.indices.setdefault(record_id, []).append(index)

    def remove(self, index: int) -> None:
        for record_id in self.deliveries.pop(index).notification.ids:
            indices = self.indices[record_id]
            indices.remove(index)
            if not indices:
                del self.indices[record_id]


class Claims:
    """The claims on one account's deliveries; never withdrawn, except all at once by `clear`."""

    def __init__(self) -> None:
        self._reasons: dict[int, ClaimReason] = {}
        """Why deliveries were set aside, by serial; what is claimed and not in here was claimed by an `expect`."""
        self._claimed: set[int] = set()
        self._permitted: set[int] = set()
        self._journal: Journal | None = None
        self._read = 0
        self._index_of: dict[int, int] = {}
        self._of_topic: dict[Topic, _OfTopic] = {}
        self.earlier = 0
        """How many deliveries belong to earlier tests that used the account, and to the teardown of their fixtures."""

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
            return [of_topic.deliveries[index] for index in of_topic.indices.get(ids[0], ())]
        indices = {index for record_id in ids for index in of_topic.indices.get(record_id, ())}
        return [of_topic.deliveries[index] for index in sorted(indices)]

    def _read_on(self, journal: Journal) -> None:
        if self._journal is not journal:
            self._journal, self._read = journal, 0
            self._index_of, self._of_topic = {}, {}
        for index in range(self._read, len(journal.deliveries)):
            delivery = journal.deliveries[index]
            notification = delivery.notification
            if notification.serial in self._claimed:
                continue
            self._index_of[notification.serial] = index
            of_topic = self._of_topic.get(notification.change.topic)
            if of_topic is None:
                of_topic = self._of_topic[notification.change.topic] = _OfTopic()
            of_topic.add(index, delivery)
        self._read = len(journal.deliveries)

    def is_claimed(self, delivery: Delivery) -> bool:
        return delivery.notification.serial in self._claimed

    def is_permitted(self, delivery: Delivery) -> bool:
        """Whether an `expect` named the status or outcome of this delivery, so that the verdict accepts it."""
        return delivery.notification.serial in self._permitted

    def claim(self, deliveries: Iterable[Delivery], *, named: bool) -> None:
        """Claim these deliveries; `named` if the expectation named their status or outcome."""
        serials = set()
        for delivery in deliveries:
            serials.add(delivery.notification.serial)
            index = self._index_of.pop(delivery.notification.serial, None)
            if index is not None:
                self._of_topic[delivery.notification.change.topic].remove(index)
        self._claimed |= serials
        if named:
            self._permitted |= serials

    def set_aside(self, deliveries: Iterable[Delivery], reason: ClaimReason) -> None:
        """Claim these deliveries without an `expect`, for this reason; the verdict accepts them, however they ended."""
        aside = list(deliveries)
        self.claim(aside, named=True)
        self._reasons |= dict.fromkeys((delivery.notification.serial for delivery in aside), reason)

    def reason(self, delivery: Delivery) -> ClaimReason:
        """Why no `expect` can match a claimed delivery."""
        return self._reasons.get(delivery.notification.serial, _EXPECTED)

    def clear(self) -> None:
        self._reasons.clear()
        self._claimed.clear()
        self._permitted.clear()
        self._journal = None
        self.earlier = 0
