"""The loop on which async endpoints of this process run in a synchronous test.

It is entered only for a call. What a call leaves behind, tasks of an endpoint that answers first and works afterwards,
goes on right after it, as it would on a server while the test looks elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import Any, TypeVar

from copper_emulator.shell.clock import MonotonicEventLoop, monotonic, pause_async
from copper_emulator.shell.loop_thread import wind_up

T = TypeVar("T")

_MOST = 1.0
"""Seconds of real time for the tasks of a call. One that takes longer may never end: it is not waited for again."""

_CALLED: ContextVar[AppLoop | None] = ContextVar("called", default=None)
"""On which loop what runs, and what it begins, belongs to a call; the work of a lifespan, which has no end, to none."""


class AppLoop:
    """A loop that is run by whoever calls it, in their thread."""

    def __init__(self) -> None:
        self._loop = MonotonicEventLoop()
        self._loop.set_task_factory(self._task)
        self._left: set[asyncio.Task[Any]] = set()

    @property
    def has_work(self) -> bool:
        """Whether calls have left tasks that may come to their end."""
        return bool(self._left)

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run it to its end. The tasks that it leaves belong to it."""
        context = copy_context()
        context.run(_CALLED.set, self)
        return self._run(asyncio.Task(coroutine, loop=self._loop, context=context))

    def work_on(self) -> BaseException | None:
        """Let the tasks that calls have left come to their end, for a second at most; what the first one raised."""
        raised: BaseException | None = None
        until = monotonic() + _MOST
        while self._left and (seconds := until - monotonic()) > 0:
            # They may leave others.
            left = list(self._left)
            self._left.clear()
            ended, _ = self._run(asyncio.Task(asyncio.wait(left, timeout=seconds), loop=self._loop))
            failed = (each.exception() for each in ended if not each.cancelled())
            raised = raised or next(filter(None, failed), None)
        self._left.clear()
        return raised

    def pause(self, seconds: float) -> None:
        """Let real time pass, and everything on the loop go on."""
        self._run(asyncio.Task(pause_async(seconds), loop=self._loop))

    def close(self, last: Coroutine[Any, Any, None]) -> None:
        """Do this, then end everything."""
        self.call(last)
        self.call(wind_up())
        self._loop.close()

    def _run(self, task: asyncio.Task[T]) -> T:
        while True:
            try:
                return self._loop.run_until_complete(task)
            except SystemExit:
                # A task of the application that exits tells who waits for it, and asyncio stops the loop as well.
                continue

    def _task(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, **options)
        context = options.get("context") or copy_context()
        if context.get(_CALLED) is self:
            self._left.add(task)
            task.add_done_callback(self._left.discard)
        return task


def of_no_call() -> Context:
    """In which tasks are begun that do not belong to the call that begins them."""
    context = copy_context()
    context.run(_CALLED.set, None)
    return context
