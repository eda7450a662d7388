"""One connection to the endpoint over which requests are sent one after the other, and what comes back over it.

Deliveries choose their connections themselves, and leave one over which something came that nobody asked for. Here this
is what is looked for. It never waits in a call, since the endpoint may be served by the loop that this runs on.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from yarl import URL

from copper_emulator.checks.bench import Bench
from copper_emulator.core.wire import request_headers
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.delivering.driver import Rounds
from copper_emulator.shell.routing.destinations import RouteKind
from copper_emulator.shell.routing.routes import Route, Straight, host_header, route_url

_REACH = 5.0
"""Seconds that connecting may take."""

_AT_ONCE = 64 * 1024
_INTERIM = range(100, 200)
_IDLE = 408


class Answer(NamedTuple):
    """An answer, and whether the connection may be used for another request."""

    status: int
    body: bytes
    keeps: bool


class Wire:
    """A connection; `with Wire(url) as wire`. Raises OSError if there is none to be had."""

    def __init__(self, url: URL) -> None:
        self.is_closed = False
        self._answers: deque[Answer] = deque()
        self._connected = socket.create_connection((url.host or "", url.port or 80), _REACH)
        self._connected.settimeout(0)
        self._parser = HttpResponseParser(self)
        self._body: list[bytes] | None = None

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._connected.close()

    def ask(self, bench: Bench, request: bytes) -> Rounds[Answer | None]:
        """Send a request, and return the next answer that comes, to whatever; None if none comes in time."""
        unsent, until = memoryview(request), monotonic() + bench.tenant.settings.timeout / 1000
        while not self._answers and not self.is_closed and monotonic() < until:
            unsent = self._sent(unsent)
            self.look()
            if not self._answers:
                yield from bench.rest()
        return self._answers.popleft() if self._answers else None

    def unasked(self) -> Answer | None:
        """An answer that has come to nothing that was asked, unless it is what servers say before they close."""
        return next((each for each in self._answers if each.status != _IDLE), None)

    def look(self) -> None:
        """Take in what has come meanwhile."""
        try:
            while not self.is_closed and (data := self._connected.recv(_AT_ONCE)):
                self._take(data)
            self._close()
        except BlockingIOError:
            return
        except OSError:
            self._close()

    def _sent(self, unsent: memoryview) -> memoryview:
        # An error of the connection is seen when it is read from, after what was still answered.
        with suppress(OSError):
            while unsent:
                unsent = unsent[self._connected.send(unsent) :]
        return unsent

    def _take(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            pass
        except HttpParserError:
            self._close()

    def _close(self) -> None:
        if not self.is_closed:
            if self._body is not None:
                # An answer without a length ends with the connection.
                self._answers.append(Answer(self._parser.get_status_code(), b"".join(self._body), keeps=False))
            self.is_closed = True

    # --- called by the parser ---------------------------------------------------------------------------------------

    def on_headers_complete(self) -> None:
        self._body = []

    def on_body(self, body: bytes) -> None:
        if self._body is not None:
            self._body.append(body)

    def on_message_complete(self) -> None:
        body, self._body = self._body, None
        status = self._parser.get_status_code()
        if body is not None and status not in _INTERIM:
            self._answers.append(Answer(status, b"".join(body), keeps=self._parser.should_keep_alive()))


def url_of(bench: Bench) -> URL | None:
    """Where the endpoint is reached over plain HTTP; None if it is called in this process, or over TLS."""
    found = bench.tenant.routes.resolve(bench.plan.target)
    if isinstance(found, Straight):
        url = found.url
    elif isinstance(found, Route) and found.kind is RouteKind.URL:
        url = route_url(found, bench.plan.target)
    else:
        return None
    return url if url.scheme == "http" else None


def request(bench: Bench, url: URL, body: bytes, headers: Mapping[str, str]) -> bytes:
    """A notification as it is sent to that place, with these headers of the endpoint's."""
    target = bench.plan.target
    lines = {
        "Host": host_header(str(url)),
        **dict(request_headers(bench.tenant.settings.user_agent, headers)),
        "X-Forwarded-Host": host_header(target),
        "X-Forwarded-Proto": URL(target).scheme,
        "Content-Length": str(len(body)),
    }
    head = [f"POST {url.raw_path_qs} HTTP/1.1", *(f"{name}: {value}" for name, value in lines.items())]
    return "\r\n".join([*head, "", ""]).encode() + body
