"""Plain HTTP to this machine: every answer is treated as aiohttp's client treats it, and each request is sent once."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
import threading
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import HAD_ANSWERED, Attempt, Outcome, Reason, Result
from copper_emulator.shell.routing.destinations import RouteKind
from copper_emulator.shell.routing.routes import Route, Straight
from copper_emulator.shell.senders.connection import Connection, Exchange
from copper_emulator.shell.senders.deadlines import Deadlines
from copper_emulator.shell.senders.http import HttpSender
from copper_emulator.shell.senders.plain import PlainSender
from tests.shell.endpoints import raw_endpoint, read_request

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
HEADERS = (("Content-Type", "application/json"), ("X-Tenant", "seven"))
PATIENCE = 10_000
"""Milliseconds; a test that waits this long has failed."""

nobodys: Any = None


def attempt(url: str, body: bytes = b'{"ids":[1]}') -> Attempt:
    return Attempt(nobodys, None, url, HEADERS, body, 0)


@asynccontextmanager
async def sender(*, plainly: bool = True) -> AsyncIterator[HttpSender]:
    made = HttpSender(plainly=plainly)
    try:
        yield made
    finally:
        await made.close()


async def post(by: HttpSender, url: str, *, timeout_ms: int = PATIENCE, fresh: bool = False) -> Result:
    return await by.send(attempt(url), Straight(URL(url)), timeout_ms=timeout_ms, fresh=fresh)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()


# --- answers ------------------------------------------------------------------------------------------------------


async def answer_to(raw: bytes, *, plainly: bool) -> Result:
    """The result of a request that is answered with these bytes, after which the endpoint closes the connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"}")
            writer.write(raw)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    try:
        async with sender(plainly=plainly) as made:
            return await post(made, url)
    finally:
        server.close()
        await server.wait_closed()


def seen(result: Result) -> tuple[object, ...]:
    """Everything that matters about an answer; aiohttp's client writes some names in its own way."""
    headers = tuple((name.lower(), value) for name, value in result.headers)
    return result.outcome, result.status, result.reason, headers, result.body


CHUNKED = b"Transfer-Encoding: chunked\r\n"
ANSWERS = {
    "length": OK,
    "until it is closed": b"HTTP/1.1 200 OK\r\n\r\nhi",
    "of old": b"HTTP/1.0 200 OK\r\n\r\nhi",
    "of old, kept": b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi",
    "chunks": b"HTTP/1.1 200 OK\r\n" + CHUNKED + b"\r\n2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n",
    "chunks, with trailers": b"HTTP/1.1 200 OK\r\n" + CHUNKED + b"\r\n2\r\nhi\r\n0\r\nX-After: 1\r\n\r\n",
    "chunks, with spaces": b"HTTP/1.1 200 OK\r\n" + CHUNKED + b"\r\n2  \r\nhi\r\n0\r\n\r\n",
    "chunks, packed": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    "packed, until it is closed": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhi",
    "chunks, packed, until it is closed": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\nhi",
    "in something like chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\nhi",
    "packed and in chunks, said apart": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
    "chunks and packed, said apart": b"HTTP/1.1 200 OK\r\n" + CHUNKED + b"Transfer-Encoding: gzip\r\n\r\nhi",
    "chunks that end too soon": b"HTTP/1.1 200 OK\r\n" + CHUNKED + b"\r\n5\r\nhi",
    "chunks that are none": b"HTTP/1.1 200 OK\r\n" + CHUNKED + b"\r\nzz\r\nhi",
    "length and chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + CHUNKED + b"\r\n2\r\nhi\r\n0\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
    "length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nhi",
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "204 with a length": b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
    "204 in chunks": b"HTTP/1.1 204 No Content\r\n" + CHUNKED + b"\r\n",
    "304": b"HTTP/1.1 304 Not Modified\r\n\r\n",
    "304 with a length": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    "100 before": b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
    "103 and 102 before": b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 102 P\r\n\r\n" + OK,
    "100 with a length before": b"HTTP/1.1 100 Continue\r\nContent-Length: 3\r\n\r\n" + OK,
    "100 alone": b"HTTP/1.1 100 Continue\r\n\r\n",
    "101": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nother",
    "upgrade offered": b"HTTP/1.1 200 OK\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nhi",
    "folded": b"HTTP/1.1 200 OK\r\nX: a\r\n  b\r\n\tc\r\nContent-Length: 2\r\n\r\nhi",
    "empty header": b"HTTP/1.1 200 OK\r\nX:\r\nY:  \r\nContent-Length: 2\r\n\r\nhi",
    "empty last header": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX:\r\n\r\nhi",
    "spaces after a header": b"HTTP/1.1 200 OK\r\nX: a \t \r\nContent-Length: 2 \r\n\r\nhi",
    "same header twice": b"HTTP/1.1 200 OK\r\nX: a\r\nx: b\r\nContent-Length: 2\r\n\r\nhi",
    "bare line feeds": b"HTTP/1.1 200 OK\nX: a\nContent-Length: 2\n\nhi",
    "bytes beyond ASCII": b"HTTP/1.1 200 OK\r\nX: \xc3\xa9\xff\x01\r\nContent-Length: 2\r\n\r\nhi",
    "zero byte": b"HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 2\r\n\r\nhi",
    "name with a space": b"HTTP/1.1 200 OK\r\nX y: a\r\nContent-Length: 2\r\n\r\nhi",
    "header without a colon": b"HTTP/1.1 200 OK\r\nfoo\r\nContent-Length: 2\r\n\r\nhi",
    "no reason": b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi",
    "000": b"HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\nhi",
    "20": b"HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nhi",
    "600": b"HTTP/1.1 600 OK\r\nContent-Length: 2\r\n\r\nhi",
    "1000": b"HTTP/1.1 1000 OK\r\nContent-Length: 2\r\n\r\nhi",
    "another version": b"HTTP/3.7 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    "a line before": b"\r\n" + OK,
    "another answer after": OK + b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
    "long header": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 8180 + b"\r\nContent-Length: 2\r\n\r\nhi",
    "too long header": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 9000 + b"\r\nContent-Length: 2\r\n\r\nhi",
    "as many headers as there may be": b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 127 + b"Content-Length: 2\r\n\r\nhi",
    "too many headers": b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 300 + b"Content-Length: 2\r\n\r\nhi",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x46",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nX: a",
    "half a body": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi",
    "as much as is kept": b"HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n" + b"x" * 65536,
    "more than is kept": b"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70000,
    "more than is kept, until it is closed": b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 70000,
}


