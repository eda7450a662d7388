"""What happened in an account, in order. Nothing is ever changed or taken away; everything else only reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Self, TypeAlias, overload

from copper_emulator.core.marks import Marks
from copper_emulator.core.model import Change, Delivery, EntityType, Entry, Kind, Notification, Subscription

_Records: TypeAlias = tuple[tuple[EntityType, int], ...]

_About: TypeAlias = Change | Notification | Delivery | Subscription | _Records
"""What an entry tells of: one of them, and a delivery has its notification."""


class Entries(Sequence[Entry]):
    """The lines of a journal, each put together when it is read.

    A journal is long, and most of it is never read. Kept is one list of the parts of all entries, not an object for
    each: Python's garbage collector looks through everything that is kept, again and again.
    """

    def __init__(self, on_entry: Callable[[Entry], None] | None) -> None:
        self._parts: list[Any] = []
        self._on_entry = on_entry

    def write(self, at_ms: int, kind: Kind, text: str, about: _About) -> None:
        """One more, which is told to who listens."""
        self._parts += (at_ms, kind, text, about)
        if self._on_entry is not None:
            self._on_entry(self._entry(len(self) - 1))

    def restore(self, entry: Entry) -> None:
        """One that was told before."""
        about = entry.delivery or entry.notification or entry.change or entry.subscription or entry.records
        self._parts += (entry.at_ms, entry.kind, entry.text, about)

    @property
    def latest_ms(self) -> int:
        """The moment of the last one; 0 before there is any."""
        return self._parts[-4] if self._parts else 0

    def parts(self, first: int) -> Iterator[tuple[int, Kind, str, Any]]:
        """From the one at this place on, each as moment, kind, text, and what it tells of: nothing is put together."""
        parts = self._parts[first * 4 :]
        return zip(parts[::4], parts[1::4], parts[2::4], parts[3::4], strict=True)

    def __len__(self) -> int:
        return len(self._parts) // 4

    def __iter__(self) -> Iterator[Entry]:
        return map(self._entry, range(len(self)))

    @overload
    def __getitem__(self, place: int) -> Entry: ...

    @overload
    def __getitem__(self, place: slice) -> list[Entry]: ...

    def __getitem__(self, place: int | slice) -> Entry | list[Entry]:
        places = range(len(self))[place]
        return self._entry(places) if isinstance(places, int) else [self._entry(each) for each in places]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # as a list has none

    def _entry(self, place: int) -> Entry:
        at_ms, kind, text, about = self._parts[place * 4 : place * 4 + 4]
        if isinstance(about, Notification):
            return Entry(place + 1, at_ms, kind, text, None, about)
        if isinstance(about, Delivery):
            return Entry(place + 1, at_ms, kind, text, None, about.notification, about)
        if isinstance(about, Change):
            return Entry(place + 1, at_ms, kind, text, about)
        if isinstance(about, Subscription):
            return Entry(place + 1, at_ms, kind, text, None, None, None, about)
        return Entry(place + 1, at_ms, kind, text, records=about)


class Journal:
    """The entries, and beside them the changes, notifications and deliveries they speak of, each in order."""

    def __init__(self, on_entry: Callable[[Entry], None] | None = None, marks: Marks | None = None) -> None:
        self.entries = Entries(on_entry)
        self.changes: list[Change] = []
        self.notifications: list[Notification] = []
        self.deliveries: list[Delivery] = []
        self._by_notification: dict[int, Delivery] = {}
        self._open: dict[int, Notification] = {}
        self._of_subscriptions: list[int] = []
        """The places of the entries that tell of them."""
        self._found = _Found()
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
        """Write one entry that tells of no notification, but of one of these, or of nothing else."""
        if subscription is not None:
            self._of_subscriptions.append(len(self.entries))
            self._marks.mark("subscriptions", subscription.id)
        self.entries.write(at_ms, kind, text, change or subscription or tuple(records))

    def change(self, change: Change) -> None:
        """Something happened to records."""
        self.changes.append(change)
        self.entries.write(change.at_ms, Kind.CHANGE, change.note, change)

    def queued(self, notification: Notification, now: int) -> None:
        """A notification is to be sent."""
        self.notifications.append(notification)
        self._open[notification.serial] = notification
        self.passed(notification, Kind.QUEUED, now)

    def passed(self, notification: Notification, kind: Kind, now: int, text: str = "") -> None:
        """A notification has come this far."""
        self.entries.write(now, kind, text, notification)

    def ended(self, delivery: Delivery) -> None:
        """A notification has come to its end."""
        self._file(delivery)
        self.entries.write(delivery.ended_ms, Kind.ENDED, "", delivery)

    def restore(self, entries: Iterable[Entry]) -> None:
        """The entries of an account that goes on; nobody is told of them again."""
        for entry in entries:
            if entry.subscription is not None:
                self._of_subscriptions.append(len(self.entries))
            if entry.kind is Kind.CHANGE and entry.change is not None:
                self.changes.append(entry.change)
            if entry.kind is Kind.QUEUED and entry.notification is not None:
                self.notifications.append(entry.notification)
                self._open[entry.notification.serial] = entry.notification
            if entry.delivery is not None:
                self._file(entry.delivery)
            self.entries.restore(entry)

    def _file(self, delivery: Delivery) -> None:
        serial = delivery.notification.serial
        self.deliveries.append(delivery)
        self._by_notification[serial] = delivery
        self._open.pop(serial, None)

    def subscriptions(self) -> list[Subscription]:
        """Every state a subscription ever had, removed ones too."""
        return [entry.subscription for entry in self.of_subscriptions() if entry.subscription is not None]

    def of_subscriptions(self) -> list[Entry]:
        """The entries that tell of subscriptions: made, changed, removed."""
        return [self.entries[place] for place in self._of_subscriptions]

    def entry_of(self, change: Change) -> Entry | None:
        """The entry that tells of a change, or None when it is of an earlier life of the account."""
        place = self._found.read(self.entries).told.get(change.serial)
        return None if place is None or self.entries[place].change is not change else self.entries[place]

    def not_ended(self) -> list[Notification]:
        """The notifications of which no end is told yet, in order."""
        return list(self._open.values())

    def delivery_of(self, notification: Notification) -> Delivery | None:
        """How a notification ended, or None while it has not."""
        return self._by_notification.get(notification.serial)

    def notifications_of(self, change: Change) -> list[Notification]:
        """The notifications a change was cut into, for all subscriptions, in order."""
        return list(self._found.read(self.entries).by_change.get(change.serial, ()))

    def refused_during(self, notification: Notification) -> list[str]:
        """What the API refused while a notification was on its way, in order, each text once."""
        return list(self._found.read(self.entries).refused.get(notification.serial, ()))


class _Found:
    """Where things stand that are looked up seldom: read from the entries when somebody asks, each of them once."""

    def __init__(self) -> None:
        self.told: dict[int, int] = {}
        """The place of the entry of each change."""
        self.by_change: dict[int, list[Notification]] = {}
        self.refused: dict[int, dict[str, None]] = {}
        """By the serial of a notification, what was refused while it was on its way."""
        self._flying: set[int] = set()
        self._read = 0

    def read(self, entries: Entries) -> Self:
        """On to the last one."""
        end = len(entries)
        for place in range(self._read, end):
            entry = entries[place]
            if entry.kind is Kind.CHANGE and entry.change is not None:
                self.told[entry.change.serial] = place
            elif entry.kind is Kind.REFUSED:
                for serial in self._flying:
                    self.refused.setdefault(serial, {})[entry.text] = None
            elif entry.notification is not None:
                self._passed(entry.kind, entry.notification)
        self._read = end
        return self

    def _passed(self, kind: Kind, notification: Notification) -> None:
        if kind is Kind.QUEUED:
            self.by_change.setdefault(notification.change.serial, []).append(notification)
        elif kind is Kind.SENDING:
            self._flying.add(notification.serial)
        elif kind is Kind.ENDED:
            self._flying.discard(notification.serial)
