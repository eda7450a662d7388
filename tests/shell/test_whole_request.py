"""What is read at a glance is what aiohttp reads; whatever could be read in two ways is not read."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from copper_emulator.shell.loop_thread import LoopThread
from copper_emulator.shell.whole_request import MOST_HEADERS, MOST_LINES, MOST_TARGET, Begun, WholeRequest, read_whole

HEAD = "POST /developer_api/v1/people HTTP/1.1\r\nHost: copper\r\nX-PW-AccessToken: secret key\r\n"

Told = tuple[str, str, list[tuple[str, str]], bytes]


def told(read: WholeRequest) -> Told:
    return read.method, read.target, _lower(read.headers), read.body


def _lower(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    # aiohttp writes names that it knows in its own way.
    return [(name.lower(), value) for name, value in headers.items()]


def message(*lines: str, body: str = "", head: str = HEAD) -> bytes:
    return (head + "".join(f"{line}\r\n" for line in lines) + f"\r\n{body}").encode("latin-1")


@dataclass
class Server:
    """aiohttp's own server, which takes every request."""

    port: int = 0
    taken: list[Told] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.taken.append((request.method, request.raw_path, _lower(request.headers), await request.read()))
        return web.Response()

    def reading(self, raw: bytes) -> tuple[int, list[Told]]:
        """The status with which it answers these bytes first, and the requests that it took until then."""
        self.taken.clear()
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(raw)
            response = http.client.HTTPResponse(connection)
            response.begin()
            return response.status, list(self.taken)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    made = Server()

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", made.take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.port = runner.addresses[0][1]
        return runner

    with closing(LoopThread("aiohttp's server")) as thread:
        runner = thread.run(start())
        yield made
        thread.run(runner.cleanup())


METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "get"]
TARGETS = ["/developer_api/v1/people/17", "/", "/a?b=c&d", "/a%20b", "//a", "/a;b", "/a[1]", "*", "http://a/b"]
LINES = [
    "X-PW-AccessToken: key",
    "x-pw-useremail:a@b.example",
    "Accept: */*",
    "Accept-Encoding: gzip, deflate",
    "Connection: keep-alive",
    "Connection: close",
    "Transfer-Encoding: chunked",
    "Content-Encoding: deflate",
    "Expect: 100-continue",
    "Upgrade: websocket",
    "Content-Length: 2",
    "X-Empty:",
    "X-Folded: a\r\n b",
]
BODIES = ["", "{}", '{"name": "Ada"}', "GET / HTTP/1.1\r\nHost: a\r\n\r\n"]
BYTES = [b"\r", b"\n", b" ", b"\t", b":", b"\x00", b"\x7f", b"\xe9", b"0", b"a", b"\r\n", b"Host: b\r\n", b"%", b"#"]


def _put_in(raw: bytes, place: int, piece: bytes) -> bytes:
    return raw[:place] + piece + raw[place:]


def _put_over(raw: bytes, place: int, piece: bytes) -> bytes:
    return raw[:place] + piece + raw[place + len(piece) :]


def _leave_out(raw: bytes, place: int, piece: bytes) -> bytes:
    return raw[:place] + raw[place + len(piece) :]


