"""Whoever compares texts of records in any case means the same: what is found is what is updated, joined or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from copper_emulator.core.account import Account
from copper_emulator.core.errors import Invalid
from copper_emulator.core.model import EntityType
from copper_emulator.core.records import commands
from copper_emulator.core.records.searching.search import find, parse_filters
from copper_emulator.core.records.searching.tags import tag_names
from tests.core.builders import START, make_account
from tests.core.records.playing import (
    COMPANY,
    LEAD,
    OPPORTUNITY,
    PERSON,
    TASK,
    custom,
    define,
    email,
    everything,
    get,
    make,
)

IN_ANY_CASE = [
    pytest.param("Ada", "aDA", id="one letter, one capital"),
    pytest.param("Straße", "STRASSE", id="two capitals for one letter"),
    pytest.param("straße", "strasse", id="the same capitals"),
    pytest.param("οδός", "ΟΔΌΣ", id="another form at the end of a word"),
]
same = pytest.mark.parametrize(("one", "other"), IN_ANY_CASE)


def found(account: Account, kind: EntityType, **filters: Any) -> list[int]:
    return list(find(account.records, parse_filters(kind, filters, account.records), START).ids)


def upserted(account: Account, by: str, value: str) -> int:
    body = {"properties": {"name": "New"}, "match": {"field_name": by, "field_value": value}}
    return account.act(commands.upsert(body), START).id


def converted(account: Account, lead: int, **details: Any) -> dict[str, int]:
    became = account.act(commands.convert(lead, {"details": details} if details else {}), START)
    return {part: record.id for part, record in became.items()}


def at(text: str) -> str:
    return f"{text}@a.example"


Making = Callable[[str], dict[str, Any]]

SEARCHED: dict[str, tuple[EntityType, Making, Making]] = {
    "name": (PERSON, lambda text: {"name": text}, lambda text: {"name": text}),
    "phrase": (TASK, lambda text: {"name": f"Visit {text}s"}, lambda text: {"phrase": text}),
    "city": (COMPANY, lambda text: {"name": "A", "address": {"city": text}}, lambda text: {"city": text}),
    "email": (LEAD, lambda text: {"name": "A", "email": email(at(text))}, lambda text: {"emails": at(text)}),
    "emails": (PERSON, lambda text: {"name": "A", "emails": [email(at(text))]}, lambda text: {"emails": [at(text)]}),
    "domain": (COMPANY, lambda text: {"name": "A", "email_domain": text}, lambda text: {"email_domains": [text]}),
}


@same
@pytest.mark.parametrize("field", SEARCHED)
def test_a_search_finds_it(field: str, one: str, other: str) -> None:
    account = make_account()
    kind, fields, filters = SEARCHED[field]
    record = make(account, kind, **fields(one))

    assert [found(account, kind, **filters(text)) for text in (one, other, f"{other}x")] == [[record], [record], []]


@same
def test_a_search_by_a_custom_field_or_the_name_of_its_company_finds_it(one: str, other: str) -> None:
    account = make_account()
    field = define(account, "Nickname", "String", OPPORTUNITY, is_filterable=True)
    company = make(account, COMPANY, name=one)
    deal = make(account, OPPORTUNITY, name="Order", company_id=company, custom_fields=[custom(field, one)])

    assert found(account, OPPORTUNITY, company_name=other) == [deal]
    assert found(account, OPPORTUNITY, custom_fields=[custom(field, other)]) == [deal]


@same
@pytest.mark.parametrize("by", ["name", "email"])
def test_an_upsert_updates_what_a_search_finds(by: str, one: str, other: str) -> None:
    account = make_account()
    lead = make(account, LEAD, name=one, email=email(at(one)))
    there, strange = (other, "Bob") if by == "name" else (at(other), "bob@a.example")

    assert upserted(account, by, there) == lead
    assert upserted(account, by, strange) != lead


@same
def test_it_belongs_to_one_record(one: str, other: str) -> None:
    account = make_account()
    person = make(account, PERSON, name="Ada", emails=[email(at(one))])
    company = make(account, COMPANY, name="Engines", email_domain=f"{one}.example")
    before = everything(account)

    with pytest.raises(Invalid):
        make(account, PERSON, name="Bob", emails=[email(at(other))])
    with pytest.raises(Invalid):
        make(account, COMPANY, name="Mills", email_domain=f"{other}.example")
    assert everything(account) == before
    assert account.records.owner(PERSON, at(other)) == person
    assert account.records.owner(COMPANY, f"{other}.example") == company


@same
def test_a_converted_lead_joins_the_person_and_the_company_and_adds_no_second_address(one: str, other: str) -> None:
    account = make_account()
    company = make(account, COMPANY, name=one)
    person = make(account, PERSON, name="Ada", emails=[email(at(one))])
    lead = make(account, LEAD, name="Ada", email=email(at(other)))

    became = converted(account, lead, company={"name": other})

    assert became == {"person": person, "company": company}
    assert get(account, PERSON, person).emails == [email(at(one))]


@same
def test_it_has_one_place_in_an_order(one: str, other: str) -> None:
    """By what follows it, whatever its case."""
    account = make_account()
    names = [f"{one} b", f"{other} a", f"{one} c", f"{other} d"]
    ids = {name: make(account, TASK, name=name, tags=[name]) for name in names}
    expected = sorted(names, key=lambda name: name[-1])

    assert found(account, TASK, sort_by="name") == [ids[name] for name in expected]
    assert tag_names(account.records) == expected
