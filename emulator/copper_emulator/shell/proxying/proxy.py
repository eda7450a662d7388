"""How do programs with hard-coded Copper hosts reach the emulator? Through a proxy that answers for those two alone.

A request for any other host is refused and reported, unless the host was allowed. Loopback is let through, for clients
that do not heed NO_PROXY.
"""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, TypeAlias

from copper_emulator.core.targets import is_copper, is_loopback
from copper_emulator.interception.hosts import HOSTS as API_HOSTS
from copper_emulator.shell.clock import pause_async
from copper_emulator.shell.proxying.beyond import Beyond, Proxies
from copper_emulator.shell.proxying.requests import (
    MOST_BYTES,
    MOST_BYTES_OF_OTHERS,
    NotUnderstood,
    ProxyRequest,
    read_head,
)

Address: TypeAlias = tuple[str, int]

_CONNECT_SECONDS = 10.0
_LINGER_SECONDS = 1.0
"""For a refused client to read why: if its remaining data stayed unread, the system would discard the answer."""

_LINGER_BYTES = 1024 * 1024
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that was not let through."""

    status: int
    authority: str
    """The requested host and port; empty if they were not understood."""
    text: str
    """Why, and what to do."""


@dataclass(frozen=True, slots=True)
class Ends:
    """The addresses of the emulator that requests for Copper lead to."""

    plain: Address
    tls: Address


class Proxy:
    """`await proxy.start(...)`, then `await proxy.close()`, on the loop that serves.

    Args:
        ends: the emulator's listeners.
        on_refused: called with everything that is refused.
        allowed: other hosts to which tunnels are let through.
        others: let everything through that is not for Copper.
        advice: how to allow a host, with `{host}` in it.
        patience: seconds for a client to say where it wants to go; some connect in advance and stay silent.
    """

    def __init__(
        self,
        ends: Ends,
        *,
        on_refused: Callable[[Refused], object] = lambda refused: None,
        allowed: Collection[str] = (),
        others: bool = False,
        advice: str = "--proxy-allow {host}",
        patience: float = 30.0,
    ) -> None:
        self._ends = ends
        self._on_refused = on_refused
        self._allowed = frozenset(_same(host.lower().rstrip(".").strip("[]")) for host in allowed)
        self._others = others
        self._advice = advice
        self._patience = patience
        # If everything is let through, long heads are, too.
        self._most = MOST_BYTES_OF_OTHERS if others else MOST_BYTES
        self._local = True
        self.beyond = Proxies()
        """The proxies to use for other hosts, if there are any; may be changed at any time."""
        self._server: asyncio.Server | None = None
        self._serving: dict[asyncio.Task[None], StreamWriter] = {}
        self.port = 0

    async def start(self, bind: str = "127.0.0.1", port: int = 0) -> None:
        """Start listening. Raises OSError if that fails."""
        # Clients on other machines must not reach what only this machine may reach.
        self._local = is_loopback(bind)
        self._server = await asyncio.start_server(self._connected, bind, port, limit=self._most)
        self.port = self._server.sockets[0].getsockname()[1]

    async def idle(self) -> None:
        """Wait until no client is connected."""
        while self._serving:
            await asyncio.wait(self._serving)

    async def close(self) -> None:
        """Stop listening, and cut off clients that are still connected."""
        server, self._server = self._server, None
        if server is None:
            return
        # What asyncio has accepted must begin before its server is closed, as in ListeningRunner.cleanup.
        loop = asyncio.get_running_loop()
        for listening in server.sockets:
            loop.remove_reader(listening)
        await pause_async(0.001)
        server.close()
        serving = dict(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        for writer in serving.values():
            # A task that was cancelled before its first step has closed nothing.
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()
        await server.wait_closed()

    def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving[task] = writer
        task.add_done_callback(self._served)

    def _served(self, task: asyncio.Task[None]) -> None:
        del self._serving[task]
        error = None if task.cancelled() else task.exception()
        if error is not None:
            # A bug of ours that nothing else would report.
            self._on_refused(Refused(502, "", f"the proxy failed: {error!r}"))

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        # A client that goes away is not worth reporting.
        with suppress(OSError, asyncio.IncompleteReadError):
            async with _Closing(writer):
                try:
                    asked = await self._asked(reader)
                    await self._lead(asked, reader, writer)
                except NotUnderstood as error:
                    await self._refuse(Refused(400, "", f"{error}. {_HOW}"), reader, writer)

    async def _asked(self, reader: StreamReader) -> ProxyRequest:
        try:
            async with asyncio.timeout(self._patience):
                first = await reader.readexactly(1)
                if not first.isalpha():
                    # For example TLS, in which the end of a head would never come.
                    raise NotUnderstood("what was sent is not HTTP")
                return read_head(first + await reader.readuntil(b"\r\n\r\n"))
        except asyncio.LimitOverrunError:
            raise NotUnderstood(f"the head of the request is longer than {self._most} bytes") from None

    async def _lead(self, asked: ProxyRequest, reader: StreamReader, writer: StreamWriter) -> None:
        to = self._way(asked)
        if isinstance(to, str):
            return await self._refuse(Refused(403, asked.authority, to), reader, writer)
        # What is for Copper is answered here: it needs no TLS from us if the client did not use it either.
        secure = asked.scheme == "https" and asked.host not in API_HOSTS
        beyond = to if isinstance(to, Beyond) else None
        authority, address = (asked.authority, to) if not isinstance(to, Beyond) else (to.authority, (to.host, to.port))
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                there, back = await asyncio.open_connection(*address, ssl=secure or None)
        # A name that idna cannot encode, or that TLS cannot ask for, raises UnicodeError, which is a ValueError.
        except (OSError, TimeoutError, ValueError) as error:
            text = f"nothing answers at {authority} ({_why(error)})"
            return await self._refuse(Refused(502, asked.authority, text), reader, writer)
        async with _Closing(back):
            if beyond is not None:
                # The proxy beyond answers for itself.
                back.write(beyond.head(asked))
            elif asked.is_tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                back.write(asked.head)
            await _together(_pass_on(reader, back), _pass_on(there, writer))

    def _way(self, asked: ProxyRequest) -> Address | Beyond | str:
        """Where to connect to, or why not."""
        if asked.host in API_HOSTS:
            return self._to_copper(asked)
        if is_loopback(asked.host):
            host = "localhost" if asked.host.endswith(".localhost") else asked.host
            return (host, asked.port) if self._local else "other machines may not reach what is on this one"
        if not is_copper(asked.host) and (way := self.beyond.way(asked)) is not None:
            return way
        if _same(asked.host) in self._allowed or (self._others and not is_copper(asked.host)):
            return asked.host, asked.port
        if is_copper(asked.host):
            return f"{asked.host} is Copper itself, and only its API ({' and '.join(API_HOSTS)}) is emulated"
        return (
            f"{asked.host} is not Copper's API ({' or '.join(API_HOSTS)}), and nothing else goes out. To allow it: "
            f"{self._advice.format(host=asked.host)}"
        )

    def _to_copper(self, asked: ProxyRequest) -> Address | str:
        if asked.scheme == "http":
            return f"Copper's API is HTTPS only, and a key must not be sent in plain text: https://{asked.host}"
        if asked.port != 443:
            return f"Copper's API is at https://{asked.host}, port 443; nothing is at port {asked.port}"
        return self._ends.tls if asked.is_tunnel else self._ends.plain

    async def _refuse(self, refused: Refused, reader: StreamReader, writer: StreamWriter) -> None:
        self._on_refused(refused)
        where = f"{refused.authority}: " if refused.authority else ""
        body = f"copper-emulator's proxy: {where}{refused.text}\n".encode()
        head = (
            f"HTTP/1.1 {refused.status} {_PHRASES[refused.status]}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode() + body)
        writer.write_eof()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_SECONDS):
                left = _LINGER_BYTES
                while left > 0 and (data := await reader.read(_CHUNK)):
                    left -= len(data)


_PHRASES = {400: "Bad Request", 403: "Forbidden", 502: "Bad Gateway"}
_HOW = "This is copper-emulator's proxy: point clients to it with HTTPS_PROXY=http://HOST:PORT, without TLS"


async def _pass_on(reader: StreamReader, writer: StreamWriter) -> None:
    """Forward everything, then the end of the data; the other direction may go on."""
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def _together(*both: Coroutine[Any, Any, None]) -> None:
    """Run both to their end; if one connection breaks, cancel the other. Raises ConnectionAbortedError."""
    broken = False
    try:
        async with asyncio.TaskGroup() as group:
            for each in both:
                group.create_task(each)
    except* OSError:
        broken = True
    if broken:
        raise ConnectionAbortedError


class _Closing:
    """Closes a connection at the end of a block: after sending what was written, or at once if the block failed."""

    def __init__(self, writer: StreamWriter) -> None:
        self._writer = writer

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._writer.transport.abort()
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


def _same(host: str) -> str:
    """A host name as it is, an address in its canonical form."""
    try:
        return str(ip_address(host))
    except ValueError:
        return host


def _why(error: OSError | TimeoutError | ValueError) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {_CONNECT_SECONDS:.0f} seconds"
    if isinstance(error, ValueError):
        return f"it cannot be a host name: {error}"
    return error.strerror or str(error)
