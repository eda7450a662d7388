"""Copper's hosts lead to the emulator, all others are untouched, and the standard library is restored afterwards."""

from __future__ import annotations

import errno
import http.client
import json
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp.resolver
import pytest
import trustme

from copper_emulator.interception.hosts import ADDRESS, HOSTS, MAPPED_ADDRESS, leads_to_copper
from copper_emulator.interception.late import Patches
from copper_emulator.interception.process import PROCESS
from copper_emulator.interception.ways import Way
from tests.interception.listening import AUTHORITY, FOREIGN, intercepting, listening, way_to

uvloop = pytest.importorskip("uvloop")


@pytest.fixture
def port() -> Iterator[int]:
    with listening() as port:
        yield port


@pytest.fixture
def way(port: int) -> Iterator[Way]:
    way = way_to(port)
    with intercepting(way):
        yield way


def asked(host: Any = "api.copper.com", port: int = 443, context: ssl.SSLContext | None = None) -> Any:
    """The answer that `http.client` gets there, by default with a context that trusts only the usual authorities."""
    connection = http.client.HTTPSConnection(host, port, context=context or ssl.create_default_context(), timeout=10)
    try:
        connection.request("GET", "/developer_api/v1/account")
        return json.load(connection.getresponse())
    finally:
        connection.close()


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    "host",
    [*HOSTS, "API.Copper.COM", "api.prosperworks.com.", "Api.ProsperWorks.Com."],
)
def test_both_hosts_lead_to_the_listener_in_any_case_and_with_a_dot(host: str, port: int) -> None:
    assert asked(host) == {"host": host, "path": "/developer_api/v1/account", "port": port}


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    "host", ["api.copper.com", b"api.copper.com", b"API.PROSPERWORKS.COM.", bytearray(b"api.copper.com")], ids=repr
)
@pytest.mark.parametrize("service", [443, "443", "https", b"https"], ids=repr)
def test_names_resolve_to_one_address_that_is_nobodys(host: Any, service: Any) -> None:
    found = socket.getaddrinfo(host, service, type=socket.SOCK_STREAM)

    assert [(family, kind, address) for family, kind, _, _, address in found] == [
        (socket.AF_INET, socket.SOCK_STREAM, (ADDRESS, 443))
    ]


@pytest.mark.usefixtures("way")
def test_who_wants_ipv6_gets_the_same_address_in_it(port: int) -> None:
    [(family, kind, _, _, address)] = socket.getaddrinfo("api.copper.com", 443, socket.AF_INET6, socket.SOCK_STREAM)

    assert address[0] == MAPPED_ADDRESS
    try:
        connected = socket.socket(family, kind)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with connected:
        connected.connect(address)
        assert connected.getpeername()[:2] == ("::ffff:127.0.0.1", port)
    # Its last two parts may be omitted, and the name may replace the address.
    for short in (address[:2], ("api.copper.com", 443)):
        with socket.socket(family, kind) as connected:
            connected.connect(short)
            assert connected.getpeername()[:2] == ("::ffff:127.0.0.1", port)
        with socket.socket(family, kind) as connected:
            assert connected.connect_ex(short) == 0


@pytest.mark.usefixtures("way")
def test_a_name_can_be_looked_up_and_connected_to_in_every_way(port: int) -> None:
    assert socket.gethostbyname("api.copper.com") == ADDRESS
    for look_up in (socket.gethostbyname_ex, socket.gethostbyaddr):
        assert look_up("API.copper.com.") == ("api.copper.com", [], [ADDRESS])
    assert socket.getfqdn("api.copper.com") == "api.copper.com"
    for address in (("api.copper.com", 443), (ADDRESS, 443)):
        with socket.create_connection(address, timeout=10) as connected:
            assert connected.getpeername() == ("127.0.0.1", port)
        with socket.socket() as connected:
            assert connected.connect_ex(address) == 0
            assert connected.getpeername() == ("127.0.0.1", port)


@pytest.mark.usefixtures("way")
def test_a_name_is_no_address() -> None:
    """Some programs use this to find out whether a host is already an address."""
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("api.copper.com", 443, flags=socket.AI_NUMERICHOST)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("port", [80, 8443])
def test_another_port_is_refused_and_says_so(port: int) -> None:
    with socket.socket() as unconnected:
        with pytest.raises(ConnectionRefusedError, match=f"only their port 443 .* is answered, not {port}"):
            unconnected.connect(("api.copper.com", port))
        assert unconnected.connect_ex(("api.copper.com", port)) == errno.ECONNREFUSED


