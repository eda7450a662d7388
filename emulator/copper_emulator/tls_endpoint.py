"""A recording receiver that is a real HTTPS server on this machine: what `copper_endpoint(tls=True)` is."""

from __future__ import annotations

import threading
from typing import Any

from yarl import URL

from copper_emulator.core.model import Attempt, Reason, Result
from copper_emulator.core.moments import to_ms
from copper_emulator.endpoint import Endpoint
from copper_emulator.remote.serving import Served
from copper_emulator.shell.destinations import RouteKind
from copper_emulator.shell.host import Host
from copper_emulator.shell.messages import NoAnswer, Received, Response
from copper_emulator.shell.routes import Straight
from copper_emulator.shell.tls.authority import HERE

_PATH = "/hooks/copper"

_PATIENCE_MS = 10_000


class TlsEndpoint(Endpoint):
    """The same as any `Endpoint`, delays in virtual time too, but each notification arrives over TLS.

    Routed to it, a notification is posted to the server; its certificate, of the host's authority, is verified. What is
    to be refused, hung or broken off is so without a connection.
    """

    def __init__(self, host: Host) -> None:
        context = host.authority().server_context(*HERE)
        self._host = host
        self._server = Served(self._receive, RouteKind.FUNCTION, context=context)
        # One after the other, so that the answer on its way is the one that is asked for.
        self._one = threading.Lock()
        self._routed: tuple[Received, Response] | None = None
        super().__init__(f"https://localhost:{self._server.port}{_PATH}")

    def close(self) -> None:
        """Serve no longer."""
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
        """What has really come; from somebody else than the account's own route, too."""
        routed = self._routed
        if routed is None or routed[0].body != request.body:
            return super().__call__(request)
        sent, answer = routed
        self._requests.append(Received(request.method, request.url, request.headers, request.body, sent.at))
        return Response(answer.status, answer.body, answer.headers)
