"""Where a target is really sent: the longest prefix, the kinds of destination, and the guard for this machine."""

from __future__ import annotations

import asyncio
import functools
import sys
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp import web
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from fastapi import FastAPI
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.routing import Mount, Router
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from yarl import URL

from copper_emulator import AsyncCopper, AsyncEmulator, Emulator, Outcome, RouteError, SettingsError, UsageError
from copper_emulator.core.surface import Surface
from copper_emulator.core.targets import is_copper
from copper_emulator.shell.routing.destinations import RouteKind, recognise
from copper_emulator.shell.routing.routes import Blocked, Route, Routes, Straight, checked_url, host_header, route_url

COPPER = ["api.copper.com", "app.copper.com", "api.prosperworks.com", "www.copper.com", "copper.com"]


def function(_request: object) -> int:
    return 200


async def async_function(_request: object) -> int:
    return 200


def wsgi(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return []


async def asgi(_scope: Any, _receive: Any, _send: Any) -> None: ...


def double_callable(scope: Any, receive: Any, send: Any) -> Any:
    return asgi(scope, receive, send)


class Handler:
    def handle(self, _request: object) -> int:
        return 200

    def __call__(self, _request: object) -> int:
        return 200


class AsyncHandler:
    async def __call__(self, _request: object) -> int:
        return 200


class Consumer:
    def __init__(self, scope: object) -> None:
        self.scope = scope


class OwnFlask(Flask):
    pass


class OwnFastApi(FastAPI):
    pass


KNOWN: list[tuple[Any, RouteKind]] = [
    ("http://127.0.0.1:5000", RouteKind.URL),
    (URL("http://127.0.0.1:5000"), RouteKind.URL),
    (wsgi, RouteKind.WSGI),
    (lambda environ, start_response: wsgi(environ, start_response), RouteKind.WSGI),
    (lambda env, sr: wsgi(env, sr), RouteKind.WSGI),
    (Flask("app"), RouteKind.WSGI),
    (OwnFlask("app"), RouteKind.WSGI),
    (Flask("app").wsgi_app, RouteKind.WSGI),
    (ProxyFix(Flask("app")), RouteKind.WSGI),
    (DispatcherMiddleware(Flask("app")), RouteKind.WSGI),
    (WSGIHandler.__new__(WSGIHandler), RouteKind.WSGI),
    (asgi, RouteKind.ASGI),
    (double_callable, RouteKind.ASGI),
    (FastAPI(), RouteKind.ASGI),
    (OwnFastApi(), RouteKind.ASGI),
    (Starlette(), RouteKind.ASGI),
    (Router(), RouteKind.ASGI),
    (ServerErrorMiddleware(Starlette()), RouteKind.ASGI),
    (ASGIHandler.__new__(ASGIHandler), RouteKind.ASGI),
    (functools.partial(asgi), RouteKind.ASGI),
    (web.Application(), RouteKind.AIOHTTP),
    (function, RouteKind.FUNCTION),
    (async_function, RouteKind.FUNCTION),
    (lambda request: 200, RouteKind.FUNCTION),
    (Handler(), RouteKind.FUNCTION),
    (Handler().handle, RouteKind.FUNCTION),
    (AsyncHandler(), RouteKind.FUNCTION),
    (functools.partial(function), RouteKind.FUNCTION),
    (functools.partial(lambda book, request: 200, {}), RouteKind.FUNCTION),
    (functools.partial(async_function), RouteKind.FUNCTION),
    ([].append, RouteKind.FUNCTION),
]


@pytest.mark.parametrize(("to", "kind"), KNOWN, ids=[f"{number} {kind}" for number, (_, kind) in enumerate(KNOWN)])
def test_a_destination_is_recognised(to: object, kind: RouteKind) -> None:
    assert recognise(to) is kind


async def async_pair(_request: object, _response: object) -> int:
    return 200


UNSURE: dict[str, Any] = {
    "a class that could be an ASGI 2 application": Consumer,
    "two arguments, one of them with a default": lambda request=None, *rest: 200,
    "any arguments": lambda *args: 200,
    "a mock": Mock(),
    "print": print,
}


@pytest.mark.parametrize("to", UNSURE.values(), ids=UNSURE)
def test_where_it_is_not_certain_the_error_asks_for_the_kind(to: object) -> None:
    with pytest.raises(RouteError, match=r"it is not clear what .* kind='wsgi'"):
        recognise(to)
    assert Routes().add("https://a.example", to, kind="function").kind is RouteKind.FUNCTION


@pytest.mark.parametrize("to", [Handler, lambda request, response: 200, async_pair], ids=["class", "two", "async"])
def test_where_it_is_not_certain_a_kind_that_cannot_be_is_refused_as_well(to: Any) -> None:
    with pytest.raises(RouteError, match=r"it is not clear what .* kind='wsgi'"):
        recognise(to)
    with pytest.raises(RouteError, match=r"does not work as kind function: it cannot be called with \(request\)"):
        Routes().add("https://a.example", to, kind="function")


def lambda_handler(event: object, context: object) -> dict[str, int]:
    return {"statusCode": 200}


class Adapter:
    """Like Mangum."""

    def __call__(self, event: object, context: object) -> dict[str, int]:
        return {"statusCode": 200}


@pytest.mark.parametrize(("to", "name"), [(lambda_handler, "lambda_handler"), (Adapter(), "Adapter")])
def test_a_serverless_handler_is_answered_with_where_the_documentation_has_it(to: object, name: str) -> None:
    with pytest.raises(RouteError, match=rf"^{name} takes \(event, context\), .* docs tests`, \"Serverless handlers\""):
        recognise(to)
    assert "## Serverless handlers\n" in (Path(__file__).parents[3] / "docs/tests.md").read_text()


def test_an_application_that_only_its_own_server_can_call_is_served_by_the_test(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tornado = ModuleType("tornado.web")
    application = type("Application", (), {"__call__": lambda self, request: None})
    monkeypatch.setattr(tornado, "Application", application, raising=False)
    monkeypatch.setitem(sys.modules, "tornado.web", tornado)

    with pytest.raises(RouteError, match=r"a Tornado Application .* route to that URL"):
        recognise(application())


def create_app(config: object = None) -> Flask:
    return Flask(str(config))


@pytest.mark.parametrize("kind", [None, "wsgi", "asgi"])
@pytest.mark.parametrize("to", [create_app, functools.partial(create_app, None), lambda: Flask("app")])
def test_a_function_that_makes_the_app_is_to_be_called(to: Any, kind: Any) -> None:
    with pytest.raises(RouteError, match="call it: to="):
        Routes().add("https://a.example", to, kind)


def test_the_factory_is_named() -> None:
    with pytest.raises(RouteError, match=r"create_app needs no arguments, .* call it: to=create_app\(\)"):
        recognise(create_app)


@pytest.mark.parametrize("kind", ["wsgi", "asgi", "function"])
def test_a_kind_that_was_given_is_believed_where_the_signature_allows_it(kind: Any) -> None:
    assert Routes().add("https://a.example", Mock(), kind).kind is RouteKind(kind)
    with pytest.raises(RouteError, match="cannot be called with"):
        Routes().add("https://a.example", lambda a, b, c, d: 200, kind)


@pytest.mark.parametrize("to", [None, 7, object(), {"url": "http://127.0.0.1"}, Mount("/", Starlette()).routes])
def test_what_is_no_destination_at_all_is_refused(to: object) -> None:
    with pytest.raises(RouteError, match="is not a destination"):
        recognise(to)


class ClientOfStarlette:
    """Starlette's own warns of the httpx that it is made with."""

    def __init__(self) -> None:
        self.app = Starlette()


@pytest.mark.parametrize(
    ("client", "text"),
    [
        (
            ClientOfStarlette(),
            r"ClientOfStarlette is not a destination itself, but has an application: give its \.app$",
        ),
        (Flask("app").test_client(), r"FlaskClient is not a destination .* give its \.application$"),
    ],
)
def test_a_test_client_is_answered_with_the_application_that_it_calls(client: object, text: str) -> None:
    with pytest.raises(RouteError, match=text):
        recognise(client)


@pytest.mark.parametrize(
    ("to", "kind", "text"),
    [
        (7, "wsgi", "cannot be called"),
        ("text", "function", "cannot be called"),
        (wsgi, "aiohttp", "not an aiohttp Application"),
        (wsgi, "url", "not a URL to send to"),
        (wsgi, "asgi3", r"there is no kind of destination 'asgi3'; did you mean 'asgi'\?"),
    ],
)
def test_a_kind_that_cannot_be_is_refused(to: object, kind: Any, text: str) -> None:
    with pytest.raises(RouteError, match=text):
        Routes().add("https://a.example", to, kind)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "a.example",
        "//a.example",
        "https://",
        "ftp://a.example",
        "https://a.example/?q=1",
        "https://[x",
        "a b",
        "https://xn--.example",
    ],
)
def test_an_origin_that_is_none_is_refused(origin: str) -> None:
    with pytest.raises(RouteError, match="write scheme and host"):
        Routes().add(origin, function)


