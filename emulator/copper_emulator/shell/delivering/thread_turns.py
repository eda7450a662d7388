"""Which thread may let time pass now? The threads of a test that share an account take turns.

A call that an endpoint makes while it is notified belongs to the turn under way: it only records. If it waited for a
turn of its own, it would wait for itself. So what a call does while another thread has the turn depends on its thread:

- A thread known to belong to the endpoint only records. The context that most frameworks hand on to their threads says
  so (`_SENDING`).
- A known test thread, which made the account or has had a turn, waits for its turn. If nothing is delivered for 5
  seconds, the endpoint must be waiting for it, and it counts as a worker of the endpoint, which only records.
- An unknown thread waits, too. If nothing is delivered for 1 second and the thread that has the turn is seen to wait,
  perhaps for this one, it counts as a worker; if that one is not seen to wait, it does after 5 seconds.

From the first worker on, every unknown thread counts as one at once.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from functools import partial
from typing import Any, Protocol, TypeAlias, TypeVar

from copper_emulator.core.errors import raised_on_purpose
from copper_emulator.core.model import Attempt, Result
from copper_emulator.shell.delivering.driver import Rounds, run_sync

__tracebackhide__ = raised_on_purpose

T = TypeVar("T")

Send: TypeAlias = Callable[[list[Attempt]], list[Result]]

PATIENCE = 5.0
"""Seconds without a delivery after which the endpoint must be waiting for this thread."""

SHORT_PATIENCE = 1.0
"""The same for an unknown thread, if the thread that has the turn is seen to wait."""

_WAITING = frozenset({"asyncio", "concurrent", "multiprocessing", "queue", "selectors", "socket", "ssl", "threading"})
"""Modules of the standard library in which a thread waits for others."""

_SENDING: ContextVar[tuple[tuple[ThreadTurns, int], ...]] = ContextVar("sending", default=())
"""The turns, by number, in whose deliveries this code runs; several, as one account's endpoint may drive another.

What an endpoint starts meanwhile inherits this, and may outlive the turn.
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
        self._turn_number = 0
        self._of_thread = threading.local()
        self._of_thread.is_test_thread = True
        self._has_workers = False
        self._rounds_delivered = 0
        self._has_more = False
        """Whether another thread has left something to the turn under way."""

    def drive(self, rounds: Rounds[T], send: Send, settle: Callable[[], Rounds[Any]]) -> T:
        """Drive rounds to their end, after those that came before; at once if an endpoint calls inside its delivery.

        `settle` makes rounds for what an endpoint's other threads record when this turn is about to end.
        """
        __tracebackhide__ = True
        me = threading.get_ident()
        if self._holder == me:
            return run_sync(rounds, send)
        if not (self._turn.acquire(blocking=False) or self._wait_for_turn()):
            return self._drive_inside(rounds, send, settle)
        self._holder, self._of_thread.is_test_thread = me, True
        self._turn_number += 1
        sending = partial(self._send_in_turn, send)
        try:
            result = run_sync(rounds, sending)
            while self._has_more:
                self._has_more = False
                run_sync(settle(), sending)
        finally:
            self._holder = None
            self._turn.release()
        if self._has_more:
            # Left after the last look, and before the turn was given up.
            self.drive(settle(), send, settle)
        return result

    @contextmanager
    def starting(self) -> Iterator[None]:
        """A block, in this thread's turn, in which an application starts: its threads only record, as in a delivery."""
        token = self._enter()
        try:
            yield
        finally:
            _SENDING.reset(token)

    def _drive_inside(self, rounds: Rounds[T], send: Send, settle: Callable[[], Rounds[Any]]) -> T:
        """Drive rounds in which nothing is delivered, because that is left to another thread's turn."""
        __tracebackhide__ = True
        result = run_sync(rounds, send)
        # Set before looking at the holder, which looks at this after giving up the turn: one of both sees the other.
        self._has_more = True
        if self._holder is None:
            self._has_more = False
            self.drive(settle(), send, settle)
        return result

    def _send_in_turn(self, send: Send, attempts: list[Attempt]) -> list[Result]:
        """Send in a context that says which turn is under way."""
        token = self._enter()
        try:
            return send(attempts)
        finally:
            _SENDING.reset(token)
            self._rounds_delivered += bool(attempts)

    def _enter(self) -> Token[tuple[tuple[ThreadTurns, int], ...]]:
        return _SENDING.set((*_SENDING.get(), (self, self._turn_number)))

    def _wait_for_turn(self) -> bool:
        is_test_thread = getattr(self._of_thread, "is_test_thread", False)
        if (self, self._turn_number) in _SENDING.get() or (self._has_workers and not is_test_thread):
            return False
        if self._acquire(is_test_thread=is_test_thread):
            return True
        self._of_thread.is_test_thread, self._has_workers = False, True
        return False

    def _acquire(self, *, is_test_thread: bool) -> bool:
        waited, rounds_delivered = 0.0, self._rounds_delivered
        patience = PATIENCE if is_test_thread else SHORT_PATIENCE
        while not self._turn.acquire(timeout=patience):
            waited += patience
            if self._rounds_delivered != rounds_delivered:
                waited, rounds_delivered = 0.0, self._rounds_delivered
            elif waited >= PATIENCE or (not is_test_thread and self._is_seen_waiting()):
                return False
        return True

    def _is_seen_waiting(self) -> bool:
        """Whether the thread whose turn it is waits in Python's own code. In other code, waiting does not show."""
        frame = None if self._holder is None else sys._current_frames().get(self._holder)  # noqa: SLF001 - public
        return frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _WAITING
