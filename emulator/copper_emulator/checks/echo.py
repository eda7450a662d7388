"""Does the endpoint come to rest when it is notified of what it writes itself?"""

from __future__ import annotations

from copper_emulator.checks.bench import Bench
from copper_emulator.checks.causes import ECHOES, of_answers
from copper_emulator.checks.earlier import Named, as_named, named_in
from copper_emulator.checks.judging import also_bad, judged
from copper_emulator.checks.order import main
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.checks.uncalled import untried
from copper_emulator.core.echo import Link
from copper_emulator.core.model import Outcome
from copper_emulator.core.text import count
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.delivering.driver import Rounds

ECHO_DEPTH = 6
"""How many deliveries may cause each other in a row before the account stops an echo."""

_ENDLESS = "an endless echo"
_TOO_OFTEN = 4

_OWN_CHANGES = 2
"""How many changes the row itself makes."""

_BEGINS = 0.2
"""Seconds of real time in which an endpoint that works after its answer must have begun, where there is no patience.

One that had called the API when it answered may have done so in a thread, and is given as long to write."""

_GOES_ON = 0.5
"""Seconds of real time in which one that works after its answer may write again and again."""

ECHO = (
    "Write only when something differs, or remember what you wrote and ignore its notification: notifications do "
    "not say who made a change."
)


def echo(bench: Bench) -> Rounds[Finding | None]:
    """The endpoint is notified of what it writes itself."""
    kind = main(bench)
    ids = yield from bench.create(kind)
    yield from bench.apart()
    yield from bench.rename(kind, ids)
    until = monotonic() + (yield from _seconds_to_go_on(bench, as_named(kind, ids[0])))
    while monotonic() < until and _writes(bench, ids) <= _TOO_OFTEN:
        yield []
        yield from bench.idle()
    yield from bench.end()
    own = _writes(bench, ids)
    if own > _TOO_OFTEN:
        return Finding(Verdict.FAILED, f"it changed the record {count(own, 'time')} after two changes", ECHO)
    found = judged(bench, ECHO)
    if found.verdict is not Verdict.PASSED:
        return found
    if own:
        return Finding(found.verdict, f"it wrote back {count(own, 'time')}, then stopped; {found.evidence}")
    # In a test it may also write through the account, without a call.
    has_acted = bool(bench.own_calls) or len(bench.account.journal.changes) > _OWN_CHANGES
    return Finding(found.verdict, f"it wrote nothing back; {found.evidence}") if has_acted else untried(bench)


def endless(bench: Bench) -> Finding:
    """What a row ends with in which the account has stopped an echo."""
    last, bad = bench.account.journal.changes[-1], also_bad(bench)
    limit = Link(last.depth, last.returns, last.untold).limit(ECHO_DEPTH) or ECHO_DEPTH
    evidence = (
        f"{_ENDLESS}: {limit} deliveries in a row each made the endpoint change a record ({last.topic} "
        f"{last.ids[0]}), which caused the next"
    )
    refused = [each for each in bench.deliveries if each.outcome is not Outcome.DELIVERED]
    causes = ECHOES | of_answers(refused, bench.account)
    return Finding(Verdict.FAILED, evidence + bad, ECHO, causes, _ENDLESS + bad)


def _writes(bench: Bench, ids: list[int]) -> int:
    """How often the endpoint has changed one of these records."""
    return sum(each.origin == "api" and not set(ids).isdisjoint(each.ids) for each in bench.account.journal.changes)


def _seconds_to_go_on(bench: Bench, record: Named) -> Rounds[float]:
    """For how long, in real time, the endpoint may still write: not at all if it has not called the API by now."""
    if bench.plan.patience:
        return min(bench.plan.patience, _GOES_ON)
    if _has_called(bench, record):
        return _BEGINS
    until = monotonic() + _BEGINS
    while not (has_called := _has_called(bench, record)) and monotonic() < until:
        yield from bench.rest()
    return _GOES_ON if has_called else 0.0


def _has_called(bench: Bench, record: Named) -> bool:
    return any(named_in(call.path) == record for call in bench.account.call_log.calls())