@pytest.mark.parametrize(
    "to",
    ["", "localhost:5000", "/hooks", "ftp://127.0.0.1", "http://127.0.0.1/?q=1", "http://", "http://xn--.localhost"],
)
def test_a_destination_that_is_no_http_url_is_refused(to: str) -> None:
    with pytest.raises(RouteError, match="is not a URL to send to"):
        Routes().add("https://a.example", to)


# --- which route ---------------------------------------------------------------------------------------------------


def routes(*origins: str) -> Routes:
    made = Routes()
    for number, origin in enumerate(origins):
        made.add(origin, f"http://127.0.0.1:{number + 1}")
    return made


def port(made: Routes, target: str) -> int | None:
    found = made.resolve(target)
    return found.to.port if isinstance(found, Route) else None


def test_the_longest_prefix_wins_in_whatever_order_they_were_added() -> None:
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        origins = ["https://a.example", "https://a.example/hooks", "https://a.example/hooks/copper/"]
        made = Routes()
        for index in order:
            made.add(origins[index], f"http://127.0.0.1:{index + 1}")
        assert port(made, "https://a.example/other") == 1
        assert port(made, "https://a.example/hooks") == 2
        assert port(made, "https://a.example/hooks/other") == 2
        assert port(made, "https://a.example/hooks/copper") == 3
        assert port(made, "https://a.example/hooks/copper/1?x") == 3


