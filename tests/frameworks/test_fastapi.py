"""A FastAPI application receives real notifications: lifespan, middleware, background tasks, streams and errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import BackgroundTasks, Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.middleware.base import BaseHTTPMiddleware

from copper_emulator import AsyncEmulator, Emulator, Outcome, Reason

ORIGIN = "https://billing.example.com"


class Notification(BaseModel):
    subscription_id: int
    event: str
    type: str
    ids: list[int]
    updated_attributes: dict[str, Any]
    timestamp: str


class Billing:
    """Records what happens in the application, in order."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        self.seen: dict[str, Any] = {}


def make_app(billing: Billing) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        billing.log.append("start")
        yield {"pool": ["connection"]}
        billing.log.append("stop")

    app = FastAPI(lifespan=lifespan)

    async def trusted(authorization: Annotated[str, Header()] = "") -> None:
        if authorization != "Bearer t0ken":
            raise HTTPException(403)

    @app.post("/hooks/copper", dependencies=[Depends(trusted)], status_code=202)
    async def hook(note: Notification, request: Request) -> dict[str, int]:
        billing.seen = {"url": str(request.url), "pool": request.state.pool, "client": request.client is not None}
        billing.log.append(note.ids)
        return {"taken": len(note.ids)}

    add_background_work(app, billing)
    add_other_answers(app, billing)
    return app


def add_background_work(app: FastAPI, billing: Billing) -> None:
    @app.post("/hooks/later")
    async def later(note: Notification, tasks: BackgroundTasks) -> None:
        async def work() -> None:
            await asyncio.to_thread(billing.log.append, ["later", *note.ids])

        tasks.add_task(work)

    @app.post("/hooks/later-broken")
    async def later_broken(tasks: BackgroundTasks) -> None:
        def work() -> None:
            raise LookupError("no such customer")

        tasks.add_task(work)


def add_other_answers(app: FastAPI, billing: Billing) -> None:
    @app.post("/hooks/plain")
    def plain(note: Notification) -> None:
        billing.log.append(note.ids)

    @app.post("/hooks/stream")
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[str]:
            for part in ("one ", "two ", "three"):
                await asyncio.to_thread(int)
                yield part

        return StreamingResponse(parts())

    @app.post("/hooks/broken")
    async def broken() -> None:
        raise LookupError("no such customer")

    @app.post("/hooks/orphan")
    async def orphan(request: Request) -> None:
        request.app.state.orphan = asyncio.create_task(asyncio.Event().wait())


def subscribe(copper: Any, app: object, path: str = "/hooks/copper", token: str = "t0ken") -> None:
    copper.route(ORIGIN, to=app)
    copper.subscribe("person", "update", target=ORIGIN + path, headers={"Authorization": f"Bearer {token}"})


def test_the_handler_gets_the_notification_and_what_the_lifespan_made() -> None:
    billing = Billing()
    with Emulator() as copper:
        subscribe(copper, make_app(billing), path="/hooks/copper?via=crm")
        copper.fire("person", "update", ids=[7, 8])
        copper.expect("person", "update", ids=[7, 8], status=202)

    assert billing.seen == {"url": f"{ORIGIN}/hooks/copper?via=crm", "pool": ["connection"], "client": True}


def test_the_lifespan_starts_once_and_stops_at_the_end() -> None:
    billing = Billing()
    with Emulator() as copper:
        subscribe(copper, make_app(billing))
        copper.subscribe("lead", "new", target="https://other.example.com/")
        assert billing.log == []
        for record in range(1, 4):
            copper.fire("person", "update", ids=record)
        assert billing.log == ["start", [1], [2], [3]]
    assert billing.log == ["start", [1], [2], [3], "stop"]


@pytest.mark.asyncio
@pytest.mark.parametrize("in_flight", [1, 4])
async def test_the_lifespan_starts_once_also_when_deliveries_come_together(in_flight: int) -> None:
    billing = Billing()
    async with AsyncEmulator(in_flight=in_flight) as copper:
        subscribe(copper, make_app(billing))
        await copper.fire("person", "update", ids=range(1, 121))
        await copper.expect("person", "update", ids=range(1, 121), status=202, count=4)
        assert billing.log[0] == "start"
        assert sorted(billing.log[1:]) == [list(range(first, first + 30)) for first in (1, 31, 61, 91)]
    assert billing.log.count("start") == billing.log.count("stop") == 1
    assert billing.log[-1] == "stop"


def test_a_lifespan_that_fails_is_the_outcome_of_each_delivery_and_is_tried_once() -> None:
    starts: list[str] = []

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        starts.append("start")
        raise LookupError("no database")
        yield

    with Emulator(allow={"failed"}) as copper:
        subscribe(copper, FastAPI(lifespan=lifespan))
        copper.fire("person", "update", ids=1)
        copper.fire("person", "update", ids=2)

    assert starts == ["start"]
    for delivery in copper.deliveries:
        assert (delivery.outcome, delivery.reason) == (Outcome.FAILED, Reason.EXCEPTION)
        assert "no database" in str(delivery.exception)


def test_a_plain_handler_runs_in_the_frameworks_thread_pool() -> None:
    billing = Billing()
    with Emulator() as copper:
        subscribe(copper, make_app(billing), "/hooks/plain")
        copper.fire("person", "update", ids=7)
        copper.expect("person", "update", ids=7, status=200)
    assert billing.log == ["start", [7], "stop"]


