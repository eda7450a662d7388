"""Runs a program in Python's development mode, with warnings as errors, so that anything left behind is reported."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

STRICTLY = [sys.executable, "-W", "error", "-X", "dev"]
PATIENCE = 60.0

# In development mode asyncio reports what took long; on a busy machine, anything does.
_SLOW = re.compile(r"^Executing <.*> took [\d.]+ seconds\n", re.MULTILINE)


def said(stderr: str) -> str:
    """stderr without those lines."""
    return _SLOW.sub("", stderr)


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without coverage measurement, which opens files of its own, and without settings of pytest."""
    taken = ("COVERAGE", "PYTEST_", "PYTHONWARNINGS")
    return {**{name: text for name, text in os.environ.items() if not name.startswith(taken)}, **(more or {})}


def ended(
    command: Sequence[str | Path], folder: Path | None = None, env: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    """Run a process that ends by itself; return its exit code, stdout and stderr."""
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
    """Arguments for a pytest run with only these plugins, and without those of pytest's own that keep files open."""
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
