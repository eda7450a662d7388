"""The service that the check has started has crashed: can it be started again, so that more rows tell something?

It is tried at the next row, and only a few times in a check. A service that has never accepted anything is not started
again: it would crash in each row.
"""

from __future__ import annotations

from copper_emulator.checks.bench import Bench
from copper_emulator.checks.presence import Presence
from copper_emulator.core.errors import UsageError
from copper_emulator.core.text import count, in_words

MOST = 5
"""How often a service is started again after a crash."""


class Reviving:
    """Starts the service of `check URL -- COMMAND` again after it has crashed, and remembers in which rows it has."""

    def __init__(self, bench: Bench, presence: Presence) -> None:
        self._bench = bench
        self._presence = presence
        self._ended: list[str] = []
        """The row in which it ended, and how, for each time it was started again."""
        self._crashed_in = ""

    def crashed(self, row: str) -> None:
        """It has, in this row."""
        self._crashed_in = row

    def tried(self, halted: str) -> str:
        """Start it again if it has crashed; returns why the other rows are still not played, empty if they can be."""
        service, row, self._crashed_in = self._bench.plan.service, self._crashed_in, ""
        if service is None or not row or not self._bench.has_delivered:
            return halted
        if len(self._ended) == MOST:
            return f"{halted}; it had been started again {count(MOST, 'time')} before"
        code = service.ended()
        # What it has left behind may keep its port.
        service.end()
        try:
            service.start()
        except UsageError as error:
            return f"{halted}; it was started again, but {error}"
        # What a service says each time it starts explains nothing.
        service.printed(late=False)
        self._presence.forget()
        self._ended.append(row if code is None else f"{row} (exit code {code})")
        return ""

    def note(self) -> str:
        """What has to be said of the check as a whole; empty if it was not started again."""
        if not self._ended:
            return ""
        rows = "row" if len(self._ended) == 1 else "rows"
        return (
            f"the command ended by itself in {rows} {in_words(self._ended)}, and was started again for the rows that "
            "followed"
        )
