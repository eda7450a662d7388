"""Scenarios that were played, as JUnit XML for CI servers: one test case for each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from copper_emulator.junit_xml import Case, document
from copper_emulator.scenarios.perform import Performance

_STDIN = "-"


def junit(played: Sequence[tuple[Performance, float]], target: str) -> str:
    """The whole document, from each performance with the seconds of real time that it took."""
    cases = [_case(performance, seconds) for performance, seconds in played]
    whole = sum(case.seconds for case in cases)
    return document("copper-emulator run", cases, {"target": target}, seconds=whole)


def _case(performance: Performance, seconds: float) -> Case:
    result = performance.result
    # Recordings all have the same name.
    group = f"copper-emulator.run.{PurePath(result.source).stem}"
    file = "" if result.source == _STDIN else result.source
    if performance.passed:
        return Case(group, result.name, seconds, text=str(result), file=file)
    kind, failed = ("step", result.failed) if result.failed else ("verdict", performance.verdict)
    message = (result.failed_step.failure if result.failed_step else performance.verdict).partition("\n")[0]
    drawn = "" if performance.drawn_from is None else f"Drawn from seed {performance.drawn_from}.\n"
    text = f"{failed}\n{drawn}The timeline:\n{result.timeline}"
    return Case(group, result.name, seconds, "failure", kind, message, text, file=file)