@pytest.mark.parametrize(("variable", "name"), [("", "content-type"), ("aiohttp", "Content-Type")])
def test_a_variable_sends_everything_with_aiohttps_client(
    monkeypatch: pytest.MonkeyPatch, variable: str, name: str
) -> None:
    """It shows in an answer's headers: aiohttp's client writes names that it knows in its own way."""
    monkeypatch.setenv("COPPER_EMULATOR_SENDER", variable)

    answer = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nContent-Length: 2\r\n\r\nhi"
    result = asyncio.run(answer_to(answer, plainly=True))

    assert result.headers[0] == (name, "text/plain")


def test_the_variable_has_no_other_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPPER_EMULATOR_SENDER", "httpx")

    with pytest.raises(UsageError, match="COPPER_EMULATOR_SENDER=httpx: write aiohttp, or leave it out"):
        asyncio.run(answer_to(OK, plainly=True))


def test_what_follows_an_answer_is_not_looked_at() -> None:
    """With aiohttp's client, the way it is split on the network decides whether the answer counts."""
    result = asyncio.run(answer_to(OK + b"and more", plainly=True))
    assert (result.status, result.body) == (200, b"hi")


_names = st.sampled_from([b"X", b"X-Long-Name", b"set-cookie", b"Content-Type"])
_values = st.binary(max_size=8).map(lambda value: bytes(33 + byte % 94 for byte in value))


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Whole answers, preceded by interim ones, ending in each of the possible ways."""
    body = draw(st.binary(max_size=30))
    ends, content = draw(
        st.sampled_from(
            [
                (b"Content-Length: %d\r\n" % len(body), body),
                (CHUNKED, b"".join(b"1\r\n%b\r\n" % bytes([byte]) for byte in body) + b"0\r\n\r\n"),
                (b"", body),
            ]
        )
    )
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" * draw(st.integers(0, 2))
    headers = b"".join(b"%b: %b\r\n" % pair for pair in draw(st.lists(st.tuples(_names, _values), max_size=4)))
    status = draw(st.sampled_from([200, 201, 302, 404, 500]))
    return interim + b"HTTP/1.1 %d Word\r\n%b%b\r\n%b" % (status, headers, ends, content)


@given(raw=answers(), cuts=st.lists(st.integers(1, 200), max_size=6))
def test_it_is_the_same_however_the_network_cuts_it(raw: bytes, cuts: list[int]) -> None:
    """Even in the middle of a name, a value or the end of a line."""
    ends = sorted({0, len(raw), *(cut for cut in cuts if cut < len(raw))})
    pieces = [raw[begin:end] for begin, end in pairwise(ends)]
    assert seen(asyncio.run(taken(pieces))) == seen(asyncio.run(taken([raw])))


def each_of_the_answers(test: Callable[[bytes], None]) -> Callable[[bytes], None]:
    for name, raw in ANSWERS.items():
        test = example(raw=raw).via(name)(test)
    return test


@each_of_the_answers
@given(raw=answers())
def test_an_answer_is_taken_as_aiohttps_client_takes_it(raw: bytes) -> None:
    plain = asyncio.run(answer_to(raw, plainly=True))
    assert seen(plain) == seen(asyncio.run(answer_to(raw, plainly=False)))


@given(raw=st.binary(max_size=200))
def test_whatever_comes_ends_in_a_result(raw: bytes) -> None:
    result = asyncio.run(answer_to(raw, plainly=True))
    assert result.outcome in (Outcome.DELIVERED, Outcome.REJECTED, Outcome.FAILED)
    assert result.outcome is not Outcome.FAILED or result.reason in (Reason.GARBAGE, Reason.BROKEN_OFF, Reason.TLS)


async def taken(pieces: list[bytes]) -> Result:
    """The result of these pieces, followed by the end of the connection."""
    async with connected() as (connection, there):
        exchange = asking()
        exchange.send_over(connection)
        for piece in pieces:
            connection.get_buffer(-1)[: len(piece)] = piece
            connection.buffer_updated(len(piece))
        there.close()
        return await exchange


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Connection, socket.socket]]:
    """A connection over TCP, and the other side's socket."""
    lost = asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        here = socket.create_connection(listener.getsockname())
        there, _ = listener.accept()
    here.setblocking(False)
    connection = Connection(here, memoryview(bytearray(1000)), lambda _: None, lambda _: lost.set())
    await asyncio.get_running_loop().create_connection(lambda: connection, sock=here)
    with there:
        yield connection, there
        connection.close()
        await lost.wait()


