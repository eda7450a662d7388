"""A lead that is created, or updated if there is a matching one."""

from __future__ import annotations

from typing import Any

import pytest

from copper_emulator.core.account import Account
from copper_emulator.core.errors import Invalid
from copper_emulator.core.records import commands
from copper_emulator.core.records.record import Record
from copper_emulator.core.rules import Conversion
from tests.core.builders import MINUTE, START, make_account
from tests.core.records.playing import (
    LEAD,
    PERSON,
    custom,
    define,
    email,
    everything,
    get,
    make,
    told,
)

LATER = START + MINUTE


def upsert(account: Account, properties: Any, name: str, value: Any) -> Record:
    body = {"properties": properties, "match": {"field_name": name, "field_value": value}}
    return account.act(commands.upsert(body), LATER)


# --- who matches ------------------------------------------------------------------------------------------


def test_where_none_matches_a_lead_is_made() -> None:
    account = make_account()
    make(account, LEAD, name="Bob")

    record = upsert(account, {"name": "Ada", "email": {"email": "ada@a.example"}}, "email", "ada@a.example")

    assert (record.name, record.email) == ("Ada", email("ada@a.example"))
    assert told(account, 1) == [("lead/new", (record.id,))]


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "ada@a.example"), ("email", "ADA@a.example"), ("name", "Ada"), ("name", "ada")],
    ids=" ".join,
)
def test_the_one_that_matches_is_changed(field: str, value: str) -> None:
    account = make_account()
    make(account, LEAD, name="Bob")
    ada = make(account, LEAD, name="Ada", email=email("ada@a.example"))

    record = upsert(account, {"title": "Countess"}, field, value)

    assert (record.id, record.name, record.title) == (ada, "Ada", "Countess")
    assert told(account, 2) == [("lead/update", (ada,))]


CUSTOM: dict[str, tuple[str, dict[str, Any], Any, Any, Any]] = {
    "text": ("String", {}, "x", "x", "X"),
    "a number": ("Float", {}, 1, 1.0, 2),
    "a checkbox": ("Checkbox", {}, True, True, False),
    "an option": ("Dropdown", {"options": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]}, 1, 1, 2),
    "options have no order": (
        "MultiSelect",
        {"options": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]},
        [1, 2],
        [2, 1],
        [1],
    ),
}


@pytest.mark.parametrize(("data_type", "more", "has", "same", "other"), CUSTOM.values(), ids=CUSTOM.keys())
def test_a_custom_field_matches_by_its_value(
    data_type: str, more: dict[str, Any], has: Any, same: Any, other: Any
) -> None:
    account = make_account()
    field = define(account, "Code", data_type, LEAD, **more)
    ada = make(account, LEAD, name="Ada", custom_fields=[custom(field, has)])

    assert upsert(account, {"name": "Ada L."}, "custom", custom(field, same)).id == ada
    assert upsert(account, {"name": "Bob"}, "custom", custom(field, other)).id != ada


def test_an_unset_checkbox_is_false() -> None:
    account = make_account()
    field = define(account, "Nice", "Checkbox", LEAD)
    ada = make(account, LEAD, name="Ada")

    assert upsert(account, {"title": "Countess"}, "custom", custom(field, False)).id == ada


def test_a_converted_lead_that_stays_does_not_match() -> None:
    """Searches omit converted leads as well, unless they ask for them."""
    account = make_account(lead_conversion=Conversion.UPDATE)
    ada = make(account, LEAD, name="Ada")
    account.act(commands.convert(ada, {}), START)

    assert upsert(account, {"name": "Ada"}, "name", "Ada").id != ada


@pytest.mark.parametrize("count", [2, 30, 31])
def test_several_are_refused_and_listed_up_to_thirty(count: int) -> None:
    account = make_account()
    alike = [make(account, LEAD, name="Ada") for _ in range(count)]
    before = everything(account)

    with pytest.raises(Invalid) as caught:
        upsert(account, {"title": "Countess"}, "name", "Ada")

    listed = f": {', '.join(map(str, alike))}" if count <= 30 else ""
    assert caught.value.message == (
        f"Invalid input: Validation errors: Base: Multiple Leads match the given criteria{listed}"
    )
    assert everything(account) == before


# --- what is refused --------------------------------------------------------------------------------------

