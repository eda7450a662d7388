"""A receiver on a free port that can be taken down and brought up again, and answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Endpoint:
    """What it received, and what it answers, once it is released, as it is unless a test changes that."""

    port: int = 0
    status: int = 200
    answer: str = "thank you"
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)
    _server: ThreadingHTTPServer | None = None

    def __post_init__(self) -> None:
        self.let_go.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def up(self) -> None:
        """Listen, on the same port as before."""
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.headers.append(dict(self.headers))
                endpoint.bodies.append(json.loads(raw))
                endpoint.arrived.set()
                endpoint.let_go.wait()
                answer = endpoint.answer.encode()
                # The client may be gone by now.
                with suppress(ConnectionError):
                    self.send_response(endpoint.status)
                    self.send_header("X-Answered-By", "the billing service")
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def down(self) -> None:
        """Refuse every connection."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@contextmanager
def listening() -> Iterator[Endpoint]:
    """An endpoint until the block ends."""
    endpoint = Endpoint()
    endpoint.up()
    try:
        yield endpoint
    finally:
        endpoint.down()
