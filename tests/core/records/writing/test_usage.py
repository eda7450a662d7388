"""Entries of lookup tables that records use cannot be removed; the others can be removed and changed."""

from __future__ import annotations

from typing import Any

import pytest

from copper_emulator.core.account import Account
from copper_emulator.core.errors import Invalid, NotFound, UsageError
from copper_emulator.core.model import EntityType, Key
from copper_emulator.core.records.lookups.tables import LOOKUPS
from copper_emulator.core.records.writing.usage import change_entry, remove_entry
from tests.core.builders import START, make_account
from tests.core.records.playing import CALL, COMPANY, LEAD, OPPORTUNITY, PERSON, TASK, custom, define, get, log, make


def entries(account: Account, table: str) -> dict[int, Any]:
    return dict(account.records.catalogue.table(table))


USED: dict[str, tuple[EntityType, dict[str, Any], str, int, str]] = {
    "a user": (LEAD, {"assignee_id": 137_659}, "users", 137_659, "user 137659 (Second User)"),
    "a lead status": (LEAD, {}, "lead_statuses", 208_231, "lead status 208231 (New)"),
    "a source": (LEAD, {"customer_source_id": 331_240}, "customer_sources", 331_240, "customer source 331240 (Email)"),
    "a loss reason": (OPPORTUNITY, {"loss_reason_id": 308_582}, "loss_reasons", 308_582, "loss reason 308582 (Compet"),
    "a contact type": (PERSON, {}, "contact_types", 451_492, "contact type 451492 (Uncategorized)"),
    "a pipeline": (OPPORTUNITY, {}, "pipelines", 213_214, "pipeline 213214 (Sales)"),
    "a task's type": (TASK, {}, "custom_activity_types", 3, "custom activity type 3 (To Do)"),
}


@pytest.mark.parametrize(("kind", "fields", "table", "entry", "named"), USED.values(), ids=USED.keys())
def test_what_a_record_has_cannot_be_taken_away(
    kind: EntityType, fields: dict[str, Any], table: str, entry: int, named: str
) -> None:
    account = make_account()
    record_id = make(account, kind, name="Ada", **fields)
    before = entries(account, table)

    with pytest.raises(UsageError) as caught:
        remove_entry(account.records, table, entry)

    assert str(caught.value).startswith(named)
    assert str(caught.value).endswith(f"have it: [{record_id}]")
    assert entries(account, table) == before


def test_a_custom_activity_type_stays_while_an_activity_has_it() -> None:
    account = make_account()
    lunch = account.records.catalogue.add("custom_activity_types", {"name": "Lunch"})["id"]
    note = log(account, PERSON, make(account, PERSON, name="Ada"), {"category": "user", "id": lunch})

    with pytest.raises(UsageError) as caught:
        remove_entry(account.records, "custom_activity_types", lunch)

    assert str(caught.value) == (
        f"custom activity type {lunch} (Lunch) cannot be removed while activities have it: [{note}]"
    )
    remove_entry(account.records, "custom_activity_types", 2)
    assert 2 not in entries(account, "custom_activity_types")


def test_the_type_of_an_activity_stays_while_there_is_one() -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada")
    log(account, PERSON, ada, CALL)

    with pytest.raises(
        UsageError, match=r"activity type 190711 \(Phone Call\) cannot be removed while activities have"
    ):
        remove_entry(account.records, "activity_types", 190_711)

    remove_entry(account.records, "activity_types", 190_712)
    assert 190_712 not in entries(account, "activity_types")


@pytest.mark.parametrize("table", [name for name in LOOKUPS if name != "custom_field_definitions"])
def test_what_no_record_has_can_be_taken_away(table: str) -> None:
    account = make_account()
    # The API key's own user stays.
    kept = [account.records.user] if table == "users" else []
    for entry_id in entries(account, table).keys() - kept:
        remove_entry(account.records, table, entry_id)

    assert list(entries(account, table)) == kept


def test_a_definition_takes_its_values_with_it() -> None:
    account = make_account()
    definition = define(account, "Colour", "String", PERSON)
    ada = make(account, PERSON, name="Ada", custom_fields=[custom(definition, "red")])

    remove_entry(account.records, "custom_field_definitions", definition)

    assert get(account, PERSON, ada).custom_fields == []


def test_a_definition_is_changed_with_its_values() -> None:
    account = make_account()
    definition = define(account, "Colour", "String", PERSON, COMPANY)
    ada = make(account, PERSON, name="Ada", custom_fields=[custom(definition, "red")])

    change_entry(account.records, "custom_field_definitions", definition, {"available_on": ["company"]})

    assert account.records.stored(PERSON, ada)["custom_fields"] == {}


def test_a_stage_stays_while_an_opportunity_is_in_it() -> None:
    account = make_account()
    deal = make(account, OPPORTUNITY, name="Deal")
    stages = entries(account, "pipelines")[213_214]["stages"]

    with pytest.raises(UsageError, match=rf"stage 987790 \(Qualified\) cannot be removed .* have it: \[{deal}\]"):
        change_entry(account.records, "pipelines", 213_214, {"stages": stages[1:]})
    assert entries(account, "pipelines")[213_214]["stages"] == stages

    change_entry(account.records, "pipelines", 213_214, {"stages": [stages[0], {"name": "Won"}]})
    assert [stage["name"] for stage in entries(account, "pipelines")[213_214]["stages"]] == ["Qualified", "Won"]


@pytest.mark.parametrize("stages", ["none", 7, ["Won", 7], [{}]], ids=repr)
def test_stages_that_are_none_are_refused_as_such(stages: Any) -> None:
    account = make_account()
    before = entries(account, "pipelines")

    with pytest.raises(Invalid, match="Stages: is invalid"):
        change_entry(account.records, "pipelines", 213_214, {"stages": stages})

    assert entries(account, "pipelines") == before


def test_other_fields_are_changed_as_they_are_said() -> None:
    account = make_account()

    assert change_entry(account.records, "pipelines", 213_214, {"name": "Buying"})["name"] == "Buying"
    assert change_entry(account.records, "users", 137_658, {"name": "Ada"})["name"] == "Ada"


@pytest.mark.parametrize(("email", "owner"), [("ada@example.com", 137_658), ("second@example.com", 137_659)])
def test_the_user_whom_the_api_key_belongs_to_stays(email: str, owner: int) -> None:
    account = make_account()
    name = entries(account, "users")[owner]["name"]
    account.switch_key(Key(2, "token", email), START)

    with pytest.raises(UsageError) as caught:
        remove_entry(account.records, "users", owner)

    assert str(caught.value) == (
        f"user {owner} ({name}) cannot be removed: the account's API key belongs to it, and /users/me answers it"
    )
    remove_entry(account.records, "users", next(each for each in entries(account, "users") if each != owner))
    assert list(entries(account, "users")) == [owner]
    with pytest.raises(UsageError, match="the account's API key belongs to it"):
        remove_entry(account.records, "users", owner)


@pytest.mark.parametrize("body", [None, [], "Ada"], ids=repr)
def test_a_body_that_is_no_object_is_refused(body: Any) -> None:
    with pytest.raises(Invalid, match="must be a JSON object"):
        change_entry(make_account().records, "pipelines", 213_214, body)


def test_what_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        remove_entry(make_account().records, "users", 17)
    with pytest.raises(NotFound):
        change_entry(make_account().records, "users", 17, {})
