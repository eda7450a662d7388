"""Searches over real HTTP: pages, totals, both ways to write a filter. What filters find is tested with the core."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from copper_emulator import Emulator
from tests.shell.api.client import BASE, Client, check_refused
from tests.shell.api.samples import NOTE, SAMPLES, Sample, filled

each_type = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.plural)
slashes = pytest.mark.parametrize("slash", ["", "/"])


@pytest.fixture
def client() -> Iterator[Client]:
    with Emulator() as copper:
        yield Client(copper)


def several(client: Client, sample: Sample, number: int) -> list[Any]:
    """Records in the order of their creation, each created a minute after the one before."""
    body = filled(client, sample.least)
    made = []
    for count in range(number):
        client.copper.advance(minutes=1)
        named = {"name": f"Number {count:02}"} if "name" in body else {}
        made.append(client.ok("POST", f"/{sample.plural}", {**body, **named}))
    return made


def in_order(sample: Sample, made: list[Any]) -> list[Any]:
    """Activities are returned newest first, as in the documentation's sample."""
    return made[::-1] if sample.kind == "activity_log" else made


@slashes
@each_type
def test_a_search_without_filters_finds_everything_by_pages_of_twenty(
    client: Client, sample: Sample, slash: str
) -> None:
    made = in_order(sample, several(client, sample, 21))
    path = f"{BASE}/{sample.plural}/search{slash}"
    nothing: tuple[Any, ...] = ({}, None)
    for body in nothing:
        answer = client.call("POST", path, body)
        assert (answer.status, answer.json) == (200, made[:20])
        assert answer.headers["X-PW-TOTAL"] == str(len(made))
    assert client.call("POST", path, {"page_number": 2}).json == made[20:]
    beyond = client.call("POST", path, {"page_number": 3})
    assert (beyond.status, beyond.raw, beyond.headers["X-PW-TOTAL"]) == (200, b"[]", "21")


@each_type
def test_pages_may_stand_behind_the_question_mark_and_as_text(client: Client, sample: Sample) -> None:
    made = in_order(sample, several(client, sample, 3))
    path = f"/{sample.plural}/search"
    assert client.ok("POST", f"{path}?page_size=2", {}) == made[:2]
    assert client.ok("POST", f"{path}?page_size=2&page_number=2") == made[2:]
    assert client.ok("POST", path, {"page_size": "2", "page_number": "2"}) == made[2:]
    assert client.ok("POST", f"{path}?page_size=1", {"page_size": 2}) == made[:2]


def test_what_stands_behind_the_question_mark_is_told_apart_as_it_is_written(client: Client) -> None:
    client.ok("POST", "/companies", {"name": "a&b"})
    assert len(client.ok("POST", "/companies/search?name=a%26b", {})) == 1
    assert client.ok("POST", "/companies/search?name=a%2526b", {}) == []


@each_type
def test_an_unknown_filter_is_refused_as_recorded(client: Client, sample: Sample) -> None:
    before = client.state()
    answer = client.call("POST", f"{BASE}/{sample.plural}/search", {"pageSize": 5})
    message = "Invalid input: Validation errors: Base: Unrecognized attributes specified: pageSize"
    check_refused(client, before, answer, 422, message)
    assert "page_size" in answer.hint


@each_type
@pytest.mark.parametrize(
    "body", [[], 17, "x", {"page_size": 201}, {"page_size": 0}, {"page_number": "x"}, {"page_size": {}}], ids=str
)
def test_a_wrong_search_is_refused(client: Client, sample: Sample, body: Any) -> None:
    before = client.state()
    answer = client.call("POST", f"{BASE}/{sample.plural}/search", body)
    check_refused(client, before, answer, 422, answer.json["message"])
    assert answer.json["message"].startswith("Invalid input: Validation errors: ")


def test_lists_behind_the_question_mark_are_taken_in_the_ways_that_clients_write_them(client: Client) -> None:
    ids = [each["id"] for each in several(client, SAMPLES[0], 3)]
    for query in (
        f"ids={ids[0]},{ids[2]}",
        f"ids[]={ids[0]}&ids[]={ids[2]}",
        f"ids%5B0%5D={ids[0]}&ids%5B1%5D={ids[2]}",
    ):
        assert [each["id"] for each in client.ok("POST", f"/leads/search?{query}")] == [ids[0], ids[2]]


@pytest.mark.parametrize("sample", SAMPLES[:-1], ids=lambda sample: sample.plural)
def test_computed_values_are_shown_to_those_who_ask(client: Client, sample: Sample) -> None:
    definition = client.ok(
        "POST",
        "/custom_field_definitions",
        {"name": "Fruit", "data_type": "Dropdown", "available_on": [sample.kind], "options": [{"name": "Apples"}]},
    )
    value = {"custom_field_definition_id": definition["id"], "value": definition["options"][0]["id"]}
    record = client.ok("POST", f"/{sample.plural}", {**filled(client, sample.least), "custom_fields": [value]})
    path = f"/{sample.plural}/search"

    def found(query: str) -> Any:
        there = client.ok("POST", path + query, {})
        return next(each["custom_fields"] for each in there if each["id"] == record["id"])

    assert found("") == [value]
    assert found("?custom_field_computed_values=true") == [{**value, "computed_value": "Apples"}]


def test_new_records_are_not_found_before_the_lag_is_over() -> None:
    with Emulator(search_lag="5s") as copper:
        client = Client(copper)
        ada = client.ok("POST", "/people", {"name": "Ada"})
        assert client.ok("POST", "/people/search", {}) == []
        assert client.ok("GET", f"/people/{ada['id']}") == ada
        copper.advance(seconds=5)
        assert client.ok("POST", "/people/search", {}) == [ada]
        client.ok("DELETE", f"/people/{ada['id']}")
        assert client.ok("POST", "/people/search", {}) == [ada]
        copper.advance(seconds=5)
        assert client.ok("POST", "/people/search", {}) == []


