"""Exchanges with Copper that a connector's authors recorded in 2019 and 2020, replayed as far as their fields go.

Source: hull/hull-connectors, packages/connectors/hull-coppercrm/test/unit/fixtures (leadUpdate,
fetch-all-opportunities, fetchAllOpportunities, person-create-with-customfields, person-update-with-customfields,
fetchAllActivities).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from copper_emulator import Emulator
from tests.shell.api.client import BASE, Client, check_refused

SOURCE = 1_118_256


@pytest.fixture
def client() -> Iterator[Client]:
    with Emulator() as copper:
        copper.lookups.customer_sources.add(id=SOURCE, name="Event")
        yield Client(copper)


def same_keys(answer: dict[str, Any], recorded: dict[str, Any]) -> None:
    """Everything that was recorded, in its order; keys added since then may be in between."""
    assert [name for name in answer if name in recorded] == list(recorded)
    assert {name: answer[name] for name in recorded} == recorded


def test_a_lead_that_was_upserted_in_april_2020(client: Client) -> None:
    email = {"email": "pepper@stark.com", "category": "other"}
    properties = {"name": "Pepper potts", "details": "Married", "customer_source_id": SOURCE, "email": email}
    match = {"field_name": "email", "field_value": "pepper@stark.com"}

    answer = client.ok("PUT", "/leads/upsert", {"properties": properties, "match": match})

    changing = {name: answer[name] for name in ("id", "status_id", "date_created", "date_modified")}
    nothing: dict[str, Any] = {}
    names = {"name": "Pepper potts", "prefix": None, "first_name": "Pepper", "last_name": "potts", "middle_name": None}
    value = {"monetary_unit": None, "monetary_value": None, "converted_unit": None, "converted_value": None}
    nothing |= {"converted_opportunity_id": None, "converted_contact_id": None, "converted_at": None}
    assert list(answer.items()) == list(
        {
            "id": changing["id"],
            **names,
            "suffix": None,
            "address": None,
            "assignee_id": None,
            "company_name": None,
            "customer_source_id": SOURCE,
            "details": "Married",
            "email": email,
            "interaction_count": 0,
            **value,
            "socials": [],
            "status": "New",
            "status_id": changing["status_id"],
            "tags": [],
            "title": None,
            "websites": [],
            "phone_numbers": [],
            "custom_fields": [],
            "date_created": changing["date_created"],
            "date_modified": changing["date_modified"],
            "date_last_contacted": None,
            **nothing,
        }.items()
    )


def test_a_lead_with_a_value_shows_it_in_the_accounts_currency_too(client: Client) -> None:
    """Recorded in December 2019: `"monetary_value":5000,"converted_unit":"USD","converted_value":"5000.0"`. That it is
    a number now is an assumption."""
    client.copper.leads.seed([{"id": 50_307_894, "name": "Samantha", "monetary_unit": "USD", "monetary_value": 5_000}])

    lead = client.ok("GET", "/leads/50307894")

    assert list(lead)[14:19] == ["monetary_unit", "monetary_value", "converted_unit", "converted_value", "socials"]
    assert (lead["converted_unit"], lead["converted_value"]) == ("USD", 5_000)


def test_without_a_currency_nothing_is_shown_in_the_accounts(client: Client) -> None:
    for body in ({}, {"monetary_value": 5_000}, {"monetary_value": 5_000, "monetary_unit": ""}):
        lead = client.ok("POST", "/leads", {"name": "Samantha", **body})

        assert (lead["converted_unit"], lead["converted_value"]) == (None, None)


def test_an_opportunity_of_december_2019_can_be_seeded_as_it_was_answered(client: Client) -> None:
    lookups = client.copper.lookups
    stages = [{"id": 3_211_978, "name": "Follow-up", "win_probability": 10}]
    lookups.pipelines.add(id=685_744, name="Sales", stages=stages)
    lookups.loss_reasons.add(id=973_749, name="Price")
    lookups.users.add(id=811_206, name="Tim", email="tim@example.com")
    recorded: dict[str, Any] = {
        "id": 19_438_261,
        "name": "500 Keyboards",
        "assignee_id": 811_206,
        "close_date": "12/31/2019",
        "company_id": 42_412_878,
        "company_name": "Copper",
        "customer_source_id": SOURCE,
        "details": None,
        "loss_reason_id": 973_749,
        "pipeline_id": 685_744,
        "pipeline_stage_id": 3_211_978,
        "primary_contact_id": 94_693_341,
        "priority": "None",
        "status": "Lost",
        "tags": ["sample"],
        "interaction_count": 1,
        "monetary_unit": "USD",
        "monetary_value": 50_000.0,
        "converted_unit": "USD",
        "converted_value": "50000.0",
        "win_probability": 10,
        "date_stage_changed": 1_577_804_583,
        "date_last_contacted": 1_576_683_480,
        "leads_converted_from": [],
        "date_lead_created": None,
        "date_created": 1_577_804_583,
        "date_modified": 1_577_822_084,
        "custom_fields": [],
    }
    client.copper.companies.seed([{"id": 42_412_878, "name": "Copper"}])
    client.copper.opportunities.seed([recorded])

    answer = client.ok("GET", "/opportunities/19438261")

    same_keys(answer, {**recorded, "converted_value": 50_000.0})
    # Added in November 2024 (changelog of the developer docs).
    assert {name: value for name, value in answer.items() if name not in recorded} == {
        "pipeline_is_revenue": True,
        "pipeline_type": "opportunity",
    }


def test_an_opportunity_shows_what_its_pipeline_is_as_it_stands(client: Client) -> None:
    hiring = client.copper.lookups.pipelines.add(name="Hiring", stages=["New"], type="item", is_revenue=False)
    deal = client.ok("POST", "/opportunities", {"name": "Ada"})
    path = f"/opportunities/{deal['id']}"
    assert (deal["pipeline_type"], deal["pipeline_is_revenue"]) == ("opportunity", True)

    moved = client.ok("PUT", path, {"pipeline_id": hiring.id, "pipeline_type": "project"})
    assert (moved["pipeline_type"], moved["pipeline_is_revenue"]) == ("item", False)

    client.copper.lookups.pipelines.update(hiring.id, type="project", is_revenue=True)
    for shown in (client.ok("GET", path), *client.ok("POST", "/opportunities/search", {"ids": [deal["id"]]})):
        assert (shown["pipeline_type"], shown["pipeline_is_revenue"]) == ("project", True)
    assert client.copper.changes[-1].updated_attributes.keys() & {"pipeline_type", "pipeline_is_revenue"} == set()


PERSON = {
    "name": "someleadabc@hull.io",
    "address": {"city": "New Haven"},
    "emails": [{"email": "someleadabc@hull.io", "category": "other"}],
}


@pytest.mark.parametrize("how", ["create", "update"])
def test_a_persons_customer_source_is_ignored(client: Client, how: str) -> None:
    """December 2020: answered 200, without it, and with an address that has only the city."""
    method, path = "POST", "/people"
    if how == "update":
        street = {"street": "1 Main St", "city": "Warwick", "country": "US"}
        there = client.ok("POST", "/people", {"name": "somelead2", "address": street})
        method, path = "PUT", f"/people/{there['id']}"

    answer = client.call(method, BASE + path, {**PERSON, "customer_source_id": 1_235_215})

    assert (answer.status, answer.hint) == (
        200,
        "Not writable and therefore ignored: customer_source_id (setting read_only_fields).",
    )
    nowhere = {"street": None, "state": None, "postal_code": None, "country": None}
    same_keys(
        answer.json,
        {
            "name": "someleadabc@hull.io",
            "prefix": None,
            "first_name": "someleadabc@hull.io",
            "middle_name": None,
            "last_name": None,
            "suffix": None,
            "address": {"city": "New Haven", **nowhere},
            "assignee_id": None,
            "company_id": None,
            "company_name": None,
            "contact_type_id": answer.json["contact_type_id"],
            "details": None,
            "emails": PERSON["emails"],
        },
    )
    assert "customer_source_id" not in answer.json


def test_it_alone_changes_nothing_and_the_journal_says_why(client: Client) -> None:
    ada = client.ok("POST", "/people", {"name": "Ada"})

    assert client.ok("PUT", f"/people/{ada['id']}", {"customer_source_id": SOURCE}) == ada

    assert client.copper.journal[-1].text == (
        f"person/update [{ada['id']}]: the values were the same; ignored: customer_source_id (it has no effect)"
    )


def test_where_read_only_fields_are_refused_so_is_it() -> None:
    with Emulator(read_only_fields="refuse") as copper:
        client = Client(copper)
        before = client.state()
        answer = client.call("POST", f"{BASE}/people", {"name": "Ada", "customer_source_id": SOURCE})
        refusal = "Invalid input: Validation errors: Base: Unrecognized attributes specified: customer_source_id"
        check_refused(client, before, answer, 422, refusal)


@pytest.mark.parametrize(
    ("plural", "name"),
    [("companies", "customer_source_id"), ("people", "monetary_value"), ("people", "status_id"), ("tasks", "title")],
)
def test_no_other_field_of_another_type_is(client: Client, plural: str, name: str) -> None:
    before = client.state()
    answer = client.call("POST", f"{BASE}/{plural}", {"name": "Ada", name: 1})
    refusal = f"Invalid input: Validation errors: Base: Unrecognized attributes specified: {name}"
    check_refused(client, before, answer, 422, refusal)


def test_activities_are_shown_and_sorted_by_a_modification_that_is_their_date(client: Client) -> None:
    """December 2019: a note on something done two hours before, and a call that is planned for later."""
    person = {"id": client.ok("POST", "/people", {"name": "Ada"})["id"], "type": "person"}
    note, call = {"id": 0, "category": "user"}, {"id": 190_711, "category": "user"}
    rows = [
        {"parent": person, "type": note, "details": "some note here", "activity_date": 1_576_771_200},
        {"parent": person, "type": call, "details": "Made a phone call2", "activity_date": 1_576_782_000},
    ]
    made = [client.ok("POST", "/activities", row) for row in rows]

    assert [each["date_modified"] for each in made] == [1_576_771_200, 1_576_782_000]
    assert all(each["date_created"] == int(client.copper.now.timestamp()) for each in made)
    client.copper.advance(minutes=1)
    changed = client.ok("PUT", f"/activities/{made[0]['id']}", {"details": "another"})
    # As in the documentation of 2019, in which an activity was changed.
    assert changed == {**made[0], "details": "another"}
    found = client.ok("POST", "/activities/search", {"sort_by": "date_modified", "sort_direction": "asc"})
    assert found == [changed, made[1]]


def test_people_are_found_by_the_end_of_a_phone_number_again_and_again(client: Client) -> None:
    for number in ("4085551234", "14085551234", "5105551234"):
        client.ok("POST", "/people", {"name": number, "phone_numbers": [{"number": number, "category": "work"}]})

    def found(said: Any) -> list[str]:
        return sorted(each["name"] for each in client.ok("POST", "/people/search", {"phone_number": said}))

    everybody = ["14085551234", "4085551234", "5105551234"]
    for _ in range(2):
        assert [found(said) for said in ("408-555-1234", "5551234", "1234")] == [everybody] * 3
        assert found({"value": "408-555-1234", "match": "partial"}) == everybody[:2]
    path = "/people/search?phone_number=408-555-1234"
    assert len(client.ok("POST", path)) == 3

    [first] = client.ok("POST", "/people/search", {"name": "4085551234"})
    client.ok("PUT", f"/people/{first['id']}", {"phone_numbers": []})

    assert [found(said) for said in ("408-555-1234", "5551234", "1234")] == [["14085551234", "5105551234"]] * 3
    assert len(client.ok("POST", path)) == 2
