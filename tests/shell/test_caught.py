"""Exceptions in an endpoint are noticed; accounts that deliver at once share the signals of its framework."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core import signals as django_signals
from django.db import close_old_connections
from flask import Flask, got_request_exception

from copper_emulator import AsyncEmulator, Copper, Emulator, Received
from copper_emulator.shell.caught import watching_frameworks

CLOSING = [django_signals.request_started, django_signals.request_finished]


def closes_connections() -> list[bool]:
    """Whether each signal would close the database connection, and with it a test's transaction."""
    found = []
    for each in CLOSING:
        receivers = each._live_receivers(sender=None)
        listed = receivers[0] if isinstance(receivers, tuple) else receivers
        found.append(close_old_connections in listed)
    return found


def test_the_last_to_finish_puts_the_signals_back() -> None:
    assert closes_connections() == [True, True]
    first, second = watching_frameworks(), watching_frameworks()
    with first:
        assert closes_connections() == [False, False]
        second.__enter__()
    assert closes_connections() == [False, False]
    second.__exit__(None, None, None)
    assert closes_connections() == [True, True]


def test_an_account_that_delivers_inside_anothers_delivery_takes_nothing_away_from_it() -> None:
    seen: list[list[bool]] = []

    def handle(_request: Received) -> int:
        with Emulator() as inner:
            inner.route("https://crm.example", to=lambda request: 200)
            inner.subscribe("lead", "new", target="https://crm.example/hooks")
            inner.fire("lead", "new", ids=1)
        seen.append(closes_connections())
        return 200

    with Emulator() as copper:
        copper.route("https://billing.example.com", to=handle)
        copper.subscribe("person", "update", target="https://billing.example.com/hooks")
        copper.fire("person", "update", ids=1)
    assert seen == [[False, False]]
    assert closes_connections() == [True, True]


def test_what_flask_swallows_is_heard_while_another_account_finishes() -> None:
    """Two threads: the second account's round begins and ends while the first is inside its application."""
    inside, ended = threading.Event(), threading.Event()
    app = Flask("app")

    @app.post("/hooks")
    def hook() -> str:
        inside.set()
        ended.wait(20)
        raise LookupError("no such customer")

    def other() -> None:
        inside.wait(20)
        with Emulator() as copper:
            copper.route("https://crm.example", to=lambda request: 200)
            copper.subscribe("lead", "new", target="https://crm.example/hooks")
            copper.fire("lead", "new", ids=1)
        ended.set()

    thread = threading.Thread(target=other)
    thread.start()
    with Emulator(allow={"exception", 500}) as copper:
        copper.route("https://billing.example.com", to=app)
        copper.subscribe("person", "update", target="https://billing.example.com/hooks")
        copper.fire("person", "update", ids=1)
    thread.join()
    assert repr(copper.deliveries[0].exception) == "LookupError('no such customer')"
    assert not got_request_exception.receivers


def test_signals_that_the_user_has_disconnected_stay_so() -> None:
    disconnected: list[Any] = [signal for signal in CLOSING if signal.disconnect(close_old_connections)]
    try:
        with watching_frameworks(), watching_frameworks():
            pass
        assert closes_connections() == [False, False]
    finally:
        for signal in disconnected:
            signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def _as_before() -> Any:
    before = closes_connections()
    yield
    assert closes_connections() == before


DELIVERIES: dict[str, int] = {}


def raising(_request: object) -> None:
    try:
        DELIVERIES["of the endpoint"]
    except KeyError:
        raise LookupError("name")  # noqa: B904 - its context is what is tested


def test_an_endpoint_has_nothing_to_do_with_what_its_caller_was_handling() -> None:
    with Emulator(allow={"exception"}) as copper:
        copper.route("https://a.example", to=raising)
        copper.subscribe("lead", "new", target="https://a.example/hook")
        try:
            DELIVERIES["of the test"]
        except KeyError:
            copper.fire("lead", "new", ids=1)

        [told] = [delivery.traceback for delivery in copper.deliveries]
        assert told is not None
        assert ("of the endpoint" in told, "of the test" in told) == (True, False)


@pytest.mark.asyncio
async def test_neither_has_an_asynchronous_one() -> None:
    async def endpoint(request: object) -> None:
        raising(request)

    async with AsyncEmulator(allow={"exception"}) as copper:
        copper.route("https://a.example", to=endpoint)
        copper.subscribe("lead", "new", target="https://a.example/hook")
        try:
            DELIVERIES["of the test"]
        except KeyError:
            await copper.fire("lead", "new", ids=1)

        [told] = [delivery.traceback for delivery in copper.deliveries]
        assert told is not None
        assert ("of the endpoint" in told, "of the test" in told) == (True, False)


def wsgi(act: Callable[[], None]) -> Any:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        act()
        return []

    return app


def asgi(act: Callable[[], None]) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            act()

    return app


def async_function(act: Callable[[], None]) -> Any:
    async def endpoint(request: Received) -> None:
        act()

    return endpoint


def function(act: Callable[[], None]) -> Any:
    return lambda request: act()


KINDS = pytest.mark.parametrize("endpoint", [function, async_function, wsgi, asgi])


def deliver(endpoint: Any) -> Copper:
    with Emulator(strict=False) as copper:
        copper.route("https://billing.example.com", to=endpoint)
        copper.subscribe("person", "update", target="https://billing.example.com/hooks")
        copper.fire("person", "update", ids=1)
    return copper


@pytest.fixture
def time_limit() -> Iterator[None]:
    def strike(*_: object) -> None:
        pytest.fail("it took too long")

    before = signal.signal(signal.SIGALRM, strike)
    yield
    signal.signal(signal.SIGALRM, before)


@KINDS
def test_a_time_limit_that_strikes_in_an_endpoint_ends_the_test_and_not_the_delivery(
    endpoint: Callable[[Any], Any], time_limit: None
) -> None:
    with pytest.raises(pytest.fail.Exception, match="it took too long"):
        deliver(endpoint(lambda: signal.raise_signal(signal.SIGALRM)))


@KINDS
def test_an_endpoint_that_ends_the_session_does(endpoint: Callable[[Any], Any]) -> None:
    with pytest.raises(pytest.exit.Exception, match="enough"):
        deliver(endpoint(lambda: pytest.exit("enough")))


@KINDS
def test_a_failure_that_the_endpoint_itself_raises_is_the_deliverys_outcome(
    endpoint: Callable[[Any], Any], time_limit: None
) -> None:
    copper = deliver(endpoint(lambda: pytest.fail("no such customer")))

    assert "no such customer" in str(copper.deliveries[0])
