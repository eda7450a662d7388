"""The terms as values: moments, texts and what follows from an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from copper_emulator.core.model import (
    Change,
    Delivery,
    EntityType,
    Entry,
    Event,
    Key,
    Kind,
    Notification,
    Outcome,
    Reason,
    Result,
    State,
)
from copper_emulator.core.read_only import read_only
from tests.core.builders import (
    START,
    TARGET,
    make_change,
    make_notification,
    make_subscription,
    topic,
)

START_TIME = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)


def test_everything_with_a_moment_shows_it_as_a_datetime() -> None:
    notification = make_notification(due=START + 1)
    delivery = Delivery(notification, Outcome.DELIVERED, TARGET, START + 2, START + 3)

    assert make_subscription().created == START_TIME
    assert make_change().at == START_TIME
    assert notification.due == START_TIME + timedelta(milliseconds=1)
    assert delivery.started == START_TIME + timedelta(milliseconds=2)
    assert delivery.ended == START_TIME + timedelta(milliseconds=3)
    assert Entry(1, START, Kind.SETTINGS).at == START_TIME


def test_type_and_event_are_those_of_the_topic() -> None:
    notification = make_notification("task/delete")
    delivery = Delivery(notification, Outcome.DELIVERED, TARGET, START, START)

    for thing in (make_subscription("task/delete"), notification.change, notification, delivery):
        assert thing.topic == topic("task/delete")
        assert thing.type is EntityType.TASK
        assert thing.event is Event.DELETE


def test_a_topic_reads_as_type_and_event() -> None:
    assert str(topic("activity_log/new")) == "activity_log/new"


def test_a_subscription_reads_with_topic_and_target() -> None:
    assert str(make_subscription("lead/new", id=560_698)) == (
        "subscription 560698 (lead/new -> https://billing.example.com/hooks/copper)"
    )


def test_a_change_says_how_many_it_concerned_or_why_nobody() -> None:
    made = Change(3, topic("lead/new"), (17,), {}, START, subscriptions=(1,))
    lonely = Change(4, topic("lead/new"), (17, 18), {}, START, note="no subscription to lead/new")

    assert str(made) == "change 3: lead/new [17], 1 subscription"
    assert str(lonely) == "change 4: lead/new [17, 18]: no subscription to lead/new"


def test_a_notification_reads_with_its_state() -> None:
    notification = make_notification("lead/new", [17], serial=5)
    notification.state = State.HELD

    assert str(notification) == "notification 5: lead/new [17] (held)"


def test_every_outcome_is_a_state() -> None:
    alive = {State.QUEUED, State.HELD, State.SENDING}

    assert {State(outcome) for outcome in Outcome} == set(State) - alive


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (199, Outcome.REJECTED),
        (200, Outcome.DELIVERED),
        (204, Outcome.DELIVERED),
        (299, Outcome.DELIVERED),
        (300, Outcome.REJECTED),
        (302, Outcome.REJECTED),
        (404, Outcome.REJECTED),
        (500, Outcome.REJECTED),
    ],
)
def test_only_2xx_is_delivered(status: int, outcome: Outcome) -> None:
    result = Result.answered(status, headers=[("X-A", "1")], body=b"ok", delay_ms=5)

    assert result == Result(outcome, status, headers=(("X-A", "1"),), body=b"ok", delay_ms=5)


def test_no_answer_is_a_failure_with_its_reason() -> None:
    result = Result.failure(Reason.REFUSED, "nobody listens", delay_ms=3)

    assert result == Result(Outcome.FAILED, reason=Reason.REFUSED, text="nobody listens", delay_ms=3)


def make_delivery(notification: Notification | None = None, **how: Any) -> Delivery:
    fields = {"outcome": Outcome.DELIVERED, "target": TARGET, "started_ms": START, "ended_ms": START, **how}
    return Delivery(notification or make_notification(), **fields)


VERDICTS: dict[str, tuple[dict[str, Any], str]] = {
    "cut off": (
        {"outcome": Outcome.UNKNOWN, "text": "unknown outcome, not retried"},
        "unknown outcome, not retried",
    ),
    "answered": ({"outcome": Outcome.DELIVERED, "status": 200}, "delivered (200)"),
    "rejected": ({"outcome": Outcome.REJECTED, "status": 302}, "rejected (302)"),
    "an exception behind the 500": (
        {"outcome": Outcome.REJECTED, "status": 500, "exception": KeyError("id")},
        "rejected (500, KeyError('id') in the endpoint)",
    ),
    "failed": ({"outcome": Outcome.FAILED, "reason": Reason.REFUSED}, "failed: refused"),
    "failed with a text": (
        {"outcome": Outcome.FAILED, "reason": Reason.TIMED_OUT, "text": "no answer within 10s"},
        "failed: timed out (no answer within 10s)",
    ),
    "blocked": ({"outcome": Outcome.BLOCKED, "text": "no route"}, "blocked: no route"),
    "unknown": ({"outcome": Outcome.UNKNOWN}, "unknown"),
}


@pytest.mark.parametrize(("how", "verdict"), VERDICTS.values(), ids=VERDICTS.keys())
def test_a_verdict_is_a_few_words(how: dict[str, Any], verdict: str) -> None:
    delivery = make_delivery(**how)

    assert delivery.verdict == verdict
    assert str(delivery) == f"lead/new [17] -> {TARGET}: {verdict}"
    assert repr(delivery) == f"<Delivery of {delivery}>"


def test_what_a_debugger_shows_is_short_and_told_in_the_same_words_as_the_text() -> None:
    subscription, notification = make_subscription(), make_notification(ids=[17])

    for value in (subscription, notification, notification.change):
        assert repr(value) == f"<{value}>"
        assert len(repr(value)) < 120


def test_an_entry_shows_its_kind_and_what_it_is_about() -> None:
    delivery = make_delivery()
    notification, subscription = delivery.notification, make_subscription()

    assert repr(Entry(1, 0, Kind.SUBSCRIBED, subscription=subscription)) == f"<entry 1, subscribed: {subscription}>"
    assert repr(Entry(2, 0, Kind.CHANGE, change=notification.change)) == f"<entry 2, change: {notification.change}>"
    assert repr(Entry(3, 0, Kind.QUEUED, notification=notification)) == f"<entry 3, queued: {notification}>"
    assert (
        repr(Entry(4, 0, Kind.ENDED, notification=notification, delivery=delivery)) == f"<entry 4, ended: {delivery}>"
    )
    assert repr(Entry(5, 0, Kind.REFUSED, "POST /webhooks: 422")) == "<entry 5, api refused: POST /webhooks: 422>"
    assert repr(Entry(6, 0, Kind.KEY_SWITCHED)) == "<entry 6, key switched>"


def test_a_summary_leaves_out_what_would_help() -> None:
    text = "no route to https://billing.example.com. Allow it with copper.route(...)"
    delivery = make_delivery(outcome=Outcome.BLOCKED, text=text)

    assert delivery.summary == "blocked: no route to https://billing.example.com"
    assert delivery.brief_detail == "no route to https://billing.example.com"
    assert delivery.advice == "Allow it with copper.route(...)"


def test_a_full_stop_in_what_an_endpoint_raised_ends_nothing() -> None:
    text = "ValueError('Unknown person 5. Run sync first')"
    delivery = make_delivery(outcome=Outcome.FAILED, reason=Reason.EXCEPTION, text=text)

    assert delivery.summary == delivery.verdict == f"failed: exception ({text})"
    assert delivery.brief_detail == f"exception ({text})"
    assert delivery.advice == ""


def test_a_long_exception_is_cut_where_it_is_part_of_a_sentence() -> None:
    error = ValueError("x" * 1_000)
    raised = make_delivery(outcome=Outcome.FAILED, reason=Reason.EXCEPTION, text=repr(error), exception=error)
    behind = make_delivery(outcome=Outcome.REJECTED, status=500, exception=error)
    short = f"ValueError('{'x' * 188}..."

    assert raised.summary == raised.verdict == f"failed: exception ({short})"
    assert behind.summary == behind.verdict == f"rejected (500, {short} in the endpoint)"
    assert raised.text == repr(error)


def test_other_reasons_are_told_whole() -> None:
    text = "no answer " * 50
    delivery = make_delivery(outcome=Outcome.FAILED, reason=Reason.BROKEN_OFF, text=text)

    assert delivery.detail == f"broken off ({text})"


def test_values_of_secrets_stay_out_of_reports() -> None:
    subscription = make_subscription(secret={"key": "s3cret"}, headers={"X-Token": "t0ken"})

    assert "s3cret" not in repr(subscription)
    assert "t0ken" not in repr(subscription)


def test_a_delivery_shows_the_ids_and_the_body_that_was_sent() -> None:
    delivery = make_delivery(make_notification(ids=[1, 2]), request_body=b'{"ids":[1,2]}')

    assert delivery.ids == (1, 2)
    assert delivery.body == {"ids": [1, 2]}
    assert delivery.change is delivery.notification.change


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b"", None),
        (b"<html>", None),
        (b"\xff", None),
        (b"[" * 100_000, None),
    ],
    ids=["json", "empty", "html", "not UTF-8", "too deep"],
)
def test_a_body_is_parsed_if_it_is_json(raw: bytes, value: object) -> None:
    assert make_delivery(request_body=raw).body == value


def test_only_a_replay_is_a_replay() -> None:
    again = Change(1, topic("lead/new"), (1,), {}, START, origin="replay")

    assert make_delivery(Notification(1, again, 0, (1,), START)).replayed
    assert not make_delivery().replayed


def test_a_result_that_was_sent_is_the_same_but_for_its_route_and_time() -> None:
    every = Result(
        Outcome.FAILED,
        status=500,
        reason=Reason.EXCEPTION,
        text="text",
        headers=(("A", "b"),),
        body=b"body",
        delay_ms=7,
        exception=ValueError(),
        traceback="traceback",
        route="before",
        by_fault=True,
        took_ms=1.0,
    )

    sent = every.sent(route="after", took_ms=2.0)

    assert sent == every._replace(route="after", took_ms=2.0)
    # None of them has its default.
    assert all(getattr(every, name) != default for name, default in Result._field_defaults.items())


def test_a_key_reads_without_its_token() -> None:
    assert "s3cret-token" not in repr(Key(1, "s3cret-token", "ada@example.com"))


def test_a_key_is_sent_in_the_three_headers() -> None:
    assert Key(1, "t0ken", "ada@example.com").headers == {
        "X-PW-AccessToken": "t0ken",
        "X-PW-Application": "developer_api",
        "X-PW-UserEmail": "ada@example.com",
    }


def test_two_deliveries_are_equal_whatever_was_raised_and_however_long_it_took() -> None:
    notification = make_notification()
    one = make_delivery(notification, exception=KeyError("id"), took_ms=1.5)
    same = make_delivery(notification, exception=None, took_ms=None)
    other = make_delivery(notification, outcome=Outcome.REJECTED)

    assert one == same
    assert not one != same  # noqa: SIM202 - tuples define inequality separately
    assert hash(one) == hash(same)
    assert one != other
    assert one != tuple(one)


def test_what_tests_look_at_can_be_in_a_set_whatever_it_contains() -> None:
    subscription = make_subscription(secret={"key": "s3cret"}, headers={"X-Token": "t0ken"})
    change = make_change(attributes=read_only({"tags": [["a"], ["a", {"b": None}]]}))
    delivery = make_delivery(make_notification(), subscription=subscription)
    entry = Entry(1, START, Kind.ENDED, change=change, notification=delivery.notification, delivery=delivery)

    for thing in (subscription, change, delivery.notification, delivery, entry):
        assert len({thing, thing}) == 1


def test_the_body_of_a_delivery_is_parsed_once() -> None:
    delivery = make_delivery(request_body=b'{"ids":[17]}')

    assert delivery.body == {"ids": [17]}
    assert delivery.body is delivery.body
