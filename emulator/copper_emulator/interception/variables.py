"""What do the processes that this one starts find in their environment, and how does this one's stay as it was?

There are two ways. Variables that only a child reads are set in `os.environ`, so that code that copies it for
`subprocess.run(env={**os.environ, ...})` passes them on as well. Variables that clients in this very process would read
too (a proxy, files of authorities) are set in the process's environment only, past `os.environ`: children without an
environment of their own inherit them, and requests, httpx and urllib in this process do not see them.
"""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from copper_emulator.interception.ways import Way

INTERCEPT = "COPPER_EMULATOR_INTERCEPT"
"""`127.0.0.1:PORT` of the TLS listener: for code that redirects connections inside a process."""

CA = "COPPER_EMULATOR_CA"
"""The file with the certificate of its authority."""


class ChildVariables(NamedTuple):
    """Variables for children: those in `os.environ`, and those set past it."""

    open: Mapping[str, str] = MappingProxyType({})
    hidden: Mapping[str, str] = MappingProxyType({})


class Variables:
    """Sets them, and restores what was there before. Not thread-safe."""

    def __init__(self) -> None:
        self._before: dict[str, str | None] = {}
        self._set = ChildVariables()
        self._replaced: dict[tuple[str, str], str | None] = {}
        """What preceded a value of ours that somebody has replaced since, and may put back."""

    def use(self, way: Way | None) -> None:
        """Set the variables of this way instead of those before; None restores everything."""
        self._restore()
        if way is not None:
            self.tidy()
            # Only now: the variables depend on what is set already.
            variables = way.variables = way.make_variables()
            self._before = {name: os.environ.get(name) for name in variables.open}
            self._set = variables
            os.environ.update(variables.open)
            for name, value in variables.hidden.items():
                os.putenv(name, value)

    def tidy(self) -> None:
        """Remove values of ours that others have put back after the end, as monkeypatch does if it came after us."""
        for (name, value), before in self._replaced.items():
            if value != self._set.open.get(name):
                _put_back(name, value, before)

    def _restore(self) -> None:
        variables, self._set = self._set, ChildVariables()
        for name, value in variables.open.items():
            # What the test itself has set since stays.
            if not _put_back(name, value, self._before[name]):
                self._replaced[name, value] = self._before[name]
        for name in variables.hidden:
            _show(name)


def _put_back(name: str, value: str, before: str | None) -> bool:
    """Restore what preceded this value; False if the variable has another value by now."""
    if os.environ.get(name) != value:
        return False
    if before is None:
        del os.environ[name]
    else:
        os.environ[name] = before
    return True


def _show(name: str) -> None:
    """Make the process's own environment match `os.environ`."""
    if name in os.environ:
        os.putenv(name, os.environ[name])
    else:
        os.unsetenv(name)
