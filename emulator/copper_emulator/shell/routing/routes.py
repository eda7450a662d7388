"""Where is a target really sent? Its routes, and the guard that keeps notifications on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from yarl import URL

from copper_emulator.core.errors import RouteError, UsageError, raised_on_purpose
from copper_emulator.core.surface import Surface
from copper_emulator.core.targets import is_copper, is_loopback
from copper_emulator.core.text import in_words
from copper_emulator.shell.routing.destinations import KindName, RouteKind, is_async, kind_named, name_of, recognise

__tracebackhide__ = raised_on_purpose

_MOST_CACHED = 1_000
"""How many targets to cache results for; an account has at most a hundred subscriptions."""

_MOST_SHOWN = 5
"""How many routes an error message lists if a target has none."""


@dataclass(frozen=True, slots=True)
class Route:
    """`origin` and targets below it go to `to`: a base URL, or the application or function itself."""

    origin: URL
    to: Any
    kind: RouteKind
    lifespan: bool = True
    """Whether starting and shutting down the application is our job."""
    name: str = field(init=False, compare=False)
    """The destination in a few words: `http://127.0.0.1:5000`, `wsgi Flask`, `function hook`."""
    is_awaited: bool = field(init=False, compare=False)
    """Whether the destination is a function whose result must be awaited."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_awaited", self.kind is RouteKind.FUNCTION and is_async(self.to))
        leads_to = str(self.to).rstrip("/") if self.kind is RouteKind.URL else f"{self.kind} {name_of(self.to)}"
        # Built-in destinations have a name of their own.
        object.__setattr__(self, "name", getattr(type(self.to), "route_name", leads_to))

    @property
    def starts(self) -> bool:
        """Whether the destination must be started before anything is sent to it."""
        return self.lifespan and self.kind in (RouteKind.ASGI, RouteKind.AIOHTTP)

    def covers(self, target: URL) -> bool:
        """Whether a target has the same scheme, host and port, and a path at or below the origin's."""
        if _origin_key(target) != _origin_key(self.origin):
            return False
        prefix = self.origin.raw_path.rstrip("/")
        return not prefix or target.raw_path == prefix or target.raw_path.startswith(prefix + "/")

    @property
    def written(self) -> str:
        """The origin as people write it."""
        return _written_origin(self.origin)

    def __str__(self) -> str:
        return f"{self.written} -> {self.name}"


@dataclass(frozen=True, slots=True)
class Blocked:
    """A target that nothing is sent to; `text` says why and what would allow it."""

    text: str


@dataclass(frozen=True, slots=True)
class Straight:
    """A target that is sent to directly, without a route."""

    url: URL


Destination = Route | Straight | Blocked

Detour = Callable[[str, Destination], Destination]
"""Where a target goes for a while, given the target and where it would go otherwise."""


class NoRoute(RouteError):
    """A valid origin has no route."""


