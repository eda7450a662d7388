"""What an `after_delivery` hook returns is awaited where the endpoint runs, so that a lifespan's worker has worked."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import logging
import threading
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from aiohttp import web
from fastapi import FastAPI, Request

from copper_emulator import AsyncEmulator, Copper, Delivery, Emulator, UsageError
from copper_emulator.shell import hook_work

TARGET = "https://app.example/hooks/copper"

Work = Callable[[int], Any]


class Worker:
    """Answers first; a task that was started with the application takes the ids from a queue and works."""

    def __init__(self, work: Work) -> None:
        self.done: list[int] = []
        self._work = work

    @asynccontextmanager
    async def running(self, _app: object) -> AsyncIterator[None]:
        self.queue: asyncio.Queue[int] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        task = asyncio.create_task(self._run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def _run(self) -> None:
        while True:
            each = await self.queue.get()
            # It does not finish within the call of the endpoint.
            await asyncio.to_thread(str)
            worked = self._work(each)
            if worked is not None:
                await worked
            self.done.append(each)
            self.queue.task_done()

    def take(self, body: dict[str, Any]) -> None:
        for each in body["ids"]:
            self.queue.put_nowait(each)

    async def empty(self, _delivery: Delivery) -> None:
        assert asyncio.get_running_loop() is self._loop
        await self.queue.join()


def served_by_fastapi(worker: Worker) -> FastAPI:
    app = FastAPI(lifespan=worker.running)

    @app.post("/hooks/copper")
    async def hook(request: Request) -> None:
        worker.take(await request.json())

    return app


def served_by_aiohttp(worker: Worker) -> web.Application:
    app = web.Application()

    async def hook(request: web.Request) -> web.Response:
        worker.take(await request.json())
        return web.Response()

    async def running(app: web.Application) -> AsyncIterator[None]:
        async with worker.running(app):
            yield

    app.router.add_post("/hooks/copper", hook)
    app.cleanup_ctx.append(running)
    return app


SERVED = pytest.mark.parametrize("served", [served_by_fastapi, served_by_aiohttp])


@SERVED
def test_a_workers_work_is_done_when_the_call_that_delivered_returns(served: Callable[[Worker], Any]) -> None:
    with Emulator() as copper:
        worker = Worker(lambda each: None)
        copper.route("https://app.example", to=served(worker))
        copper.after_delivery(worker.empty)
        copper.subscribe("person", "new", target=TARGET)

        ada = copper.people.create(name="Ada")
        assert worker.done == [ada.id]
        eve = copper.people.create(name="Eve")
        assert worker.done == [ada.id, eve.id]


@SERVED
@pytest.mark.asyncio
async def test_it_is_on_the_tests_own_loop(served: Callable[[Worker], Any]) -> None:
    async with AsyncEmulator() as copper:
        worker = Worker(lambda each: None)
        copper.route("https://app.example", to=served(worker))
        copper.after_delivery(worker.empty)
        copper.subscribe("person", "new", target=TARGET)

        ada = await copper.people.create(name="Ada")

        assert worker.done == [ada.id]


@SERVED
def test_what_a_worker_changes_is_delivered_and_comes_from_its_notification(served: Callable[[Worker], Any]) -> None:
    with Emulator() as copper:
        worker = Worker(lambda each: note_once(copper, each))
        copper.route("https://app.example", to=served(worker))
        copper.after_delivery(worker.empty)
        copper.subscribe("person", "new", target=TARGET)
        copper.subscribe("person", "update", target=TARGET)

        ada = copper.people.create(name="Ada")

        assert [str(each.topic) for each in copper.deliveries] == ["person/new", "person/update"]
        assert copper.changes[1].cause == copper.notifications[0].serial
        assert worker.done == [ada.id, ada.id]


def note_once(copper: Copper, person: int) -> None:
    if copper.people.get(person).title is None:
        copper.people.update(person, title="Dr")


@SERVED
@pytest.mark.asyncio
async def test_a_worker_may_use_the_account_of_an_async_test(served: Callable[[Worker], Any]) -> None:
    async with AsyncEmulator() as copper:

        async def note(person: int) -> None:
            await copper.people.update(person, title="Dr")

        worker = Worker(note)
        copper.route("https://app.example", to=served(worker))
        copper.after_delivery(worker.empty)
        copper.subscribe("person", "new", target=TARGET)

        ada = await copper.people.create(name="Ada")

        assert worker.done == [ada.id]
        assert copper.changes[1].cause == copper.notifications[0].serial


def test_what_the_awaited_work_raises_names_the_hook_and_the_account_goes_on() -> None:
    with Emulator() as copper:
        copper.route("https://app.example", to=lambda request: 200)

        async def hook(delivery: Delivery) -> None:
            await asyncio.to_thread(str)
            if delivery.ids == (17,):
                raise LookupError("no such shop")

        copper.after_delivery(hook)
        copper.subscribe("person", "update", target=TARGET)

        with pytest.raises(LookupError, match="no such shop") as raised:
            copper.fire("person", "update", ids=[17])
        copper.fire("person", "update", ids=[18])

    [note] = raised.value.__notes__
    assert note.startswith("Raised by your after_delivery hook hook, for notification 1: person/update [17]")
    assert [each.outcome for each in copper.deliveries] == ["delivered", "delivered"]


@SERVED
def test_work_without_an_end_is_given_up(served: Callable[[Worker], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook_work, "PATIENCE", 20)
    with Emulator() as copper:
        worker = Worker(lambda each: None)
        copper.route("https://app.example", to=served(worker))
        copper.after_delivery(lambda delivery: asyncio.Event().wait())
        copper.subscribe("person", "new", target=TARGET)

        with pytest.raises(UsageError, match=r"has not ended after 20ms: whatever should end it, .*") as raised:
            copper.people.create(name="Ada")

    assert "after_delivery hook" in raised.value.__notes__[0]


def test_work_that_keeps_its_loop_busy_for_longer_than_one_has_patience_has_ended_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hook_work, "CHECK_AFTER", 20)
    done = []

    async def busy(_delivery: Delivery) -> None:
        threading.Event().wait(0.1)
        done.append(True)

    with Emulator() as copper:
        copper.route("https://app.example", to=lambda request: 200)
        copper.after_delivery(busy)
        copper.subscribe("person", "new", target=TARGET)
        copper.people.create(name="Ada")

    assert done == [True]


def test_work_whose_worker_has_died_is_given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook_work, "CHECK_AFTER", 50)
    monkeypatch.setattr(hook_work, "PATIENCE", 60_000)

    def work(each: int) -> None:
        raise LookupError(f"no shop for {each}")

    # Its lifespan awaits the worker, and so fails at the end as well.
    with pytest.raises(LookupError), Emulator(strict=False) as copper:
        worker = Worker(work)
        copper.route("https://app.example", to=served_by_fastapi(worker))
        copper.after_delivery(worker.empty)
        copper.subscribe("person", "new", target=TARGET)

        with pytest.raises(UsageError, match=r"has failed with LookupError\('no shop for \d+'\)") as raised:
            copper.people.create(name="Ada")
        assert isinstance(raised.value.__cause__, LookupError)


class DyingWorker(Worker):
    """Fails at the first id, before anybody waits for it; `counts_it`: it has said before that this one is done."""

    def __init__(self, *, counts_it: bool) -> None:
        super().__init__(lambda each: None)
        self._counts_it = counts_it

    async def _run(self) -> None:
        each = await self.queue.get()
        if self._counts_it:
            self.queue.task_done()
        raise LookupError(f"no shop for {each}")


@SERVED
@pytest.mark.parametrize(
    ("counting", "said"),
    [("counts", "has failed, and does no more work: LookupError"), ("does not count", "has failed with LookupError")],
)
def test_a_worker_that_died_before_it_was_waited_for_is_named_too(
    served: Callable[[Worker], Any], counting: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook_work, "CHECK_AFTER", 50)
    monkeypatch.setattr(hook_work, "PATIENCE", 60_000)

    with suppress(LookupError), Emulator(strict=False) as copper:
        worker = DyingWorker(counts_it=counting == "counts")
        copper.route("https://app.example", to=served(worker))
        copper.after_delivery(worker.empty)
        copper.subscribe("person", "new", target=TARGET)

        with pytest.raises(UsageError, match=said) as raised:
            copper.people.create(name="Ada")
        assert str(raised.value.__cause__) == f"no shop for {copper.changes[0].ids[0]}"
        # What comes later waits for a worker that is no longer there.
        with pytest.raises(UsageError, match=r"has failed with LookupError"):
            copper.people.create(name="Eve")


def test_a_worker_that_died_before_a_reset_is_none_of_those_after_it() -> None:
    with suppress(LookupError), Emulator(strict=False) as copper:
        worker = DyingWorker(counts_it=True)
        copper.route("https://app.example", to=served_by_fastapi(worker))
        copper.after_delivery(lambda delivery: None)
        copper.subscribe("person", "new", target=TARGET)
        copper.people.create(name="Ada")

        copper.reset()
        other = Worker(lambda each: None)
        copper.route("https://app.example", to=served_by_fastapi(other))
        copper.after_delivery(other.empty)
        copper.subscribe("person", "new", target=TARGET)
        eve = copper.people.create(name="Eve")

        assert other.done == [eve.id]


def test_a_failure_that_the_application_has_heard_of_is_none_of_a_worker() -> None:
    heard = []

    async def endpoint(_request: object) -> int:
        attempt = asyncio.ensure_future(attempted())
        attempt.add_done_callback(lambda task: heard.append(task.exception()))
        return 200

    async def attempted() -> None:
        raise LookupError("no shop")

    async def hook(_delivery: Delivery) -> None:
        await asyncio.to_thread(str)

    with Emulator() as copper:
        copper.route("https://app.example", to=endpoint)
        copper.after_delivery(hook)
        copper.subscribe("person", "new", target=TARGET)
        copper.people.create(name="Ada")

    assert [str(each) for each in heard] == ["no shop"]


@pytest.mark.asyncio
async def test_a_failed_task_of_the_tests_own_is_none_of_a_worker() -> None:
    async def fails() -> None:
        raise LookupError("the test knows")

    async def hook(_delivery: Delivery) -> None:
        await asyncio.to_thread(str)

    async def endpoint(_request: object) -> int:
        return 200

    async with AsyncEmulator() as copper:
        copper.route("https://app.example", to=endpoint)
        copper.after_delivery(hook)
        copper.subscribe("person", "new", target=TARGET)
        own = asyncio.create_task(fails())
        await copper.people.create(name="Ada")

        with pytest.raises(LookupError, match="the test knows"):
            await own


def test_failures_for_which_nobody_waits_are_not_kept_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    # A captured line of asyncio's own would keep the task that it is about.
    caplog.set_level(logging.CRITICAL, logger="asyncio")
    tasks: weakref.WeakSet[asyncio.Task[None]] = weakref.WeakSet()
    ends = [asyncio.Event()]

    async def fails(end: asyncio.Event) -> None:
        await end.wait()
        raise LookupError("nobody hears of it")

    app = FastAPI()

    @app.post("/hooks/copper")
    async def endpoint() -> None:
        ends.pop().set()
        ends.append(asyncio.Event())
        # Not in the context of the call, which would wait for it.
        tasks.add(asyncio.get_running_loop().create_task(fails(ends[0]), context=contextvars.Context()))

    with Emulator() as copper:
        copper.route("https://app.example", to=app)
        copper.after_delivery(lambda delivery: None)
        copper.subscribe("person", "new", target=TARGET)
        for _ in range(30):
            copper.people.create(name="Ada")
        gc.collect()
        left = [task for task in tasks if task.done()]
        # Otherwise asyncio would complain of them at the end.
        assert all(isinstance(task.exception(), LookupError) for task in left)
    assert 1 <= len(left) <= 10


def test_a_timeout_of_the_work_itself_is_not_taken_for_it() -> None:
    async def hook(delivery: Delivery) -> None:
        raise TimeoutError("the database does not answer")

    with Emulator() as copper:
        copper.route("https://app.example", to=lambda request: 200)
        copper.after_delivery(hook)
        copper.subscribe("person", "new", target=TARGET)

        with pytest.raises(TimeoutError, match="the database does not answer"):
            copper.people.create(name="Ada")
