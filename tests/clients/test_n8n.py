"""n8n-nodes-base: the Copper node, and the Copper Trigger node, which subscribes and receives."""

from __future__ import annotations

from typing import Any

import pytest

from copper_emulator import Copper, Endpoint
from tests.clients.installation import node_folder
from tests.clients.programs import DRIVERS, WRONG_TOKEN, run, told

WORK = "work"
CREATED: dict[str, dict[str, Any]] = {
    "person": {
        "name": "Ada",
        "additionalFields": {
            "emails": {"emailFields": [{"email": "ada@example.com", "category": WORK}]},
            "phone_numbers": {"phoneFields": [{"number": "415-555-0111", "category": WORK}]},
            "address": {
                "addressFields": {
                    "street": "1 A St",
                    "city": "Oakland",
                    "state": "CA",
                    "postal_code": "94601",
                    "country": "US",
                }
            },
        },
    },
    "company": {"name": "Acme", "additionalFields": {"email_domain": "acme.example"}},
    "lead": {
        "name": "Bob",
        "additionalFields": {"email": {"emailFields": {"email": "bob@example.com", "category": WORK}}},
    },
    "task": {"name": "Call", "additionalFields": {"details": "by phone"}},
    "project": {"name": "Move", "additionalFields": {"details": "to Oakland"}},
    "opportunity": {"name": "Deal"},
}
"""The fields of the node's form for each resource."""


def n8n(copper: Copper, *acts: Any, token: str | None = None) -> list[dict[str, Any]]:
    """{"ok": ..., "requests": [...]} or {"raised": ..., "code": ..., "description": ...} for each act."""
    ended = run(["node", str(DRIVERS / "drive_n8n.mjs")], stdin=told(copper, acts, token=token), folder=node_folder())
    found: list[dict[str, Any]] = ended.json
    return found


def node(resource: str, operation: str, **parameters: Any) -> dict[str, Any]:
    return {"node": {"resource": resource, "operation": operation, **parameters}}


def get_all(resource: str, **filters: Any) -> dict[str, Any]:
    return node(resource, "getAll", returnAll=True, filterFields=filters)


def subscribe(copper: Copper, endpoint: Endpoint, type: str) -> None:
    for event in ("new", "update", "delete"):
        copper.subscribe(type, event, target=endpoint.url)


def test_its_check_of_the_credentials_passes_with_the_key_and_fails_without(copper: Copper) -> None:
    [known] = n8n(copper, {"credentials": "test"})
    [stranger] = n8n(copper, {"credentials": "test"}, token=WRONG_TOKEN)

    assert known["ok"]["email"] == copper.email
    assert stranger["code"] == "401"


def test_it_reads_users_and_customer_sources(copper: Copper) -> None:
    users, sources = n8n(copper, get_all("user"), get_all("customerSource"))

    assert [user["id"] for user in users["ok"]] == [user.id for user in copper.lookups.users]
    assert [source["name"] for source in sources["ok"]] == [source.name for source in copper.lookups.customer_sources]


@pytest.mark.parametrize("resource", CREATED)
def test_each_write_is_notified_once_with_what_changed(
    copper: Copper, copper_endpoint: Endpoint, resource: str
) -> None:
    contact = copper.people.create(name="Ada")  # for the opportunity, whose form requires one
    subscribe(copper, copper_endpoint, resource)
    [made] = n8n(copper, node(resource, "create", **CREATED[resource], primaryContactId=contact.id))
    [record] = made["ok"]
    one = {f"{resource}Id": record["id"]}
    copper.expect(resource, "new", ids=[record["id"]], status=200, count=1)

    read, changed = n8n(
        copper, node(resource, "get", **one), node(resource, "update", **one, updateFields={"details": "new"})
    )

    assert read["ok"] == [record]
    assert [row["details"] for row in changed["ok"]] == ["new"]
    copper.expect(
        resource, "update", ids=[record["id"]], updated_attributes={"details": (record["details"], "new")}, count=1
    )

    deleted, after = n8n(copper, node(resource, "delete", **one), node(resource, "get", **one))

    assert deleted["ok"] == [{"id": record["id"], "is_deleted": True}]
    assert after["code"] == "404"
    copper.expect(resource, "delete", ids=[record["id"]], count=1)
    copper.expect_none()


def test_what_its_form_has_arrives_in_the_record(copper: Copper) -> None:
    [made] = n8n(copper, node("person", "create", **CREATED["person"]))
    ada = copper.people.get(made["ok"][0]["id"])
    [made] = n8n(copper, node("opportunity", "create", name="Deal", primaryContactId=ada.id))

    assert ada.emails == [{"email": "ada@example.com", "category": WORK}]
    assert ada.phone_numbers == [{"number": "415-555-0111", "category": WORK}]
    assert ada.address is not None
    assert (ada.address["city"], ada.address["country"]) == ("Oakland", "US")
    assert copper.opportunities.get(made["ok"][0]["id"]).primary_contact_id == ada.id


