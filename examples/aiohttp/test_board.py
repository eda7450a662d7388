"""The tests of board: the `copper_async` fixture plays Copper, and the application really listens on a port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from board import BOARD, EVERYTHING, REST, Board, Config, create_app

from copper_emulator import AsyncCopper

ORIGIN = "https://board.example.com"
TARGET = f"{ORIGIN}/hooks/copper"

pytestmark = pytest.mark.asyncio


class Resting:
    """Replaces the worker's sleep: reports how long it would be, and waits to be woken."""

    def __init__(self) -> None:
        self.begins: asyncio.Queue[float] = asyncio.Queue()
        self.ends: asyncio.Queue[None] = asyncio.Queue()

    async def __call__(self, seconds: float) -> None:
        self.begins.put_nowait(seconds)
        await self.ends.get()


@pytest.fixture
def resting() -> Resting:
    return Resting()


@pytest_asyncio.fixture
async def server(copper_async: AsyncCopper, resting: Resting) -> AsyncIterator[TestServer]:
    """board is running; it has subscribed itself, and read the tasks that there were."""
    config = Config(copper_async.api_url, copper_async.token, copper_async.email, TARGET, "s3cret", sleep=resting)
    server = TestServer(create_app(config))
    async with server:
        copper_async.route(ORIGIN, to=str(server.make_url("")))
        await server.app[BOARD].queue.join()
        yield server


@pytest.fixture
def board(server: TestServer) -> Board:
    return server.app[BOARD]


async def names(board: Board) -> dict[int, str]:
    """The names that board shows, once the worker has nothing left to do."""
    await board.queue.join()
    return {task_id: task["name"] for task_id, task in board.tasks.items()}


def truth(copper: AsyncCopper) -> dict[int, str]:
    """The names in Copper."""
    return {task.id: task.name for task in copper.tasks.search()}


async def make(copper: AsyncCopper, count: int) -> list[Any]:
    return list(await copper.tasks.create_many({"name": f"Task {n}"} for n in range(count)))


async def test_a_task_is_known_and_followed_until_it_is_deleted(copper_async: AsyncCopper, board: Board) -> None:
    call = await copper_async.tasks.create(name="Call Ada")
    assert await names(board) == {call.id: "Call Ada"}

    await copper_async.tasks.update(call.id, name="Call Ada Lovelace", priority="High")
    assert await names(board) == {call.id: "Call Ada Lovelace"}
    assert board.tasks[call.id]["priority"] == "High"

    await copper_async.tasks.delete(call.id)
    assert await names(board) == {}


async def test_it_shows_what_is_still_to_be_done(copper_async: AsyncCopper, board: Board, server: TestServer) -> None:
    done = await copper_async.tasks.create(name="Write")
    await copper_async.tasks.create(name="Call")
    await copper_async.tasks.update(done.id, status="Completed")
    await board.queue.join()

    async with ClientSession() as session, session.get(server.make_url("/tasks")) as answer:
        shown = await answer.json()

    assert [task["name"] for task in shown] == ["Call"]


async def test_it_subscribes_once_however_often_it_is_started(copper_async: AsyncCopper, server: TestServer) -> None:
    config = Config(copper_async.api_url, copper_async.token, copper_async.email, TARGET, "s3cret")
    async with TestServer(create_app(config)):
        subscribed = [(each.type, each.event) for each in copper_async.subscriptions]

    assert subscribed == [("task", event) for event in ("new", "update", "delete")]


async def test_a_burst_of_thirty_is_one_notification(copper_async: AsyncCopper, board: Board) -> None:
    made = await make(copper_async, 30)

    await copper_async.expect("task", "new", ids=made, status=204, count=1)
    assert await names(board) == truth(copper_async)


@pytest.mark.copper(latency="0-15m", faults="shuffle", seed=7)
async def test_late_and_out_of_order_comes_to_the_same(copper_async: AsyncCopper, board: Board) -> None:
    first, second = await make(copper_async, 2)
    for name in ("Call A.", "Call A. L.", "Call Ada"):
        await copper_async.tasks.update(first.id, name=name)
    await copper_async.tasks.delete(second.id)

    await copper_async.run_until_idle()

    assert copper_async.deliveries[0].event != "new", "with this seed something else comes first"
    assert await names(board) == {first.id: "Call Ada"}


@pytest.mark.copper(fetch_race="deleted")
async def test_a_task_that_is_gone_before_it_is_fetched_is_not_kept(copper_async: AsyncCopper, board: Board) -> None:
    await make(copper_async, 1)

    await copper_async.expect("task", "new", count=1)
    assert await names(board) == {}


async def test_what_notifications_have_missed_is_found_by_reconciling(copper_async: AsyncCopper, board: Board) -> None:
    kept, changed, deleted = await make(copper_async, 3)
    assert len(await names(board)) == 3
    copper_async.faults.lose(next=10)
    await copper_async.tasks.update(changed.id, name="Call Ada")
    await copper_async.tasks.delete(deleted.id)
    await make(copper_async, 210)
    assert set(await names(board)) == {kept.id, changed.id, deleted.id}

    board.queue.put_nowait(EVERYTHING)

    assert await names(board) == truth(copper_async)
    assert len(board.tasks) == 212


@pytest.mark.copper(search_lag="30s")
async def test_a_task_that_the_search_does_not_have_yet_is_not_thrown_away(
    copper_async: AsyncCopper, board: Board
) -> None:
    [task] = await make(copper_async, 1)

    board.queue.put_nowait(EVERYTHING)

    assert list(await names(board)) == [task.id]


async def test_a_forged_notification_changes_nothing(copper_async: AsyncCopper, board: Board) -> None:
    forged = {"type": "task", "event": "delete", "ids": [17], "key": "guessed"}

    await copper_async.replay(forged, target=TARGET)

    await copper_async.expect("task", "delete", ids=17, status=401)
    assert board.queue.empty()


@pytest.mark.copper(api_limits="20/1m")
async def test_where_copper_is_too_busy_the_worker_rests_and_goes_on(
    copper_async: AsyncCopper, board: Board, resting: Resting
) -> None:
    await make(copper_async, 30)
    assert await asyncio.wait_for(resting.begins.get(), 10) == REST
    assert 0 < len(board.tasks) < 20

    await copper_async.advance(minutes=1)
    resting.ends.put_nowait(None)

    assert await names(board) == truth(copper_async)
