"""Processes started by an intercepting test reach its account without configuration; afterwards nothing is left."""

from __future__ import annotations

import json
import os
import socketserver
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import getproxies

import pytest
import requests

from copper_emulator import Copper, Emulator, Endpoint
from copper_emulator.interception.hosts import HOSTS
from copper_emulator.shell.intercepting.children import has_proxy, past_proxy
from tests.executing.commands import runtime
from tests.interception.clients import BASE, HEADERS
from tests.interception.listening import AUTHORITY, listening
from tests.threads import in_a_thread

SUBSCRIPTION = {"target": "https://endpoint.example.com/hooks/copper", "type": "person", "event": "new"}

WITH_REQUESTS = f"""
import requests
made = requests.post("{BASE}/webhooks", json={SUBSCRIPTION!r}, headers={HEADERS!r})
print(made.text)
"""

WITH_HTTP_CLIENT = f"""
import http.client, json
connection = http.client.HTTPSConnection("api.copper.com")
connection.request("POST", "/developer_api/v1/webhooks", json.dumps({SUBSCRIPTION!r}), {HEADERS!r})
print(connection.getresponse().read().decode())
"""

WITH_AIOHTTP = f"""
import aiohttp, asyncio
from tests.threads import in_a_thread
async def main():
    async with aiohttp.ClientSession() as session:
        async with session.post("{BASE}/webhooks", json={SUBSCRIPTION!r}, headers={HEADERS!r}) as made:
            print(await made.text())
asyncio.run(main())
"""

WITH_UVLOOP = WITH_AIOHTTP.replace("asyncio.run(", "import uvloop; uvloop.run(")

WITH_FETCH = f"""
const [headers, body] = [{json.dumps(HEADERS)}, JSON.stringify({json.dumps(SUBSCRIPTION)})]
fetch("{BASE}/webhooks", {{method: "POST", headers, body}})
  .then((made) => made.text())
  .then((text) => console.log(text))
"""


WITH_RUBY = f"""
require "net/http"
made = Net::HTTP.post(URI("{BASE}/webhooks"), '{json.dumps(SUBSCRIPTION)}', {json.dumps(HEADERS).replace('":', '" =>')})
puts made.body
"""


def node(program: str) -> list[str]:
    return [runtime("node"), "-e", program]


def curl(*words: str) -> list[str]:
    headers = (word for name, value in HEADERS.items() for word in ("-H", f"{name}: {value}"))
    return [runtime("curl"), "-sS", *headers, *words]


def output(command: list[str], **options: Any) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **options)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    printed: str = done.stdout
    return printed


COMMANDS: dict[str, Callable[[], list[str]]] = {
    "requests": lambda: [sys.executable, "-c", WITH_REQUESTS],
    "http.client": lambda: [sys.executable, "-c", WITH_HTTP_CLIENT],
    "http.client, without site-packages": lambda: [sys._base_executable, "-c", WITH_HTTP_CLIENT],  # type: ignore[attr-defined]
    "aiohttp": lambda: [sys.executable, "-c", WITH_AIOHTTP],
    "aiohttp on uvloop": lambda: [sys.executable, "-c", WITH_UVLOOP],
    "fetch": lambda: node(WITH_FETCH),
    "ruby": lambda: [runtime("ruby"), "-e", WITH_RUBY],
    "curl": lambda: curl("--json", json.dumps(SUBSCRIPTION), f"{BASE}/webhooks"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_child_subscribes_and_is_known_to_the_test(copper: Copper, copper_endpoint: Endpoint, name: str) -> None:
    command = COMMANDS[name]()
    with copper.intercept():
        made = json.loads(output(command))

    ada = copper.people.create(name="Ada")
    copper.expect("person", "new", ids=ada.id, count=1)
    assert made["id"] == copper.subscriptions[0].id
    assert len(copper_endpoint.requests) == 1


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("curl", "ruby")])
def test_so_does_one_whose_environment_was_made_of_this_ones(copper: Copper, name: str) -> None:
    command = COMMANDS[name]()
    with copper.intercept():
        json.loads(output(command, env={**os.environ, "FURTHER": "1"}))

    assert len(copper.subscriptions) == 1


def test_and_one_that_is_given_the_whole_environment(copper: Copper) -> None:
    command = COMMANDS["curl"]()
    with copper.intercept() as interception:
        json.loads(output(command, env={**os.environ, **interception.environment}))

    assert len(copper.subscriptions) == 1


