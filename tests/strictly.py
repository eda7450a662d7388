"""How is a program run so that whatever it leaves is told of: in Python's development mode, every warning an error?"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

STRICTLY = [sys.executable, "-W", "error", "-X", "dev"]
PATIENCE = 60.0

# In development mode asyncio tells of what took long; on a busy machine, anything does.
_SLOW = re.compile(r"^Executing <.*> took [\d.]+ seconds\n", re.MULTILINE)


def said(stderr: str) -> str:
    """What is on stderr beside that."""
    return _SLOW.sub("", stderr)


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What measures the tests opens files of its own."""
    taken = ("COVERAGE", "PYTEST_", "PYTHONWARNINGS")
    return {**{name: text for name, text in os.environ.items() if not name.startswith(taken)}, **(more or {})}


def ended(
    command: Sequence[str | Path], folder: Path | None = None, env: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a process that ends by itself."""
    done = subprocess.run(
        [*STRICTLY, *command],
        cwd=folder,
        env=environment(env),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout, said(done.stderr)


def alone(plugins: Sequence[str] = ("pytest_copper.plugin",)) -> list[str]:
    """A pytest run with no plugin but these, and none of pytest's own that hold files open."""
    return [
        "-m",
        "pytest",
        "-q",
        "-s",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:faulthandler",
        *(word for name in plugins for word in ("-p", name)),
    ]


NO_OTHERS = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
