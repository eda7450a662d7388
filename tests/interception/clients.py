"""Clients with Copper's host hard-coded: each is called with a method, a path and a body, and returns JSON."""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any

import aiohttp
import httpx
import requests
import truststore
import urllib3

HOST = "api.copper.com"
BASE = f"https://{HOST}/developer_api/v1"
HEADERS = {
    "X-PW-AccessToken": "the-application's-own-key",
    "X-PW-Application": "developer_api",
    "X-PW-UserEmail": "integration@example.com",
    "Content-Type": "application/json",
}
SECONDS = 10

Ask = Callable[..., Any]
"""ask(method, path, body=None)"""


def _sent(body: Any) -> bytes | None:
    return None if body is None else json.dumps(body).encode()


@contextmanager
def with_requests(**options: Any) -> Iterator[Ask]:
    with requests.Session() as session:
        session.headers.update(HEADERS)

        def ask(method: str, path: str, body: Any = None) -> Any:
            return session.request(method, BASE + path, data=_sent(body), timeout=SECONDS, **options).json()

        yield ask


@contextmanager
def with_requests_unverified() -> Iterator[Ask]:
    with with_requests(verify=False) as ask:
        yield ask


@contextmanager
def with_urllib3() -> Iterator[Ask]:
    with urllib3.PoolManager(timeout=SECONDS) as pool:
        yield lambda method, path, body=None: pool.request(
            method, BASE + path, body=_sent(body), headers=HEADERS
        ).json()


@contextmanager
def with_httpx(**options: Any) -> Iterator[Ask]:
    with httpx.Client(headers=HEADERS, timeout=SECONDS, **options) as client:
        yield lambda method, path, body=None: client.request(method, BASE + path, content=_sent(body)).json()


@contextmanager
def with_httpx_unverified() -> Iterator[Ask]:
    with with_httpx(verify=False) as ask:
        yield ask


@contextmanager
def with_truststore() -> Iterator[Ask]:
    """The system's authorities instead of certifi's."""
    with with_httpx(verify=truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)) as ask:
        yield ask


@contextmanager
def with_http_client() -> Iterator[Ask]:
    connection = http.client.HTTPSConnection(HOST, timeout=SECONDS)

    def ask(method: str, path: str, body: Any = None) -> Any:
        connection.request(method, f"/developer_api/v1{path}", _sent(body), HEADERS)
        return json.load(connection.getresponse())

    try:
        yield ask
    finally:
        connection.close()


@contextmanager
def with_urllib() -> Iterator[Ask]:
    def ask(method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(BASE + path, _sent(body), HEADERS, method=method)
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            return json.load(response)

    yield ask


SYNCHRONOUS = (
    with_requests,
    with_requests_unverified,
    with_urllib3,
    with_httpx,
    with_httpx_unverified,
    with_truststore,
    with_http_client,
    with_urllib,
)

# --- asynchronous -----------------------------------------------------------------------------------------------

AsyncAsk = Callable[..., Awaitable[Any]]


@asynccontextmanager
async def with_httpx_async() -> Any:
    async with httpx.AsyncClient(headers=HEADERS, timeout=SECONDS) as client:

        async def ask(method: str, path: str, body: Any = None) -> Any:
            return (await client.request(method, BASE + path, content=_sent(body))).json()

        yield ask


@asynccontextmanager
async def with_aiohttp(resolver: Any = aiohttp.ThreadedResolver, **options: Any) -> Any:
    connector = aiohttp.TCPConnector(resolver=resolver(), **options)
    async with aiohttp.ClientSession(connector=connector, headers=HEADERS) as session:

        async def ask(method: str, path: str, body: Any = None) -> Any:
            async with session.request(method, BASE + path, data=_sent(body)) as response:
                return await response.json()

        yield ask


@asynccontextmanager
async def with_aiohttp_and_aiodns() -> Any:
    async with with_aiohttp(aiohttp.AsyncResolver) as ask:
        yield ask


@asynccontextmanager
async def with_aiohttp_unverified() -> Any:
    async with with_aiohttp(ssl=False) as ask:
        yield ask


@asynccontextmanager
async def with_streams() -> Any:
    async def ask(method: str, path: str, body: Any = None) -> Any:
        sent = _sent(body) or b""
        reader, writer = await asyncio.open_connection(HOST, 443, ssl=ssl.create_default_context())
        lines = [
            f"{method} /developer_api/v1{path} HTTP/1.1",
            f"Host: {HOST}",
            *(f"{name}: {value}" for name, value in HEADERS.items()),
            f"Content-Length: {len(sent)}",
            "Connection: close",
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode() + sent)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return json.loads(answer.partition(b"\r\n\r\n")[2])

    yield ask


ASYNCHRONOUS: tuple[Callable[[], AbstractAsyncContextManager[AsyncAsk]], ...] = (
    with_httpx_async,
    with_aiohttp,
    with_aiohttp_and_aiodns,
    with_aiohttp_unverified,
    with_streams,
)
