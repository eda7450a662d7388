"""Where does a test's account come from: this process, or a running server that several runs share?

On a running server, too, each test has its own account, created before the test and deleted after it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from copper_emulator.async_copper import AsyncCopper
    from copper_emulator.copper import Copper
    from copper_emulator.core.surface import Surface
    from copper_emulator.settings import Settings
    from copper_emulator.shell.host import Host

_LONGEST = 40


class Opening:
    """Makes the accounts of a session: of this process, or of the running server at a URL."""

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._host: Host | None = None
        self._process = 0

    def load(self) -> None:
        """Import what an account is made of, before other fixtures replace parts of Python, as pyfakefs does.

        pyfakefs would lend its files to all that is first imported meanwhile, for the rest of the run.
        """
        if self._url is None:
            import copper_emulator.async_copper
            import copper_emulator.copper
        else:
            import copper_emulator.remote  # noqa: F401 - see above

    def host(self) -> Host:
        """The server thread that those of this process share; starts at first need.

        A process that was forked for a test (pytest-forked) has one of its own.
        """
        process = os.getpid()
        if self._host is None or self._process != process:
            from copper_emulator.shell.host import Host

            self._host, self._process = Host(), process
        return self._host

    def close(self) -> None:
        """End the server thread."""
        if self._host is not None:
            self._host.close()

    def sync(
        self, settings: Settings, test: str, *, surface: Surface, place: int, start: datetime | None = None
    ) -> Copper:
        """An account for synchronous tests. Raises UsageError."""
        __tracebackhide__ = True
        if self._url is None:
            from copper_emulator.copper import Copper

            return Copper(settings, self.host(), name=test, start=start, surface=surface, place=place)
        from copper_emulator.remote import RemoteCopper, made

        _refuse_start(start)
        return made(RemoteCopper, self._url, _name(test), settings, surface=surface, place=place)

    def asynchronous(
        self, settings: Settings, test: str, *, surface: Surface, place: int, start: datetime | None = None
    ) -> AsyncCopper:
        """The same for asynchronous tests."""
        __tracebackhide__ = True
        if self._url is None:
            from copper_emulator.async_copper import AsyncCopper

            return AsyncCopper(settings, self.host(), name=test, start=start, surface=surface, place=place)
        from copper_emulator.remote import RemoteAsyncCopper, made

        _refuse_start(start)
        return made(RemoteAsyncCopper, self._url, _name(test), settings, surface=surface, place=place)


def _name(test: str) -> str:
    """The account's name on the server's page: the worker and the test, with a suffix that no other run has."""
    import secrets

    worker = os.environ.get("PYTEST_XDIST_WORKER", "test")
    words = re.sub(r"[^A-Za-z0-9]+", "-", test).strip("-")[:_LONGEST]
    return f"{worker}-{words}-{secrets.token_hex(4)}"


def _refuse_start(start: datetime | None) -> None:
    if start is not None:
        from copper_emulator.core.errors import UsageError

        raise UsageError("start=...: an account of a running server begins at the present, and its time moves forward")
