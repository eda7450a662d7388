"""Who answers on a connection: plain requests are answered at once, all others by aiohttp, and always in order."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from copper_emulator.shell import listening
from copper_emulator.shell.clock import monotonic, pause_async
from copper_emulator.shell.listening import MAX_BODY, ListeningRunner
from copper_emulator.shell.whole_request import WholeRequest

pytestmark = pytest.mark.asyncio

LARGE = b"x" * 30_000_000


def answer_of(text: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text)


def request(path: str, body: str = "", *lines: str) -> bytes:
    more = "".join(f"{line}\r\n" for line in lines)
    return f"POST {path} HTTP/1.1\r\nHost: copper\r\n{more}Content-Length: {len(body)}\r\n\r\n{body}".encode()


@dataclass
class Client:
    """A connection, and who answered what: `direct`, or aiohttp."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    runner: web.AppRunner
    arrived: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    """What aiohttp's handler has begun with."""
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    taken: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    """What could have been answered directly."""
    connections: list[web.RequestHandler] = field(default_factory=list)
    """The server's side of the connection of each request that aiohttp has had."""

    def directly(self, whole: WholeRequest) -> bytes | None:
        self.taken.put_nowait(whole.target)
        if whole.target == "/broken":
            raise ConnectionResetError("of the emulator's own")
        if whole.target == "/large":
            return answer_of(LARGE)
        if whole.target.startswith("/direct"):
            return answer_of(b"direct " + whole.target.encode() + whole.body)
        return None

    async def handle(self, incoming: web.Request) -> web.Response:
        body = await incoming.text()
        self.arrived.put_nowait(incoming.path)
        self.connections.append(incoming.protocol)
        if incoming.path == "/waits":
            await self.let_go.wait()
        response = web.Response(text=f"aiohttp {incoming.path}{body}")
        if incoming.path == "/last":
            response.force_close()
            # It comes when the answer has left, right before the connection is closed.
            asyncio.get_running_loop().call_soon(incoming.protocol.data_received, request("/direct/late"))
        return response

    async def answers(self, *sent: bytes, count: int = 1) -> list[str]:
        for raw in sent:
            self.writer.write(raw)
        return [await self.answer() for _ in range(count)]

    async def answer(self) -> str:
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.decode().split("\r\n") if line.lower().startswith("content-length:"))
        return (await self.reader.readexactly(int(length.partition(":")[2]))).decode()


@asynccontextmanager
async def connected(**options: Any) -> AsyncIterator[Client]:
    app = web.Application(client_max_size=MAX_BODY)
    client: Client

    async def handle(incoming: web.Request) -> web.Response:
        return await client.handle(incoming)

    app.router.add_route("*", "/{path:.*}", handle)
    runner = ListeningRunner(app, on_error=lambda *_: None, directly=lambda whole: client.directly(whole), **options)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    reader, writer = await asyncio.open_connection(*runner.addresses[0], limit=2**26)
    client = Client(reader, writer, runner)
    try:
        async with asyncio.timeout(60):
            yield client
    finally:
        writer.close()
        await runner.cleanup()


async def _looked_at(client: Client) -> None:
    """Wait until whatever has been sent has been looked at: another connection has been answered after it."""
    reader, writer = await asyncio.open_connection(*client.runner.addresses[0])
    writer.write(request("/direct/between"))
    await reader.readuntil(b"between")
    writer.close()
    while await client.taken.get() != "/direct/between":
        pass


async def test_whoever_answers_the_next_plain_request_is_asked_first() -> None:
    async with connected() as client:
        assert await client.answers(request("/direct/1", "a")) == ["direct /direct/1a"]
        assert await client.answers(request("/other", "b")) == ["aiohttp /otherb"]
        assert await client.answers(request("/direct/2")) == ["direct /direct/2"]
        assert await client.answers(request("/other")) == ["aiohttp /other"]
        assert await client.answers(request("/direct/3")) == ["direct /direct/3"]


@pytest.mark.parametrize("parts", [(-4,), (-3,), (-4, -2)], ids=["after its head", "in the middle", "in three parts"])
async def test_a_request_may_come_in_parts(parts: tuple[int, ...]) -> None:
    async with connected() as client:
        whole = request("/direct", "body")
        begin = 0
        for end in parts:
            client.writer.write(whole[begin:end])
            await _looked_at(client)
            begin = end
        assert await client.answers(whole[begin:]) == ["aiohttp /directbody"]
        assert await client.answers(request("/direct")) == ["direct /direct"]


