"""What can be related to what, how often, and the fields that follow."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copper_emulator.core.account import Account
from copper_emulator.core.errors import Invalid, NotFound
from copper_emulator.core.model import EntityType
from copper_emulator.core.records import commands
from copper_emulator.core.records.commands import Command
from copper_emulator.core.records.relations import ALLOWED, LINKS, Item, linked
from copper_emulator.core.state import restore, rows
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
    everything,
    get,
    log,
    make,
)

# Developer docs, related items.
PAIRS = {
    LEAD: {TASK},
    PERSON: {COMPANY, OPPORTUNITY, TASK, PROJECT},
    COMPANY: {OPPORTUNITY, PERSON, TASK, PROJECT},
    OPPORTUNITY: {COMPANY, PERSON, TASK, PROJECT},
    PROJECT: {COMPANY, PERSON, OPPORTUNITY, TASK},
    TASK: {COMPANY, PERSON, OPPORTUNITY, LEAD, PROJECT},
    ACTIVITY: set(),
}
MOST: dict[str, Any] = {"person and companies": (PERSON, COMPANY), "task and records": (TASK, PERSON)}


def one_of(account: Account, kind: EntityType) -> Item:
    if kind is ACTIVITY:
        return kind, log(account, LEAD, make(account, LEAD, name="Ada"), NOTE)
    return kind, make(account, kind, name="Ada")


def related(account: Account, item: Item) -> list[Item]:
    return account.records.relations.of(item)


def refused(account: Account, one: Item, other: Item) -> Invalid:
    before = everything(account)
    with pytest.raises(Invalid) as caught:
        account.records.relate(one, other)
    assert everything(account) == before
    return caught.value


def test_the_table_is_the_documentations_and_the_same_from_both_ends() -> None:
    assert {kind: set(ALLOWED.get(kind, ())) for kind in EntityType} == PAIRS
    assert [(one, other) for one in PAIRS for other in PAIRS[one] if one not in PAIRS[other]] == []


@pytest.mark.parametrize("one", EntityType)
@pytest.mark.parametrize("other", EntityType)
def test_two_records_are_related_both_ways_and_quietly_or_not_at_all(one: EntityType, other: EntityType) -> None:
    account = make_account()
    this, that = one_of(account, one), one_of(account, other)
    before = len(account.journal.entries)

    if other not in PAIRS[one]:
        error = refused(account, this, that)
        assert error.message == f"Invalid input: {one} cannot be related to {other}"
        allowed = ", ".join(sorted(PAIRS[one])) or "nothing; activities have a parent"
        assert error.hint == f"A {one} can be related to {allowed}."
        return
    account.records.relate(this, that)
    assert (related(account, this), related(account, that)) == ([that], [this])
    assert account.records.relations.has(this, that)

    account.records.unrelate(that, this)
    assert (related(account, this), related(account, that)) == ([], [])
    assert not account.records.relations.has(this, that)
    assert len(account.journal.entries) == before


def test_a_relation_that_is_there_can_be_made_again() -> None:
    account = make_account()
    ada, deal = one_of(account, PERSON), one_of(account, OPPORTUNITY)

    account.records.relate(ada, deal)
    account.records.relate(deal, ada)

    assert related(account, ada) == [deal]


def test_a_person_has_one_company_and_a_company_many_people() -> None:
    account = make_account()
    engines, mills = one_of(account, COMPANY), one_of(account, COMPANY)
    ada, bob = one_of(account, PERSON), one_of(account, PERSON)
    account.records.relate(ada, engines)
    account.records.relate(bob, engines)

    for one, other in ((ada, mills), (mills, ada)):
        error = refused(account, one, other)
        assert error.message == f"Invalid input: person {ada[1]} is already related to company {engines[1]}"
        assert error.hint == "A person can have one company. Remove that relation first."
    account.records.unrelate(engines, ada)
    account.records.relate(mills, ada)
    assert get(account, *ada).company_id == mills[1]


def test_a_task_belongs_to_one_record_in_all() -> None:
    account = make_account()
    task, lead, project = one_of(account, TASK), one_of(account, LEAD), one_of(account, PROJECT)
    account.records.relate(task, lead)

    for one, other in ((task, project), (project, task)):
        error = refused(account, one, other)
        assert error.message == f"Invalid input: task {task[1]} is already related to lead {lead[1]}"
        assert error.hint == "A task can have one record in total. Remove that relation first."


def test_others_have_as_many_as_they_like() -> None:
    account = make_account()
    deal, people = one_of(account, OPPORTUNITY), [one_of(account, PERSON) for _ in range(3)]
    for person in people:
        account.records.relate(deal, person)

    assert related(account, deal) == people


def test_both_have_to_be_there() -> None:
    account = make_account()
    ada = one_of(account, PERSON)

    for one, other in ((ada, (COMPANY, 17)), ((COMPANY, 17), ada)):
        with pytest.raises(NotFound, match="Resource not found") as caught:
            account.records.relate(one, other)
        assert caught.value.hint.startswith("There is no company 17.")
    with pytest.raises(NotFound) as caught:
        account.records.unrelate((COMPANY, 17), ada)
    assert caught.value.hint.startswith("There is no company 17.")


def test_what_is_not_related_cannot_be_taken_apart() -> None:
    account = make_account()
    ada, engines = one_of(account, PERSON), one_of(account, COMPANY)

    with pytest.raises(NotFound) as caught:
        account.records.unrelate(ada, engines)

    assert caught.value.hint == f"person {ada[1]} is not related to company {engines[1]}."


# --- fields that follow -----------------------------------------------------------------------------------

FOLLOWING: dict[str, tuple[EntityType, EntityType, str, Any]] = {
    "a person's company": (PERSON, COMPANY, "company_id", None),
    "an opportunity's company": (OPPORTUNITY, COMPANY, "company_id", None),
    "what a task belongs to": (TASK, LEAD, "related_resource", {"id": None, "type": None}),
}


@pytest.mark.parametrize(("kind", "other", "name", "blank"), FOLLOWING.values(), ids=FOLLOWING.keys())
@pytest.mark.parametrize("turned", [False, True], ids=["from here", "from there"])
def test_a_field_follows_the_relation_without_a_change_of_the_record(
    kind: EntityType,
    other: EntityType,
    name: str,
    blank: Any,
    turned: bool,  # noqa: FBT001 - a column
) -> None:
    account = make_account()
    this, that = one_of(account, kind), one_of(account, other)
    pair = (that, this) if turned else (this, that)
    before = get(account, *this)

    account.records.relate(*pair)
    leads_to = {"id": that[1], "type": str(other)} if name == "related_resource" else that[1]
    assert get(account, *this)[name] == leads_to

    account.records.unrelate(*pair)
    assert get(account, *this) == before
    assert get(account, *this)[name] == blank


def test_a_second_company_of_an_opportunity_is_only_a_relation() -> None:
    account = make_account()
    deal, engines, mills = one_of(account, OPPORTUNITY), one_of(account, COMPANY), one_of(account, COMPANY)
    account.records.relate(deal, engines)
    account.records.relate(deal, mills)

    assert get(account, *deal).company_id == engines[1]
    assert related(account, deal) == [engines, mills]


def test_a_primary_contact_is_chosen_and_not_found_by_relating() -> None:
    account = make_account()
    deal, ada = one_of(account, OPPORTUNITY), one_of(account, PERSON)
    account.records.relate(deal, ada)

    assert get(account, *deal).primary_contact_id is None


def test_a_projects_resource_is_not_found_by_relating() -> None:
    account = make_account()
    project, ada = one_of(account, PROJECT), one_of(account, PERSON)
    account.records.relate(project, ada)

    assert get(account, *project).related_resource is None


def contact_of_her_company(account: Account) -> tuple[Item, Item]:
    """A company whose primary contact works for it."""
    engines = make(account, COMPANY, name="Engines")
    ada = make(account, PERSON, name="Ada", company_id=engines)
    account.act(commands.update(COMPANY, [engines], {"primary_contact_id": ada}), START)
    return (COMPANY, engines), (PERSON, ada)


def test_the_contact_of_a_company_may_work_for_another_or_for_none() -> None:
    account = make_account()
    engines, ada = contact_of_her_company(account)
    mills = make(account, COMPANY, name="Mills", primary_contact_id=ada[1])
    bob = make(account, PERSON, name="Bob")
    forge = make(account, COMPANY, name="Forge", primary_contact_id=bob)

    assert related(account, ada) == [engines]
    assert related(account, (COMPANY, mills)) == related(account, (PERSON, bob)) == []

    account.records.relate((PERSON, bob), engines)

    assert get(account, PERSON, bob).company_id == engines[1]
    assert get(account, COMPANY, forge).primary_contact_id == bob


def test_who_no_longer_works_there_stays_the_contact_until_it_is_deleted() -> None:
    account = make_account()
    engines, ada = contact_of_her_company(account)
    mills = make(account, COMPANY, name="Mills", primary_contact_id=ada[1])

    account.records.unrelate(engines, ada)

    assert get(account, *ada).company_id is None
    assert get(account, *engines).primary_contact_id == ada[1]
    before = [get(account, COMPANY, each).date_modified for each in (engines[1], mills)]

    account.act(commands.delete(PERSON, [ada[1]]), START + 5_000)

    after = [get(account, COMPANY, each) for each in (engines[1], mills)]
    assert [each.primary_contact_id for each in after] == [None, None]
    assert [each.date_modified for each in after] == before
    assert str(account.journal.changes[-1].topic) == "person/delete"


@pytest.mark.parametrize("merged", [True, False])
def test_a_restored_account_knows_whose_contact_a_person_is(*, merged: bool) -> None:
    account = make_account()
    engines, ada = contact_of_her_company(account)
    bob = make(account, PERSON, name="Bob")
    again = make_account()
    restore(again, rows(account))

    again.act(commands.merge(PERSON, bob, ada[1]) if merged else commands.delete(PERSON, [ada[1]]), START)

    assert get(again, *engines).primary_contact_id == (bob if merged else None)


def test_a_company_that_is_gone_or_has_another_contact_is_left_alone() -> None:
    account = make_account()
    engines, ada = contact_of_her_company(account)
    mills = make(account, COMPANY, name="Mills", primary_contact_id=ada[1])
    bob = make(account, PERSON, name="Bob")
    account.act(commands.update(COMPANY, [engines[1]], {"primary_contact_id": bob}), START)
    account.act(commands.delete(COMPANY, [mills]), START)

    account.act(commands.delete(PERSON, [ada[1]]), START)

    assert get(account, *engines).primary_contact_id == bob


def test_one_field_may_take_the_place_of_another_that_led_to_the_same() -> None:
    account = make_account()
    engines, ada = contact_of_her_company(account)
    deal = make(account, OPPORTUNITY, name="Deal", company_id=engines[1], primary_contact_id=ada[1])
    mills = make(account, COMPANY, name="Mills")

    account.act(commands.update(OPPORTUNITY, [deal], {"company_id": mills}), START)

    assert related(account, (OPPORTUNITY, deal)) == [ada, (COMPANY, mills)]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["contact", "deal", "company", "drop"]), st.integers(0, 3)), max_size=20))
def test_relations_are_always_those_that_fields_lead_to(moves: list[tuple[str, int]]) -> None:
    """Whatever is written to them and whichever are deleted, as long as nothing else relates records."""
    account = make_account()
    companies = [make(account, COMPANY, name="x") for _ in range(2)]
    people = [make(account, PERSON, name="x", company_id=company) for company in (*companies, None)]
    make(account, OPPORTUNITY, name="x", company_id=companies[0], primary_contact_id=people[0])

    for what, pick in moves:
        move(account, what, pick)

    items = [(kind, number) for kind in LINKS for number in account.records.of(kind)]
    assert {item: set(related(account, item)) for item in items} == {item: led_to(account, item) for item in items}


def move(account: Account, what: str, pick: int) -> None:
    """One write: to a company's or an opportunity's contact, an opportunity's company, or the deletion of one."""
    records = account.records
    companies, people, deals = (list(records.of(kind)) for kind in (COMPANY, PERSON, OPPORTUNITY))
    person, company = (dict(enumerate(there)).get(pick) for there in (people, companies))
    doing: dict[str, Command[Any]] = {
        "contact": commands.update(COMPANY, companies[:1], {"primary_contact_id": person}),
        "deal": commands.update(OPPORTUNITY, deals, {"primary_contact_id": person}),
        "company": commands.update(OPPORTUNITY, deals, {"company_id": company}),
        "drop": commands.delete(*((PERSON, people[:1]) if pick % 2 else (COMPANY, companies[:1]))),
    }
    account.act(doing[what], START)


def led_to(account: Account, item: Item) -> set[Item]:
    """The records to which a record's fields refer, and those that refer to it."""
    ends = {
        (one, other)
        for kind, names in LINKS.items()
        for number, record in account.records.of(kind).items()
        for name in names
        for one, other in [((kind, number), linked(kind, name, record))]
    }
    return {other for one, other in ends if one == item and other} | {one for one, other in ends if other == item}
