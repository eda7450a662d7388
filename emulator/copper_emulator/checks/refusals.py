"""Does the endpoint cope with an API that refuses its calls for a while? Copper sends each notification only once."""

from __future__ import annotations

from itertools import pairwise

from copper_emulator.checks.bench import APART_MS, Bench
from copper_emulator.checks.judging import judged, milliseconds, without_a_right_state
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.checks.state import MISSING
from copper_emulator.checks.uncalled import BEGINS, untried, wait_for_call
from copper_emulator.core.model import EntityType, Event, Kind
from copper_emulator.core.text import count
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.delivering.driver import Rounds

LIMITED = 2
"""How many calls are answered 429: one more than an endpoint survives that retries once, immediately."""

REFUSED_MS = APART_MS
"""Milliseconds after which the record changes."""

LULL = 5.0
"""Seconds of real time after its last call in which an endpoint that waits before retrying may call again."""

ADVICE = (
    "Fetch again after a 429 or 5xx, a few times and each time later (1 s, 2 s, 4 s): Copper reports a change only "
    "once, so what is dropped is lost for good. Only a 404 says that a record is gone. Answer 2xx first, and make the "
    "queue survive a failure."
)


AT_ONCE = 0.05
"""Seconds of real time within which a call comes at once after a refused one."""

PAUSE = (
    "Wait before you call again, each time longer (1 s, 2 s, 4 s, for a minute in all), or until a queue's next run: "
    "Copper allows 180 calls in any minute, so a call that comes at once is refused, too, and then the change is lost."
)


def rate_limited(bench: Bench) -> Rounds[Finding]:
    """The API refuses the first calls as too many."""
    options, times = bench.tenant.check_options, list[tuple[str, float]]()
    options.call_times = times
    try:
        found = yield from _refused(bench, 429, LIMITED)
    finally:
        options.call_times = None
    pauses = _pauses(times)
    if found.verdict is not Verdict.PASSED or not pauses or max(pauses) >= AT_ONCE:
        return found
    waited = " and ".join(map(milliseconds, pauses))
    return Finding(Verdict.WARNED, f"{waited} after a 429 it called again; {found.evidence}", PAUSE)


def _pauses(times: list[tuple[str, float]]) -> list[float]:
    """Seconds between each refused call and the next; none if those ask for different things, perhaps side by side."""
    first = times[: LIMITED + 1]
    if len(first) <= LIMITED or len({path for path, _ in first}) > 1:
        return []
    return [later - earlier for (_, earlier), (_, later) in pairwise(first)]


def down_once(bench: Bench) -> Rounds[Finding]:
    """The API is down for one call."""
    return (yield from _refused(bench, 503, 1))


KEY_REFUSED = (
    "Keep what you have when a call is answered 401, and fetch again later: it says that the key is refused, perhaps "
    "because it was just changed. Only a 404 says that a record is gone."
)


def key_refused(bench: Bench) -> Rounds[Finding]:
    """The API refuses the key while a record changes: the record may stay as it was, but not vanish."""
    kind, fault = bench.kind_of_most, "api.status=401"
    ids = yield from bench.create(kind)
    yield from bench.compare()
    if (skipped := without_a_right_state(bench)) is not None:
        return skipped
    yield from bench.apart()
    with bench.fault(fault):
        yield from bench.rename(kind, ids)
        yield from bench.idle()
        yield from bench.until(lambda: _refusals(bench, fault) > 0, min(bench.plan.patience, BEGINS))
    refused = _refusals(bench, fault)
    if not refused:
        return untried(bench)
    # It may have either value. Who has got to know another record has done what it does about the first.
    bench.trial.touched.clear()
    yield from bench.create(kind)
    yield from bench.compare("after that", lull=LULL if bench.plan.patience else 0.0)
    return (yield from _kept(bench, kind, ids[0], f"{count(refused, 'call')} of the API answered 401"))


def _kept(bench: Bench, kind: EntityType, record: int, refused: str) -> Rounds[Finding]:
    if not (yield from bench.believes_in(kind, record)):
        evidence = f"{refused}, and {kind} {record}, which is still at Copper, {MISSING}"
        return Finding(Verdict.FAILED, evidence, KEY_REFUSED)
    if bench.trial.wrong:
        return Finding(Verdict.WARNED, f"{refused}; {'; '.join(bench.trial.wrong.values())}", KEY_REFUSED)
    return Finding(Verdict.PASSED, f"{refused}, and {kind} {record} is still in the state")


def _refused(bench: Bench, status: int, number: int) -> Rounds[Finding]:
    kind, again = bench.kind_of_most, True
    # An endpoint that works before it answers is done by then; any other is given time.
    lull = LULL if bench.plan.patience else 0.0
    fault = f"api.status={status},{number}"
    with bench.fault(fault):
        ids = yield from bench.create(kind)
        yield from bench.idle()
        yield from wait_for_call(bench)
        if bench.plan.state is None:
            again = yield from _calls_again(bench, status, max(lull, bench.plan.patience))
        yield from bench.compare(f"while calls were answered {status}", lull=lull)
    if _is_stored(bench, kind) and _refusals(bench, fault):
        # Who does not retry there keeps an old value, and who takes the refusal for a deletion loses the record.
        yield from bench.apart()
        with bench.fault(fault):
            yield from bench.rename(kind, ids)
            yield from bench.idle()
            yield from bench.compare(f"while calls after an update were answered {status}", lull=lull)
    refused = _refusals(bench, fault)
    yield from bench.create(kind)
    yield from bench.end()
    found = judged(bench, ADVICE)
    if found.verdict is not Verdict.PASSED:
        return found
    if not refused:
        return untried(bench)
    evidence = f"{count(refused, 'call')} of the API answered {status}; {found.evidence}"
    if again:
        return Finding(Verdict.PASSED, evidence)
    return Finding(Verdict.WARNED, f"after a {status} it has not called again; {evidence}", ADVICE + _later(bench))


def _is_stored(bench: Bench, kind: EntityType) -> bool:
    """Whether the state shows that the record is there, of which it can be told that it has changed."""
    return bench.plan.state is not None and not bench.trial.wrong and Event.UPDATE in bench.events(kind)


def _refusals(bench: Bench, fault: str) -> int:
    """How many calls a fault has refused so far."""
    return sum(entry.kind is Kind.REFUSED and fault in entry.text for entry in bench.account.journal.entries)


def _calls_again(bench: Bench, status: int, seconds: float) -> Rounds[bool]:
    """Whether the last call was not refused, with so many seconds of real time after each one for the next."""
    number, until = 0, 0.0
    while True:
        calls = bench.own_calls
        if not calls or calls[-1].status not in (None, status):
            return True
        if len(calls) > number:
            number, until = len(calls), monotonic() + seconds
        elif monotonic() >= until:
            return False
        yield from bench.rest()


def _later(bench: Bench) -> str:
    patience = bench.plan.named("--patience", "patience='5s'")
    return "" if bench.plan.patience else f" If it does so after its answer, give it time ({patience})."
