"""A proxy for every host is named where an endpoint's call of the API went to it."""

from __future__ import annotations

import socket
import traceback
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiohttp import web

from copper_emulator import Copper, Emulator, ExpectationError, Received, RouteError

ADVICE = "a call of copper.api_url has failed, set NO_PROXY=127.0.0.1: it went to the proxy in HTTP_PROXY"
UNSEEN = "Fix the endpoint; or, if this is intended, expect it with outcome='failed'."


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A proxy that cannot be reached, as the environment of a company's machine names one."""
    for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    with socket.socket() as taken:  # bound, and not listening
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("HTTP_PROXY", url)
        yield url


def with_urllib(url: str, headers: dict[str, str]) -> None:
    # Not `urlopen`, which keeps the proxies of its first call in the process.
    urllib.request.build_opener().open(urllib.request.Request(url, headers=headers)).close()


def with_httpx(url: str, headers: dict[str, str]) -> None:
    pytest.importorskip("httpx").get(url, headers=headers).raise_for_status()


def with_requests(url: str, headers: dict[str, str]) -> None:
    pytest.importorskip("requests").get(url, headers=headers, timeout=10).raise_for_status()


def last_line(hook: Callable[[Copper], Callable[[Received], None]]) -> str:
    """The last line of the expectation that fails with this endpoint."""
    with Emulator(strict=False) as copper, pytest.raises(ExpectationError) as caught:
        copper.route("https://app.example", to=hook(copper))
        copper.subscribe("person", "update", target="https://app.example/hook")
        copper.fire("person", "update", ids=17)
        copper.expect("person", "update", ids=17)
    return str(caught.value).splitlines()[-1]


@pytest.mark.parametrize("client", [with_urllib, with_httpx, with_requests])
@pytest.mark.usefixtures("proxy")
def test_a_failed_expectation_names_the_proxy(client: Callable[[str, dict[str, str]], None]) -> None:
    line = last_line(lambda copper: lambda _: client(f"{copper.api_url}/account", copper.headers))

    assert line == f"Fix the endpoint; or, if {ADVICE}; or, if this is intended, expect it with outcome='failed'."


@pytest.mark.usefixtures("proxy")
def test_what_raises_without_a_client_has_nothing_to_do_with_it() -> None:
    def broken(_: Received) -> None:
        raise KeyError("name")

    assert last_line(lambda copper: broken) == UNSEEN


@pytest.mark.usefixtures("proxy")
def test_whoever_has_reached_the_api_goes_past_the_proxy() -> None:
    def hooked(copper: Copper) -> Callable[[Received], None]:
        def hook(_: Received) -> None:
            past = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            past.open(urllib.request.Request(f"{copper.api_url}/account", headers=copper.headers)).close()
            with_urllib("http://elsewhere.example/", {})

        return hook

    assert last_line(hooked) == UNSEEN


def test_without_a_proxy_or_past_it_nothing_is_said(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def hook(_: Received) -> None:
        with_urllib(proxy, {})

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert last_line(lambda copper: hook) == UNSEEN
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("HTTP_PROXY")
    assert last_line(lambda copper: hook) == UNSEEN


async def reporting(scope: Any, receive: Any, send: Any) -> None:
    """An application that calls the API as it starts, and reports with its traceback what fails, as Starlette does."""
    assert scope["type"] == "lifespan"
    await receive()
    try:
        with_urllib("http://127.0.0.1:9/developer_api/v1/webhooks", {})
    except OSError:
        await send({"type": "lifespan.startup.failed", "message": traceback.format_exc()})


def in_aiohttp() -> web.Application:
    async def subscribe(_: web.Application) -> None:
        with_urllib("http://127.0.0.1:9/developer_api/v1/webhooks", {})

    app = web.Application()
    app.on_startup.append(subscribe)
    return app


@pytest.mark.parametrize("make", [lambda: reporting, in_aiohttp], ids=["asgi", "aiohttp"])
@pytest.mark.usefixtures("proxy")
def test_a_start_up_that_fails_names_it_too(make: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator() as copper, pytest.raises(RouteError, match="was not started") as raised:
        copper.start(make())
    assert str(raised.value).endswith(f"\nIf {ADVICE}.")

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Emulator() as copper, pytest.raises(RouteError, match="was not started") as raised:
        copper.start(make())
    assert ADVICE not in str(raised.value)
