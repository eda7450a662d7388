"""How do commands read and write the files that they are named? `-` is stdin, or stdout."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from copper_emulator.cli import Failure, WrongUse

STDIO = "-"


def read(file: Path) -> bytes:
    """Raises WrongUse where it cannot be read."""
    try:
        return _stdin() if str(file) == STDIO else file.read_bytes()
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {error.strerror or error}") from None


def read_text(file: Path) -> str:
    """Text in UTF-8, without a mark before it. Raises WrongUse where it cannot be read."""
    try:
        return read(file).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WrongUse(f"{file} cannot be read: it is no text in UTF-8") from None


def _stdin() -> bytes:
    # Closed by whoever started the command (`<&-`), it has nothing in it.
    return b"" if sys.stdin is None else sys.stdin.buffer.read()


def write_private(file: Path, text: str) -> None:
    """With secrets in it: nobody else may read it, also where it was there already. Raises Failure."""
    if str(file) == STDIO:
        print_out(text)
        return
    try:
        _write_private(file, text)
    except OSError as error:
        raise unwritable(file, error) from None


def print_out(text: str) -> None:
    """On stdout, which then has nothing else; in UTF-8 whatever the terminal speaks."""
    sys.stdout.buffer.write(text.rstrip("\n").encode() + b"\n")
    sys.stdout.flush()


def unwritable(file: str | Path, error: OSError) -> Failure:
    """A file that cannot be written."""
    return Failure(f"{file} cannot be written: {error.strerror or error}")


def _write_private(file: Path, text: str) -> None:
    with open(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as opened:
        # A terminal or a pipe, like /dev/stdout, stays as it is.
        if stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            os.fchmod(opened.fileno(), 0o600)
            opened.truncate(0)
        opened.write(text)
