"""How are connections accepted? Plain requests are answered at once, all others by aiohttp.

Its own refusals get our answer, and an endpoint can be made to believe in TLS.

aiohttp makes a `RequestHandler` for each connection, which handles errors and knows whether the transport is TLS. Its
runners have no public way to use another class, so the workaround is here, in one place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, cast

from aiohttp import web

from copper_emulator.shell.caught import is_meant_for_the_caller
from copper_emulator.shell.clock import pause_async
from copper_emulator.shell.whole_request import WholeRequest, read_whole

OnError: TypeAlias = Callable[[web.BaseRequest, int, BaseException | None, str], web.StreamResponse | None]
"""Takes the request (a stub if it could not be parsed), the status, the exception and aiohttp's message."""

AnswersDirectly: TypeAlias = Callable[[WholeRequest], bytes | None]
"""Takes a request; returns the whole answer, or None if aiohttp is to answer."""

MAX_BODY = 1024 * 1024
"""The largest request body in bytes. Copper's own limit is not known."""

_PATIENCE = 0.1
"""Seconds for answers under way when connections are cut off."""

_OF_THE_SERVER = ("shutdown_timeout", "handler_cancellation")
"""Options of the server, not of each connection."""


class ListeningRunner(web.AppRunner):
    """An AppRunner in which `on_error` answers what no handler answered: requests that are not HTTP, and exceptions.

    Args:
        on_error: returns the answer, or None for aiohttp's own.
        as_https: make the application believe it was reached over TLS.
        directly: answers plain requests, each at once.
    """

    def __init__(
        self,
        app: web.Application,
        *,
        on_error: OnError,
        as_https: bool = False,
        directly: AnswersDirectly | None = None,
        **options: Any,
    ) -> None:
        super().__init__(app, handle_signals=False, access_log=None, **options)
        self._on_error = on_error
        self._as_https = as_https
        self._directly = directly
        self._options = {"access_log": None, **options}
        for name in _OF_THE_SERVER:
            self._options.pop(name, None)

    async def setup(self) -> None:
        await super().setup()
        server = super().server
        if server is not None:
            server.request_handler = _answering(server.request_handler, self._on_error)

    async def cleanup(self) -> None:
        """Stop accepting connections, and end those there are."""
        # A connection that asyncio has accepted, but not yet begun to serve, as its server is closed, stays open with
        # nobody to serve it: https://github.com/python/cpython/issues/109564. Timers come after what has arrived and
        # before what that leads to, so that after this everything accepted has begun.
        await pause_async(0.001)
        await super().cleanup()

    async def cut_off(self) -> None:
        """Close the connections of an application whose own shutdown did not finish."""
        server = super().server
        if server is not None:
            await server.shutdown(_PATIENCE)

    @property
    def server(self) -> web.Server | None:
        """What a site calls for each connection."""
        server = super().server
        if server is None:
            return None
        made = connections(server, self._on_error, as_https=self._as_https, directly=self._directly, **self._options)
        return cast(web.Server, made)


def connections(
    server: web.Server,
    on_error: OnError,
    *,
    as_https: bool = False,
    directly: AnswersDirectly | None = None,
    **options: Any,
) -> Callable[[], web.RequestHandler]:
    """The factory for connections to a server on the running loop, in which `on_error` answers errors."""
    loop = asyncio.get_running_loop()
    if not may_answer_directly(web.RequestHandler):
        directly = None

    def connection() -> _Connection:
        made = _Connection(server, loop=loop, **options)
        made.on_error, made.as_https, made.handler_failed = on_error, as_https, False
        made.directly = directly
        return made

    return connection


_OF_AIOHTTP = frozenset({"_close", "_force_close", "_keepalive_timeout", "_next_keepalive_close_time"})
"""What direct answers need of aiohttp's connection that is not public, from 3.11.0 on."""


def may_answer_directly(connection: type) -> bool:
    """Whether this version of aiohttp has what direct answers need; otherwise it answers everything itself."""
    return {*getattr(connection, "__slots__", ())} >= _OF_AIOHTTP


