"""What does the command of `check URL -- COMMAND` print? It is kept back, for the rows that fail.

Most of it is a line for each request, thousands in a check; between the rows nobody could read either. It goes to a
file and not through a pipe: what was printed before an answer can be read there when the answer has come, and whoever
prints on after the check's end does no harm.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from copper_emulator.cli.output import on_one_line
from copper_emulator.shell.clock import pause
from copper_emulator.tracebacks import brief

_SHOWN = 15
"""Lines that are shown at most: the end of a traceback, with the exception."""

_MOST = 300
"""Characters shown of a line."""

_READ = 256 * 1024
"""Bytes that are looked at, the latest ones."""

_LATE = 0.05
"""Seconds in which what follows an answer is printed."""

_COLOURS = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
_REQUEST = re.compile(
    r"""\b(GET|POST|PUT|HEAD) \S+ (\S+ )?"?(HTTP/[\d.]+ )?2\d\d\b|"(GET|POST|PUT|HEAD) \S+ HTTP/[\d.]+\""""
)
"""The line that is logged for a request: by whoever makes it, if it went well, and by most servers in any case; how a
notification was answered is known."""


@contextmanager
def kept_back() -> Iterator[KeptBack]:
    """A place for what a command prints, until the block ends; somebody whom it has left behind may print on."""
    with TemporaryDirectory(prefix="copper-check-", ignore_cleanup_errors=True) as folder:
        path = Path(folder, "printed")
        # Opened twice, since the place in an open file is common to all that write to it.
        with path.open("ab", buffering=0) as to, path.open("rb", buffering=0) as printed:
            yield KeptBack(to, printed)


class KeptBack:
    """What a command prints `to` a file, as its stdout and stderr."""

    def __init__(self, to: IO[bytes], printed: IO[bytes]) -> None:
        self.to = to
        self._printed = printed
        self._taken = 0

    def taken(self, *, late: bool) -> list[str]:
        """The last lines of those not taken yet, without those about requests.

        With `late`, what is printed after the answers is waited for.
        """
        if late:
            pause(_LATE)
        size = self._printed.seek(0, os.SEEK_END)
        self._printed.seek(max(self._taken, size - _READ))
        self._taken = size
        raw = _COLOURS.sub(b"", self._printed.read() or b"")
        lines = [on_one_line(line.rstrip()) for line in raw.decode("utf-8", "replace").splitlines()]
        text = brief("\n".join(line for line in lines if line and not _REQUEST.search(line)))
        return [line[:_MOST] for line in text.splitlines()][-_SHOWN:]
