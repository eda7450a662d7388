"""What a notification reports about a change: only differences, with webhook names, and option names on request."""

from __future__ import annotations

from typing import Any

import pytest

from copper_emulator.core.account import Account
from copper_emulator.core.model import EntityType, RecordChange
from copper_emulator.core.records import commands
from copper_emulator.core.records.changed import is_same, unreported
from copper_emulator.core.records.forms.contacts import Tags
from copper_emulator.core.records.forms.custom import CustomFields
from copper_emulator.core.records.forms.plain import Form, Several, Text
from copper_emulator.core.records.tables import TABLES
from tests.core.builders import START, make_account
from tests.core.records.playing import LEAD, custom, define, email, get, make

LATER = START + 1_000


def change(account: Account, kind: EntityType, record_id: int, **fields: Any) -> list[RecordChange]:
    _, done = commands.update(kind, [record_id], fields)(account.records, LATER)
    return done.changes


SAME: dict[str, tuple[Form, Any, Any, bool]] = {
    "texts": (Text(), "a", "a", True),
    "other texts": (Text(), "a", "b", False),
    "tags in another order": (Tags(), ["a", "b"], ["b", "a"], True),
    "other tags": (Tags(), ["a", "b"], ["a"], False),
    "several in another order": (Several(Text()), ["a", "b"], ["b", "a"], True),
    "none and no several": (Several(Text()), None, [], True),
    "custom fields": (CustomFields(LEAD), {1: "a", 2: [7, 8]}, {2: [8, 7], 1: "a"}, True),
    "one unset": (CustomFields(LEAD), {1: "a", 2: "b"}, {1: "a"}, False),
    "other custom values": (CustomFields(LEAD), {1: [7]}, {1: [7, 8]}, False),
}


@pytest.mark.parametrize(("form", "old", "new", "same"), SAME.values(), ids=SAME.keys())
def test_what_is_a_set_has_no_order(form: Form, old: Any, new: Any, same: bool) -> None:  # noqa: FBT001 - a column
    assert is_same(form, old, new) is same


def test_only_what_differs_is_told_and_nested_values_as_a_whole() -> None:
    account = make_account()
    home = {"street": "1 Main St", "city": "London", "state": None, "postal_code": None, "country": None}
    lead = make(account, LEAD, name="Ada", address=home, email=email("ada@example.com"), tags=["a"])

    [told] = change(account, LEAD, lead, name="Ada", address={**home, "city": "Paris"}, tags=["a", "b"], title="Dr")

    assert list(told.updated_attributes.items()) == [
        ("address", [home, {**home, "city": "Paris"}]),
        ("tags", [["a"], ["a", "b"]]),
        ("title", [None, "Dr"]),
    ]


def test_nobody_changes_a_record_or_another_account_by_what_was_told() -> None:
    account = make_account()
    ada = make(account, LEAD, name="Ada")
    account.act(commands.update(LEAD, [ada], {"tags": ["x"]}), START)
    told = account.journal.entries[-1].change
    assert told is not None
    for value in told.updated_attributes["tags"]:
        with pytest.raises(TypeError, match="cannot be changed"):
            value.append("leak")

    assert get(account, LEAD, ada)["tags"] == ["x"]
    other = make_account()
    assert get(other, LEAD, make(other, LEAD, name="Bob"))["tags"] == []


def test_an_email_in_another_case_is_a_change() -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada", email=email("ada@example.com"))

    [told] = change(account, LEAD, lead, email=email("Ada@example.com"))

    assert told.updated_attributes == {"email": [email("ada@example.com"), email("Ada@example.com")]}


# --- custom fields ----------------------------------------------------------------------------------------


def fruits(account: Account) -> tuple[int, list[int]]:
    """A MultiSelect on leads, and the ids of its three options."""
    definition = define(account, "Fruits", "MultiSelect", LEAD, options=["Apples", "Bananas", "Cherries"])
    entry = account.records.catalogue.get("custom_field_definitions", definition)
    return definition, [option["id"] for option in entry["options"]]


def test_custom_fields_are_told_by_their_definition_ids_and_those_not_named_stay() -> None:
    """The shape of the developer docs' sample."""
    account = make_account()
    definition, [apples, bananas, _] = fruits(account)
    colour = define(account, "Colour", "String", LEAD)
    lead = make(account, LEAD, name="Ada", custom_fields=[custom(definition, [apples]), custom(colour, "red")])

    [told] = change(account, LEAD, lead, custom_fields=[custom(definition, [apples, bananas])])

    assert told.updated_attributes == {"custom_fields": {str(definition): [[apples], [apples, bananas]]}}
    assert told.computed_attributes == {"custom_fields": {str(definition): [["Apples"], ["Apples", "Bananas"]]}}
    assert get(account, LEAD, lead).custom_fields[1] == custom(colour, "red")