def asking() -> Exchange:
    deadlines = Deadlines(PATIENCE, asyncio.get_running_loop())
    return Exchange(URL("http://127.0.0.1/"), b"request", deadlines, route="")


def test_what_has_ended_before_it_had_a_connection_is_not_sent() -> None:
    async def heard() -> bytes:
        async with connected() as (connection, there):
            exchange = asking()
            exchange.expire()
            exchange.send_over(connection)
            there.setblocking(False)
            return await asyncio.get_running_loop().sock_recv(there, 100)

    # The other side learns that nothing more will come.
    assert asyncio.run(heard()) == b""


# --- requests -----------------------------------------------------------------------------------------------------


CAPTURED = (("Host", "captured.example"), ("Connection", "keep-alive"))
"""Headers that a captured request has, but that are not true for the one that is sent."""


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("as_target", [False, True])
@pytest.mark.parametrize("more", [(), CAPTURED], ids=["own headers", "captured headers"])
def test_a_request_is_the_one_that_aiohttps_client_makes(
    more: tuple[tuple[str, str], ...], *, as_target: bool, fresh: bool
) -> None:
    heard: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        heard.append(read_request(connection))
        connection.sendall(OK)

    async def send(url: str, *, plainly: bool) -> None:
        route = Route(URL("https://billing.example.com"), URL(f"{url}/local"), RouteKind.URL)
        sent = Attempt(nobodys, None, "https://billing.example.com/a%2Fb?x=%41", HEADERS + more, b'{"ids":[1]}', 0)
        async with sender(plainly=plainly) as made:
            result = await made.send(sent, route, timeout_ms=PATIENCE, as_target=as_target, fresh=fresh)
        assert (result.status, result.route) == (200, f"{url}/local")

    with raw_endpoint(talk) as endpoint:
        for plainly in (True, False):
            asyncio.run(send(endpoint.url, plainly=plainly))
    first, second = (sorted(request.split(b"\r\n")) for request in heard)
    assert first == second
    assert heard[0].startswith(b"POST /local/a%2Fb?x=%41 HTTP/1.1\r\n")
    for name in (b"host:", b"content-length:", b"connection:" if more or fresh else b"content-type:"):
        assert heard[0].lower().count(b"\r\n" + name) == 1


