"""The API over TLS: the same as over HTTP, and a client that fails to connect is told why, or the log is."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import ssl
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
import requests
from aiohttp import ClientConnectorError, ClientSession, ClientSSLError

from copper_emulator import Copper, Emulator
from copper_emulator.core.errors import AuthorityError
from copper_emulator.settings import Settings
from copper_emulator.shell.host import Host
from copper_emulator.shell.served.plan import Plan
from copper_emulator.shell.serving.server import Server
from copper_emulator.shell.tls.authority import Authority
from copper_emulator.shell.tls.trust import trusting


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this test's authority."""
    folder = tmp_path / "authority"
    monkeypatch.setenv("COPPER_EMULATOR_AUTHORITY", str(folder))
    return folder


@asynccontextmanager
async def serving_tls(*, trusted: tuple[str, ...] = ()) -> AsyncIterator[Server]:
    """A server with a TLS port; `log` has the messages that belong to no account's journal."""
    log: list[str] = []
    plan = Plan(settings=Settings(), listener=lambda account, entry: log.append(entry.text))
    async with Server(plan, bind="127.0.0.1", port=0, tls_port=0, trusted_hosts=trusted) as server:
        server.log = log  # type: ignore[attr-defined]
        yield server


def logged(server: Server) -> list[str]:
    log: list[str] = server.log  # type: ignore[attr-defined]
    return log


# --- the standalone server ----------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_api_control_api_and_page_are_served_over_tls_too() -> None:
    async with serving_tls() as server, ClientSession() as session:
        context = trusting(Authority.kept().certificate_pem)
        headers = {"X-PW-AccessToken": "t", "X-PW-Application": "developer_api", "X-PW-UserEmail": "ada@example.com"}
        for url in (server.url, server.tls_url):
            async with session.get(f"{url}/developer_api/v1/webhooks", headers=headers, ssl=context) as answer:
                assert (answer.status, await answer.json()) == (200, [])
            async with session.get(f"{url}/", ssl=context) as answer:
                assert "<title>" in await answer.text()
            async with session.get(f"{url}/_emulator/v1/health", ssl=context) as answer:
                health = await answer.json()
                assert health["api_url"] == f"{url}/developer_api/v1"
                assert health["tls_url"] == server.tls_url

    assert server.tls_url.startswith("https://127.0.0.1:")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "name", ["localhost", "127.0.0.1", "api.copper.com", "api.prosperworks.com", "emulator.internal"]
)
async def test_its_certificate_is_for_this_machine_coppers_api_and_trusted_hosts(name: str) -> None:
    async with serving_tls(trusted=("emulator.internal",)) as server:
        context = trusting(Authority.kept().certificate_pem)
        port = int(server.tls_url.rpartition(":")[2])
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
        writer.close()
        await writer.wait_closed()


@pytest.mark.asyncio
async def test_the_control_api_is_as_guarded_as_over_http() -> None:
    """A client routed here from Copper's own host is a client of Copper, and nothing else."""
    async with serving_tls() as server, ClientSession() as session:
        context = trusting(Authority.kept().certificate_pem)
        headers = {"Host": "api.copper.com"}
        async with session.get(f"{server.tls_url}/_emulator/v1/health", headers=headers, ssl=context) as answer:
            assert answer.status == 403


@pytest.mark.asyncio
async def test_without_a_tls_port_there_is_none() -> None:
    async with Server(Plan(settings=Settings()), port=0) as server, ClientSession() as session:
        async with session.get(f"{server.url}/_emulator/v1/health") as answer:
            assert (await answer.json())["tls_url"] is None
        assert server.tls_url == ""


@pytest.mark.asyncio
async def test_a_trusted_host_that_is_no_name_is_refused_at_the_start() -> None:
    with pytest.raises(AuthorityError, match=r"no certificate can be made for .*not a name"):
        async with serving_tls(trusted=("not a name",)):
            pass


