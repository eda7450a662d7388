"""Real endpoints for the tests: servers in threads of their own, with event loops or sockets beyond our control."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiohttp import web

from tests.threads import in_a_thread

Answer = Callable[[BaseHTTPRequestHandler, bytes], int]


class HttpEndpoint(ThreadingHTTPServer):
    """A plain HTTP server; `requests` are the (path, headers, body) it received. Keeps connections alive."""

    daemon_threads = True
    # Each idle kept-alive connection has a thread, which ends with the connection.
    block_on_close = False

    def __init__(self, answer: Answer) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.answer = answer
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HttpEndpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, dict(self.headers.items()), body))
        status = self.server.answer(self, body)
        if status:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def http_endpoint(answer: Answer = lambda _request, _body: 200) -> Iterator[HttpEndpoint]:
    """Serve until the block ends; `answer` runs in the server's thread."""
    server = HttpEndpoint(answer)
    with in_a_thread(server):
        yield server


@contextmanager
def raw_endpoint(talk: Callable[[socket.socket], None]) -> Iterator[RawEndpoint]:
    """A socket that accepts and counts connections, and passes each to `talk`."""
    with RawEndpoint(talk) as server:
        yield server


class RawEndpoint:
    """Counts connections and remembers the bytes that `talk` reads through `heard`."""

    def __init__(self, talk: Callable[[socket.socket], None]) -> None:
        self._talk = talk
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve)
        self.connections = 0

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> RawEndpoint:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Wakes the waiting accept.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        for connection in self._open:
            connection.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            try:
                self._talk(connection)
            except OSError:
                connection.close()


def read_request(connection: socket.socket) -> bytes:
    """Read one whole request of a client that sends a Content-Length."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while len(body) < int(lengths[0]):
        body += _more(connection)
    return head + b"\r\n\r\n" + body


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionResetError
    return data


@contextmanager
def app_in_thread(app: web.Application) -> Iterator[str]:
    """An aiohttp application on an ordinary asyncio loop in another thread, like a user's own server."""
    ready = threading.Event()
    urls: list[str] = []
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(app, access_log=None)

    async def start() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        urls.append(f"http://127.0.0.1:{runner.addresses[0][1]}")

    def run() -> None:
        try:
            loop.run_until_complete(start())
        finally:
            ready.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait()
    try:
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