@pytest.mark.parametrize("header", [("X", "a\r\nY: b"), ("X\n", "a"), ("X", "a\rb")])
def test_a_header_that_would_be_two_is_not_sent(header: tuple[str, str]) -> None:
    async def run(url: str) -> Result:
        async with sender() as made:
            sent = Attempt(nobodys, None, url, (header,), b"{}", 0)
            return await made.send(sent, Straight(URL(url)), timeout_ms=PATIENCE)

    script = Scripted(lambda c: script.answer(c))
    with raw_endpoint(script.talk) as endpoint:
        result = asyncio.run(run(endpoint.url))
    assert result.outcome is Outcome.FAILED
    assert script.heard == []


@given(value=st.text(st.sampled_from("\0\t\n\r\x1b\x7f\x80 a\u00e9\ud800"), max_size=4))
def test_a_header_is_taken_as_aiohttps_client_takes_it(value: str) -> None:
    """Whatever its characters are: aiohttp's client refuses some, and none of these gets past this sender."""

    async def run(url: str) -> list[tuple[object, ...]]:
        sent = Attempt(nobodys, None, url, (("X", value),), b"{}", 0)
        results = []
        for plainly in (True, False):
            async with sender(plainly=plainly) as made:
                results.append(await made.send(sent, Straight(URL(url)), timeout_ms=PATIENCE))
        return [(result.outcome, result.reason, result.text) for result in results]

    def talk(connection: socket.socket) -> None:
        heard.append(read_request(connection).partition(b"X: ")[2].partition(b"\r\n")[0])
        connection.sendall(OK)

    heard: list[bytes] = []
    with raw_endpoint(talk) as endpoint:
        first, second = asyncio.run(run(endpoint.url))
    assert first == second
    assert len(heard) in (0, 2)
    assert len(set(heard)) < 2


def test_who_is_told_of_an_answer_can_send_the_next_over_the_same_connection_at_once() -> None:
    def talk(connection: socket.socket) -> None:
        for _ in range(4):
            read_request(connection)
            connection.sendall(OK)

    async def run(url: str) -> None:
        async with sender() as made:

            def begin_next(ended: asyncio.Future[Result]) -> None:
                assert ended.result().status == 200
                following.append(made.begin(attempt(url), Straight(URL(url)), timeout_ms=PATIENCE))

            following: list[asyncio.Future[Result]] = []
            await post(made, url)
            await post(made, url)
            await made.begin(attempt(url), Straight(URL(url)), timeout_ms=PATIENCE, on_end=begin_next)
            # Their results came before this one.
            assert [(await each).status for each in following] == [200]

    with raw_endpoint(talk) as endpoint:
        asyncio.run(run(endpoint.url))
        assert endpoint.connections == 1


@pytest.mark.parametrize("plainly", [True, False])
def test_who_is_to_be_told_of_the_end_is_told_of_one_that_is_cancelled(*, plainly: bool) -> None:
    async def run(url: str) -> None:
        async with sender(plainly=plainly) as made:
            told: list[asyncio.Future[Result]] = []
            sending = made.begin(attempt(url), Straight(URL(url)), timeout_ms=PATIENCE, on_end=told.append)
            sending.cancel()
            await asyncio.wait([sending])
            assert told == [sending]
            assert sending.cancelled()

    def read(connection: socket.socket) -> None:
        connection.recv(1)

    with raw_endpoint(read) as endpoint:
        asyncio.run(run(endpoint.url))


def test_a_sender_that_is_closed_gives_up_what_it_has_just_been_given() -> None:
    told: list[asyncio.Future[Result]] = []

    async def run() -> None:
        async with sender() as made:
            made.begin(attempt(url), Straight(URL(url)), timeout_ms=PATIENCE, on_end=told.append)

    url = "http://127.0.0.1:9"
    asyncio.run(run())
    assert [each.cancelled() for each in told] == [True]


