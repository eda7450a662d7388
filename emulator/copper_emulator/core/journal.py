"""What happened in an account, in order. Entries are never changed or removed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, Self, TypeAlias, overload

from copper_emulator.core.marks import Marks
from copper_emulator.core.model import (
    ANSWERED,
    Change,
    Delivery,
    EntityType,
    Entry,
    Kind,
    Notification,
    RecordChange,
    Subscription,
)

_Records: TypeAlias = tuple[tuple[EntityType, int], ...]

_About: TypeAlias = Change | Notification | Delivery | Subscription | _Records
"""What an entry is about: exactly one of these (a delivery includes its notification)."""


class Entries(Sequence[Entry]):
    """The entries of a journal, each built when it is read.

    A journal is long and most of it is never read. So the parts of all entries are kept in one flat list instead of one
    object per entry: Python's garbage collector would traverse all those objects again and again.
    """

    def __init__(self, on_entry: Callable[[Entry], None] | None) -> None:
        self._parts: list[Any] = []
        self._on_entry = on_entry

    def write(self, at_ms: int, kind: Kind, text: str, about: _About) -> None:
        """Append an entry and pass it to `on_entry`."""
        self._parts += (at_ms, kind, text, about)
        if self._on_entry is not None:
            self._on_entry(_entry(len(self), at_ms, kind, text, about))

    def restore(self, entry: Entry) -> None:
        """Append an entry that was already passed to `on_entry` in an earlier run."""
        about = entry.delivery or entry.notification or entry.change or entry.subscription or entry.records
        self._parts += (entry.at_ms, entry.kind, entry.text, about)

    @property
    def latest_ms(self) -> int:
        """The time of the last entry; 0 if there is none."""
        return self._parts[-4] if self._parts else 0

    def parts(self, first: int) -> Iterator[tuple[int, Kind, str, Any]]:
        """From index `first` on, each entry as (time, kind, text, what it is about), without building an `Entry`."""
        return zip(*self.columns(first), strict=True)

    def columns(self, first: int) -> tuple[list[int], list[Kind], list[str], list[Any]]:
        """The same as four lists: the times, the kinds, the texts, and what the entries are about."""
        parts = self._parts[first * 4 :]
        return parts[::4], parts[1::4], parts[2::4], parts[3::4]

    def __len__(self) -> int:
        return len(self._parts) // 4

    def __iter__(self) -> Iterator[Entry]:
        return map(self._entry, range(len(self)))

    @overload
    def __getitem__(self, index: int) -> Entry: ...

    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...

    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        indexes = range(len(self))[index]
        return self._entry(indexes) if isinstance(indexes, int) else [self._entry(each) for each in indexes]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # unhashable, like a list

    def _entry(self, index: int) -> Entry:
        return _entry(index + 1, *self._parts[index * 4 : index * 4 + 4])


def _entry(number: int, at_ms: int, kind: Kind, text: str, about: _About) -> Entry:
    if isinstance(about, Change):
        return Entry(number, at_ms, kind, text, about)
    if isinstance(about, Notification):
        return Entry(number, at_ms, kind, text, None, about)
    if isinstance(about, Delivery):
        return Entry(number, at_ms, kind, text, None, about.notification, about)
    if isinstance(about, Subscription):
        return Entry(number, at_ms, kind, text, None, None, None, about)
    return Entry(number, at_ms, kind, text, records=about)


class Journal:
    """The entries, and next to them the changes, notifications and deliveries they are about, each in order."""

    def __init__(self, on_entry: Callable[[Entry], None] | None = None, marks: Marks | None = None) -> None:
        self.entries = Entries(on_entry)
        self.changes: list[Change] = []
        self.notifications: list[Notification] = []
        self.deliveries: list[Delivery] = []
        self._by_notification: dict[int, Delivery] = {}
        self._not_ended: dict[int, Notification] = {}
        self._subscription_indexes: list[int] = []
        """The indexes of the entries about subscriptions."""
        self._indexes = _Indexes()
        self._latest_about = _LatestAbout()
        self._marks = Marks() if marks is None else marks

    def note(
        self,
        at_ms: int,
        kind: Kind,
        text: str = "",
        *,
        change: Change | None = None,
        subscription: Subscription | None = None,
        records: Iterable[tuple[EntityType, int]] = (),
    ) -> None:
        """Write an entry about one of these, or about nothing in particular, but not about a notification."""
        if subscription is not None:
            self._subscription_indexes.append(len(self.entries))
            self._marks.mark("subscriptions", subscription.id)
        self.entries.write(at_ms, kind, text, change or subscription or tuple(records))

    def write_change(self, change: Change) -> None:
        """Write that a change happened."""
        self.changes.append(change)
        self.entries.write(change.at_ms, Kind.CHANGE, change.note, change)

    def write_queued(self, notification: Notification, now: int) -> None:
        """Write that a notification was queued."""
        self.notifications.append(notification)
        self._not_ended[notification.serial] = notification
        self.write_stage(notification, Kind.QUEUED, now)

    def write_stage(self, notification: Notification, kind: Kind, now: int, text: str = "") -> None:
        """Write that a notification reached the stage `kind`."""
        self.entries.write(now, kind, text, notification)

    def write_ended(self, delivery: Delivery) -> None:
        """Write that a notification ended."""
        self._file(delivery)
        self.entries.write(delivery.ended_ms, Kind.ENDED, "", delivery)

    def restore(self, entries: Iterable[Entry]) -> None:
        """Restore the entries of a saved account; `on_entry` is not called for them again."""
        for entry in entries:
            if entry.subscription is not None:
                self._subscription_indexes.append(len(self.entries))
            if entry.kind is Kind.CHANGE and entry.change is not None:
                self.changes.append(entry.change)
            if entry.kind is Kind.QUEUED and entry.notification is not None:
                self.notifications.append(entry.notification)
                self._not_ended[entry.notification.serial] = entry.notification
            if entry.delivery is not None:
                self._file(entry.delivery)
            self.entries.restore(entry)

    def _file(self, delivery: Delivery) -> None:
        serial = delivery.notification.serial
        self.deliveries.append(delivery)
        self._by_notification[serial] = delivery
        self._not_ended.pop(serial, None)

    def subscriptions(self) -> list[Subscription]:
        """Every version a subscription ever had, including deleted subscriptions."""
        return [entry.subscription for entry in self.subscription_entries() if entry.subscription is not None]

    def subscription_entries(self) -> list[Entry]:
        """The entries about subscriptions: created, changed, deleted."""
        return [self.entries[index] for index in self._subscription_indexes]

    def entry_of(self, change: Change) -> Entry | None:
        """The entry of a change; None if the change belongs to an earlier life of the account."""
        index = self._indexes.read(self.entries).by_change_serial.get(change.serial)
        return None if index is None or self.entries[index].change is not change else self.entries[index]

    def not_ended(self) -> list[Notification]:
        """The notifications that have not ended, in order."""
        return list(self._not_ended.values())

    def delivery_of(self, notification: Notification) -> Delivery | None:
        """How a notification ended, or None if it has not."""
        return self._by_notification.get(notification.serial)

    def notifications_of(self, change: Change) -> list[Notification]:
        """The notifications that a change was cut into, for all subscriptions, in order."""
        return list(self._indexes.read(self.entries).notifications.get(change.serial, ()))

    def latest_about(self, record_change: RecordChange) -> Notification | None:
        """The last notification that an endpoint got about one of the changed records; None if there was none."""
        latest = self._latest_about.read(self.deliveries).by_record
        kind = record_change.topic.type
        numbered = [latest[kind, record_id] for record_id in record_change.ids if (kind, record_id) in latest]
        return max(numbered, default=(0, None), key=itemgetter(0))[1]

    def refused_during(self, notification: Notification) -> list[str]:
        """What the API refused while a notification was in flight, in order, each text once."""
        return list(self._indexes.read(self.entries).refused.get(notification.serial, ()))


class _Indexes:
    """Indexes that are seldom needed; each entry is read once, and only on demand."""

    def __init__(self) -> None:
        self.by_change_serial: dict[int, int] = {}
        """The index of each change's entry, by the change's serial."""
        self.notifications: dict[int, list[Notification]] = {}
        self.refused: dict[int, dict[str, None]] = {}
        """What was refused while a notification was in flight, by the notification's serial."""
        self._in_flight: set[int] = set()
        self._read = 0

    def read(self, entries: Entries) -> Self:
        """Index the entries added since the last call."""
        # By `parts`, which builds no `Entry` for each.
        for _, kind, text, about in entries.parts(self._read):
            if kind is Kind.CHANGE:
                self.by_change_serial[about.serial] = self._read
            elif kind is Kind.REFUSED:
                for serial in self._in_flight:
                    self.refused.setdefault(serial, {})[text] = None
            elif kind is Kind.QUEUED:
                self.notifications.setdefault(about.change.serial, []).append(about)
            elif kind is Kind.SENDING:
                self._in_flight.add(about.serial)
            elif kind is Kind.ENDED:
                self._in_flight.discard(about.notification.serial)
            self._read += 1
        return self


class _LatestAbout:
    """The last notification that an endpoint got about each record; each delivery is read once, and only on demand."""

    def __init__(self) -> None:
        self.by_record: dict[tuple[EntityType, int], tuple[int, Notification]] = {}
        """The index of the delivery, which says which of two came later, and its notification."""
        self._read = 0

    def read(self, deliveries: Sequence[Delivery]) -> Self:
        """Note the deliveries added since the last call."""
        for number in range(self._read, len(deliveries)):
            delivery = deliveries[number]
            if delivery.outcome in ANSWERED:
                self.by_record |= {
                    (delivery.topic.type, record_id): (number, delivery.notification) for record_id in delivery.ids
                }
        self._read = len(deliveries)
        return self
