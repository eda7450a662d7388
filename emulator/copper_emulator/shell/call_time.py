"""At which moment does an API call count, when limit windows also follow real time?"""

from __future__ import annotations

from copper_emulator.core.account import Account
from copper_emulator.shell.clock import monotonic

_STEP_MS = 100
"""Milliseconds of real time counted as one step, so that calls in quick succession have the same result in each run."""


class CallTime:
    """The time of an account's API limit windows: never behind its clock, nor before the latest call counted.

    Between two calls it advances as far as the account's clock or real time has, whichever is further.
    """

    def __init__(self, account: Account, now: int) -> None:
        self.account = account
        # Restored state may have been written while the windows were ahead of the clock, which has not advanced since.
        self._moment = max(now, account.call_limits.latest)
        self._now = now
        self._since = monotonic()

    def is_ahead(self, now: int) -> bool:
        """Whether the windows are ahead of the account's clock."""
        return self._moment > now

    def advance(self, now: int) -> int:
        """Advance to the present; return the moment at which a call made now counts."""
        real_ms = round((monotonic() - self._since) * 1000) // _STEP_MS * _STEP_MS
        self._since += real_ms / 1000
        self._moment += max(now - self._now, real_ms)
        self._now = now
        return self._moment
