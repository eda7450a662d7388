"""Which tasks of an endpoint have failed, and has the endpoint been told?"""

from __future__ import annotations

import asyncio
from typing import Any

_MOST = 8
"""Failures that are kept: without a hook that waits, nobody asks for them."""


def is_unretrieved(task: asyncio.Task[Any]) -> bool:
    """Whether it raised something not yet retrieved, neither by an awaiter nor by a callback of the application.

    This is asyncio's own flag, on which it logs "Task exception was never retrieved". Reading the exception itself,
    the only public way, would clear the flag for those who look later.
    """
    return bool(getattr(task, "_log_traceback", False))


class Workers:
    """Tasks on a loop of endpoints alone that belong to no delivery, like a queue's worker: which of them has failed?

    It may have failed before anybody waits for its work, and all work after that is left undone.
    """

    def __init__(self) -> None:
        self._noted: list[asyncio.Task[Any]] = []
        self._dead: list[asyncio.Task[Any]] = []
        """Those whose failure has been reported."""

    def note(self) -> None:
        """Note the tasks on the running loop, other than the current one."""
        # Without reading exceptions, which would count as having heard of them.
        failed = [task for task in self._noted if task.done() and is_unretrieved(task)]
        self._noted = [*failed[-_MOST:], *(asyncio.all_tasks() - {asyncio.current_task()})]

    def failure(self) -> BaseException | None:
        """What one of those on the running loop has raised, also if it has been reported before."""
        loop = asyncio.get_running_loop()
        failed = (task for task in (*self._dead, *self._noted) if task in self._dead or is_unretrieved(task))
        return self._reported(next((task for task in failed if task.get_loop() is loop), None))

    def new_failure(self) -> BaseException | None:
        """What one of them has raised, unless this or the application has been told of it before."""
        # Work that has ended shows that something works again.
        self._dead.clear()
        return self._reported(next(filter(is_unretrieved, self._noted), None))

    def _reported(self, task: asyncio.Task[Any] | None) -> BaseException | None:
        if task is None:
            return None
        if task not in self._dead:
            self._dead.append(task)
        return task.exception()
