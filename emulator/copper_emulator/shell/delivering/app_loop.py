"""The loop on which async endpoints in this process run in a synchronous test.

It is entered only for a call and the tasks the call leaves behind; tasks without an end go on in the next call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from copper_emulator.shell.clock import MonotonicEventLoop, pause_async
from copper_emulator.shell.loop_thread import wind_up
from copper_emulator.shell.senders.left_tasks import keep_noting

T = TypeVar("T")


class AppLoop:
    """A loop that runs in the caller's thread, while a call lasts."""

    def __init__(self) -> None:
        self._loop = MonotonicEventLoop()
        keep_noting(self._loop)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end."""
        task = asyncio.Task(coroutine, loop=self._loop)
        while True:
            try:
                return self._loop.run_until_complete(task)
            except SystemExit:
                # A task of the application exited: asyncio passes that to its waiter and stops the loop, too.
                continue

    def pause(self, seconds: float) -> None:
        """Let real time pass while everything on the loop goes on."""
        self.run(pause_async(seconds))

    def close(self, last: Coroutine[Any, Any, None]) -> None:
        """Run a last coroutine, then end everything."""
        self.run(last)
        self.run(wind_up())
        self._loop.close()
