"""Tasks that an endpoint leaves after its answer are awaited and reported, and the loop is unchanged afterwards."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import freezegun
import pytest

from copper_emulator import AsyncEmulator, Change, Delivery, Emulator, Received
from copper_emulator.shell.senders.left_tasks import EndpointCall

TARGET = "https://app.example/hooks"
Work = Callable[[int], Awaitable[None]]

FACES = pytest.mark.parametrize("face", ["sync", "async"])


@dataclass
class Happened:
    """What the account has seen when the test looks."""

    deliveries: Sequence[Delivery]
    changes: Sequence[Change]


def fired(face: str, *apps: Any, ids: int | list[int] = 1, patience: Sequence[float] = ()) -> Happened:
    """Send a notification to each of these applications in turn, at one target, with these patiences."""
    patience = patience or [3600.0] * len(apps)
    if face == "sync":
        with Emulator(allow="exception") as copper:
            copper.subscribe("person", "new", target=TARGET)
            for app, copper._here.check_options.background_patience in zip(apps, patience, strict=True):
                copper.route("https://app.example", to=app)
                copper.fire("person", "new", ids=ids)
            return Happened(copper.deliveries, copper.changes)
    return asyncio.run(_fired(apps, ids, patience))


async def _fired(apps: Sequence[Any], ids: int | list[int], patience: Sequence[float]) -> Happened:
    async with AsyncEmulator(allow="exception") as copper:
        copper.subscribe("person", "new", target=TARGET)
        for app, copper._here.check_options.background_patience in zip(apps, patience, strict=True):
            copper.route("https://app.example", to=app)
            await copper.fire("person", "new", ids=ids)
        return Happened(copper.deliveries, copper.changes)


def answering_first(work: Work, *, lifespan: Work | None = None) -> Any:
    """An ASGI application that starts a task for each id, answers 200, and waits for none of them."""
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


def called_by(thread: Callable[[], None]) -> Awaitable[None]:
    """An awaitable that is done when the function has run in another thread."""
    return asyncio.to_thread(thread)


async def answered(_: int) -> None:
    """Work that lets other tasks run before it is done."""
    await called_by(lambda: None)


async def without_end(_: int) -> None:
    """Work like a consumer's, which never ends."""
    await asyncio.Event().wait()


@FACES
def test_the_work_of_an_application_after_its_answer_is_done_when_the_call_returns(face: str) -> None:
    done: list[int] = []

    async def work(each: int) -> None:
        await answered(each)
        done.append(each)

    fired(face, answering_first(work), ids=[1, 2])

    assert sorted(done) == [1, 2]


@FACES
def test_that_of_an_async_function_too_and_what_the_work_begins_itself(face: str) -> None:
    done: list[str] = []
    begun: list[asyncio.Task[None]] = []

    async def second() -> None:
        await answered(1)
        done.append("second")

    async def first() -> None:
        begun.append(asyncio.create_task(second()))
        await answered(1)
        done.append("first")

    async def hook(_: Received) -> int:
        begun.append(asyncio.create_task(first()))
        return 200

    fired(face, hook)

    assert sorted(done) == ["first", "second"]


def test_what_the_work_changes_is_caused_by_its_notification() -> None:
    with Emulator() as copper:

        async def work(each: int) -> None:
            await called_by(lambda: _ignored(copper.fire("person", "update", ids=each)))

        copper.subscribe("person", "new", target=TARGET)
        copper.route("https://app.example", to=answering_first(work))
        copper.fire("person", "new", ids=7)

        assert [change.cause for change in copper.changes] == [None, 1]


@pytest.mark.asyncio
async def test_so_is_it_in_an_asynchronous_test_and_it_is_delivered_when_the_call_returns() -> None:
    async with AsyncEmulator() as copper:

        async def work(each: int) -> None:
            await answered(each)
            await copper.fire("company", "new", ids=each)

        copper.subscribe("person", "new", target=TARGET)
        copper.subscribe("company", "new", target="https://other.example/hooks")
        copper.route("https://app.example", to=answering_first(work))
        copper.route("https://other.example", to=lambda request: 200)
        await copper.fire("person", "new", ids=7)

        assert [change.cause for change in copper.changes] == [None, 1]
        assert [str(delivery.topic) for delivery in copper.deliveries] == ["person/new", "company/new"]


def _ignored(_: object) -> None:
    pass


async def lost(each: int) -> None:
    """Work that fails after other tasks have run."""
    await answered(each)
    raise LookupError("no such customer")


