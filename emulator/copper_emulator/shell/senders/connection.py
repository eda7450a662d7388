"""One plain HTTP connection to an endpoint: sending a request over it, and recognising the answer.

It serves one request at a time and reports the outcome by a callback: nothing here waits, and there is no task.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from yarl import URL

from copper_emulator.core.model import Result
from copper_emulator.shell.routing.messages import timed_out, unended
from copper_emulator.shell.senders.deadlines import Deadlines
from copper_emulator.shell.senders.failures import broken_off, no_http
from copper_emulator.shell.senders.header_texts import header

MAX_ANSWER = 64 * 1024
"""Bytes kept of an answer's body."""

_MAX_HEADER = 8190
"""Bytes of one header; this and the next limit are those of aiohttp's client."""
_MAX_HEADERS = 128

_INTERIM = frozenset(range(100, 200)) - {101}
"""Statuses of interim responses, which precede the answer."""

FAILED = 500
"""The lowest status that means the server failed. After an exception, many servers (uvicorn) close a connection they
have just promised to keep: the next request over it would break off, and its endpoint would be blamed for that."""


class Exchange(asyncio.Future[Result]):
    """One request and its future result. Cancelling it abandons the request.

    Args:
        deadlines: those for the timeout of this request.
        on_end: called in the same loop iteration in which the exchange ends, before anything that awaits it resumes.
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

    def send_over(self, connection: Connection) -> None:
        """Send the request over a connection, unless the exchange has ended meanwhile."""
        if self.done():
            connection.close()
            return
        self._connection = connection
        connection.send(self)

    def end_with_answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """End with an answer, unless already ended."""
        if not self.done():
            self._end(Result.answered(status, headers=headers, body=body, route=self._route, took_ms=self._took_ms))

    def end(self, result: Result) -> None:
        """End with this result, unless already ended."""
        if not self.done():
            self._end(result.sent(route=self._route, took_ms=self._took_ms))

    def end_broken_off(self, *, begun: bool, kept: bool) -> None:
        """End because the other side closed the connection, in the middle of an answer or before it."""
        self.end(broken_off(self.url, begun=begun, kept=kept))

    def expire(self) -> None:
        """End because the time for an answer is up."""
        has_begun = self._connection is not None and self._connection.has_headers_for(self)
        self.end((unended if has_begun else timed_out)(self._deadlines.timeout_ms))

    def fail(self, error: Exception) -> None:
        """End with an internal error, which is raised where the exchange is awaited."""
        if not self.done():
            self.set_exception(error)
            self._finish()

    def cancel(self, msg: Any = None) -> bool:
        cancelled = super().cancel(msg)
        if cancelled:
            self._finish()
        return cancelled

    @property
    def _took_ms(self) -> float:
        return (self._loop.time() - self._began) * 1000

    def _end(self, result: Result) -> None:
        self.set_result(result)
        self._finish()

    def _finish(self) -> None:
        self._deadlines.end(self)
        if self._connection is not None:
            self._connection.abandon(self)
        if self._on_end is not None:
            self._on_end(self)


OnEnd: TypeAlias = Callable[[asyncio.Future[Result]], object]
"""Called with the future once it is done."""


class Connection(asyncio.BufferedProtocol):
    """The protocol for one connected socket.

    Args:
        buffer: incoming data is held there only while it is parsed, so all connections of a loop can share it.
        on_free: called when an answer has arrived and the connection can be used again.
        on_lost: called when the connection is gone.
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
        # As lenient as aiohttp's client: old servers fold headers, and end lines without a CR.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )
        self._exchange: Exchange | None = None
        self._report: Callable[[], None] | None = None
        """Reports to the exchange that has just ended how it ended."""
        self.idle_since = 0.0
        """The loop's time of the last answer after which it could be used again; 0 if there was none yet."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def send(self, exchange: Exchange) -> None:
        """Send an exchange's request; the outcome is reported to the exchange, unless it is abandoned first."""
        if self._transport.is_closing():
            exchange.end_broken_off(begun=False, kept=self.idle_since > 0)
            return
        self._exchange = exchange
        self._received = 0
        self._head_ended = self._is_reusable = False
        self._transport.write(exchange.content)

    def abandon(self, exchange: Exchange) -> None:
        """Abort the connection if this exchange still occupies it: nothing waits for its answer any more."""
        if self._exchange is exchange:
            self._exchange = None
            self._transport.abort()

    def has_headers_for(self, exchange: Exchange) -> bool:
        """Whether the headers of the answer to this exchange have arrived."""
        return self._exchange is exchange and self._head_ended

    def is_usable(self) -> bool:
        """Whether the other side has neither closed the connection nor sent anything since its last answer.

        Asks the operating system, since the loop may not have read from the socket yet.
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
        """Close the connection; a request in progress over it breaks off."""
        self._transport.abort()

    # --- incoming data ----------------------------------------------------------------------------------------------

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self._exchange is None:
            # Many servers send a 408 before they close an idle connection.
            self._transport.abort()
            return
        data = self._buffer[:nbytes]
        self._received += nbytes
        try:
            self._parser.feed_data(data)
            if not self._head_ended and self._received > _MAX_HEADER * _MAX_HEADERS:
                self._end_as_no_http("its headers are too long", data)
        except HttpParserUpgrade:
            self._is_reusable = False
        except HttpParserError as error:
            self._end_as_no_http(str(error), data)
        if self._exchange is None:
            if self._is_reusable:
                self._on_free(self)
            else:
                self._transport.abort()
            self._report_end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_lost(self)
        exchange = self._exchange
        if exchange is None or exchange.done():
            return
        if self._head_ended and self._ends_with_connection:
            # However it was closed: who has answered before the whole request was read resets it.
            self._end_as_answered(is_reusable=False)
            self._report_end()
        else:
            exchange.end_broken_off(begun=self._received > 0, kept=self.idle_since > 0)

    def _report_end(self) -> None:
        # Called last, when the data has been processed and the connection filed: the callback may send a new request.
        report, self._report = self._report, None
        if report is not None:
            report()

    def _end_as_no_http(self, complaint: str, data: memoryview | bytes) -> None:
        exchange, self._exchange = self._exchange, None
        self._is_reusable = False
        if exchange is not None:
            self._report = partial(exchange.end, no_http(complaint, bytes(data[:2]), exchange.url))

    def _end_as_answered(self, *, is_reusable: bool) -> None:
        exchange, self._exchange = self._exchange, None
        # If the answer came before the whole request was sent, the unsent rest would be in the way of the next one.
        self._is_reusable = is_reusable and not self._transport.get_write_buffer_size()
        if exchange is not None:
            body = b"".join(self._body)[:MAX_ANSWER]
            self._body.clear()
            self._report = partial(exchange.end_with_answer, self._status, self._headers, body)

    # --- parser callbacks: also called for unsolicited data after the answer ----------------------------------------

    def on_message_begin(self) -> None:
        if self._exchange is None:
            self._is_reusable = False
            return
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._size = 0
        self._head_ended = False
        self._ends_with_connection = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._exchange is None or self._head_ended:
            return
        if len(name) + len(value) > _MAX_HEADER or len(self._headers) == _MAX_HEADERS:
            self._end_as_no_http("its headers are too long", b"")
        elif b"\0" in value:
            self._end_as_no_http("one of its headers has a zero byte", b"")
        known = name.lower()
        if known == b"content-length":
            self._ends_with_connection = False
        elif known == b"transfer-encoding":
            # Only as the last coding do chunks say where the body ends.
            self._ends_with_connection = value.lower().rpartition(b",")[2].strip() != b"chunked"
        self._headers.append(header(name, value))

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
            self._end_as_answered(is_reusable=False)

    def on_message_complete(self) -> None:
        if self._exchange is None:
            return
        if self._status in _INTERIM:
            self._head_ended = False
        else:
            self._end_as_answered(is_reusable=self._parser.should_keep_alive() and self._status < FAILED)
