"""The loop on which async endpoints in this process run in a synchronous test.

It is entered only for a call and the tasks the call leaves behind; tasks without an end go on in the next call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from copper_emulator.core.errors import raised_on_purpose
from copper_emulator.shell.clock import MonotonicEventLoop, pause_async
from copper_emulator.shell.loop_thread import wind_up
from copper_emulator.shell.senders.left_tasks import keep_noting

__tracebackhide__ = raised_on_purpose

T = TypeVar("T")


class AppLoop:
    """A loop that runs in the caller's thread, while a call lasts."""

    def __init__(self) -> None:
        self._loop = _Loop()
        keep_noting(self._loop)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end, and then whatever it has left that needs no waiting."""
        loop = self._loop
        task = asyncio.Task(coroutine, loop=loop)
        # Most coroutines never wait. For them, one turn of the loop takes two thirds of the time of
        # `run_until_complete`, which needs a second turn to learn that the task has ended.
        self._turn()
        if not task.done():
            return self._run_on(task)
        if loop.has_more:
            self._turn()
        return task.result()

    def pause(self, seconds: float) -> None:
        """Let real time pass while everything on the loop goes on."""
        self.run(pause_async(seconds))

    def close(self, last: Coroutine[Any, Any, None]) -> None:
        """Run a last coroutine, then end everything, also if that raises."""
        try:
            self.run(last)
        finally:
            self.run(wind_up())
            self._loop.close()

    def _turn(self) -> None:
        """Run what is ready now."""
        loop = self._loop
        loop.has_more = False
        # A loop that is stopped before it runs ends after one turn (asyncio's documentation of `stop`).
        loop.stop()
        # A SystemExit in a task makes asyncio leave the loop; whoever waits for the task gets it from there as well.
        with suppress(SystemExit):
            loop.run_forever()

    def _run_on(self, task: asyncio.Task[T]) -> T:
        while not task.done():
            try:
                return self._loop.run_until_complete(task)
            except SystemExit:
                # If it was not the task's own, the task goes on.
                continue
        return task.result()


class _Loop(MonotonicEventLoop):
    """Notes whether anything was scheduled since it was last asked."""

    has_more = False

    if not TYPE_CHECKING:  # With the signatures of asyncio's own.

        def call_soon(self, callback, *args, context=None):
            self.has_more = True
            return MonotonicEventLoop.call_soon(self, callback, *args, context=context)

        def call_soon_threadsafe(self, callback, *args, context=None):
            self.has_more = True
            return MonotonicEventLoop.call_soon_threadsafe(self, callback, *args, context=context)

        def call_at(self, when, callback, *args, context=None):
            self.has_more = True
            return MonotonicEventLoop.call_at(self, when, callback, *args, context=context)
