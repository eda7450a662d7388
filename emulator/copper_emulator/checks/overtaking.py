"""Does what was fetched earlier, and arrives later, take the place of what is newer?

A fetch after each of two updates, at the same time: the answer to the first is on its way while the record changes
again, is told of, and is fetched anew. That takes an endpoint that answers before it fetches. One that fetches first is
told of the second update when it has done with the first.
"""

from __future__ import annotations

from collections.abc import Callable

from copper_emulator.checks.bench import Bench
from copper_emulator.checks.judging import judged
from copper_emulator.checks.order import main
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.delivering.driver import Rounds
from copper_emulator.shell.routing.destinations import Manner

APART_MS = 2_000
"""Between the two updates: their `date_modified`, in whole seconds, tells which is the newer."""

ON_ITS_WAY = 1.5
"""Seconds of real time that the first answer takes at most."""

SETTLED = 0.3
"""Seconds of real time in which what has arrived is stored."""

BEGINS = 1.0
"""Seconds of real time in which tasks of this process have begun to fetch: their state is right later, too."""

ADVICE = (
    "Work on one record at a time (a lock or a queue for each id), or store what you fetched only if its "
    "`date_modified` is no older than what you have: two fetches at the same time may be answered in either order."
)


def overtaken(bench: Bench) -> Rounds[Finding]:
    """The answer to a fetch arrives after that to a later one."""
    kind = main(bench)
    ids = yield from bench.create(kind)
    yield from bench.compare()
    if bench.plan.state is None or bench.trial.wrong:
        why = "its state is wrong anyway" if bench.trial.wrong else "it needs the endpoint's state"
        return Finding(Verdict.SKIPPED, why)
    with bench.late_answer(ON_ITS_WAY) as late:
        yield from bench.rename(kind, ids)
        yield from _until(bench, lambda: late.is_taken, _begins(bench))
        if late.has_arrived or not late.is_taken:
            return (yield from _not_overtaken(bench, NO_LATER_FETCH if late.has_arrived else NO_FETCH))
        yield from bench.advance(APART_MS)
        before = len(bench.own_calls)
        yield from bench.rename(kind, ids)
        # Who works on one record at a time fetches again only when the first answer has arrived.
        yield from _until(bench, lambda: late.has_arrived or len(bench.own_calls) > before, ON_ITS_WAY)
        is_overtaken = len(bench.own_calls) > before and not late.has_arrived
        yield from _until(bench, lambda: late.has_arrived, SETTLED)
        late.let_go()
        yield from _until(bench, lambda: late.has_arrived, ON_ITS_WAY)
    yield from _until(bench, lambda: False, SETTLED)
    yield from bench.compare(lull=BEGINS)
    yield from bench.end()
    found = judged(bench, ADVICE)
    came = _OVERTOOK if is_overtaken else _WAITED
    return Finding(found.verdict, f"{came}; {found.evidence}", found.advice)


_OVERTOOK = "an answer of the API overtook an earlier one"
_WAITED = "while a fetch was under way, it did not begin another"

NO_LATER_FETCH = "it had fetched before it answered, so no later fetch could overtake that one"
NO_FETCH = "it fetched nothing soon after the update, so nothing could be overtaken"


def _not_overtaken(bench: Bench, why: str) -> Rounds[Finding]:
    """The finding, if no fetch was under way when the record changed again."""
    yield from bench.end()
    found = judged(bench, ADVICE)
    return Finding(Verdict.SKIPPED, why) if found.verdict is Verdict.PASSED else found


def _begins(bench: Bench) -> float:
    least = BEGINS if bench.manner is Manner.ON_LOOP else 0.0
    return max(least, min(bench.plan.patience, ON_ITS_WAY))


def _until(bench: Bench, holds: Callable[[], bool], seconds: float) -> Rounds[None]:
    until = monotonic() + seconds
    while not holds() and monotonic() < until:
        yield from bench.rest()
