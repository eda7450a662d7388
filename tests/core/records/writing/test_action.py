"""One action on records: it applies wholly or not at all, and the changes it reports are those it made."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from copper_emulator.core.account import Account
from copper_emulator.core.errors import Invalid, NotFound
from copper_emulator.core.model import EntityType, RecordChange
from copper_emulator.core.records import commands
from copper_emulator.core.records.commands import Command
from copper_emulator.core.records.fields import Access
from copper_emulator.core.records.tables import TABLES
from copper_emulator.core.records.writing.action import Action, Done
from tests.core.builders import START, make_account, topic
from tests.core.records.playing import (
    COMPANY,
    LEAD,
    NOW,
    PERSON,
    custom,
    email,
    get,
    make,
)
from tests.core.records.valid_values import bodies, rich_account

LATER = START + 3 * 86_400_000


def snapshot(account: Account) -> str:
    """Everything in the store, in its order, byte for byte."""
    store = account.records
    records = [[str(kind), list(store.of(kind).values())] for kind in EntityType]
    related = [
        [str(kind), number, [[str(other), there] for other, there in store.relations.of((kind, number))]]
        for kind in EntityType
        for number in store.of(kind)
    ]
    uniques = [
        store.owner(PERSON, entry["email"]) for person in store.of(PERSON).values() for entry in person["emails"]
    ]
    domains = [store.owner(COMPANY, each["email_domain"] or "") for each in store.of(COMPANY).values()]
    return json.dumps([records, related, uniques, domains])


def refuse(
    account: Account, command: Command[Any], error: type[Exception] | tuple[type[Exception], ...] = Invalid
) -> str:
    """The message of a refusal, after which everything must be unchanged."""
    before, changes = snapshot(account), len(account.journal.changes)
    with pytest.raises(error) as caught:
        account.act(command, LATER)
    assert snapshot(account) == before
    assert len(account.journal.changes) == changes
    return str(caught.value)


# --- what is told -----------------------------------------------------------------------------------------


def test_new_records_get_ids_in_the_order_of_their_rows_and_share_a_change() -> None:
    account = make_account()

    records, done = commands.create(LEAD, [{"name": "a"}, {"name": "b"}])(account.records, START)

    assert [(record.id, record.name) for record in records] == [(94_808_711, "a"), (94_808_712, "b")]
    assert done == Done([RecordChange(topic("lead/new"), (94_808_711, 94_808_712))])


def test_records_with_the_same_old_and_new_values_share_a_change() -> None:
    account = make_account()
    first, second, third = (make(account, LEAD, name="x", details=details) for details in ("a", "b", "a"))

    records, done = commands.update(LEAD, [third, second, first], {"details": "c"})(account.records, START)

    assert [record.id for record in records] == [third, second, first]
    assert done.changes == [
        RecordChange(topic("lead/update"), (third, first), {"details": ["a", "c"]}),
        RecordChange(topic("lead/update"), (second,), {"details": ["b", "c"]}),
    ]


def test_values_that_are_equal_in_python_but_not_in_json_do_not_share_a_change() -> None:
    account = make_account()
    whole, broken = make(account, LEAD, name="x", monetary_value=1), make(account, LEAD, name="x", monetary_value=1.0)

    _, done = commands.update(LEAD, [whole, broken], {"monetary_value": 2})(account.records, START)

    assert [json.dumps(change.updated_attributes) for change in done.changes] == [
        '{"monetary_value": [1, 2]}',
        '{"monetary_value": [1.0, 2]}',
    ]


def test_each_record_can_have_its_own_body_and_several() -> None:
    account = make_account()
    first, second = make(account, LEAD, name="a"), make(account, LEAD, name="b")
    said = [(first, {"details": "x"}), (second, {"details": "x"}), (first, {"title": "Dr"}), (first, {"details": "y"})]

    _, done = commands.update_each(LEAD, said)(account.records, START)

    assert [(change.ids, change.updated_attributes) for change in done.changes] == [
        ((first,), {"details": [None, "y"], "title": [None, "Dr"]}),
        ((second,), {"details": [None, "x"]}),
    ]


def test_a_record_named_twice_is_written_and_deleted_once() -> None:
    account = make_account()
    lead = make(account, LEAD, name="a")

    records, done = commands.update(LEAD, [lead, lead], {"name": "b"})(account.records, START)
    _, gone = commands.delete(LEAD, [lead, lead])(account.records, START)

    assert len(records) == 1
    assert [change.ids for change in (*done.changes, *gone.changes)] == [(lead,), (lead,)]


def test_a_write_that_changes_nothing_is_told_as_such_and_moves_no_date() -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada", tags=["a", "b"])

    [record], done = commands.update(LEAD, [lead], {"name": "Ada", "tags": ["b", "a"]})(account.records, LATER)

    assert done == Done([], [(LEAD, lead)])
    assert (record.tags, record.date_modified) == (["a", "b"], NOW)


def test_what_was_reported_does_not_change_afterwards() -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada", tags=["a"])
    _, done = commands.update(LEAD, [lead], {"tags": ["b"]})(account.records, START)

    get(account, LEAD, lead).tags.append("c")
    account.act(commands.update(LEAD, [lead], {"tags": []}), START)

    assert done.changes[0].updated_attributes == {"tags": [["a"], ["b"]]}


def test_later_changes_to_a_row_change_nothing() -> None:
    account = make_account()
    row: dict[str, Any] = {"name": "Ada", "tags": ["a"], "socials": [{"url": "x"}], "address": {"city": "London"}}
    [record] = account.act(commands.create(PERSON, [row]), START)

    row["tags"].append("b")
    row["socials"][0]["url"] = "y"
    row["address"]["city"] = "Paris"

    assert get(account, PERSON, record.id) == record


def test_one_action_can_do_everything_and_tells_it_in_order() -> None:
    """New records, then changed ones, then deleted ones."""
    account = make_account()
    kept, gone = make(account, LEAD, name="kept"), make(account, LEAD, name="gone")
    action = Action(account.records, LEAD, LATER)
    action.delete(gone)
    action.update(kept, {"details": "x"})
    new = action.create({"name": "new"})

    done = action.commit()

    assert [(str(change.topic), change.ids) for change in done.changes] == [
        ("lead/new", (new,)),
        ("lead/update", (kept,)),
        ("lead/delete", (gone,)),
    ]


def test_what_an_action_deletes_it_can_no_longer_change() -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada")
    action = Action(account.records, LEAD, LATER)
    action.delete(lead)

    steps: list[Callable[[], None]] = [lambda: action.update(lead, {}), lambda: action.delete(lead)]
    for step in steps:
        with pytest.raises(NotFound) as caught:
            step()
        assert caught.value.hint.startswith(f"There is no lead {lead}.")


def test_values_known_to_be_right_may_be_those_that_only_copper_writes() -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada")
    action = Action(account.records, LEAD, LATER)
    action.set(lead, {"converted_contact_id": 17})
    new = action.make({"name": "Bob", "interaction_count": 3})

    done = action.commit()

    assert get(account, LEAD, new).interaction_count == 3
    assert done.changes[1].updated_attributes == {"converted_contact_id": [None, 17]}


def test_names_that_cannot_be_written_are_remembered() -> None:
    account = make_account()
    bodies = [{"name": "Ada", "id": 17, "interaction_count": 3}, {"name": "Bob", "id": 18, "date_created": 4}]
    (ada, _), made = account.perform(commands.create(LEAD, bodies), START)
    (same,), changed = account.perform(commands.update(LEAD, [ada.id], {"date_created": 17, "name": "Bob"}), START)

    assert made.ignored == ("id", "interaction_count", "date_created")
    assert changed.ignored == ("date_created",)
    assert same.name == "Bob"


def test_what_is_done_afterwards_adds_the_names_that_are_new() -> None:
    done = Done(ignored=("id", "date_created"))
    done.and_then(Done(ignored=("date_created", "interaction_count")))
    assert done.ignored == ("id", "date_created", "interaction_count")


# --- all or nothing ---------------------------------------------------------------------------------------


ADAS, BOBS = "ada@example.com", "bob@example.com"


def people() -> tuple[Account, int, int]:
    """Two people, each with an address."""
    account = make_account()
    ada = make(account, PERSON, name="Ada", emails=[email("ada@example.com")])
    return account, ada, make(account, PERSON, name="Bob", emails=[email("bob@example.com")])


def emails(address: str) -> dict[str, Any]:
    return {"emails": [email(address)]}


NOT_ALL: dict[str, tuple[Callable[[int, int], Command[Any]], str]] = {
    "a wrong row": (
        lambda ada, bob: commands.create(PERSON, [{"name": "Eve", **emails("eve@example.com")}, {"name": 7}]),
        "Name: must be a string",
    ),
    "a row that is no object": (
        lambda ada, bob: commands.create(PERSON, [{"name": "Eve"}, "Bob"]),
        "Base: must be a JSON object",
    ),
    "two rows with an address": (
        lambda ada, bob: commands.create(
            PERSON, [{"name": name, **emails("eve@example.com")} for name in ("Eve", "Eva")]
        ),
        "Emails: has already been taken",
    ),
    "a taken address in the last row": (
        lambda ada, bob: commands.create(PERSON, [{"name": "Eve"}, {"name": "Eva", **emails("Ada@example.com")}]),
        "Emails: has already been taken",
    ),
    "a wrong body": (
        lambda ada, bob: commands.update_each(
            PERSON, [(ada, {"name": "Eve", **emails("eve@example.com")}), (bob, {"name": ""})]
        ),
        "Name: can't be blank",
    ),
    "an address for two": (
        lambda ada, bob: commands.update(PERSON, [ada, bob], emails("eve@example.com")),
        "Emails: has already been taken",
    ),
    "swapped addresses": (
        lambda ada, bob: commands.update_each(
            PERSON, [(ada, emails("bob@example.com")), (bob, emails("ada@example.com"))]
        ),
        "Emails: has already been taken",
    ),
    "an address given up and taken back": (
        lambda ada, bob: commands.update_each(
            PERSON,
            [(ada, emails("eve@example.com")), (bob, emails("ada@example.com")), (ada, emails("ada@example.com"))],
        ),
        "Emails: has already been taken",
    ),
}


@pytest.mark.parametrize(("command", "words"), NOT_ALL.values(), ids=NOT_ALL.keys())
def test_one_fault_stops_the_whole_action(command: Callable[[int, int], Command[Any]], words: str) -> None:
    account, ada, bob = people()

    assert words in refuse(account, command(ada, bob))


MISSING: dict[str, Callable[[int], Command[Any]]] = {
    "update": lambda there: commands.update(LEAD, [there, 17], {"name": "Bob"}),
    "update each": lambda there: commands.update_each(LEAD, [(there, {"name": "Bob"}), (17, {"name": "Bob"})]),
    "delete": lambda there: commands.delete(LEAD, [there, 17]),
}


@pytest.mark.parametrize("command", MISSING.values(), ids=MISSING.keys())
def test_one_missing_record_stops_the_whole_action(command: Callable[[int], Command[Any]]) -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada")

    text = refuse(account, command(lead), NotFound)

    assert text == "404 Resource not found\nThere is no lead 17."


def test_ids_that_a_refused_action_drew_are_not_given_again() -> None:
    """As in a database, whose sequences are not rolled back."""
    account = make_account()
    refuse(account, commands.create(LEAD, [{"name": "Ada"}, {}]))

    assert make(account, LEAD, name="Ada") == 94_808_712


def test_a_refused_step_leaves_the_action_as_it_was() -> None:
    account, ada, bob = people()
    action = Action(account.records, PERSON, LATER)
    action.update(ada, emails("eve@example.com"))
    steps: list[Callable[[], object]] = [
        lambda: action.update(bob, emails("eve@example.com")),
        lambda: action.create({"name": "Eva", **emails("bob@example.com")}),
        lambda: action.create({"name": ""}),
    ]
    for step in steps:
        with pytest.raises(Invalid):
            step()
    new = action.create({"name": "Ada again", **emails("ada@example.com")})

    action.commit()

    assert [
        (get(account, PERSON, number).name, get(account, PERSON, number).emails[0]["email"])
        for number in (ada, bob, new)
    ] == [
        ("Ada", "eve@example.com"),
        ("Bob", "bob@example.com"),
        ("Ada again", "ada@example.com"),
    ]
    owners = [account.records.owner(PERSON, f"{name}@example.com") for name in ("eve", "bob", "ada")]
    assert owners == [ada, bob, new]


def test_addresses_can_be_swapped_where_one_is_given_up_first() -> None:
    account, ada, bob = people()
    said = [(ada, {"emails": []}), (bob, emails("ada@example.com")), (ada, emails("bob@example.com"))]

    account.act(commands.update_each(PERSON, said), LATER)

    assert account.records.owner(PERSON, "ada@example.com") == bob
    assert account.records.owner(PERSON, "bob@example.com") == ada
    assert "has already been taken" in refuse(
        account, commands.create(PERSON, [{"name": "Eve", **emails("ada@example.com")}])
    )


def test_an_address_can_be_taken_from_one_who_is_deleted_in_the_same_action() -> None:
    account, ada, bob = people()
    action = Action(account.records, PERSON, LATER)
    action.delete(ada)
    action.update(bob, emails("ada@example.com"))

    action.commit()

    assert account.records.owner(PERSON, "ada@example.com") == bob


# --- what holds for every value ---------------------------------------------------------------------------


@cache
def drawn_account() -> Account:
    """Only for drawing values that are valid in any account set up the same way."""
    return rich_account()


@cache
def right_bodies(kind: EntityType, *, new: bool) -> st.SearchStrategy[dict[str, Any]]:
    accesses = (Access.ALWAYS, Access.CREATE) if new else (Access.ALWAYS,)
    return bodies(kind, drawn_account().records, *accesses)


kinds = st.sampled_from(EntityType)
unhurried = settings(deadline=None)
"""Each example creates an account of its own, which takes time on a busy machine."""


@st.composite
def writes(draw: st.DrawFn, *, new: bool = False) -> tuple[EntityType, dict[str, Any]]:
    """A type, and a valid body for it."""
    kind = draw(kinds)
    body = draw(right_bodies(kind, new=new))
    addresses = [entry["email"].casefold() for entry in body.get("emails") or ()]
    assume(len(addresses) == len(set(addresses)))
    return kind, body


def first_of(account: Account, kind: EntityType) -> int:
    return next(iter(account.records.of(kind)))


def change(account: Account, kind: EntityType, record_id: int, body: dict[str, Any]) -> list[dict[str, Any]]:
    _, done = commands.update(kind, [record_id], body)(account.records, LATER)
    return [dict(each.updated_attributes) for each in done.changes]


@unhurried
@given(writes(new=True))
def test_a_new_record_shows_what_was_written(write: tuple[EntityType, dict[str, Any]]) -> None:
    kind, body = write
    account = rich_account()

    record = get(account, kind, make(account, kind, **body))

    assert {name: record[name] for name in body} == body


@unhurried
@given(writes())
def test_a_changed_record_shows_what_was_written(write: tuple[EntityType, dict[str, Any]]) -> None:
    kind, body = write
    account = rich_account()

    change(account, kind, first_of(account, kind), body)

    record = get(account, kind, first_of(account, kind))
    shown = {name: record[name] for name in body}
    # A value that differs only in its order stays as it was.
    assert _unordered(shown) == _unordered(body)


def _unordered(body: dict[str, Any]) -> dict[str, Any]:
    return {name: sorted(value) if name == "tags" else value for name, value in body.items()}


@unhurried
@given(writes())
def test_writing_the_same_again_or_all_that_a_record_shows_tells_nothing(
    write: tuple[EntityType, dict[str, Any]],
) -> None:
    kind, body = write
    account = rich_account()
    record_id = first_of(account, kind)
    change(account, kind, record_id, body)
    before = snapshot(account)

    assert change(account, kind, record_id, body) == []
    assert change(account, kind, record_id, dict(get(account, kind, record_id))) == []
    assert snapshot(account) == before


FIELD_OF = {"stage_id": "pipeline_stage_id", "last_stage_at": "date_stage_changed"}
"""Attributes that are reported under another name than the record's."""
TOLD_ALONE = {"stage", "days_in_stage"}
"""Attributes that are reported but are not fields of a record."""


