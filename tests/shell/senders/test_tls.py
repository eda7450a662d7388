"""Deliveries to https:// endpoints: verified against the authorities one trusts, and faults reported in plain words."""

from __future__ import annotations

import datetime
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from yarl import URL

from copper_emulator import Delivery, Emulator, ExpectationError
from copper_emulator.core.model import Attempt, Outcome, Reason
from copper_emulator.core.tls import TlsFault
from copper_emulator.shell.host import Host
from copper_emulator.shell.routing.routes import Straight
from copper_emulator.shell.senders.http import HttpSender
from tests.shell.endpoints import http_endpoint, raw_endpoint, read_request
from tests.shell.tls.endpoints import in_the_middle_of_the_handshake, old_context, server_context, tls_endpoint

ORIGIN = "https://billing.example.com"
TARGET = f"{ORIGIN}/hooks/copper"
DAY = datetime.timedelta(days=1)


@pytest.fixture(scope="module")
def company() -> trustme.CA:
    """A private certificate authority."""
    return trustme.CA()


@pytest.fixture(scope="module")
def company_file(company: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("company") / "company.pem"
    company.cert_pem.write_to_path(str(file))
    return file


def notified(url: str, *, ca: object = ()) -> tuple[Delivery, str, str]:
    """How a notification along a route ended, and what `expect` and `explain` say about it."""
    with Emulator(strict=False, ca=ca) as copper:
        copper.route(ORIGIN, to=url)
        copper.subscribe("person", "update", target=TARGET)
        copper.fire("person", "update", ids=17)
        (delivery,) = copper.deliveries
        said = ""
        if delivery.outcome is not Outcome.DELIVERED:
            with pytest.raises(ExpectationError) as caught:
                copper.expect("person", "update", ids=17)
            said = str(caught.value)
        return delivery, said, str(copper.explain(type="person", id=17))


def present() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)  # noqa: TID251 - certificates are judged by real time


# --- whom one trusts ----------------------------------------------------------------------------------------------


def test_an_authority_of_ones_own_is_trusted_by_its_file(company: trustme.CA, company_file: Path) -> None:
    with tls_endpoint(server_context(company.issue_cert("127.0.0.1"))) as endpoint:
        delivery, _, _ = notified(endpoint.url, ca=company_file)

    assert (delivery.outcome, delivery.status) == (Outcome.DELIVERED, 200)
    assert endpoint.requests[0][0] == "/hooks/copper"


def test_the_emulators_own_authority_is_trusted_from_when_it_is_made() -> None:
    """Even if something was sent before, and if a test's thread makes it."""
    host = Host()
    try:
        with Emulator(host=host, strict=False) as copper:
            copper.subscribe("person", "update", target=TARGET)
            with tls_endpoint(server_context(trustme.CA().issue_cert("127.0.0.1"))) as stranger:
                copper.route(ORIGIN, to=stranger.url)
                copper.fire("person", "update", ids=1)
            with tls_endpoint(host.authority().server_context()) as endpoint:
                copper.route(ORIGIN, to=endpoint.url)
                copper.fire("person", "update", ids=2)
            assert [delivery.outcome for delivery in copper.deliveries] == [Outcome.FAILED, Outcome.DELIVERED]
    finally:
        host.close()


def test_a_target_on_loopback_needs_no_route(company: trustme.CA, company_file: Path) -> None:
    with tls_endpoint(server_context(company.issue_cert("localhost"))) as endpoint, Emulator(ca=company_file) as copper:
        copper.subscribe("person", "update", target=endpoint.url.replace("127.0.0.1", "localhost"))
        copper.fire("person", "update", ids=17)
        copper.expect("person", "update", ids=17, status=200)


def test_the_name_that_is_verified_is_the_one_that_is_connected_to(company: trustme.CA, company_file: Path) -> None:
    """The route's, not the target's, whose own server is not contacted."""
    for name, outcome in (("localhost", Outcome.DELIVERED), ("billing.example.com", Outcome.FAILED)):
        with tls_endpoint(server_context(company.issue_cert(name))) as endpoint:
            delivery, _, _ = notified(endpoint.url.replace("127.0.0.1", "localhost"), ca=company_file)
        assert delivery.outcome is outcome


