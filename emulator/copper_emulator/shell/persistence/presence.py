"""Is the state file still at its path? Written to on an open descriptor, one that was removed would lose everything."""

from __future__ import annotations

import os

from copper_emulator.core.errors import StateError
from copper_emulator.shell.clock import monotonic

CHECK_EVERY = 1.0
"""Seconds between two checks: asking the operating system takes a fifth of what a small commit takes."""


class Presence:
    """Knows the file that is at a path now, and notices if it is removed or another takes its place."""

    def __init__(self, path: str) -> None:
        self._path = path
        # The working directory may change.
        self._absolute = os.path.abspath(path)
        self._identity = self._present_identity()
        self._next_check = 0.0

    def check_now_and_then(self) -> None:
        """As `check_now`, but at most once in `CHECK_EVERY` seconds, for as long as it is there."""
        now = monotonic()
        if now >= self._next_check:
            self.check_now()
            self._next_check = now + CHECK_EVERY

    def check_now(self) -> None:
        """Raise StateError if the path no longer leads to the file."""
        present = self._present_identity()
        if present == self._identity:
            return
        happened = "was removed or moved away" if present is None else "was replaced by another file"
        raise StateError(
            f"{self._path} {happened} while the server uses it. Put it back, and the server continues; or end the "
            "server and start it again with what is there, and what this one has not written is lost."
        )

    def _present_identity(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self._absolute)
        except OSError:
            return None
        return status.st_dev, status.st_ino
