"""How a body is read by a table's rules: values, defaults, what is ignored, and every fault at once."""

from __future__ import annotations

from typing import Any

import pytest

from copper_emulator.core.errors import Invalid
from copper_emulator.core.findings import Findings
from copper_emulator.core.records.fields import Access, Field, Null, Table
from copper_emulator.core.records.forms.plain import Number, OneOf, Several, Shown, Text
from copper_emulator.core.records.forms.reading import BodyFields, Reading
from copper_emulator.core.records.forms.references import LookupId, LookupName
from tests.core.builders import make_account

TABLE = Table(
    "robot",
    "robots",
    (
        Field("name", Text(), "Its name.", required=True, null=Null.REFUSED),
        Field("colour", Text(), "Its colour."),
        Field("size", OneOf(("S", "L")), "Its size.", null=Null.DEFAULT, default="S"),
        Field("speed", Number(), "Its speed.", null=Null.KEEPS, default=3),
        Field("owner_id", LookupId("users"), "Who has it.", null=Null.REFUSED),
        Field("status_id", LookupId("lead_statuses"), "How it is.", null=Null.DEFAULT, default="lead_statuses"),
        Field("kind_id", LookupId("contact_types"), "Its kind.", null=Null.DEFAULT),
        Field("status", LookupName("lead_statuses"), "By name.", null=Null.DEFAULT, stored=False),
        Field("parts", Several(Text()), "Its parts."),
        Field("maker", Text(), "Who made it.", access=Access.CREATE),
        Field("made", Shown("int", "seconds", "integer"), "When it was made.", access=Access.NEVER, default=7),
    ),
    unheeded=("noise", "smell"),
)


def reading(*, refuse: bool = False) -> Reading:
    return Reading(make_account().records, refuse_read_only=refuse)


def values(said: tuple[BodyFields, Findings]) -> dict[str, Any]:
    """The values of a body without faults."""
    said[1].raise_if_any()
    return dict(said[0].values)


def faults(said: tuple[BodyFields, Findings]) -> list[tuple[str, str]]:
    return said[1].mistakes


# --- create -----------------------------------------------------------------------------------------------


def test_a_new_one_has_what_was_said_and_defaults_for_the_rest() -> None:
    said, found = reading().create(TABLE, {"name": "Robby", "colour": "red", "parts": ["a"], "maker": "Ada"})

    found.raise_if_any()
    assert said.values == {"name": "Robby", "colour": "red", "parts": ["a"], "maker": "Ada"}
    assert said.complete == {
        "name": "Robby",
        "colour": "red",
        "size": "S",
        "speed": 3,
        "owner_id": None,
        "status_id": 208_231,
        "kind_id": None,
        "parts": ["a"],
        "maker": "Ada",
        "made": 7,
    }


def test_null_says_nothing_at_creation() -> None:
    body = {"name": "Robby", **dict.fromkeys(field.name for field in TABLE if field.name not in ("name", "made"))}

    assert values(reading().create(TABLE, body)) == {"name": "Robby"}


@pytest.mark.parametrize("body", [{}, {"name": None}, {"name": ""}, {"name": " \t\n"}], ids=repr)
def test_what_is_required_cannot_be_blank(body: dict[str, Any]) -> None:
    assert faults(reading().create(TABLE, body)) == [("name", "can't be blank")]


def test_text_that_is_not_required_may_be_empty() -> None:
    assert values(reading().create(TABLE, {"name": "Robby", "colour": ""}))["colour"] == ""


# --- update -----------------------------------------------------------------------------------------------


def test_an_update_says_only_what_it_names() -> None:
    assert values(reading().update(TABLE, {"colour": "red"})) == {"colour": "red"}
    assert values(reading().update(TABLE, {})) == {}


NULLS: dict[str, Any] = {
    "colour": None,
    "parts": [],
    "size": "S",
    "status_id": 208_231,
    "status": "New",
    "kind_id": 451_492,
}


@pytest.mark.parametrize("name", NULLS)
def test_null_clears_or_sets_the_default(name: str) -> None:
    """A lookup's default is the table's, even where a new record has none: contact types have `Uncategorized`."""
    assert values(reading().update(TABLE, {name: None})) == {name: NULLS[name]}


def test_null_may_keep_what_is_there() -> None:
    assert values(reading().update(TABLE, {"speed": None})) == {}


@pytest.mark.parametrize("name", ["name", "owner_id"])
def test_null_may_be_refused(name: str) -> None:
    assert faults(reading().update(TABLE, {name: None})) == [(name, "can't be blank")]


def test_null_where_nothing_is_says_nothing() -> None:
    """A record that was read can be written back unchanged."""
    before = {"name": "Robby", "owner_id": None, "kind_id": None, "colour": None, "size": "L"}

    assert values(reading().update(TABLE, {"owner_id": None, "kind_id": None, "colour": None}, before)) == {}
    assert values(reading().update(TABLE, {"size": None}, before)) == {"size": "S"}


