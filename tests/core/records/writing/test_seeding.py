"""Records that existed from the start: a record as Copper shows it is taken as it is, and nothing reports it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from copper_emulator.core.account import Account
from copper_emulator.core.errors import Invalid
from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.model import EntityType
from copper_emulator.core.records import commands
from tests.core.builders import START, make_account
from tests.core.records.playing import (
    ACTIVITY,
    COMPANY,
    LEAD,
    NOTE,
    NOW,
    OPPORTUNITY,
    PERSON,
    PROJECT,
    TASK,
    custom,
    define,
    email,
    get,
    log,
    make,
    seed,
)

EARLIER = NOW - 86_400


def seeded(account: Account, kind: EntityType, *rows: Mapping[str, Any]) -> list[int]:
    return account.act(commands.seed(kind, list(rows)), START)


def full(account: Account) -> dict[EntityType, int]:
    """One record of each type with many fields set."""
    colour = define(account, "Colour", "String", LEAD, PERSON, COMPANY, OPPORTUNITY, PROJECT, TASK)
    said: dict[str, Any] = {"details": "d", "tags": ["a"], "custom_fields": [custom(colour, "red")]}
    company = make(account, COMPANY, name="Acme", email_domain="acme.example", **said)
    person = make(account, PERSON, name="Dr. Ada King", emails=[email("ada@acme.example")], company_id=company, **said)
    deal = make(account, OPPORTUNITY, name="Deal", primary_contact_id=person, monetary_value=5, **said)
    about = {"id": deal, "type": "opportunity"}
    return {
        COMPANY: company,
        PERSON: person,
        OPPORTUNITY: deal,
        LEAD: make(account, LEAD, name="Bob", status="Junk", email=email("bob@example.com"), **said),
        PROJECT: make(account, PROJECT, name="Plan", related_resource=about, **said),
        TASK: make(account, TASK, name="Call", related_resource=about, status="Completed", **said),
        ACTIVITY: log(account, PERSON, person),
    }


@pytest.mark.parametrize("kind", EntityType)
def test_what_a_read_shows_is_seeded_as_it_is(kind: EntityType) -> None:
    source, account = make_account(), make_account()
    shown = dict(get(source, kind, full(source)[kind]))
    define(account, "Colour", "String", LEAD, PERSON, COMPANY, OPPORTUNITY, PROJECT, TASK)
    # The records around it do not exist.
    [record_id] = seeded(account, kind, shown)

    # A company's name is read from the company, which does not exist here.
    told = {**shown, "company_name": None} if kind in (PERSON, OPPORTUNITY) else shown
    assert dict(get(account, kind, record_id)) == told
    assert account.journal.entries == []


def test_what_only_copper_writes_can_be_said() -> None:
    account = make_account()
    wanted = {"date_created": EARLIER, "date_modified": EARLIER + 1, "interaction_count": 7, "date_last_contacted": 5}

    ada = get(account, PERSON, seed(account, PERSON, name="Ada", id=17, **wanted))

    assert {name: ada[name] for name in ("id", *wanted)} == {"id": 17, **wanted}


def test_what_is_not_said_follows_from_the_rest_or_is_the_default() -> None:
    account = make_account()

    lead = get(account, LEAD, seed(account, LEAD, name="Ada King", status="Junk"))
    deal = get(account, OPPORTUNITY, seed(account, OPPORTUNITY, name="Deal", pipeline_stage_id=987_796))

    assert (lead.first_name, lead.last_name, lead.status, lead.date_created) == ("Ada", "King", "Junk", NOW)
    assert (deal.pipeline_id, deal.win_probability, deal.status) == (213_215, 25, "Open")


def test_what_is_said_stands_whatever_would_follow_from_the_rest() -> None:
    account = make_account()

    ada = get(account, PERSON, seed(account, PERSON, name="Ada King", first_name="A.", last_name=None))
    task = get(account, TASK, seed(account, TASK, name="Call", status="Completed", completed_date=EARLIER))

    assert (ada.first_name, ada.last_name) == ("A.", "King")
    assert task.completed_date == EARLIER


def test_records_may_name_others_that_are_seeded_after_them() -> None:
    account = make_account()
    seed(account, COMPANY, id=5, name="Acme", primary_contact_id=17)
    assert get(account, COMPANY, 5).primary_contact_id == 17

    seed(account, PERSON, id=17, name="Ada", company_id=5)

    assert get(account, PERSON, 17).company_name == "Acme"
    assert account.records.relations.has((PERSON, 17), (COMPANY, 5))


def test_what_names_a_record_that_never_came_can_be_changed_merged_and_removed() -> None:
    account = make_account()
    first = seed(account, PERSON, name="Ada", company_id=5)
    second = seed(account, PERSON, name="Ada", company_id=6)

    account.act(commands.update(PERSON, [first], {"title": "Dr"}), START)
    account.act(commands.merge(PERSON, first, second), START)
    account.act(commands.delete(PERSON, [first]), START)

    assert list(account.records.of(PERSON)) == []


def test_system_activities_and_those_of_disabled_types_can_be_seeded() -> None:
    account = make_account()
    account.records.catalogue.update("activity_types", 190_711, {"is_disabled": True})
    kinds = [{"id": 1, "category": "system"}, {"id": 190_711, "category": "user"}]

    ids = seeded(
        account,
        ACTIVITY,
        *({"parent": {"id": 1, "type": "lead"}, "type": kind, "details": "moved"} for kind in kinds),
    )

    assert [get(account, ACTIVITY, record_id).type for record_id in ids] == kinds


WRONG: dict[str, tuple[EntityType, dict[str, Any], str]] = {
    "a name": (PERSON, {"name": 7}, "Name: must be a string"),
    "no name": (PERSON, {}, "Name: can't be blank"),
    "a count": (PERSON, {"name": "Ada", "interaction_count": "many"}, "Interaction Count: is invalid"),
    "a truth as a count": (PERSON, {"name": "Ada", "interaction_count": True}, "Interaction Count: is invalid"),
    "a count below none": (PERSON, {"name": "Ada", "interaction_count": -1}, "Interaction Count: is invalid"),
    "a date beyond all": (PERSON, {"name": "Ada", "date_created": 10**400}, "Date Created: is invalid"),
    "a date before all": (PERSON, {"name": "Ada", "date_modified": -2_209_039_201}, "Date Modified: is invalid"),
    "leads": (PERSON, {"name": "Ada", "leads_converted_from": {"lead_id": 1}}, "Leads Converted From: is invalid"),
    "no leads": (PERSON, {"name": "Ada", "leads_converted_from": [17]}, "Leads Converted From: is invalid"),
    "a list of dates": (PERSON, {"name": "Ada", "date_created": [1]}, "Date Created: is invalid"),
    "a unit": (OPPORTUNITY, {"name": "Deal", "converted_unit": 7}, "Converted Unit: is invalid"),
    "a value": (OPPORTUNITY, {"name": "Deal", "converted_value": "seven"}, "Converted Value: is invalid"),
    "no number": (OPPORTUNITY, {"name": "Deal", "converted_value": float("nan")}, "Converted Value: is invalid"),
    "a user": (LEAD, {"name": "Ada", "assignee_id": 1}, "Assignee Id: must exist"),
    "an id": (LEAD, {"name": "Ada", "id": "17"}, "Id: '17' is not an id"),
    "a long id": (LEAD, {"name": "Ada", "id": "1" * 50}, f"Id: '{'1' * 39}... is not an id"),
    "a truth as an id": (LEAD, {"name": "Ada", "id": True}, "Id: True is not an id"),
    "an id below one": (LEAD, {"name": "Ada", "id": 0}, "Id: 0 is not an id"),
    "an id beyond all": (LEAD, {"name": "Ada", "id": MAX_ID + 1}, f"Id: {MAX_ID + 1} is not an id"),
    "an activity's category": (
        ACTIVITY,
        {"parent": {"id": 1, "type": "lead"}, "type": {"id": 1, "category": "robot"}, "details": "x"},
        "Type: is not included in the list",
    ),
    "an activity's type": (
        ACTIVITY,
        {"parent": {"id": 1, "type": "lead"}, "type": {"id": 0, "category": "system"}, "details": "x"},
        "Type: must exist",
    ),
}


@pytest.mark.parametrize(("kind", "row", "words"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_row_is_named_and_nothing_is_seeded(kind: EntityType, row: dict[str, Any], words: str) -> None:
    account = make_account()
    note = {"parent": {"id": 1, "type": "lead"}, "type": NOTE, "details": "x"}
    right: Mapping[str, Any] = note if kind is ACTIVITY else {"name": "Right"}

    with pytest.raises(Invalid) as caught:
        seeded(account, kind, right, row)

    assert caught.value.message == f"Invalid input: Validation errors: {words}"
    assert caught.value.hint.startswith("Row 2.")
    assert list(account.records.of(kind)) == []


def test_a_row_that_is_no_object_is_named_too() -> None:
    with pytest.raises(Invalid, match="must be a JSON object") as caught:
        seeded(make_account(), PERSON, {"name": "Ada"}, 7)  # type: ignore[arg-type]  # the wrong type is what is tested

    assert caught.value.hint.startswith("Row 2.")


def test_ids_that_are_taken_are_refused_and_never_given_again() -> None:
    account = make_account()
    first = seed(account, PERSON, name="Ada", id=94_808_712)

    assert [seed(account, PERSON, name="Bob"), seed(account, PERSON, name="Cy")] == [94_808_711, 94_808_713]
    with pytest.raises(Invalid, match=f"Id: {first} is already there"):
        seed(account, PERSON, name="Dan", id=first)
    with pytest.raises(Invalid, match="Id: 5 is given twice"):
        seeded(account, LEAD, {"name": "Dan", "id": 5}, {"name": "Eve", "id": 5})


def test_seeded_records_share_nothing_that_can_be_seen() -> None:
    account = make_account()
    first, second = seeded(account, PERSON, {"name": "Ada"}, {"name": "Bob"})

    account.act(commands.update(PERSON, [first], {"tags": ["vip"]}), START)
    get(account, PERSON, second).tags.append("mine")

    assert get(account, PERSON, second).tags == []
