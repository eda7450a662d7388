"""Report a script's findings: a table of figures, a line for each thing that must hold, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich import box
from rich.console import Console
from rich.table import Table

WIDTH = 140


@dataclass
class Checks:
    """Records what must hold, and whether it does."""

    failed: list[str] = field(default_factory=list)

    def check(self, text: str, *, holds: bool, seen: str = "") -> None:
        """Print one line: what must hold, whether it does, and what was seen."""
        print(f"{'PASS' if holds else 'FAIL'}  {text}{f' ({seen})' if seen else ''}", flush=True)
        if not holds:
            self.failed.append(text)

    def end(self) -> None:
        """Exit the program, with 1 if anything failed."""
        sys.exit(1 if self.failed else 0)


def show(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table for docs/reliability.md."""
    table = Table(*columns, box=box.MARKDOWN)
    for row in rows:
        table.add_row(*row)
    Console(width=WIDTH).print(table)


def mebibytes(size: float) -> str:
    return f"{size / 2**20:.1f} MiB"