class Routes:
    """The routes of one account; the longest prefix wins, and of two equal ones the later."""

    def __init__(self, allow_targets: frozenset[str] = frozenset(), *, surface: Surface = Surface.PYTHON) -> None:
        self._surface = surface
        self._allow_targets = frozenset(_bare_host(host) for host in allow_targets)
        self.detours: list[Detour] = []
        """Passed through in order; they are no routes, and are gone when what they are for has ended."""
        self._routes: list[Route] = []
        self._resolved: dict[str, Destination] = {}
        """Where targets went since the routes last changed; most targets are sent to again and again."""

    def allow(self, targets: frozenset[str]) -> None:
        """Replace the set of hosts beyond loopback that may be sent to."""
        self._allow_targets = frozenset(_bare_host(host) for host in targets)
        self._resolved.clear()

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def add(self, origin: str, to: object, kind: KindName | None = None, *, lifespan: bool = True) -> Route:
        """Add a route. Raises RouteError if origin or destination cannot be understood."""
        prefix = _parse_origin(origin)
        found = kind_named(kind, to) if kind is not None else recognise(to)
        if not lifespan and found is not RouteKind.ASGI:
            raise RouteError(f"lifespan=False is for ASGI applications, and {name_of(to)} is not one")
        route = Route(prefix, _parse_base(str(to)) if found is RouteKind.URL else to, found, lifespan)
        self._routes = [
            known
            for known in self._routes
            if (_origin_key(known.origin), known.origin.raw_path) != (_origin_key(prefix), prefix.raw_path)
        ]
        self._routes.append(route)
        self._resolved.clear()
        self._routes.sort(key=lambda known: len(known.origin.raw_path), reverse=True)
        return route

    def route_to_start(self, app: object) -> Route:
        """The route by which to start an application, added or not. Raises RouteError if it cannot be started."""
        found = next((route for route in self._routes if route.to is app), None)
        route = Route(URL("https://localhost"), app, recognise(app)) if found is None else found
        if not route.lifespan:
            raise RouteError(f"{name_of(app)} has a route with lifespan=False: start it yourself")
        if not route.starts:
            raise RouteError(f"{name_of(app)} cannot be started: only ASGI and aiohttp applications have a start-up")
        return route

    def remove(self, origin: str) -> Route:
        """Remove and return an origin's route. Raises NoRoute if there is none, RouteError for an invalid origin."""
        prefix = _parse_origin(origin)
        for route in self._routes:
            if (_origin_key(route.origin), route.origin.raw_path) == (_origin_key(prefix), prefix.raw_path):
                self._routes.remove(route)
                self._resolved.clear()
                return route
        raise NoRoute(f"there is no route for {origin!r}. {self._other_routes_text()}".rstrip())

    def resolve(self, target: str) -> Destination:
        """Where a target goes: its route, straight to loopback or an allowed host, or nowhere."""
        found = self._resolved.get(target)
        if found is None:
            found = self._resolve(target)
            if len(self._resolved) < _MOST_CACHED:
                self._resolved[target] = found
        for detour in self.detours:
            found = detour(target, found)
        return found

    def is_scripted(self, target: str) -> bool:
        """Whether a target leads to one of our own receivers, which do nothing but answer."""
        destination = self.resolve(target)
        return isinstance(destination, Route) and is_scripted(destination.to)

    def _resolve(self, target: str) -> Destination:
        url = _parse_url(target)
        if url is None or not url.host:
            return Blocked(f"{target!r} is not a URL that can be sent to")
        for route in self._routes:
            if route.covers(url):
                return route
        # Check the host as parsed, since that is what will be connected to, not as written.
        host = _bare_host(url.host)
        if is_copper(host):
            return Blocked(f"{host} is Copper itself; the emulator never sends there")
        if is_loopback(host) or host in self._allow_targets:
            return Straight(target_url(target))
        origin, name = str(url.origin()), f"[{host}]" if ":" in host else host
        return Blocked(
            f"no route for {origin}, and without one only loopback is reached. {self._other_routes_text()}Send it to "
            f"your app with {self._surface.route(origin)}; to really send to that host: "
            f"{self._surface.setting('allow_targets', name)}"
        )

    def _other_routes_text(self) -> str:
        """The existing routes, as text: beside them a typing mistake shows."""
        if not self._routes:
            return ""
        origins = in_words((_written_origin(route.origin) for route in self._routes), most=_MOST_SHOWN)
        return f"The {'only route is' if len(self._routes) == 1 else 'routes are'} for {origins}. "


def is_scripted(to: object) -> bool:
    """Whether a destination is one of our own receivers, which do nothing but answer."""
    return getattr(type(to), "answers_only", False) is True


def checked_url(text: str, allowed: frozenset[str], surface: Surface) -> URL:
    """Check a URL to which a person wants everything sent. Raises UsageError with what to write instead."""
    url = _parse_url(text)
    if url is None or url.scheme not in ("http", "https") or not url.host or url.fragment or url.user is not None:
        raise UsageError(f"{text!r} is not a URL to send to: write it in full, like http://127.0.0.1:5000/hooks/copper")
    host = _bare_host(url.host)
    if is_copper(host):
        raise UsageError(f"{host} is Copper itself; nothing is ever sent there")
    if not is_loopback(host) and host not in map(_bare_host, allowed):
        name = f"[{host}]" if ":" in host else host
        raise UsageError(
            f"{host} is not this machine, and nothing is sent elsewhere by accident; to allow it: "
            f"{surface.setting('allow_targets', name)}"
        )
    return url


