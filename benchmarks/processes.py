"""How is a server started as a process of its own, and which resources does it use?

Resource use is read from /proc, so these rigs need Linux.
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
"""Seconds within which a server must have printed where it listens."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that has printed where it listens."""

    pid: int
    port: int

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return the JSON answer to a request, over a new connection, as soon as one can be made."""
        text = None if body is None else json.dumps(body)
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
            try:
                connection.request(method, path, text, HEADERS)
                answer = connection.getresponse()
                content = answer.read()
            except ConnectionRefusedError:
                # It has printed its address, but gives no sign when it listens.
                time.sleep(PATIENCE)
                continue
            finally:
                connection.close()
            if answer.status not in (200, 201):
                raise RuntimeError(f"{method} {path} answered {answer.status}: {content[:300]!r}")
            return json.loads(content)

    def memory(self) -> float:
        """MiB of resident memory."""
        found = re.search(r"VmRSS:\s+(\d+)", _proc(self.pid, "status").read_text())
        return int(found[1]) / 1024 if found else 0.0

    def processor(self) -> float:
        """Seconds of processor time that its threads have used."""
        tasks = _proc(self.pid, "task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


@contextmanager
def started(command: Sequence[str]) -> Iterator[Server]:
    """A server that prints its address in its first line; it is killed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        # To a file, because a pipe that no one reads is full after some hundred deliveries.
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
        # There is no event for a new line in a file.
        time.sleep(PATIENCE)
    raise RuntimeError(f"the server did not start: {log.read_text()[:500]}")


def _proc(pid: int, name: str) -> Path:
    path = Path("/proc", str(pid), name)
    if not path.exists():
        raise Unavailable("memory and processor time of a process are read in /proc, which is not here")
    return path
