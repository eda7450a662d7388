"""What an asynchronous hook returns is work that is waited for: has it ended, and will it ever?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any, NamedTuple, TypeAlias

from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.model import Delivery
from copper_emulator.core.text import duration_text, exception_text
from copper_emulator.shell.clock import real_timeout
from copper_emulator.shell.failed_tasks import Workers, is_unretrieved

__tracebackhide__ = raised_on_purpose

Hook: TypeAlias = Callable[[Delivery], object]

PATIENCE = 10_000
"""Milliseconds of real time for what a hook returns. A queue whose worker has died is never empty."""

CHECK_AFTER = 1_000
"""Milliseconds after which such work is given up if a task on its loop has failed."""

_WORKER = "a task on the endpoint's event loop, like a queue's worker,"


class HookWork(NamedTuple):
    """What a hook returned for a delivery, to be awaited on the loop on which that delivery's endpoint runs."""

    awaitable: Awaitable[object]
    delivery: Delivery
    workers: Workers

    @property
    def target(self) -> str:
        """The target whose endpoint the delivery went to."""
        return self.delivery.target

    async def wait(self) -> None:
        """Wait for its end. Raises what it raises, and UsageError if it takes too long, or if a worker has failed."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        work = asyncio.ensure_future(self.awaitable)
        try:
            if not await has_ended(work, min(CHECK_AFTER, PATIENCE)):
                await self._wait_longer(work, others)
        finally:
            work.cancel()
        failed = self.workers.new_failure()
        if failed is not None:
            raise UsageError(f"{_WORKER} has failed, and does no more work: {exception_text(failed)}") from failed

    async def _wait_longer(self, work: asyncio.Future[object], others: Collection[asyncio.Task[Any]]) -> None:
        meanwhile = next(filter(is_unretrieved, others), None)
        failed = self.workers.failure() if meanwhile is None else meanwhile.exception()
        if failed is not None:
            raise UsageError(
                f"what the hook returned has not ended, and will probably not end: {_WORKER} has failed with "
                f"{exception_text(failed)}"
            ) from failed
        if not await has_ended(work, PATIENCE - CHECK_AFTER):
            raise UsageError(
                f"what the hook returned has not ended after {duration_text(PATIENCE)}: whatever should end it, "
                "like a queue's worker, may have failed, may run on a different event loop, or was never started"
            )


async def has_ended(work: asyncio.Future[object], ms: int) -> bool:
    """Whether it has ended within that time. Raises what it raises, also a TimeoutError of its own."""
    try:
        async with real_timeout(ms):
            await asyncio.shield(work)
    except TimeoutError:
        if not work.done():
            return False
        # It has ended: with an error of its own, or while it kept the loop busy for longer than that.
        work.result()
    return True