@pytest.mark.usefixtures("way")
def test_a_client_that_does_not_verify_gets_there_too() -> None:
    assert asked(context=ssl._create_unverified_context())["host"] == "api.copper.com"


def test_a_session_of_before_is_not_resumed_with_somebody_else(port: int) -> None:
    """A session belongs to the context it was started with, and the client passes it in again."""
    own = ssl.create_default_context()
    FOREIGN.configure_trust(own)
    with (
        listening(authority=FOREIGN) as itself,
        socket.create_connection(("127.0.0.1", itself), timeout=10) as plain,
        own.wrap_socket(plain, server_hostname="api.copper.com") as secure,
    ):
        secure.sendall(b"GET / HTTP/1.1\r\nHost: api.copper.com\r\n\r\n")
        # In TLS 1.3 it comes after the handshake.
        assert secure.recv(1000).startswith(b"HTTP/1.1 200")
        session = secure.session
    assert session is not None

    with (
        intercepting(way_to(port)),
        socket.create_connection(("api.copper.com", 443), timeout=10) as plain,
        own.wrap_socket(plain, server_hostname="api.copper.com", session=session) as secure,
    ):
        assert not secure.session_reused
        assert secure.getpeername() == ("127.0.0.1", port)


def test_who_was_led_elsewhere_fails_before_anything_of_the_request_has_left() -> None:
    """As behind a proxy, or with an address looked up earlier: the server there is not the emulator."""
    with (
        listening(authority=FOREIGN) as elsewhere,
        listening() as port,
        intercepting(way_to(port)),
        socket.create_connection(("127.0.0.1", elsewhere), timeout=10) as connected,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ssl._create_unverified_context().wrap_socket(connected, server_hostname="api.copper.com")


# --- others -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("way")
def test_another_host_is_reached_by_its_own_context_and_no_other() -> None:
    own = ssl.create_default_context()
    FOREIGN.configure_trust(own)
    with listening("localhost", authority=FOREIGN) as other:
        assert asked("localhost", other, own)["host"] == f"localhost:{other}"


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("authority", [FOREIGN, AUTHORITY], ids=["foreign", "the emulator's"])
def test_nobody_is_trusted_for_another_host(authority: trustme.CA) -> None:
    with listening("localhost", authority=authority) as other, pytest.raises(ssl.SSLCertVerificationError):
        asked("localhost", other)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    "host", ["copper.com", "app.copper.com", "xapi.copper.com", "api.copper.com.example", "", None]
)
def test_another_name_is_not_taken_for_copper(host: str | None) -> None:
    assert not leads_to_copper(host)


