"""A report as JUnit XML for CI servers: one test case for each row."""

from __future__ import annotations

from copper_emulator.checks.interrupted import INTERRUPTED
from copper_emulator.checks.report import Report, RowReport, Verdict
from copper_emulator.junit_xml import Case, document

_GROUP = "copper-emulator.check"


def junit(report: Report) -> str:
    """The whole document."""
    cases = [_case(row, is_cut_off=row.name in report.cut_off) for row in report.rows]
    properties = {"target": report.target, "summary": report.summary}
    return document("copper-emulator check", cases, properties, seconds=report.seconds)


def _case(row: RowReport, *, is_cut_off: bool) -> Case:
    text = "\n".join(part for part in (row.about, row.evidence, row.advice) if part)
    if row.verdict is Verdict.FAILED:
        printed = "\n".join(row.printed)
        return Case(_GROUP, row.name, row.seconds, "failure", "failed", row.evidence, text, printed)
    if is_cut_off:
        kind = "interrupted" if row.evidence == INTERRUPTED else "time limit"
        return Case(_GROUP, row.name, row.seconds, "error", kind, row.evidence, text)
    if row.verdict is Verdict.SKIPPED:
        return Case(_GROUP, row.name, row.seconds, "skipped", message=row.evidence)
    return Case(_GROUP, row.name, row.seconds, text=f"warned\n{text}" if row.verdict is Verdict.WARNED else text)
