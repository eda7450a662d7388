"""Applications that subscribe on startup are started before their first delivery, and none is started twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from copper_emulator import AsyncEmulator, Copper, Emulator, ExpectationError, RouteError, UsageError

TARGET = "https://app.example/hook"

FACES = pytest.mark.parametrize("face", ["sync", "async"])


class Calls:
    """What an application was called for, in order."""

    def __init__(self, on_startup: Callable[[], object] = lambda: None) -> None:
        self.told: list[str] = []
        self.on_startup = on_startup


def asgi(calls: Calls) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (kind := (await receive())["type"]) == "lifespan.startup":
                calls.told.append("startup")
                calls.on_startup()
                scope["state"]["database"] = "open"
                await send({"type": f"{kind}.complete"})
            calls.told.append("shutdown")
            await send({"type": f"{kind}.complete"})
            return
        calls.told.append(f"hook, database {scope['state'].get('database', 'unknown')}")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return app


def in_aiohttp(calls: Calls) -> web.Application:
    async def start(_: web.Application) -> None:
        calls.told.append("startup")
        calls.on_startup()

    async def stop(_: web.Application) -> None:
        calls.told.append("shutdown")

    async def handle(_: web.Request) -> web.Response:
        calls.told.append("hook, database open")
        return web.Response()

    app = web.Application()
    app.on_startup.append(start)
    app.on_shutdown.append(stop)
    app.router.add_post("/hook", handle)
    return app


@FACES
@pytest.mark.parametrize("make", [asgi, in_aiohttp])
def test_one_that_subscribes_as_it_starts_is_started_and_told_of_what_comes(face: str, make: Any) -> None:
    calls = Calls()
    app = make(calls)
    if face == "sync":
        with Emulator() as copper:
            calls.on_startup = lambda: copper.subscribe("person", "new", target=TARGET)
            copper.route("https://app.example", to=app)
            copper.start(app)
            copper.people.create(name="Ada")
            copper.expect("person", "new", count=1)
    else:
        asyncio.run(_started(app, calls))

    assert calls.told == ["startup", "hook, database open", "shutdown"]


async def _started(app: Any, calls: Calls) -> None:
    async with AsyncEmulator() as copper:
        calls.on_startup = lambda: copper.subscribe("person", "new", target=TARGET)
        copper.route("https://app.example", to=app)
        await copper.start(app)
        await copper.people.create(name="Ada")
        await copper.expect("person", "new", count=1)


def test_it_may_be_started_before_it_has_a_route_and_again() -> None:
    calls = Calls()
    app = asgi(calls)
    with Emulator() as copper:
        copper.start(app)
        copper.route("https://app.example", to=app)
        copper.start(app)
        copper.subscribe("person", "new", target=TARGET)
        copper.people.create(name="Ada")

    assert calls.told == ["startup", "hook, database open", "shutdown"]


def test_what_it_changes_as_it_starts_has_been_delivered_when_the_call_returns() -> None:
    with Emulator() as copper:

        def subscribe_and_write() -> None:
            copper.subscribe("person", "new", target=TARGET)
            copper.people.create(name="Ada")

        app = asgi(Calls(subscribe_and_write))
        copper.route("https://app.example", to=app)
        copper.start(app)

        assert [str(delivery.topic) for delivery in copper.deliveries] == ["person/new"]


@FACES
def test_where_the_test_has_entered_the_lifespan_it_is_not_entered_again(face: str) -> None:
    calls = Calls()
    app = asgi(calls)
    if face == "sync":
        with Emulator() as copper:
            copper.route("https://app.example", to=app, lifespan=False)
            copper.subscribe("person", "new", target=TARGET)
            copper.people.create(name="Ada")
            with pytest.raises(RouteError, match="has a route with lifespan=False: start it yourself"):
                copper.start(app)
    else:
        asyncio.run(_not_entered(app))

    assert calls.told == ["hook, database unknown"]


async def _not_entered(app: Any) -> None:
    async with AsyncEmulator() as copper:
        copper.route("https://app.example", to=app, lifespan=False)
        copper.subscribe("person", "new", target=TARGET)
        await copper.people.create(name="Ada")


def failing() -> None:
    raise LookupError("no database")


@FACES
@pytest.mark.parametrize("make", [asgi, in_aiohttp])
def test_a_start_up_that_fails_is_told(face: str, make: Any) -> None:
    async def start_there() -> None:
        async with AsyncEmulator() as copper:
            await copper.start(reporting(make, failing))

    with pytest.raises(RouteError, match=r"was not started: .*no database"):
        if face == "sync":
            with Emulator() as copper:
                copper.start(reporting(make, failing))
        else:
            asyncio.run(start_there())


def reporting(make: Any, on_startup: Callable[[], object]) -> Any:
    """The application, which reports it if its start-up fails, as frameworks do."""
    inner = make(Calls(on_startup))
    if make is in_aiohttp:
        return inner

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await inner(scope, receive, send)
        except LookupError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})

    return app


def test_what_has_no_start_up_is_refused() -> None:
    with Emulator() as copper:
        with pytest.raises(RouteError, match="cannot be started: only ASGI and aiohttp applications have a start-up"):
            copper.start(lambda request: 200)
        with pytest.raises(RouteError, match=r"lifespan=False is for ASGI applications, and .* is not one"):
            copper.route("https://app.example", to=lambda request: 200, lifespan=False)


def test_nothing_is_started_inside_a_delivery_or_after_the_end() -> None:
    refused: list[str] = []
    app = asgi(Calls())
    with Emulator() as copper:

        def hook(_: object) -> int:
            with pytest.raises(UsageError) as raised:
                copper.start(app)
            refused.append(str(raised.value))
            return 200

        copper.route("https://app.example", to=hook)
        copper.subscribe("person", "new", target=TARGET)
        copper.people.create(name="Ada")

    assert refused == ["start() cannot be called inside a delivery"]


@pytest.mark.asyncio
async def test_so_it_is_in_an_asynchronous_test_and_another_task_may() -> None:
    refused: list[str] = []
    calls = Calls()
    app = asgi(calls)
    async with AsyncEmulator() as copper:

        async def hook(_: object) -> int:
            with pytest.raises(UsageError) as raised:
                await copper.start(app)
            refused.append(str(raised.value))
            await up.wait()
            return 200

        up = asyncio.Event()
        calls.on_startup = up.set
        copper.route("https://app.example", to=hook)
        copper.subscribe("person", "new", target=TARGET)
        await asyncio.gather(copper.people.create(name="Ada"), copper.start(app))

    assert refused == ["start() cannot be called inside a delivery"]
    assert calls.told == ["startup", "shutdown"]
    with pytest.raises(UsageError, match="this account has ended with its test"):
        await copper.start(app)


@pytest.mark.asyncio
async def test_what_an_application_changes_as_it_starts_in_an_asynchronous_test_waits_until_it_is_up() -> None:
    done: list[str] = []
    async with AsyncEmulator() as copper:

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "lifespan":
                await receive()
                copper.subscribe("person", "new", target=TARGET)
                await copper.people.create(name="Ada")
                done.append("started")
                await send({"type": "lifespan.startup.complete"})
                await receive()
                await send({"type": "lifespan.shutdown.complete"})
                return
            done.append("notified")
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        copper.route("https://app.example", to=app)
        await copper.start(app)

        assert done == ["started", "notified"]


def advice(copper: Copper) -> str:
    copper.people.create(name="Ada")
    with pytest.raises(ExpectationError) as raised:
        copper.expect("person", "new")
    return str(raised.value).splitlines()[-1]


def test_who_waits_for_an_application_that_was_not_started_is_told_to_start_it() -> None:
    app = asgi(Calls())
    with Emulator() as copper:
        copper.route("https://other.example", to=lambda request: 200)
        copper.route("https://app.example", to=app)

        assert advice(copper) == (
            "Subscribe before the change: copper.subscribe('person', 'new', target='https://...'). If the application "
            "(asgi app) subscribes when it starts, start it before the change, copper.start(app): otherwise it starts "
            "with its first notification."
        )
        copper.start(app)
        assert "start it" not in advice(copper)


def test_and_not_where_it_is_started_by_others() -> None:
    with Emulator() as copper:
        copper.route("https://app.example", to=asgi(Calls()), lifespan=False)

        assert "start it" not in advice(copper)