def test_a_default_that_is_not_there_is_none() -> None:
    account = make_account()
    for status_id in list(account.records.lookup("lead_statuses")):
        account.records.catalogue.remove("lead_statuses", status_id)
    read = Reading(account.records)

    assert values(read.update(TABLE, {"status_id": None, "status": None})) == {"status_id": None, "status": None}
    assert read.create(TABLE, {"name": "Robby"})[0].complete["status_id"] is None


# --- what cannot be written -------------------------------------------------------------------------------


def test_what_cannot_be_written_is_ignored_and_named() -> None:
    body = {"id": 17, "made": 8, "maker": "Bob", "name": "Robby"}

    created, updated = reading().create(TABLE, body)[0], reading().update(TABLE, body)[0]

    assert (created.values, created.ignored) == ({"name": "Robby", "maker": "Bob"}, ("id", "made"))
    assert (updated.values, updated.ignored) == ({"name": "Robby"}, ("id", "maker", "made"))


def test_or_refused_like_what_is_unknown() -> None:
    body = {"id": 17, "made": 8, "maker": "Bob", "name": "Robby"}

    said, found = reading(refuse=True).create(TABLE, body)
    assert found.mistakes == [("Base", "Unrecognized attributes specified: id, made")]
    assert said.ignored == ()
    assert faults(reading(refuse=True).update(TABLE, body)) == [
        ("Base", "Unrecognized attributes specified: id, maker, made")
    ]


def test_what_is_unheeded_is_ignored_and_named_whatever_it_is() -> None:
    body = {"noise": object(), "id": 17, "name": "Robby", "made": 8}

    assert reading().create(TABLE, body)[0].ignored == ("id", "made", "noise")
    assert reading().update(TABLE, {"smell": None, "noise": 1})[0] == BodyFields({}, ("noise", "smell"))
    assert faults(reading(refuse=True).update(TABLE, {"smell": 1})) == [
        ("Base", "Unrecognized attributes specified: smell")
    ]


def test_no_record_that_is_seeded_has_what_is_unheeded() -> None:
    _, found = reading().seed(TABLE, {"name": "Robby", "noise": 1})

    assert found.mistakes == [("Base", "Unrecognized attributes specified: noise")]


# --- seeds ------------------------------------------------------------------------------------------------


def test_a_seed_may_say_what_only_copper_writes() -> None:
    body = {"id": 17, "name": "Robby", "made": 8, "maker": "Ada"}

    said, found = reading(refuse=True).seed(TABLE, body)

    found.raise_if_any()
    assert said.values == {"name": "Robby", "made": 8, "maker": "Ada"}
    assert said.complete["speed"] == 3
    assert faults(reading().seed(TABLE, {})) == [("name", "can't be blank")]


# --- faults -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "name"),
    [(None, "null"), ([], "an array"), ("x", "a string"), (7, "a number")],
    ids=["null", "list", "text", "number"],
)
def test_a_body_is_an_object(body: Any, name: str) -> None:
    for read in (reading().create, reading().update, reading().seed):
        with pytest.raises(Invalid) as caught:
            read(TABLE, body)
        assert caught.value.message == "Invalid input: Validation errors: Base: must be a JSON object"
        assert caught.value.hint.startswith(f"The body is {name}; a robot is an object with name, colour, size")


def test_every_fault_is_told_with_its_field_and_its_hint() -> None:
    body = {"wheels": 4, "size": "M", "owner_id": "x", "name": 7}

    _, found = reading().create(TABLE, body)

    with pytest.raises(Invalid) as caught:
        found.raise_if_any()
    assert caught.value.message == (
        "Invalid input: Validation errors: Base: Unrecognized attributes specified: wheels\n"
        "Name: must be a string\n"
        "Size: is not included in the list\n"
        "Owner Id: Invalid value for Owner Id: IDs must be positive integers: x"
    )
    assert caught.value.hint == (
        "There is no attribute 'wheels' here; the attributes are name, colour, size, speed, "
        "owner_id, status_id, kind_id, status, parts and maker. "
        "There is no choice 'M'; the choices are S and L."
    )


# --- tables -----------------------------------------------------------------------------------------------


def test_a_table_knows_its_fields() -> None:
    assert [field.name for field in TABLE] == list(TABLE.by_name)
    assert "name" in TABLE
    assert "wheels" not in TABLE
    assert (
        TABLE.writable_names
        == tuple(field.name for field in TABLE.writable)
        == tuple(field.name for field in TABLE)[:-1]
    )
    assert TABLE.shown_names == {"id", *TABLE.by_name}
    assert TABLE.unstored == ("status",)


def test_a_field_is_reported_under_its_own_name_unless_said_otherwise() -> None:
    assert Field("name", Text(), "").webhook_names == ("name",)
    assert Field("name", Text(), "", reported=("a", "b")).webhook_names == ("a", "b")
    assert Field("name", Text(), "", reported=()).webhook_names == ()
