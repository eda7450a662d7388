"""How is a server started as a process of its own, and what does it take of the machine?

What it takes is read in /proc, so these rigs need Linux.
"""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measuring import Unavailable, environment

SERVE = [sys.executable, "-m", "copper_emulator", "serve", "--port", "0"]
HEADERS = {
    "X-PW-AccessToken": "benchmark",
    "X-PW-Application": "developer_api",
    "X-PW-UserEmail": "qa@example.com",
    "Content-Type": "application/json",
}
ACCOUNT = "/_emulator/v1/accounts/default"
PATIENCE = 0.002
"""Seconds between two attempts to connect."""
LONGEST = 60.0
"""Seconds until a server must have said where it listens."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that has said where it listens."""

    pid: int
    port: int

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer to a request over a connection of its own, as soon as one can be made."""
        text = None if body is None else json.dumps(body)
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
            try:
                connection.request(method, path, text, HEADERS)
                answer = connection.getresponse()
                content = answer.read()
            except ConnectionRefusedError:
                # It has told where it will listen, and nothing tells when it does.
                time.sleep(PATIENCE)
                continue
            finally:
                connection.close()
            if answer.status not in (200, 201):
                raise RuntimeError(f"{method} {path} answered {answer.status}: {content[:300]!r}")
            return json.loads(content)

    def memory(self) -> float:
        """MiB that it has in memory."""
        found = re.search(r"VmRSS:\s+(\d+)", _proc(self.pid, "status").read_text())
        return int(found[1]) / 1024 if found else 0.0

    def processor(self) -> float:
        """Seconds of processor time that its threads have taken."""
        tasks = _proc(self.pid, "task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


@contextmanager
def started(command: Sequence[str]) -> Iterator[Server]:
    """A server that names its address in the first line that it prints; it is killed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        # Into a file: a pipe that nobody reads is full after some hundred deliveries.
        log = Path(folder, "log")
        with (
            log.open("w") as out,
            subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment()) as process,
        ):
            try:
                yield Server(process.pid, _port(log, process))
            finally:
                process.kill()


def _port(log: Path, process: subprocess.Popen[bytes]) -> int:
    until = time.monotonic() + LONGEST
    while process.poll() is None and time.monotonic() < until:
        found = re.search(r"http://127\.0\.0\.1:(\d+)\D", log.read_text())
        if found is not None:
            return int(found[1])
        # Of a file nothing tells when it has another line.
        time.sleep(PATIENCE)
    raise RuntimeError(f"the server did not start: {log.read_text()[:500]}")


def _proc(pid: int, name: str) -> Path:
    path = Path("/proc", str(pid), name)
    if not path.exists():
        raise Unavailable("memory and processor time of a process are read in /proc, which is not here")
    return path
