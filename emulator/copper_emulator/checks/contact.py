"""Does the endpoint answer at all, at the URL it was sent to, and in time?"""

from __future__ import annotations

from copper_emulator.checks.bench import APART_MS, Bench
from copper_emulator.checks.judging import delivery_text, judged, milliseconds, slowest
from copper_emulator.checks.order import main
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.core.model import EntityType, Event, Outcome
from copper_emulator.core.rules import MAX_IDS
from copper_emulator.core.text import duration_text
from copper_emulator.shell.delivering.driver import Rounds


def one(bench: Bench) -> Rounds[None]:
    """Create one record, of the main type or the first there is."""
    yield from bench.create(bench.kind_of_most)


def _worked_off(bench: Bench) -> Rounds[None]:
    """Wait for what is done after the answers: in the next row these records are gone, and who fetches gets a 404.

    A row that ends with this judges no state.
    """
    yield from bench.end()


def redirects(bench: Bench) -> Rounds[Finding | None]:
    """Fails on a 3xx only."""
    yield from one(bench)
    yield from _worked_off(bench)
    moved = [each for each in bench.deliveries if each.status is not None and 300 <= each.status < 400]
    if moved:
        to = {name.lower(): value for name, value in moved[0].response_headers}.get("location", "nowhere")
        return Finding(Verdict.FAILED, f"{delivery_text(bench, moved[0])}, to {to}", REDIRECT)
    return Finding(Verdict.PASSED, "no answer was a redirect")


REDIRECT = "Register the URL it redirects to; a redirect is not followed but counts as the answer."


def in_time(bench: Bench) -> Rounds[Finding | None]:
    """Send as many ids as a notification may have."""
    yield from bench.create(bench.kind_of_most, MAX_IDS)
    yield from _worked_off(bench)
    # What takes too long is advised for what it is; anything else is about the number of ids.
    found = judged(bench, IDS, state=False)
    took, most = slowest(bench), bench.tenant.settings.timeout
    if found.verdict is Verdict.PASSED and took * 2000 > most:
        evidence = f"{MAX_IDS} ids answered after {milliseconds(took)}; it times out at {duration_text(most)}"
        return Finding(Verdict.WARNED, evidence, IN_TIME)
    return found


IDS = (
    "Handle all of `ids`: one notification may have 30. It carries no record, so fetch each (`GET /people/{id}`), "
    "write it over what you have, and remove what was deleted."
)
ALIKE_IDS = f"{IDS} All of these have the same name, as records at Copper may: tell them apart by their ids."
IN_TIME = "Answer first and work afterwards: put the ids in a queue, answer 200, then fetch."


LIFE_MS = 2 * APART_MS
"""Milliseconds after which a life ends."""


def life(bench: Bench, kind: EntityType) -> Rounds[None]:
    """Play a record's whole life, as far as its type has events."""
    yield from lives(bench, kind, 1)
    if not bench.trial.wrong and all(each.outcome is Outcome.DELIVERED for each in bench.deliveries):
        bench.lived.append(kind)


def lives_of_each_type(bench: Bench, number: int) -> Rounds[None]:
    """Play several lives at once of the main type, and then of the others of which one has been played well.

    Each type may have a handler of its own, and what fails with one record says nothing about several.
    """
    for kind in dict.fromkeys((main(bench), *bench.lived)):
        yield from lives(bench, kind, number)
        bench.use_new_ids()


def lives(bench: Bench, kind: EntityType, number: int) -> Rounds[None]:
    """Play the lives of several records at once, with one notification for each event."""
    events = bench.events(kind)
    ids = yield from _born(bench, kind, number)
    yield from bench.compare("after new")
    if Event.UPDATE in events:
        yield from bench.apart()
        if _can_share_a_name(bench, kind, number):
            yield from bench.rename(kind, ids)
        else:
            yield from bench.update(kind, ids, details=_DETAILS[1])
        yield from bench.compare("after update")
    if Event.DELETE in events:
        yield from bench.apart()
        yield from bench.delete(kind, ids)
        yield from bench.compare("after delete")


def _born(bench: Bench, kind: EntityType, number: int) -> Rounds[list[int]]:
    """Create records that can be changed in one action with the same old and new value for each, so with one update."""
    if _can_share_a_name(bench, kind, number):
        return (yield from bench.create_named(kind, [bench.new_name(kind)] * number))
    return (yield from bench.create(kind, number, details=_DETAILS[0]))


def _can_share_a_name(bench: Bench, kind: EntityType, number: int) -> bool:
    """A name is what most states show. Who may mind that several have one is not to fail for that here.

    Of the main type, a row before has shown whether it does.
    """
    return number == 1 or (kind is bench.main and not bench.minds_same_names)


_DETAILS = ("Met in Oslo", "Met in Bergen")
