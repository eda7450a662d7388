"""Is the event loop around a call the right one? A synchronous call may block it, an awaited one needs asyncio's."""

from __future__ import annotations

import asyncio

from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.shell.tenant import Tenant

__tracebackhide__ = raised_on_purpose


def check_thread(tenant: Tenant) -> None:
    """Raise UsageError if a synchronous call would block the event loop of the test that makes it.

    Inside a delivery, calls only record, so an asynchronous endpoint may make them.
    """
    loop = asyncio._get_running_loop()  # noqa: SLF001 - the public function raises if there is none
    if not tenant.driving and loop is not None and asyncio.current_task(loop) is not None:
        raise UsageError(
            "copper was called inside an async function, where it would block the event loop; use the copper_async "
            "fixture and await its methods"
        )


def asyncio_loop() -> asyncio.AbstractEventLoop:
    """The running loop. Raises UsageError if there is none, as under trio, on which anyio also runs tests."""
    loop = asyncio._get_running_loop()  # noqa: SLF001 - as above
    if loop is None:
        raise UsageError(
            "copper_async needs asyncio, but this test runs on another event loop; with anyio, define a fixture "
            "anyio_backend that returns 'asyncio'"
        )
    return loop


class NoRunningLoop:
    """Sets aside, for a block, the loop around a synchronous test (Playwright's has no task of its own).

    Applications can then start loops of their own.
    """

    def __enter__(self) -> None:
        self._loop = asyncio._get_running_loop()  # noqa: SLF001 - as above
        if self._loop is not None:
            asyncio._set_running_loop(None)  # noqa: SLF001 - there is no public way to set it

    def __exit__(self, *_: object) -> None:
        if self._loop is not None:
            asyncio._set_running_loop(self._loop)  # noqa: SLF001 - as above
