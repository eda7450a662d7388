"""Async endpoints in this process: simultaneous notifications reach them simultaneously, and fetches may take time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
import requests
from aiohttp import web

from copper_emulator import AsyncEmulator, Copper, Emulator, Received, Report
from copper_emulator.checks.plan import Plan, rows_of
from copper_emulator.checks.run import check
from copper_emulator.shell.delivering.driver import run_sync

TARGET = "https://app.example/hook"
AT_ONCE = 16

FACES = pytest.mark.parametrize("face", ["sync", "async"])

Make = Callable[[Any, dict[int, Any]], Any]
"""Makes the endpoint from the account and the people it stores."""


def checked(face: str, make: Make, row: str) -> Report:
    """Run a row about people."""
    if face == "async":
        return asyncio.run(_checked(make, row))
    known: dict[int, Any] = {}
    with Emulator(strict=False) as copper:
        copper.route("https://app.example", to=make(copper, known))
        return copper.check(TARGET, only=row, types="person", no_secret=True, state=lambda: {"person": known})


async def _checked(make: Make, row: str) -> Report:
    known: dict[int, Any] = {}
    async with AsyncEmulator(strict=False) as copper:
        copper.route("https://app.example", to=make(copper, known))
        return await copper.check(TARGET, only=row, types="person", no_secret=True, state=lambda: {"person": known})


def keep(known: dict[int, Any], each: int, status: int, record: Any) -> None:
    if status == 200:
        known[each] = record
    else:
        known.pop(each, None)


async def fetch(copper: Any, known: dict[int, Any], body: dict[str, Any]) -> None:
    async with aiohttp.ClientSession(headers=copper.headers) as client:
        for each in body["ids"]:
            async with client.get(f"{copper.api_url}/people/{each}") as answer:
                keep(known, each, answer.status, await answer.json())


def answering_first(copper: Any, known: dict[int, Any]) -> Any:
    begun: set[asyncio.Task[None]] = set()

    async def hook(request: Received) -> int:
        begun.add(asyncio.create_task(fetch(copper, known, request.json)))
        return 200

    return hook


@FACES
def test_who_answers_first_and_fetches_afterwards_does_what_the_row_asks_for(face: str) -> None:
    report = checked(face, answering_first, "slow-fetch")

    assert str(report["slow-fetch"].verdict) == "passed", report
    assert "2 calls of the API, each taking 2.0 s" in report["slow-fetch"].evidence
    assert "2 records as Copper has them" in report["slow-fetch"].evidence


class Meeting:
    """Answers no one until all expected callers have arrived."""

    def __init__(self) -> None:
        self._here = 0
        self._all = asyncio.Event()

    async def joined(self) -> None:
        self._here += 1
        if self._here == AT_ONCE:
            self._all.set()
        await self._all.wait()


def meeting(copper: Any, known: dict[int, Any]) -> Any:
    told = meeting_as_such(copper, known)

    async def hook(request: Received) -> int:
        await told(request.json)
        return 200

    return hook


def meeting_as_such(copper: Any, known: dict[int, Any]) -> Callable[[dict[str, Any]], Any]:
    """What all of them do with a body."""
    meetings: list[Meeting] = []

    async def told(body: dict[str, Any]) -> None:
        if not meetings:
            # Created on the loop of whoever is notified.
            meetings.append(Meeting())
        if body["event"] == "new":
            await meetings[0].joined()
        await fetch(copper, known, body)

    return told


def meeting_as_asgi(copper: Any, known: dict[int, Any]) -> Any:
    told = meeting_as_such(copper, known)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await told(json.loads((await receive())["body"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return app


def meeting_in_aiohttp(copper: Any, known: dict[int, Any]) -> web.Application:
    told = meeting_as_such(copper, known)

    async def handle(request: web.Request) -> web.Response:
        await told(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", handle)
    return app


@FACES
@pytest.mark.parametrize("make", [meeting, meeting_as_asgi, meeting_in_aiohttp])
def test_sixteen_at_once_are_there_at_once(face: str, make: Make) -> None:
    report = checked(face, make, "concurrent")

    assert str(report["concurrent"].verdict) == "passed", report


def blocking(copper: Any, known: dict[int, Any]) -> Any:
    async def hook(request: Received) -> int:
        for each in request.json["ids"]:
            url = f"{copper.api_url}/people/{each}"
            answer = requests.get(url, headers=copper.headers, timeout=10)  # noqa: ASYNC210 - the mistake under test
            keep(known, each, answer.status_code, answer.json())
        return 200

    return hook


@FACES
def test_who_fetches_in_a_way_that_blocks_the_loop_is_warned(face: str) -> None:
    row = checked(face, blocking, "concurrent")["concurrent"]

    assert str(row.verdict) == "warned", row
    assert row.evidence.startswith("its fetches blocked the event loop for ")
    assert "await asyncio.to_thread(...)" in row.advice


def broken_off(copper: Copper, to: Any) -> Any:
    """Run the row, which is broken off after its first round."""
    copper.route("https://app.example", to=to)
    rows = [replace(rows_of("concurrent", None)[0], limit=0.0)]
    plan = Plan(TARGET, TARGET, rows=rows)
    manner = copper._dispatcher.manner(TARGET)
    return run_sync(check(copper._here, plan, manner=manner), copper._dispatcher.send)["concurrent"]


def test_an_async_endpoint_that_is_too_slow_fails_and_one_that_blocks_is_told_what_it_does() -> None:
    async def slow(_: Received) -> int:
        return 200

    with Emulator(strict=False) as copper:
        row = broken_off(copper, slow)
        blocked = broken_off(copper, blocking(copper, {}))

    assert str(row.verdict) == str(blocked.verdict) == "failed"
    assert row.evidence.startswith("not done after 0 s, the slowest answered after ")
    assert "blocked the event loop" not in row.evidence
    assert "blocked the event loop" in blocked.evidence
    assert "Do not block in async code" in blocked.advice


def test_what_is_called_one_after_the_other_has_nothing_at_once() -> None:
    with Emulator(strict=False) as copper:
        too_slow = broken_off(copper, lambda request: 200)
        report = copper.check(TARGET, only="concurrent,burst", no_secret=True)
        copper.route("https://app.example", to=lambda request: 500)
        wrong = copper.check(TARGET, only="concurrent", no_secret=True)["concurrent"]

    row = report["concurrent"]
    assert str(too_slow.verdict) == str(row.verdict) == "skipped"
    for each in (too_slow, row):
        assert each.evidence.endswith("; in this process they come one after the other, so nothing was at once")
        assert each.advice == "To have them at once, serve the endpoint and check its URL."
    assert "65 notifications answered 2xx" in row.evidence
    assert report.notes[-1].startswith("burst: in this process the endpoint is called one notification after the ")
    # What goes wrong even so is no less wrong.
    assert str(wrong.verdict) == "failed"


@pytest.mark.asyncio
async def test_in_an_asynchronous_test_a_plain_function_runs_in_threads() -> None:
    async with AsyncEmulator(strict=False) as copper:
        copper.route("https://app.example", to=lambda request: 200)
        copper.route("https://asgi.example", to=meeting_as_asgi(copper, {}))
        manners = [copper._dispatcher.manner(f"https://{name}.example/hook").name for name in ("asgi", "other")]

    assert manners == ["ON_LOOP", "APART"]


def failing_afterwards(copper: Any, known: dict[int, Any]) -> Any:
    """Answers first; then it keeps what it is told, and stumbles."""
    begun: set[asyncio.Task[None]] = set()

    async def work(body: dict[str, Any]) -> None:
        known.update({each: {} for each in body["ids"]})
        raise TypeError("no number")

    async def hook(request: Received) -> int:
        begun.add(asyncio.create_task(work(request.json)))
        return 200

    return hook


@FACES
def test_what_is_raised_after_the_answer_is_told_and_a_warning_where_nothing_was_lost(face: str) -> None:
    row = checked(face, failing_afterwards, "answers")["answers"]

    assert str(row.verdict) == "warned"
    assert row.evidence.endswith("1 record as Copper has it; after its answer it raised TypeError('no number')")
    assert row.advice.startswith("Catch what goes wrong after the answer")


def test_what_is_raised_after_the_answer_fails_the_row_where_nobody_looks_what_was_lost() -> None:
    with Emulator(strict=False) as copper:
        copper.route("https://app.example", to=failing_afterwards(copper, {}))
        row = copper.check(TARGET, only="batch-1", types="person", no_secret=True)["batch-1"]

    assert str(row.verdict) == "failed"
    assert row.evidence.endswith("; after its answer it raised TypeError('no number') (first of 3 times)")


def test_a_wrong_state_is_told_with_what_was_raised_after_the_answer() -> None:
    with Emulator(strict=False) as copper:
        copper.route("https://app.example", to=failing_afterwards(copper, {}))
        row = copper.check(TARGET, only="answers", types="person", no_secret=True, state=dict)["answers"]

    assert str(row.verdict) == "failed"
    assert "is missing from the state" in row.evidence
    assert row.evidence.endswith("; after its answer it raised TypeError('no number')")
