"""How does a server stand behind a proxy of its own? With a proxy beside it, and the TLS listener it leads to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field

from aiohttp import web
from yarl import URL

from copper_emulator.shell.proxying.proxy import Address, Ends, Proxy, Refused
from copper_emulator.shell.tls import serving
from copper_emulator.shell.tls.authority import Authority
from copper_emulator.shell.tls.listening import TlsListener

_SETTLING = 1.0
"""Seconds for data that clients sent before they ended."""


@dataclass(frozen=True, slots=True)
class ProxyPlan:
    """What kind of proxy to run.

    Attributes:
        authority: signs the certificate for Copper's hosts.
        on_refused: called with everything that is refused.
        advice: how to allow another host, with `{host}` in it.
        port: 0 takes a free one.
        allowed: other hosts that are let through.
    """

    authority: Authority
    on_refused: Callable[[Refused], object]
    advice: str
    port: int = 0
    allowed: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Proxied:
    """Where the proxy and the listener are."""

    url: str
    """The proxy's URL, like `http://127.0.0.1:40001`."""
    tls: str
    """`127.0.0.1:PORT` of the listener that answers for Copper's hosts."""
    _proxy: Proxy = field(repr=False)
    _listener: TlsListener = field(repr=False)

    def cut_off(self) -> None:
        """Abort the listener's connections that the runner has closed."""
        self._listener.cut_off()

    async def settle(self) -> None:
        """Let data that clients sent before they ended be processed: a handshake they broke off is reported.

        Waits at most a second for clients that are still connected.
        """
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(_SETTLING):
                # The proxy comes first: a tunnel ends when both of its ends have.
                await _come_through(URL(self.url).host, self._proxy.port)
                await self._proxy.idle()
                await _come_through("127.0.0.1", self._listener.port)
                await self._listener.idle()


async def begin(
    plan: ProxyPlan,
    runner: web.AppRunner,
    plain: Address,
    *,
    bind: str,
    tell: Callable[[str], None],
    opened: AsyncExitStack,
) -> Proxied:
    """Listen on both until `opened` is closed.

    Args:
        plan: what kind of proxy.
        runner: the server's runner.
        plain: the server's address for HTTP.
        bind: the address that the proxy listens on.
        tell: called with reports of failed TLS handshakes.
        opened: ends both.

    Raises:
        OSError: the proxy's port cannot be bound.
    """
    listener = await serving.begin(runner, plan.authority, tell=tell)
    opened.push_async_callback(listener.close)
    tls: Address = ("127.0.0.1", listener.port)
    proxy = Proxy(Ends(plain, tls), on_refused=plan.on_refused, allowed=plan.allowed, advice=plan.advice)
    await proxy.start(bind, plan.port)
    opened.push_async_callback(proxy.close)
    host = plain[0]
    shown = f"[{host}]" if ":" in host else host
    return Proxied(f"http://{shown}:{proxy.port}", f"{tls[0]}:{tls[1]}", proxy, listener)


async def _come_through(host: str | None, port: int) -> None:
    """Open and end a silent connection: once it has been closed, all earlier ones have been accepted."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write_eof()
    await reader.read()
    writer.close()
