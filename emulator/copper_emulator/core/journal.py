"""What happened in an account, in order. Nothing is ever changed or taken away; everything else only reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

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
        self._by_serial: dict[int, Notification] = {}
        self._open: dict[int, Notification] = {}
        self._by_change: dict[int, list[Notification]] = {}
        self._of_subscriptions: list[Entry] = []
        self._told: dict[int, Entry] = {}
        self._on_entry = on_entry
        self._marks = Marks() if marks is None else marks

    def note(
        self,
        at_ms: int,
        kind: Kind,
        text: str = "",
        *,
        change: Change | None = None,
        notification: Notification | None = None,
        delivery: Delivery | None = None,
        subscription: Subscription | None = None,
        records: Iterable[tuple[EntityType, int]] = (),
    ) -> None:
        """Write one entry."""
        number = len(self.entries) + 1
        entry = Entry(number, at_ms, kind, text, change, notification, delivery, subscription, tuple(records))
        self._keep(entry)
        # Whatever happens to one is told here, and it is another than before.
        if subscription is not None:
            self._marks.mark("subscriptions", subscription.id)
        if self._on_entry is not None:
            self._on_entry(entry)

    def restore(self, entries: Iterable[Entry]) -> None:
        """The entries of an account that goes on; nobody is told of them again."""
        for entry in entries:
            self._keep(entry)

    def _keep(self, entry: Entry) -> None:
        self.entries.append(entry)
        if entry.subscription is not None:
            self._of_subscriptions.append(entry)
        if entry.kind is Kind.CHANGE and entry.change is not None:
            self.changes.append(entry.change)
            self._told[entry.change.serial] = entry
        if entry.kind is Kind.QUEUED and entry.notification is not None:
            self.notifications.append(entry.notification)
            self._by_serial[entry.notification.serial] = entry.notification
            self._open[entry.notification.serial] = entry.notification
            self._by_change.setdefault(entry.notification.change.serial, []).append(entry.notification)
        if entry.delivery is not None:
            self.deliveries.append(entry.delivery)
            self._by_notification[entry.delivery.notification.serial] = entry.delivery
            self._open.pop(entry.delivery.notification.serial, None)

    def change(self, change: Change) -> None:
        self.note(change.at_ms, Kind.CHANGE, change.note, change=change)

    def queued(self, notification: Notification, now: int) -> None:
        self.note(now, Kind.QUEUED, notification=notification)

    def ended(self, delivery: Delivery) -> None:
        self.note(delivery.ended_ms, Kind.ENDED, notification=delivery.notification, delivery=delivery)

    def subscriptions(self) -> list[Subscription]:
        """Every state a subscription ever had, removed ones too."""
        return [entry.subscription for entry in self._of_subscriptions if entry.subscription is not None]

    def of_subscriptions(self) -> list[Entry]:
        """The entries that tell of subscriptions: made, changed, removed."""
        return list(self._of_subscriptions)

    def entry_of(self, change: Change) -> Entry | None:
        """The entry that tells of a change, or None when it is of an earlier life of the account."""
        entry = self._told.get(change.serial)
        return entry if entry is not None and entry.change is change else None

    def notification(self, serial: int) -> Notification:
        """The one of a serial."""
        return self._by_serial[serial]

    def not_ended(self) -> list[Notification]:
        """The notifications of which no end is told yet, in order."""
        return list(self._open.values())

    def delivery_of(self, notification: Notification) -> Delivery | None:
        """How a notification ended, or None while it has not."""
        return self._by_notification.get(notification.serial)

    def notifications_of(self, change: Change) -> list[Notification]:
        """The notifications a change was cut into, for all subscriptions, in order."""
        return list(self._by_change.get(change.serial, ()))
