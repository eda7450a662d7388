"""How is the state read, whose function may be asynchronous?"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable
from contextlib import suppress

from copper_emulator.checks.state import Believed, Source, StateError, believed, short
from copper_emulator.core.errors import raised_on_purpose
from copper_emulator.core.text import duration_text
from copper_emulator.shell.delivering.driver import Rounds, awaiting
from copper_emulator.shell.hook_work import PATIENCE, has_ended
from copper_emulator.shell.tenant import Tenant

__tracebackhide__ = raised_on_purpose

_MOST_SHOWN = 300
"""Characters of what a function raised that are shown."""


def read(tenant: Tenant, source: Source, target: str) -> Rounds[object]:
    """What a source gives at the moment. Raises what it raises.

    An asynchronous one runs on the loop of the target's endpoint, so that it can use what belongs to that loop.
    """
    given = source()
    if not inspect.isawaitable(given):
        return given
    reading = _Reading(given, target)
    yield from awaiting(tenant, reading)
    return reading.result()


def looked_at(tenant: Tenant, source: Source, target: str) -> Rounds[Believed]:
    """What a source has at the moment. Raises StateError, also for whatever a function of the test's own raises.

    In the middle of a check that is the finding of one row, and no end of all.
    """
    try:
        given = yield from read(tenant, source, target)
    except StateError:
        raise
    except Exception as error:  # it is the tester's own function
        raise StateError(f"the state is not available: it raised {short(error, _MOST_SHOWN)}") from error
    return believed(given)


class _Reading:
    """An asynchronous state while it is awaited. What it raises is kept for who reads it, and ends no round."""

    def __init__(self, awaitable: Awaitable[object], target: str) -> None:
        self.target = target
        self._awaitable = awaitable
        self._ended: asyncio.Future[object] | None = None

    async def wait(self) -> None:
        work = asyncio.ensure_future(self._awaitable)
        try:
            with suppress(Exception):  # `result` raises it
                await has_ended(work, PATIENCE)
        finally:
            self._ended = work if work.done() else None
            work.cancel()

    def result(self) -> object:
        """Raises what it raised, and StateError if it has not ended."""
        if self._ended is None:
            raise StateError(f"the state has not come after {duration_text(PATIENCE)} of waiting for it")
        return self._ended.result()
