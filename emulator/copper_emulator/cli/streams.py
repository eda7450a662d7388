"""What if stdout is not there, cannot be written to, or is read no more?"""

from __future__ import annotations

import errno
import os
import sys
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import TextIO

_SIGPIPE = 128 + 13
"""How a shell tells of a command that ended because its reader had gone (`| head`)."""


class Unprinted(Exception):
    """What was to be printed on stdout was not. No OSError: those who deal with files and ports deal with these."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"stdout cannot be written: {error.strerror or error}")
        self.error = error

    @property
    def reader_has_gone(self) -> bool:
        return self.error.errno == errno.EPIPE

    @property
    def code(self) -> int:
        """The exit code."""
        return _SIGPIPE if self.reader_has_gone else 1


class _Stdout(TextIOWrapper):
    """Says of its errors that they are its own.

    Not further down: an interrupt that comes when bytes have been written must find them gone from what is buffered, or
    they are written again at the end.
    """

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError as error:
            raise Unprinted(error) from None

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            raise Unprinted(error) from None


def prepare() -> None:
    """Have somewhere to print to, where errors are Unprinted; what the terminal's encoding does not have is escaped."""
    for name in ("stdout", "stderr"):
        # It was closed by whoever started the command: `>&-`.
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - as long as the process
    # The process's own; not what a test has put in its place, nor a console of Windows', which is no file.
    own = sys.__stdout__
    if sys.stdout is own and isinstance(own, TextIOWrapper) and type(getattr(own.buffer, "raw", own.buffer)) is FileIO:
        sys.stdout = _telling(own)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _telling(stdout: TextIOWrapper) -> TextIOWrapper:
    raw = BufferedWriter(FileIO(stdout.fileno(), "w", closefd=False))
    return _Stdout(
        raw, encoding=stdout.encoding, line_buffering=stdout.line_buffering, write_through=stdout.write_through
    )


def silence(stream: TextIO) -> None:
    """What is still printed goes nowhere, and nothing complains of it, also at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
