"""Target URL -> where it is really sent, and the guard that keeps notifications on this machine."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

from yarl import URL

from copper_emulator.core.errors import RouteError
from copper_emulator.core.targets import is_copper, is_loopback

KindName: TypeAlias = Literal["url", "wsgi", "asgi", "aiohttp", "function"]


class RouteKind(StrEnum):
    """What can stand at the end of a route."""

    URL = "url"
    WSGI = "wsgi"
    ASGI = "asgi"
    AIOHTTP = "aiohttp"
    FUNCTION = "function"


@dataclass(frozen=True, slots=True)
class Route:
    """Targets that begin with `origin` go to `to`. For a URL, `to` is its base; else the app or function itself."""

    origin: URL
    to: Any
    kind: RouteKind

    def covers(self, target: URL) -> bool:
        """Same scheme, host and port, and a path at or below the origin's."""
        if _place(target) != _place(self.origin):
            return False
        prefix = self.origin.raw_path.rstrip("/")
        return not prefix or target.raw_path == prefix or target.raw_path.startswith(prefix + "/")

    def __str__(self) -> str:
        to = str(self.to) if self.kind is RouteKind.URL else f"{self.kind} {_name(self.to)}"
        return f"{str(self.origin).rstrip('/')} -> {to}"


@dataclass(frozen=True, slots=True)
class Blocked:
    """A target that is not sent to; `text` says why and what would allow it."""

    text: str


@dataclass(frozen=True, slots=True)
class Straight:
    """A target that is sent to as it stands."""

    url: URL


class Routes:
    """The routes of one account; the longest prefix wins, and of two equal ones the later."""

    def __init__(self, allow_targets: frozenset[str] = frozenset()) -> None:
        self._allow_targets = frozenset(_bare(host) for host in allow_targets)
        self._routes: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def add(self, origin: str, to: object, kind: KindName | None = None) -> Route:
        """Raises RouteError when origin or destination cannot be understood."""
        prefix = _parse_origin(origin)
        found = _kind(kind) if kind is not None else recognise(to)
        _check(to, found)
        route = Route(prefix, _parse_base(str(to)) if found is RouteKind.URL else to, found)
        self._routes = [
            known
            for known in self._routes
            if (_place(known.origin), known.origin.raw_path) != (_place(prefix), prefix.raw_path)
        ]
        self._routes.append(route)
        self._routes.sort(key=lambda known: len(known.origin.raw_path), reverse=True)
        return route

    def resolve(self, target: str) -> Route | Straight | Blocked:
        """Where a target goes: its route, straight to loopback or an allowed host, or nowhere."""
        url = _url(target)
        if url is None or not url.host:
            return Blocked(f"{target!r} is no URL that could be sent to")
        for route in self._routes:
            if route.covers(url):
                return route
        # What is looked at here is what will be connected to: the host as it was parsed, not as it was written.
        host = _bare(url.host)
        if is_copper(host):
            return Blocked(f"{host} is Copper itself; the emulator never sends there")
        if is_loopback(host) or host in self._allow_targets:
            return Straight(target_url(target))
        origin, name = url.origin(), f"[{host}]" if ":" in host else host
        return Blocked(
            f"no route for {origin}, and only loopback is sent to. Send it to your app with "
            f"copper.route('{origin}', to=app) or serve --route {origin}=http://127.0.0.1:5000; "
            f"to really send to that host: allow_targets={name} (--allow-target {name})"
        )


def recognise(to: object) -> RouteKind:
    """What kind of destination an object is; raises RouteError when it is not sure."""
    if isinstance(to, str | URL):
        return RouteKind.URL
    if _is_aiohttp(to):
        return RouteKind.AIOHTTP
    if not callable(to):
        raise RouteError(
            f"{to!r} is no destination: give a URL, a WSGI app, an ASGI app, an aiohttp Application or a function"
        )
    names = _positional(to)
    if not inspect.isclass(to):
        if len(names) == 3 and (_is_async(to) or names == ["scope", "receive", "send"]):
            return RouteKind.ASGI
        if len(names) == 2 and not _is_async(to) and names[1] in ("start_response", "start_resp"):
            return RouteKind.WSGI
        if len(names) == 1:
            return RouteKind.FUNCTION
    raise RouteError(
        f"it is not certain what {_name(to)} is ({_shape(to, names)}); say so: "
        "route(origin, to=..., kind='wsgi'), or kind='asgi', 'aiohttp', 'function'"
    )


