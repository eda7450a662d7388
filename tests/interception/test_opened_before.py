"""A client with a connection to the real Copper from before the interception: nothing more is sent on it.

Here the real Copper is a server on this machine, with an authority that only the clients know.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
import requests
import urllib3

from tests.interception.listening import FOREIGN, intercepting, listening, way_to

URL = "https://api.copper.com/developer_api/v1/account"
ITSELF = "127.0.0.7"
"""The real Copper's address."""

SAID = "was opened before Copper's hosts were intercepted"


@pytest.fixture
def copper_itself(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of the real Copper, by which its answers are recognised."""
    look_up, connect = socket.getaddrinfo, socket.socket.connect
    with listening(authority=FOREIGN) as there:

        def getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
            return look_up(ITSELF if host in ("api.copper.com", b"api.copper.com") else host, *rest, **named)

        def connecting(self: Any, address: Any) -> None:
            connect(self, ("127.0.0.1", there) if address[0] == ITSELF else address)

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        monkeypatch.setattr(socket.socket, "connect", connecting)
        yield there


@pytest.fixture
def port() -> Iterator[int]:
    """The port of the listener to which calls are routed."""
    with listening() as port:
        yield port


@pytest.fixture
def trusting(tmp_path: Path) -> str:
    """A file with the authority of the real Copper."""
    FOREIGN.cert_pem.write_to_path(tmp_path / "authority.pem")
    return str(tmp_path / "authority.pem")


def test_requests_connects_anew(copper_itself: int, port: int, trusting: str) -> None:
    with requests.Session() as session:
        # Otherwise a bundle named by the environment would take precedence.
        session.trust_env, session.verify = False, trusting
        assert session.post(URL, timeout=10).json()["port"] == copper_itself
        with intercepting(way_to(port)):
            assert [session.post(URL, timeout=10).json()["port"] for _ in range(2)] == [port, port]


def test_urllib3_does(copper_itself: int, port: int, trusting: str) -> None:
    with urllib3.PoolManager(ca_certs=trusting, timeout=10, retries=False) as pool:
        assert pool.request("POST", URL).json()["port"] == copper_itself
        with intercepting(way_to(port)):
            assert pool.request("POST", URL).json()["port"] == port


def test_httpx_does(copper_itself: int, port: int, trusting: str) -> None:
    with httpx.Client(verify=ssl.create_default_context(cafile=trusting), timeout=10) as client:
        assert client.post(URL).json()["port"] == copper_itself
        with intercepting(way_to(port)):
            assert client.post(URL).json()["port"] == port


def test_http_client_is_told(copper_itself: int, port: int, trusting: str) -> None:
    context = ssl.create_default_context(cafile=trusting)
    connection = http.client.HTTPSConnection("api.copper.com", context=context, timeout=10)

    def asked() -> Any:
        connection.request("POST", "/developer_api/v1/account")
        return json.load(connection.getresponse())["port"]

    try:
        assert asked() == copper_itself
        with intercepting(way_to(port)):
            with pytest.raises(ConnectionAbortedError, match=SAID):
                asked()
            connection.close()
            assert asked() == port
    finally:
        connection.close()


@pytest.mark.asyncio
async def test_httpx_asynchronous_is_told_and_then_connects_anew(copper_itself: int, port: int, trusting: str) -> None:
    async with httpx.AsyncClient(verify=ssl.create_default_context(cafile=trusting), timeout=10) as client:
        assert (await client.post(URL)).json()["port"] == copper_itself
        with intercepting(way_to(port)):
            with pytest.raises(OSError, match=SAID):
                await client.post(URL)
            assert (await client.post(URL)).json()["port"] == port


@pytest.mark.asyncio
async def test_aiohttp_is_told_and_then_connects_anew(copper_itself: int, port: int, trusting: str) -> None:
    context = ssl.create_default_context(cafile=trusting)
    # It caches addresses for ten seconds, and would fail in the handshake meanwhile.
    connector = aiohttp.TCPConnector(resolver=aiohttp.ThreadedResolver(), use_dns_cache=False, ssl=context)

    async with aiohttp.ClientSession(connector=connector) as session:

        async def asked() -> Any:
            async with session.post(URL) as answered:
                return (await answered.json(content_type=None))["port"]

        assert await asked() == copper_itself
        with intercepting(way_to(port)):
            with pytest.raises(aiohttp.ClientConnectionError):
                await asked()
            assert await asked() == port


@pytest.mark.asyncio
async def test_so_are_streams(copper_itself: int, port: int, trusting: str) -> None:
    context = ssl.create_default_context(cafile=trusting)
    reader, writer = await asyncio.open_connection("api.copper.com", 443, ssl=context)
    with intercepting(way_to(port)), pytest.raises(ConnectionAbortedError, match=SAID):
        writer.write(b"POST /developer_api/v1/account HTTP/1.1\r\nHost: api.copper.com\r\n\r\n")
        await reader.read()
    writer.close()
    with pytest.raises(ConnectionAbortedError):
        await writer.wait_closed()


def test_what_writes_past_the_socket_s_own_sending_is_stopped_too(
    copper_itself: int, port: int, trusting: str, tmp_path: Path
) -> None:
    context = ssl.create_default_context(cafile=trusting)
    (tmp_path / "sent").write_bytes(b"a key")
    for name in ("send", "sendall", "write", "sendfile"):
        with socket.create_connection(("api.copper.com", 443), timeout=10) as plain:
            secure = context.wrap_socket(plain, server_hostname="api.copper.com")
            with secure, (tmp_path / "sent").open("rb") as file, intercepting(way_to(port)):
                with pytest.raises(ConnectionAbortedError, match=SAID):
                    getattr(secure, name)(file if name == "sendfile" else b"a key")
                # The other side ends it in its own way.
                with suppress(ConnectionResetError):
                    assert secure.recv(1) == b""


def test_afterwards_a_connection_to_another_host_is_what_it_was(port: int) -> None:
    context = ssl.create_default_context()
    FOREIGN.configure_trust(context)
    with listening("localhost", authority=FOREIGN) as other:
        connection = http.client.HTTPSConnection("localhost", other, context=context, timeout=10)
        try:
            for _ in range(2):
                connection.request("GET", "/")
                assert json.load(connection.getresponse())["port"] == other
                with intercepting(way_to(port)):
                    connection.request("GET", "/")
                    assert json.load(connection.getresponse())["port"] == other
        finally:
            connection.close()
