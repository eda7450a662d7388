"""A server as a process of its own, and what it uses: memory, threads, open files, tasks, objects."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from endurance.checking import Checks

PATIENCE = 60.0
"""Seconds to wait for anything."""

_PAUSE = 0.005
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Taken:
    """What a process uses at one moment. Tasks, objects and blocks are counted inside it; the rest comes from /proc."""

    rss: int
    threads: int
    files: int
    tasks: int
    objects: int
    blocks: int
    """Memory blocks that Python has in use. Their growth is real growth; memory also grows through fragmentation."""


@dataclass(frozen=True, slots=True)
class Told:
    """How a process ended."""

    code: int
    stderr: str
    seconds: float

    def check(self, checks: Checks) -> None:
        checks.check(
            "it ends when it is told to, with 0", holds=self.code == 0, seen=f"{self.code}, {self.seconds:.1f} s"
        )
        checks.check("nothing is on its stderr", holds=not self.stderr, seen=self.stderr[-2000:])


class Server:
    """A running server: its URLs, and what it uses."""

    def __init__(self, popen: subprocess.Popen[bytes], ready: dict[str, Any], file: Path, stderr: IO[bytes]) -> None:
        self.popen = popen
        self.url: str = ready["url"]
        self.proxy_url: str = ready.get("proxy_url", "")
        self._file = file
        self._stderr = stderr

    @property
    def is_running(self) -> bool:
        return self.popen.poll() is None

    def rss(self) -> int:
        """Bytes of resident memory."""
        return int(self._status("VmRSS")) * 1024

    def cpu(self) -> float:
        """Seconds of processor time that it has used."""
        fields = Path(f"/proc/{self.popen.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def taken(self, *, collected: bool = True) -> Taken:
        """What it uses now, after collecting its garbage; if not `collected`, that is skipped, and `objects` is 0."""
        self._file.unlink(missing_ok=True)
        self.popen.send_signal(signal.SIGUSR2 if collected else signal.SIGUSR1)
        until = time.monotonic() + PATIENCE
        while not self._file.exists():
            if time.monotonic() > until or not self.is_running:
                raise SystemExit(f"the server tells nothing of itself any more: {self.said_on_stderr()}")
            time.sleep(_PAUSE)
        inside = json.loads(self._file.read_text())
        files = len(os.listdir(f"/proc/{self.popen.pid}/fd"))
        return Taken(self.rss(), int(self._status("Threads")), files, **inside)

    def said_on_stderr(self) -> str:
        self._stderr.seek(0)
        return self._stderr.read().decode(errors="replace")

    def end(self) -> Told:
        """End it with SIGINT, as Ctrl-C does."""
        began = time.monotonic()
        self.popen.send_signal(signal.SIGINT)
        try:
            code = self.popen.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            code = self.popen.wait()
        return Told(code, self.said_on_stderr(), time.monotonic() - began)

    def _status(self, name: str) -> str:
        for line in Path(f"/proc/{self.popen.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return line.split()[1]
        raise SystemExit("the server has ended")


@contextmanager
def serving(*options: str, shut: bool = False) -> Iterator[Server]:
    """`copper-emulator serve`, until the block ends. Its log is read and discarded, as a terminal would."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as stderr:
        file = Path(folder) / "taken.json"
        command = [sys.executable, "-m", "endurance.watched", str(file), *(["--shut"] if shut else [])]
        arguments = [*command, "serve", "--port", "0", "--json", *options]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=stderr) as popen:
            try:
                yield Server(popen, _ready(popen, stderr), file, stderr)
            finally:
                popen.kill()


def _ready(popen: subprocess.Popen[bytes], stderr: IO[bytes]) -> dict[str, Any]:
    out = popen.stdout
    line = out.readline() if out is not None else b""
    if out is None or not line:
        stderr.seek(0)
        raise SystemExit(f"the server did not start: {stderr.read().decode(errors='replace')}")
    threading.Thread(target=_drain, args=(out,), daemon=True).start()
    told: dict[str, Any] = json.loads(line)
    return told


def _drain(out: IO[bytes]) -> None:
    # At the end, the pipe is closed while it is being read.
    with suppress(OSError, ValueError):
        while os.read(out.fileno(), _CHUNK):
            pass