@pytest.mark.usefixtures("copper_intercept")
def test_a_childs_other_hosts_are_let_through() -> None:
    """Through the proxy, which is for Copper's hosts; a foreign certificate remains what it is."""
    with listening("localhost") as port:
        refused = subprocess.run(curl("--noproxy", "", f"https://localhost:{port}/"), capture_output=True, timeout=60)
        seen = output(curl("--noproxy", "", "--insecure", f"https://localhost:{port}/"))

    assert refused.returncode == 60
    assert json.loads(seen)["host"] == f"localhost:{port}"


def test_a_program_that_is_missing_is_a_failure_where_all_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("COPPER_RUNTIMES_REQUIRED", raising=False)
    with pytest.raises(pytest.skip.Exception, match="there is no curl"):
        curl()

    monkeypatch.setenv("COPPER_RUNTIMES_REQUIRED", "1")
    with pytest.raises(pytest.fail.Exception, match="there is no curl"):
        curl()


# --- this process -----------------------------------------------------------------------------------------------


def environment_of_a_child() -> dict[str, str]:
    """The process's real environment, which may differ from `os.environ`."""
    program = "import json, os, sys; json.dump(dict(os.environ), sys.stdout)"
    found: dict[str, str] = json.loads(output([sys.executable, "-I", "-c", program]))
    return found


def test_afterwards_the_environment_is_as_it_was(copper: Copper) -> None:
    before, inherited = dict(os.environ), environment_of_a_child()

    with copper.intercept():
        assert dict(os.environ) != before
        assert environment_of_a_child()["HTTPS_PROXY"].startswith("http://127.0.0.1:")

    assert dict(os.environ) == before
    assert environment_of_a_child() == inherited


def test_what_clients_of_this_process_heed_is_not_changed_for_them(copper: Copper) -> None:
    names = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    heeded = [spelt for name in names for spelt in (name, name.lower())]
    before = {name: os.environ.get(name) for name in heeded}

    with copper.intercept():
        assert {name: os.environ.get(name) for name in heeded} == before


def test_nor_does_urllib_take_what_node_reads_for_a_proxy(copper: Copper) -> None:
    before = getproxies()

    with copper.intercept():
        assert getproxies() == before
        assert environment_of_a_child()["NODE_USE_ENV_PROXY"] == "1"


