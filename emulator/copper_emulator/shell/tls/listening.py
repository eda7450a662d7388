"""Accepting TLS connections: the first byte of each is inspected, to explain common mistakes.

A client that speaks plain HTTP gets a 400 that says so. One that breaks off the handshake cannot be told anything; the
reason goes to the server's own log.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine
from typing import Any
from weakref import WeakSet

from aiohttp import web

from copper_emulator.core.errors import BadRequest
from copper_emulator.shell.clock import pause_async
from copper_emulator.shell.listening import connections

_HANDSHAKE = 20.0
"""Seconds a client has for completing the handshake: browsers open connections in advance that they may need later."""

_HELLO = 0x16
"""The first byte of a TLS connection: the type of a handshake record."""

_TRUST = "give it the certificate that copper-emulator ca shows, or in a test copper.ca_file"

_PATIENCE = 0.1
"""Seconds that answers still in progress get at shutdown, and before accepting again after accepting failed."""


class TlsListener:
    """Serves over TLS what an aiohttp runner serves.

    Args:
        listening: a bound socket, closed along with this listener.
        context: has the server's certificate.
        connection: the protocol factory of aiohttp for each connection, `runner.server`.
        refuse: turns a refusal into the API's answer.
        tell: is called with a line for the log about each client that failed to connect.
    """

    def __init__(
        self,
        listening: socket.socket,
        context: ssl.SSLContext,
        connection: Callable[[], asyncio.Protocol],
        *,
        refuse: Callable[[BadRequest], web.StreamResponse],
        tell: Callable[[str], None],
    ) -> None:
        self._listening = listening
        self._context = context
        self._connection = connection
        self._refuse = refuse
        self._tell = tell
        self._accepting: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closing = False
        self._not_begun: set[socket.socket] = set()
        """Accepted sockets whose tasks have not taken their first step."""
        self._plain: web.Server | None = None
        self._open: WeakSet[asyncio.BaseTransport] = WeakSet()

    @property
    def port(self) -> int:
        number: int = self._listening.getsockname()[1]
        return number

    def start(self) -> None:
        """Accept connections from now on, on the running loop."""
        self._plain = web.Server(self._answer_plain_http, access_log=None)
        self._listening.settimeout(0)
        self._listening.listen(128)
        self._accepting = asyncio.get_running_loop().create_task(self._accept())

    async def idle(self) -> None:
        """Wait until no client is in the middle of a handshake."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Stop accepting connections; those being served belong to the runner."""
        # A cancelled `sock_accept` would lose a connection that it had just accepted: stop it first, and let what was
        # accepted begin.
        self._is_closing = True
        asyncio.get_running_loop().remove_reader(self._listening)
        await pause_async(0.001)
        tasks = [*self._tasks, *([] if self._accepting is None else [self._accepting])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for taken in self._not_begun:
            taken.close()
        self._not_begun.clear()
        self._listening.close()
        if self._plain is not None:
            await self._plain.shutdown(_PATIENCE)

    def cut_off(self) -> None:
        """Abort connections that the runner has closed: TLS would wait for each client to answer the closing."""
        for transport in list(self._open):
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._is_closing:
            try:
                taken, _ = await loop.sock_accept(self._listening)
            except OSError:
                # Too many open files, some of which will be closed meanwhile; or the client is already gone.
                await pause_async(_PATIENCE)
            else:
                self._not_begun.add(taken)
                self._begin(self._take(taken))

    async def _take(self, taken: socket.socket) -> None:
        self._not_begun.discard(taken)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_HANDSHAKE):
                first = await _first_byte(taken)
                if first == _HELLO:
                    transport, _ = await loop.connect_accepted_socket(self._connection, taken, ssl=self._context)
                    self._open.add(transport)
                elif first is not None and self._plain is not None:
                    answering = connections(self._plain, self._answer_no_http, access_log=None)
                    await loop.connect_accepted_socket(answering, taken)
        except TimeoutError:
            pass
        except OSError as error:
            text = _why(error)
            if text:
                self._tell(text)

    async def _answer_plain_http(self, request: web.BaseRequest) -> web.StreamResponse:
        self._tell(f"{request.method} {request.rel_url.raw_path}: plain HTTP at the TLS port; write https://")
        response = self._refuse(
            BadRequest("Bad Request", hint=f"This port speaks TLS: write https://, not http:// ({request.host})")
        )
        response.force_close()
        return response

    def _answer_no_http(
        self, request: web.BaseRequest, status: int, error: BaseException | None, message: str
    ) -> web.StreamResponse | None:
        if status >= 500 or error is None:
            return None
        self._tell("something that is neither TLS nor HTTP at the TLS port; write https://")
        return self._refuse(BadRequest("Bad Request", hint="This port speaks TLS: write https://"))


async def _first_byte(taken: socket.socket) -> int | None:
    """Peek at the first byte a client sends; if it sends none, close the connection and return None."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    try:
        loop.add_reader(taken, readable.set)
        try:
            await readable.wait()
        finally:
            loop.remove_reader(taken)
        first = taken.recv(1, socket.MSG_PEEK)
    except ConnectionError:
        first = b""
    except BaseException:
        taken.close()
        raise
    if not first:
        taken.close()
        return None
    return first[0]


def _why(error: OSError) -> str:
    """Why a handshake failed, and what can be done about it; empty where there is nothing to say."""
    if isinstance(error, ConnectionError):
        # Some clients silently close a connection whose certificate they cannot verify.
        return f"TLS from a client that left in the middle; if it does not trust this certificate, {_TRUST}"
    reason = error.reason or "" if isinstance(error, ssl.SSLError) else ""
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason):
        return f"TLS from a client that does not trust this certificate: {_TRUST}"
    if reason in ("UNSUPPORTED_PROTOCOL", "VERSION_TOO_LOW"):
        return "TLS from a client that offers no version from 1.2 up"
    return f"TLS from a client that could not start it: {reason.lower().replace('_', ' ')}" if reason else ""