def test_a_certificate_that_signed_itself_is_trusted_by_its_own_file(tmp_path: Path) -> None:
    context, pem = signed_by_itself()
    file = tmp_path / "itself.pem"
    file.write_bytes(pem)
    with tls_endpoint(context) as endpoint:
        delivery, _, _ = notified(endpoint.url, ca=file)

    assert delivery.outcome is Outcome.DELIVERED


def test_an_authority_below_another_is_trusted_by_its_own_file(tmp_path: Path) -> None:
    """Like a company's, whose root authority is not given to everyone."""
    below = trustme.CA().create_child_ca()
    file = tmp_path / "below.pem"
    below.cert_pem.write_to_path(str(file))
    with tls_endpoint(server_context(below.issue_cert("127.0.0.1"))) as endpoint:
        delivery, _, _ = notified(endpoint.url, ca=file)

    assert delivery.outcome is Outcome.DELIVERED


def test_a_file_that_is_written_anew_is_read_anew(tmp_path: Path) -> None:
    first, second = trustme.CA(), trustme.CA()
    file = tmp_path / "company.pem"
    first.cert_pem.write_to_path(str(file))
    with (
        tls_endpoint(server_context(second.issue_cert("127.0.0.1"))) as endpoint,
        Emulator(ca=file, strict=False) as copper,
    ):
        copper.route(ORIGIN, to=endpoint.url)
        copper.subscribe("person", "update", target=TARGET)
        copper.fire("person", "update", ids=1)
        second.cert_pem.write_to_path(str(file))
        copper.fire("person", "update", ids=2)
        file.unlink()
        copper.fire("person", "update", ids=3)

    assert [delivery.outcome for delivery in copper.deliveries] == [Outcome.FAILED, Outcome.DELIVERED, Outcome.FAILED]
    last = copper.deliveries[-1]
    assert (last.reason, last.text) == (Reason.TLS, f"{file} cannot be read: No such file or directory")


@pytest.mark.asyncio
async def test_tls_connections_are_used_again(company: trustme.CA, company_file: Path) -> None:
    nobodys: Any = None
    with tls_endpoint(server_context(company.issue_cert("127.0.0.1"))) as endpoint:
        attempt = Attempt(nobodys, None, endpoint.url, (), b"{}", 0)
        sender = HttpSender()
        for _ in range(5):
            sent = sender.send(attempt, Straight(URL(endpoint.url)), timeout_ms=10_000, ca=(str(company_file),))
            assert (await sent).outcome is Outcome.DELIVERED
        await sender.close()

    assert endpoint.connections == 1


# --- what is wrong with a certificate -----------------------------------------------------------------------------