@pytest.mark.asyncio
async def test_the_handler_gets_the_notification_in_an_asynchronous_test() -> None:
    billing = Billing()
    async with AsyncEmulator() as copper:
        subscribe(copper, make_app(billing))
        ada = await copper.people.create(name="Ada")
        await copper.people.update(ada.id, name="Ada Lovelace")
        await copper.expect(
            "person", "update", ids=ada.id, status=202, updated_attributes={"name": ("Ada", "Ada Lovelace")}
        )
        assert billing.log == ["start", [ada.id]]
    assert billing.log[-1] == "stop"


@pytest.mark.asyncio
async def test_in_an_asynchronous_test_the_application_runs_on_the_tests_own_loop() -> None:
    loops: list[object] = []
    app = FastAPI()

    @app.post("/hooks/copper")
    async def hook() -> None:
        loops.append(asyncio.get_running_loop())

    async with AsyncEmulator() as copper:
        subscribe(copper, app)
        await copper.fire("person", "update", ids=7)
    assert loops == [asyncio.get_running_loop()]


def test_a_body_the_model_refuses_is_a_422_of_the_application() -> None:
    class Strict(BaseModel):
        customer: str

    app = FastAPI()

    @app.post("/hooks/copper")
    async def hook(note: Strict) -> None:
        pass

    with Emulator() as copper:
        subscribe(copper, app)
        copper.fire("person", "update", ids=7)
        copper.expect("person", "update", ids=7, status=422)


def test_a_wrong_token_is_refused_by_the_application() -> None:
    with Emulator() as copper:
        subscribe(copper, make_app(Billing()), token="old")
        copper.fire("person", "update", ids=7)
        copper.expect("person", "update", ids=7, status=403)


def test_background_tasks_have_run_when_the_change_returns() -> None:
    billing = Billing()
    with Emulator() as copper:
        subscribe(copper, make_app(billing), "/hooks/later")
        copper.fire("person", "update", ids=7)
        assert billing.log == ["start", ["later", 7]]


def test_a_background_task_that_raises_after_the_answer_is_told_with_it() -> None:
    """Copper sees the 200; the test's author sees the traceback as well."""
    with Emulator(allow={"exception"}) as copper:
        subscribe(copper, make_app(Billing()), "/hooks/later-broken")
        copper.fire("person", "update", ids=7)
        (delivery,) = copper.deliveries
    assert (delivery.outcome, delivery.status) == (Outcome.DELIVERED, 200)
    assert repr(delivery.exception) == "LookupError('no such customer')"


def test_a_streamed_answer_is_read_to_its_end() -> None:
    with Emulator() as copper:
        subscribe(copper, make_app(Billing()), "/hooks/stream")
        copper.fire("person", "update", ids=7)
        assert copper.deliveries[0].response_body == b"one two three"


def test_an_exception_that_is_both_answered_and_raised_is_one_rejected_delivery() -> None:
    with Emulator(allow={500}) as copper:
        subscribe(copper, make_app(Billing()), "/hooks/broken")
        copper.fire("person", "update", ids=7)
        (delivery,) = copper.deliveries
    assert (delivery.outcome, delivery.status) == (Outcome.REJECTED, 500)
    assert repr(delivery.exception) == "LookupError('no such customer')"
    assert delivery.traceback is not None
    assert "in broken" in delivery.traceback


class Counting(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        body = await request.body()
        response = await call_next(request)
        response.headers["X-Bytes"] = str(len(body))
        return response


@pytest.mark.parametrize("path", ["/hooks/copper", "/hooks/later", "/hooks/stream"])
def test_a_middleware_that_reads_the_body_and_wraps_the_answer_works(path: str) -> None:
    billing = Billing()
    app = make_app(billing)
    app.add_middleware(Counting)
    with Emulator() as copper:
        subscribe(copper, app, path)
        copper.fire("person", "update", ids=7)
        (delivery,) = copper.expect("person", "update", ids=7)
    assert dict(delivery.response_headers)["x-bytes"] == str(len(delivery.request_body))


def test_a_task_that_the_application_leaves_behind_is_ended_with_the_account() -> None:
    app = make_app(Billing())
    with Emulator() as copper:
        subscribe(copper, app, "/hooks/orphan")
        copper.fire("person", "update", ids=7)
        assert not app.state.orphan.done()
    assert app.state.orphan.cancelled()


def test_an_asynchronous_handler_may_write_to_copper_itself_in_a_synchronous_test() -> None:
    app = FastAPI()
    with Emulator() as copper:

        @app.post("/hooks/copper")
        async def hook(note: Notification) -> None:
            if "tags" not in note.updated_attributes:
                copper.people.update(note.ids[0], tags=["seen"])

        subscribe(copper, app)
        ada = copper.people.create(name="Ada")
        copper.people.update(ada.id, name="Ada Lovelace")
        copper.expect("person", "update", ids=ada.id, count=2)


@pytest.mark.asyncio
async def test_an_asynchronous_handler_may_write_to_copper_itself_in_an_asynchronous_test() -> None:
    app = FastAPI()
    async with AsyncEmulator() as copper:

        @app.post("/hooks/copper")
        async def hook(note: Notification) -> None:
            if "tags" not in note.updated_attributes:
                await copper.people.update(note.ids[0], tags=["seen"])

        subscribe(copper, app)
        ada = await copper.people.create(name="Ada")
        await copper.people.update(ada.id, name="Ada Lovelace")
        await copper.expect("person", "update", ids=ada.id, count=2)
