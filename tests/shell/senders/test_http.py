"""Deliveries over real sockets: each way they can go wrong, once, and unaffected by the machine's proxy settings."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from importlib.metadata import version
from typing import Any

import pytest
from yarl import URL

from copper_emulator import Change, Delivery, Emulator, Notification, Outcome, Reason
from copper_emulator.core.model import Attempt, EntityType, Event, Topic
from copper_emulator.shell.host import Host
from copper_emulator.shell.routing.routes import Straight
from copper_emulator.shell.senders.http import HttpSender
from tests.shell.endpoints import http_endpoint, raw_endpoint, read_request
from tests.shell.senders.over_http import OVER_HTTP, host_for

TARGET = "https://billing.example.com/hooks"


@pytest.fixture(params=OVER_HTTP)
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    with host_for(request.param) as made:
        yield made


def notify(host: Host, to: str, *, times: int = 1, **settings: Any) -> list[Delivery]:
    with Emulator(host=host, strict=False, **settings) as copper:
        copper.route("https://billing.example.com", to=to)
        copper.subscribe("person", "update", target=TARGET)
        for record in range(times):
            copper.fire("person", "update", ids=record + 1)
    return copper.deliveries


def answering(data: bytes) -> Callable[[socket.socket], None]:
    """An endpoint that reads the request, sends these bytes, and closes."""

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(data)
        connection.close()

    return talk


def test_a_port_nobody_listens_on_refuses(host: Host) -> None:
    with socket.socket() as held:
        # Bound, so that nobody else takes it meanwhile.
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        (delivery,) = notify(host, url)
    assert (delivery.outcome, delivery.reason) == (Outcome.FAILED, Reason.REFUSED)
    assert delivery.text == f"{url}: connection refused"


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "billing.localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_names_of_this_machine_are_reached_without_a_name_server(host: Host, name: str) -> None:
    """`billing.localhost` is in no hosts file here, so a resolver would not find it."""
    with http_endpoint() as endpoint:
        (delivery,) = notify(host, f"http://{name}:{endpoint.server_port}")
    if name in ("127.9.9.9", "[::1]"):
        # Nothing listens there, but it was tried.
        assert delivery.reason is Reason.REFUSED
    else:
        assert delivery.outcome is Outcome.DELIVERED


def test_an_endpoint_that_does_not_answer_times_out(host: Host) -> None:
    def listen_only(connection: socket.socket) -> None:
        read_request(connection)

    with raw_endpoint(listen_only) as endpoint:
        (delivery,) = notify(host, endpoint.url, timeout="100ms")
        # None where the machine has other work for so long; never another.
        assert endpoint.connections <= 1
    assert (delivery.outcome, delivery.reason) == (Outcome.FAILED, Reason.TIMED_OUT)
    assert delivery.text == "no answer within 100ms"


def test_an_endpoint_that_never_ends_its_answer_times_out(host: Host) -> None:
    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")

    with raw_endpoint(talk) as endpoint:
        (delivery,) = notify(host, endpoint.url, timeout="100ms")
    assert delivery.reason is Reason.TIMED_OUT
    # Unlike one who does not answer: its status has come.
    assert delivery.text == "the answer began, but did not end within 100ms"


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"],
    ids=["nothing", "half a head", "half a body"],
)
def test_an_endpoint_that_closes_before_its_answer_is_whole_broke_off(host: Host, answer: bytes) -> None:
    with raw_endpoint(answering(answer)) as endpoint:
        (delivery,) = notify(host, endpoint.url)
        assert endpoint.connections == 1
    assert (delivery.outcome, delivery.reason) == (Outcome.FAILED, Reason.BROKEN_OFF)


def test_headers_that_are_not_utf_8_are_read_as_latin_1(host: Host) -> None:
    """Nothing could show or store them otherwise."""
    answer = b"HTTP/1.1 200 OK\r\nX-City: M\xc3\xbcnchen\r\nX-Old: M\xfcnchen\r\nContent-Length: 0\r\n\r\n"
    with raw_endpoint(answering(answer)) as endpoint:
        (delivery,) = notify(host, endpoint.url)
    assert delivery.response_headers[:2] == (("X-City", "München"), ("X-Old", "München"))


def test_an_endpoint_that_resets_the_connection_broke_off(host: Host) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(10)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        connection.close()

    with raw_endpoint(talk) as endpoint:
        (delivery,) = notify(host, endpoint.url)
        assert endpoint.connections == 1
    assert delivery.reason is Reason.BROKEN_OFF


@pytest.mark.skipif(
    tuple(map(int, version("aiohttp").split(".")[:2])) < (3, 14),
    reason="earlier clients of aiohttp take a connection that is reset for broken off",
)
def test_an_answer_of_unknown_length_ends_with_the_connection_even_if_that_is_reset(host: Host) -> None:
    """As by an endpoint that has answered, and closes, before it has read the whole request."""

    def talk(connection: socket.socket) -> None:
        connection.recv(10)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\n\r\ntoo large")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        connection.close()

    with raw_endpoint(talk) as endpoint:
        (delivery,) = notify(host, endpoint.url)
        assert endpoint.connections == 1
    assert (delivery.outcome, delivery.status) == (Outcome.REJECTED, 413)
    assert delivery.response_body == b"too large"


@pytest.mark.parametrize(
    "answer",
    [b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"\x00\x01\x02\x03\r\n\r\n", b"220 smtp ready\r\n"],
)
def test_what_is_no_http_is_garbage(host: Host, answer: bytes) -> None:
    with raw_endpoint(answering(answer)) as endpoint:
        (delivery,) = notify(host, endpoint.url)
        assert endpoint.connections == 1
    assert (delivery.outcome, delivery.reason) == (Outcome.FAILED, Reason.GARBAGE)
    assert "not an HTTP answer" in delivery.text


def test_a_plain_http_server_behind_an_https_route_is_a_tls_failure(host: Host) -> None:
    with http_endpoint() as endpoint:
        (delivery,) = notify(host, endpoint.url.replace("http://", "https://"))
    assert (delivery.outcome, delivery.reason) == (Outcome.FAILED, Reason.TLS)
    assert "this port does not speak TLS; if it is a plain HTTP server, write http://" in delivery.text
    assert endpoint.requests == []


@pytest.mark.parametrize("status", [200, 302, 500])
def test_each_notification_is_one_request_whatever_the_answer(host: Host, status: int) -> None:
    heard: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        heard.append(read_request(connection))
        connection.sendall(
            b"HTTP/1.1 %d X\r\nContent-Length: 0\r\nConnection: close\r\n"
            b"Retry-After: 0\r\nLocation: http://127.0.0.1:1/\r\n\r\n" % status
        )
        connection.close()

    with raw_endpoint(talk) as endpoint:
        deliveries = notify(host, endpoint.url, times=3)
        assert endpoint.connections == 3
    assert [delivery.status for delivery in deliveries] == [status] * 3
    assert len(heard) == 3


def connections(status: int, *, plainly: bool, fresh: bool = False) -> int:
    """How many connections five requests take to an endpoint that answers this status, and would keep each."""
    ports: list[int] = []

    def answer(request: BaseHTTPRequestHandler, _body: bytes) -> int:
        ports.append(request.client_address[1])
        return status

    async def send(url: str) -> None:
        topic = Topic(EntityType.LEAD, Event.NEW)
        notification = Notification(1, Change(1, topic, (1,), {}, 0), 1, (1,), 0)
        attempt = Attempt(notification, None, url, (), b"{}", 0)
        sender = HttpSender(plainly=plainly)
        for _ in range(5):
            result = await sender.send(attempt, Straight(URL(url)), timeout_ms=10_000, fresh=fresh)
            assert result.status == status
        await sender.close()

    with http_endpoint(answer) as endpoint:
        asyncio.run(send(endpoint.url))
    return len(set(ports))


@pytest.mark.parametrize("plainly", [True, False])
@pytest.mark.parametrize("status", [200, 404])
def test_connections_are_used_again_unless_each_is_to_have_its_own(status: int, *, plainly: bool) -> None:
    assert connections(status, plainly=plainly) == 1
    assert connections(status, plainly=plainly, fresh=True) == 5


@pytest.mark.parametrize("plainly", [True, False])
@pytest.mark.parametrize("status", [500, 503])
def test_no_connection_is_used_again_on_which_the_server_has_failed(status: int, *, plainly: bool) -> None:
    assert connections(status, plainly=plainly) == 5


def test_cookies_are_not_kept(host: Host) -> None:
    def answer(request: BaseHTTPRequestHandler, _body: bytes) -> int:
        request.send_response(200)
        request.send_header("Set-Cookie", "session=1; Path=/")
        request.send_header("Content-Length", "0")
        request.end_headers()
        return 0

    with http_endpoint(answer) as endpoint:
        notify(host, endpoint.url, times=2)
    assert [headers.get("Cookie") for _, headers, _ in endpoint.requests] == [None, None]


def test_proxies_and_passwords_of_the_environment_are_not_used(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n", encoding="utf-8")
    with (
        raw_endpoint(answering(b"HTTP/1.1 502 Proxy\r\nContent-Length: 0\r\n\r\n")) as proxy,
        http_endpoint() as endpoint,
    ):
        monkeypatch.setenv("NETRC", str(netrc))
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        (delivery,) = notify(host, endpoint.url)
        assert proxy.connections == 0
    assert delivery.outcome is Outcome.DELIVERED
    assert "Authorization" not in endpoint.requests[0][1]


def test_a_long_answer_is_kept_in_part_and_counts(host: Host) -> None:
    body = b"x" * 1_000_000

    def answer(request: BaseHTTPRequestHandler, _body: bytes) -> int:
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        try:
            request.wfile.write(body)
        except OSError:
            # The sender has read enough.
            request.close_connection = True
        return 0

    with http_endpoint(answer) as endpoint:
        first, second = notify(host, endpoint.url, times=2)
    assert (first.status, second.status) == (200, 200)
    assert first.response_body == body[: 64 * 1024]


def test_a_packed_answer_is_kept_as_it_came(host: Host) -> None:
    packed = b"\x1f\x8b not really packed"

    def answer(request: BaseHTTPRequestHandler, _body: bytes) -> int:
        request.send_response(200)
        request.send_header("Content-Encoding", "gzip")
        request.send_header("Content-Length", str(len(packed)))
        request.end_headers()
        request.wfile.write(packed)
        return 0

    with http_endpoint(answer) as endpoint:
        (delivery,) = notify(host, endpoint.url)
    assert (delivery.status, delivery.response_body) == (200, packed)


def test_a_large_body_goes_out_whole(host: Host) -> None:
    """A replay is verbatim, however large."""
    body = '{"subscription_id":1,"event":"new","type":"lead","ids":[1],"note":"' + "x" * 3_000_000 + '"}'
    with http_endpoint() as endpoint, Emulator(host=host, allow_http=True) as copper:
        delivery = copper.replay(body, target=endpoint.url + "/hooks")
    assert delivery.outcome is Outcome.DELIVERED
    assert endpoint.requests[0][2] == body.encode()


def test_the_base_of_a_route_stands_before_the_targets_path(host: Host) -> None:
    with http_endpoint() as endpoint, Emulator(host=host) as copper:
        copper.route("https://billing.example.com/api", to=f"{endpoint.url}/local/")
        copper.subscribe("person", "update", target="https://billing.example.com/api/hooks%2F1/../x?a=%2F")
        copper.fire("person", "update", ids=1)
    assert endpoint.requests[0][0] == "/local/api/hooks%2F1/../x?a=%2F"


def test_a_target_on_loopback_is_sent_to_exactly_as_written(host: Host) -> None:
    with http_endpoint() as endpoint, Emulator(host=host, allow_http=True) as copper:
        copper.subscribe("person", "update", target=f"{endpoint.url}/%7Ea/./b?x=%41;y#fragment")
        copper.fire("person", "update", ids=1)
    path, headers, _ = endpoint.requests[0]
    assert path == "/%7Ea/./b?x=%41;y"
    assert headers["Host"] == f"127.0.0.1:{endpoint.server_port}"
    assert "X-Forwarded-Host" not in headers
