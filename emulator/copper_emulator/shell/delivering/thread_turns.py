"""Whose turn is it? The threads of a test that share an account take turns to let time pass.

A call that an endpoint makes while it is notified belongs to the turn under way: it only records. If it waited for a
turn of its own, it would wait for itself. Most frameworks hand a context on to their threads, which says so; a thread
without one may be the test's or a worker of the endpoint. So it waits as long as anything is delivered meanwhile, since
nothing would be if the endpoint waited for this thread. If nothing is, and the endpoint is seen to wait for some
thread, this one is taken for it, and so are all of which nothing is known from then on. A thread that has had a turn,
or has the account from the start, is the test's and waits longer.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any, Protocol, TypeAlias, TypeVar

from copper_emulator.core.errors import raised_on_purpose
from copper_emulator.core.model import Attempt, Result
from copper_emulator.shell.delivering.driver import Rounds, run_sync

__tracebackhide__ = raised_on_purpose

T = TypeVar("T")

Send: TypeAlias = Callable[[list[Attempt]], list[Result]]

PATIENCE = 5.0
"""Seconds for which nothing is delivered, after which an endpoint must be waiting for the thread, whosever it is."""

SHORT_PATIENCE = 1.0
"""The same for a thread of which nothing is known, if the endpoint is seen to wait: for it, or for something else."""

_WAITING = frozenset({"asyncio", "concurrent", "multiprocessing", "queue", "selectors", "socket", "ssl", "threading"})
"""Modules in which code of Python's own waits for what other threads do."""

_SENDING: ContextVar[tuple[tuple[ThreadTurns, int], ...]] = ContextVar("sending", default=())
"""The turns, by number, in which this is sent; several, because one account's endpoint may drive another account.

What an endpoint starts meanwhile inherits it, and may outlive the turn.
"""


class Turn(Protocol):
    """What a thread holds while it has the turn."""

    def acquire(self, blocking: bool = ..., timeout: float = ...) -> bool:  # noqa: FBT001 - as a lock's
        """As a lock's."""

    def release(self) -> None:
        """As a lock's."""


class ThreadTurns:
    """Drives rounds in the calling thread, those of one account one after the other."""

    def __init__(self, turn: Turn | None = None) -> None:
        self._turn = threading.Lock() if turn is None else turn
        self._holder: int | None = None
        self._number = 0
        self._here = threading.local()
        self._here.is_the_tests = True
        self._has_workers = False
        self._delivered = 0
        """How many rounds have been delivered."""
        self._more = False
        """Whether another thread has left something to the turn under way."""

    def drive(self, rounds: Rounds[T], send: Send, settle: Callable[[], Rounds[Any]]) -> T:
        """Drive rounds to their end, after those that came before; at once if an endpoint calls inside its delivery.

        `settle` makes rounds for what an endpoint's other threads record when this turn is about to end.
        """
        __tracebackhide__ = True
        me = threading.get_ident()
        if self._holder == me:
            return run_sync(rounds, send)
        if not (self._turn.acquire(blocking=False) or self._wait()):
            return self._drive_inside(rounds, send, settle)
        self._holder, self._here.is_the_tests = me, True
        self._number += 1
        sending = partial(self._sending, send)
        try:
            result = run_sync(rounds, sending)
            while self._more:
                self._more = False
                run_sync(settle(), sending)
        finally:
            self._holder = None
            self._turn.release()
        if self._more:
            # It was left between the last look and the end.
            self.drive(settle(), send, settle)
        return result

    def _drive_inside(self, rounds: Rounds[T], send: Send, settle: Callable[[], Rounds[Any]]) -> T:
        """Drive rounds in which nothing is delivered, because that is left to another thread's turn."""
        __tracebackhide__ = True
        result = run_sync(rounds, send)
        # First this and then the look at who has the turn, which looks at this after it has given it up.
        self._more = True
        if self._holder is None:
            self._more = False
            self.drive(settle(), send, settle)
        return result

    def _sending(self, send: Send, attempts: list[Attempt]) -> list[Result]:
        """Send in a context that says which turn is under way."""
        token = _SENDING.set((*_SENDING.get(), (self, self._number)))
        try:
            return send(attempts)
        finally:
            _SENDING.reset(token)
            self._delivered += bool(attempts)

    def _wait(self) -> bool:
        is_the_tests = getattr(self._here, "is_the_tests", False)
        if (self, self._number) in _SENDING.get() or (self._has_workers and not is_the_tests):
            return False
        if self._acquire(is_the_tests=is_the_tests):
            return True
        self._here.is_the_tests, self._has_workers = False, True
        return False

    def _acquire(self, *, is_the_tests: bool) -> bool:
        waited, delivered = 0.0, self._delivered
        patience = PATIENCE if is_the_tests else SHORT_PATIENCE
        while not self._turn.acquire(timeout=patience):
            waited += patience
            if self._delivered != delivered:
                waited, delivered = 0.0, self._delivered
            elif waited >= PATIENCE or (not is_the_tests and self._is_seen_waiting()):
                return False
        return True

    def _is_seen_waiting(self) -> bool:
        """Whether the thread whose turn it is waits in Python's own code. In other code, waiting does not show."""
        frame = None if self._holder is None else sys._current_frames().get(self._holder)  # noqa: SLF001 - public
        return frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _WAITING
