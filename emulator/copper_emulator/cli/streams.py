"""What if stdout is missing, cannot be written to, or is no longer read?"""

from __future__ import annotations

import errno
import os
import sys
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import TextIO

_SIGPIPE = 128 + 13
"""The exit code that a shell reports for a command whose reader has gone (`| head`)."""


class Unprinted(Exception):
    """Writing to stdout failed. Not an OSError, because those are handled as errors of files and ports."""

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
    """Raises its write errors as Unprinted.

    Not done at a lower level: after an interrupt, bytes already written must be gone from the buffer, or they would be
    written again at the end.
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
    """Set up stdout and stderr: stdout's errors become Unprinted; characters that an encoding lacks are escaped."""
    # Closed by the parent: `>&-`.
    if sys.stdout is None:
        # Opened for reading, so that writing fails as on a closed one; as long as the process.
        sys.stdout = _Stdout(BufferedWriter(FileIO(os.open(os.devnull, os.O_RDONLY), "w")), "utf-8")
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - as long as the process
    # Only the process's own stdout: not a test's replacement, nor a Windows console, which is no file.
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
    """Discard further output, without errors, even when the process ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
