"""Which process does an account or a server thread belong to?

A forked process has a copy of both. What it does with them is lost, because the process that they belong to never hears
of it.
"""

from __future__ import annotations

import os

from copper_emulator.core.errors import UsageError, raised_on_purpose

__tracebackhide__ = raised_on_purpose

_FORKED = (
    "this process was forked from the one in which the emulator runs, and what is done with its account here is lost: "
    "before the fork, read copper.api_url and copper.headers for the client, or call copper.intercept(); or give this "
    "process an account of its own, with Emulator()"
)


class Owner:
    """The process in which something was made, until another one takes it over."""

    __slots__ = ("_process",)

    def __init__(self) -> None:
        self._process = os.getpid()

    @property
    def is_here(self) -> bool:
        """Whether it belongs to this process."""
        return self._process == os.getpid()

    def check_here(self) -> None:
        """Raise UsageError unless it belongs to this process."""
        if self._process != os.getpid():
            raise UsageError(_FORKED)

    def take_over(self) -> None:
        """Make it belong to this process."""
        self._process = os.getpid()
