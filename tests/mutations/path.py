"""Mistakes in which subscriptions are notified, of what, how often and in which form."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from copper_emulator.core.account import Account
from copper_emulator.core.batching import cut
from copper_emulator.core.json_text import encode
from copper_emulator.core.matching import matching
from copper_emulator.core.model import (
    Attempt,
    Change,
    Delivery,
    Event,
    Key,
    Notification,
    Outcome,
    RecordChange,
    Result,
    State,
    Subscription,
    Topic,
)
from copper_emulator.core.records.writing.action import Action, Done
from copper_emulator.core.rules import Rules
from copper_emulator.core.wire import Envelope


class SecondAttempt(Account):
    """A notification that was answered 500 is sent once more."""

    def conclude(self, attempt: Attempt, result: Result, now: int) -> Delivery | None:
        notification = attempt.notification
        again = result.status == 500 and self.journal.delivery_of(notification) is None
        delivery = super().conclude(attempt, result, now)
        if again and delivery is not None:
            notification.state = State.QUEUED
            self._outbox.agenda.add(now, notification.serial, notification)
        return delivery


class RedirectIsFine(Account):
    """A redirect counts as delivered."""

    def conclude(self, attempt: Attempt, result: Result, now: int) -> Delivery | None:
        if result.status == 301:
            result = result._replace(outcome=Outcome.DELIVERED)
        return super().conclude(attempt, result, now)


class ForgetsWhatWaits(Account):
    """Notifications that wait for a subscription vanish with it, and nothing reports how they ended."""

    def unsubscribe(self, subscription_id: int, now: int, *, key: int | None = None) -> Subscription:
        subscription = super().unsubscribe(subscription_id, now)
        for notification in self._outbox.lanes.clear():
            kept = self.subscriptions.find(notification.subscription)
            if kept is not None:
                self._outbox.lanes.enter(kept.target, notification)
        return subscription


class OldKeysFallSilent(Account):
    """With a new key the subscriptions of the old one stop firing."""

    def switch_key(self, key: Key, now: int) -> None:
        super().switch_key(key, now)
        for subscription in list(self.subscriptions):
            self.subscriptions.remove(subscription)


class TargetOfTheChange(Account):
    """Waiting notifications go where the subscription pointed when the record changed."""

    def __init__(self, name: str, key: Key | None, rules: Rules, **options: Any) -> None:
        super().__init__(name, key, rules, **options)
        self._as_it_was: dict[int, Subscription] = {}

    def apply(self, record_change: RecordChange, now: int, *, origin: str = "python") -> Change:
        change = super().apply(record_change, now, origin=origin)
        for notification in self.journal.notifications_of(change):
            subscription = self.subscriptions.find(notification.subscription)
            if subscription is not None:
                self._as_it_was[notification.serial] = subscription
        return change

    def _start(self, notification: Notification, subscription: Subscription, now: int) -> Attempt:
        return super()._start(notification, self._as_it_was[notification.serial], now)


class FiresWithoutAChange(Action):
    """Writing the existing value counts as a change."""

    def commit(self) -> Done:
        done = super().commit()
        for kind, record_id in done.unchanged:
            done.changes.append(RecordChange(Topic(kind, Event.UPDATE), (record_id,)))
        return done


class OneChangeForAll(Action):
    """Records with different old values share a notification."""

    def commit(self) -> Done:
        done = super().commit()
        if len(done.changes) > 1:
            found = tuple(number for change in done.changes for number in change.ids)
            done.changes = [replace(done.changes[0], ids=found)]
        return done


def batch_of_31(ids: Sequence[int], size: int) -> list[tuple[int, ...]]:
    """One id more than allowed in a notification."""
    return cut(ids, size + 1)


def only_the_first_subscription(topic: Topic, subscriptions: Iterable[Subscription]) -> list[Subscription]:
    """Of two subscriptions to a topic, only the older one is notified."""
    return matching(topic, subscriptions)[:1]


class TimestampOfSending(Envelope):
    """The timestamp is the time of sending."""

    def __init__(self, subscription: Subscription, rules: Rules) -> None:
        super().__init__(subscription, replace(rules, timestamp_when_sent=True))


class SecretWins(Envelope):
    """A key of the secret replaces the payload's own of that name."""

    def body(self, notification: Notification, now: int) -> bytes:
        return encode({**json.loads(super().body(notification, now)), **(self.subscription.secret or {})})
