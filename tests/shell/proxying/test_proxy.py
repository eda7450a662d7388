"""The proxy: requests for Copper's hosts go to the emulator, everything else is refused and reported."""

from __future__ import annotations

import asyncio
import logging
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from copper_emulator.shell.proxying.proxy import Address, Ends, Proxy, Refused
from copper_emulator.shell.proxying.requests import MOST_BYTES

pytestmark = pytest.mark.asyncio

ELSEWHERE = "127.1"
"""Resolves to this machine, but is a name like any other to the proxy."""

Serve = Callable[[StreamReader, StreamWriter], Awaitable[None]]


async def shouting(reader: StreamReader, writer: StreamWriter) -> None:
    """At the end, returns what it received, in capitals."""
    writer.write((await reader.read()).upper())


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[Address]:
    async def connected(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except ConnectionError:
            return
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        host, port = server.sockets[0].getsockname()
        yield host, port
    finally:
        server.close()


@dataclass
class Proxied:
    port: int
    tls: Address
    plain: Address
    proxy: Proxy
    refused: list[Refused] = field(default_factory=list)

    async def connect(self) -> tuple[StreamReader, StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def say(self, raw: bytes, *, ending: bool = True) -> str:
        """Send this, and read until the proxy closes."""
        reader, writer = await self.connect()
        try:
            writer.write(raw)
            if ending:
                writer.write_eof()
            return (await reader.read()).decode()
        finally:
            writer.close()
            await writer.wait_closed()

    async def tunnel(self, place: str, sent: bytes = b"hello") -> str:
        return await self.say(b"CONNECT " + place.encode() + b" HTTP/1.1\r\n\r\n" + sent)


@asynccontextmanager
async def proxied(
    *,
    tls: Serve = shouting,
    plain: Serve = shouting,
    bind: str = "127.0.0.1",
    allowed: Collection[str] = (),
    **options: Any,
) -> AsyncIterator[Proxied]:
    refused: list[Refused] = []
    async with listening(tls) as tls_end, listening(plain) as plain_end:
        proxy = Proxy(Ends(plain_end, tls_end), on_refused=refused.append, allowed=allowed, **options)
        await proxy.start(bind)
        try:
            yield Proxied(proxy.port, tls_end, plain_end, proxy, refused)
        finally:
            await proxy.close()


ESTABLISHED = "HTTP/1.1 200 Connection established\r\n\r\n"


@pytest.mark.parametrize("host", ["api.copper.com", "api.prosperworks.com", "API.COPPER.COM."])
async def test_a_tunnel_to_coppers_api_ends_in_the_emulator(host: str) -> None:
    async with proxied() as through:
        assert await through.tunnel(f"{host}:443") == ESTABLISHED + "HELLO"
        assert through.refused == []


async def test_what_is_sent_after_the_client_has_ended_its_half_still_arrives() -> None:
    async def late(reader: StreamReader, writer: StreamWriter) -> None:
        assert await reader.read() == b"question"
        writer.write(b"answer")

    async with proxied(tls=late) as through:
        assert await through.tunnel("api.copper.com:443", b"question") == ESTABLISHED + "answer"


async def test_megabytes_pass_in_both_directions() -> None:
    async def echo(reader: StreamReader, writer: StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()

    sent = b"0123456789abcdef" * 300_000
    async with proxied(tls=echo) as through:
        reader, writer = await through.connect()
        writer.write(b"CONNECT api.copper.com:443 HTTP/1.1\r\n\r\n" + sent)
        writer.write_eof()

        assert await reader.read() == ESTABLISHED.encode() + sent
        writer.close()


async def test_a_whole_url_of_coppers_is_answered_too() -> None:
    """As axios requests https without a tunnel."""
    async with proxied() as through:
        answered = await through.say(b"GET https://api.copper.com/x HTTP/1.1\r\nA: b\r\n\r\n")

        assert answered == "GET /X HTTP/1.1\r\nHOST: API.COPPER.COM\r\nCONNECTION: CLOSE\r\nA: B\r\n\r\n"


@pytest.mark.parametrize(
    "asked",
    [
        "CONNECT example.com:443",
        "CONNECT api.copper.com.example.com:443",
        "GET http://example.com/",
        "POST https://example.com/",
    ],
)
async def test_another_host_is_refused_with_what_to_do_and_told(asked: str) -> None:
    async with proxied() as through:
        answered = await through.say(f"{asked} HTTP/1.1\r\n\r\n".encode())

        [refused] = through.refused
        assert answered.startswith("HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain")
        assert answered.endswith(f"{refused.authority}: {refused.text}\n")
        assert "is not Copper's API" in refused.text
        assert "--proxy-allow " in refused.text


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("CONNECT api.copper.com:80", "port 443; nothing is at port 80"),
        ("GET https://api.copper.com:8443/", "port 443; nothing is at port 8443"),
        ("GET http://api.copper.com/", "HTTPS only, and a key must not be sent in plain text"),
        ("CONNECT app.copper.com:443", "app.copper.com is Copper itself, and only its API"),
    ],
)
async def test_nothing_else_of_coppers_is_there(asked: str, says: str) -> None:
    async with proxied(others=True) as through:
        answered = await through.say(f"{asked} HTTP/1.1\r\n\r\n".encode())

        assert answered.startswith("HTTP/1.1 403")
        assert says in answered


@pytest.mark.parametrize("options", [{"allowed": [ELSEWHERE]}, {"others": True}])
async def test_an_allowed_host_is_reached_in_a_tunnel_and_by_a_whole_url(options: dict[str, Any]) -> None:
    async with proxied(**options) as through, listening(shouting) as (_, port):
        assert await through.tunnel(f"{ELSEWHERE}:{port}") == ESTABLISHED + "HELLO"
        asked = f"GET http://{ELSEWHERE}:{port}/x HTTP/1.1\r\n\r\n"
        assert (await through.say(asked.encode())).startswith("GET /X HTTP/1.1\r\nHOST: 127.1")
        assert through.refused == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "my-app.localhost", "[::ffff:127.0.0.1]"])
