"""Which interception counts? A process has one socket module, and tests may intercept one inside the other.

The latest that has not ended decides, whichever ends first. With the first one the standard library is patched, and
with the last one it is as it was.
"""

from __future__ import annotations

import threading

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
            except BaseException:
                self._leave(way)
                raise

    def renew(self) -> None:
        """A test begins: what others have changed for it must not end what was begun before."""
        with self._lock:
            if self._present:
                self._patches.renew()

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


PROCESS = Process()
"""The one there is: what is patched is the process's, and so is what is known of it."""
