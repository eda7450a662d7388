"""What happens after each delivery: hooks are called, and what an asynchronous one returns is waited for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeAlias

from copper_emulator.core.errors import UsageError, of_hook, raised_on_purpose
from copper_emulator.core.model import Delivery
from copper_emulator.core.text import duration_text
from copper_emulator.shell.clock import real_timeout
from copper_emulator.shell.routing.destinations import name_of

__tracebackhide__ = raised_on_purpose

Hook: TypeAlias = Callable[[Delivery], object]

PATIENCE = 10_000
"""Milliseconds of real time for what a hook returns. A queue whose worker has died is never empty."""


class Awaited(NamedTuple):
    """What a hook returned for a delivery, to be awaited on the loop on which that delivery's endpoint runs."""

    work: Awaitable[object]
    delivery: Delivery

    async def ended(self) -> None:
        """Wait for its end. Raises what it raises, and UsageError if it takes too long."""
        limit = real_timeout(PATIENCE)
        try:
            async with limit as timer:
                await self.work
        except TimeoutError:
            # It may have timed out itself.
            if not timer.expired():
                raise
            raise UsageError(
                f"what the hook returned has not ended after {duration_text(PATIENCE)}: whatever should end it, like "
                "a queue's worker, may have failed, may run on a different event loop, or was never started"
            ) from None


@contextmanager
def named(hook: Hook, delivery: Delivery) -> Iterator[None]:
    """Within the block, an exception of the hook is given a note that names the hook and its delivery."""
    try:
        yield
    except Exception as error:
        error.add_note(of_hook(f"{name_of(hook)}, for {delivery.notification}"))
        raise
