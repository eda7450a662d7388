"""Whoever connects while a server ends is told so: no connection stays open with nobody to serve it."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import closing, suppress

import pytest
from aiohttp import web
from yarl import URL

from copper_emulator import Emulator
from copper_emulator.shell.listening import ListeningRunner
from copper_emulator.shell.proxying.proxy import Ends, Proxy
from copper_emulator.shell.tls.authority import Authority
from copper_emulator.shell.tls.serving import begin
from tests.shell.turns import turn

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
WAITED = 10.0


def connect(port: int) -> socket.socket:
    """Connect at once: the kernel accepts for a server that is still busy."""
    return socket.create_connection(("127.0.0.1", port), timeout=WAITED)


def ends(client: socket.socket) -> bool:
    try:
        client.sendall(REQUEST)
        while client.recv(4096):
            pass
    except ConnectionError:
        pass
    except TimeoutError:
        return False
    return True


@pytest.mark.asyncio
@pytest.mark.parametrize("turns", range(6))
async def test_a_connection_at_any_step_of_being_accepted_ends_with_the_server(turns: int) -> None:
    runner = ListeningRunner(web.Application(), on_error=lambda *_: None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    with closing(connect(runner.addresses[0][1])) as client:
        for _ in range(turns):
            await turn()

        await runner.cleanup()

        assert await asyncio.to_thread(ends, client)


@pytest.mark.asyncio
@pytest.mark.parametrize("turns", range(6))
async def test_a_connection_at_any_step_of_being_accepted_ends_with_the_proxy(turns: int) -> None:
    proxy = Proxy(Ends(("127.0.0.1", 1), ("127.0.0.1", 2)))
    await proxy.start()
    with closing(connect(proxy.port)) as client:
        for _ in range(turns):
            await turn()

        await proxy.close()

        assert await asyncio.to_thread(ends, client)


@pytest.mark.asyncio
@pytest.mark.parametrize("turns", range(6))
async def test_a_connection_at_any_step_of_being_accepted_ends_with_the_tls_listener(turns: int) -> None:
    runner = ListeningRunner(web.Application(), on_error=lambda *_: None)
    await runner.setup()
    listener = await begin(runner, Authority.temporary(), tell=lambda _: None)
    with closing(connect(listener.port)) as client:
        for _ in range(turns):
            await turn()

        await listener.close()
        await runner.cleanup()

        assert await asyncio.to_thread(ends, client)


def test_an_emulator_that_is_closed_amid_calls_leaves_nobody_waiting() -> None:
    ended: list[bool] = []

    def go_on(port: int) -> None:
        # Until nobody listens any more.
        with suppress(OSError):
            while True:
                with connect(port) as client:
                    ended.append(ends(client))

    for _ in range(5):
        with Emulator(strict=False) as copper:
            port = URL(copper.api_url).port
            threads = [threading.Thread(target=go_on, args=(port,)) for _ in range(4)]
            for each in threads:
                each.start()
            copper.people.create(name="Ada")
        for each in threads:
            each.join()

    assert ended
    assert all(ended)
