"""Does one call of the API that is never answered stop everything that comes after it?

Many clients wait for ever unless they are given a timeout: `requests`, axios, Go's `http.Client`. A thread that waits
is lost; if it is the only one that works, or blocks the others, so is whatever Copper reports from then on.
"""

from __future__ import annotations

from dataclasses import replace

from copper_emulator.checks.bench import APART_MS, Bench
from copper_emulator.checks.judging import judged, milliseconds
from copper_emulator.checks.refusals import LULL
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.checks.uncalled import untried, wait_for_call
from copper_emulator.core.model import Outcome
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.delivering.driver import Rounds
from copper_emulator.shell.routing.destinations import Manner

HANGING_MS = 2 * APART_MS
"""Milliseconds after which the last change is made."""

LONGEST = 35.0
"""Seconds of real time in which the call must have been given up: common timeouts are 10 and 30 s."""

_IN_PROCESS = "in this process a call without an answer would stop the check as well"
_SERVE = "To have it tried, serve the endpoint and check its URL."

ADVICE = (
    "Give each call of the API a timeout of some 10 s (many clients wait for ever unless you do), and try again later: "
    "one call that gets no answer must not stop what comes after it."
)


def api_hangs(bench: Bench) -> Rounds[Finding]:
    """A call of the API is never answered; the next record must be handled all the same."""
    if bench.manner is not Manner.APART:
        return Finding(Verdict.SKIPPED, _IN_PROCESS, _SERVE)
    if bench.plan.state is not None:
        yield from bench.create(bench.kind_of_most)
        yield from bench.compare()
        if bench.trial.wrong:
            # There is no point in waiting for what never comes.
            return judged(bench, ADVICE)
        yield from bench.apart()
    return (yield from _hanging(bench))


def _hanging(bench: Bench) -> Rounds[Finding]:
    kind, measured, before = bench.kind_of_most, bench.tenant.check_measurements, len(bench.own_calls)
    measured.gave_up_after, began = None, monotonic()
    try:
        with bench.fault("api.hang"):
            (first,) = yield from bench.create(kind)
            yield from bench.idle()
            if not (yield from wait_for_call(bench, before=before)):
                return (yield from _uncalled(bench))
        # Until it is known whether the second is handled, the first is not looked for.
        del bench.trial.touched[kind, first]
        goes_on = yield from _goes_on(bench)
        if goes_on:
            yield from bench.until(lambda: measured.gave_up_after is not None, LONGEST - (monotonic() - began))
    finally:
        # What still waits must not hold up the next row.
        bench.tenant.held_calls.cut_off()
    if goes_on:
        bench.touch(kind, [first])
        yield from bench.compare("after a call that got no answer", lull=LULL if bench.plan.patience else 0.0)
    return _found(bench, first, goes_on=goes_on)


def _uncalled(bench: Bench) -> Rounds[Finding]:
    yield from bench.end()
    found = judged(bench, ADVICE)
    return untried(bench) if found.verdict is Verdict.PASSED else found


def _goes_on(bench: Bench) -> Rounds[bool]:
    """Whether another record is handled while nothing answers the call, or after it was given up."""
    yield from bench.apart()
    before = len(bench.own_calls)
    yield from bench.create(bench.kind_of_most)
    yield from bench.idle()
    if bench.plan.state is None:
        return (yield from bench.until(lambda: len(bench.own_calls) > before, LONGEST))
    yield from bench.compare("while a call got no answer", lull=LONGEST)
    return not bench.trial.wrong


def _found(bench: Bench, first: int, *, goes_on: bool) -> Finding:
    found, after = judged(bench, ADVICE), bench.tenant.check_measurements.gave_up_after
    waited = (
        f"a call that got no answer was not given up in {milliseconds(LONGEST)}"
        if after is None
        else f"it gave up a call that got no answer after {milliseconds(after)}"
    )
    evidence = f"{waited}; {found.evidence}"
    refused = any(each.outcome is not Outcome.DELIVERED for each in bench.deliveries if first not in each.ids)
    if not goes_on or (refused and bench.plan.state is None):
        unfetched = "" if found.verdict is Verdict.FAILED else "; the next record was not fetched"
        return replace(found, verdict=Verdict.FAILED, evidence=f"{evidence}{unfetched}", advice=ADVICE)
    if after is None or found.verdict is not Verdict.PASSED:
        # Who loses what it could not fetch fails in the rows in which the API refuses calls.
        return replace(found, verdict=Verdict.WARNED, evidence=evidence, advice=ADVICE)
    return Finding(Verdict.PASSED, evidence)
