"""What is reported of a check that was interrupted?"""

from __future__ import annotations

from collections.abc import Sequence

from copper_emulator.checks.plan import Plan
from copper_emulator.checks.report import Report, RowReport, Verdict
from copper_emulator.core.text import count

INTERRUPTED = "the check was interrupted"


def report_until_then(plan: Plan, ended: Sequence[RowReport], seconds: float) -> Report:
    """The rows that had ended, and the others as left out, which is no success; `seconds` of real time it took."""
    done = {row.name for row in ended}
    left_out = [
        RowReport(row.name, row.about, Verdict.SKIPPED, INTERRUPTED) for row in plan.rows if row.name not in done
    ]
    names = tuple(row.name for row in left_out)
    note = f"{INTERRUPTED}, which left out {count(len(names), 'row')}, so this is not a success"
    return Report(plan.shown, [*ended, *left_out], [note], seconds, names)