def test_what_was_there_is_kept_and_put_back(copper: Copper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/of/the/test")
    monkeypatch.setenv("NODE_OPTIONS", "--max-old-space-size=512")
    monkeypatch.setenv("SSL_CERT_FILE", "/of/the/company.pem")
    before = dict(os.environ)

    with copper.intercept():
        assert os.environ["PYTHONPATH"].endswith(f"{os.pathsep}/of/the/test")
        assert os.environ["NODE_OPTIONS"].startswith("--max-old-space-size=512 --require ")
        with copper.intercept():
            assert os.environ["PYTHONPATH"].count(os.pathsep) == 1
        assert os.environ["PYTHONPATH"].count(os.pathsep) == 1
        os.environ["NODE_OPTIONS"] = "of the test itself"

    assert dict(os.environ) == {**before, "NODE_OPTIONS": "of the test itself"}
    assert environment_of_a_child()["SSL_CERT_FILE"] == "/of/the/company.pem"


def test_who_adds_an_authority_of_their_own_gets_both(
    copper: Copper, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    company = tmp_path / "company.pem"
    company.write_bytes(AUTHORITY.cert_pem.bytes())
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", str(company))

    with copper.intercept():
        together = Path(os.environ["NODE_EXTRA_CA_CERTS"]).read_bytes()

    assert AUTHORITY.cert_pem.bytes().strip() in together


# --- other hosts, and a proxy of the user's ---------------------------------------------------------------------

NOWHERE = "192.0.2.1"
"""An unused address, reserved for documentation."""


def refusals(url: str) -> str:
    """curl's output about a host that cannot be reached."""
    done = subprocess.run(curl("--max-time", "3", url), capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    return done.stdout + done.stderr


@pytest.mark.usefixtures("copper_intercept")
def test_another_host_is_not_refused() -> None:
    assert "403" not in refusals(f"https://{NOWHERE}/")


@pytest.mark.usefixtures("copper_intercept")
def test_nor_is_it_where_a_second_emulator_intercepts_inside() -> None:
    """It finds variables that say that this process is intercepted; only `exec` says that others are refused."""
    with Emulator(intercept=True):
        assert "403" not in refusals(f"https://{NOWHERE}/")


def test_under_exec_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPPER_EMULATOR_REFUSES", "1")
    with Emulator(intercept=True):
        assert "403" in refusals(f"https://{NOWHERE}/")


class _Recording(socketserver.StreamRequestHandler):
    """A proxy that records its requests, and gives a recognisable answer."""

    def handle(self) -> None:
        head = [line.decode().rstrip() for line in iter(self.rfile.readline, b"\r\n")]
        self.server.asked.append(head)  # type: ignore[attr-defined]
        self.wfile.write(b"HTTP/1.1 418 Tea\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@pytest.fixture
def their_proxy() -> Iterator[Any]:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Recording)
    server.asked = []  # type: ignore[attr-defined]
    with in_a_thread(server):
        yield server


def their_url(their_proxy: Any, user: str = "") -> str:
    return f"http://{user}127.0.0.1:{their_proxy.server_address[1]}"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_users_is_asked_for_other_hosts_and_not_for_copper(
    copper: Copper, monkeypatch: pytest.MonkeyPatch, their_proxy: Any, name: str
) -> None:
    monkeypatch.setenv(name, their_url(their_proxy, "ann:pass%20word@"))
    commands = [COMMANDS[each]() for each in ("curl", "requests", "fetch")]

    with copper.intercept():
        for command in commands:
            output(command)
        assert "418" in refusals("https://other.example/")

    assert len(copper.subscriptions) == 3
    [[line, *headers]] = their_proxy.asked
    assert line == "CONNECT other.example:443 HTTP/1.1"
    assert "Proxy-Authorization: Basic YW5uOnBhc3Mgd29yZA==" in headers


def test_it_is_asked_for_a_whole_url_too(copper: Copper, monkeypatch: pytest.MonkeyPatch, their_proxy: Any) -> None:
    monkeypatch.setenv("http_proxy", their_url(their_proxy))

    with copper.intercept():
        output(curl("http://other.example:81/a?b=c"))

    [[line, *headers]] = their_proxy.asked
    assert line == "GET http://other.example:81/a?b=c HTTP/1.1"
    assert "Host: other.example:81" in headers


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "http_proxy"])
def test_for_this_process_it_stays_and_is_not_asked_for_copper(
    copper: Copper, monkeypatch: pytest.MonkeyPatch, their_proxy: Any, name: str
) -> None:
    for spelt in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(spelt, "intranet.example")
    monkeypatch.setenv(name, their_url(their_proxy))

    with copper.intercept():
        assert os.environ[name] == their_url(their_proxy)
        assert requests.get(f"{BASE}/account", headers=HEADERS, timeout=10).status_code == 200
        assert environment_of_a_child()["NO_PROXY"] == "localhost,127.0.0.1,::1,intranet.example"

    assert os.environ["NO_PROXY"] == "intranet.example"
    assert their_proxy.asked == []


def test_one_that_cannot_be_handed_on_to_is_not_gone_around(copper: Copper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:9")
    command = COMMANDS["curl"]()

    with copper.intercept():
        output(command)
        assert "403" in refusals(f"https://{NOWHERE}/")


@pytest.mark.parametrize("covering", ["*", ".copper.com", "api.copper.com", "api.prosperworks.com:443", "copper.com"])
def test_who_has_copper_in_no_proxy_is_reached_all_the_same(
    copper: Copper, monkeypatch: pytest.MonkeyPatch, covering: str
) -> None:
    monkeypatch.setenv("NO_PROXY", f"intranet.example, {covering}")
    command = COMMANDS["curl"]()

    with copper.intercept():
        output(command)
        assert covering not in environment_of_a_child()["NO_PROXY"].split(",")

    assert len(copper.subscriptions) == 1


def test_under_exec_the_tests_own_account_answers(
    copper: Copper, monkeypatch: pytest.MonkeyPatch, their_proxy: Any
) -> None:
    """There, a proxy routes Copper's hosts to the account of the whole command, and knows which others are allowed."""
    monkeypatch.setenv("COPPER_EMULATOR_INTERCEPT", "127.0.0.1:9")
    monkeypatch.setenv("COPPER_EMULATOR_REFUSES", "1")
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, their_url(their_proxy))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "localhost,127.0.0.1,::1")
    before = dict(os.environ)

    with copper.intercept():
        assert requests.get(f"{BASE}/account", headers=HEADERS, timeout=10).status_code == 200
        for command in ("curl", "requests", "fetch"):
            output(COMMANDS[command]())
        assert "418" in refusals("https://other.example/")

    assert len(copper.subscriptions) == 3
    assert dict(os.environ) == before
    assert environment_of_a_child()["NO_PROXY"] == "localhost,127.0.0.1,::1"


def test_without_a_proxy_nothing_is_said_about_one() -> None:
    assert not has_proxy({"NO_PROXY": "x", "HTTPS_PROXY": "", "PATH": "/bin"})
    assert past_proxy({})["NO_PROXY"] == ",".join(HOSTS)
