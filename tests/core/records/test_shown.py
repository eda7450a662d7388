"""What a record looks like from outside: the shapes of Copper's samples, custom fields, computed values."""

from __future__ import annotations

import json
from typing import Any

import pytest

from copper_emulator.core.account import Account
from copper_emulator.core.model import EntityType
from copper_emulator.core.records import commands
from copper_emulator.core.records.shown import copied
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
    get,
    make,
)

# --- the shapes of the samples ----------------------------------------------------------------------------
# The keys of the developer documentation's samples (2019: task, activity) and of recorded answers (person; opportunity;
# lead of 2020; company and project of 2025).

SAMPLES: dict[EntityType, str] = {
    LEAD: """id name prefix first_name last_name middle_name suffix address assignee_id company_name customer_source_id
        details email interaction_count monetary_unit monetary_value converted_unit converted_value socials status
        status_id tags title websites phone_numbers custom_fields date_created date_modified date_last_contacted
        converted_opportunity_id converted_contact_id converted_at""",
    PERSON: """id name prefix first_name middle_name last_name suffix address assignee_id company_id company_name
        contact_type_id details emails phone_numbers socials tags title websites custom_fields date_created
        date_modified date_last_contacted interaction_count leads_converted_from date_lead_created""",
    COMPANY: """id name address assignee_id contact_type_id details email_domain phone_numbers primary_contact_id
        socials tags websites custom_fields interaction_count date_created date_modified""",
    OPPORTUNITY: """id name assignee_id close_date company_id company_name customer_source_id details loss_reason_id
        pipeline_id pipeline_stage_id primary_contact_id priority status tags interaction_count monetary_unit
        monetary_value converted_unit converted_value win_probability date_stage_changed date_last_contacted
        leads_converted_from date_lead_created date_created date_modified custom_fields""",
    PROJECT: "id name related_resource assignee_id status details tags custom_fields date_created date_modified",
    TASK: """id name related_resource assignee_id due_date reminder_date completed_date priority status details tags
        custom_fields date_created date_modified""",
    ACTIVITY: "id parent type user_id details activity_date old_value new_value date_created date_modified",
}
EXTRA = {
    OPPORTUNITY: ["pipeline_is_revenue", "pipeline_type"],
    TASK: ["custom_activity_type_id"],
}
"""What newer answers have in addition."""


def something(account: Account, kind: EntityType) -> int:
    """Create a record with as few fields as possible."""
    if kind is ACTIVITY:
        lead = make(account, LEAD, name="Ada")
        return make(account, ACTIVITY, parent={"type": "lead", "id": lead}, type=NOTE, details="Hello")
    return make(account, kind, name="Ada")


@pytest.mark.parametrize("kind", EntityType)
def test_a_record_has_the_keys_of_the_sample_in_their_order(kind: EntityType) -> None:
    account = make_account()
    record = get(account, kind, something(account, kind))
    sample = SAMPLES[kind].split()

    assert [name for name in record if name in sample] == sample
    assert [name for name in record if name not in sample] == EXTRA.get(kind, [])


BLANK: dict[EntityType, dict[str, Any]] = {
    LEAD: {
        "converted_unit": None,
        "converted_value": None,
        "email": None,
        "address": None,
        "socials": [],
        "status": "New",
        "interaction_count": 0,
        "tags": [],
    },
    PERSON: {"emails": [], "company_id": None, "company_name": None, "leads_converted_from": [], "custom_fields": []},
    COMPANY: {"address": None, "contact_type_id": None, "email_domain": None, "primary_contact_id": None},
    OPPORTUNITY: {
        "pipeline_id": 213_214,
        "pipeline_is_revenue": True,
        "pipeline_stage_id": 987_790,
        "pipeline_type": "opportunity",
        "priority": "None",
        "status": "Open",
        "win_probability": 5,
        "date_stage_changed": NOW,
        "close_date": None,
        "monetary_value": None,
    },
    PROJECT: {"related_resource": None, "status": "Open"},
    TASK: {
        "related_resource": {"id": None, "type": None},
        "priority": "None",
        "status": "Open",
        "completed_date": None,
        "custom_activity_type_id": 3,
    },
    ACTIVITY: {"user_id": 137_658, "activity_date": NOW, "old_value": None, "new_value": None},
}


@pytest.mark.parametrize("kind", EntityType)
def test_what_was_not_said_is_as_blank_as_in_the_samples(kind: EntityType) -> None:
    account = make_account()
    record = get(account, kind, something(account, kind))

    assert {name: record[name] for name in BLANK[kind]} == BLANK[kind]
    assert record.date_created == record.date_modified == NOW


@pytest.mark.parametrize("kind", EntityType)
def test_a_record_is_json(kind: EntityType) -> None:
    account = make_account()
    record = get(account, kind, something(account, kind))

    assert json.loads(json.dumps(dict(record), allow_nan=False)) == dict(record)


# --- custom fields ----------------------------------------------------------------------------------------

