"""Minimal endpoints for a soak: one that answers, one that never does, one that refuses connections."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Arrived = Callable[[dict[str, Any], float], object]

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Endpoint(asyncio.Protocol):
    """One connection from the emulator: reports each body and its time of arrival, and answers unless it hangs."""

    def __init__(self, arrived: Arrived, open_now: set[asyncio.BaseTransport], *, hangs: bool) -> None:
        self._arrived = arrived
        self._open_now = open_now
        self._hangs = hangs
        self._raw = b""
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._open_now.add(transport)
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self._open_now.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._raw += data
        while (end := self._raw.find(b"\r\n\r\n")) >= 0:
            found = _LENGTH.search(self._raw, 0, end)
            size = end + 4 + (int(found[1]) if found else 0)
            if len(self._raw) < size:
                return
            body, self._raw = self._raw[end + 4 : size], self._raw[size:]
            self._arrived(json.loads(body), time.monotonic())
            if not self._hangs:
                self._transport.write(_ANSWER)


@dataclass
class Listening:
    """A listening endpoint: its URL and its open connections."""

    url: str
    open_now: set[asyncio.BaseTransport] = field(default_factory=set)

    def hang_up(self) -> None:
        """Close all open connections, as a restarted endpoint does."""
        for transport in list(self.open_now):
            transport.close()


@asynccontextmanager
async def listening(arrived: Arrived, *, hangs: bool = False) -> AsyncIterator[Listening]:
    """An endpoint on a free port."""
    found = Listening("")
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Endpoint(arrived, found.open_now, hangs=hangs), "127.0.0.1", 0)
    found.url = _url(server.sockets[0].getsockname()[1])
    try:
        yield found
    finally:
        server.close()
        found.hang_up()


@asynccontextmanager
async def refusing() -> AsyncIterator[str]:
    """The URL of a port that refuses every connection, and that no other program can take meanwhile."""
    with socket.socket() as kept:
        kept.bind(("127.0.0.1", 0))
        yield _url(kept.getsockname()[1])


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"