MATCH = {"field_name": "name", "field_value": "Ada"}
WRONG: dict[str, tuple[Any, str]] = {
    "no object": (7, "Base: must be a JSON object"),
    "nothing": ({}, "Properties: can't be blank\nMatch: can't be blank"),
    "a key too many": (
        {"properties": {"name": "Ada"}, "match": MATCH, "options": 1},
        "Base: Unrecognized attributes specified: options",
    ),
    "a match that is no object": ({"properties": {}, "match": "name"}, "Match: must be a JSON object"),
    "an empty match": (
        {"properties": {}, "match": {}},
        "Field Name: can't be blank\nField Value: can't be blank",
    ),
    "a key of the match too many": (
        {"properties": {}, "match": {**MATCH, "value": 1}},
        "Base: Unrecognized attributes specified: value",
    ),
    "another field": (
        {"properties": {}, "match": {"field_name": "title", "field_value": "x"}},
        "Field Name: is not included in the list",
    ),
    "a name that is no text": (
        {"properties": {}, "match": {"field_name": "name", "field_value": 7}},
        "Field Value: is invalid",
    ),
    "an email that is no text": (
        {"properties": {}, "match": {"field_name": "email", "field_value": email("ada@a.example")}},
        "Field Value: is invalid",
    ),
    "properties that are no object": ({"properties": [1], "match": MATCH}, "Properties: must be a JSON object"),
    "nothing that is an object": (
        {"properties": [], "match": 5},
        "Properties: must be a JSON object\nMatch: must be a JSON object",
    ),
    "a new lead without a name": ({"properties": {"title": "x"}, "match": MATCH}, "Name: can't be blank"),
    "an unknown property": (
        {"properties": {"name": "Ada", "colour": 1}, "match": MATCH},
        "Base: Unrecognized attributes specified: colour",
    ),
}


@pytest.mark.parametrize(("body", "faults"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_body_changes_nothing(body: Any, faults: str) -> None:
    account = make_account()
    make(account, LEAD, name="Bob")
    before = everything(account)

    with pytest.raises(Invalid) as caught:
        account.act(commands.upsert(body), LATER)

    assert caught.value.message == f"Invalid input: Validation errors: {faults}"
    assert everything(account) == before


OPTIONS = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]
WRONG_CUSTOM: dict[str, tuple[Any, str]] = {
    "no object": ("x", "Field Value: must be a JSON object"),
    "nothing": ({"value": None}, "Custom Field Definition Id: can't be blank\nValue: can't be blank"),
    "a key too many": (
        {"custom_field_definition_id": 1, "value": "x", "option": 1},
        "Base: Unrecognized attributes specified: option",
    ),
    "no such field": (custom(17, "x"), "Custom Field Definition Id: is invalid"),
    "no id": (custom([1], "x"), "Custom Field Definition Id: is invalid"),  # type: ignore[arg-type]
    "true": (custom(True, "x"), "Custom Field Definition Id: is invalid"),
    "a field of people": (custom(1, "x"), "Custom Field Definition Id: is invalid"),
    "a field that is not in filters": (custom(2, "x"), "Custom Field Definition Id: is invalid"),
    "a value of another type": (custom(3, "x"), "Value: is invalid"),
    "a list for one option": (custom(4, [1]), "Value: is invalid"),
    "no options": (custom(5, []), "Value: can't be blank"),
}


@pytest.mark.parametrize(("value", "faults"), WRONG_CUSTOM.values(), ids=WRONG_CUSTOM.keys())
def test_a_wrong_custom_match_changes_nothing(value: Any, faults: str) -> None:
    account = make_account()
    define(account, "A", "String", PERSON, id=1)
    define(account, "B", "String", LEAD, id=2, is_filterable=False)
    define(account, "C", "Float", LEAD, id=3)
    define(account, "D", "Dropdown", LEAD, id=4, options=OPTIONS)
    define(account, "E", "MultiSelect", LEAD, id=5, options=OPTIONS)
    ada = make(account, LEAD, name="Ada")
    before = everything(account)

    with pytest.raises(Invalid) as caught:
        upsert(account, {"title": "Countess"}, "custom", value)

    assert caught.value.message == f"Invalid input: Validation errors: {faults}"
    assert everything(account) == before
    assert get(account, LEAD, ada).title is None
