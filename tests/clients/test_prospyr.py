"""prospyr: written for ProsperWorks, as Copper was called, and unchanged since 2017."""

from __future__ import annotations

from typing import Any

import pytest

from copper_emulator import Copper, Endpoint
from tests.clients.installation import python
from tests.clients.programs import DRIVERS, WRONG_TOKEN, run, told


def prospyr(copper: Copper, *acts: Any, token: str | None = None) -> list[dict[str, Any]]:
    """{"ok": ...} or {"raised": ..., "text": ...} for each act."""
    found: list[dict[str, Any]] = run(
        [python(), "-W", "ignore", str(DRIVERS / "drive_prospyr.py")], stdin=told(copper, acts, token=token)
    ).json
    return found


def test_it_reads_the_account_and_what_records_refer_to(copper: Copper) -> None:
    """Including users, by the GET that ProsperWorks had for them."""
    account, users, pipelines, stages, sources, reasons, types = prospyr(
        copper,
        ["get", "Account"],
        *(["list", name] for name in ("User", "Pipeline", "PipelineStage", "CustomerSource")),
        *(["list", name] for name in ("LossReason", "ActivityType")),
    )

    assert account["ok"]["name"] == copper.lookups.account.name
    assert users["ok"] == [each.id for each in copper.lookups.users]
    assert pipelines["ok"] == [each.id for each in copper.lookups.pipelines]
    assert sources["ok"] == [each.id for each in copper.lookups.customer_sources]
    assert reasons["ok"] == [each.id for each in copper.lookups.loss_reasons]
    assert types["ok"] == [each.id for each in copper.lookups.activity_types]
    assert stages["ok"]


def test_it_reads_a_person_by_id_and_by_email(copper: Copper) -> None:
    ada = copper.people.create(name="Ada", emails=[{"email": "ada@example.com", "category": "work"}])

    by_id, by_email = prospyr(
        copper, ["get", "Person", {"id": ada.id}], ["get", "Person", {"email": "ada@example.com"}]
    )

    assert (by_id["ok"]["name"], by_email["ok"]["id"]) == ("Ada", ada.id)


def test_it_reads_the_subscriptions(copper: Copper) -> None:
    target = "https://hooks.example/copper"
    subscriptions = [copper.subscribe("lead", event, target=target) for event in ("new", "delete")]

    listed, one = prospyr(copper, ["list", "Webhook"], ["get", "Webhook", {"id": subscriptions[1].id}])

    assert listed["ok"] == [each.id for each in subscriptions]
    assert (one["ok"]["type"], one["ok"]["event"], one["ok"]["target"]) == ("lead", "delete", target)


@pytest.mark.parametrize(
    ("resource", "collection"), [("Person", "people"), ("Company", "companies"), ("Lead", "leads"), ("Task", "tasks")]
)
def test_it_reads_451_records_a_hundred_at_a_time(copper: Copper, resource: str, collection: str) -> None:
    seeded = getattr(copper, collection).seed([{"name": f"Number {number:03}"} for number in range(451)])

    [found] = prospyr(copper, ["search", resource, "name"])

    assert found["ok"] == [record.id for record in seeded]


def test_each_write_is_notified_once_with_what_changed(copper: Copper, copper_endpoint: Endpoint) -> None:
    """Its update sends back everything it read, including dates and counts: only differences are a change."""
    for event in ("new", "update", "delete"):
        copper.subscribe("company", event, target=copper_endpoint.url)

    [made] = prospyr(copper, ["create", "Company", {"name": "Acme", "email_domain": "acme.example", "tags": ["one"]}])
    copper.expect("company", "new", ids=[made["ok"]], status=200, count=1)

    [changed] = prospyr(copper, ["update", "Company", made["ok"], {"details": "changed"}])
    assert changed["ok"] is True
    [delivery] = copper.expect(
        "company", "update", ids=[made["ok"]], updated_attributes={"details": (None, "changed")}, count=1
    )
    assert set(delivery.body["updated_attributes"]) == {"details"}

    [deleted] = prospyr(copper, ["delete", "Company", made["ok"]])
    assert deleted["ok"] is True
    copper.expect("company", "delete", ids=[made["ok"]], count=1)
    copper.expect_none()


def test_a_person_with_an_email_address_cannot_be_changed(copper: Copper, copper_endpoint: Endpoint) -> None:
    """A bug in the client: it writes every address as null, which is refused."""
    ada = copper.people.create(name="Ada", emails=[{"email": "ada@example.com", "category": "work"}])
    copper.subscribe("person", "update", target=copper_endpoint.url)

    [refused] = prospyr(copper, ["update", "Person", ada.id, {"title": "Countess"}])

    assert refused["raised"] == "ValueError"
    assert refused["text"].startswith("Invalid input: Validation errors: Emails: ")
    assert copper.people.get(ada) == ada
    copper.expect_none()


def test_each_error_is_raised_with_its_status_or_its_text(copper: Copper) -> None:
    missing, blank, unknown = prospyr(
        copper,
        ["get", "Company", {"id": 999999999}],
        ["create", "Company", {"name": ""}],
        ["search", "Company", "name", {"pageSize": 5}],
    )
    [stranger] = prospyr(copper, ["get", "Account"], token=WRONG_TOKEN)

    assert (missing["raised"], missing["text"][:9]) == ("ApiError", "HTTP 404:")
    assert blank == {"raised": "ValueError", "text": "Invalid input: Validation errors: Name: can't be blank"}
    assert unknown["raised"] == "ApiError"
    assert "Unrecognized attributes specified: pageSize" in unknown["text"]
    assert (stranger["raised"], stranger["text"][:9]) == ("ApiError", "HTTP 401:")
