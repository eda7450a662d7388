"""What only leads have, over real HTTP: upsert and conversion. Their rules are tested with the core."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from copper_emulator import Emulator
from copper_emulator.shell.api import bulk, lookups, records, related, searches
from tests.shell.api.client import BASE, Client, check_refused, common
from tests.shell.api.samples import SAMPLES

ORDER = {sample.kind: sample.order for sample in SAMPLES}


@pytest.fixture
def client() -> Iterator[Client]:
    with Emulator() as copper:
        yield Client(copper)


def told(client: Client) -> list[tuple[str, list[int], str]]:
    return [(str(change.topic), list(change.ids), change.origin) for change in client.copper.changes]


def by_email(**properties: Any) -> dict[str, Any]:
    email = {"email": "ada@example.com", "category": "work"}
    return {
        "properties": {"name": "Ada", "email": email, **properties},
        "match": {"field_name": "email", "field_value": "ada@example.com"},
    }


@pytest.mark.parametrize("path", ["/leads/upsert", "/leads/upsert/"])
def test_an_upsert_makes_a_lead_and_then_updates_it(client: Client, path: str) -> None:
    made = client.ok("PUT", path, by_email())
    assert list(made) == ORDER["lead"]
    changed = client.ok("PUT", path, by_email(title="Countess"))
    assert changed == {**made, "title": "Countess"} == client.ok("GET", f"/leads/{made['id']}")
    assert told(client) == [("lead/new", [made["id"]], "api"), ("lead/update", [made["id"]], "api")]


def test_an_upsert_of_several_leads_is_refused_with_their_ids(client: Client) -> None:
    ids = [client.ok("POST", "/leads", by_email()["properties"])["id"] for _ in range(2)]
    before = client.state()
    answer = client.call("PUT", f"{BASE}/leads/upsert", by_email(title="Countess"))
    assert (answer.status, client.state()) == (422, before)
    assert all(str(lead_id) in answer.json["message"] for lead_id in ids)


@pytest.mark.parametrize("body", [{}, [], {"properties": {}}, {"properties": 17, "match": 17}, {"match": {}}], ids=str)
def test_a_wrong_upsert_is_refused(client: Client, body: Any) -> None:
    before = client.state()
    answer = client.call("PUT", f"{BASE}/leads/upsert", body)
    assert (answer.status, list(answer.json)) == (422, ["success", "status", "message"])
    assert client.state() == before


LEADS = [
    ("POST", "/leads"),
    ("GET", "/leads/17"),
    ("PUT", "/leads/17"),
    ("DELETE", "/leads/17"),
    ("POST", "/leads/search"),
    ("PUT", "/leads/upsert"),
    ("POST", "/leads/bulk_create"),
    ("POST", "/leads/bulk_update"),
    ("POST", "/leads/17/convert"),
    ("POST", "/leads/17/activities"),
    ("GET", "/leads/17/related"),
    ("POST", "/leads/17/related"),
    ("DELETE", "/leads/17/related"),
    ("GET", "/leads/17/related/tasks"),
    ("GET", "/lead_statuses"),
]
"""Every call of the API for leads; for those under /leads and for /lead_statuses 403 was observed."""


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(("method", "path"), LEADS)
def test_leads_that_are_switched_off_are_refused(client: Client, method: str, path: str, slash: str) -> None:
    """Observed: 403 "Feature not enabled", before the contents of a call are checked."""
    client.copper.leads.seed([{"id": 17, "name": "Ada"}])
    client.copper.lookups.account.update(settings={"setting_enable_leads": False})
    before = client.state()

    answer = client.call(method, f"{BASE}{path}{slash}", b"no JSON")

    check_refused(client, before, answer, 403, "Feature not enabled")
    assert answer.hint == "Leads are switched off in this account: setting_enable_leads of its settings is false."
    assert client.call(method, BASE + path, headers={}).status == 401


def test_that_is_every_call_for_leads() -> None:
    routes = {
        (route.method, route.path)
        for part in (records, searches, bulk, related, lookups)
        for route in part.routes
        if route.path.split("/")[3] in ("leads", "lead_statuses")
    }
    named = {(method, BASE + path.replace("17", "{id}").replace("/tasks", "/{plural}")) for method, path in LEADS}

    assert routes == named | {(method, f"{path}/") for method, path in named}


def test_whatever_else_there_is_does_without_leads(client: Client) -> None:
    client.copper.lookups.account.update(settings={"setting_enable_leads": False})

    assert client.ok("GET", "/account")["settings"] == {
        "setting_team_permissions_enabled": False,
        "setting_enable_leads": False,
    }
    ada = client.ok("POST", "/people", {"name": "Ada"})
    assert client.ok("POST", "/people/search", {}) == [ada]
    assert client.ok("GET", "/customer_sources")
    client.copper.lookups.account.update(settings={"setting_enable_leads": True})
    assert client.ok("POST", "/leads/search", {}) == []


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_converted_lead_becomes_what_was_asked_for_and_is_gone(client: Client, slash: str) -> None:
    lead = client.ok("POST", "/leads", {"name": "Ada Lovelace", "company_name": "Analytical Engines"})["id"]
    details = {"person": {"name": "Ada King"}, "opportunity": {"name": "Ten engines", "monetary_value": 100}}

    became = client.ok("POST", f"/leads/{lead}/convert{slash}", {"details": details})

    assert list(became) == ["person", "company", "opportunity"]
    assert [list(record) for record in became.values()] == [ORDER[kind] for kind in became]
    assert became["person"]["name"] == "Ada King"
    assert became["opportunity"]["primary_contact_id"] == became["person"]["id"]
    for kind, plural in (("person", "people"), ("company", "companies"), ("opportunity", "opportunities")):
        assert client.ok("GET", f"/{plural}/{became[kind]['id']}") == became[kind]
    assert client.call("GET", f"{BASE}/leads/{lead}").json == common(404, "Resource not found")
    assert {(topic, origin) for topic, _, origin in told(client)[1:]} == {
        ("person/new", "api"),
        ("company/new", "api"),
        ("opportunity/new", "api"),
        ("lead/delete", "api"),
    }


@pytest.mark.parametrize("body", [None, {}, {"details": {}}, {"details": {"person": {"name": "Ada"}}}], ids=str)
def test_without_an_opportunity_there_is_none(client: Client, body: Any) -> None:
    lead = client.ok("POST", "/leads", {"name": "Ada Lovelace"})["id"]
    assert "opportunity" not in client.ok("POST", f"/leads/{lead}/convert", body)


def test_names_that_an_upsert_cannot_write_are_told_in_the_hint(client: Client) -> None:
    body = {"properties": {"name": "Ada", "date_created": 1}, "match": {"field_name": "name", "field_value": "Ada"}}
    for _ in ("made", "updated"):
        answer = client.call("PUT", f"{BASE}/leads/upsert", body)
        assert answer.hint == "Not writable and therefore ignored: date_created (setting read_only_fields)."


def test_a_converted_lead_can_be_kept() -> None:
    with Emulator(lead_conversion="update") as copper:
        client = Client(copper)
        lead = client.ok("POST", "/leads", {"name": "Ada Lovelace"})["id"]
        became = client.ok("POST", f"/leads/{lead}/convert", {})
        assert client.ok("GET", f"/leads/{lead}")["converted_contact_id"] == became["person"]["id"]


@pytest.mark.parametrize(
    ("lead", "body", "status"),
    [
        ("17", {}, 404),
        ("x", {}, 404),
        ("", {"details": 17}, 422),
        ("", {"detail": {}}, 422),
        ("", [], 422),
        ("", {"details": {"person": {"email": "x"}}}, 422),
        ("", {"details": {"company": {"id": 17}}}, 422),
    ],
    ids=str,
)
def test_a_wrong_conversion_does_nothing(client: Client, lead: str, body: Any, status: int) -> None:
    lead = lead or str(client.ok("POST", "/leads", {"name": "Ada"})["id"])
    before = client.state()
    answer = client.call("POST", f"{BASE}/leads/{lead}/convert", body)
    message = answer.json["message"]
    check_refused(client, before, answer, status, message)
