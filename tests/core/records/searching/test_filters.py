"""What each filter of a search finds."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from copper_emulator.core.errors import Invalid
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.plain import OneOf, Text
from copper_emulator.core.records.searching.custom_filters import CustomFieldFilters
from copper_emulator.core.records.searching.filter_shapes import AnActivityType, AnyOrAll, AnyRecord, Listed
from copper_emulator.core.records.searching.filter_values import Flag, PhoneNumber
from copper_emulator.core.records.searching.filters import FILTERS
from copper_emulator.core.records.searching.search import PARAMETERS, body_schema, parse_search
from tests.core.builders import START, make_account
from tests.core.records.playing import (
    ACTIVITY,
    CALL,
    COMPANY,
    LEAD,
    NOTE,
    OPPORTUNITY,
    PERSON,
    PROJECT,
    TASK,
    custom,
    define,
    seed,
)
from tests.core.records.searching.world import (
    COLD_CALL,
    COMPETITOR,
    EMAIL_SOURCE,
    FIRST_MEETING,
    FIRST_USER,
    FOLLOW_UP,
    OPEN,
    POTENTIAL,
    SALES,
    SECOND_USER,
    make_world,
    names,
)

WORLD = make_world()
"""For tests that only search it."""

ADA, BOB, CYD = "Ada Lovelace", "Bob Babbage", "Cyd"

PEOPLE: list[tuple[dict[str, Any], list[str]]] = [
    ({}, [ADA, BOB, CYD]),
    ({"ids": [3, 1, 9]}, [ADA, CYD]),
    ({"ids": []}, []),
    ({"name": "ada lovelace"}, [ADA]),
    ({"name": "Ada"}, []),
    ({"name": ""}, [ADA, BOB, CYD]),
    ({"emails": ["ADA@home.example", "bob@bolt.example", "nobody@x.example"]}, [ADA, BOB]),
    ({"emails": "ada@acme.example"}, [ADA]),
    ({"emails": ["ada@acme.example"], "ids": [2, 3]}, []),
    ({"phone_number": "+4 1 5 9 9 9 4 3 2 1"}, [ADA]),
    ({"phone_numbers": ["4159994321", "4159994322"]}, [ADA, BOB]),
    ({"phone_number": {"value": "9994322", "match": "partial"}}, [BOB]),
    ({"title": "countess"}, [ADA]),
    ({"city": "ROME"}, [ADA]),
    ({"city": ""}, [CYD]),
    ({"state": "rm"}, [ADA, CYD]),
    ({"postal_code": "00100"}, [ADA]),
    ({"postal_code": ""}, [BOB, CYD]),
    ({"country": "it"}, [ADA]),
    ({"tags": ["old", "new"]}, [ADA]),
    ({"tags": ["big"]}, [ADA, BOB]),
    ({"tags": ["Big"]}, []),
    ({"tags": []}, [CYD]),
    ({"tags": {"option": "ANY", "value": ["old", "big"]}}, [ADA, BOB]),
    ({"tags": {"option": "all", "value": ["old", "big"]}}, [ADA]),
    ({"tags": {"value": ["big"]}}, [ADA, BOB]),
    ({"assignee_ids": [SECOND_USER, 5]}, [BOB]),
    ({"assignee_ids": [-2]}, [CYD]),
    ({"assignee_ids": [-2, FIRST_USER]}, [ADA, CYD]),
    ({"assignee_ids": []}, [ADA, BOB, CYD]),
    ({"contact_type_ids": [POTENTIAL]}, [ADA]),
    ({"company_ids": [1]}, [ADA]),
    ({"company_ids": [-2]}, [CYD]),
    ({"company_ids": []}, [ADA, BOB, CYD]),
    ({"opportunity_ids": [1, 3]}, [ADA]),
    ({"opportunity_ids": [2]}, [BOB]),
    ({"socials": ["https://X.example/ada"]}, [ADA]),
    ({"socials": "https://x.example/ada"}, [ADA]),
    ({"followed": 1}, []),
    ({"followed": 2}, [ADA, BOB, CYD]),
    ({"minimum_interaction_count": 1, "maximum_interaction_count": 1}, [BOB]),
    ({"minimum_interaction_date": 500}, [ADA, BOB]),
    ({"maximum_interaction_date": 500}, [BOB]),
    ({"minimum_created_date": 200}, [BOB, CYD]),
    ({"maximum_created_date": 200}, [ADA, BOB]),
    ({"minimum_modified_date": 200}, [ADA, BOB]),
    ({"maximum_modified_date": "199"}, [CYD]),
    ({"fields": ["name"]}, [ADA, BOB, CYD]),
    ({"tags": ("big",), "assignee_ids": {FIRST_USER}}, [ADA]),
]

COMPANIES: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": "ACME"}, ["acme", "Acme"]),
    ({"email_domain": "acme.EXAMPLE"}, ["Acme"]),
    ({"email_domains": ["acme.example", "bolt.example"]}, ["Acme"]),
    ({"primary_contact_ids": [1]}, ["Acme"]),
    ({"contact_type_ids": [POTENTIAL]}, ["Acme"]),
    ({"phone_number": "39061234"}, ["Acme"]),
    ({"socials": ["https://x.example/acme"]}, ["Acme"]),
    ({"minimum_interaction_date": 400}, ["Acme"]),
    ({"minimum_interaction_date": 401}, []),
    ({"maximum_interaction_date": 400}, ["Acme"]),
    ({"maximum_interaction_date": 399}, []),
    ({"age": 5_000, "ids": [1]}, []),
]

LEADS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["Ann Van Dyke", "Ben", "Cal"]),
    ({"include_converted_leads": True}, ["Ann Van Dyke", "Ben", "Cal", "Dan"]),
    ({"include_converted_leads": "true"}, ["Ann Van Dyke", "Ben", "Cal", "Dan"]),
    ({"include_converted_leads": False}, ["Ann Van Dyke", "Ben", "Cal"]),
    ({"emails": "ann@ACME.example"}, ["Ann Van Dyke"]),
    ({"emails": ["ann@acme.example"]}, ["Ann Van Dyke"]),
    ({"first_name": "ann"}, ["Ann Van Dyke"]),
    ({"middle_name": "van"}, ["Ann Van Dyke"]),
    ({"last_name": "dyke"}, ["Ann Van Dyke"]),
    ({"company_name": "acme"}, ["Ann Van Dyke"]),
    ({"status_ids": [OPEN]}, ["Ben", "Cal"]),
    ({"customer_source_ids": [COLD_CALL]}, ["Ben"]),
    ({"customer_source_ids": [-2]}, ["Cal"]),
    ({"minimum_monetary_value": 99.5}, ["Ann Van Dyke", "Ben"]),
    ({"maximum_monetary_value": "99.5"}, ["Ben"]),
]

OPPORTUNITIES: list[tuple[dict[str, Any], list[str]]] = [
    ({"status_ids": [1, "2"]}, ["Anvils", "Bricks"]),
    ({"statuses": ["Open"]}, ["Cords"]),
    ({"priorities": ["High", "Low"]}, ["Anvils", "Cords"]),
    ({"priority_ids": [0]}, ["Bricks"]),
    ({"pipeline_ids": [SALES]}, ["Anvils", "Cords"]),
    ({"pipeline_stage_ids": [FIRST_MEETING, FOLLOW_UP]}, ["Anvils", "Bricks"]),
    ({"loss_reason_ids": [COMPETITOR]}, ["Anvils"]),
    ({"loss_reason_ids": [-2]}, ["Bricks", "Cords"]),
    ({"customer_source_ids": [EMAIL_SOURCE, -2]}, ["Anvils", "Cords"]),
    ({"company_ids": [1]}, ["Anvils"]),
    # "Certain fields can be filtered by an empty value. For Opportunities, these fields are: company_ids, tags, ..."
    ({"company_ids": []}, ["Cords"]),
    ({"company_ids": [-2]}, ["Cords"]),
    ({"company_ids": [1, -2]}, ["Anvils", "Cords"]),
    ({"company_name": "ACME"}, ["Anvils", "Bricks"]),
    ({"company_name": "Bolt"}, []),
    ({"primary_contact_ids": [1]}, ["Anvils"]),
    ({"close_date": "01/23/2017"}, ["Anvils"]),
    # From midnight to midnight in Los Angeles, 8 hours behind.
    ({"close_date": 1_485_158_400}, ["Anvils"]),
    ({"close_date": 1_485_158_400 + 86_399}, ["Anvils"]),
    ({"close_date": 1_485_158_399}, []),
    ({"close_date": "23/1/2017"}, ["Anvils"]),
    ({"minimum_close_date": "1/1/2017"}, ["Anvils"]),
    ({"maximum_close_date": "1/1/2017"}, ["Bricks"]),
    ({"minimum_close_date": "1480579200", "maximum_close_date": 1_480_579_200}, ["Bricks"]),
    ({"minimum_win_probability": 11}, ["Cords"]),
    ({"maximum_win_probability": 10}, ["Anvils", "Bricks"]),
    ({"minimum_stage_change_date": 600}, ["Anvils", "Bricks"]),
    ({"maximum_stage_change_date": 600}, ["Bricks", "Cords"]),
    ({"minimum_date_stage_changed": 700}, ["Anvils"]),
    ({"maximum_date_stage_changed": 500}, ["Cords"]),
]

PROJECTS: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": "ALPHA"}, ["Alpha"]),
    ({"statuses": ["Completed"]}, ["Alpha"]),
    ({"status_ids": [0]}, ["Beta"]),
    ({"assignee_ids": [-2]}, ["Alpha"]),
]

TASKS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["Bake", "Call the Mayor", "Cry"]),
    ({"phrase": "THE may"}, ["Call the Mayor"]),
    ({"name": "bake"}, ["Bake"]),
    ({"opportunity_ids": [1, 2]}, ["Bake"]),
    ({"opportunity_ids": [-2]}, ["Call the Mayor", "Cry"]),
    # "For Tasks, these fields are: company, opportunity, ..."
    ({"opportunity_ids": []}, ["Call the Mayor", "Cry"]),
    ({"project_ids": []}, ["Bake", "Call the Mayor", "Cry"]),
    ({"project_ids": [1]}, ["Call the Mayor"]),
    ({"project_ids": [-2, 1]}, ["Bake", "Call the Mayor", "Cry"]),
    ({"related_resource": {"id": "1", "type": "project"}}, ["Call the Mayor"]),
    ({"related_resource": {"id": 1, "type": "person"}}, []),
    ({"statuses": ["Open"]}, ["Bake", "Cry"]),
    ({"status_ids": [1]}, ["Call the Mayor"]),
    ({"priorities": ["High", "Medium"]}, ["Call the Mayor"]),
    ({"priority_ids": [3]}, ["Call the Mayor"]),
    ({"minimum_due_date": 1_500}, ["Call the Mayor"]),
    ({"maximum_due_date": 1_500}, ["Bake"]),
    ({"minimum_reminder_date": 1}, ["Call the Mayor"]),
    ({"maximum_reminder_date": 1}, []),
    ({"minimum_completed_date": 3_000}, ["Call the Mayor"]),
    ({"maximum_close_date": 3_000}, ["Call the Mayor"]),
]

ACTIVITIES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["noted", "written", "called"]),
    ({"parent": {"id": 1, "type": "company"}}, ["noted", "called"]),
    ({"parent": {"id": 9, "type": "company"}}, []),
    ({"activity_types": [CALL]}, ["called"]),
    ({"activity_types": [{**NOTE, "name": "Note"}, CALL]}, ["noted", "written", "called"]),
    ({"activity_types": [{"id": "0", "category": "system"}]}, []),
    ({"user_ids": [SECOND_USER]}, ["noted"]),
    ({"minimum_activity_date": 500}, ["noted", "written"]),
    ({"maximum_activity_date": 500}, ["written", "called"]),
    ({"full_result": True}, ["noted", "written", "called"]),
]

CASES = [
    pytest.param(kind, filters, found, id=f"{kind}-{filters}")
    for kind, rows in (
        (PERSON, PEOPLE),
        (COMPANY, COMPANIES),
        (LEAD, LEADS),
        (OPPORTUNITY, OPPORTUNITIES),
        (PROJECT, PROJECTS),
        (TASK, TASKS),
        (ACTIVITY, ACTIVITIES),
    )
    for filters, found in rows
]


@pytest.mark.parametrize(("kind", "filters", "found"), CASES)
def test_a_filter_finds_what_fits(kind: EntityType, filters: dict[str, Any], found: list[str]) -> None:
    assert names(WORLD, kind, **filters) == found


MOMENTS = (100_000, 1_200_000, START, START + 10**12)
"""Some of these are close to the moments in the records."""


@pytest.mark.parametrize(("kind", "filters", "found"), CASES)
def test_what_is_not_timed_finds_the_same_at_any_moment(
    kind: EntityType, filters: dict[str, Any], found: list[str]
) -> None:
    """Whether a filter is timed decides whether results are cached."""
    if not any(FILTERS[kind][name].timed for name in filters if name in FILTERS[kind]):
        assert [names(WORLD, kind, now=now, **filters) for now in MOMENTS] == [found] * len(MOMENTS)


def test_the_age_is_counted_from_the_creation() -> None:
    world = make_world()

    assert names(world, PERSON, now=300_999, age=100) == [BOB, CYD]
    assert names(world, PERSON, now=301_000, age=100) == [CYD]


def test_a_company_whose_activities_change_was_contacted_at_another_time() -> None:
    world = make_world()
    assert names(world, COMPANY, minimum_interaction_date=700) == []
    seed(world, ACTIVITY, parent={"id": 2, "type": "company"}, type=CALL, details="later", activity_date=700)

    assert names(world, COMPANY, minimum_interaction_date=700) == ["Bolt"]

    world.records.catalogue.update("activity_types", 0, {"count_as_interaction": True})

    assert names(world, COMPANY, minimum_interaction_date=600) == ["Bolt", "Acme"]


# --- custom fields ------------------------------------------------------------------------------------

FRUITS = [{"id": 1, "name": "Apples"}, {"id": 2, "name": "Pears"}, {"id": 3, "name": "Plums"}]

TYPES: dict[str, dict[str, Any]] = {
    "Dropdown": {"options": FRUITS},
    "MultiSelect": {"options": FRUITS},
    "Date": {},
    "Checkbox": {},
    "Float": {},
    "Percentage": {},
    "Currency": {"currency": "EUR"},
    "String": {},
    "Text": {},
    "URL": {},
    "Connect": {},
}

# The values of the records "a", "b" and so on, and what filters find among them.
CUSTOM: list[tuple[str, list[Any], dict[str, Any], str]] = [
    ("Dropdown", [1, 2, None], {"value": [1, "2"]}, "ab"),
    ("Dropdown", [1, 2, None], {"value": 1}, "a"),
    ("Dropdown", [1, 2, None], {"value": [2], "allow_empty": True}, "bc"),
    ("Dropdown", [1, 2, None], {"value": [2], "allow_empty": False}, "b"),
    ("Dropdown", [1, 2, None], {"value": []}, "c"),
    ("MultiSelect", [[1, 2], [2], [3], []], {"value": [1, 2]}, "ab"),
    ("MultiSelect", [[1, 2], [2], [3], []], {"value": [1, 2], "option": "any"}, "ab"),
    ("MultiSelect", [[1, 2], [2], [3], []], {"value": [1, 2], "option": "all"}, "a"),
    ("MultiSelect", [[1, 2], [2], [3], []], {"value": [1, 2], "option": "NONE"}, "cd"),
    ("MultiSelect", [[1, 2], [2], [3], []], {"value": [3], "allow_empty": True}, "cd"),
    ("MultiSelect", [[1, 2], [2], [3], None], {"value": [], "option": "all"}, "d"),
    ("Date", [100, 200, None], {"minimum_value": 150}, "b"),
    ("Date", [100, 200, None], {"maximum_value": "150"}, "a"),
    ("Date", [100, 200, None], {"value": 100}, "a"),
    ("Date", [-200, -100, 0, None], {"maximum_value": -150}, "a"),
    ("Date", [-200, -100, 0, None], {"minimum_value": "-150"}, "bc"),
    ("Date", [-200, -100, 0, None], {"minimum_value": -2_209_039_200, "maximum_value": -1}, "ab"),
    ("Date", ["12/31/1969", "5/17/1960", "1/1/1970", None], {"value": -303_757_200}, "b"),
    ("Checkbox", [True, False, None], {"value": True}, "a"),
    ("Checkbox", [True, False, None], {"value": False}, "bc"),
    ("Float", [1.5, 2, None], {"value": 1.5}, "a"),
    ("Float", [1.5, 2, None], {"value": "2", "minimum_value": None, "option": False}, "b"),
    ("Percentage", [10, 20, 30], {"minimum_value": 15, "maximum_value": 20}, "b"),
    ("Currency", [10, 20, 30], {"minimum_value": 20}, "bc"),
    ("String", ["Red", "Green", None], {"value": "RED"}, "a"),
    ("Text", ["Red", "Green", None], {"value": ""}, "c"),
    ("URL", ["https://a.example", None, None], {"value": "https://a.example"}, "a"),
    ("Connect", [[17], [18], None], {"value": [17]}, "a"),
]


@pytest.mark.parametrize(("data_type", "values", "demand", "found"), CUSTOM)
def test_a_custom_field_is_searched_by_its_data_type(
    data_type: str, values: list[Any], demand: dict[str, Any], found: str
) -> None:
    account = make_account()
    field = define(account, "Fruit", data_type, PERSON, **TYPES[data_type])
    for name, value in zip("abcd", values, strict=False):
        seed(account, PERSON, name=name, custom_fields=[custom(field, value)])

    wanted = {"custom_field_definition_id": field, **demand}

    assert "".join(names(account, PERSON, custom_fields=[wanted])) == found


def test_custom_fields_must_all_fit() -> None:
    account = make_account()
    color, size = define(account, "Color", "String", PERSON), define(account, "Size", "Float", PERSON)
    seed(account, PERSON, name="a", custom_fields=[custom(color, "red"), custom(size, 1)])
    seed(account, PERSON, name="b", custom_fields=[custom(color, "red"), custom(size, 2)])

    assert names(account, PERSON, custom_fields=[custom(color, "red"), custom(size, 2)]) == ["b"]
    assert names(account, PERSON, custom_fields=[custom(color, "red")]) == ["a", "b"]
    assert names(account, PERSON, custom_fields=[]) == ["a", "b"]


def test_an_id_in_a_text_is_an_id() -> None:
    account = make_account()
    field = define(account, "Color", "String", PERSON)
    seed(account, PERSON, name="a", custom_fields=[custom(field, "red")])

    assert names(account, PERSON, custom_fields=[{"custom_field_definition_id": str(field), "value": "red"}]) == ["a"]


def test_a_field_that_is_not_included_in_filters_is_no_filter() -> None:
    account = make_account()
    hidden = define(account, "Color", "String", PERSON, is_filterable=False)
    demand = [{"custom_field_definition_id": str(hidden), "value": "red"}]
    seed(account, PERSON, name="a", custom_fields=[custom(hidden, "red")])

    with pytest.raises(Invalid, match="Custom Fields: is invalid") as caught:
        names(account, PERSON, custom_fields=demand)
    assert caught.value.hint.startswith("Color is not included in filters; set is_filterable of custom field ")

    account.records.catalogue.update("custom_field_definitions", hidden, {"is_filterable": True})
    assert names(account, PERSON, custom_fields=demand) == ["a"]


WRONG_CUSTOM: list[tuple[str, Any, str]] = [
    ("String", {"allow_empty": True}, "with nothing. Give a value; an empty text finds records without one."),
    ("Checkbox", {}, "with nothing. Give a value; false finds records without one, too."),
    ("Float", {"value": None}, "with nothing. Give a value; records without one cannot be searched for."),
    ("Dropdown", {}, "is to be compared with nothing. Give a value; an empty list finds records without one."),
    ("String", {"value": "x", "option": "any"}, "takes no option. Only a Dropdown or a MultiSelect has it."),
    ("Float", {"value": 1, "allow_empty": True}, "takes no allow_empty."),
    ("Dropdown", {"value": [1], "option": "any"}, "takes no option. It has one value"),
    ("String", {"minimum_value": False}, "takes no minimum_value. It has no order"),
    ("MultiSelect", {"maximum_value": False}, "takes no maximum_value. It has options"),
    ("Dropdown", {"minimum_value": 1}, "takes no minimum_value. It has options"),
    ("Checkbox", {"maximum_value": 1}, "takes no maximum_value. It has no order"),
    ("Date", {"value": 1, "maximum_value": 1}, "takes no maximum_value. Give a value or a range."),
    (
        "MultiSelect",
        {"value": [1], "option": "some"},
        "option is not included in the list. There is no option 'some'; the options are any, all and none.",
    ),
    ("MultiSelect", {"value": [1], "option": 1}, "option is not included in the list."),
    ("MultiSelect", {"value": [1], "allow_empty": "maybe"}, "must be true or false."),
    ("Dropdown", {"value": {}}, "Dropdown): Invalid value for Value: IDs must be positive integers: {}."),
    ("Dropdown", {"value": ["Apples"]}, "IDs must be positive integers: Apples."),
    ("Float", {"value": "many"}, "is not a number."),
    ("Date", {"minimum_value": -2_209_039_201}, "is invalid. A date is a whole number of Unix seconds"),
    ("Checkbox", {"value": 1}, "must be true or false."),
    ("Text", {"value": 1}, "must be a string."),
    (
        "Text",
        {"value": "x", "values": "y"},
        "There is no key 'values'; did you mean 'value'? The keys are custom_field_definition_id, value, ",
    ),
]


@pytest.mark.parametrize(("data_type", "demand", "hint"), WRONG_CUSTOM)
def test_a_custom_field_is_not_searched_by_what_it_cannot_be(data_type: str, demand: Any, hint: str) -> None:
    account = make_account()
    field = define(account, "Fruit", data_type, PERSON, **TYPES[data_type])
    body = {"custom_fields": [{"custom_field_definition_id": field, **demand}]}

    with pytest.raises(Invalid) as caught:
        parse_search(PERSON, body, {}, account.records)

    assert caught.value.message == "Invalid input: Validation errors: Custom Fields: is invalid"
    assert hint in caught.value.hint


@pytest.mark.parametrize("wanted", [17, True, "x", 1.5])
def test_a_custom_field_that_is_not_there_is_named(wanted: Any) -> None:
    account = make_account()
    define(account, "Fruit", "String", PERSON, id=4)

    with pytest.raises(Invalid) as caught:
        parse_search(PERSON, {"custom_fields": [custom(wanted, "x")]}, {}, account.records)

    assert caught.value.hint == f"There is no custom field {wanted!r} on a person; the only custom field is 4 (Fruit)."


def test_a_custom_field_of_another_type_is_not_there() -> None:
    account = make_account()
    define(account, "Fruit", "String", LEAD, id=4)

    with pytest.raises(Invalid, match=r"There is no custom field 4 on a person; there are no custom fields\."):
        parse_search(PERSON, {"custom_fields": [custom(4, "x")]}, {}, account.records)


# --- wrong values -------------------------------------------------------------------------------------

WRONG: list[tuple[EntityType, dict[str, Any], str, str]] = [
    (PERSON, {"name": 7}, "Name: must be a string", ""),
    (PERSON, {"ids": 7}, "Ids: is invalid", "It has to be a list, like [7]."),
    (PERSON, {"ids": {"id": 7}}, "Ids: is invalid", "It has to be a list."),
    (PERSON, {"ids": ["x"]}, "Ids: Invalid value for Ids: IDs must be positive integers: x", ""),
    (PERSON, {"ids": [-2]}, "Ids: Invalid value for Ids: IDs must be positive integers: -2", ""),
    (PERSON, {"ids": [True]}, "Ids: Invalid value for Ids: IDs must be positive integers: true", ""),
    (
        PERSON,
        {"assignee_ids": [0]},
        "Assignee Ids: Invalid value for Assignee Ids: IDs must be positive integers: 0",
        "",
    ),
    (PERSON, {"emails": [1]}, "Emails: must be a string", ""),
    (PERSON, {"tags": "big"}, "Tags: is invalid", 'It has to be a list, like ["big"].'),
    (PERSON, {"tags": {"option": "NONE", "value": ["a"]}}, "Tags: is invalid", "The option is ANY or ALL."),
    (PERSON, {"tags": {"option": 1, "value": ["a"]}}, "Tags: is invalid", "The option is ANY or ALL."),
    (PERSON, {"tags": {"option": "ANY"}}, "Tags: is invalid", 'Write it like {"option": "ALL", "value": ["a", "b"]}.'),
    (PERSON, {"tags": {"value": [1]}}, "Tags: must be a string", ""),
    (PERSON, {"followed": 0}, "Followed: is not included in the list", "It is a number: 1 followed, 2 not followed."),
    (PERSON, {"followed": 3}, "Followed: is not included in the list", "It is a number: 1 followed, 2 not followed."),
    (
        PERSON,
        {"followed": True},
        "Followed: is not included in the list",
        "It is a number: 1 followed, 2 not followed.",
    ),
    (PERSON, {"age": -1}, "Age: must be greater than or equal to 0", ""),
    (PERSON, {"age": 1.5}, "Age: must be an integer", ""),
    (PERSON, {"minimum_interaction_count": "three"}, "Minimum Interaction Count: is not a number", ""),
    (PERSON, {"minimum_interaction_count": float("inf")}, "Minimum Interaction Count: is not a number", ""),
    (
        PERSON,
        {"minimum_modified_date": 1_790_000_000_000},
        "Minimum Modified Date: is invalid",
        "A date is a whole number of Unix seconds from 0 to 2,147,483,648: 1790000000000 looks like milliseconds.",
    ),
    (
        PERSON,
        {"minimum_created_date": True},
        "Minimum Created Date: is invalid",
        "A date is a whole number of Unix seconds from 0 to 2,147,483,648.",
    ),
    (PERSON, {"minimum_modified_date": -1}, "Minimum Modified Date: is invalid", "seconds from 0 to 2,147,483,648."),
    (PERSON, {"custom_fields": {}}, "Custom Fields: is invalid", "Write it like [{"),
    (PERSON, {"custom_fields": [7]}, "Custom Fields: is invalid", "Write it like [{"),
    (LEAD, {"minimum_monetary_value": 10**16}, "Minimum Monetary Value: must be less than or equal to", ""),
    (LEAD, {"include_converted_leads": 1}, "Include Converted Leads: must be true or false", ""),
    (
        OPPORTUNITY,
        {"statuses": ["Done"]},
        "Statuses: is not included in the list",
        "There is no choice 'Done'; the choices are Open, Won, Lost",
    ),
    (OPPORTUNITY, {"status_ids": [4]}, "Status Ids: is not included in the list", "0 Open, 1 Won, 2 Lost, 3 Abandoned"),
    (OPPORTUNITY, {"close_date": "23/13/2017"}, "Close Date: is invalid", "A day is written mm/dd/yyyy"),
    (OPPORTUNITY, {"close_date": -2_209_039_201}, "Close Date: is invalid", "Unix seconds"),
    (TASK, {"related_resource": 7}, "Related Resource: is invalid", 'Write it like {"id": 17, "type": "person"}.'),
    (TASK, {"related_resource": {"id": 7, "type": "task"}}, "Related Resource: is not included in the list", "lead"),
    (
        TASK,
        {"related_resource": {"id": "x", "type": "lead"}},
        "Related Resource: Invalid value for Related Resource: IDs must be positive integers: x",
        "",
    ),
    (ACTIVITY, {"activity_types": [7]}, "Activity Types: is invalid", 'Write it like {"category": "user", "id": 0}.'),
    (
        ACTIVITY,
        {"activity_types": [{"id": 7}]},
        "Activity Types: is invalid",
        'Write it like {"category": "user", "id": 0}.',
    ),
    (
        ACTIVITY,
        {"activity_types": [{"category": "user"}]},
        "Activity Types: is invalid",
        'Write it like {"category": "user", "id": 0}.',
    ),
    (ACTIVITY, {"activity_types": [{"category": "user", "id": "x"}]}, "Activity Types: is not a number", ""),
]


@pytest.mark.parametrize(("kind", "body", "message", "hint"), WRONG)
def test_a_wrong_value_is_refused_with_its_reason(
    kind: EntityType, body: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(Invalid) as caught:
        parse_search(kind, body, {}, make_account().records)

    assert caught.value.message.startswith(f"Invalid input: Validation errors: {message}")
    assert hint in caught.value.hint


# --- the table itself ---------------------------------------------------------------------------------

_SHARED = "ids name tags assignee_ids followed custom_fields minimum_created_date maximum_created_date"
_WRITTEN = "minimum_modified_date maximum_modified_date"
_MET = (
    "age minimum_interaction_count maximum_interaction_count minimum_interaction_date maximum_interaction_date "
    "city state postal_code country socials phone_number fields"
)

DOCUMENTED: dict[EntityType, str] = {
    LEAD: f"{_SHARED} {_WRITTEN} {_MET} first_name middle_name last_name emails company_name title status_ids "
    "customer_source_ids minimum_monetary_value maximum_monetary_value include_converted_leads",
    PERSON: f"{_SHARED} {_WRITTEN} {_MET} emails phone_numbers title contact_type_ids company_ids opportunity_ids",
    COMPANY: f"{_SHARED} {_WRITTEN} {_MET} email_domain email_domains primary_contact_ids contact_type_ids",
    OPPORTUNITY: f"{_SHARED} {_WRITTEN} fields age status_ids statuses priority_ids priorities pipeline_ids "
    "pipeline_stage_ids loss_reason_ids customer_source_ids company_ids company_name primary_contact_ids close_date "
    "minimum_close_date maximum_close_date minimum_monetary_value maximum_monetary_value minimum_win_probability "
    "maximum_win_probability minimum_interaction_count maximum_interaction_count minimum_interaction_date "
    "maximum_interaction_date minimum_stage_change_date maximum_stage_change_date minimum_date_stage_changed "
    "maximum_date_stage_changed",
    PROJECT: f"{_SHARED} {_WRITTEN} statuses status_ids",
    TASK: f"{_SHARED} {_WRITTEN} phrase related_resource opportunity_ids project_ids statuses status_ids priorities "
    "priority_ids minimum_due_date maximum_due_date minimum_reminder_date maximum_reminder_date "
    "minimum_completed_date maximum_completed_date minimum_close_date maximum_close_date",
    ACTIVITY: "parent activity_types user_ids minimum_activity_date maximum_activity_date full_result",
}
"""The union of the developer docs of 2019, their current pages and their OpenAPI document."""


@pytest.mark.parametrize("kind", EntityType)
def test_every_documented_filter_is_there_and_no_other(kind: EntityType) -> None:
    assert set(FILTERS[kind]) == set(DOCUMENTED[kind].split())


ALL_PARAMETERS = [pytest.param(kind, name, id=f"{kind}-{name}") for kind in EntityType for name in PARAMETERS[kind]]


@pytest.mark.parametrize(("kind", "name"), ALL_PARAMETERS)
def test_every_filter_describes_itself(kind: EntityType, name: str) -> None:
    described = PARAMETERS[kind][name]

    Draft202012Validator.check_schema(described.schema)
    ast.parse(described.python, mode="eval")
    assert described.doc.endswith(".")
    assert described.form.words


def sample(form: Any) -> Any:
    """A value that a form accepts."""
    if isinstance(form, Listed | AnyOrAll):
        return [sample(form.each)]
    if isinstance(form, AnyRecord):
        return {"id": 1, "type": str(form.kinds[0])}
    if isinstance(form, OneOf):
        return form.choices[0]
    samples = {Text: "x", PhoneNumber: "1", Flag: True, AnActivityType: NOTE, CustomFieldFilters: []}
    return samples.get(type(form), 1)


@pytest.mark.parametrize(("kind", "name"), ALL_PARAMETERS)
def test_every_filter_can_be_asked_for(kind: EntityType, name: str) -> None:
    found = names(WORLD, kind, **{name: sample(PARAMETERS[kind][name].form)})

    assert set(found) <= set(names(WORLD, kind, **({"include_converted_leads": True} if kind is LEAD else {})))


@pytest.mark.parametrize("kind", EntityType)
def test_only_what_is_timed_finds_something_else_later(kind: EntityType) -> None:
    asked = {name: {name: sample(PARAMETERS[kind][name].form)} for name in FILTERS[kind]}
    found = {name: [names(WORLD, kind, now=now, **said) for now in MOMENTS] for name, said in asked.items()}

    changes = {name for name, each in found.items() if each != each[:1] * len(MOMENTS)}
    assert changes == {name for name, each in FILTERS[kind].items() if each.timed}


BODIES: list[tuple[EntityType, dict[str, Any]]] = [
    (LEAD, {"emails": "address@workemail.com", "country": "US", "followed": 1, "age": 86_400}),
    (LEAD, {"tags": {"option": "ANY", "value": ["tag 1"]}, "include_converted_leads": True}),
    (PERSON, {"emails": ["address@workemail.com"], "assignee_ids": [137_658, -2], "tags": ["tag 1"]}),
    (PERSON, {"page_size": 200, "page_number": 2, "sort_by": "first_name", "sort_direction": "desc"}),
    (COMPANY, {"email_domains": ["acme.example"], "minimum_modified_date": 1_496_712_857}),
    (OPPORTUNITY, {"status_ids": [0, 3], "minimum_close_date": 1_496_712_857, "close_date": "1/23/2017"}),
    (PROJECT, {"statuses": ["Open"], "ids": [17]}),
    (TASK, {"project_ids": [-2], "related_resource": {"id": 17, "type": "person"}, "priorities": ["None"]}),
    (ACTIVITY, {"parent": {"id": 17, "type": "task"}, "activity_types": [{"id": 0, "category": "user"}]}),
]


@pytest.mark.parametrize(("kind", "body"), BODIES)
def test_what_clients_send_fits_the_schema_and_is_read(kind: EntityType, body: dict[str, Any]) -> None:
    Draft202012Validator(body_schema(kind)).validate(body)

    assert set(parse_search(kind, body, {}, make_account().records).filters) >= set(body) & set(FILTERS[kind])


def test_the_schema_knows_no_other_names() -> None:
    assert not Draft202012Validator(body_schema(PERSON)).is_valid({"pageSize": 5})
