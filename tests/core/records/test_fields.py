"""The field tables, with one row for each field of each type (field_rows.py), and what holds for all of them."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import pytest

from copper_emulator.core.account import Account
from copper_emulator.core.errors import Invalid
from copper_emulator.core.model import EntityType
from copper_emulator.core.records import commands
from copper_emulator.core.records.fields import Access
from copper_emulator.core.records.tables import TABLES
from copper_emulator.core.text import field_name
from tests.core.builders import START, make_account
from tests.core.records.field_rows import BLANK, DAY, FIRST, KEPT, LATER, NOW, ROWS, SECOND, Refused, Row
from tests.core.records.playing import (
    ACTIVITY,
    COMPANY,
    LEAD,
    NOTE,
    OPPORTUNITY,
    PERSON,
    PROJECT,
    TASK,
    define,
    email,
    everything,
    get,
    make,
)

Case = tuple[EntityType, str, Row]

REQUIRED: dict[EntityType, dict[str, Any]] = {
    **{kind: {"name": "one"} for kind in EntityType},
    ACTIVITY: {"parent": {"type": "lead", "id": FIRST}, "type": NOTE, "details": "one"},
}
"""The minimum that each type needs."""


def cases(*writes: str, told: bool | None = None) -> list[Any]:
    """The rows of fields that can be written in these ways, with ids."""
    return [
        pytest.param((kind, name, row), id=f"{kind}-{name}")
        for kind, rows in ROWS.items()
        for name, row in rows.items()
        if (not writes or row.writes in writes) and (told is None or bool(row.told) is told)
    ]


def world(**rules: Any) -> Account:
    """An account with everything to which a field of the rows refers."""
    account = make_account(**rules)
    define(account, "Colour", "String", *(kind for kind in EntityType if kind is not ACTIVITY))
    companies = [
        make(account, COMPANY, name="Engines"),
        make(account, COMPANY, name="Mills", email_domain="mills.example"),
    ]
    people = [make(account, PERSON, name="Ada"), make(account, PERSON, name="Bob", emails=[email("bob@example.com")])]
    assert companies == people == [FIRST, SECOND]
    for kind in (LEAD, OPPORTUNITY, PROJECT, TASK):
        make(account, kind, name="Something")
    return account


def begin(account: Account, case: Case) -> int:
    """Create a record with the first value of the field."""
    kind, name, row = case
    return make(account, kind, **{**REQUIRED[kind], **row.beside, name: deepcopy(row.first[0])})


def write(account: Account, kind: EntityType, record_id: int, fields: dict[str, Any]) -> list[dict[str, Any]]:
    """Update three days after the start; return what was reported."""
    before = len(account.journal.changes)
    account.act(commands.update(kind, [record_id], fields), START + 3 * DAY)
    changes = account.journal.changes[before:]
    assert all(str(change.topic) == f"{kind}/update" and change.ids == (record_id,) for change in changes)
    return [dict(change.updated_attributes) for change in changes]


def refusal(name: str, words: str) -> str:
    label = field_name(name)
    return f"Invalid input: Validation errors: {label}: {words.format(label)}"


# --- the rows are those of the tables ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", EntityType)
def test_every_field_of_a_table_has_a_row_and_every_row_a_field(kind: EntityType) -> None:
    assert list(ROWS[kind]) == [field.name for field in TABLES[kind]]


def test_a_row_says_when_a_field_may_be_written() -> None:
    words = {Access.ALWAYS: "always", Access.CREATE: "create", Access.NEVER: "never"}

    assert {(kind, name): row.writes for kind, name, row in _all_rows()} == {
        (kind, field.name): words[field.access] for kind in EntityType for field in TABLES[kind]
    }


def _all_rows() -> Iterable[Case]:
    return ((kind, name, row) for kind, rows in ROWS.items() for name, row in rows.items())


def test_the_plurals_are_the_paths_of_the_api() -> None:
    assert {table.plural: str(kind) for kind, table in TABLES.items()} == {
        "leads": "lead",
        "people": "person",
        "companies": "company",
        "opportunities": "opportunity",
        "projects": "project",
        "tasks": "task",
        "activities": "activity_log",
    }


# --- create -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("always", "create"))
def test_a_new_record_has_what_was_written(case: Case) -> None:
    kind, name, row = case
    account = world()

    assert get(account, kind, begin(account, case))[name] == row.first[1]


@pytest.mark.parametrize("given", [{}, {"null": None}], ids=["nothing said", "null"])
@pytest.mark.parametrize("case", cases())
def test_a_new_record_of_which_nothing_is_said(case: Case, given: dict[str, Any]) -> None:
    """Null is ignored at creation."""
    kind, name, row = case
    account = world()
    fields = {**REQUIRED[kind], **row.beside}
    fields.pop(name, None)
    said = {**fields, **({name: None} if given else {})}

    if isinstance(row.unset, Refused):
        with pytest.raises(Invalid) as caught:
            make(account, kind, **said)
        assert caught.value.message == refusal(name, row.unset.words)
    else:
        assert get(account, kind, make(account, kind, **said))[name] == row.unset


# --- update -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("always"))
def test_an_update_writes_it_and_tells_what_changed_under_the_webhooks_names(case: Case) -> None:
    kind, name, row = case
    account = world()
    record_id = begin(account, case)

    assert write(account, kind, record_id, {name: deepcopy(row.second[0])}) == [row.told]

    record = get(account, kind, record_id)
    assert record[name] == row.second[1]
    # An activity does not show when it was changed (developer docs, 2019).
    modified = record.activity_date if kind is ACTIVITY else LATER
    assert (record.date_created, record.date_modified) == (NOW, modified)


@pytest.mark.parametrize("case", cases("always"))
def test_writing_what_a_record_shows_changes_nothing_and_tells_nothing(case: Case) -> None:
    kind, name, row = case
    account = world()
    record_id = begin(account, case)
    before = get(account, kind, record_id)

    assert write(account, kind, record_id, {name: deepcopy(row.first[0])}) == []
    assert write(account, kind, record_id, {name: before[name]}) == []
    assert get(account, kind, record_id) == before


@pytest.mark.parametrize("case", cases("always"))
def test_null_in_an_update(case: Case) -> None:
    """Null clears what can be empty, sets a default or keeps the old value (a vendor's guide), or is refused."""
    kind, name, row = case
    account = world()
    record_id = begin(account, case)
    before = get(account, kind, record_id)[name]

    if isinstance(row.null, Refused):
        with pytest.raises(Invalid) as caught:
            write(account, kind, record_id, {name: None})
        assert caught.value.message == refusal(name, row.null.words)
        return
    told = write(account, kind, record_id, {name: None})
    after = before if row.null is KEPT else row.null
    assert get(account, kind, record_id)[name] == after
    assert [name in attributes for attributes in told] == ([True] if after != before and name in row.told else [])


# --- what is refused --------------------------------------------------------------------------------------


REFUSED = [
    pytest.param(kind, name, value, words, id=f"{kind}-{name}-{number} {value!r:.30}")
    for kind, name, row in _all_rows()
    for number, (value, words) in enumerate(row.refused, start=1)
]


@pytest.mark.parametrize(("kind", "name", "value", "words"), REFUSED)
def test_a_value_that_is_refused_changes_nothing(kind: EntityType, name: str, value: Any, words: str) -> None:
    account = world()
    row = ROWS[kind][name]
    record_id = begin(account, (kind, name, row))
    before = everything(account)

    with pytest.raises(Invalid) as caught:
        make(account, kind, **{**REQUIRED[kind], **row.beside, name: value})
    assert caught.value.message == refusal(name, words)
    assert everything(account) == before

    if row.writes == "always":
        with pytest.raises(Invalid) as caught:
            write(account, kind, record_id, {"details": "right", name: value})
        assert caught.value.message == refusal(name, words)
        assert everything(account) == before


def test_every_form_that_can_refuse_has_a_value_that_it_refuses() -> None:
    assert [(kind, name) for kind, name, row in _all_rows() if row.writes != "never" and not row.refused] == []


# --- what cannot be written -------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("never"))
def test_what_only_copper_writes_is_ignored(case: Case) -> None:
    kind, name, row = case
    account = world()

    record_id = begin(account, case)
    assert get(account, kind, record_id)[name] == row.unset
    assert write(account, kind, record_id, {name: deepcopy(row.second[0])}) == []
    assert get(account, kind, record_id)[name] == row.unset


@pytest.mark.parametrize("case", cases("create"))
def test_what_is_written_at_creation_alone_stays(case: Case) -> None:
    kind, name, row = case
    account = world()
    record_id = begin(account, case)

    assert write(account, kind, record_id, {name: deepcopy(row.second[0])}) == []
    assert write(account, kind, record_id, {name: None}) == []
    assert get(account, kind, record_id)[name] == row.first[1]


@pytest.mark.parametrize("case", cases("create", "never"))
def test_what_cannot_be_written_can_be_refused(case: Case) -> None:
    """With the recorded message for attributes that Copper does not know."""
    kind, name, row = case
    account = world(refuse_read_only=True)
    words = f"Invalid input: Validation errors: Base: Unrecognized attributes specified: {name}"
    fields = {**REQUIRED[kind], name: row.first[0]}

    if row.writes == "never":
        with pytest.raises(Invalid) as caught:
            make(account, kind, **fields)
        assert caught.value.message == words
        fields = REQUIRED[kind]
    record_id = make(account, kind, **fields)
    with pytest.raises(Invalid) as caught:
        write(account, kind, record_id, {name: row.second[0]})
    assert caught.value.message == words


@pytest.mark.parametrize("kind", EntityType)
def test_an_id_is_given_by_the_account(kind: EntityType) -> None:
    account = world()
    record_id = make(account, kind, **REQUIRED[kind], id=17)

    assert record_id != 17
    assert write(account, kind, record_id, {"id": 17}) == []
    assert get(account, kind, record_id).id == record_id


@pytest.mark.parametrize("kind", EntityType)
def test_an_unknown_field_is_refused_with_the_recorded_words(kind: EntityType) -> None:
    account = world()
    record_id = make(account, kind, **REQUIRED[kind])
    words = "Invalid input: Validation errors: Base: Unrecognized attributes specified: colour, shape"

    with pytest.raises(Invalid) as caught:
        make(account, kind, **REQUIRED[kind], colour="red", shape="round")
    assert caught.value.message == words
    with pytest.raises(Invalid) as caught:
        write(account, kind, record_id, {"colour": "red", "shape": "round"})
    assert caught.value.message == words
    assert caught.value.hint.startswith("There is no attribute 'colour' here; the attributes are ")


@pytest.mark.parametrize("kind", EntityType)
def test_every_fault_is_told_unknown_names_first_and_then_in_the_order_of_the_fields(kind: EntityType) -> None:
    account = world()
    missing = [field_name(field.name) for field in TABLES[kind] if field.required]

    with pytest.raises(Invalid) as caught:
        make(account, kind, colour="red")

    assert caught.value.message == "\n".join(
        ["Invalid input: Validation errors: Base: Unrecognized attributes specified: colour"]
        + [f"{label}: {BLANK}" for label in missing]
    )


@pytest.mark.parametrize(
    ("kind", "name", "why"),
    [
        (PERSON, "name", ""),
        (PERSON, "date_created", "only Copper writes it"),
        (PERSON, "company_id", "it can be given only at creation; relate the records instead"),
        (ACTIVITY, "type", "it can be given only at creation"),
    ],
)
def test_a_field_says_why_it_cannot_be_written(kind: EntityType, name: str, why: str) -> None:
    assert TABLES[kind].by_name[name].unwritable == why


def test_what_is_ignored_in_a_write_says_why() -> None:
    reasons = {name: TABLES[PERSON].why_ignored(name) for name in ("id", "date_created", "customer_source_id")}

    assert reasons == {
        "id": "Copper sets it",
        "date_created": "only Copper writes it",
        "customer_source_id": "it has no effect",
    }


@pytest.mark.parametrize(
    ("name", "example"),
    [
        ("parent", 'project, task, like {"id": 17, "type": "person"}.'),
        ("type", 'type is `{category, id}` of a user activity type, like {"category": "user", "id": 0}.'),
        ("details", ""),
    ],
)
def test_what_is_required_and_no_text_has_an_example(name: str, example: str) -> None:
    given = {each: value for each, value in REQUIRED[ACTIVITY].items() if each != name}

    with pytest.raises(Invalid) as caught:
        make_account().act(commands.create(ACTIVITY, [given]), START)

    assert example in caught.value.hint
    assert ("like {" in caught.value.hint) is bool(example)
