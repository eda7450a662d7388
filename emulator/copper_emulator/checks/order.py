"""Does the endpoint hold up when notifications come late, in another order, or twice?

Copper promises no order and may take up to 15 minutes; an event comes twice if its topic is subscribed twice.
"""

from __future__ import annotations

from copper_emulator.checks.bench import APART_MS, Bench
from copper_emulator.checks.judging import judged
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import EntityType
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.delivering.driver import Rounds


def main(bench: Bench) -> EntityType:
    """The type that has all events; rows that need one are skipped if there is none."""
    if bench.main is None:
        raise UsageError("this row needs a type that has new, update and delete")
    return bench.main


def late(bench: Bench) -> Rounds[None]:
    """A record has already been renamed when its `new` comes, and both come 15 minutes late, one after the other."""
    kind = main(bench)
    # A second less than Copper's longest delay, since that passes between them.
    with bench.late("899s"):
        ids = yield from bench.create(kind)
        yield from bench.apart()
        yield from bench.rename(kind, ids)
    yield from bench.idle()
    yield from bench.compare("15 minutes later")
    with bench.late("15m"):
        yield from bench.delete(kind, ids)
    yield from bench.idle()


def update_before_new(bench: Bench) -> Rounds[Finding | None]:
    """Who leaves out the update is right in the end, but a record may have no other notification than that."""
    kind = main(bench)
    with bench.late("15m"):
        ids = yield from bench.create(kind)
    with bench.late("5m"):
        yield from bench.rename(kind, ids)
    yield from bench.advance(UPDATE_MS)
    is_known = yield from _known(bench, kind, ids[0])
    yield from bench.end()
    found = judged(bench, "")
    if is_known is not False or found.verdict is not Verdict.PASSED:
        # Judged with the row's own advice.
        return None
    return Finding(Verdict.WARNED, f"after the update the {kind} is not in the state; {found.evidence}", UNKNOWN_RECORD)


UPDATE_MS = 300_000
"""Milliseconds after which the update comes."""

UNKNOWN_RECORD = (
    "Store a record that you do not know at its update, too (fetch it and write by id): its `new` may be lost, since "
    "Copper makes one attempt, and a record that is older than the subscription has none."
)


def _known(bench: Bench, kind: EntityType, record_id: int) -> Rounds[bool | None]:
    """Whether the state comes to have a record, within the patience; None without a state."""
    until = monotonic() + bench.plan.patience
    while (known := (yield from bench.believes_in(kind, record_id))) is False and monotonic() < until:
        yield from bench.rest()
    return known


def delete_before_update(bench: Bench) -> Rounds[None]:
    kind = main(bench)
    ids = yield from bench.create(kind)
    yield from bench.apart()
    # Copper's longest delay, less the second that has passed since the first change.
    with bench.late("899s"):
        yield from bench.rename(kind, ids)
    yield from bench.apart()
    with bench.late("5m"):
        yield from bench.delete(kind, ids)
    yield from bench.idle()


def delete_before_new(bench: Bench) -> Rounds[None]:
    kind = main(bench)
    with bench.late("15m"):
        ids = yield from bench.create(kind)
    yield from bench.apart()
    with bench.late("5m"):
        yield from bench.delete(kind, ids)
    yield from bench.idle()


def updates_swapped(bench: Bench) -> Rounds[None]:
    """The older of two updates comes last."""
    kind = main(bench)
    ids = yield from bench.create(kind)
    yield from bench.apart()
    # Copper's longest delay, less the second that has passed since the first change.
    with bench.late("899s"):
        yield from bench.rename(kind, ids)
    with bench.late("5m"):
        yield from bench.rename(kind, ids)
    yield from bench.idle()


AGAIN_MS = 2 * APART_MS
"""Milliseconds after which the last of them goes out."""


def again(bench: Bench) -> Rounds[None]:
    """Send every notification twice, byte for byte."""
    kind = main(bench)
    ids = yield from bench.create(kind)
    yield from _repeat(bench)
    yield from bench.apart()
    yield from bench.rename(kind, ids)
    yield from _repeat(bench)
    yield from bench.compare("after new and update, each twice")
    yield from bench.apart()
    yield from bench.delete(kind, ids)
    yield from _repeat(bench)


def same_second(bench: Bench) -> Rounds[None]:
    """Two updates that differ only in their old and new values: same type, event, ids and timestamp.

    A third has another timestamp: who remembers the event and the ids alone takes it for one that it had before.
    """
    kind = main(bench)
    ids = yield from bench.create(kind)
    yield from bench.rename(kind, ids)
    yield from bench.rename(kind, ids)
    yield from bench.compare("after the second of two updates within a second")
    yield from bench.apart()
    yield from bench.rename(kind, ids)
    yield from bench.compare("after a third update, a second later")


SAME_SECOND = (
    "Skip no notification because it resembles another: it has no id of its own, and two with the same type, event, "
    "ids and timestamp may be two changes. Fetch for each, and write by id (upsert), so that one that does come twice "
    "does no harm. If you compare `date_modified`, which is in whole seconds, store what is equally old, too."
)


def _repeat(bench: Bench) -> Rounds[None]:
    last = bench.deliveries[-1]
    if last.request_body:
        yield from bench.send(last.request_body.decode())
