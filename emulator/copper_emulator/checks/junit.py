"""A report as JUnit XML for CI servers: one test case for each row."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from copper_emulator.checks.report import Report, RowReport, Verdict


def junit(report: Report) -> str:
    """The whole document."""
    failed = sum(row.verdict is Verdict.FAILED for row in report.rows)
    errors = len(report.cut_off)
    skipped = sum(row.verdict is Verdict.SKIPPED for row in report.rows) - errors
    counts = {"tests": len(report.rows), "failures": failed, "errors": errors, "skipped": skipped}
    shown = {name: str(number) for name, number in counts.items()}
    suite = Element("testsuite", {"name": "copper-emulator check", **shown, "time": f"{report.seconds:.3f}"})
    properties = SubElement(suite, "properties")
    SubElement(properties, "property", {"name": "target", "value": _valid(report.target)})
    SubElement(properties, "property", {"name": "summary", "value": report.summary})
    for row in report.rows:
        _add(suite, row, cut_off=row.name in report.cut_off)
    root = Element("testsuites", {**shown, "time": f"{report.seconds:.3f}"})
    root.append(suite)
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _add(suite: Element, row: RowReport, *, cut_off: bool) -> None:
    case = SubElement(
        suite, "testcase", {"classname": "copper-emulator.check", "name": row.name, "time": f"{row.seconds:.3f}"}
    )
    text = _valid("\n".join(part for part in (row.about, row.evidence, row.advice) if part))
    if row.verdict is Verdict.FAILED:
        SubElement(case, "failure", {"message": _valid(row.evidence), "type": "failed"}).text = text
        if row.printed:
            SubElement(case, "system-err").text = _valid("\n".join(row.printed))
    elif cut_off:
        SubElement(case, "error", {"message": _valid(row.evidence), "type": "time limit"}).text = text
    elif row.verdict is Verdict.SKIPPED:
        SubElement(case, "skipped", {"message": _valid(row.evidence)})
    else:
        prefix = "warned\n" if row.verdict is Verdict.WARNED else ""
        SubElement(case, "system-out").text = prefix + text


def _valid(text: str) -> str:
    """The text without the characters that XML forbids; an endpoint's answer may have some."""
    return "".join(
        c if c in "\t\n" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff" else "?" for c in text
    )
