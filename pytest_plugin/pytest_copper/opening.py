"""Where does a test's account come from: this process, or a running server that several runs share?

On a running server, too, each test has its own account, created before the test and deleted after it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from copper_emulator.async_copper import AsyncCopper
    from copper_emulator.copper import Copper
    from copper_emulator.core.surface import Surface
    from copper_emulator.settings import Settings
    from copper_emulator.shell.host import Host

_LONGEST = 40


def sync(
    url: str | None,
    host: Callable[[], Host],
    settings: Settings,
    test: str,
    start: datetime | None,
    surface: Surface,
) -> Copper:
    """An account for synchronous tests, on the server at `url` if there is one. Raises UsageError."""
    __tracebackhide__ = True
    if url is None:
        from copper_emulator.copper import Copper

        return Copper(settings, host(), name=test, start=start, surface=surface)
    from copper_emulator.remote import made

    _refuse_start(start)
    return made(url, _name(test), settings, surface=surface)


def asynchronous(
    url: str | None,
    host: Callable[[], Host],
    settings: Settings,
    test: str,
    start: datetime | None,
    surface: Surface,
) -> AsyncCopper:
    """The same for asynchronous tests."""
    __tracebackhide__ = True
    if url is None:
        from copper_emulator.async_copper import AsyncCopper

        return AsyncCopper(settings, host(), name=test, start=start, surface=surface)
    from copper_emulator.remote import made_async

    _refuse_start(start)
    return made_async(url, _name(test), settings, surface=surface)


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