def test_computed_attributes_have_everything_else_as_well() -> None:
    account = make_account()
    definition, [apples, *_] = fruits(account)
    lead = make(account, LEAD, name="Ada")

    [told] = change(account, LEAD, lead, title="Dr", custom_fields=[custom(definition, [apples])])

    assert told.computed_attributes == {"title": [None, "Dr"], "custom_fields": {str(definition): [[], ["Apples"]]}}


def test_where_no_option_is_concerned_there_is_nothing_to_compute() -> None:
    account = make_account()
    colour = define(account, "Colour", "String", LEAD)
    lead = make(account, LEAD, name="Ada")

    [told] = change(account, LEAD, lead, custom_fields=[custom(colour, "red")])
    assert (told.updated_attributes, told.computed_attributes) == (
        {"custom_fields": {str(colour): [None, "red"]}},
        None,
    )
    [told] = change(account, LEAD, lead, title="Dr")
    assert told.computed_attributes is None


def test_several_custom_fields_are_told_in_the_order_of_their_ids() -> None:
    account = make_account()
    numbers = sorted(
        define(account, name, "String", LEAD, id=number) for name, number in (("a", 8), ("b", 1), ("c", 64))
    )
    lead = make(account, LEAD, name="Ada")

    [told] = change(account, LEAD, lead, custom_fields=[custom(number, "x") for number in reversed(numbers)])

    assert list(told.updated_attributes["custom_fields"]) == [str(number) for number in numbers]


UNSET: dict[str, tuple[Any, Any]] = {
    "String": ("red", None),
    "Date": (17, None),
    "Checkbox": (True, False),
    "Float": (0, None),
    "Connect": ([17], []),
}


@pytest.mark.parametrize("data_type", UNSET)
def test_setting_and_unsetting_tell_what_an_unset_one_shows(data_type: str) -> None:
    value, blank = UNSET[data_type]
    account = make_account()
    number = define(account, "Field", data_type, LEAD)
    lead = make(account, LEAD, name="Ada")

    def told(written: Any) -> list[Any]:
        return [
            dict(each.updated_attributes)
            for each in change(account, LEAD, lead, custom_fields=[custom(number, written)])
        ]

    assert told(blank) == told(None) == []
    assert told(value) == [{"custom_fields": {str(number): [blank, value]}}]
    assert told(value) == []
    assert told(None) == [{"custom_fields": {str(number): [value, blank]}}]
    assert told(value) != []
    assert told(blank) == [{"custom_fields": {str(number): [value, blank]}}]


def test_options_in_another_order_are_no_change() -> None:
    account = make_account()
    definition, [apples, bananas, _] = fruits(account)
    lead = make(account, LEAD, name="Ada", custom_fields=[custom(definition, [apples, bananas])])
    before = get(account, LEAD, lead)

    assert change(account, LEAD, lead, custom_fields=[custom(definition, [bananas, apples])]) == []
    assert get(account, LEAD, lead) == before


def test_a_value_whose_definition_was_taken_from_the_catalogue_is_not_told() -> None:
    account = make_account()
    colour = define(account, "Colour", "String", LEAD)
    lead = make(account, LEAD, name="Ada", custom_fields=[custom(colour, "red")])
    account.records.catalogue.remove("custom_field_definitions", colour)

    assert [dict(each.updated_attributes) for each in change(account, LEAD, lead, title="Dr")] == [
        {"title": [None, "Dr"]}
    ]
    assert get(account, LEAD, lead).custom_fields == []


def test_made_up_attributes_that_no_change_tells_of_are_named_with_what_may_be_meant() -> None:
    account = make_account()
    catalogue = account.records.catalogue
    real = {"name": ["Ada", "Grace"], "stage_id": [1, 2], "days_in_stage": [3, 0], "custom_fields": "no mapping"}

    assert list(unreported(TABLES[EntityType.OPPORTUNITY], real, catalogue)) == []
    assert list(unreported(TABLES[EntityType.PERSON], {"nmae": [1, 2], "zzz": [1, 2]}, catalogue)) == [
        "no change of people reports 'nmae'; did you mean 'name'?",
        "no change of people reports 'zzz'",
    ]


def test_made_up_custom_fields_are_named_with_those_there_are() -> None:
    account = make_account()
    table, catalogue = TABLES[EntityType.LEAD], account.records.catalogue
    attributes = {"custom_fields": {"5": [None, "a"]}}

    assert list(unreported(table, attributes, catalogue)) == ["there is no custom field 5; there are no custom fields"]
    mine = define(account, "Tier", "String", LEAD)
    assert list(unreported(table, attributes, catalogue)) == [
        f"there is no custom field 5; the only custom field is {mine}"
    ]
    assert list(unreported(table, {"custom_fields": {mine: [None, "a"]}}, catalogue)) == []
    assert list(unreported(TABLES[EntityType.ACTIVITY_LOG], attributes, catalogue)) == [
        "no change of activities reports 'custom_fields'"
    ]
