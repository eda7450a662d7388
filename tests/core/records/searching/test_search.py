"""How a search is written, in which order it finds records, and which page of them is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from copper_emulator.core.account import Account
from copper_emulator.core.errors import Invalid
from copper_emulator.core.model import EntityType
from copper_emulator.core.records import commands
from copper_emulator.core.records.searching.search import (
    MOST_PAGED,
    Query,
    SearchResult,
    _page,
    find,
    parse_filters,
    parse_search,
    with_those_of_people,
)
from copper_emulator.core.records.searching.sorting import DEFAULT_DIRECTIONS, DEFAULT_SORTS, SORTS
from tests.core.builders import SECOND, START, make_account
from tests.core.records.playing import (
    ACTIVITY,
    COMPANY,
    LEAD,
    NOTE,
    OPPORTUNITY,
    PERSON,
    PROJECT,
    TASK,
    log,
    make,
    seed,
)
from tests.core.records.searching.world import FIRST_USER, SECOND_USER, make_world, names

WORLD = make_world()
"""For tests that only search it."""


def sent(account: Account, kind: EntityType, body: Any, **query: str) -> SearchResult:
    """What the API finds."""
    return find(account.records, parse_search(kind, body, query, account.records), START)


def titles(found: SearchResult) -> list[str]:
    return [record["name"] for record in found.records]


def with_people(number: int) -> Account:
    """An account with people named `Person 000` and so on."""
    account = make_account()
    account.act(commands.seed(PERSON, [{"name": f"Person {each:03}"} for each in range(number)]), START)
    return account


# --- pages --------------------------------------------------------------------------------------------


def test_a_page_has_20_records_unless_said() -> None:
    found = sent(with_people(21), PERSON, {})

    assert titles(found) == [f"Person {each:03}" for each in range(20)]
    assert found.total == 21


def test_pages_can_be_asked_for_in_the_body_and_behind_the_question_mark() -> None:
    account = with_people(5)

    assert titles(sent(account, PERSON, {"page_size": 2, "page_number": 2})) == ["Person 002", "Person 003"]
    assert titles(sent(account, PERSON, {}, page_size="2", page_number="3")) == ["Person 004"]
    assert titles(sent(account, PERSON, {"page_number": "1"}, page_size="2", page_number="3")) == [
        "Person 000",
        "Person 001",
    ]


def test_past_the_end_there_is_nothing_and_the_total_stays() -> None:
    found = sent(with_people(3), PERSON, {"page_number": 2})

    assert (found.records, found.total) == ([], 3)


@given(total=some.integers(0, 50), size=some.integers(1, 20), descending=some.booleans())
def test_the_pages_together_are_everything_once_and_in_order(total: int, size: int, descending: bool) -> None:  # noqa: FBT001
    pages = [range(total)[_page(total, page(number, size, descending=descending))] for number in range(1, total + 2)]

    everything = [hit for each in pages for hit in each]
    assert everything == sorted(range(total), reverse=descending)
    assert all(len(each) == size for each in pages[: total // size])


def page(number: int, size: int | None, *, descending: bool = False) -> Query:
    return Query(PERSON, {}, "name", descending, number, size)


@pytest.mark.parametrize("descending", [False, True])
def test_only_the_first_100_000_matches_can_be_paged_to(descending: bool) -> None:  # noqa: FBT001
    hits = range(MOST_PAGED + 100)

    assert len(hits[_page(len(hits), page(500, 200, descending=descending))]) == 200
    assert len(hits[_page(len(hits), page(501, 200, descending=descending))]) == 0
    assert len(hits[_page(len(hits), page(513, 195, descending=descending))]) == 160


def test_python_is_shown_all_matches() -> None:
    hits = range(MOST_PAGED + 100)

    assert len(hits[_page(len(hits), page(1, None))]) == MOST_PAGED + 100


def test_python_may_ask_for_pages_too() -> None:
    account = with_people(25)

    assert len(names(account, PERSON)) == 25
    assert names(account, PERSON, page_size=1, page_number=3) == ["Person 002"]
    assert names(account, PERSON, page_number=2) == [f"Person {each:03}" for each in range(20, 25)]


# --- how it is said -----------------------------------------------------------------------------------

MISSAID: list[tuple[Any, dict[str, str], str]] = [
    ({"pageSize": 5}, {}, "Base: Unrecognized attributes specified: pageSize"),
    ({}, {"pageSize": "5"}, "Base: Unrecognized attributes specified: pageSize"),
    ({}, {"names[]": "5"}, "Base: Unrecognized attributes specified: names[]"),
    ({"a": 1, "b": 2}, {}, "Base: Unrecognized attributes specified: a, b"),
    ([], {}, "Base: must be a JSON object"),
    ("x", {"name": "Ada"}, "Base: must be a JSON object"),
    ({"page_size": 201}, {}, "Page Size: must be less than or equal to 200"),
    ({"page_size": 0}, {}, "Page Size: must be greater than or equal to 1"),
    ({"page_size": "many"}, {}, "Page Size: is not a number"),
    ({"page_number": 0}, {}, "Page Number: must be greater than or equal to 1"),
    ({"page_number": 1.5}, {}, "Page Number: must be an integer"),
    ({}, {"page_size": "-1"}, "Page Size: must be greater than or equal to 1"),
    ({"sort_by": "shoe_size"}, {}, "Sort By: is not included in the list"),
    ({"sort_direction": "up"}, {}, "Sort Direction: is not included in the list"),
    (
        {"x": 1, "page_size": 0, "name": 7},
        {},
        "Base: Unrecognized attributes specified: x\nName: must be a string\n"
        "Page Size: must be greater than or equal to 1",
    ),
]


@pytest.mark.parametrize(("body", "query", "message"), MISSAID)
def test_what_cannot_be_understood_is_refused(body: Any, query: dict[str, str], message: str) -> None:
    """The first message is recorded."""
    account = make_account()

    with pytest.raises(Invalid) as caught:
        sent(account, PERSON, body, **query)

    assert caught.value.message == f"Invalid input: Validation errors: {message}"


def test_the_hint_tells_what_a_search_may_say() -> None:
    account = make_account()

    with pytest.raises(Invalid) as caught:
        sent(account, PERSON, {"sort_by": "x", "y": 1})

    assert "the attributes are ids, assignee_ids, " in caught.value.hint
    assert "the choices are name, first_name, last_name" in caught.value.hint


def test_python_gets_the_same_refusals() -> None:
    with pytest.raises(Invalid, match="Unrecognized attributes specified: shoe_size"):
        parse_filters(PERSON, {"shoe_size": 43}, make_account().records)


def test_null_is_as_good_as_absent() -> None:
    assert titles(sent(with_people(1), PERSON, {"name": None, "page_size": None, "sort_by": None})) == ["Person 000"]


@pytest.mark.parametrize("filters", [{"ids": ""}, {"tags": ""}, {"city": []}, {"assignee_ids": ""}, {"name": []}])
def test_an_empty_value_without_a_meaning_is_as_good_as_absent(filters: dict[str, Any]) -> None:
    assert titles(sent(WORLD, PERSON, filters)) == ["Ada Lovelace", "Bob Babbage", "Cyd"]


IN_A_URL: dict[str, tuple[dict[str, str], list[str]]] = {
    "a text": ({"name": "cyd"}, ["Cyd"]),
    "one of a list": ({"assignee_ids": str(SECOND_USER)}, ["Bob Babbage"]),
    "several of a list": ({"ids": "1,3"}, ["Ada Lovelace", "Cyd"]),
    "a list with brackets": ({"ids[]": "3"}, ["Cyd"]),
    "a list with numbered brackets": ({"ids[0]": "1", "ids[1]": "3"}, ["Ada Lovelace", "Cyd"]),
    "tags": ({"tags": "old,new"}, ["Ada Lovelace"]),
    "an empty list": ({"assignee_ids": ""}, ["Ada Lovelace", "Bob Babbage", "Cyd"]),
    "what is no filter": ({"custom_field_computed_values": "true"}, ["Ada Lovelace", "Bob Babbage", "Cyd"]),
    "an order": ({"sort_by": "name", "sort_direction": "desc"}, ["Cyd", "Bob Babbage", "Ada Lovelace"]),
}


@pytest.mark.parametrize(("query", "found"), IN_A_URL.values(), ids=IN_A_URL.keys())
def test_a_search_may_stand_behind_the_question_mark(query: dict[str, str], found: list[str]) -> None:
    """One client sends its filters in the query string."""
    assert titles(sent(WORLD, PERSON, {}, **query)) == found


def test_the_body_wins() -> None:
    assert titles(sent(WORLD, PERSON, {"name": "Cyd"}, name="Ada Lovelace")) == ["Cyd"]


# --- order --------------------------------------------------------------------------------------------

SORTED: list[tuple[EntityType, list[str], list[str]]] = [
    (PERSON, ["name", "first_name", "email", "phone", "date_created"], ["Ada Lovelace", "Bob Babbage", "Cyd"]),
    (PERSON, ["date_modified"], ["Cyd", "Bob Babbage", "Ada Lovelace"]),
    (PERSON, ["last_name"], ["Bob Babbage", "Ada Lovelace", "Cyd"]),
    (PERSON, ["title", "socials", "zip", "country"], ["Ada Lovelace", "Bob Babbage", "Cyd"]),
    (PERSON, ["city"], ["Bob Babbage", "Ada Lovelace", "Cyd"]),
    (PERSON, ["state"], ["Ada Lovelace", "Cyd", "Bob Babbage"]),
    (PERSON, ["last_interaction"], ["Bob Babbage", "Ada Lovelace", "Cyd"]),
    (PERSON, ["inactive_days"], ["Ada Lovelace", "Bob Babbage", "Cyd"]),
    (PERSON, ["interaction_count"], ["Cyd", "Bob Babbage", "Ada Lovelace"]),
    (PERSON, ["assignee"], ["Ada Lovelace", "Bob Babbage", "Cyd"]),
    (COMPANY, ["name"], ["Acme", "acme", "Bolt"]),
    (COMPANY, ["date_modified"], ["acme", "Bolt", "Acme"]),
    (
        COMPANY,
        ["contact", "contact_first_name", "contact_last_name", "contact_group", "email_domain", "primary_website"],
        ["Acme", "Bolt", "acme"],
    ),
    (COMPANY, ["last_interaction", "inactive_days"], ["Acme", "Bolt", "acme"]),
    (COMPANY, ["interaction_count"], ["Bolt", "acme", "Acme"]),
    (LEAD, ["name", "company_name", "email", "status"], ["Ann Van Dyke", "Ben", "Cal"]),
    (LEAD, ["customer_source"], ["Ben", "Ann Van Dyke", "Cal"]),
    (LEAD, ["value", "monetary_value"], ["Ben", "Ann Van Dyke", "Cal"]),
    (OPPORTUNITY, ["name", "account", "company_name", "contact", "primary_contact"], ["Anvils", "Bricks", "Cords"]),
    (OPPORTUNITY, ["value", "monetary_value"], ["Bricks", "Anvils", "Cords"]),
    (OPPORTUNITY, ["monetary_unit", "assignee"], ["Anvils", "Bricks", "Cords"]),
    (OPPORTUNITY, ["customer_source_id", "customer_source", "source"], ["Bricks", "Anvils", "Cords"]),
    (OPPORTUNITY, ["stage"], ["Cords", "Anvils", "Bricks"]),
    (OPPORTUNITY, ["deal_last_stage"], ["Cords", "Bricks", "Anvils"]),
    (OPPORTUNITY, ["status"], ["Cords", "Bricks", "Anvils"]),
    (OPPORTUNITY, ["close_date"], ["Bricks", "Anvils", "Cords"]),
    (OPPORTUNITY, ["priority"], ["Bricks", "Cords", "Anvils"]),
    (OPPORTUNITY, ["win_probability"], ["Anvils", "Bricks", "Cords"]),
    (PROJECT, ["name", "related_to"], ["Alpha", "Beta"]),
    (PROJECT, ["assigned_to", "status"], ["Beta", "Alpha"]),
    (TASK, ["name"], ["Bake", "Call the Mayor", "Cry"]),
    (TASK, ["due_date"], ["Bake", "Call the Mayor", "Cry"]),
    (TASK, ["related_to"], ["Call the Mayor", "Bake", "Cry"]),
    (TASK, ["reminder_date", "completed_date", "assigned_to"], ["Call the Mayor", "Bake", "Cry"]),
    (TASK, ["status", "priority"], ["Bake", "Cry", "Call the Mayor"]),
    (ACTIVITY, ["activity_date"], ["called", "written", "noted"]),
]


def test_dates_before_1970_are_earlier_than_all_after() -> None:
    account = make_account()
    for name, due in (("a", 0), ("b", "5/17/1960"), ("c", None), ("d", -1), ("e", 1), ("f", "1/1/1900")):
        seed(account, TASK, name=name, due_date=due)

    assert names(account, TASK, sort_by="due_date") == ["f", "b", "d", "a", "e", "c"]


@pytest.mark.parametrize(
    ("kind", "by", "found"),
    [pytest.param(kind, by, found, id=f"{kind}-{by}") for kind, several, found in SORTED for by in several],
)
def test_records_are_sorted_by_what_was_asked_for(kind: EntityType, by: str, found: list[str]) -> None:
    assert names(WORLD, kind, sort_by=by, sort_direction="asc") == found
    assert names(WORLD, kind, sort_by=by, sort_direction="desc") == found[::-1]


def test_the_table_above_has_every_name_but_those_of_equal_meaning() -> None:
    tried = {(kind, by) for kind, several, _ in SORTED for by in several}
    alike = {by for kind, by in tried if kind is PERSON} | {"assignee", "value", "date_modified"}

    assert {by for kind in EntityType for by in SORTS[kind] if (kind, by) not in tried} <= alike


@pytest.mark.parametrize("kind", EntityType)
def test_every_type_has_an_order_of_its_own(kind: EntityType) -> None:
    default: dict[str, Any] = {"sort_by": DEFAULT_SORTS[kind], "sort_direction": DEFAULT_DIRECTIONS[kind]}

    assert names(WORLD, kind) == names(WORLD, kind, **default)
    assert all(each.doc for each in SORTS[kind].values())


@pytest.mark.parametrize(
    ("kind", "by"), [pytest.param(kind, by, id=f"{kind}-{by}") for kind in EntityType for by in SORTS[kind]]
)
def test_no_order_leaves_a_record_out(kind: EntityType, by: str) -> None:
    assert sorted(names(WORLD, kind, sort_by=by)) == sorted(names(WORLD, kind))


def test_activities_begin_with_the_latest_and_all_others_with_the_least() -> None:
    assert {kind for kind, direction in DEFAULT_DIRECTIONS.items() if direction == "desc"} == {ACTIVITY}


def test_a_renamed_contact_moves_its_company() -> None:
    account = make_account()
    for number, name in enumerate(("Zoe", "Ada"), start=1):
        seed(account, PERSON, id=number, name=name)
        seed(account, COMPANY, id=number, name=f"Company of {number}", primary_contact_id=number)
    assert names(account, COMPANY, sort_by="contact") == ["Company of 2", "Company of 1"]

    account.act(commands.update(PERSON, [1], {"name": "Aaron"}), START)

    assert names(account, COMPANY, sort_by="contact") == ["Company of 1", "Company of 2"]


def test_a_company_that_is_gone_has_no_name_to_sort_by() -> None:
    account = make_account()
    seed(account, OPPORTUNITY, name="lost", company_id=17)
    seed(account, COMPANY, id=1, name="Acme")
    seed(account, OPPORTUNITY, name="kept", company_id=1)

    assert names(account, OPPORTUNITY, sort_by="account") == ["kept", "lost"]


def test_what_a_task_belongs_to_may_be_gone() -> None:
    account = make_account()
    seed(account, TASK, name="lost", related_resource={"id": 17, "type": "lead"})
    seed(account, LEAD, id=1, name="Ann")
    seed(account, TASK, name="kept", related_resource={"id": 1, "type": "lead"})

    assert names(account, TASK, sort_by="related_to") == ["kept", "lost"]


def test_a_renamed_user_moves_their_records() -> None:
    account = make_account()
    seed(account, PERSON, name="of the second", assignee_id=SECOND_USER)
    seed(account, PERSON, name="of the first", assignee_id=FIRST_USER)
    assert names(account, PERSON, sort_by="assignee") == ["of the first", "of the second"]

    account.records.catalogue.update("users", SECOND_USER, {"name": "Aaron"})

    assert names(account, PERSON, sort_by="assignee") == ["of the second", "of the first"]


def test_a_company_has_the_activities_of_its_people_as_well() -> None:
    account = make_account()
    acme, other = make(account, COMPANY, name="Acme"), make(account, COMPANY, name="Other")
    ada, bob = make(account, PERSON, name="Ada", company_id=acme), make(account, PERSON, name="Bob", company_id=other)
    deal = make(account, OPPORTUNITY, name="Anvils", company_id=acme)
    parents = [(COMPANY, acme), (PERSON, ada), (PERSON, bob), (OPPORTUNITY, deal), (COMPANY, other)]
    made = [log(account, kind, parent) for kind, parent in parents]
    store = account.records

    query = with_those_of_people(parse_filters(ACTIVITY, {"parent": {"id": acme, "type": "company"}}, store), store)

    assert sorted(find(store, query, START).ids) == made[:2]


def test_a_type_of_activities_that_comes_to_count_moves_companies() -> None:
    account = make_world()
    seed(account, ACTIVITY, parent={"id": 2, "type": "company"}, type=NOTE, details="late", activity_date=100)
    assert names(account, COMPANY, sort_by="last_interaction") == ["Acme", "Bolt", "acme"]

    account.records.catalogue.update("activity_types", 0, {"count_as_interaction": True})

    assert names(account, COMPANY, sort_by="last_interaction") == ["Bolt", "Acme", "acme"]


# --- searches that lie behind -------------------------------------------------------------------------


def test_a_search_finds_new_and_deleted_records_late() -> None:
    account = make_account(search_lag_ms=2 * SECOND)
    seed(account, PERSON, name="Bob")
    ada = make(account, PERSON, name="Ada", now=START)

    assert names(account, PERSON, now=START + 1_999) == ["Bob"]
    assert names(account, PERSON, now=START + 2_000) == ["Ada", "Bob"]

    account.act(commands.delete(PERSON, [ada]), START + 5_000)

    assert names(account, PERSON, now=START + 6_999) == ["Ada", "Bob"]
    assert names(account, PERSON, now=START + 6_999, ids=[ada]) == ["Ada"]
    assert names(account, PERSON, now=START + 6_999, name="Bob") == ["Bob"]
    assert names(account, PERSON, now=START + 6_999, sort_direction="desc") == ["Bob", "Ada"]
    assert names(account, PERSON, now=START + 7_000) == ["Bob"]


def test_a_deleted_record_keeps_its_place_among_those_without_a_value() -> None:
    account = make_account(search_lag_ms=2 * SECOND)
    for number, title in enumerate(("Boss", None, None), start=1):
        seed(account, PERSON, id=number, name=f"Person {number}", title=title)

    account.act(commands.delete(PERSON, [2]), START)

    assert names(account, PERSON, sort_by="title") == ["Person 1", "Person 2", "Person 3"]


def test_changes_are_found_at_once() -> None:
    account = make_account(search_lag_ms=2 * SECOND)
    ada = seed(account, PERSON, name="Ada")
    account.act(commands.update(PERSON, [ada], {"name": "Ada Lovelace"}), START)

    assert names(account, PERSON, name="Ada Lovelace") == ["Ada Lovelace"]


def test_who_asks_without_the_lag_finds_everything() -> None:
    account = make_account(search_lag_ms=2 * SECOND)
    make(account, PERSON, name="Ada")

    found = find(account.records, parse_filters(PERSON, {}, account.records), START, lag=False)

    assert titles(found) == ["Ada"]


# --- against the plainest search ----------------------------------------------------------------------

NAMES = ["Ada", "ada", "Bob Lee", "Cyd Ada"]
CITIES = ["Rome", "rome", "Oslo", None]
FIELDS = some.fixed_dictionaries(
    {},
    optional={
        "name": some.sampled_from(NAMES),
        "assignee_id": some.sampled_from([FIRST_USER, SECOND_USER, None]),
        "tags": some.lists(some.sampled_from(["a", "b", "c"]), unique=True, max_size=3),
        "address": some.sampled_from([None, *({"city": city} for city in CITIES)]),
    },
)
FILTERED = some.fixed_dictionaries(
    {
        "sort_by": some.sampled_from(["name", "last_name", "city", "date_modified", "assignee"]),
        "sort_direction": some.sampled_from(["asc", "desc"]),
    },
    optional={
        "name": some.sampled_from(NAMES),
        "assignee_ids": some.lists(some.sampled_from([FIRST_USER, SECOND_USER, -2]), min_size=1, max_size=2),
        "tags": some.lists(some.sampled_from(["a", "b"]), unique=True, max_size=2),
        "city": some.sampled_from(["ROME", "oslo", ""]),
        "minimum_modified_date": some.integers(START // 1000, START // 1000 + 20),
        "maximum_modified_date": some.integers(START // 1000, START // 1000 + 20),
    },
)
STEPS = some.lists(
    some.one_of(
        some.tuples(some.just("create"), FIELDS),
        some.tuples(some.just("update"), some.integers(0, 20), FIELDS),
        some.tuples(some.just("delete"), some.integers(0, 20)),
        some.tuples(some.just("search"), FILTERED),
    ),
    min_size=1,
    max_size=25,
)


@settings(deadline=None)
@given(steps=STEPS, again=some.lists(FILTERED, max_size=2))
def test_a_search_finds_what_the_plainest_search_finds(steps: list[Any], again: list[dict[str, Any]]) -> None:
    """Both for searches made once, and for those made again after each write."""
    account = make_account()
    for second, (what, *given_) in enumerate(steps):
        now = START + second * 1_000
        there = list(account.records.of(PERSON))
        if what == "create":
            make(account, PERSON, now=now, **{"name": "Ada", **given_[0]})
        elif what == "update" and there:
            account.act(commands.update(PERSON, [there[given_[0] % len(there)]], given_[1]), now)
        elif what == "delete" and there:
            account.act(commands.delete(PERSON, [there[given_[0] % len(there)]]), now)
        for filters in (*given_, *again) if what == "search" else again:
            found = find(account.records, parse_filters(PERSON, filters, account.records), now)
            assert list(found.ids) == [record["id"] for record in found.records] == plainly(account, filters)
            assert found.total == len(found.ids)


def plainly(account: Account, filters: dict[str, Any]) -> list[int]:
    """The ids that a search finds, in the plainest way: by looking at every record as it is shown."""
    people = [account.records.get(PERSON, each) for each in account.records.of(PERSON)]
    found = [person for person in people if all(_fits(person, *each) for each in filters.items())]
    found.sort(key=lambda person: _place(person, filters["sort_by"]), reverse=filters["sort_direction"] == "desc")
    return [person.id for person in found]


def _fits(person: Any, name: str, value: Any) -> bool:
    city = (person.address or {}).get("city") or ""
    tests: dict[str, Callable[[], bool]] = {
        "name": lambda: person.name.casefold() == value.casefold(),
        "assignee_ids": lambda: (person.assignee_id or -2) in value,
        "tags": lambda: any(tag in person.tags for tag in value) if value else person.tags == [],
        "city": lambda: city.casefold() == value.casefold(),
        "minimum_modified_date": lambda: person.date_modified >= value,
        "maximum_modified_date": lambda: person.date_modified <= value,
    }
    return name not in tests or tests[name]()


def _place(person: Any, by: str) -> tuple[bool, Any, int]:
    users = {FIRST_USER: "Demo User", SECOND_USER: "Second User"}
    value = {
        "name": person.name,
        "last_name": person.last_name,
        "city": (person.address or {}).get("city"),
        "date_modified": person.date_modified,
        "assignee": users.get(person.assignee_id),
    }[by]
    return value is None, (value.casefold() if isinstance(value, str) else value) or 0, person.id
