"""A kept connection: one that the server has closed is reopened, and a request it may have processed is not resent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from copper_emulator.control_client import Client
from copper_emulator.core.errors import StateError, UsageError
from copper_emulator.remote.tenant import RemoteTenant
from tests.forks import in_a_fork, needs_fork
from tests.threads import in_a_thread

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"

Open = Callable[..., "Server"]


class Server:
    """Handles each request, over all connections, according to the next turn.

    `keep` answers, `close` answers and closes, `break` reads it to its end and closes without an answer, `hang` never
    answers.
    """

    def __init__(self, turns: Sequence[str], answer: bytes) -> None:
        self.asked: list[str] = []
        self.closed = threading.Event()
        self._turns = iter(turns)
        self._answer = ANSWER % (len(answer), answer)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as reading:
                self._talk(connection, reading)
            self.closed.set()

    def _talk(self, connection: socket.socket, reading: Any) -> None:
        while first := reading.readline():
            length = 0
            while (header := reading.readline()) not in (b"\r\n", b""):
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            reading.read(length)
            self.asked.append(first.decode().split(" ")[0])
            turn = next(self._turns)
            if turn == "hang":
                # Until the client gives up.
                reading.read(1)
                return
            if turn != "break":
                connection.sendall(self._answer)
            if turn != "keep":
                return


@pytest.fixture
def serving() -> Iterator[Open]:
    servers: list[Server] = []

    def serve(*turns: str, answer: bytes = b"{}") -> Server:
        servers.append(Server(turns, answer))
        return servers[-1]

    yield serve
    for server in servers:
        server.stop()


def test_what_the_server_has_read_and_not_answered_is_not_posted_again(serving: Open) -> None:
    server = serving("keep", "break", "keep")
    client = Client(server.url)
    client.post("/fire")

    with pytest.raises(UsageError, match=r"before answering POST .*/fire .*it is not known whether it was done"):
        client.post("/fire")

    assert server.asked == ["POST", "POST"]
    client.post("/fire")
    client.close()


def test_a_connection_that_was_closed_while_it_was_idle_is_opened_again_before_a_post(serving: Open) -> None:
    server = serving("close", "keep")
    client = Client(server.url)
    client.post("/fire")
    assert server.closed.wait(10)

    client.post("/fire")

    assert server.asked == ["POST", "POST"]
    client.close()


def test_a_connection_is_kept_for_the_next_call_in_whichever_thread(serving: Open) -> None:
    """A second connection would get no answer from this server while the first is open."""
    server = serving("keep", "keep")
    client = Client(server.url)
    client.get("/health")

    with ThreadPoolExecutor() as other:
        other.submit(client.get, "/health", within=5).result()

    assert server.asked == ["GET", "GET"]
    client.close()


@needs_fork
def test_a_forked_process_has_connections_of_its_own() -> None:
    """On a common one, each would read what the other was answered."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = b'{"port": %d}' % self.client_address[1]
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    with in_a_thread(server):
        client = Client(f"http://127.0.0.1:{server.server_port}")
        before = client.get("/health")
        forked = in_a_fork(lambda: [client.get("/health"), client.get("/health")])
        after = client.get("/health")
        client.close()

    assert forked[0] == forked[1] != before
    assert after == before


def test_what_only_asks_is_asked_again_where_a_kept_connection_ends(serving: Open) -> None:
    server = serving("keep", "break", "keep", "break")
    client = Client(server.url)
    client.get("/health")

    client.get("/health")

    assert server.asked == ["GET", "GET", "GET"]
    client.close()


def test_on_a_fresh_connection_nothing_is_asked_twice(serving: Open) -> None:
    server = serving("break", "keep")
    client = Client(server.url)

    with pytest.raises(UsageError, match="nothing answers"):
        client.get("/health")

    assert server.asked == ["GET"]
    client.close()


@pytest.mark.parametrize("turn", ["close", "break", "hang"])
def test_a_connection_that_is_not_used_again_is_closed(serving: Open, turn: str) -> None:
    server = serving("keep", turn, "keep")
    client = Client(server.url)
    client.get("/health")
    (first,) = client._every

    with suppress(UsageError):
        client.post("/fire", within=0.01 if turn == "hang" else 10)
    if turn == "close":
        assert server.closed.wait(10)
    client.get("/health")

    assert first.sock is None
    assert len(client._every) == 1
    client.close()


def test_a_connection_for_events_is_closed_with_them(serving: Open) -> None:
    client = Client(serving("close").url)

    assert list(client.events("/journal/stream", {}, after="0")) == []

    assert not client._every


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b'{"version": 99, "state": {}, "digest": ""}', "has version 99, but this copper-emulator reads"),
        (b'{"version": 1, "state": {}, "digest": "0"}', "was altered after it was made"),
        (b"{}", "has version 0"),
    ],
)
def test_a_server_that_tells_of_its_accounts_in_another_way_is_told_so(serving: Open, answer: bytes, said: str) -> None:
    client = Client(serving("keep", answer=answer).url)

    with pytest.raises(StateError, match=said):
        RemoteTenant(client, "/accounts/default", "default").account.name  # noqa: B018

    client.close()
