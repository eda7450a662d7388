"""How long does an account exist? It is created at first use, and served until its test or block ends."""

from __future__ import annotations

import threading
from collections.abc import Callable

from copper_emulator.core.errors import raised_on_purpose
from copper_emulator.operations import LocalOperations
from copper_emulator.shell.host import Host
from copper_emulator.shell.owner import Owner

__tracebackhide__ = raised_on_purpose


class FirstUse:
    """An account created when something first uses it, in whichever thread; if it is never used, there is none.

    Test suites request more accounts than they use, through a fixture that applies to all their tests.

    It belongs to the process that opened it: one that a forked process created would be another account.
    """

    def __init__(self, host: Host, make: Callable[[], LocalOperations]) -> None:
        self.owner = Owner()
        self._host = host
        self._make = make
        self._lock = threading.Lock()
        self._has_ended = False
        self._made: LocalOperations | None = None

    @property
    def is_made(self) -> bool:
        """Whether anything has used the account so far."""
        return self._made is not None

    def operations(self) -> LocalOperations:
        """The operations on the account, created if necessary. After `end` they only allow looking at it.

        Raises UsageError in a forked process, unless it was created before the fork.
        """
        with self._lock:
            if self._made is None:
                self.owner.check_here()
                made = self._make()
                made.tenant.has_ended = self._has_ended
                if not self._has_ended:
                    self._host.add(made.tenant)
                self._made = made
            return self._made

    def take_over(self) -> None:
        """Make the account belong to this process, which may have been forked for the test that begins."""
        self.owner.take_over()
        self._host.take_over()

    def end(self) -> None:
        """End the account with its test or block: the host no longer serves it."""
        with self._lock:
            if self._has_ended:
                return
            self._has_ended = True
            if self._made is not None:
                self._made.tenant.end()
                self._host.remove(self._made.tenant)
