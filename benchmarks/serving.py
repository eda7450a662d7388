"""How long until `serve` answers, and how much memory does it take at rest, beside a minimal aiohttp application?

Each is started as a process of its own, in turn, and asked until it answers; what is timed is from the start of the
process to the answer. `python benchmarks/serving.py [--rounds N]`.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

BARE = """
import socket
from aiohttp import web

async def answer(request):
    return web.json_response({"status": "ok"})

app = web.Application()
app.router.add_get("/health", answer)
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
print("http://127.0.0.1:%d" % listener.getsockname()[1], flush=True)
web.run_app(app, sock=listener, print=None)
"""
HEADERS = {
    "X-PW-AccessToken": "benchmark",
    "X-PW-Application": "developer_api",
    "X-PW-UserEmail": "qa@example.com",
    "Content-Type": "application/json",
}
PATIENCE = 0.002
"""Seconds between two attempts to connect."""


@dataclass
class Row:
    """One way to start, and what was measured."""

    name: str
    command: list[str]
    path: str
    seconds: list[float] = field(default_factory=list)
    kib: list[int] = field(default_factory=list)

    def measure(self) -> None:
        began = time.perf_counter()
        with started(self.command) as (process, port):
            ask(port, self.path)
            self.seconds.append(time.perf_counter() - began)
            found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())
            self.kib.append(int(found[1]) if found else 0)


@contextmanager
def started(command: list[str]) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server and the port that its first line names."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            said = process.stdout.readline() if process.stdout is not None else ""
            found = re.search(r"http://127\.0\.0\.1:(\d+)", said)
            if found is None:
                raise SystemExit(f"the server did not start: {said}")
            yield process, int(found[1])
        finally:
            process.kill()


def ask(port: int, path: str) -> None:
    """The answer to a GET, as soon as there is one."""
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("GET", path, headers=HEADERS)
            answer = connection.getresponse()
            json.loads(answer.read())
        except ConnectionRefusedError:
            time.sleep(PATIENCE)
            continue
        finally:
            connection.close()
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}")
        return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    rounds = parser.parse_args().rounds
    serve = [sys.executable, "-m", "copper_emulator", "serve", "--port", "0"]
    bare = Row("minimal aiohttp application", [sys.executable, "-c", BARE], "/health")
    rows = [
        bare,
        Row("serve, asked whether it is there", serve, "/_emulator/v1/health"),
        Row("serve, asked for the subscriptions", serve, "/developer_api/v1/webhooks"),
        Row("serve, asked for its accounts", serve, "/_emulator/v1/accounts"),
    ]
    for _ in range(rounds):
        for row in rows:
            row.measure()
    table = Table("start to first answer", "median", "ratio", "memory then", box=box.MARKDOWN)
    for row in rows:
        median = statistics.median(row.seconds)
        ratio = median / statistics.median(bare.seconds)
        memory = statistics.median(row.kib) / 1024
        table.add_row(row.name, f"{median * 1000:.0f} ms", f"{ratio:.2f}", f"{memory:.0f} MiB")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