async def test_a_large_body_is_aiohttps() -> None:
    large = "x" * 900_000
    async with connected() as client:
        assert await client.answers(request("/other", large)) == [f"aiohttp /other{large}"]
        assert await client.answers(request("/direct")) == ["direct /direct"]


async def test_what_comes_while_aiohttp_is_answering_is_answered_after_that() -> None:
    async with connected() as client:
        client.writer.write(request("/waits"))
        assert await client.arrived.get() == "/waits"
        client.writer.write(request("/direct/early"))
        await _looked_at(client)
        client.let_go.set()
        assert await client.answers(count=2) == ["aiohttp /waits", "aiohttp /direct/early"]
        # From now on nobody can tell how much aiohttp still has to answer.
        assert await client.answers(request("/direct/late")) == ["aiohttp /direct/late"]


@pytest.mark.parametrize("unfit", [(), ("Expect: 100-continue",), ("X-Name: å",)], ids=["two", "expecting", "odd"])
async def test_aiohttp_keeps_a_connection_on_which_it_may_have_more_to_read(unfit: tuple[str, ...]) -> None:
    async with connected() as client:
        first = request("/direct/1", "", *unfit)
        if unfit:
            client.writer.write(first)
            if "Expect: 100-continue" in unfit:
                assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            assert await client.answer() == "aiohttp /direct/1"
        else:
            assert await client.answers(first * 2, count=2) == ["aiohttp /direct/1"] * 2
        assert await client.answers(request("/direct/2")) == ["aiohttp /direct/2"]
        assert client.taken.empty()


async def test_a_client_that_does_not_read_waits_for_its_next_answer() -> None:
    loop = asyncio.get_running_loop()
    async with connected() as client:
        with socket.create_connection(client.runner.addresses[0]) as slow:
            slow.setblocking(False)
            await loop.sock_sendall(slow, request("/large"))
            assert await client.taken.get() == "/large"
            await loop.sock_sendall(slow, request("/direct/next"))
            # Given to aiohttp, whose answer follows once the client reads.
            assert await client.arrived.get() == "/direct/next"
            told = bytearray()
            while not told.endswith(b"aiohttp /direct/next"):
                told += await loop.sock_recv(slow, 2**20)
            assert told.startswith(answer_of(LARGE) + b"HTTP/1.1 200 OK\r\n")


async def test_a_fault_of_the_emulators_own_is_logged_and_answered_and_ends_the_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with connected() as client:
        client.writer.write(request("/broken"))
        answer = await client.reader.read()
    assert answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert b"\r\nConnection: close\r\n" in answer
    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert [record.exc_info is not None and record.exc_info[0] for record in caplog.records] == [ConnectionResetError]


async def test_after_an_answer_that_ends_the_connection_nothing_is_answered() -> None:
    async with connected() as client:
        client.writer.write(request("/last"))
        assert await client.answer() == "aiohttp /last"
        assert await client.reader.read() == b""
    assert client.taken.get_nowait() == "/last"
    assert client.taken.empty()


async def test_what_comes_when_the_server_ends_is_not_answered() -> None:
    async with connected() as client:
        assert await client.answers(request("/other")) == ["aiohttp /other"]
        connection = client.connections[0]
        # As the server does first when it ends.
        connection.close()
        connection.data_received(request("/direct/late"))
    assert client.taken.get_nowait() == "/other"
    assert client.taken.empty()


async def test_a_connection_in_use_is_not_ended_because_aiohttp_has_had_nothing_to_answer() -> None:
    async with connected(keepalive_timeout=0.3) as client:
        assert await client.answers(request("/other")) == ["aiohttp /other"]
        began = monotonic()
        while monotonic() < began + 1:
            assert await client.answers(request("/direct")) == ["direct /direct"]
            await pause_async(0.02)
        # Unused, it is ended as before.
        assert await client.reader.read() == b""


async def test_the_server_ends_connections_that_were_only_answered_directly() -> None:
    async with connected() as client:
        assert await client.answers(request("/direct")) == ["direct /direct"]
        await client.runner.cleanup()
        assert await client.reader.read() == b""


async def test_an_aiohttp_that_lacks_what_direct_answers_need_answers_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert listening.may_answer_directly(web.RequestHandler)
    monkeypatch.setattr(listening, "_OF_AIOHTTP", listening._OF_AIOHTTP | {"_of_another_version"})

    async with connected() as client:
        assert await client.answers(request("/direct/1", "a")) == ["aiohttp /direct/1a"]
        assert await client.answers(request("/direct/2")) == ["aiohttp /direct/2"]
