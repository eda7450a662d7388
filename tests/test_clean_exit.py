"""Is anything left at the end: a thread, a task, a socket, a file, a warning? Every warning is an error here.

Python's development mode reports on stderr what was never closed or awaited, and stderr must be empty.
"""

from __future__ import annotations

import json
import signal
import socket
import ssl
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.strictly import NO_OTHERS, PATIENCE, STRICTLY, alone, ended, environment, said

CALLER = {"X-PW-AccessToken": "t", "X-PW-Application": "developer_api", "X-PW-UserEmail": "ada@example.com"}

LEFT = """
import contextlib
import gc
import os
import threading


def held():
    gc.collect()
    files = []
    for name in os.listdir("/proc/self/fd"):
        # That of the listing itself is gone.
        with contextlib.suppress(OSError):
            files.append(os.readlink(f"/proc/self/fd/{name}"))
    return sorted(files), [thread.name for thread in threading.enumerate()]
"""
"""What a process holds: its open files, sockets among them, and its threads."""


needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs a system that tells of open files")


PROGRAM = (
    LEFT
    + """
import asyncio
import urllib.request

from aiohttp import web

from copper_emulator import AsyncEmulator, Emulator

class App:
    async def __call__(self, scope, receive, send):
        while scope["type"] == "lifespan":
            kind = (await receive())["type"]
            await send({"type": kind + ".complete"})
            if kind == "lifespan.shutdown":
                return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

async def taken(request):
    return web.Response()

def served():
    app = web.Application()
    app.router.add_post("/hooks", taken)
    return app

def wsgi(environ, start_response):
    start_response("200 OK", [])
    return []

WAYS = [App(), wsgi, lambda request: 200]

def subscribed(copper, ways):
    for number, way in enumerate(ways):
        copper.route(f"https://{number}.example", to=way)
        copper.subscribe("person", "new", target=f"https://{number}.example/hooks")

def asked(copper, base):
    with urllib.request.urlopen(urllib.request.Request(base + "/account", headers=copper.headers)) as answer:
        assert answer.status == 200

def synchronous():
    with Emulator(intercept=True, latency="0-1m") as copper:
        subscribed(copper, [*WAYS, served()])
        asked(copper, copper.api_url)
        asked(copper, "https://api.copper.com/developer_api/v1")
        copper.people.create(name="Ada")
        copper.advance("1m")
        copper.expect("person", "new", count=4)
        copper.people.create(name="waits for ever")

async def asynchronous():
    async def hook(request):
        return 200

    async with AsyncEmulator() as copper:
        subscribed(copper, [*WAYS, served(), hook])
        await copper.people.create(name="Ada")
        await copper.expect("person", "new", count=5)
    # What ran a function in a thread is the loop's own, and ends with it.
    assert asyncio.all_tasks() == {asyncio.current_task()}, asyncio.all_tasks()

before = held()
synchronous()
asyncio.run(asynchronous())
assert held() == before, (held(), before)
print("done")
"""
)


@needs_proc
def test_the_python_faces_leave_nothing(tmp_path: Path) -> None:
    """Server, TLS, interception, endpoints of every kind, and a notification that still waits."""
    file = tmp_path / "program.py"
    file.write_text(PROGRAM, encoding="utf-8")

    assert ended([file]) == (0, "done\n", "")


CONFTEST = (
    LEFT
    + """

from collections import Counter

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session):
    session.config.stash[HELD] = held()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    # pytest itself has closed one of its own by now.
    left = [list((Counter(now) - Counter(before))) for now, before in zip(held(), config.stash[HELD])]
    assert left == [[], []], left
    print("nothing left")


HELD = pytest.StashKey()
"""
)

