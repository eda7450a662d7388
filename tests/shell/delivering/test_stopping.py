"""Applications are stopped on the loop on which they were started, each of them, and what one raises then is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeAlias

import pytest
from aiohttp import web

from copper_emulator import AsyncCopper, AsyncEmulator, Emulator, RouteError

TARGET = "https://app.example/hook"

Loops: TypeAlias = tuple[asyncio.AbstractEventLoop, asyncio.AbstractEventLoop]
Send: TypeAlias = Callable[[dict[str, str]], Awaitable[None]]


@pytest.fixture
def loops() -> Iterator[Loops]:
    """Two that are open at the same time, as a fixture's and its test's may be."""
    one, other = asyncio.new_event_loop(), asyncio.new_event_loop()
    yield one, other
    one.close()
    other.close()


def asgi(told: list[str]) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            told.append("startup")
            await send({"type": "lifespan.startup.complete"})
            await receive()
            told.append("shutdown")
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return app


def in_aiohttp(told: list[str]) -> web.Application:
    async def handle(_: web.Request) -> web.Response:
        return web.Response()

    async def lives(_: web.Application) -> Any:
        told.append("startup")
        yield
        told.append("shutdown")

    app = web.Application()
    app.cleanup_ctx.append(lives)
    app.router.add_post("/hook", handle)
    return app


async def listening(emulator: AsyncEmulator, app: Any) -> AsyncCopper:
    """An account in which the application is started on the running loop."""
    copper = await emulator.__aenter__()
    copper.route("https://app.example", to=app)
    copper.subscribe("person", "new", target=TARGET)
    await copper.start(app)
    return copper


def test_one_that_runs_on_two_loops_is_stopped_on_each(loops: Loops) -> None:
    one, other = loops
    told: list[str] = []
    emulator = AsyncEmulator()
    copper = one.run_until_complete(listening(emulator, asgi(told)))

    other.run_until_complete(copper.people.create(name="Ada"))
    other.run_until_complete(copper.stop_apps())
    assert told == ["startup", "startup", "shutdown"]

    # Not anew: it still runs there.
    one.run_until_complete(copper.people.create(name="Grace"))
    one.run_until_complete(copper.expect("person", "new", count=2))
    one.run_until_complete(emulator.__aexit__(None, None, None))
    assert told == ["startup", "startup", "shutdown", "shutdown"]
    assert not asyncio.all_tasks(one)


def test_what_ran_on_a_loop_that_is_closed_is_forgotten(loops: Loops) -> None:
    one, other = loops
    emulator = AsyncEmulator()
    copper = asyncio.run(listening(emulator, asgi([])))

    one.run_until_complete(copper.people.create(name="Ada"))
    other.run_until_complete(copper.people.create(name="Grace"))

    assert {loop for _, loop in copper._dispatcher._lifespans} == {one, other}
    other.run_until_complete(copper.expect("person", "new", count=2))
    one.run_until_complete(copper.stop_apps())
    other.run_until_complete(emulator.__aexit__(None, None, None))


def test_an_aiohttp_application_stays_with_its_loop_and_another_is_told_so(loops: Loops) -> None:
    one, other = loops
    told: list[str] = []
    emulator = AsyncEmulator(strict=False)
    app = in_aiohttp(told)
    copper = one.run_until_complete(listening(emulator, app))

    with pytest.raises(RouteError, match="was not started: an aiohttp Application stays with the event loop"):
        other.run_until_complete(copper.start(app))
    other.run_until_complete(copper.people.create(name="Ada"))
    [delivery] = copper.deliveries
    assert "let what starts it and the test share a loop" in str(delivery.exception)
    other.run_until_complete(copper.stop_apps())
    # It is not shut down where it does not run.
    assert told == ["startup"]

    one.run_until_complete(copper.people.create(name="Grace"))
    one.run_until_complete(copper.expect("person", "new"))
    one.run_until_complete(emulator.__aexit__(None, None, None))
    assert told == ["startup", "shutdown"]


# --- a shutdown that fails --------------------------------------------------------------------------------------------


def ending(*acts: Callable[[Send], Awaitable[None]]) -> Any:
    """An ASGI application that does this when it is to shut down."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            for act in acts:
                await act(send)

    return app


async def says_so(send: Send) -> None:
    await send({"type": "lifespan.shutdown.failed", "message": "could not flush"})


async def raises(_: Send) -> None:
    raise LookupError("no such table")


async def exits(_: Send) -> None:
    raise SystemExit("bye")


async def awaits_what_it_cancelled(_: Send) -> None:
    task = asyncio.create_task(asyncio.Event().wait())
    task.cancel()
    await task


async def hangs_and_says_so_when_cut_off(send: Send) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await says_so(send)


def shut_down(face: str, *apps: Any, timeout: str = "30s") -> None:
    """Start applications in an account, and end it."""

    async def there() -> None:
        async with AsyncEmulator(timeout=timeout) as copper:
            for app in apps:
                await copper.start(app)

    if face == "async":
        asyncio.run(there())
        return
    with Emulator(timeout=timeout) as copper:
        for app in apps:
            copper.start(app)


FACES = pytest.mark.parametrize("face", ["sync", "async"])


@FACES
@pytest.mark.parametrize(
    ("acts", "told"),
    [
        ([says_so], 'RouteError("the application\'s shutdown failed: could not flush")'),
        ([raises], "LookupError('no such table')"),
        # As frameworks do.
        ([says_so, raises], "LookupError('no such table')"),
        ([exits], "RouteError(\"the application's lifespan failed: SystemExit('bye')\")"),
    ],
    ids=["said", "raised", "both", "exited"],
)
def test_a_shutdown_that_fails_is_told(face: str, acts: Any, told: str) -> None:
    with pytest.raises((LookupError, RouteError)) as raised:
        shut_down(face, ending(*acts))

    assert repr(raised.value) == told


@FACES
def test_all_others_are_shut_down_all_the_same(face: str) -> None:
    told: list[str] = []
    with pytest.raises(LookupError):
        shut_down(face, asgi(told), ending(raises), asgi(told), in_aiohttp(told))

    assert told.count("shutdown") == told.count("startup") == 3


@FACES
def test_it_does_not_hide_what_the_block_has_raised(face: str) -> None:
    async def there() -> None:
        async with AsyncEmulator() as copper:
            await copper.start(ending(raises))
            raise KeyError("of the test")

    def here() -> None:
        with Emulator() as copper:
            copper.start(ending(raises))
            raise KeyError("of the test")

    with pytest.raises(KeyError, match="of the test") as raised:
        here() if face == "sync" else asyncio.run(there())
    assert raised.value.__notes__ == ["An application's shutdown failed as well: LookupError('no such table')"]


@FACES
def test_what_a_lifespan_raises_while_it_is_up_is_told_at_the_end(face: str) -> None:
    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        raise LookupError("no such table")

    with pytest.raises(LookupError, match="no such table"):
        shut_down(face, app)


@FACES
def test_what_comes_of_being_cut_off_or_of_what_it_has_cancelled_itself_is_no_failure(face: str) -> None:
    shut_down(face, ending(hangs_and_says_so_when_cut_off), timeout="50ms")
    shut_down(face, ending(awaits_what_it_cancelled))


@FACES
def test_nor_is_having_no_lifespan(face: str) -> None:
    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        assert scope["type"] == "http"

    shut_down(face, app)
