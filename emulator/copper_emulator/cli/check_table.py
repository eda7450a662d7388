"""How `copper-emulator check` prints its rows, as they come and as a list."""

from __future__ import annotations

from copper_emulator.checks.report import RowReport, Verdict, name_of
from copper_emulator.checks.rows import ROWS
from copper_emulator.cli.output import Output, on_one_line

_STYLES = {Verdict.PASSED: "green", Verdict.WARNED: "yellow", Verdict.FAILED: "bold red", Verdict.SKIPPED: "dim"}


class Table:
    """Prints rows as they come; consecutive ones skipped for the same reason share a line."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._alike: list[RowReport] = []

    def add(self, row: RowReport) -> None:
        if self._alike and not row.is_like(self._alike[0]):
            self.end()
        self._alike.append(row)
        if row.verdict is not Verdict.SKIPPED:
            self.end()

    def end(self) -> None:
        """Print the rows not yet printed."""
        rows, self._alike = self._alike, []
        if not rows:
            return
        self._line(rows[0], name_of(rows))

    def _line(self, row: RowReport, name: str) -> None:
        shown = f"{row.shown_verdict:<7}  {name:<20}  {on_one_line(row.evidence)}"
        self._output.line(shown, style=_STYLES[row.verdict])
        if row.advice:
            self._output.line(f"{'':<31}-> {on_one_line(row.advice)}")


def list_rows(output: Output) -> None:
    output.json({"rows": [{"name": row.name, "about": row.about} for row in ROWS]})
    for row in ROWS:
        output.line(f"{row.name:<20}  {row.about}")
