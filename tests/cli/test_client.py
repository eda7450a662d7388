"""What do the commands say about a server that does not answer, or has another version?"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from copper_emulator.cli import Failure
from copper_emulator.cli.client import Client
from copper_emulator.version import __version__
from tests.cli.processes import invoke
from tests.threads import in_a_thread


@pytest.fixture
def mute() -> Iterator[str]:
    """A place that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def answering(version: str, *, not_there: str) -> Iterator[str]:
    """A server that reports its version, and knows no other path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/_emulator/v1/health"
            told = json.dumps({"version": version}) if known else not_there.replace("PATH", self.path)
            self.send_response(200 if known else 404)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told.encode())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with in_a_thread(server):
        yield f"http://127.0.0.1:{server.server_address[1]}"


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.get("/accounts"),
        lambda client: client.get("/accounts/default/snapshot", is_long=True),
        lambda client: client.post("/accounts/default/clock/advance", {"by": "10m"}),
        lambda client: client.delete("/accounts/default"),
    ],
    ids=["get", "long", "post", "delete"],
)
def test_who_listens_and_does_not_answer_is_given_up(mute: str, ask: Callable[[Client], Any]) -> None:
    with pytest.raises(Failure) as failed:
        ask(Client(mute, prompt=0.01))

    assert failed.value.message == f"something listens at {mute} and does not answer within 0.01 s"


@pytest.mark.parametrize("command", [["status"], ["fire", "person.new", "--id", "1", "--account", "default"]])
@pytest.mark.parametrize("not_there", ['{"error": "there is no PATH in the control API"}', "404: Not Found"])
def test_a_path_that_a_server_of_another_version_does_not_have(command: list[str], not_there: str) -> None:
    with answering("9.9.0", not_there=not_there) as url:
        code, out, err = invoke(*command, server=url)

    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.endswith(f"; the server is version 9.9.0, this command {__version__}\n")


@pytest.mark.parametrize(
    ("version", "error"),
    [("9.9.0", "there is no account 'default'"), (__version__, "there is no PATH in the control API")],
    ids=["a thing", "the same version"],
)
def test_nothing_is_said_of_versions_where_they_are_not_the_reason(version: str, error: str) -> None:
    with answering(version, not_there=json.dumps({"error": error})) as url:
        code, out, err = invoke("subscriptions", "--account", "default", server=url)

    assert (code, out) == (1, "")
    assert err == f"copper-emulator: {error.replace('PATH', '/_emulator/v1/accounts/default/subscriptions')}\n"
