"""Deliveries over plain HTTP to this machine: connections are kept, and a request over a kept one needs no task.

A request is read once. Whether a kept connection is still there is asked of the system at the last moment. Who closes
each after an answer without saying so may still do it with the next request unread; that goes over a new one.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from ipaddress import ip_address

from yarl import URL

from copper_emulator.core.model import Result
from copper_emulator.shell.senders.connecting import unconnected
from copper_emulator.shell.senders.connection import Connection, Exchange

_BUFFER = 64 * 1024


class PlainSender:
    """Sends on the running loop.

    Args:
        keep_alive: seconds for which a connection is kept that nobody needs.
    """

    def __init__(self, *, keep_alive: float) -> None:
        self.keep_alive = keep_alive
        self.loop = asyncio.get_running_loop()
        self.buffer = memoryview(bytearray(_BUFFER))
        self._places: dict[tuple[str, int], _Place] = {}
        self._sweep: asyncio.TimerHandle | None = None

    def send(
        self, url: URL, content: bytes, *, timeout_ms: int, route: str = "", fresh: bool = False
    ) -> asyncio.Future[Result]:
        """Over a kept connection the request has left when this returns. Cancelled, it is given up."""
        key = url.host or "", url.port or 80
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = _Place(self, *key)
        if self._sweep is None:
            self._sweep = self.loop.call_later(self.keep_alive, self._close_old)
        exchange = Exchange(url, content, timeout_ms=timeout_ms, route=route, again=place.again)
        place.send(exchange, fresh=fresh)
        return exchange.result

    async def close(self) -> None:
        """Close every connection, and wait until that is done. What is on its way breaks off."""
        if self._sweep is not None:
            self._sweep.cancel()
        for place in self._places.values():
            await place.close()

    def _close_old(self) -> None:
        """Let connections go that nobody has needed, and places that nobody sends to."""
        for place in self._places.values():
            place.close_old()
        self._places = {key: place for key, place in self._places.items() if place.is_used or not place.keeps}
        is_used = any(place.is_used for place in self._places.values())
        self._sweep = self.loop.call_later(self.keep_alive, self._close_old) if is_used else None


class _Place:
    """A host and port, and the connections there."""

    def __init__(self, sender: PlainSender, host: str, port: int) -> None:
        self._sender = sender
        self._loop = sender.loop
        self._host = host
        self._port = port
        self._free: list[Connection] = []
        self._open: set[Connection] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._is_known_to_keep = False
        """A connection was used again."""
        self.keeps = True
        """Nothing is known against it."""
        self._all_closed: asyncio.Future[None] | None = None

    def send(self, exchange: Exchange, *, fresh: bool) -> None:
        kept = None if fresh else self._kept()
        if kept is None:
            self._connect(exchange, Connection.close if fresh else self._freed)
        else:
            exchange.over(kept)

    def again(self, exchange: Exchange) -> bool:
        """Whether what was sent over a kept connection, which was reset, goes over a new one."""
        if self._is_known_to_keep or self._all_closed is not None:
            return False
        # None was ever used twice here: each answer is the last of its connection, although none says so.
        self.keeps = False
        self._connect(exchange, self._freed)
        return True

    @property
    def is_used(self) -> bool:
        return bool(self._open or self._connecting)

    def close_old(self) -> None:
        oldest = self._loop.time() - self._sender.keep_alive
        for connection in self._free:
            if connection.free_since <= oldest:
                connection.close()

    async def close(self) -> None:
        for task in self._connecting:
            task.cancel()
        if self._connecting:
            await asyncio.wait(self._connecting)
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

    def _connect(self, exchange: Exchange, on_free: Callable[[Connection], None]) -> None:
        task = self._loop.create_task(self._over_new(exchange, on_free))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)
        exchange.result.add_done_callback(lambda _: task.cancel())

    async def _over_new(self, exchange: Exchange, on_free: Callable[[Connection], None]) -> None:
        try:
            exchange.over(await self._connected(on_free))
        except OSError as error:
            exchange.end(unconnected(error, exchange.url))
        except asyncio.CancelledError:
            exchange.result.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - whoever waits for the result is to hear of it
            if not exchange.result.done():
                exchange.result.set_exception(error)

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
        for family, address in _addresses(self._host):
            # With the protocol named, asyncio has small packets sent at once.
            connecting = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            try:
                connecting.settimeout(0)
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
        if not self.keeps:
            connection.close()
            return
        self._is_known_to_keep = self._is_known_to_keep or connection.answers > 1
        connection.free_since = self._loop.time()
        self._free.append(connection)

    def _lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        if connection in self._free:
            self._free.remove(connection)
        if not self._open and self._all_closed is not None and not self._all_closed.done():
            self._all_closed.set_result(None)


def _addresses(host: str) -> list[tuple[socket.AddressFamily, str]]:
    """Names that mean this machine are never asked of a name server."""
    try:
        address = ip_address(host)
    except ValueError:
        return [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
    return [(socket.AF_INET if address.version == 4 else socket.AF_INET6, host)]
