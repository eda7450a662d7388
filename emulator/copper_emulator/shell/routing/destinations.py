"""What kinds of destination can a route have, and which kind is a given object?"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from enum import Enum, StrEnum
from typing import Any, Literal, TypeAlias

from yarl import URL

from copper_emulator.core.errors import RouteError, raised_on_purpose
from copper_emulator.core.text import no_such

__tracebackhide__ = raised_on_purpose

KindName: TypeAlias = Literal["url", "wsgi", "asgi", "aiohttp", "function"]


class RouteKind(StrEnum):
    """The kinds of destination a route can have."""

    URL = "url"
    WSGI = "wsgi"
    ASGI = "asgi"
    AIOHTTP = "aiohttp"
    FUNCTION = "function"


class Manner(Enum):
    """How an endpoint is called if several notifications come at once."""

    APART = "at the same time, over HTTP or in threads"
    ON_LOOP = "on one event loop, at the same time as long as nothing blocks it"
    IN_TURNS = "one after the other"


_CALLED_WITH = {
    RouteKind.WSGI: ("environ", "start_response"),
    RouteKind.ASGI: ("scope", "receive", "send"),
    RouteKind.FUNCTION: ("request",),
}

_APP_ATTRIBUTES = ("app", "application")
"""The attributes in which the test clients of Starlette and Werkzeug have their application."""


def recognise(to: object) -> RouteKind:
    """What kind of destination an object is. Raises RouteError if that is ambiguous."""
    if isinstance(to, str | URL):
        return RouteKind.URL
    if _is_of("aiohttp.web", to):
        return RouteKind.AIOHTTP
    kind = _kind_by_signature(to, _positional(to)) if callable(to) and not _is_of("tornado.web", to) else None
    if kind is None:
        raise RouteError(_unclear_text(to))
    return kind


def _unclear_text(to: object) -> str:
    """What may be meant by an object that is not recognised."""
    names = _positional(to)
    if _is_of("tornado.web", to):
        return (
            "a Tornado Application is called by Tornado's own server alone: listen with it, on the test's loop or in a "
            "thread, and route to that URL: route(origin, to='http://127.0.0.1:8888')"
        )
    if _has_app(to):
        return _wsgi_app_text(to)
    if not callable(to):
        return _no_destination_text(to)
    if _is_factory(to):
        return _factory_text(to)
    if len(names) == 2 and names[0] == "event":
        # AWS Lambda, and adapters to it such as Mangum.
        return (
            f"{name_of(to)} takes ({', '.join(names)}), like a serverless handler: route to a function that calls it, "
            'as in `copper-emulator docs tests`, "Serverless handlers"'
        )
    return (
        f"it is not clear what {name_of(to)} is ({_shape(to, names)}); say so: route(origin, to=..., kind='wsgi'), or "
        "kind='asgi', 'aiohttp', 'function'"
    )


def _kind_by_signature(to: Any, names: list[str]) -> RouteKind | None:
    if inspect.isclass(to):
        return None
    if len(names) == 3 and (is_async(to) or names == ["scope", "receive", "send"]):
        return RouteKind.ASGI
    if len(names) == 2 and not is_async(to) and (names[0] in ("environ", "env") or names[1].startswith("start_resp")):
        return RouteKind.WSGI
    return RouteKind.FUNCTION if len(names) == 1 else None


def kind_named(name: str, to: object) -> RouteKind:
    """The kind with this name. Raises RouteError if there is none, or `to` cannot be of that kind."""
    try:
        kind = RouteKind(name)
    except ValueError:
        raise RouteError(no_such("kind of destination", name, RouteKind)) from None
    if kind is RouteKind.AIOHTTP and not _is_of("aiohttp.web", to):
        raise RouteError(f"{to!r} is not an aiohttp Application")
    if kind in (RouteKind.WSGI, RouteKind.ASGI, RouteKind.FUNCTION) and not callable(to):
        raise RouteError(f"{to!r} cannot be called, as {kind} destinations must be")
    if kind in _CALLED_WITH:
        _check_call(to, kind, _CALLED_WITH[kind])
    return kind


def _check_call(to: object, kind: RouteKind, arguments: tuple[str, ...]) -> None:
    if takes(to, arguments):
        return
    if _is_factory(to):
        raise RouteError(_factory_text(to))
    raise RouteError(
        f"{name_of(to)} does not work as kind {kind}: it cannot be called with ({', '.join(arguments)}); "
        f"{_shape(to, _positional(to))}"
    )


def takes(to: Any, arguments: Sequence[str]) -> bool:
    """Whether it can be called with these arguments, as far as that can be known."""
    try:
        signature = inspect.signature(to)
    except (TypeError, ValueError):
        # Some builtins have no signature.
        return True
    try:
        signature.bind(*arguments)
    except TypeError:
        return False
    return True


def _is_factory(to: object) -> bool:
    """Whether it takes no arguments, like a function that makes an application."""
    return (
        not inspect.isclass(to)
        and not _positional(to)
        and takes(to, ())
        and not any(p.kind is p.VAR_POSITIONAL for p in _parameters(to))
    )


def _factory_text(to: object) -> str:
    name = name_of(to)
    return (
        f"{name} needs no arguments, so it is probably a function that makes the app: call it: to={name}() "
        "(an endpoint function takes the request: def hook(request): ...)"
    )


def _has_app(to: object) -> bool:
    # getattr_static, because a mock has every attribute it is asked for.
    return not inspect.isclass(to) and inspect.getattr_static(to, "wsgi_app", None) is not None


def _no_destination_text(to: object) -> str:
    attribute = next((name for name in _APP_ATTRIBUTES if inspect.getattr_static(to, name, None) is not None), None)
    if attribute is not None:
        return f"{name_of(to)} is not a destination itself, but has an application: give its .{attribute}"
    return f"{to!r} is not a destination: give a URL, a WSGI app, an ASGI app, an aiohttp Application or a function"


def _wsgi_app_text(to: object) -> str:
    return f"{name_of(to)} is not a destination itself, but has a WSGI app; did you mean its .wsgi_app?"


def _parameters(to: Any) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(to).parameters.values())
    except (TypeError, ValueError):
        return []


def _positional(to: Any) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in _parameters(to) if p.kind in kinds and p.default is p.empty]


def _is_of(module: str, to: object) -> bool:
    """Whether it is that module's Application; nothing is, as long as the module is not imported."""
    web = sys.modules.get(module)
    return web is not None and isinstance(to, web.Application)


def is_async(to: Any) -> bool:
    """Whether calling it returns an awaitable."""
    return inspect.iscoroutinefunction(to) or inspect.iscoroutinefunction(
        getattr(to, "__call__", None)  # noqa: B004 - an instance with an async __call__ is meant
    )


def _shape(to: object, names: list[str]) -> str:
    if inspect.isclass(to):
        return "it is a class: give an instance of it"
    return f"it takes {', '.join(names) or 'no named arguments'}"


def name_of(to: object) -> str:
    """The object's name in messages."""
    name: str = getattr(to, "__qualname__", None) or type(to).__qualname__
    # Of a function defined inside a test, leave out the test.
    return name.rpartition("<locals>.")[2]
