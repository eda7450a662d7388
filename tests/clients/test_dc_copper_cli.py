"""dc-copper-cli: the `copper` command, and the client class behind it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from copper_emulator import Copper, Endpoint
from tests.clients.installation import python
from tests.clients.programs import DRIVERS, WRONG_TOKEN, Ended, run, told


def command(copper: Copper, *words: str, body: Any = None) -> Ended:
    """Run `copper --json -q WORDS`, with a body for `--from-json -` on stdin."""
    return run(
        [python(), str(DRIVERS / "drive_dc_copper_cli.py"), copper.api_url, "--json", "-q", "--no-input", *words],
        stdin="" if body is None else json.dumps(body),
        env={"COPPER_API_KEY": copper.token, "COPPER_EMAIL": copper.email},
    )


def client(copper: Copper, *acts: Any, token: str | None = None) -> list[dict[str, Any]]:
    """What the client class returns or reports: {"ok": answer} or {"exit_code": ..., "text": ...}."""
    ended = run([python(), str(DRIVERS / "drive_dc_copper_client.py")], stdin=told(copper, acts, token=token))
    found: list[dict[str, Any]] = ended.json
    return found


def subscribe(copper: Copper, endpoint: Endpoint, type: str) -> None:
    for event in ("new", "update", "delete"):
        copper.subscribe(type, event, target=endpoint.url)


def test_it_sees_whose_key_it_has(copper: Copper) -> None:
    assert command(copper, "auth").json == {
        "authenticated": True,
        "account": copper.lookups.account.name,
        "email": copper.email,
    }


def test_it_reads_custom_fields(copper: Copper) -> None:
    color = copper.lookups.custom_field_definitions.add(
        name="Color", data_type="Dropdown", available_on=["person"], options=[{"name": "red"}, {"name": "blue"}]
    )

    [listed] = command(copper, "field", "list").json

    assert (listed["name"], listed["data_type"], listed["available_on"]) == ("Color", "Dropdown", ["person"])
    assert command(copper, "field", "get", str(color.id)).json == listed


def test_it_reads_one_record(copper: Copper) -> None:
    copper.people.create(name="Bob")
    ada = copper.people.create(name="Ada", emails=[{"email": "ada@example.com", "category": "work"}])

    read = command(copper, "person", "get", str(ada.id)).json

    assert (read["id"], read["name"], read["emails"]) == (
        ada.id,
        "Ada",
        [{"email": "ada@example.com", "category": "work"}],
    )


@pytest.mark.parametrize(
    ("noun", "collection"),
    [("lead", "leads"), ("person", "people"), ("company", "companies"), ("opportunity", "opportunities")],
)
def test_it_lists_all_of_451_records_in_three_pages(copper: Copper, noun: str, collection: str) -> None:
    seeded = getattr(copper, collection).seed([{"name": f"Number {number:03}"} for number in range(451)])

    found = command(copper, noun, "list", "--all", "--limit", "200", "--sort", "name", "--order", "asc").json

    assert [row["id"] for row in found] == [record.id for record in seeded]


def test_the_third_page_of_200_has_the_rest_and_the_fourth_nothing(copper: Copper) -> None:
    copper.people.seed([{"name": f"Number {number:03}"} for number in range(451)])

    pages = [command(copper, "person", "list", "--limit", "200", "--page", page).json for page in ("3", "4")]

    assert [len(page) for page in pages] == [51, 0]


def test_a_filter_finds_the_record_it_names(copper: Copper) -> None:
    copper.opportunities.seed([{"name": f"Deal {number}"} for number in range(20)])

    [found] = command(copper, "opportunity", "list", "-f", "name=Deal 7").json

    assert found["name"] == "Deal 7"


def test_each_write_is_notified_once_with_what_changed(copper: Copper, copper_endpoint: Endpoint) -> None:
    subscribe(copper, copper_endpoint, "lead")
    sent = {"name": "Ada", "email": {"email": "ada@example.com", "category": "work"}, "tags": ["one"]}

    made = command(copper, "lead", "create", "--from-json", "-", body=sent).json
    copper.expect("lead", "new", ids=[made["id"]], status=200, count=1)

    changed = command(copper, "lead", "update", str(made["id"]), "--from-json", "-", body={"details": "met"}).json
    assert (changed["details"], changed["tags"]) == ("met", ["one"])
    copper.expect("lead", "update", ids=[made["id"]], updated_attributes={"details": (None, "met")}, count=1)

    command(copper, "lead", "delete", str(made["id"]), "--force")
    copper.expect("lead", "delete", ids=[made["id"]], count=1)
    copper.expect_none()


def test_a_person_made_with_flags_has_what_the_flags_say(copper: Copper, copper_endpoint: Endpoint) -> None:
    subscribe(copper, copper_endpoint, "person")

    made = command(
        copper, "person", "create", "--name", "Ada", "--email", "ada@example.com", "--phone", "415-555-0199"
    ).json

    copper.expect("person", "new", ids=[made["id"]], count=1)
    ada = copper.people.get(made["id"])
    assert ada.emails == [{"email": "ada@example.com", "category": "work"}]
    assert ada.phone_numbers == [{"number": "415-555-0199", "category": "work"}]


def test_what_copper_does_not_know_is_refused_and_changes_nothing(copper: Copper, copper_endpoint: Endpoint) -> None:
    """`--phone` sends `phone`, which no record has; and the command's own error printing fails."""
    ada = copper.people.create(name="Ada")
    subscribe(copper, copper_endpoint, "person")

    ended = command(copper, "person", "update", str(ada.id), "--phone", "415-555-0199")

    assert ended.status == 1
    assert "Console.print() got an unexpected keyword argument 'err'" in ended.err
    assert copper.people.get(ada) == ada
    copper.expect_none()


def test_each_error_has_the_clients_own_exit_code(copper: Copper) -> None:
    blank, unknown, missing = client(
        copper,
        ["post", "/leads", {"name": ""}],
        ["post", "/people/search", {"pageSize": 5}],
        ["get", "/people/999999999"],
    )
    [stranger] = client(copper, ["get", "/account"], token=WRONG_TOKEN)

    assert (blank["exit_code"], unknown["exit_code"]) == (2, 2)
    assert "Invalid input: Validation errors: Name: can't be blank" in blank["text"]
    assert "Base: Unrecognized attributes specified: pageSize" in unknown["text"]
    assert missing == {"exit_code": 4, "text": "Resource not found"}
    assert stranger == {"exit_code": 3, "text": "Authentication failed"}


@pytest.mark.copper(api_limits="2/1m")
def test_a_call_over_the_limit_has_an_exit_code_of_its_own(copper: Copper) -> None:
    first, second, third = client(copper, *[["get", "/account"]] * 3)

    assert "ok" in first
    assert "ok" in second
    assert third["exit_code"] == 5

    copper.advance(minutes=1)
    [later] = client(copper, ["get", "/account"])
    assert "ok" in later
