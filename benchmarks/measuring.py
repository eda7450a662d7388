"""How is something measured beside something else, so that the ratio travels from machine to machine?

Both in one run, in turn, A B A B, and the median of each. What is printed is a table in Markdown, for
docs/performance.md.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rich import box
from rich.console import Console
from rich.table import Table

ROUNDS = 9


@dataclass
class Report:
    """A table of what was measured, with a column for what it is held against."""

    columns: Sequence[str]
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        self.rows.append(cells)

    def show(self) -> None:
        table = Table(*self.columns, box=box.MARKDOWN)
        for row in self.rows:
            table.add_row(*row)
        Console(width=140).print(table)


def in_turn(ways: Mapping[str, Callable[[], float]], *, rounds: int = ROUNDS, warm_up: int = 1) -> dict[str, float]:
    """The median of what each way gives, all of them in every round."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + warm_up):
        for name, way in ways.items():
            value = way()
            if number >= warm_up:
                found[name].append(value)
    return {name: statistics.median(values) for name, values in found.items()}


def per_call(call: Callable[[], object], times: int) -> float:
    """Microseconds of processor time that one call takes."""
    began = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - began) / times * 1_000_000
