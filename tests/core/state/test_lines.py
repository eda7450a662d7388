"""What the lines of a journal report, and that they report nothing twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from copper_emulator.core.account import Account
from copper_emulator.core.errors import StateError
from copper_emulator.core.fault import Fault, FaultName
from copper_emulator.core.model import Reason, RecordChange, Result
from copper_emulator.core.rules import Limit
from copper_emulator.core.state import StateChanges, Tracker, end_interrupted, read_lines
from copper_emulator.core.state.parts import Rows
from tests.core.builders import MINUTE, START, TARGET, deliver, fire, make_account, subscribe, topic
from tests.core.state.filing import Filed, again
from tests.core.state.test_histories import state_of


def told(tracker: Tracker) -> list[Any]:
    """The new lines, as JSON values."""
    found: list[Any] = json.loads(json.dumps(tracker.changes().lines))
    return found


def followed(**rules: Any) -> tuple[Account, Tracker]:
    """An account with a subscription, and a tracker that has already reported everything."""
    account = make_account(**rules)
    subscribe(account, "lead/new")
    tracker = Tracker(account)
    tracker.everything()
    return account, tracker


def test_of_a_delivery_each_line_tells_what_those_before_it_do_not() -> None:
    account, tracker = followed()
    [subscription] = account.subscriptions
    fire(account, "lead/new", [17])
    [attempt] = account.take(START)
    envelope = [
        TARGET,
        [["Content-Type", "application/json"], ["User-Agent", "copper-emulator/test"]],
        {"id": subscription.id, "key": 1, "topic": "lead/new", "target": TARGET, "created_ms": START},
        f'{{"subscription_id":{subscription.id},"event":"new","type":"lead"',
    ]
    [*earlier, sending] = told(tracker)
    assert earlier == [
        ["change", 1, "lead/new", [17], {}, START, "python", None, 0, [subscription.id], "", None, 0, 0],
        ["queued", START, 1, 1, subscription.id, [17], START],
    ]
    assert sending[:-1] == ["sending", START, 1, "", envelope]
    assert f"{envelope[-1]}{sending[-1]}".encode() == attempt.body

    account.conclude(attempt, Result.answered(200, headers=[("A", "b")], body=b"ok", route="there"), START + 5)
    assert told(tracker) == [["ended", START + 5, 1, "delivered", 200, [["A", "b"]], "ok", "there"]]
    assert told(tracker) == []


def test_steps_that_several_take_one_after_the_other_are_one_line_which_tells_once_what_they_share() -> None:
    account, tracker = followed(in_flight=2)
    [first] = account.subscriptions
    second = subscribe(account, "lead/new")
    told(tracker)
    ended = []
    for number in (1, 3):
        fire(account, "lead/new", [17])
        attempts = account.take(START)
        _, queued, sending = told(tracker)
        both = [START], [number, number + 1]
        assert queued == ["each", "queued", *both, [(number + 1) // 2], [first.id, second.id], [[17]], [START]]
        assert sending[:5] == ["each", "sending", *both, [""]]
        for attempt, took_ms in zip(attempts, (1.5, 2.5), strict=True):
            account.conclude(attempt, Result.answered(200)._replace(took_ms=took_ms), START)
        ended += told(tracker)

    assert sending[5] == [1, 2]
    [rest] = sending[6]
    assert all(attempt.body.decode().endswith(rest) for attempt in attempts)
    assert ended[1] == ["each", "ended", [START], [3, 4], ["delivered"], [200], [[]], [""], [""], [1.5, 2.5]]


def test_attributes_of_changes_are_told_with_each_though_they_are_equal() -> None:
    account = make_account()
    filed = Filed(account)
    for value in (1, True, 1.0):
        account.fire(RecordChange(topic("lead/update"), (17,), {"a": [0, value]}), START)
    filed.follow()

    other = again(account, filed.rows)
    assert [repr(change.updated_attributes["a"][1]) for change in other.journal.changes] == ["1", "True", "1.0"]


def test_where_a_body_begins_otherwise_it_is_told_again_how() -> None:
    account, _ = followed()
    filed = Filed(account)
    for fault in ("", "corrupt", ""):
        if fault:
            account.faults.switch_on(Fault(FaultName.CORRUPT, next=1), START)
        fire(account, "lead/new")
        [attempt] = account.take(START)
        filed.follow()
        [(_, flying)] = filed.rows["attempts"]
        assert flying["attempt"]["body"].encode() == attempt.body
        account.conclude(attempt, Result.answered(200), START)


def test_a_body_that_is_no_text_is_told_whole() -> None:
    account = make_account()
    filed = Filed(account)
    for _ in range(2):
        attempt = account.replay(topic("lead/new"), (17,), b'\xff,"ids":', TARGET, (), START)
        filed.follow()
        assert again(account, filed.rows).inside.outbox.attempts[attempt.notification.serial].body == attempt.body


def test_lines_as_they_were_before_steps_were_told_together_are_read() -> None:
    """Written by version 2 of the schema: the body is whole, and each step has a line."""
    account = make_account()
    subscription = subscribe(account, "lead/new")
    filed = Filed(account)
    whole = filed.rows
    envelope = [
        TARGET,
        [["Content-Type", "application/json"]],
        {"id": subscription.id, "key": 1, "topic": "lead/new", "target": TARGET, "created_ms": START},
    ]
    lines = [
        ["change", 1, "lead/new", [17], {}, START, "python", None, 0, [subscription.id], "", None],
        ["queued", START, 1, 1, subscription.id, [17], START],
        ["queued", START, 2, 1, subscription.id, [17], START, 1, 0],
        ["sending", START, 1, "", envelope, '{"a":1}', {"slower_ms": 30}],
        ["ended", START + 5, 1, "delivered", 200, [["A", "b"]], "ok", "there", None, {"text": "late"}],
        ["sending", START + 5, 2, "", 1, '{"a":2}'],
    ]
    read_lines(whole, [(1, lines)])

    other = again(account, whole)
    [delivery] = other.journal.deliveries
    assert (delivery.request_body, delivery.target, delivery.text) == (b'{"a":1}', TARGET, "late")
    [flying] = other.inside.outbox.attempts.values()
    assert (flying.body, flying.notification.repeats) == (b'{"a":2}', 1)


def test_where_it_goes_is_told_again_when_it_is_another() -> None:
    account, tracker = followed()
    [subscription] = account.subscriptions
    told_again = []
    for body in ({}, {}, {"secret": {"a": "b"}}, {}):
        if body:
            account.update_subscription(subscription.id, body, START)
        fire(account, "lead/new")
        [attempt] = account.take(START)
        *_, sending = told(tracker)
        told_again.append(sending[4] if isinstance(sending[4], int) else "told")
        account.conclude(attempt, Result.answered(200), START)

    assert told_again == ["told", 1, "told", 3]


def test_what_was_sent_and_ended_between_two_looks_is_told_by_its_end() -> None:
    account, tracker = followed()
    fire(account, "lead/new")
    deliver(account, START)

    *_, sending, ended = told(tracker)
    assert sending == ["sending", START, 1, ""]
    assert ended[-1].keys() == {"target", "started_ms", "request_body", "request_headers", "subscription"}


def test_what_waits_is_told_once_and_not_once_more_when_it_goes() -> None:
    account, tracker = followed()
    for number in range(2):
        fire(account, "lead/new", [number + 1])
    [first] = account.take(START)
    assert told(tracker)[-1] == ["also", 2, {"seat": 2}]

    account.conclude(first, Result.answered(200), START)
    deliver(account, START)
    assert [line[0] for line in told(tracker)] == ["ended", "sending", "ended"]


def test_of_two_sent_together_one_may_have_ended_since() -> None:
    account = make_account(in_flight=2)
    subscribe(account, "lead/new")
    filed = Filed(account)
    for number in range(2):
        fire(account, "lead/new", [number + 1])
    first, second = account.take(START)
    account.conclude(first, Result.answered(200), START)
    filed.follow()

    [sending] = [line for line in filed.lines if line[:2] == ["each", "sending"]]
    [gone, envelope], [nothing, rest] = sending[5:]
    assert (sending[:5], gone, nothing) == (["each", "sending", [START], [1, 2], [""]], None, None)
    assert f"{envelope[-1]}{rest}".encode() == second.body
    assert state_of(again(account, filed.rows)) == state_of(account)


def test_of_an_account_that_was_read_nothing_is_told_again() -> None:
    account, _ = followed()
    for number in range(3):
        fire(account, "lead/new", [number + 1])
    account.take(START)
    other = again(account, Filed(account).rows)
    tracker = Tracker(other)
    tracker.begin()

    assert tracker.changes() == StateChanges([], len(account.journal.entries), [])


def test_the_order_in_which_a_fault_has_put_notifications_is_not_kept_when_they_have_gone() -> None:
    account = make_account(in_flight=5)
    for target in (TARGET, f"{TARGET}/other"):
        subscribe(account, "lead/new", target)
    filed = Filed(account)
    account.faults.switch_on(Fault(FaultName.SHUFFLE), START)
    for turn in range(10):
        fire(account, "lead/new", [turn + 1])
        attempts = account.take(START)
        filed.follow()
        assert state_of(again(account, filed.rows)) == state_of(account)
        for attempt in attempts:
            account.conclude(attempt, Result.answered(200), START)


def test_where_one_waits_is_told_when_it_comes_there_and_not_again_when_it_is_held() -> None:
    account, tracker = followed(limits=(Limit(2, MINUTE),))
    for number in range(3):
        fire(account, "lead/new", [number + 1])
    [first] = account.take(START)
    waiting = [["also", serial, {"seat": serial}] for serial in (2, 3)]
    assert sorted(line for line in told(tracker) if line[0] == "also") == waiting

    account.conclude(first, Result.answered(200), START)
    assert [attempt.notification.serial for attempt in account.take(START)] == [2]
    [*_, held] = told(tracker)
    assert (held["kind"], held["notification"]) == ("held", 3)

    fire(account, "lead/new", [4])
    assert account.take(START) == []
    assert [line[1:] for line in told(tracker) if isinstance(line, list) and line[0] == "also"] == [[4, {"seat": 4}]]


def test_moving_what_waits_to_other_targets_leaves_it_where_it_was_in_the_order() -> None:
    account, tracker = followed()
    [subscription] = account.subscriptions
    for number in range(3):
        fire(account, "lead/new", [number + 1])
    account.take(START)
    told(tracker)

    account.update_subscription(subscription.id, {"target": f"{TARGET}/new"}, START)
    assert [line for line in told(tracker) if isinstance(line, list)] == []
    assert [each.seat for each in account.journal.notifications] == [1, 2, 3]


def test_an_answer_that_counts_as_given_later_is_told_at_once() -> None:
    account, tracker = followed()
    fire(account, "lead/new")
    [attempt] = account.take(START)
    told(tracker)
    account.conclude(attempt, Result.answered(204, delay_ms=50), START)
    assert told(tracker) == [["answer", 1, START + 50, {"outcome": "delivered", "status": 204}]]

    account.finish(START + 50)
    assert [line[0] for line in told(tracker)] == ["ended"]


def test_an_answer_that_came_between_two_looks_is_no_news() -> None:
    account, tracker = followed()
    fire(account, "lead/new")
    [attempt] = account.take(START)
    account.conclude(attempt, Result.answered(204, delay_ms=50), START)
    account.finish(START + 50)

    assert [line[0] for line in told(tracker)] == ["change", "queued", "sending", "ended"]


def test_by_what_it_was_held_is_told_when_it_goes() -> None:
    account, tracker = followed(limits=(Limit(1, MINUTE),))
    for _ in range(2):
        fire(account, "lead/new")
    deliver(account, START)
    told(tracker)
    account.take(START + MINUTE)

    assert told(tracker)[-1] == ["also", 2, {"hold": {"until_ms": START + MINUTE, "by": "1/1m"}}]


def test_everything_that_lines_tell_is_read_again() -> None:
    account = make_account(in_flight=2)
    for target in (TARGET, f"{TARGET}/other"):
        subscribe(account, "lead/new", target)
    filed = Filed(account)
    for fault in (Fault(FaultName.SHUFFLE), Fault(FaultName.SLOW, span_ms=30)):
        account.faults.switch_on(fault, START)
        for number in range(3):
            fire(account, "lead/new", [number + 1])
        filed.follow()
        attempts = account.take(START)
        filed.follow()
        account.conclude(attempts[0], Result.answered(200, body=b"\xff"), START)
        account.conclude(attempts[1], Result.failure(Reason.REFUSED, "no"), START)
        filed.follow()
        assert state_of(again(account, filed.rows)) == state_of(account)


def test_who_goes_on_ends_what_another_told_of_and_tells_anew_where_it_goes() -> None:
    account = make_account()
    subscribe(account, "lead/new")
    filed = Filed(account)
    for _ in range(2):
        fire(account, "lead/new")
    account.take(START)
    filed.follow()

    other = again(account, filed.rows)
    tracker = Tracker(other)
    tracker.begin()
    end_interrupted(other, START + 5)
    other.take(START + 5)
    ended, sending = told(tracker)
    assert (ended[0], ended[-1].keys()) == ("ended", {"text"})
    assert sending[4][0] == TARGET


def test_an_attempt_that_a_fault_has_to_do_with_is_told_with_it() -> None:
    account, tracker = followed()
    account.faults.switch_on(Fault(FaultName.SLOW, span_ms=30), START)
    fire(account, "lead/new")
    account.take(START)

    *_, sending, also = told(tracker)
    assert sending[6] == {"slower_ms": 30, "blame": "by the fault slow=30ms"}
    assert also == ["also", 1, {"touched": ["slow=30ms"]}]


NO_COLUMN = "ValueError: a column is not a list, or has nothing in it"


@pytest.mark.parametrize(
    ("turns", "text"),
    [
        ([(1, [["party", 1]])], "entries, 2: cannot be read (KeyError: 'party')"),
        ([(1, 17)], "entries, 2: cannot be read (TypeError: "),
        ([(1, [{"at": START}])], "entries, 2: cannot be read (KeyError: 'kind')"),
        ([(1, [["sending", START, 9, ""]])], "entries, 2: cannot be read (KeyError: 9)"),
        ([(1, [{"at": START, "kind": "fault"}, []])], "entries, 3: cannot be read (IndexError: "),
        ([(3, [])], "entries, 2: cannot be read (ValueError: 2 entries are missing)"),
        ([(None, [])], "entries, 2: cannot be read (TypeError: "),
        # For several notifications: columns of unequal length, empty ones, a string for a column; and an unknown kind.
        ([(1, [["each", "held", [START], [1, 2]]])], "entries, 2: cannot be read (KeyError: 'held')"),
        (
            [(1, [["each", "queued", [START], [1, 2], [1], [5], [[17], [18], [19]]]])],
            "entries, 4: cannot be read (ValueError: zip() argument ",
        ),
        ([(1, [["each", "queued"]])], "entries, 2: cannot be read (ValueError: "),
        ([(1, [["each", "queued", [], []]])], f"entries, 2: cannot be read ({NO_COLUMN})"),
        ([(1, [["each", "change", "1234", [1, 2, 3, 4]]])], f"entries, 2: cannot be read ({NO_COLUMN})"),
        ([(1, [["each", "sending", 17, [1, 2]]])], f"entries, 2: cannot be read ({NO_COLUMN})"),
    ],
)
def test_what_cannot_be_read_is_told_with_the_entry_at_which_it_is(turns: Any, text: str) -> None:
    found: Rows = {"entries": [(1, {"at": START, "kind": "fault", "text": "slow=3s is on"})]}

    with pytest.raises(StateError) as raised:
        read_lines(found, turns)
    assert str(raised.value).startswith(text)
