"""How does a test run a command with `exec`, and what did exec and the command print?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import pytest

EXEC = [sys.executable, "-m", "copper_emulator", "exec"]
PATIENCE = 90.0

TOKEN_HEADERS = {"X-PW-AccessToken": "t", "X-PW-Application": "developer_api", "X-PW-UserEmail": "ada@example.com"}
ACCOUNT = "https://api.copper.com/developer_api/v1/account"
OLD_ACCOUNT = "https://api.prosperworks.com/developer_api/v1/account"
CURL = "curl -sS " + " ".join(f"-H '{name}: {value}'" for name, value in TOKEN_HEADERS.items())
NAME = "Dev API Sandbox"
"""The name of every new account, as the API answers it."""


@dataclass(frozen=True)
class Ended:
    """How it ended; stdout is the command's alone, stderr has exec's messages among the command's own."""

    code: int
    out: str
    err: str

    @cached_property
    def told(self) -> list[dict[str, Any]]:
        """exec's messages, as JSON."""
        return [json.loads(line) for line in self.err.splitlines() if line.startswith('{"kind"')]


def environment(authority: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment without the user's settings that would lead elsewhere, and without an authority in their home."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    for name in (
        "NODE_OPTIONS",
        "PYTHONPATH",
        "PYTHONUNBUFFERED",
        "PHP_INI_SCAN_DIR",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
    ):
        kept.pop(name, None)
    return {**kept, "COPPER_EMULATOR_AUTHORITY": str(authority), **(more or {})}


@dataclass(frozen=True)
class Executing:
    """Runs `copper-emulator exec`, with one authority for all tests."""

    authority: Path

    def __call__(
        self,
        command: Sequence[str],
        *options: str,
        stdin: str = "",
        env: Mapping[str, str] | None = None,
        folder: Path | None = None,
        before: Sequence[str] = (),
    ) -> Ended:
        """Run a command to its end. `before` are words that start exec itself."""
        done = subprocess.run(
            [*before, *EXEC, *options, "--", *command],
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=environment(self.authority, env),
            cwd=folder,
            timeout=PATIENCE,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def shell(self, script: str, *options: str, **more: Any) -> Ended:
        return self(["sh", "-c", script], *options, **more)


def runtime(name: str) -> str:
    """A program on this machine; if it is missing, the test is skipped, or fails if all are required."""
    found = shutil.which(name)
    if found is None:
        missing(f"there is no {name} on this machine", "COPPER_RUNTIMES_REQUIRED")
    return found


def missing(text: str, required: str) -> NoReturn:
    """Something that a test needs is missing: skip it, or fail if the variable says that it is required."""
    if os.environ.get(required) == "1":
        pytest.fail(text)
    pytest.skip(text)