def target_url(target: str) -> URL:
    """A target with its scheme and host as they are connected to, and its path and query exactly as written."""
    url = URL(target)
    if not all("!" <= c <= "~" for c in target):
        return url
    parts = urlsplit(target)
    query = f"?{parts.query}" if parts.query else ""
    return URL(f"{url.origin()}{parts.path or '/'}{query}", encoded=True)


def host_header(target: str) -> str:
    """What a client would send as Host for a target: the port only where it is not the scheme's own."""
    url = URL(target)
    host = url.raw_host or ""
    name = f"[{host}]" if ":" in host else host
    return name if url.is_default_port() else f"{name}:{url.port}"


def route_url(route: Route, target: str) -> URL:
    """Where a target goes over a URL route: the route's base before the target's whole path and query."""
    url, base = target_url(target), route.to
    path = base.raw_path.rstrip("/") + url.raw_path
    return URL(f"{base.origin()}{path}" + (f"?{url.raw_query_string}" if url.raw_query_string else ""), encoded=True)


def _parse_origin(origin: str) -> URL:
    url = _url(origin)
    if url is None or url.scheme not in ("http", "https") or not url.host or url.query_string or url.fragment:
        raise RouteError(
            f"{origin!r} is no origin of targets: write scheme and host, like https://billing.example.com, "
            "optionally with a path"
        )
    return url.with_path(url.raw_path.rstrip("/") or "/", encoded=True)


def _parse_base(to: str) -> URL:
    url = _url(to)
    if url is None or url.scheme not in ("http", "https") or not url.host or url.query_string or url.fragment:
        raise RouteError(f"{to!r} is no URL to send to: write it like http://127.0.0.1:5000")
    if is_copper(url.host):
        raise RouteError(f"{to!r} is Copper itself; the emulator never sends there")
    return url


def _url(text: str) -> URL | None:
    try:
        url = URL(text)
    except (ValueError, TypeError):
        return None
    return url if url.absolute else None


def _positional(to: Any) -> list[str]:
    try:
        parameters = inspect.signature(to).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in parameters if p.kind in kinds and p.default is p.empty]


def _kind(name: str) -> RouteKind:
    try:
        return RouteKind(name)
    except ValueError:
        raise RouteError(f"there is no kind {name!r} of destination; it is one of {', '.join(RouteKind)}") from None


def _check(to: object, kind: RouteKind) -> None:
    if kind is RouteKind.AIOHTTP and not _is_aiohttp(to):
        raise RouteError(f"{to!r} is no aiohttp Application")
    if kind in (RouteKind.WSGI, RouteKind.ASGI, RouteKind.FUNCTION) and not callable(to):
        raise RouteError(f"{to!r} cannot be called, as a {kind} destination must be")


def _is_aiohttp(to: object) -> bool:
    # Who has not imported aiohttp.web has made no application with it.
    web = sys.modules.get("aiohttp.web")
    return web is not None and isinstance(to, web.Application)


def _is_async(to: Any) -> bool:
    return inspect.iscoroutinefunction(to) or inspect.iscoroutinefunction(
        getattr(to, "__call__", None)  # noqa: B004 - an instance with an async __call__ is meant
    )


def _place(url: URL) -> tuple[str, str, int | None]:
    """Scheme, host and port, however they are written."""
    return url.scheme, _bare(url.host or ""), url.port


def _bare(host: str) -> str:
    """A host as it is compared: lower case, no brackets, no trailing dot."""
    return host.lower().rstrip(".").strip("[]")


def _shape(to: object, names: list[str]) -> str:
    if inspect.isclass(to):
        return "a class: give an instance of it"
    return f"it takes {', '.join(names) or 'nothing that is named'}"


def _name(to: object) -> str:
    return getattr(to, "__qualname__", None) or type(to).__qualname__
