"""Serving over TLS what a server already serves over HTTP: with which certificate, at which address."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable

from aiohttp import web

from copper_emulator.shell.api.refusing import envelope
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
    """Begin to listen. The listener must be closed before the runner is cleaned up.

    Args:
        runner: a runner that has been set up; it need not be serving over HTTP.
        authority: issues the certificate.
        tell: is called with a line for the log about each client that failed to connect.
        bind: the address to listen on; for a name, its first address.
        port: 0 picks a free port.
        more_hosts: hosts for the certificate in addition to HOSTS.

    Raises:
        AuthorityError: no certificate can be made for one of the hosts.
        OSError: it is not possible to listen on the address.
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
