"""What of an event loop that runs around a synchronous call: is it stopped by it, or can it be put aside?"""

from __future__ import annotations

import asyncio

from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.shell.stage import Stage

__tracebackhide__ = raised_on_purpose


def check_thread(stage: Stage) -> None:
    """Raise UsageError where a synchronous call would stop the event loop of the test that makes it.

    Inside a delivery calls only record, and an asynchronous endpoint may make them.
    """
    loop = asyncio._get_running_loop()  # noqa: SLF001 - no public way tells it without a task
    if not stage.driving and loop is not None and asyncio.current_task(loop) is not None:
        raise UsageError(
            "copper was called inside an async function, where it would block the event loop; use the copper_async "
            "fixture and await its methods"
        )


class NoRunningLoop:
    """Puts aside the loop that runs around a synchronous test (Playwright's has no task of its own), for a block.

    Applications start loops of theirs meanwhile.
    """

    def __enter__(self) -> None:
        self._loop = asyncio._get_running_loop()  # noqa: SLF001 - no public way tells it without a task
        if self._loop is not None:
            asyncio._set_running_loop(None)  # noqa: SLF001 - as above

    def __exit__(self, *_: object) -> None:
        if self._loop is not None:
            asyncio._set_running_loop(self._loop)  # noqa: SLF001 - as above
