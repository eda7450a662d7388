"""Two people, or two companies, that become one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator.core.account import Account
from copper_emulator.core.errors import NotFound, UsageError
from copper_emulator.core.model import EntityType
from copper_emulator.core.records import commands
from copper_emulator.core.records.record import Record
from tests.core.builders import MINUTE, START, make_account
from tests.core.records.playing import (
    ACTIVITY,
    COMPANY,
    LEAD,
    NOTE,
    NOW,
    OPPORTUNITY,
    PERSON,
    PROJECT,
    TASK,
    custom,
    define,
    email,
    everything,
    get,
    log,
    make,
    seed,
    told,
    unchanged,
    value_of,
)

LATER = START + MINUTE


def merge(account: Account, kind: EntityType, winner: int, loser: int) -> Record:
    return account.act(commands.merge(kind, winner, loser), LATER)


def two_people(account: Account, winner: dict[str, Any], loser: dict[str, Any]) -> tuple[int, int]:
    return make(account, PERSON, **{"name": "Ada", **winner}), make(account, PERSON, **{"name": "A. L.", **loser})


# --- what is told -----------------------------------------------------------------------------------------


def test_the_loser_is_deleted_and_then_the_winner_updated() -> None:
    account = make_account()
    ada, double = two_people(account, {}, {"title": "Countess"})

    record = merge(account, PERSON, ada, double)

    assert told(account, 2) == [("person/delete", (double,)), ("person/update", (ada,))]
    assert account.journal.changes[-1].updated_attributes == {"title": [None, "Countess"]}
    assert (record.id, record.title, record.date_modified) == (ada, "Countess", LATER // 1000)
    with pytest.raises(NotFound):
        get(account, PERSON, double)


def test_a_winner_that_takes_nothing_is_not_updated() -> None:
    account = make_account()
    ada, double = two_people(account, {"title": "Countess"}, {})

    record = merge(account, PERSON, ada, double)

    assert told(account, 2) == [("person/delete", (double,))]
    assert unchanged(account) == [f"person/update [{ada}]: it gained nothing by the merge of person {double} into it"]
    assert record.date_modified == NOW


# --- the values -------------------------------------------------------------------------------------------


VALUES: dict[str, tuple[str, Any, Any, Any]] = {
    "a blank is filled": ("details", None, "First", "First"),
    "empty text is blank": ("details", "", "First", "First"),
    "what is there stays": ("details", "First", "Second", "First"),
    "an address is one value": (
        "address",
        {"street": "St James's Square"},
        {"city": "London"},
        {"street": "St James's Square", "city": None, "state": None, "postal_code": None, "country": None},
    ),
    "an address of nothing is blank": (
        "address",
        {"street": None},
        {"city": "London"},
        {"street": None, "city": "London", "state": None, "postal_code": None, "country": None},
    ),
    "the name's parts belong to the name": ("middle_name", None, "King", None),
    "tags are united": ("tags", ["a", "b"], ["b", "c"], ["a", "b", "c"]),
    "email addresses are united": (
        "emails",
        [email("ada@a.example")],
        [email("al@a.example", "other")],
        [email("ada@a.example"), email("al@a.example", "other")],
    ),
    "websites are united by their address": (
        "websites",
        [{"url": "a.example", "category": "work"}],
        [{"url": "a.example", "category": "other"}, {"url": "b.example", "category": "other"}],
        [{"url": "a.example", "category": "work"}, {"url": "b.example", "category": "other"}],
    ),
}


@pytest.mark.parametrize(("field", "winner", "loser", "merged"), VALUES.values(), ids=VALUES.keys())
def test_the_winner_keeps_its_own_and_takes_what_it_lacks(field: str, winner: Any, loser: Any, merged: Any) -> None:
    account = make_account()
    ada, double = two_people(account, {field: winner}, {field: loser})

    record = merge(account, PERSON, ada, double)

    assert record[field] == merged
    assert record.name == "Ada"


def test_the_same_email_address_in_other_letters_comes_once() -> None:
    account = make_account()
    ada = seed(account, PERSON, name="Ada", emails=[email("ada@a.example"), email("ADA@a.example")])
    double = make(account, PERSON, name="A. L.", emails=[email("al@a.example")])

    assert [each["email"] for each in merge(account, PERSON, double, ada).emails] == ["al@a.example", "ada@a.example"]


def test_the_losers_email_address_is_the_winners() -> None:
    account = make_account()
    ada, double = two_people(account, {}, {"emails": [email("al@a.example")]})

    merge(account, PERSON, ada, double)

    assert account.records.owner(PERSON, "al@a.example") == ada


def test_a_company_takes_the_domain_and_the_primary_contact() -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada")
    winner = make(account, COMPANY, name="Engines")
    loser = make(account, COMPANY, name="Engine", email_domain="a.example", primary_contact_id=ada)

    record = merge(account, COMPANY, winner, loser)

    assert (record.email_domain, record.primary_contact_id) == ("a.example", ada)
    assert account.records.owner(COMPANY, "a.example") == winner
    assert set(account.journal.changes[-1].updated_attributes) == {"email_domain", "primary_contact_id"}


def test_custom_fields_are_filled() -> None:
    account = make_account()
    fruit = define(account, "Fruit", "MultiSelect", PERSON, options=["Apple", "Pear"])
    colour, shape = define(account, "Colour", "String", PERSON), define(account, "Shape", "String", PERSON)
    apple = account.records.catalogue.get("custom_field_definitions", fruit)["options"][0]["id"]
    ada, double = two_people(
        account,
        {"custom_fields": [custom(colour, "red"), custom(fruit, [])]},
        {"custom_fields": [custom(colour, "blue"), custom(shape, "round"), custom(fruit, [apple])]},
    )

    record = merge(account, PERSON, ada, double)

    assert [value_of(record, each) for each in (colour, shape, fruit)] == ["red", "round", [apple]]


def test_metadata_goes_along_quietly() -> None:
    account = make_account()
    made_of = {"leads_converted_from": [{"lead_id": 5, "converted_timestamp": 7}], "date_lead_created": 3}
    ada = make(account, PERSON, name="Ada")
    double = seed(account, PERSON, name="A. L.", interaction_count=4, date_last_contacted=9, **made_of)

    record = merge(account, PERSON, ada, double)

    assert {name: record[name] for name in made_of} == made_of
    assert (record.interaction_count, record.date_last_contacted) == (4, 9)
    assert told(account, 1) == [("person/delete", (double,))]
    assert record.date_modified == NOW


# --- what belonged to the loser ---------------------------------------------------------------------------


def test_everything_that_led_to_a_person_leads_to_the_winner() -> None:
    account = make_account()
    ada, double = two_people(account, {}, {})
    task = make(account, TASK, name="Call", related_resource={"type": "person", "id": double})
    project = make(account, PROJECT, name="Engine", related_resource={"type": "person", "id": double})
    company = make(account, COMPANY, name="Engines", primary_contact_id=double)
    contact_of = make(account, OPPORTUNITY, name="Buy", primary_contact_id=double)
    related = make(account, OPPORTUNITY, name="Sell")
    account.records.relate((PERSON, double), (OPPORTUNITY, related))
    before = len(account.journal.changes)

    merge(account, PERSON, ada, double)

    assert get(account, TASK, task).related_resource == {"type": "person", "id": ada}
    assert get(account, PROJECT, project).related_resource == {"type": "person", "id": ada}
    assert get(account, COMPANY, company).primary_contact_id == ada
    assert get(account, OPPORTUNITY, contact_of).primary_contact_id == ada
    assert set(account.records.relations.of((PERSON, ada))) == {
        (TASK, task),
        (PROJECT, project),
        (OPPORTUNITY, contact_of),
        (OPPORTUNITY, related),
    }
    assert account.records.relations.of((PERSON, double)) == []
    assert told(account, before) == [("person/delete", (double,))]


def test_people_and_opportunities_of_a_company_belong_to_the_winner() -> None:
    account = make_account()
    winner, loser = make(account, COMPANY, name="Engines"), make(account, COMPANY, name="Engine")
    ada = make(account, PERSON, name="Ada", company_id=loser)
    buy = make(account, OPPORTUNITY, name="Buy", company_id=loser)
    before = len(account.journal.changes)

    merge(account, COMPANY, winner, loser)

    assert (get(account, PERSON, ada).company_id, get(account, PERSON, ada).company_name) == (winner, "Engines")
    assert get(account, OPPORTUNITY, buy).company_id == winner
    assert set(account.records.relations.of((COMPANY, winner))) == {(PERSON, ada), (OPPORTUNITY, buy)}
    assert told(account, before) == [("company/delete", (loser,))]


@pytest.mark.parametrize("own", [True, False], ids=["the winner has one", "the winner has none"])
def test_a_person_has_one_company_still(*, own: bool) -> None:
    account = make_account()
    engines, mills = make(account, COMPANY, name="Engines"), make(account, COMPANY, name="Mills")
    ada, double = two_people(account, {"company_id": engines} if own else {}, {"company_id": mills})

    record = merge(account, PERSON, ada, double)

    assert record.company_id == (engines if own else mills)
    assert account.records.relations.of((PERSON, ada)) == [(COMPANY, record.company_id)]


def test_a_primary_contact_takes_the_losers_company_though_it_is_related_to_another() -> None:
    account = make_account()
    mills = make(account, COMPANY, name="Mills")
    ada, double = two_people(account, {}, {"company_id": mills})
    make(account, COMPANY, name="Engines", primary_contact_id=ada)

    assert merge(account, PERSON, ada, double).company_id == mills


def test_a_primary_contact_does_not_change_companies() -> None:
    """It need not work where it is the contact."""
    account = make_account()
    ada, bob = make(account, PERSON, name="Ada"), make(account, PERSON, name="Bob")
    winner = make(account, COMPANY, name="Engines", primary_contact_id=ada)
    loser = make(account, COMPANY, name="Engine", primary_contact_id=bob)

    record = merge(account, COMPANY, winner, loser)

    assert (record.primary_contact_id, get(account, PERSON, bob).company_id) == (ada, None)
    assert account.records.relations.of((PERSON, bob)) == []


def test_a_relation_to_what_a_seeded_record_named_and_never_came_is_dropped() -> None:
    account = make_account()
    winner = make(account, COMPANY, name="Engines")
    loser = seed(account, COMPANY, name="Engine", primary_contact_id=17)

    assert merge(account, COMPANY, winner, loser).primary_contact_id == 17
    assert account.records.relations.of((COMPANY, loser)) == []


def test_activities_and_what_they_count_go_to_the_winner() -> None:
    account = make_account()
    ada, double = two_people(account, {}, {})
    call, note = log(account, PERSON, double, activity_date=NOW - 5), log(account, PERSON, double, NOTE)
    log(account, PERSON, ada, activity_date=NOW - 9)

    record = merge(account, PERSON, ada, double)

    parents = [get(account, ACTIVITY, each).parent for each in (call, note)]
    assert parents == [{"type": "person", "id": ada}] * 2
    assert (record.interaction_count, record.date_last_contacted) == (2, NOW - 5)
    assert get(account, ACTIVITY, call).date_modified == NOW - 5
    account.act(commands.delete(ACTIVITY, [call]), LATER)
    assert get(account, PERSON, ada).interaction_count == 1


# --- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [LEAD, OPPORTUNITY, PROJECT, TASK, ACTIVITY])
def test_only_people_and_companies_can_be_merged(kind: EntityType) -> None:
    with pytest.raises(UsageError, match="people can be merged, and companies, not "):
        commands.merge(kind, 17, 18)


def test_a_record_cannot_be_merged_with_itself() -> None:
    with pytest.raises(UsageError, match="person 17 cannot be merged with itself; name two records"):
        commands.merge(PERSON, 17, 17)


@pytest.mark.parametrize("winner_is_there", [True, False])
def test_both_have_to_be_there(*, winner_is_there: bool) -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada", title="Countess")
    before = everything(account)

    with pytest.raises(NotFound, match="There is no person 17"):
        merge(account, PERSON, *((ada, 17) if winner_is_there else (17, ada)))

    assert everything(account) == before


# --- always -----------------------------------------------------------------------------------------------

TEXTS = st.sampled_from([None, "", "a", "b"])
FIELDS = st.fixed_dictionaries(
    {
        "title": TEXTS,
        "details": TEXTS,
        "assignee_id": st.sampled_from([None, 137_658, 137_659]),
        "tags": st.lists(st.sampled_from("abc"), max_size=3),
        "websites": st.lists(st.fixed_dictionaries({"url": st.sampled_from("abc")}), max_size=3),
        "emails": st.lists(st.sampled_from(["X@a.example", "y@a.example"]), unique=True, max_size=2),
    }
)


@given(first=FIELDS, second=FIELDS, calls=st.lists(st.booleans(), max_size=4))
def test_a_merge_never_loses_a_value(first: dict[str, Any], second: dict[str, Any], calls: list[bool]) -> None:
    account = make_account()
    rows = [
        {**row, "name": "Ada", "emails": [email(f"{which}{each}") for each in row["emails"]]}
        for which, row in (("1", first), ("2", second))
    ]
    winner, loser = (make(account, PERSON, **row) for row in rows)
    for mine in calls:
        log(account, PERSON, winner if mine else loser)
    one, other = get(account, PERSON, winner), get(account, PERSON, loser)

    record = merge(account, PERSON, winner, loser)

    for field in ("title", "details", "assignee_id"):
        assert record[field] == (one[field] if one[field] not in (None, "") else other[field] or one[field])
    for field, key in (("emails", "email"), ("websites", "url")):
        assert {each[key] for each in record[field]} == {each[key] for each in one[field] + other[field]}
    assert set(record.tags) == {*one.tags, *other.tags}
    assert record.interaction_count == len(calls)
    assert len(account.records.activities.of((PERSON, winner))) == len(calls)
