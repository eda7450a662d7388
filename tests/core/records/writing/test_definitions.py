"""What happens to values when their definition is changed or removed."""

from __future__ import annotations

from typing import Any

import pytest

from copper_emulator.core.account import Account
from copper_emulator.core.errors import Invalid, NotFound
from copper_emulator.core.records.tables import ACTIVITY, LEAD, PERSON
from copper_emulator.core.records.writing.definitions import change_definition, remove_definition
from tests.core.builders import START, make_account
from tests.core.records.playing import NOTE, custom, define, get, make

OPTIONS = [{"name": "Apples"}, {"name": "Pears"}, {"name": "Plums"}]


def ids_of(account: Account, definition: int) -> list[int]:
    entry = account.records.catalogue.get("custom_field_definitions", definition)
    return [option["id"] for option in entry["options"]]


def values(account: Account, person: int) -> dict[int, Any]:
    kept: dict[int, Any] = account.records.stored(PERSON, person)["custom_fields"]
    return kept


def test_a_removed_definition_takes_its_values_from_every_type_and_nothing_else() -> None:
    account = make_account()
    gone, stays = define(account, "gone", "String", PERSON, LEAD), define(account, "stays", "String", PERSON, LEAD)
    people = [
        make(account, PERSON, name="Ada", custom_fields=[custom(gone, "x"), custom(stays, "y")]),
        make(account, PERSON, name="Bob", custom_fields=[custom(stays, "y")]),
    ]
    lead = make(account, LEAD, name="Cy", custom_fields=[custom(gone, "x")])
    note = make(account, ACTIVITY, parent={"type": "person", "id": people[0]}, type=NOTE, details="x")
    happened, notes = list(account.journal.changes), len(account.journal.entries)

    remove_definition(account.records, gone)

    assert [values(account, person) for person in people] == [{stays: "y"}, {stays: "y"}]
    assert get(account, LEAD, lead).custom_fields == [custom(stays, None)]
    assert get(account, ACTIVITY, note).details == "x"
    assert (account.journal.changes, len(account.journal.entries)) == (happened, notes)
    assert get(account, PERSON, people[0]).date_modified == START // 1000


def test_a_definition_that_is_not_there_cannot_be_removed_or_changed() -> None:
    account = make_account()
    with pytest.raises(NotFound):
        remove_definition(account.records, 17)
    with pytest.raises(NotFound):
        change_definition(account.records, 17, {})


@pytest.mark.parametrize(
    ("data_type", "kept", "before", "after"),
    [
        ("Dropdown", [0, 1], 1, 1),
        ("Dropdown", [0, 1], 2, None),
        ("MultiSelect", [0, 1], [0, 1], [0, 1]),
        ("MultiSelect", [0, 1], [2, 1], [1]),
        ("MultiSelect", [0, 1], [2], None),
    ],
)
def test_of_a_value_those_options_stay_that_are_still_there(
    data_type: str, kept: list[int], before: Any, after: Any
) -> None:
    account = make_account()
    definition = define(account, "Fruit", data_type, PERSON, options=OPTIONS)
    ids = ids_of(account, definition)

    def named(value: Any) -> Any:
        return [ids[each] for each in value] if isinstance(value, list) else ids[value]

    ada = make(account, PERSON, name="Ada", custom_fields=[custom(definition, named(before))])

    options = [{"id": ids[each], "name": f"Option {each}"} for each in kept]
    change_definition(account.records, definition, {"options": options})

    assert values(account, ada) == ({} if after is None else {definition: named(after)})


def test_values_of_a_type_that_no_longer_has_the_field_are_gone_for_good() -> None:
    account = make_account()
    definition = define(account, "x", "Date", PERSON, LEAD)
    ada = make(account, PERSON, name="Ada", custom_fields=[custom(definition, 17)])
    lead = make(account, LEAD, name="Cy", custom_fields=[custom(definition, 17)])

    for kinds in (["lead"], ["lead", "person"]):
        change_definition(account.records, definition, {"available_on": kinds})

    assert values(account, ada) == {}
    assert get(account, LEAD, lead).custom_fields == [custom(definition, 17)]


def test_another_name_changes_no_value_and_writes_no_record() -> None:
    account = make_account()
    definition = define(account, "x", "String", PERSON)
    ada = make(account, PERSON, name="Ada", custom_fields=[custom(definition, "y")])
    before = account.records.stored(PERSON, ada)

    assert change_definition(account.records, definition, {"name": "z"})["name"] == "z"

    assert account.records.stored(PERSON, ada) is before


def test_a_wrong_change_leaves_values_as_they_were() -> None:
    account = make_account()
    definition = define(account, "Fruit", "Dropdown", PERSON, options=OPTIONS)
    value = ids_of(account, definition)[0]
    ada = make(account, PERSON, name="Ada", custom_fields=[custom(definition, value)])
    with pytest.raises(Invalid):
        change_definition(account.records, definition, {"options": []})
    assert values(account, ada) == {definition: value}
