"""A server behind its own proxy: what clients had sent before they went away is not lost."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from copper_emulator.settings import Settings
from copper_emulator.shell.proxying.proxied import Proxied, ProxyPlan
from copper_emulator.shell.served.plan import Plan
from copper_emulator.shell.serving.server import Server
from copper_emulator.shell.tls.authority import Authority

pytestmark = pytest.mark.asyncio

TUNNEL = b"CONNECT api.copper.com:443 HTTP/1.1\r\n\r\n"


@asynccontextmanager
async def served(folder: Path, log: list[str]) -> AsyncIterator[Proxied]:
    plan = Plan(settings=Settings(), listener=lambda account, entry: log.append(entry.text))
    proxy = ProxyPlan(Authority.kept(folder), lambda refused: log.append(refused.text), "{host}")
    async with Server(plan, port=0, proxy=proxy) as server:
        assert server.proxied is not None
        yield server.proxied


def hello() -> bytes:
    """The first message of a TLS client."""
    sent = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), sent, server_hostname="api.copper.com")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


def said_and_gone(place: str, said: bytes) -> None:
    """Connect, send all of it and close before the server's loop has its next turn."""
    host, _, port = place.rpartition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(said)


async def test_a_handshake_that_a_client_broke_off_as_its_last_act_is_told_of(tmp_path: Path) -> None:
    log: list[str] = []
    async with served(tmp_path, log) as proxied:
        said_and_gone(urlsplit(proxied.url).netloc, TUNNEL + hello())
        said_and_gone(proxied.tls, hello())
        await proxied.settle()
        told = list(log)

    assert [text.partition(";")[0] for text in told] == ["TLS from a client that left in the middle"] * 2
    assert log == told


async def test_what_the_proxy_refused_at_the_last_moment_is_told_of(tmp_path: Path) -> None:
    log: list[str] = []
    async with served(tmp_path, log) as proxied:
        said_and_gone(urlsplit(proxied.url).netloc, b"CONNECT elsewhere.example:443 HTTP/1.1\r\n\r\n")
        await proxied.settle()

        assert [text.partition(",")[0] for text in log] == [
            "elsewhere.example is not Copper's API (api.copper.com or api.prosperworks.com)"
        ]


async def test_who_stays_connected_is_not_waited_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copper_emulator.shell.proxying.proxied._SETTLING", 0.05)
    log: list[str] = []
    async with served(tmp_path, log) as proxied:
        host, _, port = urlsplit(proxied.url).netloc.rpartition(":")
        with socket.create_connection((host, int(port))) as staying:
            staying.sendall(TUNNEL + hello())
            await proxied.settle()

            assert log == []