@unhurried
@given(writes())
def test_what_is_told_applied_to_the_old_record_gives_the_new_one(write: tuple[EntityType, dict[str, Any]]) -> None:
    kind, body = write
    account = rich_account()
    record_id = first_of(account, kind)
    before = dict(get(account, kind, record_id))

    told = change(account, kind, record_id, body)

    after = dict(get(account, kind, record_id))
    assert len(told) == (before != after)
    for attributes in told:
        assert applied(attributes, before, side=0) == before
        assert _reported(kind, applied(attributes, before, side=1)) == _reported(kind, after)


def applied(attributes: dict[str, Any], record: dict[str, Any], *, side: int) -> dict[str, Any]:
    """A record with the old or the new values of a notification."""
    fields = {name: pair[side] for name, pair in attributes.items() if name != "custom_fields"}
    told = {FIELD_OF.get(name, name): value for name, value in fields.items() if name not in TOLD_ALONE}
    if "custom_fields" in attributes:
        pairs = attributes["custom_fields"]
        told["custom_fields"] = [
            custom(number, pairs[str(number)][side] if str(number) in pairs else item["value"])
            for item in record["custom_fields"]
            for number in [item["custom_field_definition_id"]]
        ]
    return {**record, **told}


def _reported(kind: EntityType, record: dict[str, Any]) -> dict[str, Any]:
    """The part of a record that notifications report: the rest is metadata."""
    metadata = {field.name for field in TABLES[kind] if not field.webhook_names} - {"date_stage_changed"}
    return {name: value for name, value in record.items() if name not in metadata}


@unhurried
@given(writes(new=True), st.data())
def test_a_refused_action_leaves_everything_byte_for_byte(
    write: tuple[EntityType, dict[str, Any]], data: st.DataObject
) -> None:
    kind, body = write
    account = rich_account()
    wrong = {**body, data.draw(st.sampled_from(["colour", "name", "details"])): ["wrong"]}
    first, second = list(account.records.of(kind))[:2]

    refuse(account, commands.create(kind, [body, wrong]))
    refuse(account, commands.update_each(kind, [(first, body), (second, wrong)]))
    refuse(account, commands.update(kind, [first, 17], body), (Invalid, NotFound))
    refuse(account, commands.delete(kind, [second, 17]), NotFound)
