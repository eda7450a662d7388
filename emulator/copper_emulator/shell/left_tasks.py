"""Which tasks has the call of an endpoint left behind, and what did they raise?

An endpoint that answers first and works afterwards begins tasks, in the context of its call. While calls are under way
their loop's task factory notes them; afterwards the loop has the factory that it had before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from typing import Any, TypeAlias

from copper_emulator.shell.clock import real_timeout

_Factory: TypeAlias = Callable[..., "asyncio.Task[Any]"]

_CALL: ContextVar[EndpointCall | None] = ContextVar("call", default=None)
"""To which call what runs, and what it begins, belongs; the work of a lifespan, which has no end, to none."""


class EndpointCall:
    """One call of an endpoint on the running loop: what is begun in the block, in its context, belongs to it."""

    # Every delivery to an async endpoint passes here, and generators would take several times as long.
    __slots__ = ("_failed", "_is_over", "_loop", "_noting", "_running", "_token")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._running: set[asyncio.Task[Any]] = set()
        self._failed: list[asyncio.Task[Any]] = []
        self._is_over = False

    def __enter__(self) -> EndpointCall:
        self._noting = _noting_on(self._loop)
        self._token = _CALL.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        _CALL.reset(self._token)
        self._is_over = True
        self._noting.leave(self._loop)

    @property
    def has_left(self) -> bool:
        """Whether there is anything to wait for or to tell: most calls leave nothing."""
        return bool(self._running or self._failed)

    async def ended(self, *, seconds: float) -> BaseException | None:
        """Let its tasks come to their end, for so long at most; the first exception that nobody has taken.

        One that takes longer may never end. It is not waited for again, nor is what it begins later.
        """
        with suppress(TimeoutError):
            async with real_timeout(round(seconds * 1000)):
                while self._running:
                    # They may leave others.
                    await asyncio.wait(list(self._running))
        return next((task.exception() for task in self._failed if _is_untold(task)), None)

    def note(self, task: asyncio.Task[Any], loop: asyncio.AbstractEventLoop) -> None:
        """It was begun in this call's context."""
        # Contexts are inherited by other threads' loops, too, and by what has taken too long.
        if self._is_over or loop is not self._loop:
            return
        if task.done():
            # It was begun eagerly, and never waited.
            self._ended_one(task)
            return
        self._running.add(task)
        task.add_done_callback(self._ended_one)

    def _ended_one(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not self._is_over and _is_untold(task):
            self._failed.append(task)


def _is_untold(task: asyncio.Task[Any]) -> bool:
    """Whether it raised what nobody has taken yet, neither who awaits it nor a callback of the application's.

    It is asyncio's own mark, by which it says that a "Task exception was never retrieved". To ask for the exception
    itself, the only public way, would take the mark away from who comes later.
    """
    return bool(getattr(task, "_log_traceback", False))


class _Noting:
    """A task factory that makes what the loop's own would make, and notes it with the call it belongs to."""

    def __init__(self, own: _Factory | None) -> None:
        self._own = own
        self.users = 0

    def __call__(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        make = self._own
        task = asyncio.Task(coroutine, loop=loop, **options) if make is None else make(loop, coroutine, **options)
        context = options.get("context")
        call = _CALL.get() if context is None else context.get(_CALL)
        if call is not None:
            call.note(task, loop)
        return task

    def leave(self, loop: asyncio.AbstractEventLoop) -> None:
        """One call less needs it. Several accounts may deliver on one loop: the last takes it away."""
        self.users -= 1
        # What somebody has set over it meanwhile stays.
        if not self.users and loop.get_task_factory() is self:
            loop.set_task_factory(self._own)


def _noting_on(loop: asyncio.AbstractEventLoop) -> _Noting:
    """The factory that notes tasks, for one more call, until it leaves."""
    # What there is makes tasks in whichever way; its type has more names in later versions of Python.
    there: Any = loop.get_task_factory()
    noting = there if isinstance(there, _Noting) else _Noting(there)
    if noting is not there:
        loop.set_task_factory(noting)
    noting.users += 1
    return noting


def keep_noting(loop: asyncio.AbstractEventLoop) -> None:
    """On a loop of ours it need not be put there for each call."""
    _noting_on(loop)


def of_no_call() -> Context:
    """In which tasks are begun that do not belong to the call that begins them."""
    context = copy_context()
    context.run(_CALL.set, None)
    return context
