"""An aiohttp application receives real notifications: start-up and clean-up, middleware, streams and errors."""

from __future__ import annotations

import gc
import weakref
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from copper_emulator import AsyncEmulator, Emulator, Outcome, Reason

ORIGIN = "https://billing.example.com"
LOG: web.AppKey[list[Any]] = web.AppKey("log")


def make_app(log: list[Any]) -> web.Application:
    @web.middleware
    async def only_with_secret(request: web.Request, handler: Handler) -> web.StreamResponse:
        if (await request.json()).get("secret") != "s3cret":
            raise web.HTTPForbidden
        return await handler(request)

    async def hook(request: web.Request) -> web.Response:
        note = await request.json()
        request.app[LOG].append((note["ids"], str(request.url), request.secure, request.host))
        return web.json_response({"taken": len(note["ids"])}, status=202)

    async def broken(_request: web.Request) -> web.Response:
        raise LookupError("no such customer")

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for part in (b"one ", b"two ", b"three"):
            await response.write(part)
        return response

    async def lifecycle(app: web.Application) -> AsyncIterator[None]:
        app[LOG].append("start")
        yield
        app[LOG].append("stop")

    app = web.Application(middlewares=[only_with_secret])
    app[LOG] = log
    app.cleanup_ctx.append(lifecycle)
    app.add_routes(
        [web.post("/hooks/copper", hook), web.post("/hooks/broken", broken), web.post("/hooks/stream", stream)]
    )
    return app


def subscribe(copper: Any, app: object, path: str = "/hooks/copper", secret: str = "s3cret") -> None:
    copper.route(ORIGIN, to=app)
    copper.subscribe("person", "update", target=ORIGIN + path, secret={"secret": secret})


def test_the_handler_gets_the_notification_as_if_over_https_at_its_own_address() -> None:
    log: list[Any] = []
    with Emulator() as copper:
        subscribe(copper, make_app(log), "/hooks/copper?via=crm")
        copper.fire("person", "update", ids=7)
        copper.expect("person", "update", ids=7, status=202)
    assert log == ["start", ([7], f"{ORIGIN}/hooks/copper?via=crm", True, "billing.example.com"), "stop"]


@pytest.mark.asyncio
@pytest.mark.parametrize("in_flight", [1, 4])
async def test_in_an_asynchronous_test_it_is_started_once_and_cleaned_up_at_the_end(in_flight: int) -> None:
    log: list[Any] = []
    async with AsyncEmulator(in_flight=in_flight) as copper:
        subscribe(copper, make_app(log))
        await copper.fire("person", "update", ids=range(1, 121))
        await copper.expect("person", "update", ids=range(1, 121), status=202, count=4)
    assert (log[0], log[-1], len(log)) == ("start", "stop", 6)


def test_a_refusal_of_its_middleware_is_a_rejected_delivery_without_an_exception() -> None:
    with Emulator() as copper:
        subscribe(copper, make_app([]), secret="wrong")
        copper.fire("person", "update", ids=7)
        (delivery,) = copper.expect("person", "update", ids=7, status=403)
    assert delivery.exception is None


def test_a_streamed_answer_is_read_to_its_end() -> None:
    with Emulator() as copper:
        subscribe(copper, make_app([]), "/hooks/stream")
        copper.fire("person", "update", ids=7)
        assert copper.deliveries[0].response_body == b"one two three"


def check_broken(deliveries: list[Any]) -> None:
    (delivery,) = deliveries
    assert (delivery.outcome, delivery.status) == (Outcome.REJECTED, 500)
    assert repr(delivery.exception) == "LookupError('no such customer')"
    assert "in broken" in delivery.traceback
    assert not [name for name, _ in delivery.response_headers if name.startswith("X-Copper-Emulator")]


def test_an_exception_of_a_handler_comes_with_its_traceback() -> None:
    with Emulator(allow={500}) as copper:
        subscribe(copper, make_app([]), "/hooks/broken")
        copper.fire("person", "update", ids=7)
    check_broken(copper.deliveries)


@pytest.mark.asyncio
async def test_an_exception_of_a_handler_comes_with_its_traceback_in_an_asynchronous_test() -> None:
    async with AsyncEmulator(allow={500}) as copper:
        subscribe(copper, make_app([]), "/hooks/broken")
        await copper.fire("person", "update", ids=7)
    check_broken(copper.deliveries)


class NoCustomerError(Exception):
    pass


def test_an_exception_of_a_handler_is_kept_no_longer_than_its_delivery() -> None:
    """Its traceback keeps everything alive that the handler had in its hands."""
    raised: list[weakref.ref[NoCustomerError]] = []

    async def broken(_request: web.Request) -> web.Response:
        error = NoCustomerError()
        raised.append(weakref.ref(error))
        raise error

    app = web.Application()
    app.router.add_post("/hooks/copper", broken)
    with Emulator(allow={500}) as copper:
        subscribe(copper, app)
        copper.fire("person", "update", ids=7)
        assert isinstance(copper.deliveries[0].exception, NoCustomerError)

        copper.reset()
        gc.collect()

        assert [each() for each in raised] == [None]


def test_an_application_that_cannot_start_is_the_outcome_of_its_deliveries() -> None:
    async def fail(_app: web.Application) -> None:
        raise LookupError("no database")

    app = web.Application()
    app.on_startup.append(fail)
    with Emulator(allow={"failed"}) as copper:
        subscribe(copper, app)
        copper.fire("person", "update", ids=7)
        copper.fire("person", "update", ids=8)
    found = [(delivery.reason, repr(delivery.exception)) for delivery in copper.deliveries]
    assert found == [(Reason.EXCEPTION, "LookupError('no database')")] * 2


def test_a_handler_may_write_to_copper_itself() -> None:
    with Emulator() as copper:

        async def hook(request: web.Request) -> web.Response:
            note = await request.json()
            if "tags" not in note["updated_attributes"]:
                copper.people.update(note["ids"][0], tags=["seen"])
            return web.Response()

        app = web.Application()
        app.router.add_post("/hooks/copper", hook)
        subscribe(copper, app)
        ada = copper.people.create(name="Ada")
        copper.people.update(ada.id, name="Ada Lovelace")
        copper.expect("person", "update", ids=ada.id, count=2)