def sendable(target: str) -> URL | None:
    """The target as a URL with scheme and host that can be sent to, or None."""
    url = _parse_url(target)
    return url if url is not None and url.scheme in ("http", "https") and url.host else None


def check_sendable(target: str) -> None:
    """Raise UsageError, with how to write it, if nothing can be sent to a target, whatever its routes are."""
    if sendable(target) is None:
        raise UsageError(
            f"target: {target!r} is not a URL to send to: write it like http://127.0.0.1:5000/hooks/copper"
        )


@lru_cache(maxsize=_MOST_CACHED)
def target_url(target: str) -> URL:
    """A target with scheme and host as they are connected to, and with path and query exactly as written."""
    url = URL(target)
    if not all("!" <= c <= "~" for c in target):
        return url
    parts = urlsplit(target)
    query = f"?{parts.query}" if parts.query else ""
    return URL(f"{url.origin()}{parts.path or '/'}{query}", encoded=True)


@lru_cache(maxsize=_MOST_CACHED)
def host_header(target: str) -> str:
    """The Host header a client would send for a target; the port only if it is not the scheme's default."""
    url = URL(target)
    host = url.raw_host or ""
    name = f"[{host}]" if ":" in host else host
    return name if url.is_default_port() else f"{name}:{url.port}"


def route_url(route: Route, target: str) -> URL:
    """Where a target goes over a URL route: the route's base followed by the target's whole path and query."""
    url, base = target_url(target), route.to
    path = base.raw_path.rstrip("/") + url.raw_path
    return URL(f"{base.origin()}{path}" + (f"?{url.raw_query_string}" if url.raw_query_string else ""), encoded=True)


def _parse_origin(origin: str) -> URL:
    url = _parse_url(origin)
    if url is None or url.scheme not in ("http", "https") or not url.host or url.query_string or url.fragment:
        raise RouteError(
            f"{origin!r} is not an origin of targets: write scheme and host, like https://billing.example.com, "
            "optionally with a path"
        )
    _refuse_userinfo(url, "route's origin")
    return url.with_path(url.raw_path.rstrip("/") or "/", encoded=True)


def _parse_base(to: str) -> URL:
    url = _parse_url(to)
    if url is None or url.scheme not in ("http", "https") or not url.host or url.query_string or url.fragment:
        raise RouteError(f"{to!r} is not a URL to send to: write it like http://127.0.0.1:5000")
    _refuse_userinfo(url, "URL to send to")
    if is_copper(url.host):
        raise RouteError(f"{to!r} is Copper itself; the emulator never sends there")
    return url


def _refuse_userinfo(url: URL, what: str) -> None:
    # Not shown in the message, which may end up in a log.
    if url.raw_user is not None or url.raw_password is not None:
        raise RouteError(
            f"a {what} carries a user or password ({url.with_user(None)} without it); use the subscription's `headers` "
            "for credentials"
        )


def _parse_url(text: str) -> URL | None:
    try:
        url = URL(text)
        # A name in Punycode is decoded only here; one that is none raises UnicodeError, a ValueError.
        host = url.host
    except (ValueError, TypeError):
        return None
    return None if host is None else url


def _origin_key(url: URL) -> tuple[str, str, int | None]:
    """Scheme, host and port, however they are written."""
    return url.scheme, _bare_host(url.host or ""), url.port


def _written_origin(origin: URL) -> str:
    return str(origin).rstrip("/")


def _bare_host(host: str) -> str:
    """A host as it is compared: lower case, no brackets, no trailing dot."""
    return host.lower().rstrip(".").strip("[]")
