"""What does an account wait for in an empty round, if it is not just a moment that has to pass?"""

from __future__ import annotations

from typing import Protocol


class Awaited(Protocol):
    """What a function of the test has returned to be awaited, like an asynchronous hook."""

    @property
    def target(self) -> str:
        """The target with whose endpoint it shares a loop."""

    async def wait(self) -> None:
        """Wait for its end. What it raises ends the call of the account."""