TESTS = """
import urllib.request


def asked(copper, base):
    with urllib.request.urlopen(urllib.request.Request(base + "/account", headers=copper.headers)) as answer:
        assert answer.status == 200


def test_one(copper, copper_endpoint, copper_intercept):
    asked(copper, copper.api_url)
    asked(copper, "https://api.copper.com/developer_api/v1")
    copper.subscribe("person", "new", target=copper_endpoint.url)
    copper.subscribe("person", "new", target=copper_endpoint(tls=True).url)
    copper.people.create(name="Ada")
    copper.expect("person", "new", count=2)


def test_two(make_copper):
    with make_copper(latency="30s") as copper:
        copper.fire("lead", "new", ids=1)


def test_that_fails(copper, copper_endpoint):
    copper_endpoint.hang()
    copper.subscribe("lead", "new", target=copper_endpoint.url)
    copper.fire("lead", "new", ids=1)
    copper.advance("10s")
"""


@needs_proc
def test_a_pytest_run_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_inner.py").write_text(TESTS, encoding="utf-8")

    code, out, err = ended(alone(), tmp_path, NO_OTHERS)

    assert (code, err) == (1, "")
    assert "1 failed, 2 passed" in out
    assert out.endswith("nothing left\n")


@pytest.mark.parametrize(
    "words",
    [
        ["run", "first_notification"],
        ["exec", "--", sys.executable, "-c", "pass"],
        ["schema"],
        ["openapi"],
        ["--help"],
        ["serve", "--help"],
    ],
    ids=lambda words: words[0],
)
def test_a_command_that_ends_by_itself_says_nothing_on_stderr_but_what_it_has_to_say(words: list[str]) -> None:
    code, _, err = ended(["-m", "copper_emulator", *words])

    assert (code, [line for line in err.splitlines() if "copper-emulator" not in line]) == (0, [])


def asked(url: str, path: str, fields: Mapping[str, Any]) -> None:
    """Call the API."""
    headers = {**CALLER, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/developer_api/v1/{path}", json.dumps(fields).encode(), headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        assert answer.status == 200


def connected(url: str) -> ssl.SSLSocket:
    """A client that stays connected over TLS."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    address = urllib.parse.urlsplit(url)
    return context.wrap_socket(socket.create_connection((address.hostname, address.port), timeout=PATIENCE))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_server_ends_without_a_word(tmp_path: Path, number: signal.Signals) -> None:
    """With stored state, clients over TLS and of the stream, a proxy, and a delivery to an endpoint that hangs."""
    hangs = socket.create_server(("127.0.0.1", 0))
    route = f"https://app.example=http://127.0.0.1:{hangs.getsockname()[1]}"
    options = ["--port", "0", "--tls-port", "0", "--proxy", "0", "--state", str(tmp_path / "state.sqlite")]
    with (
        hangs,
        subprocess.Popen(
            [*STRICTLY, "-m", "copper_emulator", "serve", *options, "--route", route, "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        ) as server,
    ):
        try:
            assert server.stdout is not None
            ready = json.loads(server.stdout.readline())
            url = ready["url"]
            asked(url, "webhooks", {"target": "https://app.example/hooks", "type": "person", "event": "new"})
            with (
                urllib.request.urlopen(f"{url}/", timeout=PATIENCE) as page,
                urllib.request.urlopen(f"{url}/_emulator/v1/accounts/default/journal/stream", timeout=PATIENCE),
                connected(ready["tls_url"]),
            ):
                assert page.status == 200
                asked(url, "people", {"name": "Ada"})
                connection, _ = hangs.accept()
                server.send_signal(number)
                _, err = server.communicate(timeout=PATIENCE)
            connection.close()
        finally:
            server.kill()

    assert (server.returncode, said(err)) == (0, "")


def test_what_is_looked_for_would_be_seen() -> None:
    """A socket that was never closed, and a coroutine that was never awaited."""
    left = "import socket; socket.socket()\nasync def never(): pass\nnever()"

    _, _, err = ended(["-c", left])

    assert "unclosed <socket.socket" in err
    assert "was never awaited" in err
