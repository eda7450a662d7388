"""How does a server stand behind a proxy of its own: the proxy beside it, and the TLS listener in which it ends?"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Collection
from contextlib import AsyncExitStack
from dataclasses import dataclass

from aiohttp import web

from copper_emulator.shell.proxy import Address, Ends, Proxy, Refused


@dataclass(frozen=True, slots=True)
class ProxyPlan:
    """What kind of proxy it is.

    Attributes:
        context: answers for Copper's hosts.
        told: is called with everything that is refused.
        advice: how another host is allowed, with `{host}` in it.
        port: 0 takes a free one.
        allowed: other hosts that are let through.
    """

    context: ssl.SSLContext
    told: Callable[[Refused], object]
    advice: str
    port: int = 0
    allowed: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Proxied:
    """Where the two are."""

    url: str
    """Of the proxy, like `http://127.0.0.1:40001`."""
    tls: str
    """`127.0.0.1:PORT` of the listener that answers for Copper's hosts."""


async def begin(plan: ProxyPlan, runner: web.AppRunner, plain: Address, bind: str, opened: AsyncExitStack) -> Proxied:
    """Listen on both until `opened` is closed; `plain` is where the server is. Raises OSError."""
    listener = socket.create_server(("127.0.0.1", 0))
    tls: Address = listener.getsockname()
    await web.SockSite(runner, listener, ssl_context=plan.context).start()
    proxy = Proxy(Ends(plain, tls), told=plan.told, allowed=plan.allowed, advice=plan.advice)
    await proxy.start(bind, plan.port)
    opened.push_async_callback(proxy.close)
    host = plain[0]
    shown = f"[{host}]" if ":" in host else host
    return Proxied(f"http://{shown}:{proxy.port}", f"{tls[0]}:{tls[1]}")