@pytest.mark.parametrize(
    ("resource", "collection"),
    [("person", "people"), ("company", "companies"), ("lead", "leads"), ("opportunity", "opportunities")],
)
def test_for_all_records_it_gets_the_first_page_again_and_again(copper: Copper, resource: str, collection: str) -> None:
    """A bug in the node: it goes on until it has as many rows as X-PW-TOTAL says, and never requests page 2."""
    seeded = getattr(copper, collection).seed([{"name": f"Number {number:03}"} for number in range(451)])

    [found] = n8n(copper, get_all(resource))

    ids = [row["id"] for row in found["ok"]]
    assert found["requests"] == [f"POST /developer_api/v1/{collection}/search?page_size=200"] * 3
    assert ids == ids[:200] * 3
    assert len(set(ids)) == 200
    assert set(ids) < {record.id for record in seeded}


def test_a_filter_stands_in_the_query_and_is_followed(copper: Copper) -> None:
    copper.opportunities.seed([{"name": f"Deal {number}"} for number in range(20)])

    [found] = n8n(copper, get_all("opportunity", name="Deal 7"))

    assert found["requests"] == ["POST /developer_api/v1/opportunities/search?name=Deal+7&page_size=200"]
    assert [row["name"] for row in found["ok"]] == ["Deal 7"]


def test_a_list_in_the_query_is_followed_whole(copper: Copper) -> None:
    first, second, third = copper.projects.seed([{"name": "One"}, {"name": "Two"}, {"name": "Three"}])
    tasks = copper.tasks.seed(
        [{"name": "Call", "related_resource": {"type": "project", "id": each.id}} for each in (first, second, third)]
    )

    [found] = n8n(copper, get_all("task", project_ids=f"{first.id},{third.id}"))

    assert {row["id"] for row in found["ok"]} == {tasks[0].id, tasks[2].id}


def test_each_error_becomes_an_error_of_the_nodes_with_coppers_text(copper: Copper) -> None:
    missing, blank = n8n(
        copper, node("person", "get", personId=999999999), node("lead", "create", name="", additionalFields={})
    )
    [stranger] = n8n(copper, node("person", "get", personId=1), token=WRONG_TOKEN)

    assert {error["raised"] for error in (missing, blank, stranger)} == {"NodeApiError"}
    assert (missing["code"], missing["description"]) == ("404", "Resource not found")
    assert (blank["code"], blank["description"]) == ("422", "Invalid input: Validation errors: Name: can't be blank")
    assert (stranger["code"], stranger["description"]) == ("401", "Unauthorized")


@pytest.mark.copper(api_limits="1/1m")
def test_a_call_over_the_limit_is_an_error_of_the_nodes(copper: Copper) -> None:
    first, second = n8n(copper, get_all("person"), get_all("person"))

    assert first["ok"] == []
    assert (second["raised"], second["code"]) == ("NodeApiError", "429")


def test_its_trigger_subscribes_is_found_again_and_unsubscribes(copper: Copper, copper_endpoint: Endpoint) -> None:
    trigger = {"parameters": {"resource": "lead", "event": "new"}, "target": copper_endpoint.url}

    before, created, after, deleted, gone = n8n(
        copper,
        *(
            {"trigger": method, **trigger}
            for method in ("checkExists", "create", "checkExists", "delete", "checkExists")
        ),
    )

    assert [step["ok"] for step in (before, created, after, deleted, gone)] == [False, True, True, True, False]
    assert [request.split()[0] for step in (before, created, after, deleted, gone) for request in step["requests"]] == [
        "POST",
        "GET",
        "DELETE",
    ]
    assert copper.subscriptions == []


def test_what_is_sent_for_its_subscription_is_taken_by_the_trigger(copper: Copper, copper_endpoint: Endpoint) -> None:
    """It recognises its own secret in the notification, and accepts none without it."""
    trigger = {"trigger": "create", "parameters": {"resource": "lead", "event": "new"}, "target": copper_endpoint.url}
    assert n8n(copper, trigger)[0]["ok"] is True

    ada = copper.leads.create(name="Ada")
    copper.expect("lead", "new", ids=[ada], status=200, count=1)
    [received] = copper_endpoint.requests
    taken, refused = n8n(copper, {"webhook": received.json}, {"webhook": {**received.json, "secret": "another"}})

    assert taken["ok"] == [received.json]
    assert refused["ok"] is None