def test_over_a_kept_connection_it_has_left_when_the_call_returns() -> None:
    read = threading.Event()

    def talk(connection: socket.socket) -> None:
        for answer in (OK, OK, OK):
            read_request(connection)
            read.set()
            connection.sendall(answer)

    async def run(url: str) -> None:
        async with sender() as made:
            await post(made, url)
            await post(made, url)
            read.clear()
            sending = made.begin(attempt(url), Straight(URL(url)), timeout_ms=PATIENCE)
            # Nothing else runs on this loop until the endpoint has the request.
            assert read.wait(PATIENCE / 1000)
            assert (await sending).status == 200

    with raw_endpoint(talk) as endpoint:
        asyncio.run(run(endpoint.url))


def test_a_request_is_answered_before_all_of_it_is_read() -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")

    async def run(url: str) -> Result:
        async with sender() as made:
            large = attempt(url, b"x" * 20_000_000)
            return await made.send(large, Straight(URL(url)), timeout_ms=PATIENCE)

    with raw_endpoint(talk) as endpoint:
        result = asyncio.run(run(endpoint.url))
    assert (result.outcome, result.status) == (Outcome.REJECTED, 413)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full queue of connections is another size, or refuses")
def test_who_takes_no_connection_is_waited_for_no_longer_than_for_an_answer() -> None:
    async def run(url: str) -> Result:
        async with sender() as made:
            return await post(made, url, timeout_ms=1)

    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        # It fills the queue: the next connection stays pending until someone accepts this one.
        with socket.create_connection(address):
            result = asyncio.run(run(f"http://127.0.0.1:{address[1]}/"))
    assert (result.outcome, result.reason) == (Outcome.FAILED, Reason.TIMED_OUT)


# --- kept connections ---------------------------------------------------------------------------------------------

Talk = Callable[[socket.socket], None]


class Scripted:
    """An endpoint with a script for each connection, in order; the last one is for all further connections, too."""

    def __init__(self, *talks: Talk) -> None:
        self._talks = list(talks)
        self.heard: list[bytes] = []
        """The bodies of the requests that were read, as an application would read them."""

    def talk(self, connection: socket.socket) -> None:
        (self._talks.pop(0) if len(self._talks) > 1 else self._talks[0])(connection)

    def answer(self, connection: socket.socket, answer: bytes = OK) -> None:
        self.read(connection)
        connection.sendall(answer)

    def read(self, connection: socket.socket) -> None:
        self.heard.append(read_request(connection).partition(b"\r\n\r\n")[2])


async def in_turn(url: str, times: int, *, before: Callable[[int], object] = lambda _number: None) -> list[Result]:
    """Send one request after another, each with its number; `before` blocks the whole loop."""
    results = []
    async with sender() as made:
        for number in range(times):
            before(number)
            sent = attempt(url, str(number).encode())
            results.append(await made.send(sent, Straight(URL(url)), timeout_ms=PATIENCE))
    return results


def outcomes(results: list[Result]) -> list[object]:
    return [result.reason or result.outcome for result in results]


@pytest.mark.parametrize("kept", [1, 2], ids=["at once", "when it had been used again"])
def test_one_that_was_closed_before_the_next_request_is_not_used(kept: int) -> None:
    """The loop has not had a chance to notice in between."""
    closed = threading.Event()

    def close(connection: socket.socket) -> None:
        for _ in range(kept):
            script.answer(connection)
        connection.close()
        closed.set()

    script = Scripted(close, lambda c: script.answer(c))
    with raw_endpoint(script.talk) as endpoint:
        results = asyncio.run(in_turn(endpoint.url, kept + 1, before=lambda number: number < kept or closed.wait()))
        assert endpoint.connections == 2
    assert outcomes(results) == [Outcome.DELIVERED] * (kept + 1)
    assert script.heard == [str(number).encode() for number in range(kept + 1)]


@pytest.mark.parametrize("late", [0, 0.001])
def test_who_closes_after_each_answer_and_does_not_say_so_reads_each_request_once(
    monkeypatch: pytest.MonkeyPatch, late: float
) -> None:
    """The first connection is given a moment in which to be closed. From then on each request has its own."""
    # Long enough for a machine busy with other work.
    monkeypatch.setattr("copper_emulator.shell.senders.plain._UNTIL_CLOSED", 0.5)

    def close(connection: socket.socket) -> None:
        script.answer(connection)
        threading.Event().wait(late)
        connection.close()

    script = Scripted(close)
    with raw_endpoint(script.talk) as endpoint:
        results = asyncio.run(in_turn(endpoint.url, 4))
        assert endpoint.connections == 4
    assert outcomes(results) == [Outcome.DELIVERED] * 4
    assert script.heard == [b"0", b"1", b"2", b"3"]


