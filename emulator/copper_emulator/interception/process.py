"""Which interception counts? A process has one socket module, and tests may nest interceptions.

The latest that has not ended decides, in whatever order they end. The first one patches the standard library, and the
end of the last one restores it.
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
        """Where calls go now; asked at each call, without a lock."""
        present = self._present
        return present[-1] if present else None

    def ways(self) -> tuple[Way, ...]:
        """All of them, the latest last."""
        return self._present

    def begin(self, way: Way) -> None:
        """Intercept until `end` is called with the same way."""
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
        """A test begins: what others have replaced for it must not end an interception that began before."""
        with self._lock:
            if self._present:
                self._patches.renew()

    def tidy(self) -> None:
        """A test has ended: values of ours that others have put back after us must go."""
        with self._lock:
            self._variables.tidy()

    def end(self, way: Way) -> None:
        """End this interception; does nothing if it has ended already."""
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
"""The key in `sys.modules` under which a sitecustomize (executing/python/) keeps the module that it intercepted with: a
program in which nothing must change finds no module called copper_emulator, and imports its own."""

_begun: Any = sys.modules.get(BEGUN)

PROCESS: Process = Process() if getattr(_begun, "__file__", None) != __file__ else _begun.PROCESS
"""The only one: patches apply to the process, and so does what is known about them."""
