"""The loop on which async endpoints of this process run in a synchronous test.

It is entered only for a call, and for what the call leaves behind; what has no end goes on with the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from copper_emulator.shell.clock import MonotonicEventLoop, pause_async
from copper_emulator.shell.left_tasks import keep_noting
from copper_emulator.shell.loop_thread import wind_up

T = TypeVar("T")


class AppLoop:
    """A loop that is run by whoever calls it, in their thread."""

    def __init__(self) -> None:
        self._loop = MonotonicEventLoop()
        keep_noting(self._loop)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run it to its end."""
        task = asyncio.Task(coroutine, loop=self._loop)
        while True:
            try:
                return self._loop.run_until_complete(task)
            except SystemExit:
                # A task of the application that exits tells who waits for it, and asyncio stops the loop as well.
                continue

    def pause(self, seconds: float) -> None:
        """Let real time pass, and everything on the loop go on."""
        self.run(pause_async(seconds))

    def close(self, last: Coroutine[Any, Any, None]) -> None:
        """Do this, then end everything."""
        self.run(last)
        self.run(wind_up())
        self._loop.close()
