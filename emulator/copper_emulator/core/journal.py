"""What happened in an account, in order. Nothing is ever changed or taken away; everything else only reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from copper_emulator.core.model import Change, Delivery, EntityType, Entry, Kind, Notification, Subscription


class Journal:
    """The entries, and beside them the changes, notifications and deliveries they speak of, each in order."""

    def __init__(self, on_entry: Callable[[Entry], None] | None = None) -> None:
        self.entries: list[Entry] = []
        self.changes: list[Change] = []
        self.notifications: list[Notification] = []
        self.deliveries: list[Delivery] = []
        self._by_notification: dict[int, Delivery] = {}
        self._by_change: dict[int, list[Notification]] = {}
        self._of_subscriptions: list[Entry] = []
        self._told: dict[int, Entry] = {}
        self._on_entry = on_entry

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
        self.entries.append(entry)
        if subscription is not None:
            self._of_subscriptions.append(entry)
        if self._on_entry is not None:
            self._on_entry(entry)

    def change(self, change: Change) -> None:
        self.changes.append(change)
        self.note(change.at_ms, Kind.CHANGE, change.note, change=change)
        self._told[change.serial] = self.entries[-1]

    def queued(self, notification: Notification, now: int) -> None:
        self.notifications.append(notification)
        self._by_change.setdefault(notification.change.serial, []).append(notification)
        self.note(now, Kind.QUEUED, notification=notification)

    def ended(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)
        self._by_notification[delivery.notification.serial] = delivery
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

    def delivery_of(self, notification: Notification) -> Delivery | None:
        """How a notification ended, or None while it has not."""
        return self._by_notification.get(notification.serial)

    def notifications_of(self, change: Change) -> list[Notification]:
        """The notifications a change was cut into, for all subscriptions, in order."""
        return list(self._by_change.get(change.serial, ()))
