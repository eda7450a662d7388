"""Results as JUnit XML, as CI servers read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring


@dataclass(frozen=True, slots=True)
class Case:
    """One test case. `verdict` is the tag that says that it did not pass, `kind` the type of a failure or error."""

    group: str
    """With the name, what tells it from all others: CI servers call it the class."""
    name: str
    seconds: float
    verdict: str = ""
    """`failure`, `error` or `skipped`; empty if it passed."""
    kind: str = ""
    message: str = ""
    """The verdict in a line."""
    text: str = ""
    """The verdict in full; of a case that passed, its output."""
    printed: str = ""
    """What the program under test has printed, if that helps."""
    file: str = ""


def document(suite_name: str, cases: Sequence[Case], properties: Mapping[str, str], *, seconds: float) -> str:
    """The whole document: one suite with these cases. What XML cannot contain is shown as `?`."""
    counts = {"tests": len(cases)}
    for name, verdict in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        counts[name] = sum(case.verdict == verdict for case in cases)
    shown = {**{name: str(number) for name, number in counts.items()}, "time": _seconds(seconds)}
    root = Element("testsuites", shown)
    suite = SubElement(root, "testsuite", {"name": suite_name, **shown})
    listed = SubElement(suite, "properties")
    for name, value in properties.items():
        SubElement(listed, "property", {"name": name, "value": _valid(value)})
    for case in cases:
        _add(suite, case)
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _add(suite: Element, case: Case) -> None:
    file = {"file": _valid(case.file)} if case.file else {}
    attributes = {"classname": _valid(case.group), "name": _valid(case.name), "time": _seconds(case.seconds), **file}
    element = SubElement(suite, "testcase", attributes)
    if case.verdict:
        kind = {"type": case.kind} if case.kind else {}
        verdict = SubElement(element, case.verdict, {"message": _valid(case.message), **kind})
        verdict.text = _valid(case.text) or None
    else:
        SubElement(element, "system-out").text = _valid(case.text)
    if case.printed:
        SubElement(element, "system-err").text = _valid(case.printed)


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"


def _valid(text: str) -> str:
    """The text without the characters that XML forbids; an endpoint's answer may have some."""
    return "".join(
        c if c in "\t\n" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff" else "?" for c in text
    )
