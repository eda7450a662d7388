"""Which part of an endpoint's traceback do people need? Their own frames; those of libraries are counted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from traceback import walk_tb

from copper_emulator.core.text import count

_FRAME = re.compile(r'  File "(?P<path>.+)", line \d+')
_LIBRARY = re.compile(r"[/\\](?:(?:site|dist)-packages|lib[/\\]python3\.\d+)[/\\]")
"""Installed packages, and Python's own modules."""


def brief(traceback: str) -> str:
    """Shorten a traceback as Python prints it: one line stands for each run of frames from libraries."""
    parts = list(_parts(traceback.splitlines()))
    if all(_is_of_library(part) for part in parts if _FRAME.match(part[0])):
        # The endpoint itself is an installed package.
        return traceback
    lines: list[str] = []
    left_out = 0
    for part in [*parts, []]:
        if part and _is_of_library(part):
            left_out += 1
            continue
        if left_out:
            lines.append(f"  ... {count(left_out, 'frame')} of libraries left out ...")
            left_out = 0
        lines += part
    return "\n".join(lines)


def raised_at(exception: BaseException) -> str:
    """The file and line of the innermost frame that is no library's; the innermost, if all are."""
    frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(exception.__traceback__)]
    own = [each for each in frames if not _LIBRARY.search(each[0])]
    file, line = (own or frames or [("", 0)])[-1]
    return f"{file}:{line}"


def contains(text: str, traceback: str) -> bool:
    """Whether a text already contains a traceback, however it is indented there."""
    return _bare(traceback) in _bare(text)


def _bare(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines())


def _parts(lines: Sequence[str]) -> Iterator[list[str]]:
    """Each frame with the lines that belong to it, and every other line alone."""
    part: list[str] = []
    for line in lines:
        if part and _FRAME.match(part[0]) and line.startswith("    "):
            part.append(line)
            continue
        if part:
            yield part
        part = [line]
    if part:
        yield part


def _is_of_library(part: Sequence[str]) -> bool:
    frame = _FRAME.match(part[0])
    return frame is not None and _LIBRARY.search(frame["path"]) is not None
