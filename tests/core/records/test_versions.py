"""While the records stay at the same version, a search that `lasts` finds and shows the same."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from copper_emulator.core.account import Account
from copper_emulator.core.errors import Invalid, NotFound
from copper_emulator.core.fault import Fault, FaultName
from copper_emulator.core.model import EntityType
from copper_emulator.core.records import commands
from copper_emulator.core.records.searching.search import find, parse_search
from copper_emulator.core.records.writing.definitions import change_definition, remove_definition
from tests.core.builders import START, make_account
from tests.core.records.playing import (
    ACTIVITY,
    COMPANY,
    LEAD,
    NOTE,
    OPPORTUNITY,
    PERSON,
    PROJECT,
    TASK,
    custom,
    define,
    log,
    make,
    seed,
)

COLOUR = 100_764
"""The account's custom field, which it has from the start."""

Write = Callable[[Account, int], object]
"""Something to do at a moment."""


def made() -> Account:
    """A person, a company, an opportunity and a lead, each with the id 1, and a custom field."""
    account = make_account()
    colour = {"id": COLOUR, "name": "Colour", "data_type": "String", "available_on": ["person", "lead"]}
    account.records.catalogue.add("custom_field_definitions", colour)
    seed(account, COMPANY, id=1, name="Byron & Co")
    seed(account, PERSON, id=1, name="Ada", company_id=1, custom_fields=[custom(COLOUR, "red")], tags=["poet"])
    seed(account, OPPORTUNITY, id=1, name="Engine", company_id=1)
    seed(account, LEAD, id=1, name="Ada")
    return account


def _update(kind: EntityType, **fields: Any) -> Write:
    return lambda account, now: account.act(commands.update(kind, [1], fields), now)


def _delete(kind: EntityType) -> Write:
    return lambda account, now: account.act(commands.delete(kind, [1]), now)


def _look_up(table: str, name: str) -> Write:
    return lambda account, now: account.records.catalogue.add(table, {"name": name})


def _definition_gone(account: Account, now: int) -> None:
    remove_definition(account.records, COLOUR)


def _rename_status(account: Account, now: int) -> None:
    catalogue = account.records.catalogue
    catalogue.update("lead_statuses", next(iter(catalogue.table("lead_statuses"))), {"name": f"Fresh since {now}"})


WRITES: dict[str, Write] = {
    "created": lambda account, now: make(account, PERSON, now=now, name="Bob", tags=["poet"]),
    "updated": _update(PERSON, title="Countess", tags=[]),
    "deleted": _delete(PERSON),
    "seeded": lambda account, now: seed(account, PERSON, name="Bob", company_id=1),
    "related": lambda account, now: account.relate((PERSON, 1), (OPPORTUNITY, 1), now),
    "unrelated": lambda account, now: account.unrelate((PERSON, 1), (COMPANY, 1), now),
    "contacted": lambda account, now: log(account, PERSON, 1, NOTE, now=now),
    "a company renamed": _update(COMPANY, name="Lovelace Ltd"),
    "a company deleted": _delete(COMPANY),
    "a lead renamed": _update(LEAD, name="Zoe"),
    "a lead converted": lambda account, now: account.act(
        commands.convert(1, {"details": {"person": {"name": "Cyd"}}}), now
    ),
    "looked up": _look_up("contact_types", "Friend"),
    "a status renamed": _rename_status,
    "another definition": lambda account, now: define(account, "Size", "String", PERSON, LEAD),
    "a definition changed": lambda account, now: change_definition(
        account.records, COLOUR, {"available_on": ["person"]}
    ),
    "a definition gone": _definition_gone,
    "another catalogue": lambda account, now: account.records.restore_catalogue(account.records.catalogue.state()),
}

OTHERS: dict[str, Write] = {
    "nothing": lambda account, now: None,
    "a company back": lambda account, now: seed(account, COMPANY, id=1, name="Byron & Sons"),
    "a person back": lambda account, now: seed(account, PERSON, id=1, name="Ada", company_id=1),
    "searches lie behind": lambda account, now: account.faults.switch_on(Fault(FaultName.STALE, span_ms=5_000), now),
    "searches lie further behind": lambda account, now: account.faults.switch_on(
        Fault(FaultName.STALE, span_ms=9_000), now
    ),
    "searches lie behind no longer": lambda account, now: account.faults.switch_off(now),
}
"""Actions that may leave the version unchanged."""

SEARCHES: list[tuple[EntityType, dict[str, Any]]] = [
    *((kind, {}) for kind in (LEAD, PERSON, COMPANY, OPPORTUNITY, PROJECT, TASK, ACTIVITY)),
    (PERSON, {"age": 3}),
    (PERSON, {"tags": ["poet"], "sort_by": "name", "page_size": 1}),
    (PERSON, {"company_ids": [1]}),
    (OPPORTUNITY, {"sort_by": "company_name", "page_size": 1}),
    (PERSON, {"opportunity_ids": [1]}),
    (PERSON, {"custom_fields": [{"custom_field_definition_id": COLOUR, "value": "red"}]}),
    (LEAD, {"sort_by": "status"}),
    (COMPANY, {"minimum_interaction_date": 1}),
]


class Shown(NamedTuple):
    """The result of a search."""

    records: list[bytes]
    total: int


def searched(account: Account, kind: EntityType, said: dict[str, Any], now: int) -> tuple[Shown, bool] | None:
    """The uncached result of a search, and whether it lasts; None if the search is refused."""
    store = account.records
    try:
        found = find(store, parse_search(kind, said, {}, store), now)
    except Invalid:
        return None
    shown = [store.encode(kind, record) for record in found.records]
    if found.line is not None:
        assert store.read_page(kind, found.line, found.page) == shown
    return Shown(shown, found.total), found.lasts


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_after_each_write_the_records_are_another_version(write: Write) -> None:
    account = made()
    before = account.records.version
    assert account.records.version == before
    write(account, START)
    assert account.records.version != before


STEPS = some.lists(
    some.tuples(some.sampled_from([*WRITES, *OTHERS]), some.sampled_from([0, 1_000, 6_000])), min_size=2, max_size=15
)
FIRST = some.sampled_from(["nothing", "searches lie behind"])


@settings(deadline=None)
@given(FIRST, STEPS)
def test_whatever_is_done_what_is_kept_of_a_version_is_what_is_found_anew(
    first: str, steps: list[tuple[str, int]]
) -> None:
    account, now, kept = made(), START, dict[int, tuple[object, Shown]]()
    for name, later in [(first, 0), *steps, ("nothing", 6_000)]:
        now += later
        with suppress(NotFound, Invalid):
            (WRITES | OTHERS)[name](account, now)
        for number, (kind, said) in enumerate(SEARCHES):
            found, version = searched(account, kind, said, now), account.records.version
            if number in kept and kept[number][0] == version:
                assert found is not None, (name, said)
                assert found[0] == kept[number][1], (name, said)
            if found is not None and found[1]:
                kept[number] = version, found[0]


def test_each_of_these_searches_is_understood_and_all_but_the_timed_one_last() -> None:
    """The test before compares nothing for a search that is refused or does not last."""
    account = made()
    found = [(said, searched(account, kind, said, START)) for kind, said in SEARCHES]
    assert [said for said, answer in found if answer is None] == []
    assert [said for said, answer in found if answer is not None and not answer[1]] == [{"age": 3}]
