"""What the asynchronous face has alone: tasks, the loop, turns; and that no name differs. The rest: `tests/faces`."""

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from copper_emulator import (
    AsyncCopper,
    AsyncEmulator,
    Copper,
    Emulator,
    Received,
    TimeError,
    UsageError,
    VerdictError,
    typed_records,
)
from copper_emulator.core.records.tables import TABLES

TARGET = "https://billing.example.com/hooks/copper"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

pytestmark = pytest.mark.asyncio


async def hello(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    """An ASGI application that answers with the id of the thread it runs in."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(threading.get_ident()).encode()})


async def test_asgi_runs_on_the_tests_own_loop_and_blocking_functions_do_not() -> None:
    here = threading.get_ident()
    seen: list[int] = []
    async with AsyncEmulator() as copper:
        copper.route("https://asgi.example", to=hello)
        copper.route("https://function.example", to=lambda request: seen.append(threading.get_ident()))
        copper.subscribe("person", "new", target="https://asgi.example/")
        copper.subscribe("person", "new", target="https://function.example/")

        await copper.fire("person", "new", ids=1)

        assert copper.deliveries[0].response_body == str(here).encode()
        assert seen
        assert seen[0] != here


async def test_an_async_function_is_an_endpoint_and_may_use_copper() -> None:
    async with AsyncEmulator() as copper:

        async def tidy(request: object) -> int:
            await copper.tasks.create(name="follow up")
            return 201

        copper.route("https://billing.example.com", to=tidy)
        copper.subscribe("person", "new", target=TARGET)
        await copper.fire("person", "new", ids=1)

        assert [str(change.topic) for change in copper.changes] == ["person/new", "task/new"]
        await copper.expect("person", "new", status=201)


async def test_several_at_once_come_back_in_order() -> None:
    async with AsyncEmulator(in_flight=8) as copper:
        arrived: list[int] = []
        everyone = asyncio.Event()

        async def concurrent(request: Any) -> int:
            arrived.append(request.json["ids"][0])
            if len(arrived) == 8:
                everyone.set()
            await everyone.wait()
            return 200

        copper.route("https://billing.example.com", to=concurrent)
        copper.subscribe("person", "new", target=TARGET)
        await copper.people.create_many([{"name": str(n)} for n in range(8 * 30)])

        assert len(arrived) == 8
        serials = [delivery.notification.serial for delivery in copper.deliveries]
        assert serials == sorted(serials)


async def at_leisure(request: Received) -> int:
    """An endpoint that lets other tasks run before it answers."""
    for _ in range(5):
        others_ran = asyncio.Event()
        asyncio.get_running_loop().call_soon(others_ran.set)
        await others_ran.wait()
    return 200


async def test_tasks_that_share_an_account_each_find_their_own_delivery_done() -> None:
    async with AsyncEmulator() as copper:
        copper.route("https://billing.example.com", to=at_leisure)
        copper.subscribe("person", "new", target=TARGET)

        async def make(name: str) -> bool:
            made = await copper.people.create(name=name)
            return any(made.id in delivery.ids for delivery in copper.deliveries)

        assert await asyncio.gather(*(make(str(n)) for n in range(4))) == [True] * 4


async def test_one_task_may_move_time_while_another_writes() -> None:
    async with AsyncEmulator(start=START) as copper:
        copper.route("https://billing.example.com", to=at_leisure)
        copper.subscribe("person", "new", target=TARGET)

        await asyncio.gather(copper.people.create(name="Ada"), copper.advance("10m"), copper.run_until_idle())

        assert copper.now == START + timedelta(minutes=10)


async def test_an_endpoint_cannot_move_time_and_does_not_wait_for_its_own_delivery() -> None:
    async with AsyncEmulator(strict=False) as copper:

        async def impatient(request: Received) -> int:
            await copper.tasks.create(name="follow up")
            await copper.advance("1m")
            return 200

        copper.route("https://billing.example.com", to=impatient)
        copper.subscribe("person", "new", target=TARGET)

        await copper.people.create(name="Ada")

        [delivery] = copper.deliveries
        assert isinstance(delivery.exception, TimeError)
        assert len(copper.changes) == 2


async def test_work_that_outlives_the_wait_for_it_takes_a_turn_of_its_own() -> None:
    async with AsyncEmulator() as copper:
        work: list[asyncio.Task[bool]] = []
        returned = asyncio.Event()
        copper._here.check_options.background_patience = 0.0

        async def follow_up() -> bool:
            await returned.wait()
            made = await copper.tasks.create(name="follow up")
            return any(delivery.type == "task" and made.id in delivery.ids for delivery in copper.deliveries)

        async def endpoint(request: Received) -> int:
            if request.json["type"] == "person":
                work.extend(asyncio.create_task(follow_up()) for _ in range(3))
                return 200
            return await at_leisure(request)

        copper.route("https://billing.example.com", to=endpoint)
        copper.subscribe("person", "new", target=TARGET)
        copper.subscribe("task", "new", target=TARGET)

        await copper.people.create(name="Ada")
        returned.set()

        assert await asyncio.gather(*work) == [True] * 3


async def test_a_served_endpoint_that_writes_back_does_not_wait_for_itself() -> None:
    """Its handlers run in the context of the server, which does not say whose call it is."""
    async with AsyncEmulator() as copper:

        async def handle(request: web.Request) -> web.Response:
            await copper.tasks.create(name="follow up")
            return web.Response(status=201)

        app = web.Application()
        app.router.add_post("/hooks/copper", handle)
        copper.route("https://billing.example.com", to=app)
        copper.subscribe("person", "new", target=TARGET)

        for name in ("Ada", "Bob"):
            await copper.people.create(name=name)

        await copper.expect("person", "new", status=201, count=2)
        assert [change.cause for change in copper.changes] == [None, 1, None, 2]


async def test_tasks_that_share_an_endpoint_over_http_each_expect_their_own_delivery() -> None:
    async def handle(_request: web.Request) -> web.Response:
        return web.Response()

    async with AsyncEmulator() as copper:
        app = web.Application()
        app.router.add_post("/hooks/copper", handle)
        copper.route("https://billing.example.com", to=app)
        copper.subscribe("person", "new", target=TARGET)

        async def make(name: str) -> None:
            made = await copper.people.create(name=name)
            await copper.expect("person", "new", ids=made)

        await asyncio.gather(*(make(str(number)) for number in range(4)))


async def test_what_is_still_being_sent_at_the_end_fails() -> None:
    begun, never = asyncio.Event(), asyncio.Event()

    async def endpoint(_request: Received) -> None:
        begun.set()
        await never.wait()

    with pytest.raises(VerdictError, match="1 notification still being sent at the end, first person/new") as caught:
        async with AsyncEmulator() as copper:
            copper.route("https://billing.example.com", to=endpoint)
            copper.subscribe("person", "new", target=TARGET)
            sending = asyncio.create_task(copper.people.create(name="Ada"))
            await begun.wait()

    assert "Await the task, or join the thread, whose call sends it; or allow it: AsyncEmulator(allow='due')" in str(
        caught.value
    )
    sending.cancel()


async def test_the_verdict_comes_at_the_end_of_the_block() -> None:
    with pytest.raises(VerdictError, match="blocked"):
        async with AsyncEmulator() as copper:
            copper.subscribe("person", "new", target="https://nowhere.example/")
            await copper.fire("person", "new", ids=1)


async def test_the_synchronous_face_says_that_it_would_block_the_loop() -> None:
    with Emulator() as copper, pytest.raises(UsageError, match="use the copper_async fixture"):
        copper.fire("person", "new", ids=1)


NAMES = [table.plural.title() for table in TABLES.values()]
FACES = [
    (Copper, AsyncCopper),
    *((getattr(typed_records, name), getattr(typed_records, f"Async{name}")) for name in NAMES),
]


@pytest.mark.parametrize(("sync", "asynchronous"), FACES)
async def test_both_faces_have_the_same_names_arguments_and_words(sync: type, asynchronous: type) -> None:
    def public(face: type) -> dict[str, Any]:
        return {name: member for name, member in inspect.getmembers(face) if not name.startswith("_")}

    assert public(sync).keys() == public(asynchronous).keys()
    for name, member in public(sync).items():
        if inspect.isfunction(member):
            other = public(asynchronous)[name]
            assert inspect.signature(member).parameters.keys() == inspect.signature(other).parameters.keys()
            assert inspect.getdoc(member) == inspect.getdoc(other)


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda copper: copper.start(hello), id="start"),
        pytest.param(lambda copper: copper.people.create(name="Ada"), id="people.create"),
        pytest.param(lambda copper: copper.fire("person", "new", ids=1), id="fire"),
        pytest.param(
            lambda copper: copper.replay({"type": "person", "event": "new", "ids": [1]}, target=TARGET), id="replay"
        ),
        pytest.param(lambda copper: copper.settle(), id="settle"),
        pytest.param(lambda copper: copper.advance("1m"), id="advance"),
        pytest.param(lambda copper: copper.run_until_idle(), id="run_until_idle"),
        pytest.param(lambda copper: copper.expect("person", "new"), id="expect"),
        pytest.param(lambda copper: copper.expect_none("person", "new"), id="expect_none"),
        pytest.param(lambda copper: copper.check(TARGET, no_secret=True), id="check"),
        pytest.param(lambda copper: copper.play("import_storm_hold"), id="play"),
    ],
)
async def test_without_asyncio_each_call_says_that_it_needs_it(call: Callable[[AsyncCopper], Any]) -> None:
    """As under trio, on which anyio also runs tests."""

    def elsewhere() -> None:
        emulator = AsyncEmulator()
        with pytest.raises(StopIteration) as entered:
            emulator.__aenter__().send(None)
        copper = entered.value.value
        copper.route("https://billing.example.com", to=hello)
        called = call(copper)
        with pytest.raises(UsageError, match=r"needs asyncio, .* anyio_backend that returns 'asyncio'"):
            called.send(None)
        with pytest.raises(StopIteration):
            emulator.__aexit__(None, None, None).send(None)

    await asyncio.to_thread(elsewhere)