def test_a_prefix_ends_at_a_slash() -> None:
    made = routes("https://a.example/hooks")
    assert port(made, "https://a.example/hooks") == 1
    assert port(made, "https://a.example/hooks?x=1") == 1
    assert port(made, "https://a.example/hooksother") is None
    assert port(made, "https://a.example/hooks%2Fother") is None


def test_of_two_routes_for_the_same_prefix_the_later_counts() -> None:
    assert port(routes("https://a.example/hooks", "https://A.example:443/hooks/"), "https://a.example/hooks/1") == 2


@pytest.mark.parametrize(
    ("origin", "target", "covered"),
    [
        ("https://a.example", "https://A.EXAMPLE/hooks", True),
        ("https://a.example", "https://a.example:443/hooks", True),
        ("https://a.example:8443", "https://a.example:8443/", True),
        ("https://a.example", "https://a.example:8443/", False),
        ("https://a.example", "http://a.example/", False),
        ("https://a.example", "https://b.a.example/", False),
        ("https://a.example", "https://a.example.com/", False),
        ("https://a.example", "https://a.example@b.example/", False),
        ("https://a.example/x", "https://a.example/y/../x", True),
        ("https://b\u00fccher.example", "https://xn--bcher-kva.example/", True),
    ],
)
def test_a_route_covers_its_own_scheme_host_and_port(origin: str, target: str, *, covered: bool) -> None:
    assert (port(routes(origin), target) == 1) is covered


@pytest.mark.parametrize(
    ("base", "target", "expected"),
    [
        ("http://127.0.0.1:5000", "https://a.example/x?y=1", "http://127.0.0.1:5000/x?y=1"),
        ("http://127.0.0.1:5000/", "https://a.example", "http://127.0.0.1:5000/"),
        ("http://127.0.0.1:5000/base/", "https://a.example/x", "http://127.0.0.1:5000/base/x"),
        ("http://[::1]:5000", "https://a.example/%2F%7e?a=%20+", "http://[::1]:5000/%2F%7e?a=%20+"),
    ],
)
def test_path_and_query_are_kept_as_written(base: str, target: str, expected: str) -> None:
    made = Routes()
    route = made.add("https://a.example", base)
    assert str(route_url(route, target)) == expected


@pytest.mark.parametrize(
    ("target", "header"),
    [
        ("https://A.example/x", "a.example"),
        ("https://a.example:443/", "a.example"),
        ("http://a.example:443/", "a.example:443"),
        ("https://a.example:80/", "a.example:80"),
        ("https://[::1]:8443/", "[::1]:8443"),
    ],
)
def test_the_host_header_has_a_port_only_where_it_tells_something(target: str, header: str) -> None:
    assert host_header(target) == header


# --- the guard -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", COPPER)
@pytest.mark.parametrize("spelling", ["{}", "{}.", "{}..", "{}:443", "{}:8443"])
@pytest.mark.parametrize("upper", [False, True])
def test_nothing_is_ever_sent_to_copper(host: str, spelling: str, *, upper: bool) -> None:
    shown = spelling.format(host.upper() if upper else host)
    found = Routes(frozenset({host, host + "."})).resolve(f"https://{shown}/hooks")
    assert isinstance(found, Blocked)
    assert "Copper itself" in found.text


