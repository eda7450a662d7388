"""How `copper-emulator check` prints its rows: as they come, the failed ones once more in the end, and as a list."""

from __future__ import annotations

import shutil
from collections.abc import Iterable

from copper_emulator.checks.causes import AS_IN
from copper_emulator.checks.report import RowReport, Verdict, name_of, summary_of
from copper_emulator.checks.rows import ROWS
from copper_emulator.cli.output import Output, on_one_line

_FAILED = "red"
_STYLES = {Verdict.PASSED: "green", Verdict.WARNED: "yellow", Verdict.FAILED: "bold red", Verdict.SKIPPED: "dim"}


_ADVICE = " " * 31 + "-> "
"""Below a row's evidence."""
_PRINTED = " " * 9 + "| "
"""What the command has printed is wide."""

_PIPED = 120
"""Columns where there is no terminal."""


class Table:
    """Prints rows as they come; consecutive ones skipped for the same reason share a line."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._alike: list[RowReport] = []
        self.added: list[RowReport] = []
        """The rows so far."""
        self._columns, self._lines = shutil.get_terminal_size((_PIPED, 24))
        self._since_failed: int | None = None
        """Lines on the screen since the first failed row; None if none has failed."""

    def add(self, row: RowReport) -> None:
        self.added.append(row)
        if self._alike and not row.is_like(self._alike[0]):
            self.end()
        self._alike.append(row)
        if row.verdict is not Verdict.SKIPPED:
            self.end()

    @property
    def summary(self) -> str:
        """How many rows of each verdict there were so far."""
        return summary_of(self.added)

    def end(self) -> None:
        """Print the rows not yet printed."""
        rows, self._alike = self._alike, []
        if not rows:
            return
        self._row(rows[0], name_of(rows))

    def repeat(self, failed: Iterable[RowReport]) -> None:
        """Print the failed rows once more, a line each, if the first is no longer on the screen."""
        if self._since_failed is None or self._since_failed < self._lines:
            return
        self._output.line("Failed, in short:", style="bold")
        alike: dict[str, list[str]] = {}
        for row in failed:
            if row.advice.startswith(AS_IN):
                alike.setdefault(row.advice.removesuffix("."), []).append(row.name)
            else:
                line = f"  {row.name:<20}  {on_one_line(row.evidence)}"
                line = line if len(line) <= self._columns else f"{line[: self._columns - 3]}..."
                self._output.line(line, style=_FAILED)
        for advice, names in alike.items():
            self._output.line(f"  {advice}: {', '.join(names)}", style=_FAILED)

    def _row(self, row: RowReport, name: str) -> None:
        if self._since_failed is None and not row.ok:
            self._since_failed = 0
        self._line(f"{row.shown_verdict:<7}  {name:<20}  {on_one_line(row.evidence)}", style=_STYLES[row.verdict])
        if row.advice:
            self._line(f"{_ADVICE}{on_one_line(row.advice)}")
        for line in row.printed:
            self._line(f"{_PRINTED}{on_one_line(line)}", style="dim")

    def _line(self, text: str, *, style: str = "") -> None:
        self._output.line(text, style=style)
        if self._since_failed is not None:
            self._since_failed += 1 + (len(text) - 1) // self._columns


def list_rows(output: Output) -> None:
    output.json({"rows": [{"name": row.name, "about": row.about} for row in ROWS]})
    for row in ROWS:
        output.line(f"{row.name:<20}  {row.about}")
