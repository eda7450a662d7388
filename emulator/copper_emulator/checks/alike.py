"""Does the endpoint tell apart what looks alike: records with one id or one name, changes with the same values?"""

from __future__ import annotations

from dataclasses import replace

from copper_emulator.checks.bench import APART_MS, Bench
from copper_emulator.checks.judging import judged
from copper_emulator.checks.order import main
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.core.model import EntityType, Outcome
from copper_emulator.shell.delivering.driver import Rounds

SAME_NAME_MS = 4 * APART_MS
SAME_ID_MS = 5 * APART_MS
AGAIN_MS = 4 * APART_MS
"""Milliseconds after which the last change of a row is made."""

_ONE, _OTHER = "Renamed Once", "Renamed Again"

SAME_NAME = (
    "Two records may have the same name, people and companies as well: Copper has no names that are unique. Tell "
    "records apart by their ids: key by id, with no unique constraint on a name, and look none up by its name."
)

SAME_ID = (
    "Identify a record by its type and its id together, wherever you store, look up, lock or remember one (a unique "
    "key on both, not on the id alone): ids are unique only within a type, so a person and a lead may have the same."
)

MADE_AGAIN = (
    "Skip no notification because its values came before: a change may be undone and made again, and the second is as "
    "new as the first. Fetch for each, and write by id (upsert), so that one that does come twice does no harm."
)


def same_name(bench: Bench) -> Rounds[None]:
    """A record comes with the name of another, then one gets it by an update; then one of the two is deleted."""
    kind, name = main(bench), bench.new_name(main(bench))
    first = yield from bench.create_named(kind, [name])
    yield from bench.compare()
    was_right = _is_right(bench)
    yield from bench.apart()
    others = yield from bench.create_named(kind, [name])
    yield from bench.compare("after the new of another with the same name")
    # Each changes once: who takes a second update for the first again has another mistake.
    yield from bench.apart()
    name = bench.new_name(kind)
    yield from bench.rename(kind, first, name)
    yield from bench.compare("after an update of one of two with the same name")
    yield from bench.apart()
    yield from bench.rename(kind, others, name)
    yield from bench.compare("after an update of one to the name of the other")
    bench.minds_same_names = was_right and not _is_right(bench)
    yield from bench.apart()
    yield from bench.delete(kind, first)


def _is_right(bench: Bench) -> bool:
    return not bench.trial.wrong and all(each.outcome is Outcome.DELIVERED for each in bench.deliveries)


def same_id(bench: Bench) -> Rounds[Finding]:
    """Records of two types have one id, as they may at Copper; one of them changes and is deleted, then the other."""
    kind, other = main(bench), bench.beside_main
    if other is None:
        return Finding(Verdict.SKIPPED, "it needs two types with new, update and delete")
    ids = yield from _with_one_id(bench, kind, other)
    yield from bench.compare(f"after the new of each, {kind} and {other}, with one id")
    # Each changes once: who takes a second update for the first again has another mistake.
    yield from bench.apart()
    yield from bench.rename(kind, ids)
    yield from bench.compare(f"after an update of the {kind}")
    was_right = not bench.trial.wrong
    yield from bench.apart()
    yield from bench.delete(kind, ids)
    yield from bench.compare(f"after the delete of the {kind}")
    yield from bench.apart()
    yield from bench.rename(other, ids)
    yield from bench.compare(f"after an update of the {other} that is left")
    yield from bench.apart()
    yield from bench.delete(other, ids)
    yield from bench.end()
    return _advised(bench, SAME_ID, surely=was_right)


def _with_one_id(bench: Bench, kind: EntityType, other: EntityType) -> Rounds[list[int]]:
    ids = yield from bench.create(kind)
    yield from bench.apart()
    # Seeded, since not all types count alike; told of as any other.
    bench.touch(other, [bench.seed(other, id=ids[0])])
    yield from bench.send(bench.body(other, "new", ids))
    return ids


def back_and_forth(bench: Bench) -> Rounds[Finding]:
    """A change is made, undone and made again: the last notification differs from an earlier one in its time only."""
    kind = main(bench)
    ids = yield from bench.create(kind)
    yield from bench.compare()
    for name in (_ONE, _OTHER, _ONE):
        yield from bench.apart()
        yield from bench.rename(kind, ids, name)
        yield from bench.compare("when the change is undone" if name == _OTHER else "")
    was_right = not bench.trial.wrong
    yield from bench.apart()
    yield from bench.rename(kind, ids, _OTHER)
    yield from bench.compare("when it is made again")
    yield from bench.end()
    return _advised(bench, MADE_AGAIN, surely=was_right)


def _advised(bench: Bench, advice: str, *, surely: bool) -> Finding:
    """What the row has found; with its own advice if everything was right until what the row is about."""
    found = judged(bench, advice)
    by_state = found.verdict is Verdict.FAILED and bool(bench.trial.wrong)
    return replace(found, advice=advice) if surely and by_state else found