async def lost_at_once(_: int) -> None:
    raise LookupError("no such customer")


@FACES
@pytest.mark.parametrize("work", [lost, lost_at_once])
def test_what_the_work_raises_is_told_with_its_delivery(face: str, work: Work) -> None:
    [delivery] = fired(face, answering_first(work), ids=7).deliveries

    assert (delivery.status, repr(delivery.exception)) == (200, "LookupError('no such customer')")


@FACES
def test_also_where_it_fails_before_the_endpoint_has_answered(face: str) -> None:
    begun: list[asyncio.Task[None]] = []

    async def hook(_: Received) -> int:
        begun.append(asyncio.create_task(lost_at_once(1)))
        await answered(1)
        return 200

    [delivery] = fired(face, hook).deliveries

    assert (delivery.status, repr(delivery.exception)) == (200, "LookupError('no such customer')")


@FACES
def test_what_the_application_itself_takes_of_its_tasks_is_its_own_affair(face: str) -> None:
    async def work(each: int) -> None:
        await asyncio.gather(lost(each), lost_at_once(each), return_exceptions=True)

    [delivery] = fired(face, answering_first(work)).deliveries

    assert (delivery.status, delivery.exception) == (200, None)


@FACES
def test_work_that_is_cancelled_has_failed_nowhere(face: str) -> None:
    async def work(each: int) -> None:
        await answered(each)
        raise asyncio.CancelledError

    [delivery] = fired(face, answering_first(work)).deliveries

    assert (delivery.status, delivery.exception) == (200, None)


@FACES
def test_work_that_has_no_end_is_waited_for_once(face: str) -> None:
    app = answering_first(without_end)

    happened = fired(face, app, answering_first(answered), patience=[0.05, 3600.0])

    assert len(happened.deliveries) == 2


@pytest.mark.asyncio
@pytest.mark.parametrize(("grows", "asked"), [(False, 2), (True, 40)], ids=["no progress", "progress without end"])
async def test_work_without_end_is_waited_for_while_it_makes_progress_but_not_for_ever(
    *, grows: bool, asked: int
) -> None:
    end, values = asyncio.Event(), list[int]()

    def progress() -> int:
        values.append(len(values) if grows else 0)
        return values[-1]

    with EndpointCall() as call:
        task = asyncio.create_task(end.wait())
        await call.wait_for_tasks(seconds=0.001, progress=progress)

    assert not task.done()
    # Before and after each lull.
    assert len(values) == asked
    task.cancel()


@pytest.mark.asyncio
async def test_work_that_makes_progress_and_ends_is_waited_for() -> None:
    end, values = asyncio.Event(), list[int]()

    def progress() -> int:
        values.append(len(values))
        if len(values) == 5:
            end.set()
        return values[-1]

    with EndpointCall() as call:
        task = asyncio.create_task(end.wait())
        await call.wait_for_tasks(seconds=0.001, progress=progress)

    assert task.done()


def test_progress_is_each_path_of_the_api_that_work_has_called_since_its_delivery_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who asks for the same again and again makes none."""
    wait, found = EndpointCall.wait_for_tasks, list[int]()

    async def noting(call: EndpointCall, *, seconds: float, progress: Callable[[], int]) -> BaseException | None:
        raised = await wait(call, seconds=seconds, progress=progress)
        found.append(progress())
        return raised

    monkeypatch.setattr(EndpointCall, "wait_for_tasks", noting)
    with Emulator() as copper:

        async def work(person: int) -> None:
            for path in (f"people/{person}", f"people/{person}", "account?tried=1", "account?tried=2"):
                request = Request(f"{copper.api_url}/{path}", headers=copper.headers)
                assert await asyncio.to_thread(_status, request) == 200

        copper.route("https://app.example", to=answering_first(work))
        copper.subscribe("person", "new", target=TARGET)
        copper.subscribe("person", "update", target=TARGET)

        # Not one of those.
        assert _status(Request(f"{copper.api_url}/users/me", headers=copper.headers)) == 200
        ada = copper.people.create(name="Ada")
        copper.people.update(ada, name="Ada Lovelace")

    assert found == [2, 2]


def _status(request: Request) -> int:
    with build_opener(ProxyHandler({})).open(request, timeout=30) as answer:
        return int(answer.status)


@FACES
def test_nor_is_what_it_begins_with_a_later_delivery(face: str) -> None:
    """A consumer that waits with a time limit starts a task each time, which does not belong to the delivery."""
    woken: list[asyncio.Event] = []
    begun: list[asyncio.Task[None]] = []

    async def consume(_: int) -> None:
        woken.append(asyncio.Event())
        await woken[0].wait()
        begun.append(asyncio.ensure_future(without_end(1)))
        await without_end(1)

    async def wake(each: int) -> None:
        woken[0].set()
        await answered(each)

    fired(face, answering_first(consume), answering_first(wake), patience=[0.05, 3600.0])

    assert len(begun) == 1


@FACES
def test_the_work_of_a_lifespan_is_not_waited_for(face: str) -> None:
    worked: list[int] = []

    async def work(each: int) -> None:
        worked.append(each)

    fired(face, answering_first(work, lifespan=without_end))

    assert worked == [1]


@FACES
def test_time_that_is_frozen_does_not_keep_a_delivery_waiting(face: str) -> None:
    """Under freezegun, a timer of the test's loop never fires."""

    async def work(_: int) -> None:
        await without_end(1)

    with freezegun.freeze_time("2026-03-02 09:00"):
        [delivery] = fired(face, answering_first(work), patience=[0.05]).deliveries

    assert delivery.status == 200


