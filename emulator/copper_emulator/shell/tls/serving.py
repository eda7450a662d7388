"""How does a server serve the same over TLS: with which certificate, at which address."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable

from aiohttp import web

from copper_emulator.shell.app import envelope
from copper_emulator.shell.tls.authority import HOSTS, Authority
from copper_emulator.shell.tls.listening import TlsListener


async def begin(
    runner: web.AppRunner,
    authority: Authority,
    *,
    tell: Callable[[str], None],
    bind: str = "127.0.0.1",
    port: int = 0,
    more_hosts: Iterable[str] = (),
) -> TlsListener:
    """Listen until it is closed, which must be before the runner is.

    Args:
        runner: serves it over HTTP, or could.
        authority: where the certificate is from.
        tell: hears of clients that could not begin.
        bind: the address to listen on; of a name, its first.
        port: 0 takes a free one.
        more_hosts: whom the certificate is for, too.

    Raises:
        AuthorityError: no certificate can be made for one of the hosts.
        OSError: the address cannot be listened on.
    """
    serve = runner.server
    if serve is None:
        raise RuntimeError("runner.setup() was not awaited")
    context = authority.server_context(*dict.fromkeys([*HOSTS, *more_hosts]))
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(bind, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = found[0]
    listening = socket.create_server(address[:2], family=family)
    listener = TlsListener(listening, context, serve, refuse=envelope, tell=tell)
    listener.start()
    return listener
