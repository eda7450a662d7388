"""Drives a record store and the plain records side by side and compares everything after every action.

Denser than the machine of the account, which has much else to draw: here every action is on records.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

from copper_emulator.core.errors import Invalid, NotFound
from copper_emulator.core.ids import Counters
from copper_emulator.core.model import EntityType, RecordChange
from copper_emulator.core.records import commands
from copper_emulator.core.records.searching.search import find, parse_search
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.writing.action import Done
from tests.core.builders import START, make_rules
from tests.core.drawn_records import OWN, fields_of, one_of_these, rows_of
from tests.core.plain_records import NOTE, PlainRecords, Refused

EXAMPLES = 100
"""The default budget, within which mutations must be caught, too."""


class Disagreement(AssertionError):
    """The store and the plain records disagree."""


class Step(NamedTuple):
    """One action on records of a type, some milliseconds after the one before."""

    what: str
    kind: str
    picks: list[int]
    said: Any
    later: int


def _steps(kind: str) -> st.SearchStrategy[Step]:
    kinds, later = st.just(kind), st.sampled_from([0, 0, 600, 1_000])
    picks = st.lists(st.sampled_from([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 9]), min_size=1, max_size=3)
    create = st.builds(Step, st.just("create"), kinds, picks, rows_of(kind, most=3), later)
    update = st.builds(Step, st.just("update"), kinds, picks, fields_of(kind, most=3), later)
    delete = st.builds(Step, st.just("delete"), kinds, picks, st.none(), later)
    return one_of_these([create, *[update] * 6, delete])


stories = st.lists(one_of_these([_steps(kind) for kind in ("lead", *OWN)]), min_size=10, max_size=40)

Changes = list[tuple[str, tuple[int, ...], dict[str, Any]]]


def play(steps: list[Step]) -> None:
    """Apply the steps to both. Raises Disagreement."""
    store, plain, now = RecordStore(make_rules(), Counters(), lambda: "ada@example.com"), PlainRecords(), START
    for kind in OWN:
        new = {"details": "once"} if kind == "activity_log" else {"name": "new", "tags": ["a", "b"]}
        rows = [{**_parent(plain, 0), **new} if kind == "activity_log" else new] * 2
        _agree("first records", _created(store, kind, rows, now), _plainly_created(plain, kind, rows, now))
    for step in steps:
        now += step.later
        there = list(plain.of[step.kind])
        ids = [there[pick % len(there)] if there and pick < 9 else 17 for pick in step.picks]
        seen, expected = _both(store, plain, step, ids, now)
        _agree(f"{step}", _outcome(seen), _outcome(expected))
        _same_records(store, plain, step.kind)
    for kind in OWN:
        _same_records(store, plain, kind)


def _same_records(store: RecordStore, plain: PlainRecords, kind: str) -> None:
    entity = EntityType(kind)
    seen = [dict(store.get(entity, number)) for number in store.of(entity)]
    _agree(f"records of the type {kind}", seen, list(plain.of[kind].values()))
    for each in EntityType:
        stored = store.of(each)
        made = [store.encode(each, one) for one in stored.values()]
        _agree(f"JSON of the type {each}", store.read(each, stored.keys(), stored), made)
        found = find(store, parse_search(each, {}, {}, store), START)
        if found.line is not None:
            made = [store.encode(each, one) for one in found.records]
            _agree(f"a page of the type {each}", store.read_page(each, found.line, found.page), made)


def _both(
    store: RecordStore, plain: PlainRecords, step: Step, ids: list[int], now: int
) -> tuple[Callable[[], Changes], Callable[[], Changes]]:
    kind = step.kind
    if step.what == "create":
        rows = [{**_parent(plain, len(row)), **row} for row in step.said] if kind == "activity_log" else step.said
        return lambda: _created(store, kind, rows, now), lambda: _plainly_created(plain, kind, rows, now)
    if step.what == "update":
        return (
            lambda: _told(commands.update(EntityType(kind), ids, step.said)(store, now)[1]),
            lambda: [
                (f"{kind}/update", tuple(members), attributes)
                for attributes, members in plain.update(kind, ids, step.said, now)
            ],
        )
    return (
        lambda: _told(commands.delete(EntityType(kind), ids)(store, now)[1]),
        lambda: [(f"{kind}/delete", tuple(plain.delete(kind, ids)), {})],
    )


def _parent(plain: PlainRecords, pick: int) -> dict[str, Any]:
    """An activity's parent and type; the parent is a lead, which may have been deleted."""
    leads = list(plain.of["lead"])
    return {"parent": {"type": "lead", "id": leads[pick % len(leads)] if leads else 17}, "type": NOTE}


def _created(store: RecordStore, kind: str, rows: list[Any], now: int) -> Changes:
    return _told(commands.create(EntityType(kind), rows)(store, now)[1])


def _plainly_created(plain: PlainRecords, kind: str, rows: list[Any], now: int) -> Changes:
    return [(f"{kind}/new", tuple(plain.create(kind, rows, now)), {})]


def _told(done: Done) -> Changes:
    def one(change: RecordChange) -> tuple[str, tuple[int, ...], dict[str, Any]]:
        return str(change.topic), change.ids, dict(change.updated_attributes)

    return [one(change) for change in done.changes]


def _outcome(act: Callable[[], Changes]) -> object:
    try:
        return act()
    except (Invalid, NotFound, Refused) as error:
        return str(error) if isinstance(error, Refused) else type(error).__name__


def _agree(what: str, seen: object, expected: object) -> None:
    if seen != expected:
        raise Disagreement(f"{what}:\n  store {seen!r}\n  plain {expected!r}")


def run(*, with_seed: int | None = None) -> None:
    """Compare within the default budget.

    With a seed, the run is determined by the seed, stops at the first disagreement and does not look for a shorter one.
    """

    def the_store_does_what_the_plain_records_do(steps: list[Step]) -> None:
        play(steps)

    changed: dict[str, Any] = {}
    if with_seed is not None:
        changed = {"phases": [Phase.generate], "database": None, "report_multiple_bugs": False}
    budget = settings(max_examples=EXAMPLES, deadline=None, **changed)
    test = budget(given(steps=stories)(the_store_does_what_the_plain_records_do))
    if with_seed is not None:
        test = seed(with_seed)(test)
    test()
