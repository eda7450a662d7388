"""The command as a person starts it: real processes, whose first line says where they listen."""

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
"""Seconds after which a process that should have ended counts as failed; none takes nearly as long."""


@dataclass
class Process:
    """A command that runs until it is told to end."""

    popen: subprocess.Popen[str]
    first_line: str

    @property
    def url(self) -> str:
        found = re.search(r"http://[^\s,\"]+", self.first_line)
        assert found is not None, self.first_line
        return found[0]

    def line(self) -> str:
        """Wait for the next line it prints."""
        assert self.popen.stdout is not None
        return self.popen.stdout.readline().rstrip("\n")

    def line_with(self, text: str) -> str:
        """Wait for the next line that contains a text."""
        while line := self.line():
            if text in line:
                return line
        raise AssertionError(f"ended without a line with {text!r}")

    def end(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        """End it; return its exit code, and what it still printed to stdout and stderr."""
        self.popen.send_signal(number)
        out, err = self.popen.communicate(timeout=PATIENCE)
        return self.popen.returncode, out, err


@contextmanager
def started(*args: str) -> Iterator[Process]:
    """Start a command and wait for its first line; it is ended with the block."""
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
        popen.terminate()  # not killed, which would leave its temporary files behind
        try:
            popen.communicate(timeout=PATIENCE)
        finally:
            popen.kill()


def run(*args: str, server: str | None = None) -> tuple[int, str, str]:
    """Run a command that ends by itself; return exit code, stdout and stderr."""
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
    """The same in this process, which is quicker, if it does not matter how a process starts and ends."""
    result = CliRunner().invoke(main, args, env={} if server is None else {"COPPER_EMULATOR_URL": server})
    return result.exit_code, result.stdout, result.stderr


def free_port() -> int:
    """A port that no one listens on at this moment."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def subscribe(server: str, type: str, event: str, *, token: str = "token-1", **extras: Any) -> int:
    """Subscribe as a client of Copper does; return the id."""
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
