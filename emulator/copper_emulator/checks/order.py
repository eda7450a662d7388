"""Does the endpoint hold up when notifications come late, in another order, or twice?

Copper promises no order and may take up to 15 minutes; an event comes twice if its topic is subscribed twice.
"""

from __future__ import annotations

from copper_emulator.checks.bench import Bench
from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import EntityType
from copper_emulator.shell.driver import Rounds

LATE_MS = 900_000
"""Copper's longest delay: 15 minutes."""


def main(bench: Bench) -> EntityType:
    """The type that has all events; rows that need one are skipped if there is none."""
    if bench.main is None:
        raise UsageError("this row needs a type that has new, update and delete")
    return bench.main


def late(bench: Bench) -> Rounds[None]:
    """A record has already been renamed when its `new` comes, and both come 15 minutes late."""
    kind = main(bench)
    with bench.late("15m"):
        ids = yield from bench.create(kind)
        yield from bench.rename(kind, ids)
    yield from bench.idle()
    yield from bench.compare("15 minutes later")
    with bench.late("15m"):
        yield from bench.delete(kind, ids)
    yield from bench.idle()


def update_before_new(bench: Bench) -> Rounds[None]:
    kind = main(bench)
    with bench.late("15m"):
        ids = yield from bench.create(kind)
    with bench.late("5m"):
        yield from bench.rename(kind, ids)
    yield from bench.idle()


def delete_before_update(bench: Bench) -> Rounds[None]:
    kind = main(bench)
    ids = yield from bench.create(kind)
    with bench.late("15m"):
        yield from bench.rename(kind, ids)
    with bench.late("5m"):
        yield from bench.delete(kind, ids)
    yield from bench.idle()


def delete_before_new(bench: Bench) -> Rounds[None]:
    kind = main(bench)
    with bench.late("15m"):
        ids = yield from bench.create(kind)
    with bench.late("5m"):
        yield from bench.delete(kind, ids)
    yield from bench.idle()


def updates_swapped(bench: Bench) -> Rounds[None]:
    """The older of two updates comes last."""
    kind = main(bench)
    ids = yield from bench.create(kind)
    with bench.late("15m"):
        yield from bench.rename(kind, ids)
    with bench.late("5m"):
        yield from bench.rename(kind, ids)
    yield from bench.idle()


def again(bench: Bench) -> Rounds[None]:
    """Send every notification twice, byte for byte."""
    kind = main(bench)
    ids = yield from bench.create(kind)
    yield from _repeat(bench)
    yield from bench.rename(kind, ids)
    yield from _repeat(bench)
    yield from bench.compare("after new and update, each twice")
    yield from bench.delete(kind, ids)
    yield from _repeat(bench)


def same_second(bench: Bench) -> Rounds[None]:
    """Two updates that differ only in their old and new values: same type, event, ids and timestamp."""
    kind = main(bench)
    ids = yield from bench.create(kind)
    yield from bench.rename(kind, ids)
    yield from bench.rename(kind, ids)
    yield from bench.compare("after the second of two updates within a second")


SAME_SECOND = (
    "Skip no notification because it resembles another: it has no id of its own, and two with the same type, event, "
    "ids and timestamp may be two changes. Fetch for each, and write by id (upsert), so that one that does come twice "
    "does no harm."
)


def _repeat(bench: Bench) -> Rounds[None]:
    last = bench.deliveries[-1]
    if last.request_body:
        yield from bench.send(last.request_body.decode())
