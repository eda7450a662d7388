"""One connection to an endpoint over plain HTTP: what is sent over it, and is what comes back an answer?

It belongs to one request at a time, which is told by a call how it ended: nobody waits here, and there is no task.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from functools import lru_cache

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from yarl import URL

from copper_emulator.core.model import Result
from copper_emulator.shell.messages import timed_out
from copper_emulator.shell.senders.connecting import broken_off, no_http

MAX_ANSWER = 64 * 1024
"""Bytes of an answer that are kept."""

_MAX_HEADER = 8190
"""Bytes of one, as many as aiohttp's client takes; and of it takes as many headers as follow."""
_MAX_HEADERS = 128

_INTERIM = frozenset(range(100, 200)) - {101}
"""The statuses of what comes before the answer."""


class Exchange:
    """One request, and the result that somebody waits for. Whoever cancels that gives it up."""

    __slots__ = (
        "_began",
        "_connection",
        "_loop",
        "_route",
        "_timeout_ms",
        "_timer",
        "content",
        "result",
        "url",
    )

    def __init__(self, url: URL, content: bytes, *, timeout_ms: int, route: str) -> None:
        loop = self._loop = asyncio.get_running_loop()
        self.url = url
        self.content = content
        self.result: asyncio.Future[Result] = loop.create_future()
        self.result.add_done_callback(self._clean_up)
        self._route = route
        self._timeout_ms = timeout_ms
        self._connection: Connection | None = None
        self._began = loop.time()
        self._timer = loop.call_at(self._began + timeout_ms / 1000, self._expire)

    def over(self, connection: Connection) -> None:
        """Send it over a connection."""
        self._connection = connection
        connection.ask(self)

    def answered(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """An answer came."""
        if not self.result.done():
            took_ms = (self._loop.time() - self._began) * 1000
            self._end(Result.answered(status, headers=headers, body=body, route=self._route, took_ms=took_ms))

    def end(self, result: Result) -> None:
        """That is how it ended, unless it had before."""
        if not self.result.done():
            took_ms = (self._loop.time() - self._began) * 1000
            self._end(result.sent(route=self._route, took_ms=took_ms))

    def broke_off(self, *, begun: bool) -> None:
        """The other side went away, in the middle of an answer or before."""
        self.end(broken_off(self.url, begun=begun))

    def _expire(self) -> None:
        self.end(timed_out(self._timeout_ms))

    def _end(self, result: Result) -> None:
        # Every delivery passes here, and a callback of the loop's would take longer than what there is to be done.
        self.result.remove_done_callback(self._clean_up)
        self.result.set_result(result)
        self._clean_up(self.result)

    def _clean_up(self, _: asyncio.Future[Result]) -> None:
        self._timer.cancel()
        if self._connection is not None:
            self._connection.give_up(self)


class Connection(asyncio.BufferedProtocol):
    """Made for a connected socket.

    Args:
        buffer: what comes is put there for as long as it is looked at: all connections of a loop can have the same.
        on_free: it has brought an answer and can be used again.
        on_lost: it never can.
    """

    def __init__(
        self,
        connected: socket.socket,
        buffer: memoryview,
        on_free: Callable[[Connection], None],
        on_lost: Callable[[Connection], None],
    ) -> None:
        self._socket = connected
        self._buffer = buffer
        self._on_free = on_free
        self._on_lost = on_lost
        self._parser = HttpResponseParser(self)
        # As aiohttp's client does: old servers fold headers, and end lines without a CR.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )
        self._exchange: Exchange | None = None
        self.free_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def ask(self, exchange: Exchange) -> None:
        """Send its request; it is told how that ends, unless it gives up."""
        if self._transport.is_closing():
            exchange.broke_off(begun=False)
            return
        self._exchange = exchange
        self._heard = 0
        self._head_ended = self._keeps = False
        self._transport.write(exchange.content)

    def give_up(self, exchange: Exchange) -> None:
        """Nobody waits for that answer any more: then the connection is of no use."""
        if self._exchange is exchange:
            self._exchange = None
            self._transport.abort()

    def is_there(self) -> bool:
        """Whether the other side has neither closed it nor said anything since its last answer.

        The loop may not have come to look yet, so the system is asked.
        """
        if self._transport.is_closing():
            return False
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def close(self) -> None:
        """End it; a request that is on its way over it breaks off."""
        self._transport.abort()

    # --- what comes -------------------------------------------------------------------------------------------------

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self._exchange is None:
            # Many servers say 408 before they close a connection that was idle.
            self._transport.abort()
            return
        data = self._buffer[:nbytes]
        self._heard += nbytes
        try:
            self._parser.feed_data(data)
            if not self._head_ended and self._heard > _MAX_HEADER * _MAX_HEADERS:
                self._no_http("its headers are too long", data)
        except HttpParserUpgrade:
            self._keeps = False
        except HttpParserError as error:
            self._no_http(str(error), data)
        if self._exchange is None:
            if self._keeps:
                self._on_free(self)
            else:
                self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_lost(self)
        exchange = self._exchange
        if exchange is None or exchange.result.done():
            return
        if self._head_ended and self._until_closed and exc is None:
            self._answered(keeps=False)
        else:
            exchange.broke_off(begun=self._heard > 0)

    def _no_http(self, complaint: str, data: memoryview | bytes) -> None:
        exchange, self._exchange = self._exchange, None
        self._keeps = False
        if exchange is not None:
            exchange.end(no_http(complaint, bytes(data[:2]), exchange.url))

    def _answered(self, *, keeps: bool) -> None:
        exchange, self._exchange = self._exchange, None
        # Of a request that is answered before it was sent to its end the rest is in the way of the next.
        self._keeps = keeps and not self._transport.get_write_buffer_size()
        if exchange is not None:
            body = b"".join(self._body)[:MAX_ANSWER]
            self._body.clear()
            exchange.answered(self._status, self._headers, body)

    # --- what the parser tells: also of what follows the answer, which nobody has asked for -------------------------

    def on_message_begin(self) -> None:
        if self._exchange is None:
            self._keeps = False
            return
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._size = 0
        self._head_ended = False
        self._until_closed = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._exchange is None or self._head_ended:
            return
        if len(name) + len(value) > _MAX_HEADER or len(self._headers) == _MAX_HEADERS:
            self._no_http("its headers are too long", b"")
        elif b"\0" in value:
            self._no_http("one of its headers has a zero byte", b"")
        known = name.lower()
        if known == b"content-length" or (known == b"transfer-encoding" and b"chunked" in value.lower()):
            self._until_closed = False
        self._headers.append(_header(name, value))

    def on_headers_complete(self) -> None:
        if self._exchange is None:
            return
        self._head_ended = True
        self._status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        if self._exchange is None:
            return
        self._body.append(body)
        self._size += len(body)
        if self._size >= MAX_ANSWER:
            self._answered(keeps=False)

    def on_message_complete(self) -> None:
        if self._exchange is None:
            return
        if self._status in _INTERIM:
            self._head_ended = False
        else:
            self._answered(keeps=self._parser.should_keep_alive())


@lru_cache(maxsize=1_000)
def _header(name: bytes, value: bytes) -> tuple[str, str]:
    """One as text. Answers have the same ones again and again, and the journal keeps all of them: each is made once."""
    return name.decode("utf-8", "surrogateescape"), value.rstrip(b" \t").decode("utf-8", "surrogateescape")
