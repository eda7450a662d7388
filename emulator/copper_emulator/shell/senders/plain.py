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
from copper_emulator.shell.senders.connection import Connection, Exchange, OnEnd
from copper_emulator.shell.senders.deadlines import Deadlines
from copper_emulator.shell.senders.failures import unconnected

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
        self._origins: dict[tuple[str, int], _Origin] = {}
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
        origin = self._origins.get(key)
        if origin is None:
            origin = self._origins[key] = _Origin(self, *key)
        if self._sweep is None:
            self._sweep = self.loop.call_later(self.keep_alive, self._close_idle)
        deadlines = self._deadlines.get(timeout_ms)
        if deadlines is None:
            deadlines = self._deadlines[timeout_ms] = Deadlines(timeout_ms, self.loop)
        exchange = Exchange(url, content, deadlines, route=route, on_end=on_end)
        origin.send(exchange, fresh=fresh)
        return exchange

    async def close(self) -> None:
        """Close every connection and wait until that is done. Requests in progress break off."""
        if self._sweep is not None:
            self._sweep.cancel()
        for origin in self._origins.values():
            await origin.close()
        for deadlines in self._deadlines.values():
            deadlines.close()

    def _close_idle(self) -> None:
        """Close connections that have been idle, and forget origins and deadlines that are no longer in use."""
        for origin in self._origins.values():
            origin.close_idle()
        self._origins = {key: origin for key, origin in self._origins.items() if origin.is_used}
        for timeout_ms, deadlines in list(self._deadlines.items()):
            if not deadlines.is_used:
                deadlines.close()
                del self._deadlines[timeout_ms]
        self._sweep = self.loop.call_later(self.keep_alive, self._close_idle) if self._origins else None


class _Origin:
    """A host and port, and the connections to it."""

    def __init__(self, sender: PlainSender, host: str, port: int) -> None:
        self._sender = sender
        self._loop = sender.loop
        self._addresses = _addresses(host)
        self._port = port
        self._idle: list[Connection] = []
        """Those that are free for another request; some may have been closed since."""
        self._open: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._keeps_connections: bool | None = None
        """Whether the server keeps connections open unless it announces otherwise; None until that is known."""
        self._all_closed: asyncio.Future[None] | None = None

    def send(self, exchange: Exchange, *, fresh: bool) -> None:
        idle = None if fresh else self._pop_idle()
        if idle is None:
            self._start_task(
                exchange, partial(self._send_over_new, exchange, Connection.close if fresh else self._on_free)
            )
        elif self._keeps_connections:
            exchange.send_over(idle)
        else:
            task = self._start_task(exchange, partial(self._send_over_first_idle, exchange, idle))
            task.add_done_callback(lambda ended: idle.close() if ended.cancelled() else None)

    @property
    def is_used(self) -> bool:
        return bool(self._open or self._tasks)

    def close_idle(self) -> None:
        oldest = self._loop.time() - self._sender.keep_alive
        for connection in self._idle:
            if connection.idle_since <= oldest:
                connection.close()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._open:
            self._all_closed = self._loop.create_future()
            for connection in self._open:
                connection.close()
            await self._all_closed

    def _pop_idle(self) -> Connection | None:
        """Take a connection that can be used again, if there is one, and close those that cannot."""
        oldest = self._loop.time() - self._sender.keep_alive
        while self._idle:
            connection = self._idle.pop()
            if connection.idle_since > oldest and connection.is_usable():
                return connection
            connection.close()
        return None

    def _start_task(self, exchange: Exchange, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        task = self._loop.create_task(self._run(exchange, work))
        self._tasks.add(task)
        task.add_done_callback(partial(self._on_task_end, exchange))
        exchange.add_done_callback(lambda _: task.cancel())
        return task

    def _on_task_end(self, exchange: Exchange, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        # The task may have been cancelled before its first step.
        if task.cancelled():
            exchange.cancel()

    async def _run(self, exchange: Exchange, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await work()
        except OSError as error:
            exchange.end(unconnected(error, exchange.url))
        except Exception as error:  # noqa: BLE001 - raised where the result is awaited
            exchange.fail(error)

    async def _send_over_new(self, exchange: Exchange, on_free: Callable[[Connection], None]) -> None:
        exchange.send_over(await self._open_connection(on_free))

    async def _send_over_first_idle(self, exchange: Exchange, idle: Connection) -> None:
        await pause_async(_UNTIL_CLOSED)
        self._keeps_connections = idle.is_usable()
        if self._keeps_connections:
            exchange.send_over(idle)
        else:
            idle.close()
            await self._send_over_new(exchange, self._on_free)

    async def _open_connection(self, on_free: Callable[[Connection], None]) -> Connection:
        connected = await self._connect_socket()
        connection = Connection(connected, self._sender.buffer, on_free, self._on_lost)
        self._open.add(connection)
        try:
            await self._loop.create_connection(lambda: connection, sock=connected)
        except BaseException:
            self._on_lost(connection)
            raise
        return connection

    async def _connect_socket(self) -> socket.socket:
        failure: OSError | None = None
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
                failure = failure or error
            except BaseException:
                connecting.close()
                raise
            else:
                return connecting
        raise failure or OSError("it has no address")

    def _on_free(self, connection: Connection) -> None:
        if self._keeps_connections is False:
            connection.close()
            return
        connection.idle_since = self._loop.time()
        self._idle.append(connection)

    def _on_lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        if not self._open and self._all_closed is not None and not self._all_closed.done():
            self._all_closed.set_result(None)


def _addresses(host: str) -> list[tuple[socket.AddressFamily, str]]:
    """The addresses to try for a host; names for this machine are never looked up at a name server."""
    try:
        address = ip_address(host)
    except ValueError:
        return [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
    return [(socket.AF_INET if address.version == 4 else socket.AF_INET6, host)]