CLOSED = "connection closed without an answer"


def test_a_request_that_was_read_and_not_answered_is_not_sent_again() -> None:
    def close_read(connection: socket.socket) -> None:
        script.answer(connection)
        script.read(connection)
        connection.close()

    script = Scripted(close_read, lambda c: script.answer(c))
    with raw_endpoint(script.talk) as endpoint:
        results = asyncio.run(in_turn(endpoint.url, 3))
    assert outcomes(results) == [Outcome.DELIVERED, Reason.BROKEN_OFF, Outcome.DELIVERED]
    assert script.heard == [b"0", b"1", b"2"]
    # What serves HTTP over this connection needs no hint that it may want TLS.
    assert results[1].text.endswith(f": {CLOSED}, though another notification had been answered over it")


@pytest.mark.parametrize("answered", [1, 2])
def test_who_resets_a_connection_may_have_read_the_request_and_it_is_not_sent_again(answered: int) -> None:
    """Whether or not connections had been reused before."""

    def reset_read(connection: socket.socket) -> None:
        for _ in range(answered):
            script.answer(connection)
        script.read(connection)
        reset(connection)

    script = Scripted(reset_read, lambda c: script.answer(c))
    with raw_endpoint(script.talk) as endpoint:
        results = asyncio.run(in_turn(endpoint.url, answered + 2))
    assert outcomes(results) == [Outcome.DELIVERED] * answered + [Reason.BROKEN_OFF, Outcome.DELIVERED]
    assert HAD_ANSWERED in results[answered].text
    assert script.heard == [str(number).encode() for number in range(answered + 2)]


def test_a_first_request_over_a_connection_is_never_sent_again() -> None:
    def reset_read(connection: socket.socket) -> None:
        script.read(connection)
        reset(connection)

    script = Scripted(reset_read)
    with raw_endpoint(script.talk) as endpoint:
        results = asyncio.run(in_turn(endpoint.url, 2))
    assert outcomes(results) == [Reason.BROKEN_OFF] * 2
    assert all(result.text.endswith(f": {CLOSED}; if it is a TLS server, write https://") for result in results)
    assert script.heard == [b"0", b"1"]


@pytest.mark.asyncio
async def test_whether_the_other_side_has_closed_or_said_anything_is_seen_before_the_loop_looks() -> None:
    for end in (lambda there: there.close(), lambda there: there.sendall(b"HTTP/1.1 408 "), reset):
        async with connected() as (connection, there):
            assert connection.is_usable()
            end(there)
            assert not connection.is_usable()


@pytest.mark.asyncio
async def test_one_that_was_closed_here_is_not_usable_even_in_the_same_turn_of_the_loop() -> None:
    async with connected() as (connection, _):
        connection.close()
        assert not connection.is_usable()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        OK + b"and more",
        OK + OK,
    ],
    ids=["says so", "of old", "more than an answer", "two answers"],
)
def test_a_connection_that_cannot_be_used_again_is_not(answer: bytes) -> None:
    """Even if the other side leaves it open."""
    script = Scripted(lambda c: script.answer(c, answer))
    with raw_endpoint(script.talk) as endpoint:
        results = asyncio.run(in_turn(endpoint.url, 3))
        assert endpoint.connections == 3
    assert outcomes(results) == [Outcome.DELIVERED] * 3
    assert script.heard == [b"0", b"1", b"2"]


