"""What has the service printed, and during which row? A failed row shows it, since it may say why."""

from __future__ import annotations

from copper_emulator.checks.bench import Bench

_MOST = 15
"""Lines that one row shows."""


class Printed:
    """Takes, row by row, what the command of `check URL -- COMMAND` prints."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._lines: dict[str, list[str]] = {}

    def after(self, row: str, *, failed: bool, since: str) -> tuple[str, ...]:
        """What a row shows that has just been played: nothing if it has not failed.

        `since` is an earlier row from which on it counts, or the row itself.
        """
        service = self._bench.plan.service
        if service is None:
            return ()
        self._lines[row] = service.printed(late=failed)
        if not failed:
            return ()
        rows = list(self._lines)
        lines = [line for each in rows[rows.index(since) :] for line in self._lines[each]]
        return tuple(self._bench.masked(line) for line in lines[-_MOST:])
