"""Which interception counts? A process has one socket module, and tests may intercept one inside the other.

The latest that has not ended decides, whichever ends first. With the first one the standard library is patched, and
with the last one it is as it was.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

from copper_emulator.interception.fork_servers import ForkServers
from copper_emulator.interception.late import Patches
from copper_emulator.interception.variables import Variables
from copper_emulator.interception.ways import Way


class Process:
    """The interceptions of this process, in the order in which they began. Any thread may begin and end them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._present: tuple[Way, ...] = ()
        self._patches = Patches(self.way)
        self._variables = Variables()
        self._fork_servers = ForkServers()

    def way(self) -> Way | None:
        """Where calls go now; asked for at each of them, without a lock."""
        present = self._present
        return present[-1] if present else None

    def ways(self) -> tuple[Way, ...]:
        """All of them, the latest last."""
        return self._present

    def begin(self, way: Way) -> None:
        """Intercept, until `end` is called with the same."""
        with self._lock:
            try:
                if not self._present:
                    self._patches.begin()
                self._present = (*self._present, way)
                self._variables.use(way)
                self._fork_servers.use(self._present)
            except BaseException:
                self._leave(way)
                raise

    def renew(self) -> None:
        """A test begins: what others have changed for it must not end what was begun before."""
        with self._lock:
            if self._present:
                self._patches.renew()

    def tidy(self) -> None:
        """A test has ended: what others have put back after us must not be what we had set."""
        with self._lock:
            self._variables.tidy()

    def end(self, way: Way) -> None:
        """Intercept so no longer; nothing where it has ended already."""
        with self._lock:
            if way in self._present:
                self._leave(way)

    def _leave(self, way: Way) -> None:
        self._present = tuple(each for each in self._present if each is not way)
        if not self._present:
            self._patches.end()
        self._variables.use(self.way())
        self._fork_servers.use(self._present)


BEGUN = "_copper_emulator_begun"
"""Under this name a sitecustomize (executing/python/) keeps the module with which it has intercepted: a program of
which nothing is to be changed finds none that is called copper_emulator, and imports its own."""

_begun: Any = sys.modules.get(BEGUN)

PROCESS: Process = Process() if getattr(_begun, "__file__", None) != __file__ else _begun.PROCESS
"""The one there is: what is patched is the process's, and so is what is known of it."""
