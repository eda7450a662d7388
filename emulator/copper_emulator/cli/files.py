"""How commands read and write the files named to them. `-` is stdin or stdout."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import click

from copper_emulator.cli import Failure, WrongUse

STDIO = "-"

DOCUMENT = click.Path(dir_okay=False, allow_dash=True)
"""The type of an option that names a file to be written."""


def read(file: Path) -> bytes:
    """The bytes of a file. Raises WrongUse if it cannot be read."""
    try:
        return _stdin() if str(file) == STDIO else file.read_bytes()
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {error.strerror or error}") from None


def read_text(file: Path) -> str:
    """The text of a file in UTF-8, without a byte order mark. Raises WrongUse if it cannot be read."""
    try:
        return read(file).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WrongUse(f"{file} cannot be read: it is not UTF-8 text") from None


def _stdin() -> bytes:
    # None if the parent closed it (`<&-`): then it is empty.
    return b"" if sys.stdin is None else sys.stdin.buffer.read()


def write_private(file: Path, text: str) -> None:
    """Write a file with secrets, readable only by its owner, even if it already existed. Raises Failure."""
    if str(file) == STDIO:
        print_out(text)
        return
    try:
        _write_private(file, text)
    except OSError as error:
        raise unwritable(file, error) from None


def print_out(text: str) -> None:
    """Print a document as all of stdout, in UTF-8 whatever the terminal's encoding."""
    sys.stdout.buffer.write(text.rstrip("\n").encode() + b"\n")
    sys.stdout.flush()


def check_writable(file: str) -> None:
    """Check that a document can be written to a file, before the work it is about. Raises WrongUse.

    An earlier document is emptied: if the work is broken off, it must not be taken for that of this run.
    """
    if file == STDIO:
        return
    # Of a link, the file that it leads to.
    path = Path(os.path.realpath(file))
    there = path.exists()
    try:
        with path.open("w", encoding="utf-8"):
            pass
        if not there:
            path.unlink()
    except OSError as error:
        # Not a Failure: exit code 1 means that something wrong was found.
        raise WrongUse(unwritable(file, error).message) from None


def write_document(file: str, text: str) -> None:
    """Write a document to a file. Raises WrongUse."""
    if file == STDIO:
        print_out(text)
        return
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        # As in `check_writable`.
        raise WrongUse(unwritable(file, error).message) from None


def unwritable(file: str | Path, error: OSError) -> Failure:
    """The error for a file that cannot be written."""
    return Failure(f"{file} cannot be written: {error.strerror or error}")


def _write_private(file: Path, text: str) -> None:
    with open(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as opened:
        # A terminal or a pipe, like /dev/stdout, is left as it is.
        if stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            # Windows has no such mode bits.
            if os.name == "posix":
                os.fchmod(opened.fileno(), 0o600)
            opened.truncate(0)
        opened.write(text)
