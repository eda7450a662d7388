"""What happened in an account, in order. Nothing is ever changed or taken away; everything else only reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Self

from copper_emulator.core.marks import Marks
from copper_emulator.core.model import Change, Delivery, EntityType, Entry, Kind, Notification, Subscription


class Journal:
    """The entries, and beside them the changes, notifications and deliveries they speak of, each in order."""

    def __init__(self, on_entry: Callable[[Entry], None] | None = None, marks: Marks | None = None) -> None:
        self.entries: list[Entry] = []
        self.changes: list[Change] = []
        self.notifications: list[Notification] = []
        self.deliveries: list[Delivery] = []
        self._by_notification: dict[int, Delivery] = {}
        self._open: dict[int, Notification] = {}
        self._of_subscriptions: list[Entry] = []
        self._found = _Found()
        self._on_entry = on_entry
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
        """Write one entry that tells of no notification."""
        entry = Entry(
            len(self.entries) + 1, at_ms, kind, text, change, subscription=subscription, records=tuple(records)
        )
        if subscription is not None:
            self._of_subscriptions.append(entry)
            self._marks.mark("subscriptions", subscription.id)
        self._write(entry)

    def change(self, change: Change) -> None:
        """Something happened to records."""
        self.changes.append(change)
        self._write(Entry(len(self.entries) + 1, change.at_ms, Kind.CHANGE, change.note, change))

    def queued(self, notification: Notification, now: int) -> None:
        """A notification is to be sent."""
        self.notifications.append(notification)
        self._open[notification.serial] = notification
        self.passed(notification, Kind.QUEUED, now)

    def passed(self, notification: Notification, kind: Kind, now: int, text: str = "") -> None:
        """A notification has come this far, and is another than before."""
        self._marks.mark("notifications", notification.serial)
        self._write(Entry(len(self.entries) + 1, now, kind, text, None, notification))

    def ended(self, delivery: Delivery) -> None:
        """A notification has come to its end."""
        notification = delivery.notification
        self._file(delivery)
        self._marks.mark("notifications", notification.serial)
        self._write(Entry(len(self.entries) + 1, delivery.ended_ms, Kind.ENDED, "", None, notification, delivery))

    def restore(self, entries: Iterable[Entry]) -> None:
        """The entries of an account that goes on; nobody is told of them again."""
        for entry in entries:
            self.entries.append(entry)
            if entry.subscription is not None:
                self._of_subscriptions.append(entry)
            if entry.kind is Kind.CHANGE and entry.change is not None:
                self.changes.append(entry.change)
            if entry.kind is Kind.QUEUED and entry.notification is not None:
                self.notifications.append(entry.notification)
                self._open[entry.notification.serial] = entry.notification
            if entry.delivery is not None:
                self._file(entry.delivery)

    def _write(self, entry: Entry) -> None:
        self.entries.append(entry)
        if self._on_entry is not None:
            self._on_entry(entry)

    def _file(self, delivery: Delivery) -> None:
        serial = delivery.notification.serial
        self.deliveries.append(delivery)
        self._by_notification[serial] = delivery
        self._open.pop(serial, None)

    def subscriptions(self) -> list[Subscription]:
        """Every state a subscription ever had, removed ones too."""
        return [entry.subscription for entry in self._of_subscriptions if entry.subscription is not None]

    def of_subscriptions(self) -> list[Entry]:
        """The entries that tell of subscriptions: made, changed, removed."""
        return list(self._of_subscriptions)

    def entry_of(self, change: Change) -> Entry | None:
        """The entry that tells of a change, or None when it is of an earlier life of the account."""
        entry = self._found.read(self.entries).told.get(change.serial)
        return entry if entry is not None and entry.change is change else None

    def notification(self, serial: int) -> Notification:
        """The one of a serial."""
        return self._found.read(self.entries).notifications[serial]

    def not_ended(self) -> list[Notification]:
        """The notifications of which no end is told yet, in order."""
        return list(self._open.values())

    def delivery_of(self, notification: Notification) -> Delivery | None:
        """How a notification ended, or None while it has not."""
        return self._by_notification.get(notification.serial)

    def notifications_of(self, change: Change) -> list[Notification]:
        """The notifications a change was cut into, for all subscriptions, in order."""
        return list(self._found.read(self.entries).by_change.get(change.serial, ()))


class _Found:
    """Where things stand that are looked up seldom: read from the entries when somebody asks, each of them once."""

    def __init__(self) -> None:
        self.told: dict[int, Entry] = {}
        """The entry of each change."""
        self.notifications: dict[int, Notification] = {}
        self.by_change: dict[int, list[Notification]] = {}
        self._read = 0

    def read(self, entries: Sequence[Entry]) -> Self:
        """On to the last one."""
        for place in range(self._read, len(entries)):
            entry = entries[place]
            if entry.kind is Kind.CHANGE and entry.change is not None:
                self.told[entry.change.serial] = entry
            elif entry.kind is Kind.QUEUED and entry.notification is not None:
                self.notifications[entry.notification.serial] = entry.notification
                self.by_change.setdefault(entry.notification.change.serial, []).append(entry.notification)
        self._read = len(entries)
        return self
