"""What is read at a glance is what a real parser reads; whatever could be read in two ways is not read."""

from __future__ import annotations

import httptools
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from copper_emulator.shell.whole_request import MOST_BODY, MOST_HEADERS, Unread, WholeRequest, read_whole

HEAD = "POST /developer_api/v1/people HTTP/1.1\r\nHost: copper\r\nX-PW-AccessToken: secret key\r\n"


class Parsed:
    """What llhttp makes of the bytes of one connection."""

    def __init__(self, raw: bytes) -> None:
        self.url = self.body = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.complete = 0
        self.parser = httptools.HttpRequestParser(self)
        self.parser.feed_data(raw)

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete += 1

    @property
    def request(self) -> tuple[str, str, list[tuple[str, str]], bytes]:
        pairs = [(name.decode(), value.decode().strip()) for name, value in self.headers]
        return self.parser.get_method().decode(), self.url.decode(), pairs, self.body


def told(read: WholeRequest) -> tuple[str, str, list[tuple[str, str]], bytes]:
    return read.method, read.path, list(read.headers.items()), read.body


def message(*lines: str, body: str = "", head: str = HEAD) -> bytes:
    return (head + "".join(f"{line}\r\n" for line in lines) + f"\r\n{body}").encode("latin-1")


NAMES = st.sampled_from(
    (
        "Host",
        "host",
        "X-PW-AccessToken",
        "Content-Length",
        "Content-length",
        "Transfer-Encoding",
        "Connection",
        "Expect",
        "Content-Encoding",
        "Upgrade",
        "TE",
        "Trailer",
        "User Agent",
        "",
        "X:",
        "Ä",
    )
)
VALUES = st.sampled_from(
    (
        "",
        " ",
        "0",
        "2",
        "3",
        "+2",
        "02",
        "2, 2",
        "2 ",
        "9999999",
        "chunked",
        "close",
        "keep-alive",
        "Keep-Alive",
        "gzip",
        "100-continue",
        "websocket",
        "a b",
        "a\tb",
        "a\x00",
        "a\x7f",
        "é",
        "a\rb",
        "a\nb",
    )
)
HEADERS = st.lists(st.tuples(NAMES, st.sampled_from([":", ": ", " : ", ":  "]), VALUES).map("".join), max_size=5)
FIRST = st.tuples(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "get", "PO ST", ""]),
    st.sampled_from([" ", "  ", "\t"]),
    st.sampled_from(
        ["/", "/developer_api/v1/people/17", "*", "http://a/b", "/a?b=c", "/a%20b", "/é", "/a b", "//a", "/a#b"]
    ),
    st.sampled_from([" HTTP/1.1", " HTTP/1.0", " HTTP/2.0", " http/1.1", "  HTTP/1.1", " HTTP/1.1 ", ""]),
).map("".join)
ENDS = st.sampled_from(["\r\n", "\n"])


@given(first=FIRST, end=ENDS, lines=HEADERS, body=st.sampled_from(["", "{}", "{}{", "{}GET / HTTP/1.1\r\n\r\n"]))
@example(first="POST /a HTTP/1.1", end="\r\n", lines=["Content-Length: 2"], body="{}")
@example(first="GET /a HTTP/1.1", end="\r\n", lines=["Connection: keep-alive"], body="")
def test_what_is_read_is_one_whole_request_to_a_real_parser_too(
    first: str, end: str, lines: list[str], body: str
) -> None:
    raw = end.join([first, *lines, "", body]).encode("latin-1")
    read = read_whole(raw)
    if not isinstance(read, WholeRequest):
        return
    parsed = Parsed(raw)
    assert (parsed.complete, parsed.parser.should_keep_alive()) == (1, True)
    assert parsed.request == told(read)


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
def test_the_usual_forms_are_read(lines: tuple[str, ...], body: str) -> None:
    raw = message(*lines, body=body)
    read = read_whole(raw)
    assert isinstance(read, WholeRequest)
    assert told(read) == Parsed(raw).request
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
    assert read_whole(f"{HEAD}{line}\r\n\r\n".encode()) is Unread.UNFIT


@pytest.mark.parametrize(
    "first",
    [
        "GET /people?page=2 HTTP/1.1",
        "GET /people/%31 HTTP/1.1",
        "GET /people HTTP/1.0",
        "HEAD /people HTTP/1.1",
        "PATCH /people HTTP/1.1",
        "GET http://copper/people HTTP/1.1",
        "GET  /people HTTP/1.1",
        "hello",
    ],
)
def test_other_first_lines_are_left_alone(first: str) -> None:
    assert read_whole(f"{first}\r\nHost: copper\r\n\r\n".encode()) is Unread.UNFIT


def test_a_head_is_waited_for_with_its_body_only_if_nothing_of_that_has_come() -> None:
    """A body that comes in parts may never be whole, and whoever waits for it must be told."""
    raw = message("Content-Length: 2", body="{}")
    assert read_whole(raw[:-2]) is Unread.HEAD_ALONE
    assert read_whole(raw[:-1]) is Unread.UNFIT
    assert {read_whole(raw[:length]) for length in range(len(raw) - 2)} == {Unread.UNFIT}


def test_more_than_one_request_is_left_alone() -> None:
    raw = message("Content-Length: 2", body="{}")
    assert read_whole(raw + raw) is Unread.UNFIT
    assert read_whole(raw + b"\r\n") is Unread.UNFIT


def test_sizes_have_limits() -> None:
    def of(headers: int, body: int) -> Unread | WholeRequest:
        length = f"Content-Length: {body}"
        used = len(f"Host: a\r\n{length}\r\nX: ")
        return read_whole(
            message(length, f"X: {'a' * (headers - used)}", body="b" * body, head="POST / HTTP/1.1\r\nHost: a\r\n")
        )

    assert isinstance(of(MOST_HEADERS - 4, MOST_BODY), WholeRequest)
    assert of(MOST_HEADERS - 3, MOST_BODY) is Unread.UNFIT
    assert of(MOST_HEADERS - 4, MOST_BODY + 1) is Unread.UNFIT


def test_equal_headers_are_the_same_object() -> None:
    """Clients send the same ones again and again."""
    one, other = read_whole(message()), read_whole(message())
    assert isinstance(one, WholeRequest)
    assert isinstance(other, WholeRequest)
    assert one.headers is other.headers
