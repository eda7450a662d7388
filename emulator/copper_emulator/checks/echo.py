"""Does the endpoint come to rest when it is notified of what it writes itself?"""

from __future__ import annotations

from collections.abc import Mapping

from copper_emulator.checks.bench import APART_MS, Bench
from copper_emulator.checks.causes import ECHOES, of_answers
from copper_emulator.checks.earlier import Named, as_named, named_in
from copper_emulator.checks.judging import also_bad, judged
from copper_emulator.checks.order import main
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.checks.uncalled import untried
from copper_emulator.core.echo import Link
from copper_emulator.core.model import EntityType, Outcome
from copper_emulator.core.records.relations import Item
from copper_emulator.core.text import count
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.delivering.driver import Rounds

ECHO_DEPTH = 6
"""How many deliveries may cause each other in a row before the account stops an echo."""

_ENDLESS = "an endless echo"
_TOO_OFTEN = 4

ECHO_MS = 2 * APART_MS
"""Milliseconds after which the last change is made."""

_OWN_CHANGES = 2
"""How many changes the row itself makes, before it goes on to a second record."""

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
    """The endpoint is notified of what it writes itself, to the same record or from one to another and back."""
    kind = main(bench)
    ids = yield from bench.create(kind)
    yield from bench.apart()
    yield from bench.rename(kind, ids)
    yield from _come_to_rest(bench, {(kind, ids[0]): 0})
    yield from bench.end()
    own = _writes(bench, (kind, ids[0]))
    if own > _TOO_OFTEN:
        return Finding(Verdict.FAILED, f"it changed the record {count(own, 'time')} after two changes", ECHO)
    # In a test it may also write through the account, without a call.
    has_acted = bool(bench.own_calls) or len(bench.account.journal.changes) > _OWN_CHANGES
    if has_acted and bench.events(EntityType.PERSON) and bench.events(EntityType.COMPANY):
        found = yield from _between_two(bench)
        if found is not None:
            return found
    found = judged(bench, ECHO)
    if found.verdict is not Verdict.PASSED:
        return found
    own = sum(_writes(bench, each) for each in bench.trial.touched)
    if own:
        return Finding(found.verdict, f"it wrote back {count(own, 'time')}, then stopped; {found.evidence}")
    return Finding(found.verdict, f"it wrote nothing back; {found.evidence}") if has_acted else untried(bench)


def _between_two(bench: Bench) -> Rounds[Finding | None]:
    """Rename a person of a company: the finding if what the endpoint writes goes round between the two."""
    [company] = yield from bench.create(EntityType.COMPANY)
    [person] = yield from bench.create(EntityType.PERSON, company_id=company)
    two = (EntityType.PERSON, person), (EntityType.COMPANY, company)
    yield from _come_to_rest(bench, dict.fromkeys(two, 0))
    yield from bench.end()
    before = {each: _writes(bench, each) for each in two}
    yield from bench.apart()
    yield from bench.rename(EntityType.PERSON, [person])
    yield from _come_to_rest(bench, before)
    yield from bench.end()
    times = {each: _writes(bench, each) - before[each] for each in two}
    if max(times.values()) <= _TOO_OFTEN:
        return None
    often = " and ".join(f"the {kind} {count(times[kind, each], 'time')}" for kind, each in two)
    return Finding(Verdict.FAILED, f"after one change of a person of a company, it changed {often}", ECHO)


def _come_to_rest(bench: Bench, before: Mapping[Item, int]) -> Rounds[None]:
    """Wait until the endpoint writes no more to these records, or has done so too often, not counting `before`."""
    until = monotonic() + (yield from _seconds_to_go_on(bench, as_named(*next(iter(before)))))
    latest: dict[Item, int] = {}
    while monotonic() < until:
        yield []
        yield from bench.idle()
        now = {each: _writes(bench, each) for each in before}
        if any(now[each] - before[each] > _TOO_OFTEN for each in before):
            break
        if latest and now != latest:
            # It may need as long for the next.
            until = monotonic() + _GOES_ON
        latest = now


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


def _writes(bench: Bench, record: Item) -> int:
    """How often the endpoint has changed a record."""
    kind, record_id = record
    changes = (each for each in bench.account.journal.changes if each.origin == "api" and each.topic.type is kind)
    return sum(record_id in each.ids for each in changes)


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
