"""A test that freezes time and the emulator agree on the time, and nothing hangs, whatever freezes it and how."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol

import freezegun.api
import pytest
import requests
import time_machine
from aiohttp import web
from freezegun import freeze_time

from copper_emulator import AsyncEmulator, Copper, Emulator, Endpoint, Reason, Received, TimeError
from copper_emulator.core.moments import to_ms
from copper_emulator.shell.frozen import frozen_now, move_frozen_time
from tests.shell.endpoints import app_in_thread, http_endpoint

START = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)
TARGET = "https://billing.example.com/hooks"
SLACK = timedelta(seconds=20)
"""What a running clock may add to a test; far less than any duration that matters here."""


class Mover(Protocol):
    """What both libraries return."""

    def move_to(self, moment: datetime) -> object: ...


@contextmanager
def travelled(start: datetime, *, tick: bool) -> Iterator[Mover]:
    with time_machine.travel(start, tick=tick) as traveller:
        yield traveller


STANDING: dict[str, Callable[[datetime], AbstractContextManager[Any]]] = {
    "freezegun": freeze_time,
    "freezegun real_asyncio": lambda start: freeze_time(start, real_asyncio=True),
    "time-machine": lambda start: travelled(start, tick=False),
}
RUNNING: dict[str, Callable[[datetime], AbstractContextManager[Any]]] = {
    "freezegun tick": lambda start: freeze_time(start, tick=True),
    "freezegun auto tick": lambda start: freeze_time(start, auto_tick_seconds=0.01),
    "time-machine tick": lambda start: travelled(start, tick=True),
}
ALL = {**STANDING, **RUNNING}

Freezing = Callable[[datetime], AbstractContextManager[Any]]
standing = pytest.mark.parametrize("freezing", STANDING.values(), ids=STANDING)
every_way = pytest.mark.parametrize("freezing", ALL.values(), ids=ALL)


def wall() -> datetime:
    """The time that code under test reads."""
    return datetime.now(UTC)  # noqa: TID251 - the frozen present is what is looked at


def soon_after(moment: datetime, expected: datetime) -> bool:
    return expected <= moment < expected + SLACK


def recording(copper: Copper, seen: list[datetime]) -> None:
    """Route and subscribe an endpoint that records the time it reads."""
    copper.route("https://billing.example.com", to=lambda _request: seen.append(wall()))
    copper.subscribe("person", "update", target=TARGET)


# --- the account's clock and the frozen one are one clock ----------------------------------------------------


@every_way
def test_an_account_first_used_while_time_is_frozen_starts_at_the_frozen_moment(freezing: Freezing) -> None:
    with freezing(START), Emulator() as copper:
        assert soon_after(copper.now, START)


def test_the_offset_of_a_frozen_time_zone_does_not_count() -> None:
    with freeze_time(START, tz_offset=-4), Emulator() as copper:
        assert copper.now == START
        copper.advance(hours=1)
        assert frozen_now() == to_ms(START + timedelta(hours=1))


@freeze_time(START)
def test_under_a_decorator_the_account_starts_at_the_frozen_moment() -> None:
    with Emulator() as copper:
        assert copper.now == START


@pytest.fixture
def copper() -> Iterator[Copper]:
    """Created and subscribed before a decorator freezes time, as in many suites."""
    with Emulator() as copper:
        copper.subscribe("person", "update", target="https://nobody.example.com/hooks")
        yield copper


@pytest.fixture
def frozen() -> Iterator[Any]:
    with freeze_time(START) as factory:
        yield factory


@freeze_time(START)
def test_what_a_fixture_subscribed_before_the_decorator_froze_does_not_pin_the_clock(copper: Copper) -> None:
    assert copper.now == START
    copper.unsubscribe(copper.subscriptions[0])
    assert copper.fire("person", "update", ids=1).at == START


def test_under_a_fixture_advance_moves_the_frozen_time_along(frozen: Any) -> None:
    with Emulator() as copper:
        copper.advance(minutes=10)

        assert wall() == START + timedelta(minutes=10) == copper.now


@every_way
def test_a_call_of_the_api_has_the_frozen_moment_and_moves_nothing(freezing: Freezing) -> None:
    with Emulator() as copper:
        copper.fire("person", "update", ids=1)
        before = copper.now
        with freezing(before + timedelta(hours=1)):
            requests.get(copper.api_url + "/account", headers=copper.headers, timeout=10)
        [call] = copper.api_calls

        assert soon_after(call.at, before + timedelta(hours=1))
        assert copper.now == before


@every_way
def test_advance_carries_frozen_time_along(freezing: Freezing) -> None:
    with freezing(START), Emulator() as copper:
        copper.fire("person", "update", ids=1)
        copper.advance(hours=2)

        assert soon_after(wall(), START + timedelta(hours=2))
        assert soon_after(copper.now, START + timedelta(hours=2))


@standing
def test_carrying_along_keeps_what_lies_below_a_millisecond(freezing: Freezing) -> None:
    odd = START + timedelta(microseconds=1234)
    with freezing(odd), Emulator() as copper:
        copper.advance(seconds=1)

        assert wall() == odd + timedelta(seconds=1)


@every_way
def test_an_endpoint_sees_the_virtual_moment_of_its_own_delivery(freezing: Freezing) -> None:
    seen: list[datetime] = []
    with freezing(START), Emulator(latency="30s") as copper:
        recording(copper, seen)
        copper.fire("person", "update", ids=1)
        copper.advance(minutes=10)

        assert soon_after(seen[0], START + timedelta(seconds=30))
        assert copper.deliveries[0].started - copper.changes[0].at == timedelta(seconds=30)


@every_way
def test_a_forward_move_counts_as_time_passing_at_the_next_call(freezing: Freezing) -> None:
    """Each delivery at its own moment, and then the moment to which the test moved."""
    seen: list[datetime] = []
    with freezing(START) as mover, Emulator(latency="10m") as copper:
        recording(copper, seen)
        copper.fire("person", "update", ids=1)
        mover.move_to(START + timedelta(minutes=5))
        copper.fire("person", "update", ids=2)
        mover.move_to(START + timedelta(hours=3))

        copper.settle()

        assert soon_after(seen[0], START + timedelta(minutes=10))
        assert soon_after(seen[1], START + timedelta(minutes=15))
        assert soon_after(copper.now, START + timedelta(hours=3))
        assert soon_after(wall(), START + timedelta(hours=3))


def test_freezegun_tick_counts_as_time_passing(frozen: Any) -> None:
    with Emulator(latency="10m") as copper:
        copper.route("https://billing.example.com", to=lambda _request: 200)
        copper.subscribe("person", "update", target=TARGET)
        copper.fire("person", "update", ids=1)
        frozen.tick(599)
        assert copper.settle() == []
        frozen.tick()
        assert [d.started for d in copper.settle()] == [START + timedelta(minutes=10)]


def test_what_fell_due_before_the_test_moved_on_goes_out_before_what_it_does_next(frozen: Any) -> None:
    """The change made after the move is made at the new moment, and delivered after the older one."""
    with Emulator(latency="10m") as copper:
        got: list[list[int]] = []
        copper.route("https://billing.example.com", to=lambda request: got.append(request.json["ids"]))
        copper.subscribe("person", "update", target=TARGET)
        copper.fire("person", "update", ids=1)
        frozen.move_to(START + timedelta(hours=1))

        second = copper.fire("person", "update", ids=2)

        assert got == [[1]]
        assert second.at == START + timedelta(hours=1)


@standing
def test_a_backward_move_is_a_clear_error_and_moves_nothing(freezing: Freezing) -> None:
    with freezing(START) as mover, Emulator() as copper:
        copper.fire("person", "update", ids=1)
        mover.move_to(START - timedelta(hours=1))

        with pytest.raises(
            TimeError, match=r"Frozen time is 2024-03-01 11:00.*already 2024-03-01 12:00.*only move it forward"
        ):
            copper.fire("person", "update", ids=2)

        assert len(copper.changes) == 1
        assert wall() == START - timedelta(hours=1)


@standing
def test_an_account_with_a_start_begins_there_and_then_follows_frozen_time(freezing: Freezing) -> None:
    with freezing(START + timedelta(days=2)) as frozen, Emulator(start=START) as copper:
        copper.people.create(name="Ada")
        assert copper.now == START + timedelta(days=2)
        frozen.move_to(START + timedelta(days=3))
        copper.settle()
        assert copper.now == START + timedelta(days=3)


@standing
def test_time_that_is_frozen_before_the_accounts_start_is_an_error_that_names_the_start(freezing: Freezing) -> None:
    with freezing(START - timedelta(days=2)), Emulator(start=START) as copper:
        with pytest.raises(TimeError, match=r"already 2024-03-01 12:00.*, because of its start, .* Leave start out"):
            copper.people.create(name="Ada")
        assert copper.changes == []


def test_leaving_a_nested_freeze_after_something_happened_in_it_is_going_back(frozen: Any) -> None:
    with Emulator() as copper:
        with freeze_time(START + timedelta(days=1)):
            copper.fire("person", "update", ids=1)
            assert copper.now == START + timedelta(days=1)
        with pytest.raises(TimeError, match="cannot go back"):
            copper.settle()


def test_a_nested_freeze_is_the_one_that_is_carried_along(frozen: Any) -> None:
    with Emulator() as copper, freeze_time(START + timedelta(days=1)):
        copper.advance(hours=1)
        assert wall() == START + timedelta(days=1, hours=1) == copper.now
    assert wall() == START


def test_an_api_call_while_time_went_back_is_refused_and_not_a_500(frozen: Any) -> None:
    with Emulator() as copper:
        copper.fire("person", "update", ids=1)
        frozen.move_to(START - timedelta(hours=1))
        body = {"target": TARGET, "type": "lead", "event": "new"}
        answer = requests.post(copper.api_url + "/webhooks", json=body, headers=copper.headers, timeout=10)
        assert (answer.status_code, answer.json()["message"]) == (400, "Bad Request")
        assert "cannot go back" in answer.headers["X-Copper-Emulator-Hint"]
        assert copper.subscriptions == []
        frozen.move_to(START)


# --- time that the endpoint moves while it is notified -------------------------------------------------------


@every_way
@pytest.mark.parametrize("over_http", [False, True], ids=["in process", "http"])
def test_an_endpoint_may_move_time_while_it_is_notified(freezing: Freezing, *, over_http: bool) -> None:
    """The delivery in flight does not time out because of it; what the move makes due is delivered in the same call."""
    seen: list[datetime] = []

    def moves(*_: object) -> int:
        seen.append(wall())
        if len(seen) == 1:
            mover.move_to(START + timedelta(hours=3))
        return 200

    with freezing(START) as mover, http_endpoint(moves) as endpoint, Emulator() as copper:
        copper.route("https://billing.example.com", to=endpoint.url if over_http else lambda _request: moves())
        copper.subscribe("person", "update", target=TARGET)
        copper.fire("person", "update", ids=1)

        copper.expect("person", "update", ids=1)
        assert soon_after(copper.now, START + timedelta(hours=3))
        assert soon_after(wall(), START + timedelta(hours=3))


def test_after_an_endpoint_moved_time_each_delivery_still_has_its_own_moment(frozen: Any) -> None:
    seen: list[datetime] = []

    def moves(_request: Received) -> None:
        seen.append(wall())
        frozen.tick(3600)

    with Emulator(latency="10m") as copper:
        copper.route("https://billing.example.com", to=moves)
        copper.subscribe("person", "update", target=TARGET)
        copper.fire("person", "update", ids=1)
        frozen.tick(300)
        copper.fire("person", "update", ids=2)

        copper.advance(minutes=5)

        assert seen == [START + timedelta(minutes=10), START + timedelta(minutes=15)]
        # The second move began at a quarter past.
        assert copper.now == wall() == START + timedelta(minutes=75)


def test_an_endpoint_that_moves_time_back_is_a_clear_error_of_the_call(frozen: Any) -> None:
    with Emulator() as copper:
        copper.route("https://billing.example.com", to=lambda _r: frozen.move_to(START - timedelta(days=1)))
        copper.subscribe("person", "update", target=TARGET)
        with pytest.raises(TimeError, match="cannot go back"):
            copper.fire("person", "update", ids=1)
        frozen.move_to(START)
        copper.expect("person", "update", ids=1)


@standing
def test_a_hook_after_a_late_answer_may_move_time_as_well(freezing: Freezing) -> None:
    """Nothing is sent at that moment, and the move counts all the same, in the same call."""
    with freezing(START) as mover, Emulator() as copper:
        late = Endpoint(TARGET)
        late.reply(200, delay="1s")
        copper.route("https://billing.example.com", to=late)
        copper.subscribe("person", "update", target=TARGET)
        copper.after_delivery(lambda _delivery: mover.move_to(START + timedelta(hours=1)))
        copper.fire("person", "update", ids=1)

        copper.advance(minutes=10)

        assert copper.now == wall() == START + timedelta(hours=1)


# --- the server's thread and the sender's -------------------------------------------------------------------


@every_way
def test_the_server_goes_on_serving_one_kept_connection_before_during_and_after(freezing: Freezing) -> None:
    with Emulator() as copper, requests.Session() as session:

        def listed() -> int:
            return session.get(copper.api_url + "/webhooks", headers=copper.headers, timeout=10).status_code

        answers = [listed()]
        with freezing(START) as mover:
            answers.append(listed())
            mover.move_to(START + timedelta(hours=5))
            answers += [listed(), listed()]
        answers.append(listed())

        assert answers == [200] * 5


@every_way
def test_a_server_first_started_while_time_is_frozen_serves(freezing: Freezing) -> None:
    with Emulator() as copper:
        with freezing(START):
            body = {"target": TARGET, "type": "lead", "event": "new"}
            made = requests.post(copper.api_url + "/webhooks", json=body, headers=copper.headers, timeout=10).json()
            assert soon_after(datetime.fromtimestamp(made["created_at"], UTC), START)
        assert requests.get(copper.api_url + "/webhooks", headers=copper.headers, timeout=10).json() == [made]


@every_way
def test_deliveries_over_http_reach_a_users_own_server_before_during_and_after(freezing: Freezing) -> None:
    """That server's loop is an ordinary one: its timers stop or jump, and it may close kept connections."""
    bodies: list[Any] = []

    async def receive(request: web.Request) -> web.Response:
        bodies.append(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/hooks", receive)
    with app_in_thread(app) as url, Emulator() as before, Emulator() as during, Emulator() as after:
        for copper in (before, during, after):
            copper.route("https://billing.example.com", to=url)
            copper.subscribe("person", "update", target=TARGET)
        before.fire("person", "update", ids=1)
        with freezing(START) as mover:
            during.fire("person", "update", ids=[2])
            mover.move_to(START + timedelta(hours=5))
            during.fire("person", "update", ids=[3])
            during.advance(days=1)
            during.fire("person", "update", ids=[4])
        after.fire("person", "update", ids=[5])

    assert [body["ids"] for body in bodies] == [[1], [2], [3], [4], [5]]


@every_way
def test_an_endpoint_that_never_answers_times_out_in_real_time(freezing: Freezing) -> None:
    app = web.Application()
    never = asyncio.Event()

    async def hang(_request: web.Request) -> web.Response:
        await never.wait()
        return web.Response()

    app.router.add_post("/hooks", hang)
    with freezing(START), Emulator(timeout="100ms", allow={"failed"}) as copper:
        copper.route("https://billing.example.com", to=app)
        copper.subscribe("person", "update", target=TARGET)
        copper.fire("person", "update", ids=1)
        assert copper.deliveries[0].reason is Reason.TIMED_OUT


def test_freezing_while_a_request_is_on_its_way_neither_hangs_nor_times_out() -> None:
    """The endpoint itself freezes time, moves it and unfreezes it, while the sender waits with its timeout."""

    def freezes(_request: BaseHTTPRequestHandler, _body: bytes) -> int:
        with freeze_time("2030-01-01") as factory:
            factory.tick(86_400)
            requests.get(account.api_url + "/webhooks", headers=account.headers, timeout=10)
        return 200

    with http_endpoint(freezes) as endpoint, Emulator(allow_http=True) as account:
        account.subscribe("person", "update", target=endpoint.url + "/hooks")
        account.fire("person", "update", ids=1)
        account.expect("person", "update", ids=1)


@every_way
def test_an_aiohttp_application_with_timers_runs_under_frozen_time(freezing: Freezing) -> None:
    async def slow(_request: web.Request) -> web.Response:
        async with asyncio.timeout(5):
            await asyncio.wait([asyncio.ensure_future(asyncio.Event().wait())], timeout=0.001)
        return web.Response(status=201)

    app = web.Application()
    app.router.add_post("/hooks", slow)
    with freezing(START), Emulator() as copper:
        copper.route("https://billing.example.com", to=app)
        copper.subscribe("person", "update", target=TARGET)
        for record in range(1, 4):
            copper.fire("person", "update", ids=record)
            copper.advance(hours=1)
        copper.expect("person", "update", ids=[1, 2, 3], status=201, count=3)


@every_way
def test_an_asgi_application_with_timers_runs_under_frozen_time(freezing: Freezing) -> None:
    """Its loop is the emulator's own, and so is the timeout around it."""

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        await asyncio.wait([asyncio.ensure_future(asyncio.Event().wait())], timeout=0.001)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    with freezing(START), Emulator() as copper:
        copper.route("https://billing.example.com", to=app)
        copper.subscribe("person", "update", target=TARGET)
        copper.fire("person", "update", ids=1)
        copper.expect("person", "update", ids=1, status=204)


# --- asynchronous tests: the loop is the test's own, and frozen with it ---------------------------------------


async def asgi_ok(scope: Any, _receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def wsgi_ok(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [b""]


def aiohttp_ok() -> web.Application:
    async def ok(_request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_post("/hooks", ok)
    return app


async def function_ok(_request: Received) -> int:
    return 200


@pytest.mark.asyncio
@every_way
@pytest.mark.parametrize("kind", ["asgi", "wsgi", "aiohttp", "function", "async function", "url"])
async def test_every_kind_is_delivered_to_from_an_asynchronous_test(freezing: Freezing, kind: str) -> None:
    with http_endpoint() as endpoint:
        async with AsyncEmulator() as copper:
            to: dict[str, object] = {
                "asgi": asgi_ok,
                "wsgi": wsgi_ok,
                "aiohttp": aiohttp_ok(),
                "function": lambda _request: 200,
                "async function": function_ok,
                "url": endpoint.url,
            }
            copper.route("https://billing.example.com", to=to[kind])
            copper.subscribe("person", "update", target=TARGET)
            with freezing(START) as mover:
                await copper.fire("person", "update", ids=1)
                mover.move_to(START + timedelta(hours=5))
                await copper.fire("person", "update", ids=2)
                await copper.advance(hours=5)
                await copper.fire("person", "update", ids=3)
                assert soon_after(wall(), START + timedelta(hours=10))
            await copper.expect("person", "update", ids=[1, 2, 3], status=200, count=3)


@pytest.mark.asyncio
@every_way
@pytest.mark.parametrize("kind", ["asgi", "async function", "aiohttp"])
async def test_an_endpoint_that_hangs_on_the_frozen_loop_times_out(freezing: Freezing, kind: str) -> None:
    never = asyncio.Event()

    async def hangs(_request: object) -> Any:
        await never.wait()

    async def hanging_asgi(scope: Any, _receive: Any, _send: Any) -> None:
        if scope["type"] == "http":
            await never.wait()

    app = web.Application()
    app.router.add_post("/hooks", hangs)
    with freezing(START):
        async with AsyncEmulator(timeout="100ms", allow={"failed"}) as copper:
            copper.route(
                "https://billing.example.com",
                to={"asgi": hanging_asgi, "async function": hangs, "aiohttp": app}[kind],
            )
            copper.subscribe("person", "update", target=TARGET)
            await copper.fire("person", "update", ids=1)
            assert copper.deliveries[0].reason is Reason.TIMED_OUT


@pytest.mark.asyncio
@every_way
async def test_an_asgi_application_that_moves_time_on_the_frozen_loop_does_not_time_out(freezing: Freezing) -> None:
    async def moves(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            mover.move_to(START + timedelta(hours=5))
            for _ in range(5):
                await asyncio.to_thread(int)
            await asgi_ok(scope, _receive, send)

    async with AsyncEmulator() as copper:
        copper.route("https://billing.example.com", to=moves)
        copper.subscribe("person", "update", target=TARGET)
        with freezing(START) as mover:
            await copper.fire("person", "update", ids=1)
            await copper.expect("person", "update", ids=1)


@pytest.mark.asyncio
@every_way
async def test_a_server_on_the_frozen_loop_that_closes_idle_connections_at_each_jump_misses_nothing(
    freezing: Freezing,
) -> None:
    """Its keep-alive timers expire as time jumps, just when the next request would use the old connection."""
    runner = web.AppRunner(aiohttp_ok(), keepalive_timeout=5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        with freezing(START) as mover:
            async with AsyncEmulator() as copper:
                copper.route("https://billing.example.com", to=f"http://127.0.0.1:{runner.addresses[0][1]}")
                copper.subscribe("person", "update", target=TARGET)
                for hour in range(1, 21):
                    await copper.fire("person", "update", ids=hour)
                    mover.move_to(START + timedelta(hours=hour))
                await copper.expect("person", "update", count=20)
    finally:
        await runner.cleanup()


# --- the first import while time is frozen ----------------------------------------------------------------


@pytest.mark.parametrize("freezing", ["freeze_time('2024-03-01')", "time_machine.travel('2024-03-01')"])
def test_importing_the_emulator_for_the_first_time_while_time_is_frozen_leaves_no_trace(freezing: str) -> None:
    """freezegun puts its own clock into every module loaded at that time; any that keeps it hangs afterwards."""
    script = f"""
        import asyncio, time_machine, urllib.request
        from freezegun import freeze_time

        def use(copper, app):
            copper.route("https://a.example", to=app)
            copper.subscribe("person", "update", target="https://a.example/hooks")
            urllib.request.urlopen(urllib.request.Request(copper.api_url + "/webhooks", headers=copper.headers)).read()

        with {freezing}:
            from copper_emulator import AsyncEmulator, Emulator
            from aiohttp import web

            async def hook(request):
                await asyncio.wait([asyncio.ensure_future(asyncio.Event().wait())], timeout=0.001)
                return web.Response()

            def app():
                made = web.Application()
                made.router.add_post("/hooks", hook)
                return made

            with Emulator() as copper:
                use(copper, app())
                copper.fire("person", "update", ids=1)
                copper.expect("person", "update", ids=1)
                assert copper.now.year == 2024
        with Emulator() as copper:
            use(copper, app())
            copper.fire("person", "update", ids=1)
            copper.expect("person", "update", ids=1)
            assert copper.now.year > 2024

        async def later():
            async with AsyncEmulator() as copper:
                use(copper, app())
                await copper.fire("person", "update", ids=1)
                await copper.expect("person", "update", ids=1)
        asyncio.run(later())
        print("done")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr


# --- the private places of the two libraries ---------------------------------------------------------------


def test_freezegun_keeps_its_active_freezes_where_we_look() -> None:
    assert freezegun.api.freeze_factories == []
    with freeze_time(START) as outer:
        with freeze_time(START) as inner:
            assert freezegun.api.freeze_factories[-1] is inner
        assert freezegun.api.freeze_factories[-1] is outer


def test_an_auto_ticking_freeze_is_read_without_ticking() -> None:
    with freeze_time(START, auto_tick_seconds=60):
        assert frozen_now() == to_ms(START)
        assert frozen_now() == to_ms(START)


def test_time_machine_keeps_its_active_travellers_where_we_look() -> None:
    assert time_machine.traveller_stack == []
    with time_machine.travel(START, tick=False) as outer:
        with time_machine.travel(START, tick=False) as inner:
            assert time_machine.traveller_stack[-1] is inner
        assert time_machine.traveller_stack[-1] is outer


@every_way
def test_carry_moves_both_ways(freezing: Freezing) -> None:
    """Back, too: between two deliveries, frozen time is set to the moment of the next."""
    with freezing(START):
        for hours in (5, 2):
            moment = to_ms(START + timedelta(hours=hours))
            move_frozen_time(moment)
            present = frozen_now()
            assert present is not None
            assert 0 <= present - moment < SLACK / timedelta(milliseconds=1)


def test_time_that_runs_freely_is_not_touched() -> None:
    assert frozen_now() is None
    move_frozen_time(to_ms(START))
    assert frozen_now() is None