class Kept:
    """Replaces a function of the standard library, and records its calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
        self.error = OSError("as it was raised")

    def __get__(self, owner: object, kind: object = None) -> Callable[..., Any]:
        return lambda *given, **named: self(owner, *given, **named)

    def __call__(self, *given: Any, **named: Any) -> Any:
        self.calls.append((given, named))
        raise self.error


@pytest.mark.parametrize(
    ("holder", "name", "given", "named"),
    [
        (socket, "getaddrinfo", ("other.example", 443), {}),
        (socket, "getaddrinfo", (b"other.example", "https", 0), {"type": socket.SOCK_STREAM, "flags": 0}),
        (socket, "getaddrinfo", (None, None), {}),
        (socket, "gethostbyname", ("other.example",), {}),
        (socket, "gethostbyname_ex", (b"other.example",), {}),
        (socket, "gethostbyaddr", ("127.0.0.1",), {}),
        (socket.socket, "connect", (("other.example", 443),), {}),
        (socket.socket, "connect", ("/a/path",), {}),
        (socket.socket, "connect", (["wrong"],), {}),
        (socket.socket, "connect_ex", (("::1", 443, 0, 0),), {}),
        (ssl.SSLContext, "wrap_socket", ("sock",), {"server_hostname": "other.example", "session": "session"}),
        (ssl.SSLContext, "wrap_socket", ("sock", False, True, False, "other.example"), {}),
        (ssl.SSLContext, "wrap_socket", ("sock",), {"server_side": True, "server_hostname": "api.copper.com"}),
        (ssl.SSLContext, "wrap_bio", ("incoming", "outgoing", False, None), {}),
    ],
)
def test_for_others_the_function_that_was_there_gets_the_arguments_as_given(
    monkeypatch: pytest.MonkeyPatch, port: int, holder: Any, name: str, given: Any, named: Any
) -> None:
    kept = Kept()
    monkeypatch.setattr(holder, name, kept)
    whose = () if holder is socket else (object(),)

    with intercepting(way_to(port)), pytest.raises(OSError, match="as it was raised") as raised:
        vars(holder)[name](*whose, *given, **named)

    assert raised.value is kept.error
    assert kept.calls == [((*whose, *given), named)]
    assert all(mine is theirs for mine, theirs in zip(kept.calls[0][0], (*whose, *given), strict=True))


# --- the end ----------------------------------------------------------------------------------------------------


def present() -> list[Any]:
    """Everything that is replaced, as it is now, and whether it is the owner's own."""
    return [
        (owner, name, vars(owner).get(name))
        for owner, names in (
            (socket, ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr")),
            (socket.socket, ("connect", "connect_ex")),
            (ssl.SSLContext, ("wrap_socket", "wrap_bio")),
            (ssl.SSLSocket, ("send", "write", "fileno")),
            (ssl.SSLObject, ("write",)),
            (aiohttp.resolver.AsyncResolver, ("resolve",)),
            (uvloop.Loop, ("getaddrinfo", "create_connection")),
        )
        for name in names
    ]


def test_at_the_end_everything_is_what_it_was(port: int) -> None:
    before, finders = present(), list(sys.meta_path)

    with intercepting(way_to(port)):
        assert all(now[2] is not was[2] for now, was in zip(present(), before, strict=True))

    assert all(now[2] is was[2] for now, was in zip(present(), before, strict=True))
    assert sys.meta_path == finders


def test_the_latest_decides_whichever_ends_first() -> None:
    before = present()
    with listening() as first, listening() as second:
        outer, inner = way_to(first), way_to(second)
        PROCESS.begin(outer)
        assert asked()["port"] == first
        PROCESS.begin(inner)
        assert asked()["port"] == second
        PROCESS.end(outer)
        assert asked()["port"] == second
        PROCESS.end(outer)
        PROCESS.end(inner)

    assert present() == before
    assert PROCESS.ways() == ()


def test_one_that_knows_nothing_of_another_stands_above_it(port: int) -> None:
    """As in a child process, which is intercepted from its start, and whose own tests intercept as well."""
    before = present()
    with listening(authority=FOREIGN) as outer:
        elsewhere = Way("127.0.0.1", outer, FOREIGN.cert_pem.bytes().decode())
        below = Patches(lambda: elsewhere)
        below.begin()
        assert asked()["port"] == outer
        with intercepting(way_to(port)):
            assert asked()["port"] == port
        assert asked()["port"] == outer
        below.end()

    assert present() == before


def test_what_others_keep_of_it_does_nothing_after_the_end(port: int) -> None:
    with intercepting(way_to(port)):
        connect, getaddrinfo = socket.socket.connect, socket.getaddrinfo

    assert getaddrinfo("127.0.0.1", 443)[0][4] == ("127.0.0.1", 443)
    with socket.socket() as unconnected, pytest.raises(ConnectionRefusedError) as refused:
        unconnected.settimeout(10)
        connect(unconnected, (ADDRESS, 443))
    assert "intercepted" not in str(refused.value)


def test_what_others_have_put_over_it_stays(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As pytest-socket does, which ends before the fixtures do."""
    original = socket.socket.connect

    def theirs(self: Any, address: Any) -> Any:
        return original(self, address)

    with intercepting(way_to(port)):
        monkeypatch.setattr(socket.socket, "connect", theirs)

    assert vars(socket.socket)["connect"] is theirs


def test_threads_may_begin_and_end_at_once(port: int) -> None:
    before = present()

    def many(_: int) -> set[Any]:
        found = set()
        for _ in range(20):
            with intercepting(way_to(port)):
                found.add(socket.getaddrinfo("api.copper.com", 443)[0][4])
        return found

    with ThreadPoolExecutor(8) as threads:
        assert set().union(*threads.map(many, range(8))) == {(ADDRESS, 443)}

    assert present() == before
