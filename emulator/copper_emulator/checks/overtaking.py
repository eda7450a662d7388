"""Does what was fetched earlier, and arrives later, take the place of what is newer?

A fetch after each of two updates, at the same time: the answer to the first is on its way while the record changes
again, is told of, and is fetched anew. That takes an endpoint that answers before it fetches. One that fetches first is
told of the second update when it has done with the first here, since a round ends when all have answered; Copper need
not wait for that.
"""

from __future__ import annotations

from copper_emulator.checks.bench import APART_MS, Bench
from copper_emulator.checks.judging import judged
from copper_emulator.checks.order import main
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.core.model import EntityType
from copper_emulator.shell.check_support import LateAnswer
from copper_emulator.shell.delivering.driver import Rounds
from copper_emulator.shell.routing.destinations import Manner

BETWEEN_MS = 2_000
"""Between the two updates: their `date_modified`, in whole seconds, tells which is the newer."""

OVERTAKEN_MS = APART_MS + BETWEEN_MS
"""Milliseconds after which the last change goes out."""

ON_ITS_WAY = 1.5
"""Seconds of real time that the first answer takes at most."""

SETTLED = 0.3
"""Seconds of real time in which what has arrived is stored."""

BEGINS = 1.0
"""Seconds of real time in which tasks of this process, or the work a hook waits for, have begun to fetch."""

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
    yield from bench.apart()
    with bench.late_answer(ON_ITS_WAY) as late:
        yield from bench.rename(kind, ids)
        yield from bench.until(lambda: late.is_taken, _begins(bench))
        is_under_way, has_arrived = late.is_taken and not late.has_arrived, late.has_arrived
        is_overtaken = is_under_way and (yield from _change_again(bench, kind, ids, late))
    if not is_under_way:
        return (yield from _not_overtaken(bench, has_arrived=has_arrived))
    yield from bench.until(lambda: False, SETTLED)
    yield from bench.compare(lull=BEGINS)
    yield from bench.end()
    found = judged(bench, ADVICE)
    came = _OVERTOOK if is_overtaken else _WAITED
    return Finding(found.verdict, f"{came}; {found.evidence}", found.advice)


def _change_again(bench: Bench, kind: EntityType, ids: list[int], late: LateAnswer) -> Rounds[bool]:
    """Change the record during the fetch, and let that be answered; returns whether a later one was answered before."""
    yield from bench.advance(BETWEEN_MS)
    before = len(bench.own_calls)
    yield from bench.rename(kind, ids)
    # Who works on one record at a time fetches again only when the first answer has arrived.
    yield from bench.until(lambda: late.has_arrived or len(bench.own_calls) > before, ON_ITS_WAY)
    is_overtaken = len(bench.own_calls) > before and not late.has_arrived
    yield from bench.until(lambda: late.has_arrived, SETTLED)
    late.let_go()
    yield from bench.until(lambda: late.has_arrived, ON_ITS_WAY)
    return is_overtaken


_OVERTOOK = "an answer of the API overtook an earlier one"
_WAITED = "while a fetch was under way, it did not begin another"

NO_LATER_FETCH = (
    "it fetches before it answers, and the record changes again only after the answer here; Copper need not wait for "
    "it, so a later fetch may still overtake another"
)
NO_FETCH = "it fetched nothing soon after the update, so nothing could be overtaken"
FETCH_IN_HOOK = "it fetched nothing before the after_delivery hook ran, so nothing could be overtaken"


def _not_overtaken(bench: Bench, *, has_arrived: bool) -> Rounds[Finding]:
    """The finding, if no fetch was under way when the record changed again."""
    before = len(bench.own_calls)
    yield from bench.end()
    found = judged(bench, ADVICE)
    if found.verdict is not Verdict.PASSED:
        return found
    if has_arrived:
        return Finding(Verdict.SKIPPED, NO_LATER_FETCH, ADVICE)
    is_in_hook = bench.has_hooks and len(bench.own_calls) > before
    return Finding(Verdict.SKIPPED, FETCH_IN_HOOK if is_in_hook else NO_FETCH)


def _begins(bench: Bench) -> float:
    # With a hook, there is work after the answer, of which others need not wait for the end.
    least = BEGINS if bench.manner is Manner.ON_LOOP or bench.has_hooks else 0.0
    return max(least, min(bench.plan.patience, ON_ITS_WAY))
