"""How is a file written that has secrets in it?"""

from __future__ import annotations

import os
import stat
from pathlib import Path


def write_private(file: Path, text: str) -> None:
    """Nobody else may read it, also where it was there already. Raises OSError."""
    with open(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as opened:
        # A terminal or a pipe, like /dev/stdout, stays as it is.
        if stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            os.fchmod(opened.fileno(), 0o600)
            opened.truncate(0)
        opened.write(text)
