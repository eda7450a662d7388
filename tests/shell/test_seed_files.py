"""Files of records: how JSON and CSV are read, and where they are wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from copper_emulator import Emulator, Invalid, UsageError
from copper_emulator.core.model import EntityType
from copper_emulator.shell.seed_files import read_seeds

LEAD, PERSON, COMPANY = EntityType.LEAD, EntityType.PERSON, EntityType.COMPANY
OPPORTUNITY, TASK, ACTIVITY = EntityType.OPPORTUNITY, EntityType.TASK, EntityType.ACTIVITY_LOG

DEFINITIONS = {
    100_764: {"id": 100_764, "name": "Colour", "data_type": "String", "options": []},
    100_765: {"id": 100_765, "name": "Size", "data_type": "Float", "options": []},
    100_766: {"id": 100_766, "name": "Vip", "data_type": "Checkbox", "options": []},
    100_767: {"id": 100_767, "name": "Fruit", "data_type": "MultiSelect", "options": [{"id": 1, "name": "Apples"}]},
}


def rows_of(folder: Path, name: str, text: str | bytes, kind: EntityType = PERSON) -> list[dict[str, Any]]:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_seeds(path, kind, DEFINITIONS).rows


CELLS: dict[str, tuple[EntityType, str, str, Any]] = {
    "text": (PERSON, "name", "Ada", {"name": "Ada"}),
    "text of digits": (PERSON, "title", "007", {"title": "007"}),
    "an id": (PERSON, "id", "17", {"id": 17}),
    "a reference": (PERSON, "company_id", "17", {"company_id": 17}),
    "an amount": (LEAD, "monetary_value", "12.50", {"monetary_value": 12.5}),
    "a negative amount": (LEAD, "monetary_value", "-3", {"monetary_value": -3}),
    "no number": (LEAD, "monetary_value", "much", {"monetary_value": "much"}),
    "seconds": (TASK, "due_date", "1490045452", {"due_date": 1_490_045_452}),
    "a day": (TASK, "due_date", "3/2/2026", {"due_date": "3/2/2026"}),
    "a close date": (OPPORTUNITY, "close_date", "3/2/2026", {"close_date": "3/2/2026"}),
    "what only Copper writes": (PERSON, "interaction_count", "3", {"interaction_count": 3}),
    "a part of the address": (PERSON, "address.city", "London", {"address": {"city": "London"}}),
    "the type of a parent": (ACTIVITY, "parent.type", "person", {"parent": {"type": "person"}}),
    "the id of a parent": (ACTIVITY, "parent.id", "17", {"parent": {"id": 17}}),
    "tags": (PERSON, "tags", " vip; north ;", {"tags": ["vip", "north"]}),
    "emails": (
        PERSON,
        "emails",
        "a@x.example;b@x.example",
        {"emails": [{"email": "a@x.example"}, {"email": "b@x.example"}]},
    ),
    "phone numbers": (PERSON, "phone_numbers", "+44 20", {"phone_numbers": [{"number": "+44 20"}]}),
    "websites": (COMPANY, "websites", "https://a.example", {"websites": [{"url": "https://a.example"}]}),
    "a lead's email": (LEAD, "email", "a@x.example", {"email": {"email": "a@x.example"}}),
    "its part": (LEAD, "email.category", "home", {"email": {"category": "home"}}),
    "a list as JSON": (PERSON, "tags", '["a;b"]', {"tags": ["a;b"]}),
    "an object as JSON": (PERSON, "address", '{"city": "London"}', {"address": {"city": "London"}}),
    "an object that is none": (PERSON, "address", "London", {"address": "London"}),
    "a custom text": (PERSON, "custom_fields.100764", "7", {"custom_fields": [(100_764, "7")]}),
    "a custom number": (PERSON, "custom_fields.100765", "7", {"custom_fields": [(100_765, 7)]}),
    "a custom truth": (PERSON, "custom_fields.100766", "TRUE", {"custom_fields": [(100_766, True)]}),
    "no custom truth": (PERSON, "custom_fields.100766", "yes", {"custom_fields": [(100_766, "yes")]}),
    "custom options": (PERSON, "custom_fields.100767", "1;2", {"custom_fields": [(100_767, [1, 2])]}),
}


def with_items(row: dict[str, Any]) -> dict[str, Any]:
    items = [{"custom_field_definition_id": wanted, "value": value} for wanted, value in row.get("custom_fields", [])]
    return {**row, "custom_fields": items} if items else row


@pytest.mark.parametrize(("kind", "column", "cell", "wanted"), CELLS.values(), ids=CELLS.keys())
def test_a_cell_is_read_by_its_field(tmp_path: Path, kind: EntityType, column: str, cell: str, wanted: Any) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'

    assert rows_of(tmp_path, "people.csv", f"{column}\n{quoted}\n", kind) == [with_items(wanted)]


def test_an_empty_cell_gives_nothing_and_neither_does_an_empty_row(tmp_path: Path) -> None:
    text = "name,title,address.city\nAda,,\n\n,,\nBob,Dr\n"

    assert rows_of(tmp_path, "people.csv", text) == [{"name": "Ada"}, {"name": "Bob", "title": "Dr"}]


def test_columns_of_the_same_object_belong_together(tmp_path: Path) -> None:
    text = "name,address.street,address.city,custom_fields.100764,custom_fields.100765\nAda,Main St,London,red,7\n"

    [row] = rows_of(tmp_path, "people.csv", text)

    assert row["address"] == {"street": "Main St", "city": "London"}
    assert row == with_items({**row, "custom_fields": [(100_764, "red"), (100_765, 7)]})


@pytest.mark.parametrize("name", ["people.csv", "people.CSV"])
def test_what_a_spreadsheet_writes_is_read(tmp_path: Path, name: str) -> None:
    """A byte order mark, other line ends, cells that contain commas and line feeds."""
    text = '\ufeffname, details\r\n"Lovelace, Ada","one\ntwo"\r\n'

    assert rows_of(tmp_path, name, text) == [{"name": "Lovelace, Ada", "details": "one\ntwo"}]


def test_a_file_without_rows_has_none(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "people.csv", "name\n") == []
    assert rows_of(tmp_path, "people.json", "[]") == []


def test_what_a_search_on_the_command_line_has_printed_is_taken(tmp_path: Path) -> None:
    found = '{"records": [{"name": "Ada"}, {"name": "Bob"}], "total": 2}'
    assert rows_of(tmp_path, "found.json", found) == [{"name": "Ada"}, {"name": "Bob"}]


def test_json_is_taken_as_it_is(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "people.json", '\ufeff[{"id": 17, "name": "Ada", "tags": []}]') == [
        {"id": 17, "name": "Ada", "tags": []}
    ]


WRONG: dict[str, tuple[str, str | bytes, str]] = {
    "another suffix": ("people.txt", "", ": records are read from .json and .csv files"),
    "no JSON": ("people.json", "[{]", " cannot be read: it is not JSON: Expecting"),
    "no number": ("people.json", '[{"id": NaN}]', " cannot be read: it is not JSON: NaN"),
    "half a pair": ("people.json", '[{"name": "\\ud800"}]', " cannot be read: it has half a surrogate pair"),
    "nothing": ("people.json", "", " must be an array of objects, as the API's search returns; it is an object"),
    "an object": ("people.json", "{}", " must be an array of objects, as the API's search returns; it is an object"),
    "a row": ("people.json", '[{}, "Ada"]', ", row 2 must be an object, not a string"),
    "JSON that is not UTF-8": ("people.json", b'["\xff"]', " cannot be read: it is not UTF-8 (byte 2)."),
    "CSV that is not UTF-8": ("people.csv", b"name\n\xff\n", " is not UTF-8: invalid start byte at byte 5"),
    "no field names": ("people.csv", "", " has no field names in its first row"),
    "empty names": ("people.csv", ",\nAda,\n", " has no field names in its first row"),
    "semicolons": ("people.csv", "name;title\nAda;Dr\n", ": its columns are separated by ';'; save it with commas"),
    "tabs": ("people.csv", "name\ttitle\nAda\tDr\n", ": its columns are separated by tabs; save it with commas"),
    "a wrong name": (
        "people.csv",
        "nmae\nAda\n",
        ", column 'nmae': a person has no field 'nmae'; did you mean 'name'?",
    ),
    "a name like no other": (
        "people.csv",
        "xyzzy\nAda\n",
        ", column 'xyzzy': a person has no field 'xyzzy'; the fields are address,",
    ),
    "an empty name": ("people.csv", "name,\nAda,x\n", ", column '': a person has no field ''; the fields are address,"),
    "a wrong part": (
        "people.csv",
        "address.town\nBath\n",
        ", column 'address.town': address has no part 'town'; the parts are city,",
    ),
    "a part of a text": (
        "people.csv",
        "name.first\nAda\n",
        ", column 'name.first': name has no part 'first'; there are no parts",
    ),
    "a custom field": (
        "people.csv",
        "custom_fields.1\nred\n",
        ", column 'custom_fields.1': a person has no custom field '1'; the custom fields are 100764, "
        "100765, 100766 and 100767",
    ),
    "a name twice": ("people.csv", "name,name\nAda,Bob\n", " has the column 'name' twice"),
    "a whole and a part": (
        "people.csv",
        "address.city,address\nBath,x\n",
        " has a column 'address' and one of its parts, 'address.city'; keep one",
    ),
    "too many cells": ("people.csv", "name\nAda\nBob,Dr\n", ", row 3 has 2 cells in 1 column"),
    "an open quote": ("people.csv", 'name\n"Ada\n', ", row 2 is not CSV: unexpected end of data"),
    "a cell that is no JSON": (
        "people.csv",
        "name,tags\nAda,[1\n",
        ", row 2, column tags cannot be read: it is not JSON",
    ),
}


@pytest.mark.parametrize(("name", "text", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_read_is_named_by_file_row_and_column(
    tmp_path: Path, name: str, text: str | bytes, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        rows_of(tmp_path, name, text)

    assert str(caught.value).startswith(f"{tmp_path / name}{message}")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for name in ("people.csv", "people"):
        with pytest.raises(UsageError, match=f"{name} cannot be read: No such file or directory"):
            read_seeds(tmp_path / name, PERSON, {})
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(UsageError, match=r"folder\.json cannot be read"):
        read_seeds(tmp_path / "folder.json", PERSON, {})


def test_what_the_api_refuses_is_named_by_file_row_and_column(tmp_path: Path) -> None:
    table, array = tmp_path / "people.csv", tmp_path / "people.json"
    table.write_text("name,address.city,emails\nAda,London,\n\nBob,Bath,bob\n")
    array.write_text('[{"name": "Ada"}, {"name": "Bob", "emails": [{"email": "bob"}]}]')
    with Emulator() as copper:
        for path, where in ((table, f"{table}, row 4, column emails."), (array, f"{array}, row 2, field emails.")):
            with pytest.raises(Invalid) as caught:
                copper.people.seed(path)

            assert caught.value.message == "Invalid input: Validation errors: Emails: is invalid"
            assert caught.value.hint == f"{where} 'bob' is not an email address."
        assert copper.people.search() == []


def test_a_field_that_is_in_no_column_is_named_too_and_what_no_field_has_is_only_in_a_row(tmp_path: Path) -> None:
    nameless, strange = tmp_path / "people.csv", tmp_path / "people.json"
    nameless.write_text("title\nDr\n")
    strange.write_text('[{"name": "Ada", "nmae": "Bob"}]')
    with Emulator() as copper:
        for path, where in (
            (nameless, f"{nameless}, row 2, field name."),
            (strange, f"{strange}, row 1. There is no attribute 'nmae'"),
        ):
            with pytest.raises(Invalid) as caught:
                copper.people.seed(path)

            assert caught.value.hint.startswith(where)
