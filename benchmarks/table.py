"""How do rows become the one table of docs/performance.md, and how is it read back?"""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.measuring import Row

DOCUMENT = Path(__file__).parents[1] / "docs" / "performance.md"
START = "<!-- measured: start -->"
END = "<!-- measured: end -->"
COLUMNS = ("what", "copper-emulator", "beside", "its figure", "ratio", "aim", "holds")
HOLDS = {True: "yes", False: "no", None: ""}

Cells = tuple[str, ...]


def cells(row: Row) -> Cells:
    """The cells of a row's line."""
    texts = (row.what, row.ours, row.peer, row.theirs, row.ratio, row.aim, HOLDS[row.holds])
    return tuple(" ".join(text.replace("|", "/").split()) for text in texts)


def markdown(lines: Iterable[Cells]) -> str:
    """The lines as a Markdown table, with its header."""
    head = [COLUMNS, tuple("---" for _ in COLUMNS)]
    return "".join(f"| {' | '.join(line)} |\n" for line in [*head, *lines])


def merged(old: Sequence[Cells], new: Sequence[Cells]) -> list[Cells]:
    """The old lines with new ones replacing those of the same name; a line not there before follows its predecessor."""
    lines = list(old)
    names = [line[0] for line in lines]
    place = len(lines)
    for line in new:
        if line[0] in names:
            place = names.index(line[0])
            lines[place] = line
        else:
            lines.insert(place, line)
            names.insert(place, line[0])
        place += 1
    return lines


def write(new: Sequence[Cells], *, whole: bool) -> None:
    """Put these lines into the document, replacing the whole table or the lines with the same first column."""
    before, rest = DOCUMENT.read_text().split(START)
    inside, after = rest.split(END)
    lines = new if whole else merged(_read(inside), new)
    DOCUMENT.write_text(f"{before}{START}\n{machine()}\n\n{markdown(lines)}{END}{after}")


def machine() -> str:
    """When and on what the figures were measured, in one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    today = datetime.datetime.now().astimezone().date()
    return f"Measured on {today.isoformat()}: {cores} cores, Python {platform.python_version()}, {platform.system()}."


def _read(text: str) -> list[Cells]:
    """The lines of a table, without its header."""
    found = [line for line in text.splitlines() if line.startswith("|")]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in found[2:]]
