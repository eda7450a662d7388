"""What do the processes that this one starts find in their environment, and how does this one's stay as it was?

Two ways lead there. What only a child reads is set in `os.environ`, where also those find it who copy it for
`subprocess.run(env={**os.environ, ...})`. What the clients of this very process would read too (a proxy, files of
authorities) is put into the environment of the process alone, past `os.environ`: children that are given no environment
of their own inherit it, and requests, httpx and urllib in this process see nothing of it.
"""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from copper_emulator.interception.ways import Way

INTERCEPT = "COPPER_EMULATOR_INTERCEPT"
"""`127.0.0.1:PORT` of the TLS listener: for the parts that redirect connections inside a process."""

CA = "COPPER_EMULATOR_CA"
"""The file with the certificate of its authority."""


class Told(NamedTuple):
    """Variables for children: in `os.environ`, and past it."""

    open: Mapping[str, str] = MappingProxyType({})
    hidden: Mapping[str, str] = MappingProxyType({})


class Variables:
    """Sets them, and puts back what was there before. Not for several threads at once."""

    def __init__(self) -> None:
        self._before: dict[str, str | None] = {}
        self._set = Told()
        self._replaced: dict[tuple[str, str], str | None] = {}
        """What was there before a value of ours that somebody has replaced since, and may put back."""

    def use(self, way: Way | None) -> None:
        """Those of this way from now on, instead of those before; None puts everything back."""
        self._restore()
        if way is not None:
            self.tidy()
            # Only now: what is said depends on what is there.
            told = way.told = way.tell()
            self._before = {name: os.environ.get(name) for name in told.open}
            self._set = told
            os.environ.update(told.open)
            for name, value in told.hidden.items():
                os.putenv(name, value)

    def tidy(self) -> None:
        """Take away what others have put back of ours after the end, as monkeypatch does if it was asked later."""
        for (name, value), before in self._replaced.items():
            if value != self._set.open.get(name):
                _put_back(name, value, before)

    def _restore(self) -> None:
        told, self._set = self._set, Told()
        for name, value in told.open.items():
            # What the test itself has set since stays.
            if not _put_back(name, value, self._before[name]):
                self._replaced[name, value] = self._before[name]
        for name in told.hidden:
            _show(name)


def _put_back(name: str, value: str, before: str | None) -> bool:
    """What was there before this value; False where the value is another one meanwhile."""
    if os.environ.get(name) != value:
        return False
    if before is None:
        del os.environ[name]
    else:
        os.environ[name] = before
    return True


def _show(name: str) -> None:
    """The process's own environment as `os.environ` has it."""
    if name in os.environ:
        os.putenv(name, os.environ[name])
    else:
        os.unsetenv(name)