def test_a_search_that_is_asked_again_finds_what_there_is_now(client: Client) -> None:
    def found() -> tuple[list[str], str]:
        answer = client.call("POST", f"{BASE}/people/search?sort_by=name", {"tags": ["poet"]})
        return [person["name"] for person in answer.json], answer.headers["X-PW-TOTAL"]

    ada = client.ok("POST", "/people", {"name": "Ada", "tags": ["poet"]})
    assert found() == found() == (["Ada"], "1")
    client.ok("POST", "/people", {"name": "Bob", "tags": ["poet"]})
    assert found() == found() == (["Ada", "Bob"], "2")
    client.ok("PUT", f"/people/{ada['id']}", {"name": "Zoe"})
    assert found() == found() == (["Bob", "Zoe"], "2")
    client.ok("DELETE", f"/people/{ada['id']}")
    assert found() == found() == (["Bob"], "1")


def test_a_search_that_is_asked_again_later_finds_what_is_young_enough_then(client: Client) -> None:
    ada = client.ok("POST", "/people", {"name": "Ada"})
    assert client.ok("POST", "/people/search", {"age": 60}) == [ada]
    client.copper.advance(seconds=61)
    assert client.ok("POST", "/people/search", {"age": 60}) == []


# --- the activities of one record ---------------------------------------------------------------------------------


@slashes
@pytest.mark.parametrize("sample", SAMPLES[:-1], ids=lambda sample: sample.plural)
def test_the_activities_of_a_record_are_its_own(client: Client, sample: Sample, slash: str) -> None:
    parents = [client.ok("POST", f"/{sample.plural}", filled(client, sample.least))["id"] for _ in range(2)]
    call = {"category": "user", "id": 190711}
    made = [
        client.ok("POST", "/activities", {"parent": {"type": sample.kind, "id": parent}, "type": type_, "details": "x"})
        for parent in parents
        for type_ in (NOTE, call)
    ]
    path = f"/{sample.plural}/{parents[0]}/activities{slash}"

    assert sorted(each["id"] for each in client.ok("POST", path, {})) == [made[0]["id"], made[1]["id"]]
    assert client.ok("POST", path, {"activity_types": [call]}) == [made[1]]
    assert client.ok("POST", path, {"activity_types": [{"id": 1, "category": "system"}]}) == []
    assert len(client.ok("POST", path + "?page_size=1")) == 1
    assert client.call("POST", BASE + path).headers["X-PW-TOTAL"] == "2"


def test_the_activities_of_a_company_include_those_of_its_people(client: Client) -> None:
    """The answer in the documentation of 2019: a call of the company, and one of a person."""
    company = client.ok("POST", "/companies", {"name": "Acme"})["id"]
    rob = client.ok("POST", "/people", {"name": "Rob", "company_id": company})["id"]
    eve = client.ok("POST", "/people", {"name": "Eve"})["id"]
    deal = client.ok("POST", "/opportunities", {"name": "Anvils", "company_id": company})["id"]
    call = {"id": 190_711, "category": "user"}

    def called(kind: str, parent: int, details: str, done: int) -> dict[str, Any]:
        body = {"parent": {"id": parent, "type": kind}, "type": call, "details": details, "activity_date": done}
        made: dict[str, Any] = client.ok("POST", "/activities", body)
        return made

    with_rob = called("person", rob, "Call with Rob", 1_522_694_372)
    with_alex = called("company", company, "Call with Alex", 1_522_695_004)
    called("person", eve, "Call with Eve", 1_522_695_005)
    called("opportunity", deal, "Call about the anvils", 1_522_695_006)

    assert client.ok("POST", f"/companies/{company}/activities", {"activity_types": [call]}) == [with_alex, with_rob]
    assert client.ok("POST", f"/people/{rob}/activities", {}) == [with_rob]
    parent = {"parent": {"id": company, "type": "company"}}
    assert client.ok("POST", "/activities/search", parent) == [with_alex]


def test_activities_of_a_record_that_is_not_there(client: Client) -> None:
    for path in ("/people/17/activities", "/tasks/x/activities"):
        before = client.state()
        check_refused(client, before, client.call("POST", BASE + path, {}), 404, "Resource not found")


@pytest.mark.parametrize("body", [[], {"activity_type": []}, {"activity_types": 17}, {"activity_types": [17]}], ids=str)
def test_a_wrong_search_for_activities_is_refused(client: Client, body: Any) -> None:
    ada = client.ok("POST", "/people", {"name": "Ada"})["id"]
    before = client.state()
    answer = client.call("POST", f"{BASE}/people/{ada}/activities", body)
    check_refused(client, before, answer, 422, answer.json["message"])


def test_a_search_is_read_again_when_its_custom_field_is_another(client: Client) -> None:
    definitions = client.copper.lookups.custom_field_definitions
    size = definitions.add(name="Size", data_type="String", available_on=["person"])["id"]
    client.copper.people.seed([{"name": "Ada", "custom_fields": [{"custom_field_definition_id": size, "value": "xl"}]}])
    asked = {"custom_fields": [{"custom_field_definition_id": size, "value": "XL"}]}
    for _ in range(2):
        assert [each["name"] for each in client.ok("POST", "/people/search", asked)] == ["Ada"]

    definitions.remove(size)

    assert client.call("POST", f"{BASE}/people/search", asked).status == 422
