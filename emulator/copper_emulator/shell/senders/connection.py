"""One connection to an endpoint over plain HTTP: what is sent over it, and is what comes back an answer?

It belongs to one request at a time, which is told by a call how it ended: nobody waits here, and there is no task.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, TypeAlias

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from yarl import URL

from copper_emulator.core.model import Result
from copper_emulator.shell.messages import timed_out
from copper_emulator.shell.senders.connecting import broken_off, no_http
from copper_emulator.shell.senders.deadlines import Deadlines

MAX_ANSWER = 64 * 1024
"""Bytes of an answer that are kept."""

_MAX_HEADER = 8190
"""Bytes of one, as many as aiohttp's client takes; and of it takes as many headers as follow."""
_MAX_HEADERS = 128

_INTERIM = frozenset(range(100, 200)) - {101}
"""The statuses of what comes before the answer."""

FAILED = 500
"""The least status of a server that has failed. After an exception many (uvicorn) close a connection of which they have
just said that it stays: the next request over it would break off, and its endpoint would seem to have done it."""


class Exchange(asyncio.Future[Result]):
    """One request, and what comes of it. Whoever cancels it gives it up.

    Args:
        deadlines: of those that have as long for their answers.
        on_end: is told in the very turn of the loop in which it ends, before anybody who waits for it.
    """

    __slots__ = ("_began", "_connection", "_deadlines", "_on_end", "_route", "content", "url")

    def __init__(
        self, url: URL, content: bytes, deadlines: Deadlines, *, route: str, on_end: OnEnd | None = None
    ) -> None:
        super().__init__(loop=deadlines.loop)
        self.url = url
        self.content = content
        self._route = route
        self._on_end = on_end
        self._connection: Connection | None = None
        self._deadlines = deadlines
        self._began = deadlines.begin(self)

    def over(self, connection: Connection) -> None:
        """Send it over a connection, unless it has ended meanwhile."""
        if self.done():
            connection.close()
            return
        self._connection = connection
        connection.ask(self)

    def answered(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """An answer came."""
        if not self.done():
            self._end(Result.answered(status, headers=headers, body=body, route=self._route, took_ms=self._took_ms))

    def end(self, result: Result) -> None:
        """That is how it ended, unless it had before."""
        if not self.done():
            self._end(result.sent(route=self._route, took_ms=self._took_ms))

    def broke_off(self, *, begun: bool) -> None:
        """The other side went away, in the middle of an answer or before."""
        self.end(broken_off(self.url, begun=begun))

    def expire(self) -> None:
        """There is no time left."""
        self.end(timed_out(self._deadlines.timeout_ms))

    def fail(self, error: Exception) -> None:
        """Whoever waits for it is to hear of this error of ours."""
        if not self.done():
            self.set_exception(error)
            self._ended()

    def cancel(self, msg: Any = None) -> bool:
        cancelled = super().cancel(msg)
        if cancelled:
            self._ended()
        return cancelled

    @property
    def _took_ms(self) -> float:
        return (self._loop.time() - self._began) * 1000

    def _end(self, result: Result) -> None:
        self.set_result(result)
        self._ended()

    def _ended(self) -> None:
        self._deadlines.end(self)
        if self._connection is not None:
            self._connection.give_up(self)
        if self._on_end is not None:
            self._on_end(self)


OnEnd: TypeAlias = Callable[[asyncio.Future[Result]], object]
"""Is given what is done."""


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
        self._tell: Callable[[], None] | None = None
        """Tells the exchange that has just ended how it did."""
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
            self._tell_it()

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_lost(self)
        exchange = self._exchange
        if exchange is None or exchange.done():
            return
        if self._head_ended and self._until_closed and exc is None:
            self._answered(keeps=False)
            self._tell_it()
        else:
            exchange.broke_off(begun=self._heard > 0)

    def _tell_it(self) -> None:
        # When what was read is done with, and the connection has its place: who is told may send the next request.
        tell, self._tell = self._tell, None
        if tell is not None:
            tell()

    def _no_http(self, complaint: str, data: memoryview | bytes) -> None:
        exchange, self._exchange = self._exchange, None
        self._keeps = False
        if exchange is not None:
            self._tell = partial(exchange.end, no_http(complaint, bytes(data[:2]), exchange.url))

    def _answered(self, *, keeps: bool) -> None:
        exchange, self._exchange = self._exchange, None
        # Of a request that is answered before it was sent to its end the rest is in the way of the next.
        self._keeps = keeps and not self._transport.get_write_buffer_size()
        if exchange is not None:
            body = b"".join(self._body)[:MAX_ANSWER]
            self._body.clear()
            self._tell = partial(exchange.answered, self._status, self._headers, body)

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
            self._answered(keeps=self._parser.should_keep_alive() and self._status < FAILED)


@lru_cache(maxsize=1_000)
def _header(name: bytes, value: bytes) -> tuple[str, str]:
    """One as text. Answers have the same ones again and again, and the journal keeps all of them: each is made once."""
    return name.decode("utf-8", "surrogateescape"), value.rstrip(b" \t").decode("utf-8", "surrogateescape")
