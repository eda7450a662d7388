"""Applications are stopped on the loop on which they were started, each of them, and what one raises then is told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web

from copper_emulator import AsyncCopper, AsyncEmulator, RouteError

TARGET = "https://app.example/hook"


@pytest.fixture
def loops() -> Iterator[tuple[asyncio.AbstractEventLoop, asyncio.AbstractEventLoop]]:
    """Two that are open at the same time, as a fixture's and its test's may be."""
    one, other = asyncio.new_event_loop(), asyncio.new_event_loop()
    yield one, other
    one.close()
    other.close()


Loops = tuple[asyncio.AbstractEventLoop, asyncio.AbstractEventLoop]


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
