"""What a proxy is asked to do, according to the head of a request."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from copper_emulator.shell.proxying.requests import NotUnderstood, ProxyRequest, read_head

HOSTS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?){0,3}", fullmatch=True)
PORTS = st.integers(1, 65535)


def head(line: str, *headers: str) -> bytes:
    return "\r\n".join([line, *headers, "", ""]).encode("latin-1")


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("CONNECT api.copper.com:443 HTTP/1.1", ("CONNECT", "api.copper.com", 443, "")),
        ("CONNECT API.Copper.COM.:443 HTTP/1.0", ("CONNECT", "api.copper.com", 443, "")),
        ("CONNECT [::1]:5000 HTTP/1.1", ("CONNECT", "::1", 5000, "")),
        ("GET http://api.copper.com/a?b=c HTTP/1.1", ("GET", "api.copper.com", 80, "http")),
        ("POST https://api.copper.com/a HTTP/1.1", ("POST", "api.copper.com", 443, "https")),
        ("GET HTTP://127.0.0.1:5000 HTTP/1.1", ("GET", "127.0.0.1", 5000, "http")),
    ],
)
def test_where_a_request_wants_to_go(line: str, asked: tuple[str, str, int, str]) -> None:
    found = read_head(head(line, "Host: somewhere.example"))

    assert (found.method, found.host, found.port, found.scheme) == asked


def test_a_whole_url_becomes_what_the_host_itself_is_asked_for() -> None:
    found = read_head(
        head(
            "POST http://api.copper.com:80?q=1#there HTTP/1.1",
            "Host: elsewhere.example",
            "Proxy-Authorization: Basic c2VjcmV0",
            "proxy-connection: keep-alive",
            "Connection: keep-alive",
            "Content-Length: 3",
            "X-PW-AccessToken: t",
        )
    )

    assert found.head.decode().split("\r\n") == [
        "POST /?q=1 HTTP/1.1",
        "Host: api.copper.com:80",
        "Connection: close",
        "Content-Length: 3",
        "X-PW-AccessToken: t",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"\r\n\r\n", "not an HTTP request line"),
        (b"CONNECT api.copper.com:443\r\n\r\n", "not an HTTP request line"),
        (b"CONNECT  api.copper.com:443 HTTP/1.1\r\n\r\n", "not an HTTP request line"),
        (b"CONNECT api.copper.com:443 HTTP/1.1 \r\n\r\n", "not an HTTP request line"),
        (b"CONNECT api.c\xf6pper.com:443 HTTP/1.1\r\n\r\n", "not an HTTP request line"),
        (b"PRI * HTTP/2.0\r\n\r\n", "HTTP/1.1, not HTTP/2.0"),
        (head("CONNECT api.copper.com HTTP/1.1"), "has no valid port"),
        (head("CONNECT api.copper.com:0 HTTP/1.1"), "has no valid port"),
        (head("CONNECT api.copper.com:65536 HTTP/1.1"), "has no valid port"),
        (head("CONNECT ::1:443 HTTP/1.1"), "not a host with a port"),
        (head("CONNECT https://api.copper.com:443 HTTP/1.1"), "not a host with a port"),
        (head("GET /developer_api/v1/account HTTP/1.1"), "a full URL or a CONNECT"),
        (head("GET ftp://api.copper.com/ HTTP/1.1"), "a full URL or a CONNECT"),
        (head("GET http://me:secret@api.copper.com/ HTTP/1.1"), "user or password"),
        (head("GET http:///path HTTP/1.1"), "not a host with a port"),
        (head("CONNECT api.copper.com:443 HTTP/1.1", "no header"), "'no header' is not an HTTP header"),
        (head("CONNECT api.copper.com:443 HTTP/1.1", " folded: x"), "is not an HTTP header"),
        (head("CONNECT api.copper.com:443 HTTP/1.1", "X: a\nY: b"), "is not an HTTP header"),
    ],
)
def test_what_cannot_be_understood_is_said(raw: bytes, says: str) -> None:
    with pytest.raises(NotUnderstood, match=re.escape(says)):
        read_head(raw)


@given(host=HOSTS, port=PORTS)
@settings(deadline=None)
def test_a_tunnel_goes_where_it_says(host: str, port: int) -> None:
    assert read_head(head(f"CONNECT {host}:{port} HTTP/1.1")) == ProxyRequest("CONNECT", host, port)


@given(host=HOSTS, port=PORTS, path=st.from_regex(r"(/[!-\"$->@-~]{0,30}(\?[!-\"$-~]{0,30})?)?", fullmatch=True))
@settings(deadline=None)
def test_a_whole_url_goes_where_it_says_with_its_path_as_it_was(host: str, port: int, path: str) -> None:
    found = read_head(head(f"GET http://{host}:{port}{path} HTTP/1.1"))

    assert (found.host, found.port, found.authority) == (host, port, f"{host}:{port}")
    assert found.head.decode().split(" ")[1] == (path or "/")


_PIECES = st.sampled_from([b"CONNECT", b"GET", b" ", b"\r\n", b":", b"http://", b"HTTP/1.1", b"[", b"]", b"@", b"\x00"])


@given(st.lists(_PIECES | st.binary(max_size=8)).map(b"".join))
@example(b"CONNECT [::1%0]:1 HTTP/1.1\r\n\r\n")
@settings(deadline=None)
def test_whatever_comes_is_a_place_or_not_understood(raw: bytes) -> None:
    """And nothing in it can start a new line in what is forwarded."""
    with suppress(NotUnderstood):
        found = read_head(raw)
        assert found.host
        assert 0 < found.port < 65536
        lines = found.head.split(b"\r\n")
        assert lines[-2:] == [b"", b""] or found.is_tunnel
        assert not any(b"\r" in line or b"\n" in line for line in lines)
