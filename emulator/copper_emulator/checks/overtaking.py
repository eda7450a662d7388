"""Does what was fetched earlier, and arrives later, take the place of what is newer: of a change, or of a deletion?

A fetch after each of two updates, at the same time: the answer to the first is on its way while the record changes
again, is told of, and is fetched anew; or while it is deleted, for which nobody has to fetch. An endpoint that fetches
before it answers is told of what comes second while it has not answered the first, as Copper need not wait for that.
As rounds end only when all have answered, both are then sent in one round, the second once the first was fetched for;
the changes' own notifications get lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from copper_emulator.checks.bench import APART_MS, Bench
from copper_emulator.checks.judging import judged, without_a_right_state
from copper_emulator.checks.order import main
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.core.model import EntityType
from copper_emulator.core.records import commands
from copper_emulator.shell.check_support import LateAnswer
from copper_emulator.shell.delivering.driver import Rounds
from copper_emulator.shell.routing.destinations import Manner

BETWEEN_MS = 2_000
"""Before what comes second: the `date_modified` of two updates, in whole seconds, tells which is the newer."""

OVERTAKEN_MS = 2 * APART_MS + BETWEEN_MS
"""Milliseconds after which the last change goes out, at most, in either row."""

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


DELETE_WAITS = (
    "Let the `delete` of a record wait for a fetch of it that is under way (the same lock or queue for each id), or "
    "remember which ids were deleted and store none of them: the fetch is answered with the record as it was before, "
    "and brings it back for ever. An id never comes again."
)


_Told: TypeAlias = tuple[Mapping[str, Any], commands.Command[Any]]


@dataclass(frozen=True, slots=True)
class _Second:
    """What comes second, while a fetch is under way.

    Args:
        comes: lets it come, and the answer arrive afterwards; returns whether it was dealt with before.
        told: the body that tells of it, and the change itself, given the body that tells of what came first.
        overtook: the evidence, if it was dealt with before the answer arrived.
        waited: the evidence, if that is not known.
        still: what may go wrong though it could not be tried.
        advice: if the state is wrong in the end.
    """

    comes: Callable[[Bench, EntityType, list[int], LateAnswer], Rounds[bool]]
    told: Callable[[Bench, EntityType, list[int], Mapping[str, Any]], _Told]
    overtook: str
    waited: str
    still: str
    advice: str


def overtaken(bench: Bench) -> Rounds[Finding]:
    """The answer to a fetch arrives after that to a later one."""
    return (yield from _during_a_fetch(bench, _CHANGE))


def deleted_meanwhile(bench: Bench) -> Rounds[Finding]:
    """The answer to a fetch arrives after the `delete` of the record."""
    return (yield from _during_a_fetch(bench, _DELETION))


def _during_a_fetch(bench: Bench, second: _Second) -> Rounds[Finding]:
    kind = main(bench)
    ids = yield from bench.create(kind)
    yield from bench.compare()
    if (skipped := without_a_right_state(bench)) is not None:
        return skipped
    yield from bench.apart()
    with bench.late_answer(ON_ITS_WAY) as late:
        yield from bench.rename(kind, ids)
        yield from bench.until(lambda: late.is_taken, _begins(bench))
        is_under_way, has_arrived = late.is_taken and not late.has_arrived, late.has_arrived
        is_overtaken = is_under_way and (yield from second.comes(bench, kind, ids, late))
    if is_under_way:
        yield from bench.until(lambda: False, SETTLED)
        return (yield from _settled(bench, second, is_overtaken=is_overtaken))
    found = yield from _not_overtaken(bench, second, has_arrived=has_arrived)
    if found is not None:
        return found
    is_overtaken = yield from _before_it_answers(bench, kind, ids, second)
    return (yield from _settled(bench, second, is_overtaken=is_overtaken))


def _settled(bench: Bench, second: _Second, *, is_overtaken: bool) -> Rounds[Finding]:
    yield from bench.compare(lull=BEGINS)
    yield from bench.end()
    found = judged(bench, second.advice)
    came = second.overtook if is_overtaken else second.waited
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


def _delete(bench: Bench, kind: EntityType, ids: list[int], late: LateAnswer) -> Rounds[bool]:
    """Delete the record during the fetch, and let that be answered; returns whether it was removed before."""
    yield from bench.advance(BETWEEN_MS)
    yield from bench.delete(kind, ids)
    is_there: bool | None = True
    # Who works on one record at a time removes it only when the answer has arrived.
    while is_there and not late.has_arrived:
        yield from bench.rest()
        is_there = yield from bench.believes_in(kind, ids[0])
    is_removed = is_there is False and not late.has_arrived
    late.let_go()
    yield from bench.until(lambda: late.has_arrived, ON_ITS_WAY)
    return is_removed


def _before_it_answers(bench: Bench, kind: EntityType, ids: list[int], second: _Second) -> Rounds[bool]:
    """Tell of what comes second while the first is fetched for; returns whether a later fetch was answered before."""
    yield from bench.apart()
    with bench.fault("lose=100%"):
        yield from bench.rename(kind, ids)
        first = bench.body(kind, "update", ids)
        yield from bench.advance(BETWEEN_MS)
        body, change = second.told(bench, kind, ids, first)
        # In the thread that answers the API, between the two fetches.
        then = partial(bench.tenant.record, lambda account, now: account.act(change, now))
        with bench.late_answer(ON_ITS_WAY, then) as late:
            yield from bench.send_both(first, body, lambda: late.is_made)
        # Lost only if it goes out here.
        yield from bench.idle()
    return late.calls_meanwhile > 0


def _change_told(bench: Bench, kind: EntityType, ids: list[int], first: Mapping[str, Any]) -> _Told:
    before = first["updated_attributes"]["name"][-1]
    after = f"{before}a"
    body = bench.body(kind, "update", ids, updated_attributes={"name": [before, after]})
    return body, commands.update(kind, ids, {"name": after})


def _deletion_told(bench: Bench, kind: EntityType, ids: list[int], _first: Mapping[str, Any]) -> _Told:
    return bench.body(kind, "delete", ids), commands.delete(kind, ids)


def _not_overtaken(bench: Bench, second: _Second, *, has_arrived: bool) -> Rounds[Finding | None]:
    """The finding, if no fetch was under way when the record changed again; None if one can be had before an answer."""
    before = len(bench.own_calls)
    yield from bench.end()
    found = judged(bench, second.advice)
    if found.verdict is not Verdict.PASSED:
        return found
    if has_arrived:
        return (
            None
            if bench.manner is Manner.APART
            else Finding(Verdict.SKIPPED, f"{BEFORE_IT_ANSWERS}{second.still}", second.advice)
        )
    is_in_hook = bench.has_hooks and len(bench.own_calls) > before
    return Finding(Verdict.SKIPPED, FETCH_IN_HOOK if is_in_hook else NO_FETCH)


def _begins(bench: Bench) -> float:
    # With a hook, there is work after the answer, of which others need not wait for the end.
    least = BEGINS if bench.manner is Manner.ON_LOOP or bench.has_hooks else 0.0
    return max(least, min(bench.plan.patience, ON_ITS_WAY))


BEFORE_IT_ANSWERS = (
    "it fetches before it answers, and in this process the record changes again only after the answer; Copper need not "
    "wait for it, so "
)
NO_FETCH = "it fetched nothing soon after the update, so nothing could be overtaken"
FETCH_IN_HOOK = "it fetched nothing before the after_delivery hook ran, so nothing could be overtaken"

_DELETED = "it was told of the `delete` while a fetch of the record was under way"

_CHANGE = _Second(
    _change_again,
    _change_told,
    overtook="an answer of the API overtook an earlier one",
    waited="while a fetch was under way, it did not begin another",
    still="a later fetch may still overtake another",
    advice=ADVICE,
)
_DELETION = _Second(
    _delete,
    _deletion_told,
    overtook=f"{_DELETED}, and removed it before that was answered",
    waited=_DELETED,
    still="a `delete` may still overtake a fetch",
    advice=DELETE_WAITS,
)
