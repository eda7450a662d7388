"""Async endpoints in synchronous tests: what they leave behind goes on after the call, and ends or is left alone."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from copper_emulator import Copper, Emulator, Received
from copper_emulator.shell import app_loop

TARGET = "https://app.example/hooks"
Work = Callable[[int], Awaitable[None]]


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator() as account:
        account.subscribe("person", "new", target=TARGET)
        yield account


def answering_first(work: Work, *, lifespan: Work | None = None) -> Any:
    """An ASGI application that begins a task for each id, answers 200, and waits for none of them."""
    begun: set[asyncio.Task[None]] = set()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            if lifespan is not None:
                begun.add(asyncio.ensure_future(lifespan(0)))
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        body = json.loads((await receive())["body"])
        begun.update(asyncio.ensure_future(work(each)) for each in body["ids"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return app


def _update(copper: Copper, record: int) -> None:
    copper.fire("person", "update", ids=record)


def called_by(thread: Callable[[], None]) -> Awaitable[None]:
    """Is done when something has been done in another thread."""
    return asyncio.to_thread(thread)


def test_the_work_of_an_application_after_its_answer_is_done_when_the_call_returns(copper: Copper) -> None:
    done: list[int] = []

    async def work(each: int) -> None:
        await called_by(lambda: None)
        done.append(each)

    copper.route("https://app.example", to=answering_first(work))
    copper.fire("person", "new", ids=[1, 2])

    assert sorted(done) == [1, 2]


def test_that_of_an_async_function_too_and_what_the_work_begins_itself(copper: Copper) -> None:
    done: list[str] = []
    begun: list[asyncio.Task[None]] = []

    async def second() -> None:
        await called_by(lambda: None)
        done.append("second")

    async def first() -> None:
        begun.append(asyncio.create_task(second()))
        await called_by(lambda: None)
        done.append("first")

    async def hook(_: Received) -> int:
        begun.append(asyncio.create_task(first()))
        return 200

    copper.route("https://app.example", to=hook)
    copper.fire("person", "new", ids=1)

    assert sorted(done) == ["first", "second"]


def test_what_the_work_changes_is_caused_by_its_notification(copper: Copper) -> None:
    async def work(each: int) -> None:
        await called_by(lambda: _update(copper, each))

    copper.route("https://app.example", to=answering_first(work))
    copper.fire("person", "new", ids=7)

    assert [entry.change.cause for entry in copper.journal if entry.change is not None] == [None, 1]


def test_what_the_work_raises_is_told_with_its_delivery() -> None:
    async def work(_: int) -> None:
        await called_by(lambda: None)
        raise LookupError("no such customer")

    with Emulator(allow="exception") as copper:
        copper.subscribe("person", "new", target=TARGET)
        copper.route("https://app.example", to=answering_first(work))
        copper.fire("person", "new", ids=7)

        [delivery] = copper.deliveries
        assert (delivery.status, repr(delivery.exception)) == (200, "LookupError('no such customer')")


def test_work_that_has_no_end_is_waited_for_once(copper: Copper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_loop, "_MOST", 0.05)
    waits: list[int] = []

    async def work(each: int) -> None:
        waits.append(each)
        await asyncio.Event().wait()

    copper.route("https://app.example", to=answering_first(work))
    copper.fire("person", "new", ids=1)
    monkeypatch.setattr(app_loop, "_MOST", 3600.0)
    copper.route("https://app.example", to=answering_first(lambda each: called_by(lambda: None)))
    copper.fire("person", "new", ids=2)

    assert (waits, len(copper.deliveries)) == ([1], 2)


def test_the_work_of_a_lifespan_is_not_waited_for(copper: Copper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_loop, "_MOST", 3600.0)
    worked: list[int] = []

    async def consume(_: int) -> None:
        await asyncio.Event().wait()

    async def work(each: int) -> None:
        worked.append(each)

    copper.route("https://app.example", to=answering_first(work, lifespan=consume))
    copper.fire("person", "new", ids=1)

    assert worked == [1]


def test_a_checks_patience_is_for_what_a_lifespans_task_does(copper: Copper) -> None:
    """It takes what answers leave to it from a queue: each record is there from `new` on, and gone with `delete`."""
    queue: asyncio.Queue[int] = asyncio.Queue()
    told: Counter[int] = Counter()

    async def consume(_: int) -> None:
        while True:
            each = await queue.get()
            await called_by(lambda: None)
            told[each] += 1

    copper.route("https://app.example", to=answering_first(queue.put, lifespan=consume))
    report = copper.check(
        TARGET,
        only="batch-30",
        types=["person"],
        state=lambda: {"person": [each for each, times in told.items() if times < 3]},
        patience="60s",
    )

    assert report.ok, str(report)
    assert len(told) == 30
