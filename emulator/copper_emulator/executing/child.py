"""How is a command run so that nobody notices it is run by another: its signals, its streams, its exit code?"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

from copper_emulator.executing import group

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""Exit codes of shells for a command that does not exist, or cannot be run."""

ALREADY_LISTENS = "something already listens at {}, so the command could not: stop that"
"""Why a service is not started; to be filled with where it would listen."""

_SIGNAL_BASE = 128

_PASSED_ON = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
_OF_THE_TERMINAL = ("SIGINT", "SIGQUIT")
"""Signals that a terminal sends to the whole foreground group at once, so the command has them already."""

_PATIENCE = 10.0
"""Seconds for a command to end when told to."""


class CannotRun(Exception):
    """A command that cannot be run; `code` is a shell's exit code for that."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


def check(command: str) -> None:
    """Raise CannotRun if there is no such command."""
    if shutil.which(command) is not None:
        return
    if os.path.isdir(command):
        raise CannotRun(f"{command} is a folder", NOT_EXECUTABLE)
    places = [""] if os.path.dirname(command) else os.get_exec_path()
    there = next((path for place in places if os.path.isfile(path := os.path.join(place, command))), None)
    if there is not None:
        raise CannotRun(f"{there} cannot be executed: chmod +x {there}, or name what runs it", NOT_EXECUTABLE)
    raise CannotRun(f"{command}: command not found", NOT_FOUND)


class Child:
    """`async with Child(command, environment) as child:` runs it with this process's streams and in its group.

    Signals are passed on from before it starts until it has ended; if the block ends first, so does the command.

    Args:
        command: its words.
        environment: all of its variables.
        is_service: it is ended at some point, with everything that it has started (`npm start` is npm, a shell and a
            server): it runs in its own session, where it can still read the terminal but gets no Ctrl-C from it.

    Raises:
        CannotRun: the command does not exist, or cannot be executed.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], *, is_service: bool = False) -> None:
        self._command = command
        self._environment = dict(environment)
        # Windows has neither sessions nor groups of this kind.
        self._is_leader = is_service and os.name == "posix"
        self._group: int | None = None
        self._taken: list[int] = []
        self._early: list[int] = []
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Child:
        self._take_signals()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, env=self._environment, start_new_session=self._is_leader
            )
        except FileNotFoundError as error:
            self._leave_signals()
            # A script may name an interpreter that does not exist.
            raise CannotRun(f"{self._command[0]} cannot be run: {error.strerror}", NOT_FOUND) from None
        except OSError as error:
            self._leave_signals()
            text = f"{self._command[0]} cannot be run: {error.strerror or error}"
            raise CannotRun(text, NOT_EXECUTABLE) from None
        self._group = self._process.pid if self._is_leader else None
        for number in self._early:
            self._pass_on(number)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end()
        self._leave_signals()

    async def ended(self) -> int:
        """Wait for it to end; returns the exit code that a shell would report."""
        code = 0 if self._process is None else await self._process.wait()
        return code if code >= 0 else _SIGNAL_BASE - code

    async def end(self) -> None:
        """Tell it to end, and kill it if it does not; with a service, also everything that it has started."""
        process = self._process
        if self._group is not None:
            # What it has started may have outlived it. Once all have ended, the group's number may be reused.
            leader, self._group = self._group, None
            await group.end(leader, _PATIENCE)
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
            try:
                async with asyncio.timeout(_PATIENCE):
                    await process.wait()
            except TimeoutError:
                process.kill()
        await process.wait()

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for name in _PASSED_ON:
            number = getattr(signal, name, None)
            # What is ignored, as under nohup, must stay ignored for the command. Windows' loops take no handlers.
            if number is None or signal.getsignal(number) is signal.SIG_IGN:
                continue
            with suppress(NotImplementedError):
                loop.add_signal_handler(number, partial(self._pass_on, number))
                self._taken.append(number)

    def _leave_signals(self) -> None:
        loop = asyncio.get_running_loop()
        while self._taken:
            loop.remove_signal_handler(self._taken.pop())

    def _pass_on(self, number: int) -> None:
        if self._process is None:
            self._early.append(number)
        elif self._group is not None and signal.Signals(number).name in _OF_THE_TERMINAL:
            # To the whole group, as from a terminal.
            group.send(self._group, number)
        elif not (signal.Signals(number).name in _OF_THE_TERMINAL and _is_in_front()):
            with suppress(ProcessLookupError):
                self._process.send_signal(number)


def _is_in_front() -> bool:
    """Whether a terminal's Ctrl-C reaches this process, and so everything in its group."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