async def test_loopback_is_let_through(host: str) -> None:
    async with proxied() as through, listening(shouting) as (_, port):
        assert await through.tunnel(f"{host}:{port}") == ESTABLISHED + "HELLO"


async def test_those_who_come_from_elsewhere_are_not_led_to_this_machine() -> None:
    async with proxied(bind="0.0.0.0") as through, listening(shouting) as (_, port):
        assert "one" in await through.tunnel(f"127.0.0.1:{port}")
        assert await through.tunnel("api.copper.com:443") == ESTABLISHED + "HELLO"


async def test_where_nothing_answers_the_client_is_told() -> None:
    # Bound, so that no one else gets it, but not listening.
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        async with proxied() as through:
            answered = await through.tunnel(f"127.0.0.1:{port}")

        assert answered.startswith("HTTP/1.1 502 Bad Gateway")
        assert f"nothing answers at 127.0.0.1:{port} (" in answered


@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".example", ".example"])
@pytest.mark.parametrize("asked", ["CONNECT {host}:443", "GET http://{host}/", "GET https://{host}/"])
async def test_what_can_be_the_name_of_no_host_is_answered_and_told(
    host: str, asked: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with proxied(others=True) as through:
        answered = await through.say(f"{asked.format(host=host)} HTTP/1.1\r\n\r\n".encode())

        assert answered.startswith("HTTP/1.1 502 Bad Gateway")
        assert f"nothing answers at {host}:" in answered
        assert "it cannot be a host name" in answered
        assert len(through.refused) == 1
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_fault_of_the_proxys_own_is_told_and_ends_its_connection_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    said: list[str] = []

    def failing_once(refused: Refused) -> None:
        said.append(refused.text)
        if len(said) == 1:
            raise ArithmeticError("of our own")

    async with proxied() as through:
        proxy = Proxy(Ends(through.plain, through.tls), on_refused=failing_once)
        await proxy.start()
        other = Proxied(proxy.port, through.tls, through.plain, proxy)
        try:
            with suppress(ConnectionResetError):
                assert await other.tunnel("example.com:443") == ""
            assert await other.tunnel("api.copper.com:443") == ESTABLISHED + "HELLO"
        finally:
            await proxy.close()
    assert said[1:] == ["the proxy failed: ArithmeticError('of our own')"]
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("written", ["::ffff:0.0.0.0", "[::FFFF:0.0.0.0]", "0:0:0:0:0:ffff:0:0"])
async def test_an_address_is_allowed_however_it_is_written(written: str) -> None:
    """This one is this machine's own, but not recognised as such."""
    async with proxied(allowed=[written]) as through, listening(shouting) as (_, port):
        assert await through.tunnel(f"[::ffff:0:0]:{port}") == ESTABLISHED + "HELLO"


async def test_where_everything_is_let_through_a_long_head_is_too() -> None:
    cookie = b"x" * (2 * MOST_BYTES)
    async with proxied(others=True) as through, listening(shouting) as (_, port):
        asked = f"GET http://{ELSEWHERE}:{port}/ HTTP/1.1\r\nCookie: ".encode() + cookie + b"\r\n\r\n"

        assert (await through.say(asked)).endswith(f"COOKIE: {cookie.decode().upper()}\r\n\r\n")


async def test_a_connection_may_become_one_of_another_protocol() -> None:
    async def switching(reader: StreamReader, writer: StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"\r\nConnection: Upgrade, close\r\n" in head
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        await shouting(reader, writer)

    async with proxied() as through, listening(switching) as (_, port):
        asked = f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\nConnection: keep-alive, upgrade\r\nUpgrade: x\r\n\r\n"

        answered = await through.say(asked.encode() + b"hello")

    assert answered == "HTTP/1.1 101 Switching Protocols\r\n\r\nHELLO"


async def test_a_refusal_reaches_a_client_that_is_still_sending() -> None:
    async with proxied() as through:
        sent = b"POST http://example.com/ HTTP/1.1\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300_000

        assert "403 Forbidden" in await through.say(sent, ending=False)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00", "what was sent is not HTTP"),
        (b"nonsense\r\n\r\n", "not an HTTP request line"),
        (b"GET / HTTP/1.1\r\nHost: api.copper.com\r\n\r\n", "a full URL or a CONNECT"),
        (b"CONNECT api.copper.com:443 HTTP/1.1\r\nA: " + b"x" * MOST_BYTES + b"\r\n\r\n", "longer than"),
        (b"A" * (2 * MOST_BYTES), "longer than"),
    ],
    ids=["tls", "nonsense", "as a server", "long header", "no end"],
)
async def test_what_is_no_request_for_a_proxy_is_answered_with_how_one_is_used(raw: bytes, says: str) -> None:
    async with proxied() as through:
        answered = await through.say(raw, ending=False)

        assert answered.startswith("HTTP/1.1 400 Bad Request")
        assert says in answered
        assert "HTTPS_PROXY=http://" in answered
        assert [refused.authority for refused in through.refused] == [""]