@pytest.mark.asyncio
async def test_plain_http_to_the_tls_port_is_answered_that_it_is(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with serving_tls() as server, ClientSession() as session:
        url = server.tls_url.replace("https://", "http://")
        for _ in range(2):
            async with session.post(f"{url}/developer_api/v1/people?key=s3cret", json={"name": "Ada"}) as answer:
                assert answer.status == 400
                assert await answer.json() == {"success": False, "status": 400, "message": "Bad Request"}
                hint = answer.headers["X-Copper-Emulator-Hint"]
                assert hint.startswith("This port speaks TLS: write https://, not http://")

    assert logged(server) == ["POST /developer_api/v1/people: plain HTTP at the TLS port; write https://"] * 2
    # aiohttp would have logged each request.
    assert caplog.records == []


@pytest.mark.asyncio
async def test_what_is_neither_tls_nor_http_is_answered_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with serving_tls() as server:
        port = int(server.tls_url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nno (header: b\r\n\r\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()

    assert answer.startswith(b"HTTP/1.0 400 ")
    assert b"This port speaks TLS: write https://" in answer
    assert logged(server) == ["something that is neither TLS nor HTTP at the TLS port; write https://"]
    # aiohttp would have written a traceback to stderr.
    assert caplog.records == []


@pytest.mark.asyncio
async def test_who_does_not_trust_it_is_told_to_the_log() -> None:
    """Most clients say why they close the connection; asyncio's do not."""
    async with serving_tls() as server, ClientSession() as session:
        with pytest.raises(requests.exceptions.SSLError):
            await asyncio.to_thread(requests.get, f"{server.tls_url}/", timeout=10)
        with pytest.raises(ClientSSLError):
            await session.get(f"{server.tls_url}/")
        # The next one is served, and by then the log has the entry.
        async with session.get(f"{server.tls_url}/", ssl=trusting(Authority.kept().certificate_pem)) as answer:
            assert answer.status == 200

    trust = "give it the certificate that copper-emulator ca shows, or in a test copper.ca_file"
    assert logged(server) == [
        f"TLS from a client that does not trust this certificate: {trust}",
        f"TLS from a client that left in the middle; if it does not trust this certificate, {trust}",
    ]


def old_client(version: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = context.maximum_version = version
    return context


@pytest.mark.asyncio
async def test_a_client_with_tls_1_0_alone_is_told_to_the_log() -> None:
    async with serving_tls() as server, ClientSession() as session:
        with pytest.raises(ClientConnectorError):
            await session.get(f"{server.tls_url}/", ssl=old_client(ssl.TLSVersion.TLSv1))
        async with session.get(f"{server.tls_url}/", ssl=trusting(Authority.kept().certificate_pem)):
            pass

    assert logged(server) == ["TLS from a client that offers no version from 1.2 up"]


STRANGERS: dict[str, Callable[[socket.socket], None]] = {
    "one that goes": lambda connection: connection.close(),
    "one that goes in the middle": lambda connection: connection.sendall(b"\x16\x03\x01"),
    "one that resets": lambda connection: connection.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
    ),
    "one that says nothing": lambda connection: None,
}


@pytest.mark.asyncio
@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS)
async def test_strangers_hold_nobody_up_and_the_end_does_not_wait_for_them(
    stranger: Callable[[socket.socket], None],
) -> None:
    async with serving_tls() as server, ClientSession() as session:
        with closing(socket.create_connection(("127.0.0.1", int(server.tls_url.rpartition(":")[2])))) as connection:
            stranger(connection)
            context = trusting(Authority.kept().certificate_pem)
            async with session.get(f"{server.tls_url}/", ssl=context) as answer:
                assert answer.status == 200
            if stranger is not STRANGERS["one that says nothing"]:
                connection.close()
            async with session.get(f"{server.tls_url}/", ssl=context) as answer:
                assert answer.status == 200

    # A mere check of whether anything listens is not reported.
    assert len(logged(server)) == (stranger is STRANGERS["one that goes in the middle"])


@pytest.mark.asyncio
async def test_bytes_that_are_neither_tls_nor_http_are_refused() -> None:
    async with serving_tls() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(server.tls_url.rpartition(":")[2]))
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.0 400 Bad Request\r\n")
        writer.close()
        await writer.wait_closed()


@pytest.mark.asyncio
async def test_the_journal_can_be_followed_over_tls() -> None:
    async with serving_tls() as server, ClientSession() as session:
        context = trusting(Authority.kept().certificate_pem)
        path = "_emulator/v1/accounts/default"
        async with session.get(f"{server.tls_url}/{path}/journal/stream", ssl=context) as stream:
            body = {"type": "person", "event": "new", "ids": [17]}
            await session.post(f"{server.tls_url}/{path}/fire", json=body, ssl=context)
            async for line in stream.content:
                if line.startswith(b"data: "):
                    assert json.loads(line.removeprefix(b"data: "))["kind"] == "change"
                    break


# --- a test's own -------------------------------------------------------------------------------------------------


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator() as copper:
        yield copper


def test_a_test_has_the_api_over_tls_and_the_certificate_to_trust(copper: Copper, kept: Path) -> None:
    copper.people.create(name="Ada")

    answer = requests.post(
        f"{copper.tls_api_url}/people/search", json={}, headers=copper.headers, verify=str(copper.ca_file), timeout=10
    )

    assert [person["name"] for person in answer.json()] == ["Ada"]
    assert copper.tls_api_url.startswith("https://127.0.0.1:")
    assert copper.tls_api_url != copper.api_url
    assert not kept.exists(), "a test leaves nothing in anybody's home"


def test_its_authority_is_trusted_by_nobody_else(copper: Copper) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{copper.tls_api_url}/webhooks", headers=copper.headers, timeout=10)


def test_the_accounts_of_a_host_share_one_authority_whose_file_ends_with_it() -> None:
    host = Host()
    with Emulator(host=host) as one, Emulator(host=host) as other:
        file = one.ca_file
        assert (other.ca_file, other.tls_api_url) == (file, one.tls_api_url)
        assert file.read_bytes() == host.authority().certificate_pem
        assert b"PRIVATE KEY" not in file.read_bytes()
    host.close()

    assert not file.exists()
    assert not file.parent.exists()


def test_a_host_that_was_closed_serves_tls_again(copper: Copper) -> None:
    for _ in range(2):
        url, verify = f"{copper.tls_api_url}/webhooks", str(copper.ca_file)
        assert requests.get(url, headers=copper.headers, verify=verify, timeout=10).status_code == 200
        copper._host.close()


def test_plain_http_to_a_tests_tls_port_is_answered_too(copper: Copper) -> None:
    url = copper.tls_api_url.replace("https://", "http://")

    answer = requests.get(f"{url}/webhooks", headers=copper.headers, timeout=10)

    assert answer.status_code == 400
    assert answer.headers["X-Copper-Emulator-Hint"].startswith("This port speaks TLS")
