"""tap-copper: a Singer tap, which reads whole streams, keeps a bookmark and retries."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest

from copper_emulator import Copper
from tests.clients.installation import python
from tests.clients.programs import DRIVERS, WRONG_TOKEN, Ended, run, told, watch

LOOKUPS = (
    "account",
    "contact_types",
    "custom_field_definitions",
    "customer_sources",
    "lead_statuses",
    "loss_reasons",
    "pipelines",
    "users",
)


def command() -> list[str]:
    return [python(), str(DRIVERS / "drive_tap_copper.py")]


def tap(copper: Copper, *streams: str, token: str | None = None, state: Any = None, page_size: int = 200) -> Ended:
    return run(
        command(),
        stdin=told(copper, streams, token=token, state=state or {}, page_size=page_size),
    )


def records(ended: Ended) -> dict[str, list[dict[str, Any]]]:
    """The records it wrote, by stream."""
    assert ended.status == 0, ended.err
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for message in messages(ended, "RECORD"):
        found[message["stream"]].append(message["record"])
    return found


def messages(ended: Ended, type: str) -> list[dict[str, Any]]:
    return [message for line in ended.out.splitlines() if (message := json.loads(line))["type"] == type]


def test_it_reads_the_account_and_what_records_refer_to(copper: Copper) -> None:
    read = records(tap(copper, *LOOKUPS))

    assert set(LOOKUPS) - set(read) <= {"custom_field_definitions"}
    assert [row["name"] for row in read["account"]] == [copper.lookups.account.name]
    assert [row["id"] for row in read["users"]] == [user.id for user in copper.lookups.users]


@pytest.mark.parametrize(("stream", "collection"), [("people", "people"), ("opportunities", "opportunities")])
def test_it_reads_451_records_until_a_page_is_short(copper: Copper, stream: str, collection: str) -> None:
    seeded = getattr(copper, collection).seed([{"name": f"Number {number:03}"} for number in range(451)])

    rows = records(tap(copper, stream))[stream]

    assert [len(rows), {row["id"] for row in rows}] == [451, {record.id for record in seeded}]


def test_of_other_streams_it_reads_the_first_page_only(copper: Copper) -> None:
    """A limit of the tap: it requests no second page of these."""
    copper.leads.seed([{"name": f"Number {number:03}"} for number in range(451)])

    assert len(records(tap(copper, "leads"))["leads"]) == 200


def test_it_reads_every_type_of_record(copper: Copper) -> None:
    ada = copper.people.create(name="Ada")
    made = {
        "people": ada,
        "leads": copper.leads.create(name="Bob"),
        "companies": copper.companies.create(name="Acme"),
        "projects": copper.projects.create(name="Move"),
        "tasks": copper.tasks.create(name="Call"),
        "opportunities": copper.opportunities.create(name="Deal", primary_contact_id=ada.id),
        "activities_search": copper.activities.create(
            parent={"type": "person", "id": ada.id}, type={"category": "user", "id": 0}, details="met"
        ),
    }

    read = records(tap(copper, *made))

    assert {stream: [row["id"] for row in rows] for stream, rows in read.items()} == {
        stream: [record.id] for stream, record in made.items()
    }


def test_from_its_bookmark_on_it_reads_only_what_was_modified_since(copper: Copper) -> None:
    people = copper.people.seed([{"name": f"Number {number}"} for number in range(5)])
    copper.advance(hours=1)
    copper.people.update(people[1], name="Ada")
    first = tap(copper, "people")
    *_, state = messages(first, "STATE")
    copper.advance(hours=1)
    copper.people.update(people[3], name="Bob")

    second = records(tap(copper, "people", state=state["value"]))

    assert len(records(first)["people"]) == 5
    assert {row["name"] for row in second["people"]} == {"Ada", "Bob"}


def test_its_discovery_may_see_every_stream(copper: Copper) -> None:
    ended = tap(copper, "account")

    assert ended.status == 0
    assert "Cannot access data" not in ended.err
    assert "Error testing authorization" not in ended.err


def test_a_wrong_token_ends_it_at_once(copper: Copper) -> None:
    ended = tap(copper, "people", token=WRONG_TOKEN)

    assert "Cannot access data for 'people'. Please check your credentials" in ended.err

    assert ended.status == 1
    assert "tap_copper.exceptions.CopperUnauthorizedError: HTTP-error-code: 401, Error: Unauthorized" in ended.err
    assert messages(ended, "RECORD") == []


@pytest.mark.copper(api_limits="3/1m")
def test_over_the_limit_it_waits_and_loses_nothing(copper: Copper) -> None:
    """Five pages, three calls a minute: whenever it says that it backs off, a minute of virtual time passes."""
    seeded = copper.people.seed([{"name": f"Number {number:03}"} for number in range(90)])
    backed_off: list[str] = []

    def let_a_minute_pass(line: str) -> None:
        if "Backing off" in line and "CopperRateLimitError" in line:
            copper.advance(minutes=1)
            backed_off.append(line)

    ended = watch(command(), stdin=told(copper, ["people"], state={}, page_size=20), on_line=let_a_minute_pass)

    assert {row["id"] for row in records(ended)["people"]} == {record.id for record in seeded}
    assert backed_off
