"""Deliver over plain HTTP to this machine: connections are kept, and a request over a kept one needs no task.

A request is never retried: a server that resets a connection may still have read the request. Some servers close the
connection after each answer without announcing it. To find that out, the first time a connection to a host and port
would be reused there is a short pause for the server to close it. After that, the operating system is asked just
before each reuse whether the connection is still open.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from ipaddress import ip_address
from typing import Any

from yarl import URL

from copper_emulator.shell.clock import pause_async
from copper_emulator.shell.senders.connecting import unconnected
from copper_emulator.shell.senders.connection import Connection, Exchange, OnEnd
from copper_emulator.shell.senders.deadlines import Deadlines

_BUFFER = 64 * 1024

_UNTIL_CLOSED = 0.005
"""Seconds within which a server that closes connections after an answer will have done so."""


class PlainSender:
    """Sends on the running loop.

    Args:
        keep_alive: seconds for which an idle connection is kept.
    """

    def __init__(self, *, keep_alive: float) -> None:
        self.keep_alive = keep_alive
        self.loop = asyncio.get_running_loop()
        self.buffer = memoryview(bytearray(_BUFFER))
        self._places: dict[tuple[str, int], _Place] = {}
        self._deadlines: dict[int, Deadlines] = {}
        """By timeout, in milliseconds."""
        self._sweep: asyncio.TimerHandle | None = None

    def send(
        self,
        url: URL,
        content: bytes,
        *,
        timeout_ms: int,
        route: str = "",
        fresh: bool = False,
        on_end: OnEnd | None = None,
    ) -> Exchange:
        """Begin a request; on a reused connection it is usually written when this returns. Cancelling abandons it."""
        key = url.host or "", url.port or 80
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = _Place(self, *key)
        if self._sweep is None:
            self._sweep = self.loop.call_later(self.keep_alive, self._close_old)
        deadlines = self._deadlines.get(timeout_ms)
        if deadlines is None:
            deadlines = self._deadlines[timeout_ms] = Deadlines(timeout_ms, self.loop)
        exchange = Exchange(url, content, deadlines, route=route, on_end=on_end)
        place.send(exchange, fresh=fresh)
        return exchange

    async def close(self) -> None:
        """Close every connection and wait until that is done. Requests in progress break off."""
        if self._sweep is not None:
            self._sweep.cancel()
        for place in self._places.values():
            await place.close()
        for deadlines in self._deadlines.values():
            deadlines.close()

    def _close_old(self) -> None:
        """Close connections that have been idle, and forget places and deadlines that are no longer in use."""
        for place in self._places.values():
            place.close_old()
        self._places = {key: place for key, place in self._places.items() if place.is_used}
        for timeout_ms, deadlines in list(self._deadlines.items()):
            if not deadlines.is_used:
                deadlines.close()
                del self._deadlines[timeout_ms]
        self._sweep = self.loop.call_later(self.keep_alive, self._close_old) if self._places else None


class _Place:
    """A host and port, and the connections to it."""

    def __init__(self, sender: PlainSender, host: str, port: int) -> None:
        self._sender = sender
        self._loop = sender.loop
        self._addresses = _addresses(host)
        self._port = port
        self._free: list[Connection] = []
        self._open: set[Connection] = set()
        self._beginning: set[asyncio.Task[None]] = set()
        self._keeps: bool | None = None
        """Whether the server keeps connections open unless it announces otherwise; None until that is known."""
        self._all_closed: asyncio.Future[None] | None = None

    def send(self, exchange: Exchange, *, fresh: bool) -> None:
        kept = None if fresh else self._kept()
        if kept is None:
            self._begin(exchange, partial(self._over_new, exchange, Connection.close if fresh else self._freed))
        elif self._keeps:
            exchange.over(kept)
        else:
            beginning = self._begin(exchange, partial(self._over_first_kept, exchange, kept))
            beginning.add_done_callback(lambda task: kept.close() if task.cancelled() else None)

    @property
    def is_used(self) -> bool:
        return bool(self._open or self._beginning)

    def close_old(self) -> None:
        oldest = self._loop.time() - self._sender.keep_alive
        for connection in self._free:
            if connection.free_since <= oldest:
                connection.close()

    async def close(self) -> None:
        for task in self._beginning:
            task.cancel()
        if self._beginning:
            await asyncio.wait(self._beginning)
        if self._open:
            self._all_closed = self._loop.create_future()
            for connection in self._open:
                connection.close()
            await self._all_closed

    def _kept(self) -> Connection | None:
        oldest = self._loop.time() - self._sender.keep_alive
        while self._free:
            connection = self._free.pop()
            if connection.free_since > oldest and connection.is_there():
                return connection
            connection.close()
        return None

    def _begin(self, exchange: Exchange, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        task = self._loop.create_task(self._begun(exchange, work))
        self._beginning.add(task)
        task.add_done_callback(partial(self._has_begun, exchange))
        exchange.add_done_callback(lambda _: task.cancel())
        return task

    def _has_begun(self, exchange: Exchange, task: asyncio.Task[None]) -> None:
        self._beginning.discard(task)
        # The task may have been cancelled before its first step.
        if task.cancelled():
            exchange.cancel()

    async def _begun(self, exchange: Exchange, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await work()
        except OSError as error:
            exchange.end(unconnected(error, exchange.url))
        except Exception as error:  # noqa: BLE001 - raised where the result is awaited
            exchange.fail(error)

    async def _over_new(self, exchange: Exchange, on_free: Callable[[Connection], None]) -> None:
        exchange.over(await self._connected(on_free))

    async def _over_first_kept(self, exchange: Exchange, kept: Connection) -> None:
        await pause_async(_UNTIL_CLOSED)
        self._keeps = kept.is_there()
        if self._keeps:
            exchange.over(kept)
        else:
            kept.close()
            await self._over_new(exchange, self._freed)

    async def _connected(self, on_free: Callable[[Connection], None]) -> Connection:
        connected = await self._connected_socket()
        connection = Connection(connected, self._sender.buffer, on_free, self._lost)
        self._open.add(connection)
        try:
            await self._loop.create_connection(lambda: connection, sock=connected)
        except BaseException:
            self._lost(connection)
            raise
        return connection

    async def _connected_socket(self) -> socket.socket:
        refused: OSError | None = None
        for family, address in self._addresses:
            # asyncio sets TCP_NODELAY only on sockets whose protocol is given.
            connecting = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            try:
                connecting.settimeout(0)
                if sys.platform == "linux":
                    # This first call always reports "in progress"; on loopback, the second one finds it connected.
                    connecting.connect_ex((address, self._port))
                await self._loop.sock_connect(connecting, (address, self._port))
            except OSError as error:
                connecting.close()
                refused = refused or error
            except BaseException:
                connecting.close()
                raise
            else:
                return connecting
        raise refused or OSError("it has no address")

    def _freed(self, connection: Connection) -> None:
        if self._keeps is False:
            connection.close()
            return
        connection.free_since = self._loop.time()
        self._free.append(connection)

    def _lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        if connection in self._free:
            self._free.remove(connection)
        if not self._open and self._all_closed is not None and not self._all_closed.done():
            self._all_closed.set_result(None)


def _addresses(host: str) -> list[tuple[socket.AddressFamily, str]]:
    """The addresses to try for a host; names for this machine are never looked up at a name server."""
    try:
        address = ip_address(host)
    except ValueError:
        return [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
    return [(socket.AF_INET if address.version == 4 else socket.AF_INET6, host)]
