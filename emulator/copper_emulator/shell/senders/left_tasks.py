"""Which tasks has an endpoint's call left behind, and what did they raise?

An endpoint that answers first and works afterwards starts tasks in the context of its call. While calls are under way,
a task factory on their loop notes these tasks; afterwards the loop gets its previous factory back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from typing import Any, TypeAlias

from copper_emulator.shell.clock import real_timeout
from copper_emulator.shell.failed_tasks import is_unretrieved

_Factory: TypeAlias = Callable[..., "asyncio.Task[Any]"]

_CALL: ContextVar[EndpointCall | None] = ContextVar("call", default=None)
"""The call that running code, and the tasks it starts, belong to. A lifespan's endless tasks belong to none."""

_LULL = 0.5
"""Seconds without progress after which work that takes longer than its time is no longer waited for."""

_LULLS = 20
"""How often work may go on for that long beyond its time; some has no end."""


class EndpointCall:
    """One call of an endpoint on the running loop; tasks started in the block, in its context, belong to it."""

    # Every delivery to an async endpoint passes here; a generator-based context manager would be several times slower.
    __slots__ = ("_failed", "_is_over", "_loop", "_noting", "_running", "_token")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._running: set[asyncio.Task[Any]] = set()
        self._failed: list[asyncio.Task[Any]] = []
        self._is_over = False

    def __enter__(self) -> EndpointCall:
        self._noting = _install_noting(self._loop)
        self._token = _CALL.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        _CALL.reset(self._token)
        self._is_over = True
        self._noting.leave(self._loop)

    @property
    def has_left_tasks(self) -> bool:
        """Whether there is anything to wait for or to report; most calls leave nothing."""
        return bool(self._running or self._failed)

    async def wait_for_tasks(self, *, seconds: float, progress: Callable[[], int]) -> BaseException | None:
        """Wait for its tasks, up to a time limit; return the first exception that nothing has retrieved.

        A task that takes longer may never end, and is not waited for again, nor are tasks it starts later. But as long
        as `progress` grows within half a second, the wait goes on, for ten seconds at most.
        """
        lull = min(_LULL, seconds)
        await self._wait(seconds - lull)
        for _ in range(_LULLS):
            before = progress()
            await self._wait(lull)
            if not self._running or progress() == before:
                break
        return next((task.exception() for task in self._failed if is_unretrieved(task)), None)

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with real_timeout(round(seconds * 1000)):
                while self._running:
                    # Tasks may start further tasks.
                    await asyncio.wait(list(self._running))

    def note(self, task: asyncio.Task[Any], loop: asyncio.AbstractEventLoop) -> None:
        """Note a task that was started in this call's context."""
        # Contexts are inherited by loops of other threads, too, and by tasks that have outlasted the wait.
        if self._is_over or loop is not self._loop:
            return
        if task.done():
            # An eager task that never had to wait.
            self._on_task_end(task)
            return
        self._running.add(task)
        task.add_done_callback(self._on_task_end)

    def _on_task_end(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not self._is_over and is_unretrieved(task):
            self._failed.append(task)


class _NotingFactory:
    """A task factory that makes tasks as the loop's own would, and notes them with the call they belong to."""

    def __init__(self, own: _Factory | None) -> None:
        self._own = own
        self.users = 0

    def __call__(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        own = self._own
        task = asyncio.Task(coroutine, loop=loop, **options) if own is None else own(loop, coroutine, **options)
        context = options.get("context")
        call = _CALL.get() if context is None else context.get(_CALL)
        if call is not None:
            call.note(task, loop)
        return task

    def leave(self, loop: asyncio.AbstractEventLoop) -> None:
        """Note that one call has ended. Several accounts may deliver on one loop: the last call removes the factory."""
        self.users -= 1
        # A factory that was set over this one meanwhile stays.
        if not self.users and loop.get_task_factory() is self:
            loop.set_task_factory(self._own)


def _install_noting(loop: asyncio.AbstractEventLoop) -> _NotingFactory:
    """Install the noting factory on a loop, if it is not there; return it, with one more call that uses it."""
    # Any, because the present factory's type has more parameters in later versions of Python.
    present: Any = loop.get_task_factory()
    noting = present if isinstance(present, _NotingFactory) else _NotingFactory(present)
    if noting is not present:
        loop.set_task_factory(noting)
    noting.users += 1
    return noting


def keep_noting(loop: asyncio.AbstractEventLoop) -> None:
    """Install the factory for good on a loop that belongs to us, to save doing it for each call."""
    _install_noting(loop)


def context_of_no_call() -> Context:
    """A context for starting tasks that do not belong to the call that starts them."""
    context = copy_context()
    context.run(_CALL.set, None)
    return context
