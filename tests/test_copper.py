"""The synchronous face, end to end in one process: a record changes, an endpoint is notified, the test checks."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from copper_emulator import (
    AsyncEmulator,
    Copper,
    Emulator,
    Endpoint,
    Reason,
    Response,
    UsageError,
)

TARGET = "https://billing.example.com/hooks/copper"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(start=START, strict=False) as copper:
        yield copper


@pytest.fixture
def endpoint(copper: Copper) -> Endpoint:
    endpoint = Endpoint(TARGET)
    copper.route("https://billing.example.com", to=endpoint)
    return endpoint


def test_a_setting_is_said_to_be_one(copper: Copper) -> None:
    with pytest.raises(AttributeError, match=r"copper has no 'allow': it is a setting, Emulator\(allow=\.\.\.\)"):
        copper.allow({500})  # type: ignore[attr-defined]  # as people write it


def test_what_is_looked_at_waits_for_a_write_that_is_under_way(copper: Copper) -> None:
    names = ("subscriptions", "deliveries", "changes", "notifications", "journal", "timeline")
    readers = [threading.Thread(target=getattr, args=(copper, name)) for name in names]

    with copper._tenant.lock:
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(0.05)
        finished = [name for name, reader in zip(names, readers, strict=True) if not reader.is_alive()]
    for reader in readers:
        reader.join()

    assert finished == []


def test_scripted_answers_come_in_order_and_then_the_standing_one(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("person", "new", target=TARGET)
    endpoint.reply(500, times=2)
    endpoint.refuse(times=1)
    endpoint.break_off(times=1)
    endpoint.reply(204)

    for number in range(1, 7):
        copper.fire("person", "new", ids=number)

    assert [d.verdict for d in copper.deliveries] == [
        "rejected (500)",
        "rejected (500)",
        "failed: refused (connection refused)",
        "failed: broken off (connection closed without an answer)",
        "delivered (204)",
        "delivered (204)",
    ]


def test_ten_thousand_changes_pass_both_limits_in_virtual_time(copper: Copper, endpoint: Endpoint) -> None:
    """600 a minute until 1,800 in ten minutes: the last of 10,000 goes in the sixth window of ten minutes."""
    copper.subscribe("person", "update", target=TARGET)
    for number in range(1, 10_001):
        copper.fire("person", "update", ids=number)

    copper.run_until_idle()

    by_minute: dict[int, int] = {}
    for request in endpoint.requests:
        minute = (request.at - START) // timedelta(minutes=1)
        by_minute[minute] = by_minute.get(minute, 0) + 1
    full = {10 * window + minute: 600 for window in range(5) for minute in range(3)}
    assert by_minute == {**full, 50: 600, 51: 400}
    assert [request.json["ids"] for request in endpoint.requests] == [[number] for number in range(1, 10_001)]


def test_replay_waits_in_virtual_time_for_an_answer_that_comes_later(copper: Copper, endpoint: Endpoint) -> None:
    endpoint.reply(201, delay="3s", times=1)
    endpoint.hang(times=1)
    captured = {"event": "new", "type": "person", "ids": [17]}

    late, never = (copper.replay(captured, target=TARGET) for _ in range(2))

    assert (late.status, late.ended) == (201, START + timedelta(seconds=3))
    assert (never.reason, never.ended) == (Reason.TIMED_OUT, START + timedelta(seconds=13))


def test_a_function_may_answer_in_several_ways(copper: Copper) -> None:
    in_parts = [(422, "no"), (302, "", {"X-A": "b"}), Response(299, headers={"X-A": "b"})]
    wrong = [True, 99, (200, "", [("X-A", "b")]), (200, "", {}, "more")]
    answers = iter([None, 201, "text", b"bytes", {"a": 1}, *in_parts, *wrong])
    copper.route("https://billing.example.com", to=lambda request: next(answers))
    copper.subscribe("person", "new", target=TARGET)

    for number in range(1, 13):
        copper.fire("person", "new", ids=number)

    assert [(d.status, d.response_body) for d in copper.deliveries[:8]] == [
        (200, b""),
        (201, b""),
        (200, b"text"),
        (200, b"bytes"),
        (200, b'{"a":1}'),
        (422, b"no"),
        (302, b""),
        (299, b""),
    ]
    assert [dict(d.response_headers).get("X-A") for d in copper.deliveries[5:8]] == [None, "b", "b"]
    assert ["UsageError" in d.verdict for d in copper.deliveries[8:]] == [True] * 4


def test_the_start_is_exact_to_the_millisecond() -> None:
    start = datetime(2026, 9, 29, 22, 40, 4, 738_000, tzinfo=UTC)

    with Emulator(start=start) as copper:
        assert copper.now == start


def test_a_start_can_be_text_or_in_another_zone() -> None:
    for start in ("2026-03-02T09:00Z", datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=1)))):
        with Emulator(start=start) as copper:
            assert copper.now == datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ("2026", r"^start: '2026' is not a moment; give a moment with its time zone, like '2026-03-02T09:00Z' or date"),
        (17, "^start: 17 is not a moment; "),
        (
            datetime(2026, 3, 2, tzinfo=UTC).replace(tzinfo=None),
            r"^start: datetime.datetime\(2026, 3, 2, 0, 0\) has no time zone; ",
        ),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=5))), "is outside the years 1 to 9999 in UTC; "),
        (datetime.max.replace(tzinfo=UTC), "the clock goes no further than 9892"),
    ],
)
@pytest.mark.parametrize("face", [Emulator, AsyncEmulator])
def test_a_start_that_is_no_moment_is_refused(face: type[Any], start: object, message: str) -> None:
    account = face(start=start)
    with pytest.raises(UsageError, match=message):
        account.__enter__() if face is Emulator else asyncio.run(account.__aenter__())


def test_an_account_that_has_ended_can_be_looked_at_and_nothing_happens_in_it() -> None:
    told = Endpoint(TARGET)
    with Emulator(latency="1m") as copper:
        copper.route(TARGET, told)
        copper.subscribe("person", "new", target=TARGET)
        copper.people.create(name="Ada")

    acts: list[Callable[[], object]] = [
        lambda: copper.people.create(name="Grace"),
        lambda: copper.fire("person", "new", ids=1),
        lambda: copper.subscribe("person", "new", target=TARGET),
        lambda: copper.advance("1h"),
        copper.run_until_idle,
        copper.reset,
        copper.switch_key,
        copper.intercept,
        lambda: copper.route(TARGET, told),
        lambda: copper.after_delivery(lambda delivery: None),
    ]
    for act in acts:
        with pytest.raises(UsageError, match="this account has ended with its test or its `with` block"):
            act()
    assert copper.settle() == []
    with pytest.raises(AssertionError, match="but it is not due yet"):
        copper.expect("person", "new")
    assert told.requests == []
    assert [person.name for person in copper.people.search()] == ["Ada"]
    assert "person/new" in copper.timeline