# --- what a test finds on its loop ------------------------------------------------------------------------------------


class Own:
    """A third-party task factory."""

    def __init__(self) -> None:
        self.made: list[asyncio.Task[Any]] = []

    def __call__(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        self.made.append(asyncio.Task(coroutine, loop=loop, **options))
        return self.made[-1]


async def _told_on_this_loop() -> str:
    begun: list[asyncio.Task[None]] = []

    async def hook(_: Received) -> int:
        begun.append(asyncio.create_task(lost(1)))
        return 200

    [delivery] = (await _fired([hook], 1, [3600.0])).deliveries
    return repr(delivery.exception)


@pytest.mark.asyncio
async def test_a_task_factory_that_was_there_goes_on_making_tasks_and_is_there_afterwards() -> None:
    own, loop = Own(), asyncio.get_running_loop()
    loop.set_task_factory(own)
    try:
        told = await _told_on_this_loop()

        assert told == "LookupError('no such customer')"
        assert len(own.made) == 1
        assert loop.get_task_factory() is own
    finally:
        loop.set_task_factory(None)


@pytest.mark.asyncio
async def test_one_that_the_application_sets_meanwhile_stays() -> None:
    own, loop = Own(), asyncio.get_running_loop()

    async def hook(_: Received) -> int:
        loop.set_task_factory(own)
        return 200

    await _fired([hook], 1, [3600.0])
    try:
        assert loop.get_task_factory() is own
    finally:
        loop.set_task_factory(None)


@pytest.mark.asyncio
async def test_where_several_accounts_deliver_the_last_leaves_the_loop_as_it_was() -> None:
    loop = asyncio.get_running_loop()
    entered, let_go = asyncio.Event(), asyncio.Event()

    async def one() -> None:
        with EndpointCall():
            entered.set()
            await let_go.wait()

    async def other() -> None:
        with EndpointCall():
            await entered.wait()

    first = asyncio.create_task(one())
    await other()
    assert loop.get_task_factory() is not None
    let_go.set()
    await first
    assert loop.get_task_factory() is None


@pytest.mark.skipif(not hasattr(asyncio, "eager_task_factory"), reason="from Python 3.12 on")
@pytest.mark.asyncio
async def test_tasks_that_begin_eagerly_are_told_of_too() -> None:
    loop, eager = asyncio.get_running_loop(), getattr(asyncio, "eager_task_factory", None)
    loop.set_task_factory(eager)
    try:
        [delivery] = (await _fired([answering_first(lost_at_once)], 1, [3600.0])).deliveries

        assert repr(delivery.exception) == "LookupError('no such customer')"
        assert loop.get_task_factory() is eager
    finally:
        loop.set_task_factory(None)


def on_uvloop(work: Coroutine[Any, Any, str]) -> str:
    uvloop = pytest.importorskip("uvloop")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def test_on_uvloop_it_is_the_same() -> None:
    assert on_uvloop(_told_on_this_loop()) == "LookupError('no such customer')"


# --- in a check -------------------------------------------------------------------------------------------------------


def test_a_checks_patience_is_for_what_a_lifespans_task_does() -> None:
    """It takes the work that answers leave it from a queue: a record exists from `new` on, and not after `delete`."""
    queue: asyncio.Queue[int] = asyncio.Queue()
    told: Counter[int] = Counter()

    async def consume(_: int) -> None:
        while True:
            each = await queue.get()
            await called_by(lambda: None)
            told[each] += 1

    with Emulator() as copper:
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