VALUES: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "String": ("red", None, {}),
    "Text": ("red\nblue", None, {}),
    "URL": ("www.example.com", None, {}),
    "Date": (1_754_031_600, None, {}),
    "Checkbox": (True, False, {}),
    "Float": (3.0, None, {}),
    "Currency": (2.0, None, {"currency": "EUR"}),
    "Percentage": (95, None, {}),
    "Connect": ([17, 18], [], {}),
    "Dropdown": (262_645, None, {"options": ["Apples", "Bananas"]}),
    "MultiSelect": ([262_644, 262_645], [], {"options": ["Apples", "Bananas"]}),
}
"""For each data type: a value, what an unset one shows (recorded), and what its definition needs."""


@pytest.mark.parametrize("data_type", VALUES)
def test_a_custom_field_shows_its_value_or_its_blank(data_type: str) -> None:
    value, blank, more = VALUES[data_type]
    account = make_account()
    definition = define(account, "Fruits", data_type, LEAD, **more)
    unset, set_ = (
        make(account, LEAD, name="Ada"),
        make(account, LEAD, name="Bob", custom_fields=[custom(definition, value)]),
    )

    assert get(account, LEAD, unset).custom_fields == [custom(definition, blank)]
    assert get(account, LEAD, set_).custom_fields == [custom(definition, value)]


def test_all_definitions_of_a_type_are_shown_in_their_order_and_no_others() -> None:
    account = make_account()
    first, other, second = (
        define(account, name, "String", kind) for name, kind in (("a", LEAD), ("b", TASK), ("c", LEAD))
    )
    lead = make(account, LEAD, name="Ada", custom_fields=[custom(second, "2"), custom(first, "1")])

    assert get(account, LEAD, lead).custom_fields == [custom(first, "1"), custom(second, "2")]
    assert get(account, TASK, make(account, TASK, name="Call")).custom_fields == [custom(other, None)]


def test_computed_values_are_the_names_of_options() -> None:
    account = make_account()
    fruits = define(account, "Fruits", "MultiSelect", LEAD, options=["Apples", "Bananas"])
    size = define(account, "Size", "Dropdown", LEAD, options=["Small", "Large"])
    empty = define(account, "Shape", "Dropdown", LEAD, options=["Round"])
    text = define(account, "Text", "String", LEAD)
    apples, bananas = (
        option["id"] for option in account.records.catalogue.get("custom_field_definitions", fruits)["options"]
    )
    small = account.records.catalogue.get("custom_field_definitions", size)["options"][0]["id"]
    values = [custom(fruits, [bananas, apples]), custom(size, small), custom(text, "red")]
    lead = make(account, LEAD, name="Ada", custom_fields=values)

    shown = account.records.shown(LEAD, account.records.stored(LEAD, lead), with_computed=True)

    assert [(item["custom_field_definition_id"], item["computed_value"]) for item in shown["custom_fields"]] == [
        (fruits, ["Apples", "Bananas"]),
        (size, "Small"),
        (empty, None),
        (text, "red"),
    ]
    assert [item["value"] for item in shown["custom_fields"]] == [[apples, bananas], small, None, "red"]


def test_what_is_read_with_computed_values_can_be_written_back() -> None:
    account = make_account()
    define(account, "Fruits", "MultiSelect", LEAD, options=["Apples", "Bananas"])
    define(account, "Done", "Checkbox", LEAD)
    lead = make(account, LEAD, name="Ada")
    shown = account.records.shown(LEAD, account.records.stored(LEAD, lead), with_computed=True)

    account.act(commands.update(LEAD, [lead], shown), START)

    assert len(account.journal.changes) == 1


# --- names of what is referred to -------------------------------------------------------------------------


def test_the_companys_name_is_read_from_the_company() -> None:
    account = make_account()
    engines = make(account, COMPANY, name="Engines")
    ada = make(account, PERSON, name="Ada", company_id=engines)
    deal = make(account, OPPORTUNITY, name="Deal", company_id=engines)

    account.act(commands.update(COMPANY, [engines], {"name": "Analytical Engines"}), START)

    assert get(account, PERSON, ada).company_name == "Analytical Engines"
    assert get(account, OPPORTUNITY, deal).company_name == "Analytical Engines"


def test_a_leads_status_is_read_from_the_statuses() -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada")

    account.records.catalogue.update("lead_statuses", 208_231, {"name": "Fresh"})
    assert get(account, LEAD, lead).status == "Fresh"

    account.records.catalogue.remove("lead_statuses", 208_231)
    assert (get(account, LEAD, lead).status, get(account, LEAD, lead).status_id) == (None, 208_231)


# --- copies -----------------------------------------------------------------------------------------------


def test_what_was_handed_out_is_a_copy_all_the_way_down() -> None:
    """Otherwise, a script that adds to the tags it has read and writes them back would change nothing."""
    account = make_account()
    several = define(account, "Fruits", "MultiSelect", LEAD, options=["Apples", "Bananas"])
    home = {"city": "London"}
    lead = make(
        account,
        LEAD,
        name="Ada",
        tags=["a"],
        address=home,
        socials=[{"url": "x"}],
        custom_fields=[custom(several, [262_644])],
    )
    record = get(account, LEAD, lead)
    before = copied(dict(record))

    record.tags.append("b")
    record.address["city"] = "Paris"
    record.socials[0]["url"] = "y"
    record.custom_fields[0]["value"].append(262_645)

    assert dict(get(account, LEAD, lead)) == before
