"""An endpoint whose ledger outlives the server that notifies it: every body, as it arrived."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from copper_emulator.core.draws import draw
from copper_emulator.shell.clock import pause


class Ledger:
    """What arrived, in order."""

    def __init__(self) -> None:
        self.url = ""
        self._bodies: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def write(self, body: dict[str, Any]) -> int:
        """Add a body; return how many there are."""
        with self._lock:
            self._bodies.append(body)
            return len(self._bodies)

    def read(self) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._bodies)


@contextmanager
def listening(ledger: Ledger, *, seed: int) -> Iterator[Ledger]:
    """Serve it on a free port, in threads of this process. It answers after up to 40 ms, where a kill may fall."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            number = ledger.write(json.loads(body))
            pause(draw(seed, "answer", number, low=0, high=40) / 1000)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def handle(self) -> None:
            # The servers that notify it are killed.
            try:
                super().handle()
            except ConnectionError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        ledger.url = f"http://127.0.0.1:{server.server_port}"
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        serving.start()
        try:
            yield ledger
        finally:
            server.shutdown()
            serving.join()
