"""The command as a person starts it: real processes, which say on their first line where they are."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from click.testing import CliRunner

from copper_emulator.cli import main

COMMAND = [sys.executable, "-m", "copper_emulator"]
PATIENCE = 60.0
"""Seconds after which a process that should have ended is a failure; none takes nearly as long."""


@dataclass
class Process:
    """A command that goes on until it is told to end."""

    popen: subprocess.Popen[str]
    first_line: str

    @property
    def url(self) -> str:
        found = re.search(r"http://[^\s,\"]+", self.first_line)
        assert found is not None, self.first_line
        return found[0]

    def line(self) -> str:
        """The next line it prints; waits for it."""
        assert self.popen.stdout is not None
        return self.popen.stdout.readline().rstrip("\n")

    def line_with(self, text: str) -> str:
        """The next line with a text in it."""
        while line := self.line():
            if text in line:
                return line
        raise AssertionError(f"ended without a line with {text!r}")

    def end(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        """Exit code, and what it still printed on stdout and stderr."""
        self.popen.send_signal(number)
        out, err = self.popen.communicate(timeout=PATIENCE)
        return self.popen.returncode, out, err


@contextmanager
def started(*args: str) -> Iterator[Process]:
    """A command, from its first line on; ended with the block."""
    popen = subprocess.Popen(
        [*COMMAND, *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert popen.stdout is not None
        yield Process(popen, popen.stdout.readline().rstrip("\n"))
    finally:
        if popen.poll() is None:
            popen.kill()
        popen.communicate()


def run(*args: str, server: str | None = None) -> tuple[int, str, str]:
    """A command that ends by itself: exit code, stdout, stderr."""
    added = {"COPPER_EMULATOR_URL": server} if server is not None else {}
    done = subprocess.run(
        [*COMMAND, *args],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, **added},
    )
    return done.returncode, done.stdout, done.stderr


def invoke(*args: str, server: str | None = None) -> tuple[int, str, str]:
    """The same in this process, which is quicker: for what does not depend on how a process starts and ends."""
    result = CliRunner().invoke(main, args, env={} if server is None else {"COPPER_EMULATOR_URL": server})
    return result.exit_code, result.stdout, result.stderr


def free_port() -> int:
    """One that nobody listens on at this moment."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def subscribe(server: str, type: str, event: str, *, token: str = "token-1", **extras: Any) -> int:
    """As a client of Copper does it."""
    response = requests.post(
        f"{server}/developer_api/v1/webhooks",
        json={"target": "https://my-app.example/hooks/copper", "type": type, "event": event, **extras},
        headers={
            "X-PW-AccessToken": token,
            "X-PW-Application": "developer_api",
            "X-PW-UserEmail": "ada@example.com",
        },
        timeout=PATIENCE,
    )
    assert response.status_code == 200, response.text
    made: int = response.json()["id"]
    return made
