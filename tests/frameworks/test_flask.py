"""A Flask application receives real notifications: sync and async views, its errors, what it sees of the request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, abort, jsonify, request

from copper_emulator import AsyncEmulator, Copper, Emulator, Outcome, Reason

ORIGIN = "https://billing.example.com"
TARGET = f"{ORIGIN}/hooks/copper?via=crm"


class Billing:
    """The application's data: the ids of customers that it was told to look at again."""

    def __init__(self) -> None:
        self.stale: list[int] = []
        self.seen: dict[str, Any] = {}


def make_app(billing: Billing, *, asynchronous: bool = False) -> Flask:
    app = Flask("billing")

    def handle() -> Any:
        note = request.get_json()
        if note.get("secret") != "s3cret":
            abort(403)
        billing.seen = {
            "url": request.url,
            "secure": request.is_secure,
            "host": request.host,
            "query": request.args["via"],
            "header": request.headers.get("X-Tenant"),
            "type": request.content_type,
            "length": request.content_length,
        }
        billing.stale += note["ids"]
        return jsonify(taken=len(note["ids"])), 202

    async def handle_async() -> Any:
        return handle()

    app.post("/hooks/copper")(handle_async if asynchronous else handle)

    @app.post("/hooks/broken")
    def broken() -> str:
        raise LookupError("no such customer")

    return app


def subscribe(copper: Any, app: object, secret: str = "s3cret", path: str = "") -> None:
    copper.route(ORIGIN, to=app)
    copper.subscribe(
        "person", "update", target=path or TARGET, secret={"secret": secret}, headers={"X-Tenant": "seven"}
    )


both_views = pytest.mark.parametrize("asynchronous", [False, True], ids=["view", "async view"])


@both_views
def test_a_view_gets_the_notification(*, asynchronous: bool) -> None:
    billing = Billing()
    with Emulator() as copper:
        subscribe(copper, make_app(billing, asynchronous=asynchronous))
        ada = copper.people.create(name="Ada")
        copper.people.update(ada.id, name="Ada Lovelace")

        (delivery,) = copper.expect("person", "update", ids=ada.id, status=202)

        assert billing.stale == [ada.id]
        assert delivery.response_body == b'{"taken":1}\n'


@both_views
@pytest.mark.asyncio
async def test_a_view_gets_the_notification_in_an_asynchronous_test(*, asynchronous: bool) -> None:
    billing = Billing()
    async with AsyncEmulator() as copper:
        subscribe(copper, make_app(billing, asynchronous=asynchronous))
        ada = await copper.people.create(name="Ada")
        await copper.people.update(ada.id, name="Ada Lovelace")

        await copper.expect("person", "update", ids=ada.id, status=202)

        assert billing.stale == [ada.id]


def test_the_view_sees_the_target_as_its_own_address_over_https() -> None:
    billing = Billing()
    with Emulator() as copper:
        subscribe(copper, make_app(billing))
        copper.fire("person", "update", ids=7)
        (delivery,) = copper.deliveries

    assert billing.seen == {
        "url": TARGET,
        "secure": True,
        "host": "billing.example.com",
        "query": "crm",
        "header": "seven",
        "type": "application/json",
        "length": len(delivery.request_body),
    }


def test_a_refusal_of_the_application_is_a_rejected_delivery() -> None:
    billing = Billing()
    with Emulator() as copper:
        subscribe(copper, make_app(billing), secret="wrong")
        copper.fire("person", "update", ids=7)
        copper.expect("person", "update", ids=7, status=403)
        assert copper.deliveries[0].exception is None
    assert billing.stale == []


def test_an_exception_that_flask_turns_into_a_500_comes_with_its_traceback() -> None:
    with Emulator(allow={500}) as copper:
        subscribe(copper, make_app(Billing()), path=f"{ORIGIN}/hooks/broken")
        copper.fire("person", "update", ids=7)
        (delivery,) = copper.deliveries

    assert (delivery.outcome, delivery.status) == (Outcome.REJECTED, 500)
    assert repr(delivery.exception) == "LookupError('no such customer')"
    assert delivery.traceback is not None
    assert "in broken" in delivery.traceback


def test_an_exception_that_flask_lets_through_is_a_failed_delivery_and_not_raised_by_the_change() -> None:
    app = make_app(Billing())
    app.testing = True
    with Emulator(allow={"failed"}) as copper:
        subscribe(copper, app, path=f"{ORIGIN}/hooks/broken")
        copper.fire("person", "update", ids=7)
        (delivery,) = copper.deliveries

    assert (delivery.outcome, delivery.reason, delivery.status) == (Outcome.FAILED, Reason.EXCEPTION, None)
    assert repr(delivery.exception) == "LookupError('no such customer')"


def test_one_deliverys_exception_is_not_taken_for_the_next_ones() -> None:
    with Emulator(allow={500}) as copper:
        app = make_app(Billing())
        subscribe(copper, app, path=f"{ORIGIN}/hooks/broken")
        subscribe(copper, app)
        copper.fire("person", "update", ids=7)
        first, second = copper.deliveries

    assert repr(first.exception) == "LookupError('no such customer')"
    assert (second.status, second.exception) == (202, None)


@both_views
def test_a_view_may_write_to_copper_itself_and_the_echo_follows(*, asynchronous: bool) -> None:
    """A call from inside a delivery is only recorded; what it causes is delivered by the call in progress."""

    def once(copper: Copper) -> Callable[[], str]:
        def handle() -> str:
            (record,) = request.get_json()["ids"]
            if not copper.people.get(record).get("tags"):
                copper.people.update(record, tags=["seen"])
            return ""

        return handle

    with Emulator() as copper:
        app = Flask("echo")
        view = once(copper)

        async def async_view() -> str:
            return view()

        app.post("/hooks/copper")(async_view if asynchronous else view)
        subscribe(copper, app)
        ada = copper.people.create(name="Ada")
        copper.people.update(ada.id, name="Ada Lovelace")

        copper.expect("person", "update", ids=ada.id, count=2)
        assert [change.depth for change in copper.changes] == [0, 0, 1]
