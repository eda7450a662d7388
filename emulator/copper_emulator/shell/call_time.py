"""At which moment does a call of the API count, where the windows of its limits go on in real time?"""

from __future__ import annotations

from copper_emulator.core.account import Account
from copper_emulator.shell.clock import monotonic

_STEP_MS = 100
"""Milliseconds of real time that count together: calls right after each other are told the same in every run."""


class CallTime:
    """Where an account's windows of the API are: never behind its clock, and never before what they have counted.

    Between two calls as much passes as the account's clock has gone on, or as has passed for real, whichever is more.
    """

    def __init__(self, account: Account, now: int) -> None:
        self.account = account
        # A state that was written down while they were ahead of the clock, which has not gone on since.
        self._moment = max(now, account.calls.latest)
        self._now = now
        self._since = monotonic()

    def is_ahead(self, now: int) -> bool:
        """Whether they are further than the account's clock."""
        return self._moment > now

    def at(self, now: int) -> int:
        """The moment at which a call counts that comes now."""
        real_ms = round((monotonic() - self._since) * 1000) // _STEP_MS * _STEP_MS
        self._since += real_ms / 1000
        self._moment += max(now - self._now, real_ms)
        self._now = now
        return self._moment
