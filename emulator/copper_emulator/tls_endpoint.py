"""A recording receiver that is a real HTTPS server on this machine, as `copper_endpoint(tls=True)` yields it."""

from __future__ import annotations

import threading
from typing import Any

from yarl import URL

from copper_emulator.core.model import Attempt, Reason, Result
from copper_emulator.core.moments import to_ms
from copper_emulator.endpoint import Endpoint
from copper_emulator.remote.serving import Served
from copper_emulator.shell.host import Host
from copper_emulator.shell.routing.destinations import RouteKind
from copper_emulator.shell.routing.messages import NoAnswer, Received, Response
from copper_emulator.shell.routing.routes import Straight
from copper_emulator.shell.tls.authority import HERE

_PATH = "/hooks/copper"

_PATIENCE_MS = 10_000


class TlsEndpoint(Endpoint):
    """An `Endpoint`, with delays in virtual time as usual, to which each notification is sent over TLS.

    A notification routed to it is posted to its server, whose certificate (from the host's authority) is verified. A
    scripted refusal, hang or break-off happens without a connection.
    """

    def __init__(self, host: Host) -> None:
        context = host.authority().server_context(*HERE)
        self._host = host
        self._server = Served(self._receive, RouteKind.FUNCTION, context=context)
        # One at a time, so that `_receive` pairs each request with its scripted answer.
        self._one = threading.Lock()
        self._routed: tuple[Received, Response] | None = None
        super().__init__(f"https://localhost:{self._server.port}{_PATH}")

    def close(self) -> None:
        """Stop the server."""
        self._server.close()

    def __call__(self, request: Received) -> Response:
        with self._one:
            try:
                answer = self._answer()
            except NoAnswer:
                self._requests.append(request)
                raise
            self._routed = (request, answer)
            try:
                result = self._posted(request)
            finally:
                self._routed = None
        if result.status is None:
            raise NoAnswer(result.reason or Reason.BROKEN_OFF, result.text)
        return Response(result.status, result.body, dict(result.headers), answer.delay)

    def _posted(self, request: Received) -> Result:
        headers = tuple((name, value) for name, value in request.headers.items() if name != "Host")
        nobodys: Any = None
        attempt = Attempt(nobodys, None, request.url, headers, request.body, to_ms(request.at))
        sender = self._host.http()
        sent = sender.send(attempt, Straight(URL(request.url)), timeout_ms=_PATIENCE_MS, fresh=True)
        return self._host.submit(sent).result()

    def _receive(self, request: Received) -> Response:
        """Take what arrives over the connection, which may also come from something other than the account's route."""
        routed = self._routed
        if routed is None or routed[0].body != request.body:
            return super().__call__(request)
        sent, answer = routed
        self._requests.append(Received(request.method, request.url, request.headers, request.body, sent.at))
        return Response(answer.status, answer.body, answer.headers)