def test_what_comes_over_an_idle_connection_is_no_answer() -> None:
    """Many servers send 408 before they close one; the loop has not had a chance to notice in between."""
    idle, told = threading.Event(), threading.Event()

    def tell(connection: socket.socket) -> None:
        script.answer(connection)
        idle.wait()
        connection.sendall(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
        told.set()

    def wait(number: int) -> None:
        if number:
            idle.set()
            told.wait()

    script = Scripted(tell, lambda c: script.answer(c))
    with raw_endpoint(script.talk) as endpoint:
        results = asyncio.run(in_turn(endpoint.url, 2, before=wait))
    assert [result.status for result in results] == [200, 200]


@pytest.mark.parametrize("how", ["cancelled", "timed out", "closed"])
@pytest.mark.parametrize("kept", [False, True])
def test_who_is_given_up_sees_the_connection_end_and_the_next_has_its_own(how: str, *, kept: bool) -> None:
    ended = threading.Event()

    def wait(connection: socket.socket) -> None:
        if kept:
            script.answer(connection)
        script.read(connection)
        asked.set()
        assert connection.recv(1) == b""
        ended.set()

    async def run(url: str) -> Result | None:
        async with sender() as made:
            if kept:
                await post(made, url)
            sending = made.begin(attempt(url, b"lost"), Straight(URL(url)), timeout_ms=PATIENCE)
            await asyncio.to_thread(asked.wait)
            if how == "cancelled":
                sending.cancel()
            if how == "timed out":
                # Not by its time, which may be over before it was read.
                assert isinstance(sending, Exchange)
                sending.expire()
            if how == "closed":
                await made.close()
                return await sending
            await asyncio.wait([sending])
            assert await asyncio.to_thread(ended.wait, PATIENCE / 1000)
            assert (await post(made, url)).status == 200
            return None if sending.cancelled() else sending.result()

    asked = threading.Event()
    script = Scripted(wait, lambda c: script.answer(c))
    with raw_endpoint(script.talk) as endpoint:
        result = asyncio.run(run(endpoint.url))
    expected = {"cancelled": None, "timed out": Reason.TIMED_OUT, "closed": Reason.BROKEN_OFF}[how]
    assert (result and result.reason) is expected
    assert script.heard.count(b"lost") == 1


def test_connections_that_nobody_needs_are_closed() -> None:
    ended = threading.Event()

    def wait(connection: socket.socket) -> None:
        script.answer(connection)
        if connection.recv(1) == b"":
            ended.set()

    async def run(url: str) -> None:
        made = PlainSender(keep_alive=0.05)
        content = b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
        try:
            for _ in range(2):
                assert (await made.send(URL(url), content, timeout_ms=PATIENCE)).status == 200
                assert await asyncio.to_thread(ended.wait, PATIENCE / 1000)
                ended.clear()
        finally:
            await made.close()

    script = Scripted(wait)
    with raw_endpoint(script.talk) as endpoint:
        asyncio.run(run(endpoint.url))


CONTENT = b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"


async def with_plain(url: str, act: Callable[[PlainSender, Callable[..., Exchange]], Awaitable[object]]) -> None:
    """Call this with a sender that closes nothing by itself, and a function that sends a request with it."""
    made = PlainSender(keep_alive=1_000)

    def send(*, content: bytes = CONTENT, timeout_ms: int = PATIENCE) -> Exchange:
        return made.send(URL(url), content, timeout_ms=timeout_ms)

    try:
        await act(made, send)
    finally:
        await made.close()


def answer_until_closed(connection: socket.socket) -> None:
    """Answer every request; the next connection is served when this one has been closed."""
    while True:
        read_request(connection)
        connection.sendall(OK)


def test_one_that_has_been_idle_for_too_long_is_closed_and_not_used() -> None:
    async def act(made: PlainSender, send: Callable[..., Exchange]) -> None:
        assert (await send()).status == 200
        made.keep_alive = 0
        assert (await send()).status == 200

    with raw_endpoint(answer_until_closed) as endpoint:
        asyncio.run(with_plain(endpoint.url, act))
        assert endpoint.connections == 2


def test_one_that_has_not_been_idle_for_long_stays() -> None:
    async def act(made: PlainSender, send: Callable[..., Exchange]) -> None:
        assert (await send()).status == 200
        made._close_idle()
        assert (await send()).status == 200

    with raw_endpoint(answer_until_closed) as endpoint:
        asyncio.run(with_plain(endpoint.url, act))
        assert endpoint.connections == 1


def test_one_whose_next_request_was_given_up_before_it_was_written_is_closed() -> None:
    async def act(_made: PlainSender, send: Callable[..., Exchange]) -> None:
        assert (await send()).status == 200
        send().cancel()
        assert (await send()).status == 200

    with raw_endpoint(answer_until_closed) as endpoint:
        asyncio.run(with_plain(endpoint.url, act))
        assert endpoint.connections == 2


def test_one_over_which_a_request_was_answered_before_all_of_it_was_sent_is_not_used_again() -> None:
    more_than_sockets_hold = b"x" * 32_000_000

    async def act(_made: PlainSender, send: Callable[..., Exchange]) -> None:
        content = CONTENT.replace(b": 0", b": %d" % len(more_than_sockets_hold))
        assert (await send(content=content + more_than_sockets_hold)).status == 200
        assert (await send()).status == 200

    def answer_early(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(OK)

    script = Scripted(answer_early, lambda c: script.answer(c))
    with raw_endpoint(script.talk) as endpoint:
        asyncio.run(with_plain(endpoint.url, act))
        assert endpoint.connections == 2


def test_one_over_which_a_failure_was_answered_is_not_used_again() -> None:
    """Many servers close it though they have promised to keep it."""
    script = Scripted(lambda c: script.answer(c, b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"))
    with raw_endpoint(script.talk) as endpoint:
        results = asyncio.run(in_turn(endpoint.url, 2))
        assert endpoint.connections == 2
    assert [result.status for result in results] == [500, 500]


@pytest.mark.parametrize("begun", [False, True], ids=["connecting", "waiting for an answer"])
def test_what_is_on_its_way_when_idle_connections_are_closed_has_its_timeout_and_can_be_closed(*, begun: bool) -> None:
    asked = threading.Event()

    def hang(connection: socket.socket) -> None:
        connection.settimeout(PATIENCE / 1000)
        read_request(connection)
        asked.set()
        connection.recv(1)

    async def act(made: PlainSender, send: Callable[..., Exchange]) -> None:
        sending = send()
        if begun:
            await asyncio.to_thread(asked.wait)
        made._close_idle()
        await made.close()
        assert sending.cancelled() or sending.result().reason is Reason.BROKEN_OFF

        late = send(timeout_ms=1)
        made._close_idle()
        async with asyncio.timeout(PATIENCE / 1000):
            assert (await late).reason is Reason.TIMED_OUT

    with raw_endpoint(hang) as endpoint:
        asyncio.run(with_plain(endpoint.url, act))


def test_nothing_on_the_loop_keeps_a_sender_that_was_closed() -> None:
    async def run(url: str) -> None:
        made = PlainSender(keep_alive=1_000)
        sending = made.send(URL(url), CONTENT, timeout_ms=PATIENCE)
        assert (await sending).status == 200
        kept: list[weakref.ref[Any]] = [weakref.ref(made), weakref.ref(sending._deadlines)]
        await made.close()
        del made, sending
        gc.collect()
        assert [each() for each in kept] == [None, None]

    with raw_endpoint(answer_until_closed) as endpoint:
        asyncio.run(run(endpoint.url))


def test_places_and_timeouts_that_are_no_longer_used_are_forgotten() -> None:
    async def act(made: PlainSender, send: Callable[..., Exchange]) -> None:
        sending = send()
        assert (await sending).status == 200
        kept = weakref.ref(sending._deadlines)
        del sending
        made.keep_alive = 0
        made._close_idle()
        # In the next turn, the connection is lost.
        await asyncio.to_thread(ended.wait)
        made._close_idle()
        gc.collect()
        assert (kept(), made._origins, made._sweep) == (None, {}, None)

    def talk(connection: socket.socket) -> None:
        try:
            answer_until_closed(connection)
        finally:
            ended.set()

    ended = threading.Event()
    with raw_endpoint(talk) as endpoint:
        asyncio.run(with_plain(endpoint.url, act))


def test_headers_without_an_end_are_garbage() -> None:
    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            connection.sendall(b"a" * 65536)

    with raw_endpoint(talk) as endpoint:
        (result,) = asyncio.run(in_turn(endpoint.url, 1))
    assert (result.reason, result.text.partition(": ")[2]) == (
        Reason.GARBAGE,
        "not an HTTP answer: its headers are too long",
    )


def test_many_at_once_get_each_its_own_answer() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        while head := await reader.readline():
            while (line := await reader.readline()) != b"\r\n":
                head = line if line.startswith(b"Content-Length:") else head
            body = await reader.readexactly(int(head.split(b":")[1]))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        left = iter(range(500))

        async def worker() -> None:
            for number in left:
                body = b"x" * number + str(number).encode()
                result = await made.send(attempt(str(url), body), Straight(url), timeout_ms=PATIENCE)
                assert result.body == body

        async with sender() as made:
            await asyncio.gather(*(worker() for _ in range(32)))
        assert len(connections) == 32
        server.close()
        await server.wait_closed()

    connections: list[asyncio.StreamWriter] = []
    asyncio.run(run())