CHANGES: list[Callable[[bytes, int, bytes], bytes]] = [_put_in, _put_over, _leave_out]


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Requests that most clients could send, in most of which something small is changed."""
    body = draw(st.sampled_from(BODIES))
    lines = ["Host: copper", f"Content-Length: {len(body)}", *draw(st.lists(st.sampled_from(LINES), max_size=2))]
    first = f"{draw(st.sampled_from(METHODS))} {draw(st.sampled_from(TARGETS))} HTTP/1.1"
    raw = "\r\n".join([first, *draw(st.permutations(lines)), "", body]).encode()
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2]))):
        place, piece = draw(st.integers(0, len(raw))), draw(st.sampled_from(BYTES))
        raw = draw(st.sampled_from(CHANGES))(raw, place, piece)
    return raw


def test_what_is_read_is_what_aiohttp_reads(server: Server) -> None:
    read_ones: set[bytes] = set()

    @settings(max_examples=500)
    @given(raw=requests())
    def compare(raw: bytes) -> None:
        read = read_whole(raw)
        if isinstance(read, Begun):
            raw += b"x" * read.missing
            read = read_whole(raw)
            assert isinstance(read, WholeRequest)
        if read is not None:
            assert server.reading(raw) == (200, [told(read)])
            read_ones.add(raw)

    compare()
    # Otherwise little would have been compared.
    assert len(read_ones) > 50


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        ((), ""),
        (("Content-Length: 2",), "{}"),
        (("content-length:0", "Accept: */*"), ""),
        (("Connection: Keep-Alive",), ""),
    ],
    ids=["no body", "a body", "an empty body", "kept alive"],
)
def test_the_usual_forms_are_read(server: Server, lines: tuple[str, ...], body: str) -> None:
    raw = message(*lines, body=body)
    read = read_whole(raw)
    assert isinstance(read, WholeRequest)
    assert server.reading(raw) == (200, [told(read)])
    assert read.headers["x-pw-ACCESStoken"] == "secret key"


@pytest.mark.parametrize(
    "line",
    [
        "Transfer-Encoding: chunked",
        "Content-Encoding: gzip",
        "Expect: 100-continue",
        "Upgrade: websocket",
        "Trailer: X-Sum",
        "TE: trailers",
        "Connection: close",
        "host: another",
        "Content-Length: 2, 2",
        "Content-Length: \uff12",
        "Content-Length: -1",
        "Content-Length: 99999999",
        "X-PW-UserEmail: å@example.com",
        "X-PW-UserEmail: a\tb",
        "X-PW-UserEmail:",
        "X PW: a",
        " folded: a",
    ],
)
def test_what_changes_how_a_request_is_read_or_could_be_read_otherwise_is_left_alone(line: str) -> None:
    assert read_whole(f"{HEAD}{line}\r\n\r\n".encode()) is None


@pytest.mark.parametrize(
    "first",
    [
        "GET /people HTTP/1.0",
        "TRACE /people HTTP/1.1",
        "CONNECT copper:80 HTTP/1.1",
        "GET http://copper/people HTTP/1.1",
        "GET  /people HTTP/1.1",
        "GET /pe ople HTTP/1.1",
        "GET /é HTTP/1.1",
        "hello",
    ],
)
def test_other_first_lines_are_left_alone(first: str) -> None:
    assert read_whole(f"{first}\r\nHost: copper\r\n\r\n".encode()) is None


def test_a_request_without_a_host_is_left_alone() -> None:
    assert read_whole(b"GET / HTTP/1.1\r\n\r\n") is None
    assert read_whole(b"GET / HTTP/1.1\r\nAccept: */*\r\n\r\n") is None


def test_of_a_body_it_is_known_how_much_is_missing() -> None:
    raw = message("Content-Length: 15", body='{"name": "Ada"}')
    assert [read_whole(raw[:-missing]) for missing in (1, 14, 15)] == [Begun(1), Begun(14), Begun(15)]
    assert {read_whole(raw[:length]) for length in range(len(raw) - 15)} == {None}


def test_more_than_one_request_is_left_alone() -> None:
    raw = message("Content-Length: 2", body="{}")
    assert read_whole(raw + raw) is None
    assert read_whole(raw + b"\r\n") is None


def test_targets_have_a_limit() -> None:
    """aiohttp refuses a long one."""

    def of_bytes(target: int) -> WholeRequest | Begun | None:
        return read_whole(f"GET /{'9' * (target - 1)} HTTP/1.1\r\nHost: copper\r\n\r\n".encode())

    assert isinstance(of_bytes(MOST_TARGET), WholeRequest)
    assert of_bytes(MOST_TARGET + 1) is None
    assert of_bytes(9000) is None


def test_headers_have_limits() -> None:
    def of_bytes(count: int) -> Begun | WholeRequest | None:
        return read_whole(message(f"X: {'a' * (count - len(HOST) - 3)}", head=f"GET / HTTP/1.1\r\n{HOST}"))

    def of_lines(count: int) -> Begun | WholeRequest | None:
        return read_whole(message(*[f"X{number}: a" for number in range(count - 1)], head=f"GET / HTTP/1.1\r\n{HOST}"))

    assert isinstance(of_bytes(MOST_HEADERS - 4), WholeRequest)
    assert of_bytes(MOST_HEADERS - 3) is None
    assert isinstance(of_lines(MOST_LINES), WholeRequest)
    assert of_lines(MOST_LINES + 1) is None


HOST = "Host: a\r\n"


def test_equal_headers_are_the_same_object() -> None:
    """Clients send the same ones again and again."""
    one, other = read_whole(message()), read_whole(message())
    assert isinstance(one, WholeRequest)
    assert isinstance(other, WholeRequest)
    assert one.headers is other.headers
