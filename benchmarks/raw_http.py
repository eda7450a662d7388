"""A client and an endpoint that speak HTTP with next to no work of their own, for when they are not being measured.

They support only what is needed here: messages with a Content-Length, over kept connections to this machine, and
requests that are prepared bytes.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_PATIENCE = 60
"""Seconds for all answers to a load."""
_GONE = "the connection was closed while an answer was waited for"


def request(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """The bytes of a whole request."""
    named = {"Host": "127.0.0.1", **headers, "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


def place(url: str) -> tuple[str, int]:
    """The host and the port of a URL."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 80


@dataclass(frozen=True, slots=True)
class Message:
    """A complete request or answer."""

    head: bytes
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        """Each header by its name as sent."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


Arrived = Callable[["Connection", Message], None]


class Connection(asyncio.Protocol):
    """One connection; the bytes it receives are split into messages."""

    def __init__(self, arrived: Arrived, lost: Callable[[], None] = lambda: None) -> None:
        self._arrived = arrived
        self._lost = lost
        self._received = b""
        self._transport: asyncio.Transport | None = None

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def write(self, raw: bytes) -> None:
        """Send bytes as they are."""
        if self._transport is not None:
            self._transport.write(raw)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._lost()

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (message := self._next()) is not None:
            self._arrived(self, message)

    def _next(self) -> Message | None:
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return None
        found = _LENGTH.search(self._received, 0, end)
        whole = end + 4 + (int(found[1]) if found else 0)
        if len(self._received) < whole:
            return None
        head, body, self._received = self._received[:end], self._received[end + 4 : whole], self._received[whole:]
        return Message(head, body)


class Endpoint:
    """Receives notifications and acknowledges each."""

    def __init__(self) -> None:
        self.url = ""
        self.at = 0.0
        """When the last awaited notification had arrived completely."""
        self._awaited: asyncio.Future[Message] | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self._arrived), "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    def next(self) -> asyncio.Future[Message]:
        """A future for the next notification to arrive."""
        self._awaited = asyncio.get_running_loop().create_future()
        return self._awaited

    def _arrived(self, connection: Connection, message: Message) -> None:
        at = time.perf_counter()
        connection.write(_OK)
        if self._awaited is not None and not self._awaited.done():
            self.at = at
            self._awaited.set_result(message)


class Caller:
    """Sends requests over one kept connection, one at a time."""

    def __init__(self, url: str) -> None:
        self._place = place(url)
        self._connection: Connection | None = None
        self._answer: asyncio.Future[Message] | None = None

    async def connect(self) -> None:
        """Connect, unless the connection is still open."""
        if self._connection is None or not self._connection.is_open:
            loop = asyncio.get_running_loop()
            _, self._connection = await loop.create_connection(
                lambda: Connection(self._arrived, self._lost), *self._place
            )

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def begin(self, raw: bytes) -> asyncio.Future[Message]:
        """Send a request; return a future for its answer."""
        if self._connection is None:
            raise RuntimeError("connect() was not awaited")
        self._answer = asyncio.get_running_loop().create_future()
        self._connection.write(raw)
        return self._answer

    def _arrived(self, connection: Connection, message: Message) -> None:
        if message.headers.get("Connection", "").lower() == "close":
            # It closes as soon as it can, and the next request must not race with that.
            connection.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(message)

    def _lost(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(RuntimeError(_GONE))


def is_ok(message: Message) -> bool:
    """Whether the answer's status is 200."""
    return message.head[9:12] == b"200"


def refused(message: Message) -> RuntimeError:
    """The exception to raise for any other answer."""
    return RuntimeError(f"answered {message.head[:60]!r}: {message.body[:300]!r}")


def ok(message: Message) -> Message:
    """Return the answer; raise RuntimeError unless its status is 200."""
    if not is_ok(message):
        raise refused(message)
    return message


class Load:
    """Sends many requests over several kept connections, the next one on each when its answer has arrived."""

    def __init__(self, url: str, at_once: int) -> None:
        self._place = place(url)
        self._at_once = at_once
        self._connections: list[Connection] = []
        self._left: Iterator[bytes] = iter(())
        self._missing = 0
        self._done: asyncio.Future[float] | None = None

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(self._at_once):
            _, connection = await loop.create_connection(lambda: Connection(self._arrived, self._lost), *self._place)
            self._connections.append(connection)

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    async def seconds(self, requests: Sequence[bytes]) -> float:
        """Send the requests; return the seconds until each has its answer, which must be 200."""
        self._left, self._missing = iter(requests), len(requests)
        self._done = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        for connection in self._connections:
            self._send_next(connection)
        async with asyncio.timeout(_PATIENCE):
            return await self._done - began

    def _send_next(self, connection: Connection) -> None:
        raw = next(self._left, None)
        if raw is not None:
            connection.write(raw)

    def _arrived(self, connection: Connection, message: Message) -> None:
        self._missing -= 1
        if self._done is None or self._done.done():
            return
        if not is_ok(message):
            self._done.set_exception(refused(message))
        elif not self._missing:
            self._done.set_result(time.perf_counter())
        self._send_next(connection)

    def _lost(self) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(RuntimeError(_GONE))
