"""What happened, in order."""

from __future__ import annotations

from typing import Any

import pytest

from copper_emulator.core.journal import Entries, Journal
from copper_emulator.core.model import Delivery, EntityType, Entry, Kind, Outcome, Result
from tests.core.builders import (
    START,
    TARGET,
    deliver,
    fire,
    make_account,
    make_change,
    make_notification,
    make_subscription,
    subscribe,
)


def test_entries_are_numbered_from_1() -> None:
    journal = Journal()
    journal.note(START, Kind.SETTINGS, "first")
    journal.note(START + 5, Kind.REFUSED, "second")

    assert journal.entries == [
        Entry(1, START, Kind.SETTINGS, "first"),
        Entry(2, START + 5, Kind.REFUSED, "second"),
    ]


def test_whoever_listens_hears_each_entry_once() -> None:
    heard: list[Entry] = []
    journal = Journal(heard.append)
    journal.note(START, Kind.SETTINGS)
    journal.note(START, Kind.SETTINGS)

    assert heard == journal.entries


def test_a_change_is_kept_with_its_note() -> None:
    journal = Journal()
    change = make_change()
    journal.write_change(change)

    assert journal.changes == [change]
    assert journal.entries == [Entry(1, START, Kind.CHANGE, "", change=change)]
    assert journal.notifications_of(change) == []


def test_notifications_are_found_by_their_change() -> None:
    journal = Journal()
    first, second = make_notification(serial=1), make_notification(serial=2)
    journal.write_queued(first, START)
    journal.write_queued(second, START)

    assert journal.notifications == [first, second]
    assert journal.notifications_of(first.change) == [first, second]
    assert [entry.kind for entry in journal.entries] == [Kind.QUEUED, Kind.QUEUED]


def test_a_notification_has_no_delivery_before_its_end() -> None:
    journal = Journal()
    notification = make_notification()
    journal.write_queued(notification, START)

    assert journal.delivery_of(notification) is None

    delivery = Delivery(notification, Outcome.DELIVERED, TARGET, START, START + 7, status=200)
    journal.write_ended(delivery)

    assert journal.delivery_of(notification) is delivery
    assert journal.deliveries == [delivery]
    assert journal.entries[-1] == Entry(2, START + 7, Kind.ENDED, notification=notification, delivery=delivery)


def test_a_subscription_stays_known_after_its_end() -> None:
    journal = Journal()
    before = make_subscription()
    after = make_subscription(target="https://other.example")
    journal.note(START, Kind.SUBSCRIBED, subscription=before)
    journal.note(START, Kind.SETTINGS)
    journal.note(START, Kind.UNSUBSCRIBED, subscription=after)

    assert journal.subscriptions() == [before, after]


def test_what_tells_of_subscriptions_is_found_among_the_rest() -> None:
    journal = Journal()
    journal.note(START, Kind.SETTINGS)
    journal.note(START, Kind.SUBSCRIBED, subscription=make_subscription())

    assert [(entry.number, entry.kind) for entry in journal.subscription_entries()] == [(2, Kind.SUBSCRIBED)]


def test_the_entry_of_a_change_is_its_own_alone() -> None:
    journal = Journal()
    journal.note(START, Kind.SETTINGS)
    change = make_change()
    journal.write_change(change)

    assert journal.entry_of(change) == journal.entries[1]
    # Serials start anew after each reset of an account.
    assert journal.entry_of(make_change()) is None
    assert Journal().entry_of(change) is None


def test_what_has_not_ended_is_known_without_looking_through_everything() -> None:
    account = make_account()
    subscribe(account, "lead/new")
    for record_id in (1, 2, 3):
        fire(account, "lead/new", [record_id])
    (first,) = account.take(START)
    account.conclude(first, Result.answered(200), START)

    assert [notification.ids for notification in account.journal.not_ended()] == [(2,), (3,)]
    deliver(account, START)
    assert account.journal.not_ended() == account.waiting() == []


def test_the_entries_are_read_as_a_list_is() -> None:
    journal = Journal()
    change, notification, subscription = make_change(), make_notification(), make_subscription()
    delivery = Delivery(notification, Outcome.DELIVERED, TARGET, START, START)
    journal.note(START, Kind.SUBSCRIBED, subscription=subscription)
    journal.write_change(change)
    journal.write_queued(notification, START)
    journal.write_ended(delivery)
    journal.note(START, Kind.EXCLUDED, "no webhook", records=[(EntityType.LEAD, 17)])

    written = [
        Entry(1, START, Kind.SUBSCRIBED, subscription=subscription),
        Entry(2, START, Kind.CHANGE, change=change),
        Entry(3, START, Kind.QUEUED, notification=notification),
        Entry(4, START, Kind.ENDED, notification=notification, delivery=delivery),
        Entry(5, START, Kind.EXCLUDED, "no webhook", records=((EntityType.LEAD, 17),)),
    ]
    assert list(journal.entries) == written
    assert journal.entries == written
    assert journal.entries != written[1:]
    assert journal.entries[1:-1] == written[1:-1]
    assert journal.entries[-1] == written[-1]
    assert list(reversed(journal.entries)) == written[::-1]
    with pytest.raises(IndexError):
        journal.entries[5]


def test_what_was_refused_while_a_notification_was_on_its_way_is_its_own_once_and_in_order() -> None:
    journal = Journal()
    first, second = make_notification(serial=1), make_notification(serial=2)
    journal.note(START, Kind.REFUSED, "before")
    for notification in (first, second):
        journal.write_queued(notification, START)
        journal.write_stage(notification, Kind.SENDING, START)
    journal.note(START, Kind.REFUSED, "b")
    assert journal.refused_during(first) == ["b"]

    journal.note(START, Kind.REFUSED, "a")
    journal.note(START, Kind.REFUSED, "b")
    journal.write_ended(Delivery(first, Outcome.REJECTED, TARGET, START, START, status=500))
    journal.note(START, Kind.REFUSED, "after")

    assert journal.refused_during(first) == ["b", "a"]
    assert journal.refused_during(second) == ["b", "a", "after"]


def test_the_entries_are_read_once_however_many_notifications_are_asked_after() -> None:
    looked: list[int] = []

    class Counting(Entries):
        def parts(self, first: int) -> Any:
            found = list(super().parts(first))
            looked.append(len(found))
            return iter(found)

    journal = Journal()
    journal.entries = Counting(None)
    notifications = [make_notification(serial=serial) for serial in range(1, 21)]
    for notification in notifications:
        journal.write_stage(notification, Kind.SENDING, START)
        journal.write_ended(Delivery(notification, Outcome.FAILED, TARGET, START, START))

    assert [journal.refused_during(notification) for notification in notifications] == [[]] * 20
    assert sum(looked) == len(journal.entries)