_FAULT = (
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: 55\r\nConnection: close\r\n\r\n500 Internal Server Error\n\nServer got itself in trouble"
)
"""The answer to a request at which the emulator itself failed, with aiohttp's text."""


class _Connection(web.RequestHandler):
    """A connection. Whatever arrives is aiohttp's from the first request on that is left to it.

    Only after its answer to a single request, with nothing missing and nothing after it, can no more bytes be meant for
    aiohttp, and the next request is looked at again.
    """

    __slots__ = ("_left_to_aiohttp", "_missing", "as_https", "directly", "handler_failed", "on_error")

    on_error: OnError
    as_https: bool
    handler_failed: bool
    """Whether the exception being logged came from a handler."""
    directly: AnswersDirectly | None
    _missing: int
    """Bytes to come of the request that is left to aiohttp; negative if more than it have come, or nobody can tell."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._left_to_aiohttp, self._missing = self.directly is None, -1
        super().connection_made(cast(asyncio.Transport, _Tls(transport)) if self.as_https else transport)

    def data_received(self, data: bytes) -> None:
        if self._left_to_aiohttp:
            self._missing -= len(data)
        elif self._force_close or self._close:
            # The server is ending; aiohttp drops what comes now.
            pass
        elif isinstance(read := read_whole(data), WholeRequest):
            if self._answered_at_once(read):
                return
            self._left_to_aiohttp, self._missing = True, 0
        else:
            self._left_to_aiohttp, self._missing = True, -1 if read is None else read.missing
        super().data_received(data)

    async def finish_response(self, *args: Any) -> tuple[web.StreamResponse, bool]:
        response, has_gone = await super().finish_response(*args)
        self._left_to_aiohttp = has_gone or self._missing != 0 or not response.keep_alive
        return response, has_gone

    def _answered_at_once(self, request: WholeRequest) -> bool:
        transport = self.transport
        if self.directly is None or transport is None or transport.get_write_buffer_size():
            # A client that does not read its answers has to wait for the next one.
            return False
        try:
            answer = self.directly(request)
        except Exception as error:  # noqa: BLE001 - as for a handler of aiohttp's, every fault is logged and answered
            super().log_exception("Error handling request", exc_info=error)
            transport.write(_FAULT)
            transport.close()
            return True
        if answer is None:
            return False
        transport.write(answer)
        # aiohttp ends connections on which it has answered nothing for long.
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        return True

    def log_exception(self, *args: Any, **kw: Any) -> None:
        # Outside a handler only the rest of a body is read: failing to read it, or a client that has gone, is no fault
        # of the server. Inside a handler it may be one.
        if self.handler_failed or not isinstance(kw.get("exc_info"), (web.RequestPayloadError, ConnectionError)):
            super().log_exception(*args, **kw)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        answer = None
        if isinstance(exc, _NotAnException):
            exc = exc.error
        if not request.writer.output_size:
            answer = self.on_error(request, status, exc, message or "")
        if answer is None:
            self.handler_failed = True
            try:
                return super().handle_error(request, status, exc, message)
            finally:
                self.handler_failed = False
        answer.force_close()
        return answer


class _NotAnException(Exception):
    def __init__(self, error: BaseException) -> None:
        super().__init__(repr(error))
        self.error = error


def _answering(
    handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], on_error: OnError
) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    """Wrap a handler to raise only what aiohttp answers: another BaseException would end the connection or the loop."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPExpectationFailed as error:
            # aiohttp refuses this before any middleware runs.
            answer = on_error(request, error.status, error, error.text or "")
            if answer is None:
                raise
            return answer
        except Exception as error:
            if isinstance(error, ConnectionError) and has_gone(request):
                # The client left while it was being answered, perhaps with `100 Continue`: nobody gets this.
                return web.Response()
            raise
        except BaseException as error:
            if is_meant_for_the_caller(error):
                raise
            raise _NotAnException(error) from error

    return handle


def has_gone(request: web.BaseRequest) -> bool:
    """Whether the client of a request has closed its connection."""
    return request.transport is None or request.transport.is_closing()


class _Tls:
    """A transport that claims to be encrypted."""

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return True if name == "sslcontext" else self._transport.get_extra_info(name, default)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
