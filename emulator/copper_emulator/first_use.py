"""From when on is there an account, and until when is it served? From its first use to the end of its test or block."""

from __future__ import annotations

import threading
from collections.abc import Callable

from copper_emulator.operations import Operations
from copper_emulator.shell.host import Host


class FirstUse:
    """An account that is made when somebody first does something with it, in whichever thread; unused, there is none.

    The tests of a suite ask for more accounts than they use: a fixture of theirs does it for all of them.
    """

    def __init__(self, host: Host, make: Callable[[], Operations]) -> None:
        self._host = host
        self._make = make
        self._lock = threading.Lock()
        self._has_ended = False
        self._made: Operations | None = None

    def operations(self) -> Operations:
        """What can be done with it. After its end that is to look at it."""
        with self._lock:
            if self._made is None:
                made = self._make()
                made.stage.has_ended = self._has_ended
                if not self._has_ended:
                    self._host.add(made.stage)
                self._made = made
            return self._made

    def end(self) -> None:
        """Its test or block is over, and its host serves it no longer."""
        with self._lock:
            self._has_ended = True
            if self._made is not None:
                self._made.stage.end()
                self._host.remove(self._made.stage)
