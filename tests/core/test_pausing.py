"""A paused target: nothing is sent there, everything reports it, and nothing is lost."""

from __future__ import annotations

from copper_emulator.core.account import Account
from copper_emulator.core.model import Kind, Outcome, Wait, WaitsFor
from copper_emulator.core.rules import Limit, OverLimit
from copper_emulator.explain import explain_change
from tests.core.builders import MINUTE, SECOND, START, TARGET, deliver, fire, make_account, subscribe

OTHER = "https://other.example/hooks"


def two_targets(**rules: object) -> Account:
    """Subscriptions of different topics to two targets, the first of them paused."""
    account = make_account(**rules)
    subscribe(account, "lead/new")
    subscribe(account, "task/new", OTHER)
    account.pause(TARGET, START)
    return account


def test_a_paused_target_gets_nothing_and_the_others_go_on() -> None:
    account = two_targets()
    fire(account, "lead/new")
    fire(account, "task/new")

    assert [attempt.url for attempt in deliver(account, START)] == [OTHER]
    assert account.next_moment(START) is None, "time alone does not help"


def test_what_waited_for_a_paused_target_goes_in_order_when_it_is_resumed() -> None:
    account = two_targets()
    for record_id in (1, 2, 3):
        fire(account, "lead/new", [record_id])
    deliver(account, START, START + MINUTE)

    account.resume(TARGET, START + MINUTE)

    assert account.next_moment(START + MINUTE) == START + MINUTE
    assert [attempt.notification.ids for attempt in deliver(account, START + MINUTE)] == [(1,), (2,), (3,)]


def test_everything_says_that_the_target_is_paused() -> None:
    account = two_targets()
    change = fire(account, "lead/new")
    deliver(account, START)

    assert [account.wait_of(each) for each in account.waiting()] == [Wait(WaitsFor.PAUSED)]
    assert "its target is paused" in str(explain_change(account, change))


def test_what_is_not_due_yet_waits_for_its_time_first() -> None:
    account = two_targets()
    fire(account, "lead/new", now=START + SECOND)
    account.moment = START

    assert [account.wait_of(each).what for each in account.waiting()] == [WaitsFor.TIME]


def test_what_is_on_its_way_when_its_target_is_paused_comes_to_its_end() -> None:
    account = make_account()
    subscribe(account, "lead/new")
    fire(account, "lead/new")
    fire(account, "lead/new")
    (attempt,) = account.take(START)

    account.pause(TARGET, START)

    assert [account.wait_of(each).what for each in account.waiting()] == [WaitsFor.ANSWER, WaitsFor.PAUSED]
    assert account.attempt_of(attempt.notification) is attempt
    assert deliver(account, START) == []


def test_pausing_and_resuming_stand_in_the_journal_once_each() -> None:
    account = two_targets()
    account.pause(TARGET, START)
    account.resume(TARGET, START)
    account.resume(TARGET, START)

    told = [(entry.kind, entry.text) for entry in account.journal.entries if entry.kind is not Kind.SUBSCRIBED]
    assert told == [(Kind.PAUSED, TARGET), (Kind.RESUMED, TARGET)]
    assert account.paused == frozenset()


def test_what_waits_for_a_paused_target_is_not_dropped_by_a_limit() -> None:
    account = two_targets(limits=(Limit(1, MINUTE),), over_limit=OverLimit.DROP)
    fire(account, "lead/new")
    fire(account, "task/new")
    fire(account, "task/new")

    deliver(account, START)

    assert [delivery.outcome for delivery in account.journal.deliveries] == [Outcome.DELIVERED, Outcome.DROPPED]
    assert [account.wait_of(each).what for each in account.waiting()] == [WaitsFor.PAUSED]


def test_what_waits_for_a_paused_target_takes_no_room_from_the_others() -> None:
    """Two to each of two targets in one round, however much waits for the third."""
    account = two_targets(limits=(Limit(10, MINUTE),), in_flight=2)
    subscribe(account, "person/new", "https://third.example/hooks")
    for record_id in range(1, 21):
        fire(account, "lead/new", [record_id])
    for record_id in (1, 2, 3):
        fire(account, "task/new", [record_id])
        fire(account, "person/new", [record_id])

    taken = account.take(START)

    assert [attempt.url for attempt in taken].count(OTHER) == 2
    assert len(taken) == 4


def test_a_limit_holds_nothing_where_all_that_waits_is_for_a_paused_target() -> None:
    account = two_targets(limits=(Limit(1, MINUTE),))
    fire(account, "lead/new")
    for minute in range(3):
        fire(account, "task/new", now=START + minute * MINUTE)
        deliver(account, START + minute * MINUTE)

    assert [entry for entry in account.journal.entries if entry.kind is Kind.HELD] == []
    assert [account.wait_of(each).what for each in account.waiting()] == [WaitsFor.PAUSED]


def test_a_subscription_that_is_removed_takes_what_waits_for_its_paused_target_along() -> None:
    account = two_targets()
    fire(account, "lead/new")
    deliver(account, START)
    subscription = next(iter(account.subscriptions))

    account.unsubscribe(subscription.id, START)
    deliver(account, START)

    assert [delivery.outcome for delivery in account.journal.deliveries] == [Outcome.CANCELLED]


def test_what_is_moved_away_from_a_paused_target_goes() -> None:
    account = two_targets()
    fire(account, "lead/new")
    deliver(account, START)
    subscription = next(iter(account.subscriptions))

    account.update_subscription(subscription.id, {"target": OTHER}, START)

    assert [attempt.url for attempt in deliver(account, START)] == [OTHER]