@pytest.mark.parametrize("host", ["api.copper.com", "API.Copper.Com", "api.copper.com.", "\uff41pi.copper.com"])
def test_copper_can_be_no_destination(host: str) -> None:
    with pytest.raises(RouteError, match="Copper itself"):
        Routes().add("https://a.example", f"https://{host}")


@pytest.mark.parametrize("user", ["ci", "ci:s3cret", ":s3cret"])
def test_a_route_with_a_user_or_password_is_refused_without_showing_it(user: str) -> None:
    """They would be dropped, and be shown wherever the route is."""
    routes = Routes()
    for origin, to in (
        ("https://app.example", f"http://{user}@127.0.0.1:5000/base"),
        (f"https://{user}@app.example", "http://127.0.0.1:5000"),
    ):
        with pytest.raises(RouteError, match=r"carries a user or password .*`headers` for credentials") as raised:
            routes.add(origin, to)
        assert f"{user}@" not in str(raised.value)
        assert "s3cret" not in str(raised.value)
    assert list(routes) == []


def test_allowing_copper_is_refused() -> None:
    with pytest.raises(SettingsError, match="nothing is ever delivered to Copper"):
        Emulator(allow_targets="hooks.example.com,api.copper.com")


@pytest.mark.parametrize("surface", [Surface.RUN, Surface.PLAY, Surface.CHECK])
def test_copper_is_never_offered_as_a_host_to_allow(surface: Surface) -> None:
    with pytest.raises(UsageError) as raised:
        checked_url("https://API.copper.com/hooks", frozenset(), surface)

    assert str(raised.value) == "api.copper.com is Copper itself; nothing is ever sent there"


@pytest.mark.parametrize(
    ("surface", "says"),
    [
        (Surface.RUN, "; to allow it: --set allow_targets=[2001:db8::1]"),
        (Surface.PLAY, "; to allow it: copper-emulator settings --set allow_targets=[2001:db8::1]"),
        (Surface.CHECK, "; to allow it: --allow-target [2001:db8::1]"),
    ],
)
def test_another_host_is_allowed_with_what_the_refusal_says(surface: Surface, says: str) -> None:
    with pytest.raises(UsageError) as raised:
        checked_url("http://[2001:db8::1]:5000/hooks", frozenset(), surface)

    assert str(raised.value).endswith(says)
    assert checked_url("http://[2001:db8::1]:5000/hooks", frozenset({"[2001:db8::1]"}), surface).port == 5000


def test_an_allowed_host_is_sent_to_in_any_spelling_and_no_other() -> None:
    made = Routes(frozenset({"hooks.example.com", "[2001:db8::1]"}))
    for target in ("https://hooks.example.com/x", "https://HOOKS.example.com.:8443/", "https://[2001:db8::1]/"):
        assert isinstance(made.resolve(target), Straight)
    for target in ("https://a.hooks.example.com/", "https://example.com/", "https://[2001:db8::2]/"):
        assert isinstance(made.resolve(target), Blocked)


def test_what_is_blocked_says_how_to_route_or_allow_it() -> None:
    with Emulator() as copper:
        copper.subscribe("person", "update", target="https://billing.example.com:8443/hooks")
        copper.fire("person", "update", ids=1)
        (delivery,) = copper.expect("person", "update", ids=1, outcome="blocked")
    assert delivery.outcome is Outcome.BLOCKED
    assert "copper.route('https://billing.example.com:8443', to=app)" in delivery.text
    assert "to really send to that host: Emulator(allow_targets='billing.example.com')" in delivery.text
    assert "serve" not in delivery.text


def test_what_is_blocked_names_the_routes_there_are() -> None:
    """Next to them, a typing mistake is easy to see."""
    made = routes("https://biling.example.com", "https://crm.example/hooks")
    blocked = made.resolve("https://billing.example.com/hooks")
    assert isinstance(blocked, Blocked)
    assert "The routes are for https://crm.example/hooks and https://biling.example.com. " in blocked.text

    nine = routes(*(f"https://{number}.example" for number in range(9)))
    assert " and 4 more. " in str(nine.resolve("https://billing.example.com/"))
    assert "The routes" not in str(routes().resolve("https://billing.example.com/"))


@pytest.mark.parametrize(
    ("to", "name"),
    [
        ("http://127.0.0.1:5000/", "http://127.0.0.1:5000"),
        ("http://127.0.0.1:5000/base", "http://127.0.0.1:5000/base"),
        (Flask("app"), "wsgi Flask"),
        (FastAPI(), "asgi FastAPI"),
        (web.Application(), "aiohttp Application"),
        (function, "function function"),
        (Handler().handle, "function Handler.handle"),
    ],
)
def test_a_route_is_told_by_where_it_leads(to: Any, name: str) -> None:
    route = Routes().add("https://a.example/", to)
    assert (route.name, str(route)) == (name, f"https://a.example -> {name}")


