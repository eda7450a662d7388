"""`check URL -- COMMAND`: start the endpoint's service, wait for it, and end it with everything it started.

What it prints is kept back (`check_printed.py`).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from yarl import URL

from copper_emulator.checks.standalone import Standing
from copper_emulator.cli.check_printed import KeptBack, kept_back
from copper_emulator.cli.ending import told_afterwards
from copper_emulator.core.errors import UsageError
from copper_emulator.core.text import duration_text
from copper_emulator.executing import group
from copper_emulator.executing.child import ALREADY_LISTENS, CannotRun, check
from copper_emulator.shell.clock import monotonic, pause

API_URL = "COPPER_EMULATOR_API_URL"
"""The variable in which the service finds where the check's API is."""

_STARTING = 60.0
"""Seconds that a service may take until it listens, unless --wait is given."""

_LOOK = 0.05
"""Seconds between checks whether anything listens."""

_REACH = 5.0

_PATIENCE = 10.0
"""Seconds that a service may take to end when told to."""

_ENDING = 1.0

_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)

_STDERR = 2


def wait_for(url: URL, seconds: float, service: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until something listens at `url`. Raises UsageError if that takes too long or the service ends."""
    until = monotonic() + seconds
    while not _listens(url):
        if service is not None and (code := service.poll()) is not None:
            raise UsageError(f"the command exited with {code} before anything listened at {url.origin()}")
        if monotonic() > until:
            within = duration_text(round(seconds * 1000))
            raise UsageError(f"nothing listened at {url.origin()} within {within} (--wait)")
        pause(_LOOK)


class Service:
    """The service of an endpoint: started, ended, and killed to be started again."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        url: URL,
        seconds: float,
        printed: KeptBack | None,
    ) -> None:
        self._command = command
        # Except to a terminal, Python prints only when much has come together, and what a process had not printed when
        # it was killed is lost.
        self._environment = {"PYTHONUNBUFFERED": "1", **environment}
        self._url = url
        self._seconds = seconds
        self._printed = printed
        self._process: subprocess.Popen[bytes] | None = None
        self._should_run = False

    def start(self) -> None:
        """Raises UsageError if it cannot be run, or nothing listens at its URL in time."""
        # One that is told to end meanwhile must know what it has to end.
        with told_afterwards():
            self._process = _begun(self._command, self._environment, self._printed)
        wait_for(self._url, self._seconds, self._process)
        self._should_run = True

    def kill(self) -> bool:
        """End it without a warning, with everything it started; returns whether nobody listens any more."""
        self._should_run = False
        if self._process is not None:
            _tell(self._process, _KILL)
            self._process.wait()
        until = monotonic() + _ENDING
        while (listens := _listens(self._url)) and monotonic() < until:
            pause(_LOOK)
        return not listens

    def end(self) -> None:
        """Tell it to end, and kill it if it does not."""
        self._should_run = False
        if self._process is not None:
            _end(self._process)

    def printed(self, *, late: bool) -> list[str]:
        """The last lines of what it has printed since this was last asked; with `late`, it is still printing."""
        return [] if self._printed is None else self._printed.taken(late=late)

    def ended(self) -> int | None:
        """The exit code if it has ended by itself, or is ending (its port is closed); None if it runs."""
        if self._process is None or not self._should_run:
            return None
        if self._process.poll() is None and not _listens(self._url):
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_ENDING)
        return self._process.poll()


@contextmanager
def service_of(endpoint: URL, account: Standing, given: Mapping[str, Any]) -> Iterator[Service | None]:
    """Run the endpoint's service if a command was given; otherwise, with --wait, wait for a running one."""
    if not given["command"]:
        if given["wait"] is not None:
            wait_for(endpoint, given["wait"])
        yield None
        return
    variables = {API_URL: account.api_url, "COPPER_EMULATOR_EMAIL": given["email"]}
    if given["token"]:
        variables["COPPER_EMULATOR_TOKEN"] = given["token"]
    environment = {**os.environ, **account.lead(), **variables}
    seconds = _STARTING if given["wait"] is None else given["wait"]
    with running(given["command"], environment, endpoint, seconds, shows=given["show_output"]) as service:
        yield service


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], url: URL, seconds: float, *, shows: bool
) -> Iterator[Service]:
    """Run a service for the length of the block, which begins once something listens at the URL.

    With `shows`, what it prints goes to stderr as it comes, since stdout is for the report. Otherwise it is kept back,
    and the end of it shown if the service does not come to listen.

    Raises:
        UsageError: it cannot be run, the port is already in use, or nothing listens there in time.
    """
    if _listens(url):
        raise UsageError(f"{ALREADY_LISTENS.format(url.origin())}, or leave out the command to check what is there")
    with nullcontext() if shows else kept_back() as printed:
        service = Service(command, environment, url, seconds, printed)
        try:
            _start(service)
            yield service
        finally:
            service.end()


def _start(service: Service) -> None:
    try:
        service.start()
    except UsageError:
        sys.stderr.writelines(f"| {line}\n" for line in service.printed(late=False))
        raise


def _begun(command: Sequence[str], environment: Mapping[str, str], printed: KeptBack | None) -> subprocess.Popen[bytes]:
    to = _STDERR if printed is None else printed.to
    try:
        check(command[0])
        return subprocess.Popen(command, env=environment, stdout=to, stderr=to, start_new_session=os.name == "posix")
    except CannotRun as error:
        raise UsageError(f"{error}; what follows URL is the command that starts its service") from None
    except OSError as error:
        raise UsageError(f"{command[0]} cannot be run: {error.strerror or error}") from None


def _end(service: subprocess.Popen[bytes]) -> None:
    _tell(service, signal.SIGTERM)
    until = monotonic() + _PATIENCE
    try:
        # `poll` comes first: until it is called, a service that has ended still counts as alive in its group.
        while (service.poll() is None or group.is_alive(service.pid)) and monotonic() < until:
            pause(_LOOK)
    finally:
        # Told to end once more, too, nothing is left behind. What has ended is not told anything.
        if service.poll() is None or group.is_alive(service.pid):
            _tell(service, _KILL)
    service.wait()


def _tell(service: subprocess.Popen[bytes], number: int) -> None:
    group.send(service.pid, number)
    if os.name != "posix":
        with suppress(OSError):
            service.terminate()


def _listens(url: URL) -> bool:
    try:
        socket.create_connection((url.host or "", url.port or 0), _REACH).close()
    except OSError:
        return False
    return True
