"""Several bodies in one call."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator.core.account import Account
from copper_emulator.core.records import commands
from copper_emulator.core.records.writing.bulk import ItemError
from tests.core.builders import MINUTE, START, make_account, subscribe
from tests.core.records.playing import (
    ACTIVITY,
    COMPANY,
    LEAD,
    NOTE,
    PERSON,
    email,
    everything,
    get,
    make,
    told,
)

LATER = START + MINUTE


def answered(result: list[Any]) -> list[Any]:
    """Records as their ids, errors as they appear in the answer."""
    return [commands.item_error(each) if isinstance(each, ItemError) else each.id for each in result]


def create(account: Account, *bodies: Any) -> list[Any]:
    return answered(account.act(commands.bulk_create(PERSON, bodies), LATER))


def update(account: Account, *bodies: Any) -> list[Any]:
    return answered(account.act(commands.bulk_update(PERSON, bodies), LATER))


def test_a_call_has_at_most_ten() -> None:
    """Developer docs: "Request size too large, limit is 10"."""
    assert commands.MAX_BULK == 10


# --- create -----------------------------------------------------------------------------------------------


def test_what_is_right_is_made_and_what_is_wrong_has_its_error_in_its_place() -> None:
    account = make_account()

    first, wrong, last = create(account, {"name": "Ada"}, {"name": ""}, {"name": "Bob"})

    assert wrong == {"success": False, "message": {"name": [{"error": "blank"}]}}
    assert [each["name"] for each in account.records.of(PERSON).values()] == ["Ada", "Bob"]
    assert told(account) == [("person/new", (first, last))]


def test_what_was_made_shares_its_notifications() -> None:
    account = make_account()
    subscribe(account, "person/new")

    ids = create(account, *({"name": name} for name in "abc"))

    assert [notification.ids for notification in account.journal.notifications] == [tuple(ids)]


def test_nothing_is_told_where_nothing_was_right() -> None:
    account = make_account()
    before = everything(account)

    assert create(account, 7) == [{"success": False, "message": {"base": [{"error": "must be a JSON object"}]}}]
    assert create(account) == []
    assert everything(account) == before


def test_of_two_with_one_email_address_the_second_is_refused() -> None:
    account = make_account()
    ada = {"name": "Ada", "emails": [email("ada@a.example")]}

    first, second = create(account, ada, ada)

    assert list(account.records.of(PERSON)) == [first]
    assert second == {"success": False, "message": {"emails": [{"error": "taken"}]}}


def test_activities_count_each() -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada")
    call = {"parent": {"type": "person", "id": ada}, "type": {"category": "user", "id": 190_711}, "details": "Hello"}

    account.act(commands.bulk_create(ACTIVITY, [call, {**call, "type": NOTE}, call]), START)

    assert get(account, PERSON, ada).interaction_count == 2


# --- update -----------------------------------------------------------------------------------------------


def test_each_body_changes_the_record_it_names() -> None:
    account = make_account()
    ids = [make(account, PERSON, name=name) for name in "abc"]

    assert update(account, *({"id": each, "title": title} for each, title in zip(ids, "xyx", strict=True))) == ids

    assert [get(account, PERSON, each).title for each in ids] == ["x", "y", "x"]
    assert told(account, 3) == [("person/update", (ids[0], ids[2])), ("person/update", (ids[1],))]


def test_the_same_record_twice_is_changed_twice_and_told_once() -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada")

    update(account, {"id": ada, "title": "x"}, {"id": ada, "details": "y"})

    assert (get(account, PERSON, ada).title, get(account, PERSON, ada).details) == ("x", "y")
    assert told(account, 1) == [("person/update", (ada,))]


def test_email_addresses_may_change_hands_in_one_call() -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada", emails=[email("a@a.example")])
    bob = make(account, PERSON, name="Bob", emails=[email("b@a.example")])

    made = update(
        account,
        {"id": bob, "emails": []},
        {"id": ada, "emails": [email("b@a.example")]},
        {"id": bob, "emails": [email("a@a.example")]},
    )

    assert made == [bob, ada, bob]
    assert [account.records.owner(PERSON, each) for each in ("a@a.example", "b@a.example")] == [bob, ada]


def test_an_id_is_no_read_only_field_here() -> None:
    account = make_account(refuse_read_only=True)
    ada = make(account, PERSON, name="Ada")

    assert update(account, {"id": ada, "title": "x"}) == [ada]


WRONG: dict[str, tuple[Any, dict[str, Any]]] = {
    "no object": (7, {"base": [{"error": "must be a JSON object"}]}),
    "no id": ({"title": "x"}, {"id": [{"error": "blank"}]}),
    "an id that is none": (
        {"id": "17"},
        {"id": [{"error": "Invalid value for Id: IDs must be positive integers: 17"}]},
    ),
}


@pytest.mark.parametrize(("body", "message"), WRONG.values(), ids=WRONG.keys())
def test_without_an_id_no_record_is_named(body: Any, message: dict[str, Any]) -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada")

    first, wrong = update(account, {"id": ada, "title": "x"}, body)

    assert first == ada
    assert wrong == {"success": False, "message": message}


NAMED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a blank name": ({"name": None}, {"name": [{"error": "blank"}]}),
    "an unknown attribute": (
        {"colour": 1},
        {"base": [{"error": "Unrecognized attributes specified: colour"}]},
    ),
    "several faults": (
        {"name": "", "emails": "x", "assignee_id": 17},
        {
            "name": [{"error": "blank"}],
            "emails": [{"error": "invalid"}],
            "assignee_id": [{"error": "required"}],
        },
    ),
    "a tag that is too long": ({"tags": ["x" * 51]}, {"tags": [{"error": "too_long"}]}),
}


@pytest.mark.parametrize(("fields", "message"), NAMED.values(), ids=NAMED.keys())
def test_an_error_names_the_record(fields: dict[str, Any], message: dict[str, Any]) -> None:
    """Documented: `{"success": false, "message": {"name": [{"error": "invalid"}]}, "id": 12345}`."""
    account = make_account()
    ada, bob = make(account, PERSON, name="Ada"), make(account, PERSON, name="Bob")

    wrong, last = update(account, {"id": ada, **fields}, {"id": bob, "title": "x"})

    assert last == bob
    assert {name: set(map(str, of)) for name, of in wrong["message"].items()} == {
        name: set(map(str, of)) for name, of in message.items()
    }
    assert (wrong["success"], wrong["id"]) == (False, ada)


def test_a_record_that_is_not_there_is_not_found() -> None:
    account = make_account()

    assert update(account, {"id": 17, "title": "x"}) == [
        {"success": False, "message": {"base": [{"error": "not_found"}]}, "id": 17}
    ]


def test_two_faults_of_one_attribute_stand_together() -> None:
    account = make_account()
    make(account, PERSON, name="Ada", emails=[email("a@a.example"), email("b@a.example")])

    [wrong] = create(account, {"name": "Bob", "emails": [email("a@a.example"), email("b@a.example")]})

    assert wrong["message"] == {"emails": [{"error": "taken"}, {"error": "taken"}]}


SYMBOLS = [
    (LEAD, {"monetary_value": "x"}, "not_a_number"),
    (LEAD, {"monetary_value": 10**16}, "less_than_or_equal_to"),
    (LEAD, {"monetary_value": -(10**16)}, "greater_than_or_equal_to"),
    (LEAD, {"status": "Late"}, "inclusion"),
    (COMPANY, {"name": 7}, "must be a string"),
]


@pytest.mark.parametrize(("kind", "fields", "symbol"), SYMBOLS, ids=[symbol for _, _, symbol in SYMBOLS])
def test_faults_have_the_names_that_rails_has_for_them(kind: Any, fields: dict[str, Any], symbol: str) -> None:
    [wrong] = make_account().act(commands.bulk_create(kind, [{"name": "Ada", **fields}]), START)

    assert isinstance(wrong, ItemError)
    assert list(commands.item_error(wrong)["message"].values()) == [[{"error": symbol}]]


def test_an_error_tells_its_status_and_what_would_help() -> None:
    account = make_account()

    [missing] = account.act(commands.bulk_update(PERSON, [{"id": 17}]), START)
    [blank] = account.act(commands.bulk_create(PERSON, [{"colour": 1}]), START)

    assert isinstance(missing, ItemError)
    assert isinstance(blank, ItemError)
    assert (missing.status, blank.status) == (404, 422)
    assert missing.hint.startswith("There is no person 17.")
    assert blank.hint.startswith("There is no attribute 'colour' here; the attributes are name, ")


# --- always -----------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from([{"name": "Ada"}, {"name": ""}, {"colour": 1}, 7]), max_size=10))
def test_a_wrong_one_changes_nothing_for_the_others(bodies: list[Any]) -> None:
    account = make_account()

    made = create(account, *bodies)

    assert [isinstance(each, int) for each in made] == [body == {"name": "Ada"} for body in bodies]
    right = tuple(each for each in made if isinstance(each, int))
    assert tuple(account.records.of(PERSON)) == right
    assert told(account) == ([("person/new", right)] if right else [])
