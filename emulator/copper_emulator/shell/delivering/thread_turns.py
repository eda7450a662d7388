"""Whose turn is it? The threads of a test that share an account take turns to let time pass.

A call that an endpoint makes while it is notified belongs to the turn under way: it only records. If it waited for a
turn of its own, it would wait for itself. Most frameworks hand a context on to their threads, which says so; a thread
without one may be the test's or a worker of the endpoint. So it waits, but not for long: if it gets no turn, it is
taken for a worker that the endpoint waits for, and so are all such threads from then on. A thread that has had a turn,
or has the account from the start, is the test's and waits longer.
"""

from __future__ import annotations

import threading
from contextvars import ContextVar, Token
from dataclasses import dataclass

PATIENCE = 5.0
"""Seconds that a thread of the test waits for its turn; if it gets none, an endpoint is waiting for it."""

SHORT_PATIENCE = 0.25
"""Seconds that a thread waits of which nothing is known."""


@dataclass(slots=True)
class _Turn:
    """One turn; what an endpoint starts in it inherits it, and may outlive it."""

    under_way: bool = True


_TURNS: ContextVar[tuple[_Turn, ...]] = ContextVar("turns", default=())
"""The turns that this runs in; several, because one account's endpoint may drive another account."""


class ThreadTurns:
    """The turns in one account."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ending = threading.Lock()
        self._holder: int | None = None
        self._turn = _Turn(under_way=False)
        self._token: Token[tuple[_Turn, ...]] | None = None
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
        if self.is_mine or not self._acquire():
            return False
        self._here.is_the_tests = True
        self._holder, self._turn = threading.get_ident(), _Turn()
        self._token = _TURNS.set((*_TURNS.get(), self._turn))
        return True

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
            self._holder, self._turn.under_way, self._more = None, False, False
        if self._token is not None:
            _TURNS.reset(self._token)
        self._lock.release()
        return True

    def _acquire(self) -> bool:
        if self._lock.acquire(blocking=False):
            return True
        is_the_tests = getattr(self._here, "is_the_tests", False)
        if any(turn is self._turn and turn.under_way for turn in _TURNS.get()):
            return False
        if not is_the_tests and self._has_workers:
            return False
        if self._lock.acquire(timeout=PATIENCE if is_the_tests else SHORT_PATIENCE):
            return True
        self._here.is_the_tests, self._has_workers = False, True
        return False
