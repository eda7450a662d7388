"""How does a test make a client act, and get the result?

Each client has a driver in drivers/: a program that creates the client, sets nothing but its base URL, and does what it
is told on stdin. The rest is the client's own code; no driver asserts anything.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copper_emulator import Copper

DRIVERS = Path(__file__).parent / "drivers"
WRONG_TOKEN = "no-such-token"


@dataclass(frozen=True)
class Ended:
    """How a program ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its stdout, parsed."""
        assert self.status == 0, self.err
        return json.loads(self.out)


def environment(folder: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment without the user's settings or configuration files, and without access to the real Copper."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    return {**kept, **nowhere, "HOME": folder, "NO_COLOR": "1", **(extra or {})}


def run(
    command: Sequence[str], *, stdin: str = "", env: Mapping[str, str] | None = None, folder: Path | None = None
) -> Ended:
    """Run a program to its end, in an empty home."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=environment(home, env),
            cwd=folder or home,
            timeout=120,
        )
    return Ended(done.returncode, done.stdout, done.stderr)


def watch(command: Sequence[str], *, stdin: str, on_line: Callable[[str], object]) -> Ended:
    """The same, passing each line of its stderr to `on_line` while it runs."""
    with tempfile.TemporaryDirectory() as home, open(Path(home) / "out", "w+", encoding="utf-8") as out:
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(home),
            cwd=home,
        ) as running:
            assert running.stdin is not None
            assert running.stderr is not None
            running.stdin.write(stdin)
            running.stdin.close()
            lines = []
            for line in running.stderr:
                lines.append(line)
                on_line(line)
        out.seek(0)
        return Ended(running.returncode, out.read(), "".join(lines))


def told(copper: Copper, acts: Sequence[Any], *, token: str | None = None, **extra: Any) -> str:
    """A driver's input: where the emulator is, who calls, and what to do."""
    who = {"url": copper.api_url, "token": token or copper.token, "email": copper.email}
    return json.dumps({**who, "acts": acts, **extra})
