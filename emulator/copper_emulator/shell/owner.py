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


_forks = 0
"""How many forks lead to this process from the one that loaded this. A system call for its id would take longer."""


def _count_fork() -> None:
    global _forks
    _forks += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_count_fork)


class Owner:
    """The process in which something was made, until another one takes it over."""

    __slots__ = ("_forks",)

    def __init__(self) -> None:
        self._forks = _forks

    @property
    def is_here(self) -> bool:
        """Whether it belongs to this process."""
        return self._forks == _forks

    def check_here(self) -> None:
        """Raise UsageError unless it belongs to this process."""
        if self._forks != _forks:
            raise UsageError(_FORKED)

    def take_over(self) -> None:
        """Make it belong to this process."""
        self._forks = _forks
