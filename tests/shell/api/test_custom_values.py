"""How values of custom fields are treated: exchanges recorded from Copper in 2020, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from copper_emulator import Copper, Emulator
from tests.shell.api.client import BASE, Client

CHECKBOX, CURRENCY, DATE, DROPDOWN, MULTI = 455_893, 455_894, 455_895, 455_896, 455_897
NUMBER, PERCENTAGE, AREA, TEXT, URL = 455_899, 455_900, 455_901, 455_902, 455_903

DEFINED: list[tuple[int, Any, dict[str, Any]]] = [
    (CHECKBOX, "Checkbox", {}),
    (CURRENCY, "Currency", {"currency": "USD"}),
    (DATE, "Date", {}),
    (DROPDOWN, "Dropdown", {"options": [1_532_570, 1_532_569, 1_532_568]}),
    (MULTI, "MultiSelect", {"options": [1_532_722, 1_532_721, 1_532_720, 1_532_719]}),
    (NUMBER, "Float", {}),
    (PERCENTAGE, "Percentage", {}),
    (AREA, "Text", {}),
    (TEXT, "String", {}),
    (URL, "URL", {}),
]
"""The account's custom fields, with the ids of their options, in the order in which it listed them."""


def sent(option: int, options: list[int]) -> list[dict[str, Any]]:
    values = [True, "55.5", "12/15/2020", option, options, 789, 0.34, "alot of text", "sometextfieldvalue"]
    return fields([*values, "https://www.linkedin.com"])


def shown(option: int, options: list[int]) -> list[dict[str, Any]]:
    values = [True, 55.5, 1_608_019_200, option, options, 789.0, 0, "alot of text", "sometextfieldvalue"]
    return fields([*values, "https://www.linkedin.com"])


def fields(values: list[Any]) -> list[dict[str, Any]]:
    ids = [definition_id for definition_id, _, _ in DEFINED]
    return [
        {"custom_field_definition_id": definition_id, "value": value}
        for definition_id, value in zip(ids, values, strict=True)
    ]


def one(definition_id: int, value: Any) -> dict[str, Any]:
    return {"custom_fields": [{"custom_field_definition_id": definition_id, "value": value}]}


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator() as copper:
        for definition_id, data_type, more in DEFINED:
            named = [{"id": option, "name": f"Option {option}"} for option in more.get("options", ())]
            extra = {**more, "options": named} if named else more
            copper.lookups.custom_field_definitions.add(
                id=definition_id, name=data_type, data_type=data_type, available_on=["lead", "person"], **extra
            )
        yield copper


@pytest.fixture
def client(copper: Copper) -> Client:
    return Client(copper)


def test_an_upserted_lead_shows_what_was_recorded(client: Client) -> None:
    properties = {"name": "Ada", "email": {"email": "ada@example.com", "category": "other"}}
    values = {"custom_fields": sent(1_532_569, [1_532_722, 1_532_720])}
    match = {"field_name": "email", "field_value": "ada@example.com"}

    answer = client.call("PUT", f"{BASE}/leads/upsert", {"properties": {**properties, **values}, "match": match})

    assert answer.status == 200
    assert answer.json["custom_fields"] == shown(1_532_569, [1_532_720, 1_532_722])
    # A Float's number has a decimal point, a Percentage's does not.
    for told in (b'455894,"value":55.5}', b'455899,"value":789.0}', b'455900,"value":0}'):
        assert told in answer.raw


def test_an_updated_person_shows_what_was_recorded(client: Client) -> None:
    person = client.ok("POST", "/people", {"name": "Ada"})

    changed = client.ok("PUT", f"/people/{person['id']}", {"custom_fields": sent(1_532_568, [1_532_722, 1_532_719])})

    assert changed["custom_fields"] == shown(1_532_568, [1_532_719, 1_532_722])
    assert client.ok("GET", f"/people/{person['id']}") == changed


ALIKE: list[tuple[int, Any]] = [
    (CURRENCY, "55.5"),
    (CURRENCY, 55.5),
    (CURRENCY, "55.50"),
    (DATE, "12/15/2020"),
    (DATE, 1_608_019_200),
    (MULTI, [1_532_722, 1_532_720]),
    (NUMBER, 789),
    (NUMBER, "789"),
    (PERCENTAGE, 0.34),
    (PERCENTAGE, 0),
]


@pytest.mark.parametrize(("definition_id", "value"), ALIKE, ids=map(repr, ALIKE))
def test_what_is_shown_as_it_stands_is_no_change(client: Client, definition_id: int, value: Any) -> None:
    person = client.ok("POST", "/people", {"name": "Ada", "custom_fields": sent(1_532_568, [1_532_720, 1_532_722])})

    assert client.ok("PUT", f"/people/{person['id']}", one(definition_id, value)) == person
    assert client.ok("PUT", f"/people/{person['id']}", {"custom_fields": person["custom_fields"]}) == person
    assert [str(change.topic) for change in client.copper.changes] == ["person/new"]


CHANGED: list[tuple[int, Any, list[Any]]] = [
    (CURRENCY, "2", [55.5, 2.0]),
    (DATE, "12/16/2020", [1_608_019_200, 1_608_019_200 + 86_400]),
    (MULTI, [1_532_722, 1_532_719], [[1_532_720, 1_532_722], [1_532_719, 1_532_722]]),
    (NUMBER, 3, [789.0, 3.0]),
    (PERCENTAGE, "95.5", [0, 95]),
]


@pytest.mark.parametrize(("definition_id", "value", "told"), CHANGED)
def test_a_notification_tells_values_as_they_are_shown(
    copper: Copper, definition_id: int, value: Any, told: list[Any]
) -> None:
    person = copper.people.create(name="Ada", custom_fields=sent(1_532_568, [1_532_720, 1_532_722]))

    copper.people.update(person, **one(definition_id, value))

    assert copper.changes[-1].updated_attributes == {"custom_fields": {str(definition_id): told}}


def test_a_seeded_record_is_shown_in_the_same_way(copper: Copper) -> None:
    [lead] = copper.leads.seed([{"name": "Ada", "custom_fields": sent(1_532_569, [1_532_722, 1_532_720])}])

    assert lead.custom_fields == shown(1_532_569, [1_532_720, 1_532_722])
