"""Whose turn is it? The threads of a test that share an account take turns to let time pass.

A call that an endpoint makes while it is notified belongs to the turn under way: it only records. If it waited for a
turn of its own, it would wait for itself. Most frameworks hand a context on to their threads, which says so; a thread
without one may be the test's or a worker of the endpoint. So it waits, but not for long: if it gets no turn, it is
taken for a worker that the endpoint waits for, and so are all such threads from then on. A thread that has had a turn,
or has the account from the start, is the test's and waits longer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar

from copper_emulator.core.model import Attempt, Result

PATIENCE = 5.0
"""Seconds that a thread of the test waits for its turn; if it gets none, an endpoint is waiting for it."""

SHORT_PATIENCE = 0.25
"""Seconds that a thread waits of which nothing is known."""


_SENDING: ContextVar[tuple[tuple[ThreadTurns, int], ...]] = ContextVar("sending", default=())
"""The turns, by number, in which this is sent; several, because one account's endpoint may drive another account.

What an endpoint starts meanwhile inherits it, and may outlive the turn.
"""


class ThreadTurns:
    """The turns in one account."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._ending = threading.Lock()
        self._holder: int | None = None
        self._number = 0
        self._here = threading.local()
        self._here.is_the_tests = True
        self._has_workers = False
        self._more = False
        """Whether another thread has left something to the turn under way."""

    @property
    def is_mine(self) -> bool:
        """Whether this thread has the turn under way, and so calls from inside it."""
        return self._holder == threading.get_ident()

    def take(self) -> bool:
        """Take a turn, waiting for the one under way; False if this call belongs to that one."""
        me = threading.get_ident()
        if self._holder == me or not (self._turn.acquire(blocking=False) or self._wait()):
            return False
        self._holder, self._here.is_the_tests = me, True
        self._number += 1
        return True

    def sent_in(self, send: Callable[[list[Attempt]], list[Result]], attempts: list[Attempt]) -> list[Result]:
        """Send attempts in a context that says which turn is under way."""
        token = _SENDING.set((*_SENDING.get(), (self, self._number)))
        try:
            return send(attempts)
        finally:
            _SENDING.reset(token)

    def leave(self) -> bool:
        """Leave what this call has recorded to the turn under way; False if that has ended, and will not deliver it."""
        with self._ending:
            self._more = self._holder is not None
            return self._more

    def end(self, *, anyway: bool = False) -> bool:
        """End the turn that this thread has taken; False if something was left to it first, unless it ends `anyway`."""
        with self._ending:
            if self._more and not anyway:
                self._more = False
                return False
            self._holder, self._more = None, False
        self._turn.release()
        return True

    def _wait(self) -> bool:
        is_the_tests = getattr(self._here, "is_the_tests", False)
        if (self, self._number) in _SENDING.get() or (self._has_workers and not is_the_tests):
            return False
        if self._turn.acquire(timeout=PATIENCE if is_the_tests else SHORT_PATIENCE):
            return True
        self._here.is_the_tests, self._has_workers = False, True
        return False
