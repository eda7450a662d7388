"""Does the endpoint hold up when things change while it works: slow fetches, records that are gone, many at once?"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

from copper_emulator.checks.bench import APART_MS, Bench
from copper_emulator.checks.hints import about_connections
from copper_emulator.checks.judging import judged, milliseconds, slowest
from copper_emulator.checks.order import main
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.checks.trial import TimeIsUp
from copper_emulator.checks.uncalled import untried, wait_for_call
from copper_emulator.core.model import EntityType, Outcome
from copper_emulator.core.rules import MAX_IDS
from copper_emulator.core.text import count, duration_text
from copper_emulator.shell.delivering.driver import Rounds
from copper_emulator.shell.routing.destinations import Manner

SLOW = 2.0
"""Seconds that each call of the API takes in the row about slow fetches."""

_CALLS = 3
"""How many calls for each id, one after the other, fit into the time that work after the answer gets in that row."""

_IDS = 2
"""How many ids that row has: the fewest that tell who fetches side by side from who fetches one after the other."""

AT_ONCE = 16

_FETCHES = 0.1
"""Seconds that each call of the API takes in the row that finds out whether fetches wait for one another."""

_MOSTLY = 0.75
"""Fetches wait for one another if that takes at least this share of the time they take one after the other."""

BURST = 1_801
"""One more than ten minutes allow: both limits are reached, and what is held comes afterwards."""

BURST_MS = 600_000
"""Milliseconds after which the last of the burst goes out."""

CONCURRENT_MS = APART_MS + 2_000
"""Milliseconds after which the last changes come that were made one after the other, a second after they were made."""

GONE_MS = 120_000
"""Milliseconds after which the endpoint is told that one of three records is gone."""

_PER_SECOND = 10
"""Copper sends up to 600 a minute."""


def slow_fetch(bench: Bench) -> Rounds[Finding | None]:
    """The API is slow. Who waits for it before it answers is warned if it would wait for each of many ids in turn."""
    kind = bench.main or bench.plan.types[0]
    with bench.slow_api(SLOW, calls=_CALLS * _IDS):
        ids = yield from bench.create(kind, _IDS)
        # Who answers first may not have begun yet.
        yield from wait_for_call(bench)
    yield from bench.answered()
    if len(bench.own_calls) < _IDS:
        # Who handles the first id only is found in other rows.
        del bench.trial.touched[kind, ids[-1]]
    yield from bench.end()
    found = judged(bench, SLOW_FETCH)
    calls = len(bench.own_calls)
    if found.verdict is not Verdict.PASSED:
        return found
    if not calls:
        return untried(bench)
    waited = f"{count(calls, 'call')} of the API, each taking {milliseconds(SLOW)}; {found.evidence}"
    if slowest(bench) < SLOW:
        return Finding(found.verdict, waited)
    if calls < _IDS or bench.tenant.check_measurements.most_api_calls_held > 1:
        return Finding(Verdict.PASSED, f"{waited}; {_FEWER if calls < _IDS else _BESIDE}")
    most, allowed = MAX_IDS * SLOW * calls / _IDS, bench.tenant.settings.timeout
    too_long = most * 1000 > allowed
    given_up = f", and it times out at {duration_text(allowed)}" if too_long else ""
    return Finding(
        Verdict.WARNED if too_long else Verdict.PASSED,
        waited,
        f"It makes its calls one after the other before it answers: for {MAX_IDS} ids that would be {most:.0f} s"
        f"{given_up}. {SLOW_FETCH}",
    )


_FEWER = "fewer calls than ids"
_BESIDE = "several at a time"
SLOW_FETCH = (
    "Answer first and fetch afterwards. Let a fetch take several seconds before you give it up, and then try it again: "
    "Copper reports a change only once."
)


def gone(bench: Bench) -> Rounds[None]:
    """The record is deleted between its notification and the fetch, which gets a 404."""
    kind = main(bench)
    with bench.fault("gone"):
        yield from bench.create(kind)
    yield from bench.idle()


def gone_in_batch(bench: Bench) -> Rounds[None]:
    """One of three records is gone when their `new` arrives; the other two must still arrive in the state."""
    kind = main(bench)
    with bench.late("1m"):
        ids = yield from bench.create(kind, 3)
    with bench.late("2m"):
        yield from bench.delete(kind, ids[1:2])
    yield from bench.advance(60_000)
    # An endpoint that does not fetch cannot know yet that one is gone: until its delete comes, only the others count.
    del bench.trial.touched[kind, ids[1]]
    yield from bench.compare("two of three are there")
    bench.touch(kind, ids)
    yield from bench.idle()


def search_behind(bench: Bench) -> Rounds[Finding | None]:
    """Searches do not see a new record yet, and still see one that is gone."""
    kind = main(bench)
    # Two, as later: who handles only the first of several ids is wrong in any case.
    yield from bench.create(kind, 2)
    yield from bench.compare()
    if bench.trial.wrong:
        evidence, causes = "its state is wrong even if searches see everything", judged(bench, "").causes
        return Finding(Verdict.SKIPPED, evidence, causes=causes, brief=evidence)
    # Not to be taken for the same once more, by its timestamp: that is another row's.
    yield from bench.apart()
    with bench.fault("stale=5s"):
        ids = yield from bench.create(kind, 2)
        # Who tries again later finds it then.
        yield from bench.advance(BEHIND_MS)
        yield from bench.compare("after new")
        yield from bench.delete(kind, ids[:1])
        yield from bench.advance(BEHIND_MS)
    yield from bench.end()
    found = judged(bench, "")
    if found.verdict is not Verdict.FAILED or not bench.trial.wrong:
        return None
    # How far searches are behind nobody knows; and in here who waits in real time before it answers waits in vain.
    evidence = f"with searches 5 s behind: {found.evidence}"
    # What it shows of its state in any row says more.
    return replace(found, verdict=Verdict.WARNED, evidence=evidence, advice=found.advice.rstrip() or SEARCH_BEHIND)


BEHIND_MS = 6_000

SEARCH_BEHIND = (
    "Fetch each by its id (`GET /people/{id}`): a search may not see a new record for some seconds, and may still see "
    "a deleted one."
)


def concurrent(bench: Bench) -> Rounds[Finding | None]:
    """Sixteen records at once, then sixteen changes of one at once, then a new one together with its first changes."""
    try:
        with bench.together():
            waited = yield from _at_once(bench, main(bench))
    except TimeIsUp:
        return _not_done(bench)
    yield from bench.end()
    found = judged(bench, "")
    if bench.manner is Manner.IN_TURNS and found.verdict is Verdict.PASSED:
        return Finding(Verdict.SKIPPED, f"{found.evidence}; {_IN_TURNS}", SERVE)
    if waited < AT_ONCE * _FETCHES * _MOSTLY or found.verdict is not Verdict.PASSED:
        # Judged with the row's own advice.
        return None
    if bench.manner is Manner.ON_LOOP:
        evidence = (
            f"its fetches blocked the event loop for {milliseconds(waited)}, one after the other; {found.evidence}"
        )
        return Finding(Verdict.WARNED, evidence, BLOCKING)
    each = f"handled one after the other, each waiting for its fetch of {milliseconds(_FETCHES)}"
    evidence = f"{each}: the last of {AT_ONCE} was answered after {milliseconds(waited)}"
    return Finding(Verdict.WARNED, f"{evidence}; {found.evidence}", IN_TURN)


def _at_once(bench: Bench, kind: EntityType) -> Rounds[float]:
    """Returns for how many seconds notifications waited for the fetches of others, if those were made one by one."""
    seen = bench.manner is not Manner.IN_TURNS
    with bench.fault("batches=1"), bench.slow_api(_FETCHES, calls=AT_ONCE) if seen else nullcontext():
        ids = yield from bench.create(kind, AT_ONCE)
    yield from bench.answered()
    took = bench.tenant.check_measurements.loop_blocked_seconds if bench.manner is Manner.ON_LOOP else slowest(bench)
    # Creating clients takes loop time too (for certificates), but then several calls are under way at once.
    waited = took if seen and bench.tenant.check_measurements.most_api_calls_held == 1 else 0.0
    yield from bench.compare(f"after {AT_ONCE} new at once")
    yield from bench.apart()
    with bench.late("1s"):
        for _ in range(AT_ONCE):
            yield from bench.rename(kind, ids[:1])
    yield from bench.idle()
    yield from bench.compare(f"after {AT_ONCE} updates of one record at once")
    ids += yield from _new_and_changed(bench, kind, seen=seen)
    with bench.fault("batches=1"):
        yield from bench.delete(kind, ids)
    return waited


def _new_and_changed(bench: Bench, kind: EntityType, *, seen: bool) -> Rounds[list[int]]:
    """An unknown record and its first changes, all at once: who looks first and then inserts has it twice."""
    with bench.late("1s"):
        ids = yield from bench.create(kind)
        for _ in range(AT_ONCE - 1):
            yield from bench.rename(kind, ids)
    # While all wait for their fetches, none has stored it.
    with bench.slow_api(_FETCHES, calls=AT_ONCE) if seen else nullcontext():
        yield from bench.idle()
        yield from bench.answered()
    yield from bench.compare(f"after a new and {AT_ONCE - 1} updates of it at once")
    return ids


_IN_TURNS = "in this process they come one after the other, so nothing was at once"
SERVE = "To have them at once, serve the endpoint and check its URL."


def _not_done(bench: Bench) -> Finding:
    so_far = f"not done after {bench.trial.limit:.0f} s, the slowest answered after {milliseconds(slowest(bench))}"
    if bench.manner is Manner.IN_TURNS:
        return Finding(Verdict.SKIPPED, f"{so_far}; {_IN_TURNS}", SERVE)
    still = bench.tenant.check_measurements.loop_blocked_seconds
    if still < bench.trial.seconds / 2:
        return Finding(Verdict.FAILED, so_far, "Answer first and work afterwards, and let none wait for the others.")
    evidence = f"{so_far}; something blocked the event loop for {milliseconds(still)}, and everything else waited"
    return Finding(Verdict.FAILED, evidence, BLOCKING)


CONCURRENT = (
    "Handle several at once: fetch first and write afterwards, in a short transaction that waits for others. Store "
    "what was fetched, not the values in updated_attributes: of changes notified at once, none comes last. If several "
    "processes answer (workers), keep what they store in a database that they share, not in their memory."
)

AT_ONCE_ROWS = ("concurrent", "burst")

BLOCKING = (
    "Do not block in async code: await an asynchronous client (httpx.AsyncClient, aiohttp), or do what blocks in a "
    "thread (await asyncio.to_thread(...))."
)


IN_TURN = (
    "Let it handle several at once: more workers or threads (gunicorn's default is one worker with one thread), no "
    "lock that is held during a fetch, and in async code no call that blocks (httpx.AsyncClient, aiohttp). Or answer "
    f"first and fetch afterwards, from a queue: Copper sends up to {_PER_SECOND} a second, and waits briefly."
)


def burst(bench: Bench) -> Rounds[Finding | None]:
    """As many as Copper ever sends: 600 in a minute, 1,800 in ten, and one more."""
    kind = bench.main or bench.plan.types[0]
    try:
        with bench.fault("batches=1"), bench.together():
            yield from bench.create(kind, BURST)
        yield from bench.idle()
        # A queue may take long to work off; as long as it calls the API, it has not given up.
        yield from bench.compare(lull=bench.plan.patience)
    except TimeIsUp:
        return _too_slow(bench)
    accepted = [each.outcome is Outcome.DELIVERED for each in bench.deliveries]
    found = judged(bench, ALL_ANSWERED if all(accepted) else BURST_ADVICE if any(accepted) else NEVER)
    if found.verdict is Verdict.PASSED:
        return Finding(found.verdict, f"{found.evidence}; {_rate(bench):.0f} a second, {_how_many(bench)}")
    return found


ALL_ANSWERED = (
    "All were answered 2xx, so look at what becomes of them then: a queue needs room for all, and what is handled at "
    "once must not undo each other (row concurrent). If it looks at the timestamp, leave nothing out because that is "
    "old: the last of these come ten minutes late, and Copper may take 15 (row late)."
)
NEVER = "Look in the endpoint's own log: it accepts none of them, so their number is not the problem."


def _how_many(bench: Bench) -> str:
    return str(Manner.IN_TURNS.value) if bench.manner is Manner.IN_TURNS else f"{AT_ONCE} at once"


def _rate(bench: Bench) -> float:
    done = [each for each in bench.deliveries if each.outcome is Outcome.DELIVERED]
    return len(done) / max(bench.trial.seconds, 0.001)


def _too_slow(bench: Bench) -> Finding:
    rate = _rate(bench)
    so_far = f"{rate:.1f} a second in {bench.trial.seconds:.0f} s, {_how_many(bench)}; Copper sends up to {_PER_SECOND}"
    helps = about_connections([each.took_ms for each in bench.deliveries if each.took_ms is not None])
    if rate >= _PER_SECOND:
        return Finding(Verdict.WARNED, f"cut short: {so_far}", helps + _BARELY)
    return Finding(Verdict.FAILED, f"cut short: {so_far}", helps + BURST_ADVICE)


_BARELY = "It keeps up with what Copper sends, but has little to spare: look for what takes it so long to answer."


BURST_ADVICE = (
    "Answer first and work afterwards, from a queue: an import makes Copper send 600 notifications a minute, each once."
)