def signed_by_itself() -> tuple[ssl.SSLContext, bytes]:
    """The context of a server with a self-signed certificate, and the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), _address()])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).add_extension(names, critical=False)
    builder = builder.not_valid_before(present() - DAY).not_valid_after(present() + DAY)
    pem = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return server_context(trustme.LeafCert(private, pem, [])), pem


def _address() -> x509.IPAddress:
    from ipaddress import ip_address

    return x509.IPAddress(ip_address("127.0.0.1"))


def of(leaf: trustme.LeafCert) -> AbstractContextManager[str]:
    return over(server_context(leaf))


@contextmanager
def over(context: ssl.SSLContext, host: str = "127.0.0.1") -> Iterator[str]:
    with tls_endpoint(context) as endpoint:
        yield endpoint.url.replace("127.0.0.1", host)
        assert endpoint.requests == []


def talking(talk: Callable[[socket.socket], None]) -> Callable[[trustme.CA], AbstractContextManager[str]]:
    @contextmanager
    def serve(_company: trustme.CA) -> Iterator[str]:
        with raw_endpoint(talk) as endpoint:
            yield endpoint.url.replace("http://", "https://")
            assert endpoint.connections == 1

    return serve


@contextmanager
def plain(_company: trustme.CA) -> Iterator[str]:
    with http_endpoint() as endpoint:
        yield endpoint.url.replace("http://", "https://")
        assert endpoint.requests == []


def tls_1_0_by_hand(connection: socket.socket) -> None:
    """A server that answers with its own version, as very old ones do, instead of an alert."""
    connection.recv(65536)
    hello = b"\x03\x01" + bytes(32) + b"\x00\xc0\x14\x00"
    message = b"\x02" + len(hello).to_bytes(3, "big") + hello
    connection.sendall(b"\x16\x03\x01" + len(message).to_bytes(2, "big") + message)
    connection.recv(100)
    connection.close()


def handshake_failure(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"\x15\x03\x03\x00\x02\x02\x28")
    connection.close()


def reset(connection: socket.socket) -> None:
    connection.recv(10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()


def client_certificate(company: trustme.CA) -> AbstractContextManager[str]:
    context = server_context(company.issue_cert("127.0.0.1"))
    context.verify_mode = ssl.CERT_REQUIRED
    company.configure_trust(context)
    return over(context)


TRUST = "trust it with --ca FILE (the setting ca), or see copper-emulator ca"
GIVE_CA = "Trust its issuer, with a file of the issuer's certificate: Emulator(ca='FILE')"

FAULTS: dict[str, tuple[Callable[[trustme.CA], AbstractContextManager[str]], str, str]] = {
    "expired": (
        lambda company: of(company.issue_cert("127.0.0.1", not_before=present() - 9 * DAY, not_after=present() - DAY)),
        "its certificate has expired",
        "Give the endpoint a new certificate (real time counts, not the account's)",
    ),
    "not yet valid": (
        lambda company: of(company.issue_cert("127.0.0.1", not_before=present() + DAY)),
        "its certificate is not valid yet",
        "Give the endpoint one that is valid now (real time counts, not the account's)",
    ),
    "another address": (
        lambda company: of(company.issue_cert("localhost")),
        "its certificate is not valid for 127.0.0.1",
        "Use its certificate's name in the route or target, or give it a certificate for this name",
    ),
    "another name": (
        lambda company: over(server_context(company.issue_cert("127.0.0.1", "billing.example.com")), "localhost"),
        "its certificate is not valid for localhost",
        "Use its certificate's name in the route or target, or give it a certificate for this name",
    ),
    "unknown authority": (
        lambda _company: of(trustme.CA().issue_cert("127.0.0.1")),
        f"its certificate is from an authority that is not trusted here; {TRUST}",
        GIVE_CA,
    ),
    "unknown authority over another": (
        lambda _company: of(trustme.CA().create_child_ca().issue_cert("127.0.0.1")),
        f"its certificate is from an authority that is not trusted here; {TRUST}",
        GIVE_CA,
    ),
    "signed by itself": (
        lambda _company: over(signed_by_itself()[0]),
        f"its certificate is self-signed, and not trusted here; {TRUST}",
        GIVE_CA,
    ),
    "TLS 1.0": (
        lambda company: over(old_context(company.issue_cert("127.0.0.1"), ssl.TLSVersion.TLSv1)),
        "it does not support TLS 1.2 or later; older versions are not safe",
        "Have the endpoint support TLS 1.2 or 1.3",
    ),
    "TLS 1.1": (
        lambda company: over(old_context(company.issue_cert("127.0.0.1"), ssl.TLSVersion.TLSv1_1)),
        "it does not support TLS 1.2 or later; older versions are not safe",
        "Have the endpoint support TLS 1.2 or 1.3",
    ),
    "TLS 1.0 without an alert": (
        talking(tls_1_0_by_hand),
        "it does not support TLS 1.2 or later; older versions are not safe",
        "Have the endpoint support TLS 1.2 or 1.3",
    ),
    "a client's certificate": (
        client_certificate,
        "it asks for a client certificate, and there is none",
        "Have the endpoint stop requiring a client certificate",
    ),
    "plain HTTP": (
        plain,
        "this port does not speak TLS; if it is a plain HTTP server, write http://",
        "If it is a plain HTTP server, write http:// in its route or target",
    ),
    "cut off": (
        talking(in_the_middle_of_the_handshake),
        "it closed the connection during the TLS handshake",
        "Fix the endpoint",
    ),
    "reset": (talking(reset), "it closed the connection during the TLS handshake", "Fix the endpoint"),
    "no agreement": (
        talking(handshake_failure),
        "the TLS handshake with it fails: handshake failure",
        "Fix the endpoint",
    ),
}


@pytest.mark.parametrize(("serve", "text", "advice"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_is_the_outcome_in_words(
    serve: Callable[[trustme.CA], AbstractContextManager[str]],
    text: str,
    advice: str,
    company: trustme.CA,
    company_file: Path,
) -> None:
    with serve(company) as url:
        delivery, expected, explained = notified(url, ca=company_file)

    assert (delivery.outcome, delivery.reason, delivery.status) == (Outcome.FAILED, Reason.TLS, None)
    assert delivery.text == f"{url}: {text}"
    assert f"failed: TLS ({url}: {text})" in expected
    assert expected.splitlines()[-1].startswith(advice)
    assert f": TLS ({url}: {text})" in explained
    assert advice.partition(":")[0] in explained or advice == "Fix the endpoint"


def test_every_fault_of_a_handshake_is_tried() -> None:
    tried = {TlsFault.named_in(text) for _, text, _ in FAULTS.values()}

    # OpenSSL words all other faults of a certificate; plain HTTP to a TLS port is tested below.
    assert tried == set(TlsFault) - {TlsFault.INVALID, TlsFault.NOT_PLAIN}


def test_other_faults_of_a_certificate_are_told_in_openssls_words(company_file: Path, company: trustme.CA) -> None:
    """An authority below one that may not have any below it."""
    narrow = trustme.CA(path_length=0)
    narrow._path_length = 5
    leaf = narrow.create_child_ca().create_child_ca().issue_cert("127.0.0.1")
    narrow.cert_pem.write_to_path(str(company_file.with_name("narrow.pem")))
    with over(server_context(leaf)) as url:
        delivery, _, _ = notified(url, ca=company_file.with_name("narrow.pem"))

    assert delivery.text == f"{url}: its certificate is not accepted: path length constraint exceeded"


# --- plain HTTP where TLS is spoken -------------------------------------------------------------------------------


def test_a_tls_server_that_only_goes_away_is_hinted_at(company: trustme.CA) -> None:
    with tls_endpoint(server_context(company.issue_cert("127.0.0.1"))) as endpoint:
        url = endpoint.url.replace("https://", "http://")
        delivery, expected, _ = notified(url)

    assert (delivery.outcome, delivery.reason) == (Outcome.FAILED, Reason.BROKEN_OFF)
    assert delivery.text == f"{url}: connection closed without an answer; if it is a TLS server, write https://"
    advice = "Fix the endpoint, or if it is a TLS server, write https:// in its route or target"
    assert expected.splitlines()[-1].startswith(advice)


def test_a_tls_server_that_complains_in_tls_is_known_by_it() -> None:
    def complain(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"\x15\x03\x01\x00\x02\x02\x46")
        connection.close()

    with raw_endpoint(complain) as endpoint:
        url = endpoint.url
        delivery, expected, _ = notified(url)

    assert (delivery.outcome, delivery.reason) == (Outcome.FAILED, Reason.TLS)
    assert delivery.text == f"{url}: this port speaks TLS, and was sent plain HTTP; write https://"
    assert expected.splitlines()[-1].startswith("It speaks TLS: write https:// in its route or target")


def test_a_tls_server_that_says_so_is_believed() -> None:
    """nginx, Apache, Go and this emulator answer plain HTTP with 400 and a text."""

    def refuse(connection: socket.socket) -> None:
        read_request(connection)
        text = b"The plain HTTP request was sent to HTTPS port"
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))
        connection.close()

    with raw_endpoint(refuse) as endpoint:
        delivery, expected, _ = notified(endpoint.url)

    assert delivery.status == 400
    assert expected.splitlines()[-1].startswith("It speaks TLS: write https:// in its route or target")
