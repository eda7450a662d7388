"""A function or WSGI application in this process, served on loopback so that a server can reach it."""

from __future__ import annotations

import json
import ssl
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import Attempt, Reason, Result
from copper_emulator.core.moments import to_ms
from copper_emulator.remote.raised import Raised
from copper_emulator.shell.caught import watching_exceptions
from copper_emulator.shell.clock import pause, real_now
from copper_emulator.shell.routing.destinations import RouteKind, is_async
from copper_emulator.shell.senders.function import send_to_function
from copper_emulator.shell.senders.kept import HEADER
from copper_emulator.shell.senders.wsgi import send_to_wsgi

_LONGEST = 11.0
"""The longest delay of an answer in seconds: by default the server stops waiting after ten."""

_HERE = threading.local()

_OF_THE_CONNECTION = ("content-length", "transfer-encoding", "connection", "date", "server")

_OF_THE_WAY = ("host", "x-forwarded-host", "x-forwarded-proto", *_OF_THE_CONNECTION)
"""Headers that the way to this port adds; the endpoint sees a request to its own URL."""


def is_serving() -> bool:
    """Whether the caller is an endpoint that is being notified."""
    return getattr(_HERE, "serves", False)


class Served:
    """A route's destination, served on a port of its own. Delays of its answers are in real time.

    With an SSL context it is served over TLS. `moment` returns the virtual time at which a request arrives, if known.
    With `raised`, answers say which of the exceptions kept there they stand for.
    """

    def __init__(
        self,
        to: Any,
        kind: RouteKind,
        *,
        context: ssl.SSLContext | None = None,
        moment: Callable[[], int | None] = lambda: None,
        raised: Raised | None = None,
    ) -> None:
        if kind is RouteKind.FUNCTION and is_async(to):
            raise UsageError("an async function needs the loop of its test; give a plain function, or a URL")
        send = cast("Callable[[Any, Attempt], Result]", send_to_wsgi if kind is RouteKind.WSGI else send_to_function)

        class Handler(_Handler):
            def ask(self, attempt: Attempt) -> Result:
                with watching_exceptions():
                    return send(to, attempt)

            def name_of(self, result: Result) -> str:
                return "" if raised is None or result.exception is None else raised.keep(result)

            def moment(self) -> int | None:
                # Only a function is given the time, as `Received.at`.
                return moment() if kind is RouteKind.FUNCTION else None

        self._server = _Server(("127.0.0.1", 0), Handler)
        if context is not None:
            # Each handshake takes place in its connection's thread, at the first read.
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="copper-endpoint")
        self._thread.start()
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that went away or fails at TLS: nothing should be printed in a user's test."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # only handed on


class _Handler(BaseHTTPRequestHandler):
    # Seconds for a client that connects and sends nothing; closing waits for it.
    timeout = 5

    def ask(self, attempt: Attempt) -> Result:
        """Call the endpoint; implemented by the subclass made for each route."""
        raise NotImplementedError

    def moment(self) -> int | None:
        """The account's time, if it is known; implemented there as well."""
        raise NotImplementedError

    def name_of(self, result: Result) -> str:
        """The name under which an exception is kept; "" if there is none."""
        raise NotImplementedError

    def do_POST(self) -> None:
        # Each connection has a thread of its own, which does nothing else.
        _HERE.serves = True
        result = self.ask(self._attempt())
        if result.delay_ms:
            pause(min(result.delay_ms / 1000, _LONGEST))
        if result.status is None and result.reason is not Reason.EXCEPTION:
            self.close_connection = True
            return
        body = result.body if result.status is not None else result.text.encode()
        self.send_response(result.status or 500)
        for name, value in result.headers:
            if name.lower() not in _OF_THE_CONNECTION:
                self.send_header(name, value)
        if name := self.name_of(result):
            self.send_header(HEADER, name)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing in a user's test."""

    def _attempt(self) -> Attempt:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        scheme = self.headers.get("X-Forwarded-Proto", "https")
        host = self.headers.get("X-Forwarded-Host", self.headers.get("Host", ""))
        kept = tuple((n, v) for n, v in self.headers.items() if n.lower() not in _OF_THE_WAY)
        unknown: Any = None
        at = self.moment()
        return Attempt(
            unknown, None, f"{scheme}://{host}{self.path}", kept, body, _changed_at(body) if at is None else at
        )


def _changed_at(body: bytes) -> int:
    """The moment of the change according to the notification; the real time if it has none."""
    from datetime import datetime

    try:
        return to_ms(datetime.fromisoformat(json.loads(body)["timestamp"]))
    except (ValueError, KeyError, TypeError):
        return real_now()
