"""What happens to a command whose output cannot be written, is not wanted, or is no longer read?"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.processes import COMMAND, PATIENCE

FULL = Path("/dev/full")

PRINTING = [
    ["schema"],
    ["--help"],
    ["run", "first_notification"],
    ["run", "first_notification", "--json"],
    ["listen", "--port", "0"],
]

MANNERS: dict[str, dict[str, str]] = {
    "as it is": {},
    "unbuffered": {"PYTHONUNBUFFERED": "1"},
    "coloured": {"FORCE_COLOR": "1"},
}


@pytest.fixture(params=list(MANNERS))
def environment(request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment of a process, with variables that decide how it prints."""
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return {**bare, **MANNERS[request.param]}


def ended(command: list[str], stdout: int, environment: dict[str, str]) -> tuple[int, bytes]:
    done = subprocess.run(
        [*COMMAND, *command],
        check=False,
        stdout=stdout,
        stderr=subprocess.PIPE,
        timeout=PATIENCE,
        env=environment,
    )
    return done.returncode, done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("command", PRINTING, ids=" ".join)
def test_what_cannot_be_written_is_one_line_and_exit_code_1(command: list[str], environment: dict[str, str]) -> None:
    with FULL.open("w") as full:
        code, err = ended(command, full.fileno(), environment)

    assert (code, err) == (1, b"copper-emulator: stdout cannot be written: No space left on device\n")


@pytest.mark.parametrize("command", PRINTING, ids=" ".join)
def test_whose_reader_has_gone_ends_quietly_and_as_by_sigpipe(command: list[str], environment: dict[str, str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert ended(command, writing, environment) == (141, b"")
    finally:
        os.close(writing)


def without(closed: str, command: list[str]) -> tuple[int, bytes, bytes]:
    shell = ["sh", "-c", f'"$@" {closed}', "sh", *COMMAND, *command]
    done = subprocess.run(shell, check=False, capture_output=True, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", PRINTING, ids=" ".join)
def test_a_stdout_that_is_not_there_cannot_be_written(command: list[str]) -> None:
    told = b"copper-emulator: stdout cannot be written: Bad file descriptor\n"

    assert without(">&-", command) == (1, b"", told)
    assert without("<&- >&- 2>&-", command) == (1, b"", b"")


def test_who_prints_nothing_needs_no_stdout() -> None:
    assert without(">&-", ["exec", "--", "true"])[0] == 0


def test_a_stderr_that_is_not_there_leads_nowhere() -> None:
    assert without("2>&-", ["exec", "--", "true"]) == (0, b"", b"")
