"""How activities affect the interactions of the records they belong to."""

from __future__ import annotations

from typing import Any

import pytest

from copper_emulator.core.errors import Invalid
from copper_emulator.core.model import EntityType
from copper_emulator.core.records import commands
from tests.core.builders import MINUTE, START, make_account
from tests.core.records.playing import (
    ACTIVITY,
    CALL,
    COMPANY,
    LEAD,
    NOTE,
    NOW,
    OPPORTUNITY,
    PERSON,
    PROJECT,
    TASK,
    everything,
    get,
    log,
    make,
    seed,
    told,
)


@pytest.mark.parametrize("kind", [LEAD, PERSON, OPPORTUNITY])
def test_an_interaction_counts_and_is_the_last_contact(kind: EntityType) -> None:
    account = make_account()
    parent = make(account, kind, name="Ada")

    log(account, kind, parent, activity_date=NOW - 60)
    log(account, kind, parent, activity_date=NOW - 90)

    record = get(account, kind, parent)
    assert (record.interaction_count, record.date_last_contacted) == (2, NOW - 60)


def test_the_last_contact_may_be_before_1970() -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada")

    log(account, PERSON, ada, activity_date=-90)
    assert get(account, PERSON, ada).date_last_contacted == -90

    log(account, PERSON, ada, activity_date=-60)
    assert get(account, PERSON, ada).date_last_contacted == -60


def test_a_company_has_a_count_and_no_last_contact() -> None:
    account = make_account()
    company = make(account, COMPANY, name="Analytical Engines")

    log(account, COMPANY, company)

    record = get(account, COMPANY, company)
    assert record.interaction_count == 1
    assert "date_last_contacted" not in record


@pytest.mark.parametrize("kind", [PROJECT, TASK])
def test_a_type_without_these_fields_stays_as_it_is(kind: EntityType) -> None:
    account = make_account()
    parent = make(account, kind, name="Engine")
    before = get(account, kind, parent)

    account.act(commands.delete(ACTIVITY, [log(account, kind, parent)]), START)

    assert get(account, kind, parent) == before


def test_a_note_is_no_interaction() -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada")

    note = log(account, PERSON, ada, NOTE)
    account.act(commands.update(ACTIVITY, [note], {"activity_date": NOW + 60}), START)
    account.act(commands.delete(ACTIVITY, [note]), START)

    record = get(account, PERSON, ada)
    assert (record.interaction_count, record.date_last_contacted) == (0, None)


def test_the_parent_is_not_changed_by_it() -> None:
    """Developer docs: update excludes new activities. There is no notification, and `date_modified` stays."""
    account = make_account()
    ada = make(account, PERSON, name="Ada")

    call = log(account, PERSON, ada, now=START + MINUTE)

    assert told(account, 1) == [("activity_log/new", (call,))]
    assert get(account, PERSON, ada).date_modified == NOW


def test_a_deleted_interaction_counts_no_longer() -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada")
    calls = [log(account, PERSON, ada), log(account, PERSON, ada)]

    account.act(commands.delete(ACTIVITY, calls[:1]), START)

    assert get(account, PERSON, ada).interaction_count == 1


def test_a_later_date_of_an_interaction_is_a_later_contact() -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada")
    call = log(account, PERSON, ada)

    account.act(commands.update(ACTIVITY, [call], {"activity_date": NOW + 60}), START)

    record = get(account, PERSON, ada)
    assert (record.interaction_count, record.date_last_contacted) == (1, NOW + 60)


def test_what_counted_once_is_taken_back_whatever_its_type_has_become() -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada")
    call = log(account, PERSON, ada)
    account.records.catalogue.update("activity_types", CALL["id"], {"count_as_interaction": False})
    note = log(account, PERSON, ada)

    account.act(commands.delete(ACTIVITY, [call, note]), START)

    assert get(account, PERSON, ada).interaction_count == 0


def test_an_activity_may_outlive_its_parent() -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada")
    call = log(account, PERSON, ada)
    account.act(commands.delete(PERSON, [ada]), START)

    account.act(commands.delete(ACTIVITY, [call]), START)

    assert account.records.was_deleted(call)
    assert ada not in account.records.of(PERSON)


def test_an_id_that_comes_again_owes_nothing_to_the_activities_of_the_first() -> None:
    account = make_account()
    seed(account, PERSON, id=17, name="Ada")
    call = log(account, PERSON, 17)
    account.act(commands.delete(PERSON, [17]), START)
    seed(account, PERSON, id=17, name="Bob")

    account.act(commands.delete(ACTIVITY, [call]), START)

    assert get(account, PERSON, 17).interaction_count == 0


@pytest.mark.parametrize(("given", "shown"), [({}, 2), ({"interaction_count": 14}, 14)], ids=["none", "some"])
def test_seeded_activities_are_in_a_seeded_count_already(given: dict[str, Any], shown: int) -> None:
    """Data read from Copper can be seeded as it is, and hand-written data need not mention counts."""
    account = make_account()
    ada = seed(account, PERSON, name="Ada", **given)
    call = {"parent": {"type": "person", "id": ada}, "type": CALL, "details": "Hello", "activity_date": NOW}

    account.act(commands.seed(ACTIVITY, [call, call]), START)

    assert (get(account, PERSON, ada).interaction_count, get(account, PERSON, ada).date_last_contacted) == (shown, NOW)
    assert told(account) == []
    log(account, PERSON, ada)
    assert get(account, PERSON, ada).interaction_count == shown + 1


def test_a_refused_activity_counts_nothing() -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada")
    before = everything(account)

    account.act(commands.bulk_create(ACTIVITY, [{"parent": {"type": "person", "id": ada}, "type": CALL}]), START)

    assert everything(account) == before


@pytest.mark.parametrize(
    "fields",
    [
        {"interaction_count": "many"},
        {"interaction_count": True},
        {"date_last_contacted": 1.5},
        {"leads_converted_from": {}},
        {"leads_converted_from": [17]},
    ],
    ids=repr,
)
def test_what_is_counted_and_compared_is_what_copper_shows(fields: dict[str, Any]) -> None:
    """Otherwise the first activity, or a merge, would fail."""
    with pytest.raises(Invalid, match="is invalid"):
        seed(make_account(), PERSON, name="Ada", **fields)
