"""Which of the user's proxies other hosts are forwarded to, and what it is sent."""

from __future__ import annotations

import pytest

from copper_emulator.shell.proxying.beyond import Beyond, Proxies, not_proxied
from copper_emulator.shell.proxying.requests import ProxyRequest, read_head

TUNNEL = read_head(b"CONNECT other.example:443 HTTP/1.1\r\n\r\n")
PLAIN = read_head(b"POST http://other.example/a?b HTTP/1.1\r\nX-Own: 1\r\nProxy-Authorization: no\r\n\r\n")


@pytest.mark.parametrize(
    ("own", "tunnel", "plain"),
    [
        ({}, None, None),
        ({"HTTPS_PROXY": "http://a:1"}, Beyond("a", 1), None),
        ({"HTTPS_PROXY": "http://a:1", "https_proxy": "b:2"}, Beyond("b", 2), None),
        ({"HTTP_PROXY": "http://a"}, None, Beyond("a", 80)),
        ({"ALL_PROXY": "http://a:1", "http_proxy": "http://[::1]:2"}, Beyond("a", 1), Beyond("::1", 2)),
        ({"HTTPS_PROXY": "http://a:1", "NO_PROXY": "x, *"}, None, None),
    ],
)
def test_the_proxy_is_that_of_the_environment(own: dict[str, str], tunnel: Beyond | None, plain: Beyond | None) -> None:
    assert (Proxies.of(own).way(TUNNEL), Proxies.of(own).way(PLAIN)) == (tunnel, plain)


@pytest.mark.parametrize(
    "written", ["socks5://a:1", "https://a:1", "http://", "http://a:99999", "http://a:x", "http://a:0", "http://[a"]
)
def test_one_that_cannot_be_asked_is_told_and_not_gone_around(written: str) -> None:
    way = Proxies(https=written).way(TUNNEL)

    assert isinstance(way, str)
    assert way.startswith("it would be reached through your own proxy (")


def test_a_whole_url_of_https_cannot_be_handed_on() -> None:
    asked = read_head(b"GET https://other.example/ HTTP/1.1\r\n\r\n")

    assert isinstance(Proxies(https="http://a:1").way(asked), str)


@pytest.mark.parametrize(
    ("asked", "head"),
    [
        (TUNNEL, [b"CONNECT other.example:443 HTTP/1.1", b"Host: other.example:443", b"%b"]),
        (
            PLAIN,
            [
                b"POST http://other.example:80/a?b HTTP/1.1",
                b"%b",
                b"Host: other.example",
                b"Connection: close",
                b"X-Own: 1",
            ],
        ),
    ],
    ids=["tunnel", "plain"],
)
def test_it_is_asked_as_a_client_would_with_its_own_password(asked: ProxyRequest, head: list[bytes]) -> None:
    for url, key in (("http://a:1", b""), ("http://u:p%40@a:1", b"Proxy-Authorization: Basic dTpwQA==")):
        way = Proxies(https=url, http=url).way(asked)
        assert isinstance(way, Beyond)
        wanted = [line % key if line == b"%b" else line for line in head]
        assert way.head(asked) == b"\r\n".join([*filter(None, wanted), b"", b""])


def test_of_the_hosts_without_a_proxy_those_that_cover_copper_are_left_out() -> None:
    assert not_proxied({"no_proxy": "a.example, .b.example,*.copper.com,COM, api.copper.com:443,xcopper.com,"}) == [
        "a.example",
        ".b.example",
        "xcopper.com",
    ]