@pytest.mark.parametrize("raw", [b"", b"CONN", b"CONNECT api.copper.com:443 HTTP/1.1\r\nHo"])
async def test_a_client_that_goes_away_early_is_no_news(raw: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async with proxied() as through:
        assert await through.say(raw) == ""
        assert through.refused == []
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_client_that_says_nothing_is_cut_off() -> None:
    async with proxied(patience=0.05) as through:
        assert await through.say(b"CONN", ending=False) == ""


async def test_a_broken_off_connection_breaks_off_the_other_one(caplog: pytest.LogCaptureFixture) -> None:
    gone = asyncio.Event()

    async def waiting(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(b"x" * 10_000_000)
        try:
            await writer.drain()
            await reader.read()
        finally:
            gone.set()

    async with proxied(tls=waiting) as through:
        reader, writer = await through.connect()
        writer.write(b"CONNECT api.copper.com:443 HTTP/1.1\r\n\r\n")
        await reader.readexactly(100)
        writer.transport.abort()
        async with asyncio.timeout(10):
            await gone.wait()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_many_go_through_at_once() -> None:
    together = asyncio.Barrier(100)

    async def meeting(reader: StreamReader, writer: StreamWriter) -> None:
        async with asyncio.timeout(20):
            await together.wait()
        await shouting(reader, writer)

    async with proxied(tls=meeting) as through:
        asked = [through.tunnel("api.copper.com:443", str(number).encode()) for number in range(100)]

        assert await asyncio.gather(*asked) == [f"{ESTABLISHED}{number}" for number in range(100)]


async def test_the_end_cuts_off_what_is_connected_and_leaves_nothing() -> None:
    async def never(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.read()

    async with proxied(tls=never) as through:
        silent = await through.connect()
        tunnelled = await through.connect()
        tunnelled[1].write(b"CONNECT api.copper.com:443 HTTP/1.1\r\n\r\n")
        await tunnelled[0].readuntil(b"\r\n\r\n")
        await through.proxy.close()

        for reader, writer in (silent, tunnelled):
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
            writer.close()
        with pytest.raises(ConnectionRefusedError):
            await through.connect()
