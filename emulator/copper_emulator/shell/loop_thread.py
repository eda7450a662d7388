"""A thread with an event loop that frozen time does not affect, started on first use."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from copper_emulator.core.errors import UsageError
from copper_emulator.shell.clock import MonotonicEventLoop
from copper_emulator.shell.owner import Owner

T = TypeVar("T")


class LoopThread:
    """Runs coroutines for other threads. After `close` it can be started again."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._owner = Owner()

    @property
    def is_started(self) -> bool:
        """Whether the thread exists; it does not in a forked process."""
        return self._loop is not None and self._owner.is_here

    def check_here(self) -> None:
        """Raise UsageError in a process that was forked from the one that this thread belongs to."""
        self._owner.check_here()

    def take_over(self) -> None:
        """Let this process start the thread. Raises UsageError if it was forked from one in which the thread exists."""
        if self._loop is None:
            self._owner.take_over()
        else:
            self._owner.check_here()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the thread's loop."""
        try:
            self._owner.check_here()
        except UsageError:
            coroutine.close()
            raise
        with self._lock:
            if self._loop is None:
                self._loop = MonotonicEventLoop()
                self._thread = threading.Thread(target=_run, args=[self._loop], name=self._name, daemon=True)
                self._thread.start()
            return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the thread's loop, and wait for it."""
        return self.submit(coroutine).result()

    def close(self) -> None:
        """End the thread and wait for it; whatever still runs on it is cancelled."""
        if not self.is_started:
            return
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(wind_up(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _run(loop: asyncio.AbstractEventLoop) -> None:
    while True:
        # If a task exits, asyncio passes that to its waiter and stops the loop, too, which others still need. No signal
        # arrives on this thread: a KeyboardInterrupt is a task's own.
        with suppress(SystemExit, KeyboardInterrupt):
            loop.run_forever()
            return


async def wind_up() -> None:
    """End everything on the running loop, as asyncio.run does at its end, including tasks nothing waits for."""
    loop = asyncio.get_running_loop()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()
