"""The processes on both sides of a measurement: the emulator, receivers, senders, and peers.

Each is its own process that ends with its `with` block. A program from `programs/` gets its settings as a line of JSON
on standard input; if it is a server, the first line it prints is its URL.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.measuring import Unavailable
from benchmarks.processes import HEADERS, SERVE, started

PROGRAMS = Path(__file__).parent / "programs"
ORIGIN = "https://bench.example.com"
TARGET = f"{ORIGIN}/hooks"
API = "/developer_api/v1"

_PATIENCE = 20.0
"""Seconds for a process to start."""
_LINE = 60.0
"""Seconds to wait for a program's next line."""
_LOOK = 0.005
"""Seconds between two attempts to connect."""


@dataclass(frozen=True, slots=True)
class Program:
    """A process that communicates by lines."""

    process: subprocess.Popen[str]

    def hear(self) -> str:
        """Return the next line it prints; kill it if none comes in time."""
        overdue = threading.Timer(_LINE, self.process.kill)
        overdue.start()
        line = self.process.stdout.readline() if self.process.stdout is not None else ""
        overdue.cancel()
        if not line:
            raise RuntimeError(f"{self.process.args!r} ended, or said nothing for {_LINE:.0f} s")
        return line.strip()

    def tell(self, line: str) -> None:
        """Send it a line."""
        if self.process.stdin is not None:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()


@contextmanager
def program(name: str, *arguments: str, python: Path | None = None, told: Any = None) -> Iterator[Program]:
    """A program from `programs/`, run by this Python or another."""
    command = [str(python or sys.executable), str(PROGRAMS / f"{name}.py"), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            made = Program(process)
            if told is not None:
                made.tell(json.dumps(told))
            yield made
        finally:
            process.kill()


@dataclass(frozen=True, slots=True)
class Site:
    """A server at a URL, called over one kept connection."""

    url: str
    connection: http.client.HTTPConnection

    def ask(self, method: str, path: str, said: Any = None) -> Any:
        """Return the JSON of the answer to one call, which must be 200."""
        return json.loads(self.bytes_of(method, path, None if said is None else json.dumps(said).encode()))

    def bytes_of(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Return the body of the answer to one call, which must be 200."""
        self.begin(method, path, body)
        return self.end()

    def begin(self, method: str, path: str, body: bytes | None = None) -> None:
        """Send a request, without waiting for its answer."""
        self.connection.request(method, path, body=body, headers=HEADERS)

    def end(self) -> bytes:
        """Read the answer to the request that was sent; it must be 200."""
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{self.url} answered {answer.status}: {content[:300]!r}")
        return content


@contextmanager
def site(url: str) -> Iterator[Site]:
    """A kept connection to the server at this URL."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        yield Site(url, connection)
    finally:
        connection.close()


@contextmanager
def emulator(*options: str) -> Iterator[Site]:
    """`copper-emulator serve` in real time without limits; its log goes to a file, as in CI."""
    command = [*SERVE, "--limits", "off", "--token", HEADERS["X-PW-AccessToken"], *options]
    with started(command) as server, site(f"http://127.0.0.1:{server.port}") as found:
        yield found


def free_port() -> int:
    """A port that is free now, for a server that cannot choose one itself."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def served(command: Sequence[str | Path], port: int) -> Iterator[str]:
    """Run a third-party server and yield its URL once it accepts connections; its temporary files are removed."""
    with tempfile.TemporaryDirectory() as folder:
        aside = {**os.environ, "TMPDIR": folder}
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=aside) as process:
            try:
                _until_it_listens(port, process)
                yield f"http://127.0.0.1:{port}"
            finally:
                process.kill()


def _until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            # A third-party process, which gives no sign when it listens.
            time.sleep(_LOOK)
        else:
            return
    raise Unavailable(f"{process.args!r} did not start")
