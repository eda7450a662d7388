"""Changing the rules at a given moment."""

from __future__ import annotations

import pytest

from copper_emulator.core.errors import TooManyRequests
from copper_emulator.core.model import EntityType, Outcome
from copper_emulator.core.records import commands
from copper_emulator.core.rules import Latency, Limit, OverLimit
from copper_emulator.core.topics import Profile
from tests.core.builders import DEFAULTS, MINUTE, START, answer_ok, deliver, fire, make_account, make_rules, subscribe


def test_changes_from_now_on_are_late_and_those_before_are_not() -> None:
    account = make_account()
    subscribe(account, "lead/new")
    fire(account, "lead/new", [1])
    account.play_by(make_rules(latency=Latency(MINUTE, MINUTE), batch=1))
    fire(account, "lead/new", [2, 3])

    assert [n.due_ms - START for n in account.journal.notifications] == [0, MINUTE, MINUTE]
    assert [n.ids for n in account.journal.notifications] == [(1,), (2,), (3,)]


@pytest.mark.parametrize("before", [(Limit(2, MINUTE),), (Limit(2, MINUTE), Limit(9, 10 * MINUTE))])
def test_a_limit_that_was_there_goes_on_with_what_it_has_counted(before: tuple[Limit, ...]) -> None:
    account = make_account(limits=before)
    subscribe(account, "lead/new")
    fire(account, "lead/new", [1])
    fire(account, "lead/new", [2])
    deliver(account, START)
    account.play_by(make_rules(limits=(Limit(1, 1), Limit(2, MINUTE)), over_limit=OverLimit.DROP))
    fire(account, "lead/new", [3], START + 5)
    deliver(account, START + 5)

    assert [d.outcome for d in account.journal.deliveries] == [Outcome.DELIVERED, Outcome.DELIVERED, Outcome.DROPPED]


def test_a_limit_that_is_lifted_holds_nothing_any_more() -> None:
    account = make_account(limits=(Limit(1, MINUTE),))
    subscribe(account, "lead/new")
    fire(account, "lead/new", [1])
    fire(account, "lead/new", [2])
    assert len(deliver(account, START)) == 1
    account.play_by(make_rules(limits=()))

    assert len(deliver(account, START)) == 1


def test_why_nobody_is_concerned_is_told_by_the_topics_that_there_are_now() -> None:
    account = make_account()
    before = fire(account, "activity_log/update")
    account.play_by(make_rules(profile=Profile.DEVELOPER_DOCS))
    after = fire(account, "activity_log/update")

    assert before.note.startswith("no webhook exists for activity_log/update.")
    assert after.note == "no subscription to activity_log/update"


def test_calls_go_on_with_what_they_have_counted() -> None:
    account = make_account(api_limits=(Limit(1, MINUTE),), bulk_limits=(Limit(1, MINUTE),))
    account.call_limits.count(START, bulk=True)
    account.play_by(make_rules(api_limits=(), bulk_limits=(Limit(1, MINUTE),)))

    account.call_limits.count(START)
    with pytest.raises(TooManyRequests):
        account.call_limits.count(START, bulk=True)


def test_more_go_at_once_or_fewer() -> None:
    account = make_account(limits=())
    subscribe(account, "lead/new")
    for number in (1, 2, 3, 4):
        fire(account, "lead/new", [number])
    [first] = account.take(START)
    account.play_by(make_rules(limits=(), in_flight=3))
    rest = account.take(START)
    assert [attempt.notification.ids for attempt in rest] == [(2,), (3,)]
    account.play_by(make_rules(limits=(), in_flight=1))
    for attempt in (first, *rest):
        assert account.take(START) == []
        account.conclude(attempt, answer_ok(attempt), START)

    assert [attempt.notification.ids for attempt in account.take(START)] == [(4,)]


def test_searches_lie_behind_from_now_on() -> None:
    account = make_account()
    account.play_by(make_rules(search_lag_ms=MINUTE))
    ada = account.act(commands.create(EntityType.PERSON, [{"name": "Ada"}]), START)[0]

    unseen, _ = account.records.orders[EntityType.PERSON].recent.differences(START)
    assert list(unseen) == [ada.id]
    account.play_by(DEFAULTS)
    unseen, _ = account.records.orders[EntityType.PERSON].recent.differences(START)
    assert list(unseen) == []
