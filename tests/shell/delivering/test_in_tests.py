"""What runs an endpoint, in which thread and on which loop, and what must not wait for what."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import requests
from aiohttp import web

from copper_emulator import AsyncEmulator, Copper, Delivery, Emulator, Outcome, Reason, Received, UsageError
from copper_emulator.shell.clock import pause_async
from copper_emulator.shell.senders.asgi import Lifespan
from copper_emulator.shell.senders.kept import HEADER
from tests.shell.endpoints import app_in_thread, http_endpoint

ORIGIN = "https://billing.example.com"


def listening(copper: Any, to: object) -> None:
    copper.route(ORIGIN, to=to)
    copper.subscribe("person", "update", target=f"{ORIGIN}/hooks")


def api_calls(copper: Any) -> list[int]:
    """A client that reads, writes and deletes over the real API."""
    url, body = copper.api_url + "/webhooks", {"target": f"{ORIGIN}/hooks", "type": "lead", "event": "new"}
    made = requests.post(url, json=body, headers=copper.headers, timeout=10)
    seen = requests.get(url, headers=copper.headers, timeout=10)
    gone = requests.delete(f"{url}/{made.json()['id']}", headers=copper.headers, timeout=10)
    return [made.status_code, seen.status_code, gone.status_code]


# --- an endpoint calls the API back while it is notified -----------------------------------------------------------


def wsgi_calling_back(copper: Any) -> Any:
    def app(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [str(api_calls(copper)).encode()]

    return app


def asgi_calling_back(copper: Any, *, blocking: bool) -> Any:
    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            answers = api_calls(copper) if blocking else await asyncio.to_thread(api_calls, copper)
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": str(answers).encode()})

    return app


def aiohttp_calling_back(copper: Any) -> web.Application:
    async def handle(_request: web.Request) -> web.Response:
        return web.Response(text=str(api_calls(copper)))

    app = web.Application()
    app.router.add_post("/hooks", handle)
    return app


def function_calling_back(copper: Any) -> Any:
    async def function(_request: Received) -> str:
        return str(await asyncio.to_thread(api_calls, copper))

    return function


CALLING_BACK: dict[str, Callable[[Any], Any]] = {
    "wsgi": wsgi_calling_back,
    "asgi": lambda copper: asgi_calling_back(copper, blocking=False),
    "asgi that blocks its loop": lambda copper: asgi_calling_back(copper, blocking=True),
    "aiohttp": aiohttp_calling_back,
    "function": lambda copper: lambda _request: str(api_calls(copper)),
    "async function": function_calling_back,
}
KINDS = list(CALLING_BACK)


@pytest.mark.parametrize("kind", KINDS)
def test_an_endpoint_may_call_the_api_while_it_is_notified(kind: str) -> None:
    with Emulator() as copper:
        listening(copper, CALLING_BACK[kind](copper))
        copper.fire("person", "update", ids=1)
        (delivery,) = copper.expect("person", "update", ids=1)
    assert delivery.response_body == b"[200, 200, 200]"


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", KINDS)
async def test_an_endpoint_may_call_the_api_while_it_is_notified_in_an_asynchronous_test(kind: str) -> None:
    async with AsyncEmulator() as copper:
        listening(copper, CALLING_BACK[kind](copper))
        await copper.fire("person", "update", ids=1)
        (delivery,) = await copper.expect("person", "update", ids=1)
    assert delivery.response_body == b"[200, 200, 200]"


def test_an_endpoint_in_another_thread_may_call_the_api_and_the_fixture_while_it_is_notified() -> None:
    """Its changes are recorded, and delivered by the call in progress."""
    answers: list[object] = []

    def answer(_request: BaseHTTPRequestHandler, _body: bytes) -> int:
        answers.append(api_calls(copper))
        if len(answers) == 1:
            copper.fire("person", "update", ids=2)
        return 200

    with http_endpoint(answer) as endpoint, Emulator() as copper:
        listening(copper, endpoint.url)
        copper.fire("person", "update", ids=1)
        copper.expect("person", "update", ids=[1, 2], count=2)
    assert answers == [[200, 200, 200]] * 2


def test_the_api_answers_others_while_a_delivery_is_on_its_way() -> None:
    reached, let_go = threading.Event(), threading.Event()

    def wait(_request: BaseHTTPRequestHandler, _body: bytes) -> int:
        reached.set()
        let_go.wait(20)
        return 200

    with http_endpoint(wait) as endpoint, Emulator() as copper:
        listening(copper, endpoint.url)
        firing = threading.Thread(target=lambda: copper.fire("person", "update", ids=1))
        firing.start()
        assert reached.wait(20)
        assert api_calls(copper) == [200, 200, 200]
        let_go.set()
        firing.join()
        copper.expect("person", "update", ids=1)


@pytest.mark.asyncio
async def test_an_endpoint_served_on_the_tests_own_loop_is_reached_over_http() -> None:
    async def handle(_request: web.Request) -> web.Response:
        await copper.fire("lead", "new", ids=5)
        return web.Response()

    app = web.Application()
    app.router.add_post("/hooks", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with AsyncEmulator() as copper:
            listening(copper, f"http://127.0.0.1:{runner.addresses[0][1]}")
            await copper.fire("person", "update", ids=1)
            await copper.expect("person", "update", ids=1)
            assert copper.changes[-1].depth == 1
    finally:
        await runner.cleanup()


# --- threads and loops ---------------------------------------------------------------------------------------------


def where(places: list[Any]) -> Callable[[Received], None]:
    def handle(_request: Received) -> None:
        places.append(threading.current_thread())

    return handle


def test_a_blocking_endpoint_runs_in_the_tests_own_thread_with_no_loop_around_it() -> None:
    def handle(_request: Received) -> int:
        assert threading.current_thread() is threading.main_thread()
        return asyncio.run(asyncio.wait_for(answer(), 5))

    async def answer() -> int:
        return 202

    with Emulator() as copper:
        listening(copper, handle)
        copper.fire("person", "update", ids=1)
        copper.expect("person", "update", ids=1, status=202)


@pytest.mark.asyncio
async def test_in_an_asynchronous_test_a_blocking_endpoint_never_runs_on_the_loop() -> None:
    places: list[Any] = []
    async with AsyncEmulator() as copper:
        listening(copper, where(places))
        await copper.fire("person", "update", ids=1)
    assert places
    assert threading.main_thread() not in places


def test_a_synchronous_call_inside_an_asynchronous_function_is_a_clear_error() -> None:
    with Emulator() as copper:

        async def test() -> None:
            copper.fire("person", "update", ids=1)

        with pytest.raises(UsageError, match="copper_async"):
            asyncio.run(test())
        assert copper.changes == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_synchronous_test_with_a_loop_around_it_and_no_task_works(kind: str) -> None:
    """As in a test that drives a browser with synchronous Playwright: a loop runs in its thread, outside any task."""
    done: list[object] = []

    def test() -> None:
        try:
            with Emulator() as copper:
                listening(copper, CALLING_BACK[kind](copper))
                copper.fire("person", "update", ids=1)
                done.append(copper.expect("person", "update", ids=1)[0].response_body)
            assert asyncio.get_running_loop() is loop
        except BaseException as error:  # noqa: BLE001 - raised again where the test can see it
            done.append(error)
        loop.stop()

    loop = asyncio.new_event_loop()
    loop.call_soon(test)
    loop.run_forever()
    loop.close()
    assert done == [b"[200, 200, 200]"]


def threads() -> set[threading.Thread]:
    return set(threading.enumerate())


def use_everything(copper: Copper, url: str) -> None:
    for number, to in enumerate([*(make(copper) for make in CALLING_BACK.values()), url]):
        copper.route(f"https://{number}.example", to=to)
        copper.subscribe("person", "update", target=f"https://{number}.example/hooks")
    copper.fire("person", "update", ids=1)
    assert copper.api_url
    copper.expect("person", "update", ids=1)


def test_nothing_is_left_running_at_the_end() -> None:
    before = threads()
    with http_endpoint() as endpoint:
        for _ in range(2):
            with Emulator() as copper:
                use_everything(copper, endpoint.url)
    assert threads() - before == set()


def test_nothing_is_left_running_when_the_block_raises() -> None:
    before = threads()
    with pytest.raises(LookupError), http_endpoint() as endpoint, Emulator() as copper:
        use_everything(copper, endpoint.url)
        raise LookupError
    assert threads() - before == set()


def test_an_account_that_is_not_used_starts_nothing() -> None:
    before = threads()
    with Emulator() as copper:
        listening(copper, lambda _request: 200)
        copper.fire("person", "update", ids=1)
        assert threads() == before


def test_two_emulators_in_one_process_never_meet() -> None:
    got: dict[str, list[Any]] = {"first": [], "second": []}
    with Emulator() as first, Emulator() as second:
        for name, copper in (("first", first), ("second", second)):
            listening(copper, lambda request, name=name: got[name].append(request.json["ids"]))
        ada, bob = first.people.create(name="Ada"), second.people.create(name="Bob")
        assert ada.id == bob.id
        first.people.update(ada.id, name="Ada L.")
        second.advance(minutes=5)
        assert first.now < second.now
        assert first.token != second.token
        assert first.api_url != second.api_url
        assert requests.get(second.api_url + "/webhooks", headers=first.headers, timeout=10).status_code == 401
        first.expect("person", "update", ids=ada.id)
        second.expect_none()
    assert got == {"first": [[ada.id]], "second": []}


@pytest.mark.asyncio
async def test_two_asynchronous_accounts_deliver_side_by_side() -> None:
    async def handle(_request: Received) -> int:
        await asyncio.to_thread(int)
        return 200

    async with AsyncEmulator() as first, AsyncEmulator() as second:
        for copper in (first, second):
            listening(copper, handle)
        await asyncio.gather(*(copper.fire("person", "update", ids=range(1, 91)) for copper in (first, second)))
        for copper in (first, second):
            await copper.expect("person", "update", ids=range(1, 91), count=3)


def test_attempts_of_one_round_over_http_are_on_their_way_together() -> None:
    """Each waits for the other: one after another, they would time out."""
    barrier = threading.Barrier(3)

    def answer(_request: BaseHTTPRequestHandler, _body: bytes) -> int:
        barrier.wait(10)
        return 200

    with http_endpoint(answer) as endpoint, Emulator(in_flight=3) as copper:
        listening(copper, endpoint.url)
        copper.fire("person", "update", ids=range(1, 91))
        copper.expect("person", "update", ids=range(1, 91), count=3)


# --- endpoints that behave badly ---------------------------------------------------------------------------------


async def never(*_: Any) -> None:
    await asyncio.Event().wait()


def test_an_async_function_that_hangs_times_out() -> None:
    with Emulator(timeout="50ms", allow={"failed"}) as copper:
        copper.route(ORIGIN, to=never, kind="function")
        copper.subscribe("person", "update", target=f"{ORIGIN}/hooks")
        copper.fire("person", "update", ids=1)
        assert copper.deliveries[0].reason is Reason.TIMED_OUT
        assert copper.deliveries[0].text == "no answer within 50ms"


def test_an_asgi_application_that_answers_and_then_hangs_has_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copper_emulator.shell.senders.asgi._AFTERWARDS_MS", 50)

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            await never()

    with Emulator(allow={"exception"}) as copper:
        listening(copper, app)
        copper.fire("person", "update", ids=1)
        (delivery,) = copper.deliveries
        assert delivery.status == 200
        assert repr(delivery.exception) == "TimeoutError('the work after the answer was still going on after a minute')"


@pytest.mark.parametrize("face", ["sync", "async"])
def test_an_asgi_applications_work_after_its_answer_may_take_longer_than_an_answer(face: str) -> None:
    done: list[str] = []

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send(START)
            await send({"type": "http.response.body", "body": b""})
            await pause_async(0.2)
            done.append("work")

    assert [each.outcome for each in delivered(face, app, timeout="50ms")] == [Outcome.DELIVERED]
    assert done == ["work"]


@pytest.mark.parametrize("face", ["sync", "async"])
def test_an_asgi_application_that_answers_when_its_time_is_up_notices_nothing_of_ours(face: str) -> None:
    raised: list[BaseException] = []

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            try:
                await never()
            except asyncio.CancelledError:
                try:
                    await send(START)
                    await send(BODY)
                except BaseException as error:
                    raised.append(error)
                    raise

    (delivery,) = delivered(face, app, timeout="50ms", allow={"failed"})

    assert raised == []
    assert delivery.reason is Reason.TIMED_OUT


async def asgi_blocking(scope: Any, _receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        threading.Event().wait(0.2)
        await send(START)
        await send({"type": "http.response.body", "body": b""})


def wsgi_blocking(environ: Any, start_response: Any) -> Any:
    threading.Event().wait(0.2)
    return wsgi_that("200 OK", [b""])(environ, start_response)


def function_blocking(_request: Received) -> int:
    threading.Event().wait(0.2)
    return 200


@pytest.mark.parametrize("face", ["sync", "async"])
@pytest.mark.parametrize("to", [asgi_blocking, wsgi_blocking, function_blocking])
def test_an_answer_that_nothing_could_cut_off_and_that_comes_too_late_is_none(to: Any, face: str) -> None:
    (delivery,) = delivered(face, to, timeout="50ms", allow={"failed"})

    assert (delivery.outcome, delivery.reason) == (Outcome.FAILED, Reason.TIMED_OUT)
    assert re.fullmatch(r"no answer within 50ms; it came after \d+ms", delivery.text)


@pytest.mark.parametrize(("face", "several"), [("sync", False), ("async", True)])
def test_a_wsgi_application_is_told_whether_it_may_be_called_in_several_threads_at_once(
    face: str, *, several: bool
) -> None:
    seen: list[bool] = []

    def app(environ: Any, start_response: Any) -> Any:
        seen.append(environ["wsgi.multithread"])
        return wsgi_that("200 OK", [])(environ, start_response)

    delivered(face, app)

    assert seen == [several]


def test_a_header_that_only_looks_like_the_content_type_is_another_in_wsgi() -> None:
    seen: list[dict[str, Any]] = []

    def app(environ: Any, start_response: Any) -> Any:
        seen.append(environ)
        return wsgi_that("200 OK", [])(environ, start_response)

    with Emulator() as copper:
        copper.route(ORIGIN, to=app)
        copper.subscribe("person", "update", target=f"{ORIGIN}/hooks", headers={"Content_Type": "other"})
        copper.fire("person", "update", ids=1)
    assert (seen[0]["CONTENT_TYPE"], seen[0]["HTTP_CONTENT_TYPE"]) == ("application/json", "other")


def delivered(face: str, to: Any, **settings: Any) -> Sequence[Delivery]:
    """How one notification ended."""
    if face == "sync":
        with Emulator(**settings) as copper:
            listening(copper, to)
            copper.fire("person", "update", ids=1)
        return copper.deliveries

    async def run() -> Sequence[Delivery]:
        async with AsyncEmulator(**settings) as copper:
            listening(copper, to)
            await copper.fire("person", "update", ids=1)
        return copper.deliveries

    return asyncio.run(run())


def asgi_that(*messages: dict[str, Any]) -> Any:
    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            for message in messages:
                await send(message)

    return app


def wsgi_that(status: Any, body: Any) -> Any:
    def app(_environ: Any, start_response: Any) -> Any:
        if status is not None:
            start_response(status, [])
        return body

    return app


def wsgi_twice(environ: Any, start_response: Any) -> Any:
    start_response("200 OK", [])
    return wsgi_that("500 Internal Server Error", [])(environ, start_response)


def wsgi_changing_its_mind(first: bytes) -> Any:
    """It fails after this part of its body, and answers 500 if it still may."""

    def app(_environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield first
        error = LookupError("no such table")
        start_response("500 Internal Server Error", [], (LookupError, error, None))
        yield b"sorry"

    return app


def test_a_wsgi_application_may_replace_its_headers_until_a_part_of_the_body_has_been_sent() -> None:
    [replaced] = delivered("sync", wsgi_changing_its_mind(b""), allow={"rejected"})
    [sent] = delivered("sync", wsgi_changing_its_mind(b"so far"), allow={"failed"})

    assert (replaced.status, replaced.response_body) == (500, b"sorry")
    assert isinstance(sent.exception, LookupError)


START = {"type": "http.response.start", "status": 200, "headers": []}
BODY = {"type": "http.response.body", "body": b""}

ODD: dict[str, tuple[Any, Reason]] = {
    "asgi without an answer": (asgi_that(), Reason.GARBAGE),
    "asgi with half an answer": (asgi_that(START), Reason.GARBAGE),
    "asgi with an unended body": (
        asgi_that(START, {"type": "http.response.body", "body": b"x", "more_body": True}),
        Reason.GARBAGE,
    ),
    "asgi with a message of no type": (asgi_that({}), Reason.EXCEPTION),
    "asgi with a body that is none": (asgi_that(START, {"type": "http.response.body", "body": "x"}), Reason.EXCEPTION),
    "asgi with a body before its status": (asgi_that(BODY, START), Reason.EXCEPTION),
    "asgi with two statuses": (asgi_that(START, START, BODY), Reason.EXCEPTION),
    "wsgi with a body before its status": (wsgi_that(None, [b"x"]), Reason.EXCEPTION),
    "wsgi with two statuses": (wsgi_twice, Reason.EXCEPTION),
    "wsgi without start_response": (wsgi_that(None, []), Reason.GARBAGE),
    "wsgi with a status that is none": (wsgi_that("OK", []), Reason.GARBAGE),
    "wsgi with None": (wsgi_that("200 OK", None), Reason.EXCEPTION),
    "wsgi with text": (wsgi_that("200 OK", ["text"]), Reason.EXCEPTION),
    "a function with an object": (lambda request: object(), Reason.EXCEPTION),
    "a function with True": (lambda request: True, Reason.EXCEPTION),
    "a function with status 99": (lambda request: 99, Reason.EXCEPTION),
    "a function with a coroutine": (lambda request: never(), Reason.EXCEPTION),
}


@pytest.mark.parametrize("face", ["sync", "async"])
@pytest.mark.parametrize(("to", "reason"), ODD.values(), ids=ODD)
def test_an_endpoint_that_breaks_its_protocol_is_a_failed_delivery(to: Any, reason: Reason, face: str) -> None:
    assert [delivery.reason for delivery in delivered(face, to, allow={"failed"})] == [reason]


@pytest.mark.asyncio
async def test_a_lifespan_that_does_not_end_is_not_waited_for_for_ever() -> None:
    ended: list[str] = []

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        try:
            await never()
        finally:
            ended.append("cancelled")

    lifespan = Lifespan(app)
    assert await lifespan.wait_until_started(timeout_ms=10_000) is None
    await lifespan.stop(timeout_ms=20)
    assert ended == ["cancelled"]


@pytest.mark.asyncio
async def test_a_start_up_that_fails_is_told_to_all_who_wait_for_it() -> None:
    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    lifespan = Lifespan(app)
    told = await asyncio.gather(*(lifespan.wait_until_started(timeout_ms=10_000) for _ in range(2)))
    assert [result.reason for result in told if result is not None] == [Reason.EXCEPTION] * 2
    assert "no database" in str(told[0])
    await lifespan.stop(timeout_ms=20)


def test_an_application_follows_the_loop_that_calls_it() -> None:
    """A fixture's loop may have ended before the test's begins; the application is started anew on the new one."""
    log: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            log.append("start")
            await send({"type": "lifespan.startup.complete"})
            await receive()
            log.append("stop")
            await send({"type": "lifespan.shutdown.complete"})
            return
        log.append("notified")
        await send(START)
        await send({"type": "http.response.body", "body": b""})

    emulator = AsyncEmulator()

    async def first() -> Any:
        copper = await emulator.__aenter__()
        listening(copper, app)
        await copper.fire("person", "update", ids=1)
        return copper

    async def second(copper: Any) -> None:
        await copper.fire("person", "update", ids=2)
        await copper.expect("person", "update", ids=[1, 2])
        await emulator.__aexit__(None, None, None)

    copper = asyncio.run(first())
    asyncio.run(second(copper))
    assert [entry for entry in log if entry != "stop"] == ["start", "notified", "start", "notified"]
    assert log[-1] == "stop"


def test_a_users_own_server_in_a_thread_is_one_endpoint_of_many() -> None:
    async def handle(_request: web.Request) -> web.Response:
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hooks", handle)
    with app_in_thread(app) as url, Emulator() as copper:
        listening(copper, url)
        copper.fire("person", "update", ids=range(1, 300))
        copper.expect("person", "update", ids=range(1, 300), status=204, count=10)


# --- start-up and shut-down that never finish, and cancellations ------------------------------------------------------


async def asgi_never_up(scope: Any, receive: Any, _send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await never()


def asgi_never_down(scope: Any, receive: Any, send: Any) -> Any:
    async def run() -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await never()
        await send(START)
        await send({"type": "http.response.body", "body": b""})

    return run()


def aiohttp_that_never(*, starts: bool = True, stops: bool = True) -> web.Application:
    async def handle(_request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_post("/hooks", handle)
    if not starts:
        app.on_startup.append(never)
    if not stops:
        app.on_shutdown.append(never)
    return app


def notified(face: str, to: object, *, times: int = 1, timeout: str = "50ms") -> list[Delivery]:
    if face == "sync":
        with Emulator(timeout=timeout, strict=False) as copper:
            listening(copper, to)
            for record in range(times):
                copper.fire("person", "update", ids=record + 1)
        return copper.deliveries

    async def run() -> list[Delivery]:
        async with AsyncEmulator(timeout=timeout, strict=False) as copper:
            listening(copper, to)
            for record in range(times):
                await copper.fire("person", "update", ids=record + 1)
        return copper.deliveries

    return asyncio.run(run())


both_faces = pytest.mark.parametrize("face", ["sync", "async"])


@both_faces
@pytest.mark.parametrize("kind", ["asgi", "aiohttp"])
def test_a_start_up_that_never_finishes_times_out(face: str, kind: str) -> None:
    before = threads()
    for delivery in notified(face, asgi_never_up if kind == "asgi" else aiohttp_that_never(starts=False), times=2):
        assert (delivery.outcome, delivery.reason) == (Outcome.FAILED, Reason.TIMED_OUT)
        assert delivery.text == "the application's start-up did not finish within 50ms"
    assert threads() - before == set()


@both_faces
@pytest.mark.parametrize("kind", ["asgi", "aiohttp"])
def test_a_shut_down_that_never_finishes_is_not_waited_for_for_ever(face: str, kind: str) -> None:
    before = threads()
    (delivery,) = notified(face, asgi_never_down if kind == "asgi" else aiohttp_that_never(stops=False), timeout="1s")
    assert delivery.outcome is Outcome.DELIVERED
    assert threads() - before == set()


STARTS_BADLY: dict[str, BaseException] = {
    "error": LookupError("no database"),
    "exit": SystemExit("no database"),
    "fail": pytest.fail.Exception("no database"),
    "cancelled": asyncio.CancelledError("no database"),
    "timeout": TimeoutError("no database"),
}


@both_faces
@pytest.mark.parametrize("error", STARTS_BADLY.values(), ids=STARTS_BADLY)
def test_what_the_start_up_of_an_aiohttp_application_raises_is_the_outcome(face: str, error: BaseException) -> None:
    async def start(_app: web.Application) -> None:
        raise error

    app = aiohttp_that_never()
    app.on_startup.append(start)
    (delivery,) = notified(face, app, timeout="5s")
    assert (delivery.reason, delivery.exception) == (Reason.EXCEPTION, error)


def test_an_answer_that_passes_on_the_header_of_an_exception_elsewhere_is_an_answer() -> None:
    async def handle(_request: web.Request) -> web.Response:
        return web.Response(headers={HEADER: "of another"})

    app = web.Application()
    app.router.add_post("/hooks", handle)
    [delivery] = delivered("sync", app)

    assert (delivery.status, delivery.exception) == (200, None)
    assert (HEADER, "of another") in delivery.response_headers


def test_what_a_handler_raises_when_it_is_cut_off_is_kept_for_nobody() -> None:
    ended: list[bool] = []

    async def handle(_request: web.Request) -> web.Response:
        try:
            await never()
        finally:
            ended.append(True)
            raise LookupError("no such table")

    app = web.Application()
    app.router.add_post("/hooks", handle)
    with Emulator(timeout="50ms", allow={"failed"}) as copper:
        listening(copper, app)
        copper.fire("person", "update", ids=1)
        [server] = copper._dispatcher._servers.values()

    assert ended == [True]
    assert server._raised._kept == {}


@both_faces
def test_a_lifespan_that_exits_is_a_start_up_that_failed(face: str) -> None:
    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        if scope["type"] == "lifespan":
            raise SystemExit("no database")

    (delivery,) = notified(face, app, timeout="5s")
    assert delivery.reason is Reason.EXCEPTION
    assert "the application's start-up failed: SystemExit('no database')" in delivery.text


@pytest.mark.parametrize("kind", ["asgi", "aiohttp"])
def test_a_task_of_the_application_that_exits_ends_neither_its_loop_nor_the_test(kind: str) -> None:
    """asyncio lets SystemExit out of the loop; whatever awaits the task gets it, as on a server of its own."""

    async def leave() -> None:
        raise SystemExit("bye")

    async def asgi(scope: Any, _receive: Any, _send: Any) -> None:
        if scope["type"] == "http":
            await asyncio.create_task(leave())

    async def handle(_request: web.Request) -> web.Response:
        await asyncio.create_task(leave())
        raise AssertionError

    app = web.Application()
    app.router.add_post("/hooks", handle)
    deliveries = notified("sync", asgi if kind == "asgi" else app, times=2, timeout="5s")
    assert [repr(delivery.exception) for delivery in deliveries] == ["SystemExit('bye')"] * 2


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["asgi", "async function", "aiohttp", "function"])
async def test_a_cancellation_of_the_test_goes_through(kind: str) -> None:
    reached, let_go = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    async def hang() -> None:
        loop.call_soon_threadsafe(reached.set)
        await never()

    async def asgi(scope: Any, _receive: Any, _send: Any) -> None:
        if scope["type"] == "http":
            await hang()

    async def function(_request: Received) -> None:
        await hang()

    async def handle(_request: web.Request) -> web.Response:
        await hang()
        raise AssertionError

    def blocking(_request: Received) -> None:
        loop.call_soon_threadsafe(reached.set)
        let_go.wait(20)

    app = web.Application()
    app.router.add_post("/hooks", handle)
    to = {"asgi": asgi, "async function": function, "aiohttp": app, "function": blocking}[kind]
    async with AsyncEmulator(allow={"unknown"}) as copper:
        listening(copper, to)
        firing = asyncio.create_task(copper.fire("person", "update", ids=1))
        await reached.wait()
        firing.cancel()
        # A thread cannot be cancelled: asgiref waits for it, and the test may, too.
        let_go.set()
        with pytest.raises(asyncio.CancelledError):
            await firing
        assert [delivery.outcome for delivery in copper.deliveries] == [Outcome.UNKNOWN]


@pytest.mark.asyncio
async def test_if_one_of_a_round_ends_the_call_the_others_end_with_it() -> None:
    begun, log = asyncio.Event(), list[str]()

    async def hang(_request: Received) -> None:
        begun.set()
        try:
            await never()
        finally:
            log.append("ended")

    async def end(_request: Received) -> None:
        await begun.wait()
        pytest.exit("enough")

    async with AsyncEmulator(in_flight=2, allow={"unknown"}) as copper:
        for name, to in (("hanging", hang), ("ending", end)):
            copper.route(f"https://{name}.example", to=to)
            copper.subscribe("person", "update", target=f"https://{name}.example/hook")
        with pytest.raises(pytest.exit.Exception, match="enough"):
            await copper.fire("person", "update", ids=1)
        assert log == ["ended"]


# --- how long it took in real time -----------------------------------------------------------------------------------


def slow_wsgi(_environ: Any, start_response: Any) -> list[bytes]:
    threading.Event().wait(0.02)
    start_response("200 OK", [])
    return [b""]


def slow_function(_request: Received) -> int:
    threading.Event().wait(0.02)
    return 200


@pytest.mark.parametrize("to", [slow_wsgi, slow_function])
def test_a_delivery_says_how_long_it_took_in_real_time(to: Any) -> None:
    with Emulator() as copper:
        listening(copper, to)
        copper.fire("person", "update", ids=17)

        (delivery,) = copper.expect("person", "update")
        assert delivery.took_ms is not None
        assert delivery.took_ms >= 20
        assert delivery.started == delivery.ended, "and none in virtual time"


def test_over_http_the_way_there_and_back_counts() -> None:
    async def answer(_request: web.Request) -> web.Response:
        await pause_async(0.02)
        return web.Response()

    app = web.Application()
    app.router.add_post("/hooks", answer)
    with Emulator() as copper, app_in_thread(app) as url:
        listening(copper, url)
        copper.fire("person", "update", ids=17)

        (delivery,) = copper.expect("person", "update")
        assert delivery.took_ms is not None
        assert delivery.took_ms >= 20


def test_what_was_not_sent_took_no_time() -> None:
    with Emulator(strict=False) as copper:
        copper.subscribe("person", "update", target=f"{ORIGIN}/hooks")
        copper.fire("person", "update", ids=17)

        assert [(delivery.outcome, delivery.took_ms) for delivery in copper.deliveries] == [(Outcome.BLOCKED, None)]


@pytest.mark.asyncio
async def test_in_an_asynchronous_test_it_is_measured_too() -> None:
    async with AsyncEmulator() as copper:
        listening(copper, slow_function)
        await copper.fire("person", "update", ids=17)

        (delivery,) = await copper.expect("person", "update")
        assert delivery.took_ms is not None
        assert delivery.took_ms >= 20
