"""Letting time pass: what is sent when, what calls inside a delivery do, and that every way out leaves order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator import (
    AsyncEmulator,
    Copper,
    Delivery,
    EchoLoop,
    Emulator,
    Endpoint,
    Outcome,
    Reason,
    Received,
    Response,
    UsageError,
)
from copper_emulator.core.model import Kind

START = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)
ORIGIN = "https://billing.example.com"


def listening(copper: Any, to: object, topic: tuple[str, str] = ("person", "update")) -> None:
    copper.route(ORIGIN, to=to)
    copper.subscribe(*topic, target=f"{ORIGIN}/hooks")


def offsets(deliveries: list[Delivery]) -> list[float]:
    """Seconds after START at which each was sent."""
    return [(delivery.started - START).total_seconds() for delivery in deliveries]


@pytest.fixture
def late() -> Iterator[Copper]:
    """An account whose notifications are due 30 seconds after their changes."""
    with Emulator(start=START, latency="30s") as copper:
        listening(copper, lambda _request: 200)
        yield copper


# --- settle, advance, run_until_idle ------------------------------------------------------------------------------


def test_without_latency_everything_is_delivered_before_the_change_returns() -> None:
    with Emulator(start=START) as copper:
        listening(copper, lambda _request: 200)
        copper.fire("person", "update", ids=range(1, 62))
        assert [len(delivery.ids) for delivery in copper.deliveries] == [30, 30, 1]
        assert copper.now == START


def test_advance_reaches_its_own_end_and_no_further(late: Copper) -> None:
    late.fire("person", "update", ids=1)
    assert late.advance(timedelta(milliseconds=29_999)) == []
    assert offsets(late.advance(timedelta(milliseconds=1))) == [30]
    assert late.now == START + timedelta(seconds=30)
    assert late.advance(minutes=1) == []
    assert late.now == START + timedelta(seconds=90)


def test_advance_delivers_each_at_its_own_moment_and_returns_them_in_order(late: Copper) -> None:
    late.fire("person", "update", ids=1)
    late.advance(seconds=10)
    late.fire("person", "update", ids=2)
    assert offsets(late.advance(hours=1)) == [30, 40]


def test_run_until_idle_stops_at_the_last_deadline(late: Copper) -> None:
    late.fire("person", "update", ids=1)
    late.advance(seconds=20)
    late.fire("person", "update", ids=2)
    assert offsets(late.run_until_idle()) == [30, 50]
    assert late.now == START + timedelta(seconds=50)
    assert late.run_until_idle() == []


def test_limits_are_waited_for_in_virtual_time() -> None:
    with Emulator(start=START, limits="2/1m") as copper:
        listening(copper, lambda _request: 200)
        for record in range(1, 6):
            copper.fire("person", "update", ids=record)
        assert offsets(copper.deliveries) == [0, 0]
        copper.run_until_idle()
        assert offsets(copper.deliveries) == [0, 0, 60, 60, 120]


@given(spans=st.lists(st.integers(1, 40), min_size=1, max_size=6), fires=st.lists(st.integers(0, 60), max_size=6))
def test_the_same_deliveries_go_out_however_an_advance_is_cut_up(spans: list[int], fires: list[int]) -> None:
    def play(steps: list[int]) -> list[tuple[float, tuple[int, ...]]]:
        with Emulator(start=START, latency="0-20s", limits="2/10s", seed=7) as copper:
            listening(copper, lambda _request: 200)
            for record, _ in enumerate(fires, 1):
                copper.fire("person", "update", ids=record)
            for step in steps:
                copper.advance(seconds=step)
            return [
                ((delivery.started - START).total_seconds(), delivery.ids)
                for delivery in copper.deliveries
                if delivery.started <= START + timedelta(seconds=sum(spans))
            ]

    assert play(spans) == play([sum(spans)])


# --- scripted delays and hangs are virtual ---------------------------------------------------------------------------


@pytest.fixture
def scripted() -> Iterator[tuple[Copper, Endpoint]]:
    with Emulator(start=START, strict=False) as copper:
        endpoint = Endpoint(f"{ORIGIN}/hooks")
        listening(copper, endpoint)
        yield copper, endpoint


def test_a_delayed_answer_comes_when_virtual_time_has_passed(scripted: tuple[Copper, Endpoint]) -> None:
    copper, endpoint = scripted
    endpoint.reply(201, delay=timedelta(seconds=5))
    copper.fire("person", "update", ids=1)
    assert copper.deliveries == []
    assert [n.state for n in copper.notifications] == ["sending"]
    (delivery,) = copper.advance(seconds=5)
    assert (delivery.status, delivery.started, delivery.ended) == (201, START, START + timedelta(seconds=5))


@pytest.mark.parametrize("how", ["hang", "delay"])
def test_an_endpoint_that_hangs_times_out_in_virtual_time(scripted: tuple[Copper, Endpoint], how: str) -> None:
    copper, endpoint = scripted
    if how == "hang":
        endpoint.hang(times=1)
    else:
        endpoint.reply(delay=timedelta(seconds=10), times=1)
    copper.fire("person", "update", ids=1)
    (delivery,) = copper.run_until_idle()
    assert (delivery.outcome, delivery.reason) == (Outcome.FAILED, Reason.TIMED_OUT)
    assert delivery.text == "no answer within 10s"
    assert delivery.ended == START + timedelta(seconds=10)


def test_a_slow_answer_holds_up_its_own_target_only(scripted: tuple[Copper, Endpoint]) -> None:
    copper, slow = scripted
    slow.reply(delay=timedelta(seconds=5))
    copper.subscribe("person", "update", target="https://quick.example.com/hooks")
    copper.route("https://quick.example.com", to=lambda _request: 200)
    copper.fire("person", "update", ids=1)
    copper.fire("person", "update", ids=2)
    copper.run_until_idle()
    assert [(d.target[8:13], d.ids[0], (d.ended - START).seconds) for d in copper.deliveries] == [
        ("quick", 1, 0),
        ("quick", 2, 0),
        ("billi", 1, 5),
        ("billi", 2, 10),
    ]


# --- calls from inside a delivery ------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["advance", "run_until_idle", "replay", "reset"])
def test_what_cannot_be_done_inside_a_delivery_says_so_and_is_the_endpoints_exception(call: str) -> None:
    with Emulator(start=START, allow={"failed"}) as copper:

        def handle(_request: Received) -> None:
            if call == "advance":
                copper.advance(minutes=1)
            elif call == "run_until_idle":
                copper.run_until_idle()
            elif call == "reset":
                copper.reset()
            else:
                copper.replay({"type": "lead", "event": "new", "ids": [1]}, target=f"{ORIGIN}/hooks")

        listening(copper, handle)
        copper.fire("person", "update", ids=1)
        (delivery,) = copper.deliveries
        assert isinstance(delivery.exception, UsageError)
        assert "inside a delivery" in str(delivery.exception)
        assert len(copper.changes) == 1


def test_settle_inside_a_delivery_does_nothing() -> None:
    settled: list[object] = []
    with Emulator(start=START) as copper:
        listening(copper, lambda _request: settled.append(copper.settle()))
        copper.fire("person", "update", ids=[1])
        assert settled == [[]]


def test_a_change_made_while_a_replay_is_received_is_only_recorded_too() -> None:
    with Emulator(start=START) as copper:
        depths: list[int] = []

        def handle(request: Received) -> None:
            depths.append(len(copper.deliveries))
            if request.json["ids"] == [99]:
                copper.fire("person", "update", ids=1)

        listening(copper, handle)
        copper.replay({"type": "lead", "event": "new", "ids": [99]}, target=f"{ORIGIN}/hooks")
        assert depths == [0, 1]


def test_an_endpoint_may_unsubscribe_itself() -> None:
    with Emulator(start=START) as copper:

        def handle(_request: Received) -> None:
            copper.unsubscribe(copper.subscriptions[0])

        listening(copper, handle)
        copper.fire("person", "update", ids=range(1, 62))
        assert [delivery.outcome for delivery in copper.deliveries] == ["delivered", "cancelled", "cancelled"]


# --- echoes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [0, 1, 3, 25])
def test_a_chain_of_echoes_is_followed_to_the_depth_that_is_set_and_shown(depth: int) -> None:
    with Emulator(start=START, echo_depth=depth) as copper:

        def handle(request: Received) -> None:
            (record,) = request.json["ids"]
            copper.fire("person", "update", ids=record + 1)

        listening(copper, handle)
        with pytest.raises(EchoLoop, match=r"person/update \[1\]") as error:
            copper.fire("person", "update", ids=1)
        assert f"{depth} deliveries in a row" in str(error.value)
        assert f"[{depth + 2}]" in str(error.value)
        assert [delivery.ids for delivery in copper.deliveries] == [(record,) for record in range(1, depth + 2)]
        # It is reported once, and the account goes on.
        assert copper.settle() == []
        assert [entry.kind for entry in copper.journal].count(Kind.ECHO_STOPPED) == 1


def test_a_chain_that_ends_within_the_depth_is_no_loop() -> None:
    with Emulator(start=START, echo_depth=3) as copper:

        def handle(request: Received) -> None:
            (record,) = request.json["ids"]
            if record < 4:
                copper.fire("person", "update", ids=record + 1)

        listening(copper, handle)
        copper.fire("person", "update", ids=1)
        assert [change.depth for change in copper.changes] == [0, 1, 2, 3]


def test_a_chain_through_two_endpoints_is_one_chain() -> None:
    with Emulator(start=START, echo_depth=4) as copper:
        copper.route("https://a.example", to=lambda _r: str(copper.fire("lead", "update", ids=1)))
        copper.route("https://b.example", to=lambda _r: str(copper.fire("person", "update", ids=1)))
        copper.subscribe("person", "update", target="https://a.example/")
        copper.subscribe("lead", "update", target="https://b.example/")
        with pytest.raises(EchoLoop, match=r"(?s)person/update.*lead/update.*person/update"):
            copper.fire("person", "update", ids=1)


def test_a_chain_over_virtual_time_is_followed_too() -> None:
    with Emulator(start=START, echo_depth=3, latency="1m") as copper:
        listening(copper, lambda _request: str(copper.fire("person", "update", ids=1)))
        copper.fire("person", "update", ids=1)
        with pytest.raises(EchoLoop):
            copper.run_until_idle()
        assert offsets(copper.deliveries) == [60, 120, 180, 240]


# --- hooks -----------------------------------------------------------------------------------------------------------


def test_a_hook_runs_after_a_delayed_answer_as_well() -> None:
    seen: list[datetime] = []
    with Emulator(start=START) as copper:
        copper.after_delivery(lambda _delivery: seen.append(copper.now))
        listening(copper, lambda _request: Response(delay="5s"))
        copper.fire("person", "update", ids=1)
        assert seen == []
        copper.advance(minutes=1)
        assert seen == [START + timedelta(seconds=5)]


def test_a_hook_that_raises_is_the_tests_own_error_and_leaves_order() -> None:
    with Emulator(start=START) as copper:
        listening(copper, lambda _request: 200)
        failing = iter([LookupError("queue is down")])

        def hook(_delivery: Delivery) -> None:
            for error in failing:
                raise error

        copper.after_delivery(hook)
        with pytest.raises(LookupError, match="queue is down"):
            copper.fire("person", "update", ids=range(1, 62))
        copper.settle()
        copper.expect("person", "update", ids=range(1, 62), count=3)


# --- ways out --------------------------------------------------------------------------------------------------------


def test_what_a_fault_had_lost_is_lost_and_not_unknown_after_an_interrupt() -> None:
    with Emulator(start=START, allow={"unknown"}, in_flight=2) as copper:

        def handle(request: Received) -> None:
            raise KeyboardInterrupt

        listening(copper, handle)
        copper.faults.lose(next=1)
        with pytest.raises(KeyboardInterrupt):
            copper.fire("person", "update", ids=range(1, 61))

        assert [delivery.outcome for delivery in copper.deliveries] == ["lost", "unknown"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), GeneratorExit()], ids=repr)
def test_an_interrupt_in_the_endpoint_goes_through_and_leaves_the_account_usable(error: BaseException) -> None:
    """The interrupted delivery is `unknown`, nothing is sent twice, and the rest is sent by the next call."""
    calls: list[list[int]] = []
    with Emulator(start=START, allow={"unknown"}) as copper:

        def handle(request: Received) -> None:
            calls.append(request.json["ids"])
            if len(calls) == 1:
                raise error

        listening(copper, handle)
        with pytest.raises(type(error)):
            copper.fire("person", "update", ids=range(1, 62))
        assert [delivery.outcome for delivery in copper.deliveries] == ["unknown"]
        copper.settle()
        assert [delivery.outcome for delivery in copper.deliveries] == ["unknown", "delivered", "delivered"]
        assert [len(ids) for ids in calls] == [30, 30, 1]
        assert copper.fire("person", "update", ids=99).depth == 0


@pytest.mark.asyncio
async def test_a_call_that_is_cancelled_leaves_the_account_usable() -> None:
    never, reached = asyncio.Event(), asyncio.Event()

    async def handle(_request: Received) -> None:
        if not reached.is_set():
            reached.set()
            await never.wait()

    async with AsyncEmulator(start=START, allow={"unknown"}) as copper:
        listening(copper, handle)
        firing = asyncio.ensure_future(copper.fire("person", "update", ids=range(1, 62)))
        await reached.wait()
        firing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await firing
        await copper.settle()
        assert [delivery.outcome for delivery in copper.deliveries] == ["unknown", "delivered", "delivered"]


# --- several at once ------------------------------------------------------------------------------------------------


async def journal_of_a_run(in_flight: int) -> list[str]:
    """Endpoints that deliberately answer out of order, and cause changes while they do."""
    waiting: list[asyncio.Event] = []

    async with AsyncEmulator(start=START, in_flight=in_flight, limits="7/1m,20/10m", latency="0-3s", seed=3) as copper:

        async def handle(request: Received) -> int:
            mine = asyncio.Event()
            waiting.append(mine)
            for _ in range(3):
                await asyncio.to_thread(int)
            for event in reversed(waiting):
                event.set()
            await mine.wait()
            return 200 + int(request.json["ids"][0]) % 7

        copper.route("https://a.example", to=handle)
        copper.route("https://b.example", to=handle)
        for target in ("https://a.example/", "https://b.example/", "https://a.example/other"):
            copper.subscribe("person", "update", target=target)
        for record in range(1, 9):
            await copper.fire("person", "update", ids=record)
        await copper.run_until_idle()
        await copper.expect("person", "update", count=24)
        return [
            f"{entry.at_ms} {entry.kind} {entry.notification} {entry.delivery and entry.delivery.status}"
            for entry in copper.journal
        ]


@pytest.mark.parametrize("in_flight", [1, 4, 16])
def test_the_journal_is_the_same_on_every_run_however_many_are_in_flight(in_flight: int) -> None:
    runs = [asyncio.run(journal_of_a_run(in_flight)) for _ in range(5)]
    assert all(run == runs[0] for run in runs)