def test_a_function_inside_another_is_told_by_its_own_name() -> None:
    def hook(_request: object) -> int:
        return 200

    assert Routes().add("https://a.example", hook).name == "function hook"


@pytest.mark.parametrize("face", ["sync", "async"])
def test_a_delivery_tells_where_its_route_led_and_the_timeline_shows_the_path(face: str) -> None:
    if face == "sync":
        with Emulator() as copper:
            copper.route("https://billing.example.com", to=function)
            copper.subscribe("person", "update", target="https://billing.example.com/hooks/copper")
            copper.fire("person", "update", ids=1)
    else:

        async def run() -> AsyncCopper:
            async with AsyncEmulator() as copper:
                copper.route("https://billing.example.com", to=function)
                copper.subscribe("person", "update", target="https://billing.example.com/hooks/copper")
                await copper.fire("person", "update", ids=1)
            return copper

        copper = asyncio.run(run())  # type: ignore[assignment]
    assert copper.deliveries[0].route == "function function"
    assert "-> https://billing.example.com/hooks/copper via function function: 200" in copper.timeline


@pytest.mark.parametrize(
    "target",
    ["", "hooks", "https://", "https://[::1", "mailto:a@b.example", "http://a:b/", "http://xn--.localhost/"],
)
def test_what_is_no_url_leads_nowhere_and_nothing_is_replayed_to_it(target: str) -> None:
    assert Routes().resolve(target) == Blocked(f"{target!r} is not a URL that can be sent to")
    with Emulator() as copper:
        with pytest.raises(UsageError, match="is not a URL to send to"):
            copper.replay({"subscription_id": 1, "event": "new", "type": "lead", "ids": [1]}, target=target)
        assert copper.journal == []


labels = st.text("abcdefghijklmnopqrstuvwxyz0123456789-xX", min_size=1, max_size=8)
hosts = (
    st.lists(labels, min_size=1, max_size=4).map(".".join)
    | st.ip_addresses(v=4).map(str)
    | st.ip_addresses(v=6).map(lambda address: f"[{address}]")
    | st.integers(0, 2**32).map(str)
    | st.integers(0, 2**32).map(hex)
    | st.sampled_from(["localhost", "127.0.0.1", "[::1]", "localhost.", "a.localhost", "127.1", "0", "0.0.0.0", "[::]"])
    | st.sampled_from(
        [
            *COPPER,
            "localhost.example.com",
            "127.0.0.1.nip.io",
            "localhost@evil.example",
            "evil.example#@localhost",
        ]
    )
    | st.text(min_size=1, max_size=12)
)


def is_this_machine(address: str) -> bool:
    """A connection to `::ffff:127.0.0.1` is one to 127.0.0.1."""
    found = ip_address(address)
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_loopback


@given(
    scheme=st.sampled_from(["http", "https", "HTTPS", "ftp"]),
    host=hosts,
    tail=st.sampled_from(["", "/", "/x?y", ":80/"]),
)
@example("https", "\u24dbocalhost", "/")
@example("http", "[::ffff:127.0.0.1]", "/")
@example("http", "127.0.0.1\\@evil.example", "/")
@example("http", "evil.example\\@127.0.0.1", "/")
@example("http", "localhost\n.evil.example", "/")
def test_whatever_is_not_provably_this_machine_is_blocked(scheme: str, host: str, tail: str) -> None:
    """The host of the resulting URL is connected to, so that is what is checked."""
    found = Routes().resolve(f"{scheme}://{host}{tail}")
    if isinstance(found, Straight):
        name = (found.url.raw_host or "").rstrip(".").lower()
        assert name == "localhost" or name.endswith(".localhost") or is_this_machine(name)
        assert not is_copper(name)
    else:
        assert isinstance(found, Blocked)
        assert found.text


class Wrapper:
    """Has an application, but is not one."""

    def __init__(self) -> None:
        self.wsgi_app: object = "an application"


class CalledWrapper(Wrapper):
    def __call__(self, *args: object) -> object:
        return args


@pytest.mark.parametrize("wrapper", [Wrapper(), CalledWrapper()])
def test_what_has_a_wsgi_app_within_is_answered_with_it(wrapper: object) -> None:
    with pytest.raises(
        RouteError, match=r"Wrapper is not a destination itself, but has a WSGI app; did you mean its \.wsgi"
    ):
        routes().add("https://billing.example.com", wrapper)
