"""A state that is asynchronous is awaited where the endpoint runs, so that it can use the endpoint's own database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from copper_emulator import AsyncEmulator, Emulator, Received, Report
from copper_emulator.checks import looking
from copper_emulator.checks.state import StateError

TARGET = "https://app.example/hook"
ROWS = "answers,type-person,secret-missing"


class Database:
    """People, and the loop on which they were stored; another may not read them, as with a driver's connection."""

    def __init__(self) -> None:
        self.people: dict[int, Any] = {}
        self.loops: set[asyncio.AbstractEventLoop] = set()
        self.forgets = False

    async def take(self, copper: Any, body: dict[str, Any]) -> None:
        self.loops.add(asyncio.get_running_loop())
        async with aiohttp.ClientSession(headers=copper.headers) as client:
            for each in body["ids"]:
                self.people.pop(each, None)
                async with client.get(f"{copper.api_url}/people/{each}") as answer:
                    if answer.status == 200 and not self.forgets:
                        self.people[each] = await answer.json()

    async def read(self) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        self.loops.add(loop)
        return {"person": await loop.run_in_executor(None, dict, self.people)}


Hook = Callable[[Any], Awaitable[int]]


def as_function(hook: Hook) -> Any:
    async def called(request: Received) -> int:
        return await hook(request.json)

    return called


def as_asgi(hook: Hook) -> Any:
    async def called(request: Request) -> Response:
        return Response(status_code=await hook(await request.json()))

    return Starlette(routes=[Route("/hook", called, methods=["POST"])])


def as_aiohttp(hook: Hook) -> Any:
    async def called(request: web.Request) -> web.Response:
        return web.Response(status=await hook(await request.json()))

    app = web.Application()
    app.router.add_post("/hook", called)
    return app


def hook_of(copper: Any, database: Database) -> Hook:
    async def hook(body: dict[str, Any]) -> int:
        if body.get("key") != "s3cret":
            return 403
        await database.take(copper, body)
        return 200

    return hook


def checked(face: str, make: Callable[[Hook], Any], database: Database, state: Any, **changes: Any) -> Report:
    options = {"only": ROWS, "types": "person", "secret": {"key": "s3cret"}, "state": state, **changes}
    if face == "async":
        return asyncio.run(_checked(make, database, options))
    with Emulator(strict=False) as copper:
        copper.route("https://app.example", to=make(hook_of(copper, database)))
        return copper.check(TARGET, **options)


async def _checked(make: Callable[[Hook], Any], database: Database, options: dict[str, Any]) -> Report:
    async with AsyncEmulator(strict=False) as copper:
        copper.route("https://app.example", to=make(hook_of(copper, database)))
        return await copper.check(TARGET, **options)


FACES = pytest.mark.parametrize("face", ["sync", "async"])
ENDPOINTS = pytest.mark.parametrize("make", [as_function, as_asgi, as_aiohttp])


@FACES
@ENDPOINTS
def test_it_is_awaited_on_the_loop_of_its_endpoint(face: str, make: Callable[[Hook], Any]) -> None:
    database = Database()
    report = checked(face, make, database, database.read)

    assert report.ok, report
    assert [row.name for row in report.rows if not row.by_answers] == ROWS.split(",")
    assert len(database.loops) == 1


@FACES
@ENDPOINTS
def test_what_it_lacks_fails_the_row(face: str, make: Callable[[Hook], Any]) -> None:
    database = Database()
    database.forgets = True
    report = checked(face, make, database, database.read)

    assert str(report["type-person"].verdict) == "failed"
    assert "is missing from the state" in report["type-person"].evidence


@FACES
def test_a_patient_check_waits_for_it_to_become_right(face: str) -> None:
    """The endpoint stores what it was told only when its state is asked for the second time."""
    database, looks = Database(), []

    async def late() -> dict[str, Any]:
        looks.append(database.people)
        state = await database.read()
        return state if len(looks) % 2 == 0 else {"person": {}}

    report = checked(face, as_function, database, late, only="batch-2", patience="10s")

    assert report.ok, report
    assert len(looks) >= 3


@FACES
def test_what_it_raises_in_a_row_is_the_rows_finding(face: str) -> None:
    database = Database()

    async def broken() -> dict[str, Any]:
        if database.people:
            raise RuntimeError("the pool is closed")
        return await database.read()

    report = checked(face, as_function, database, broken)

    assert str(report["type-person"].verdict) == "failed"
    assert "the state is not available: it raised" in report["type-person"].evidence
    assert "the pool is closed" in report["type-person"].evidence


@FACES
def test_what_it_raises_before_anything_is_sent_is_raised(face: str) -> None:
    database = Database()

    async def broken() -> dict[str, Any]:
        raise RuntimeError("the pool is closed")

    with pytest.raises(RuntimeError, match="the pool is closed"):
        checked(face, as_function, database, broken)
    assert database.loops == set()


@FACES
def test_one_that_does_not_end_is_given_up(face: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "PATIENCE", 20)
    database = Database()

    async def endless() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    with pytest.raises(StateError, match="the state has not come after 20ms of waiting for it"):
        checked(face, as_function, database, endless)


@FACES
def test_its_form_is_judged_as_that_of_others(face: str) -> None:
    async def listed() -> list[int]:
        return [17]

    with pytest.raises(StateError, match="a state is an object of types"):
        checked(face, as_function, Database(), listed)
