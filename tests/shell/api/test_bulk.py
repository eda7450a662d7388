"""Several records in one call: the documented calls, their limit, and errors in their places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from copper_emulator import Emulator
from copper_emulator.core.model import Kind
from tests.shell.api.client import BASE, Client, check_refused
from tests.shell.api.samples import SAMPLES, Sample, filled

CREATED = [each for each in SAMPLES if each.plural in ("leads", "people", "companies", "opportunities", "activities")]
UPDATED = [each for each in SAMPLES if each.plural in ("leads", "people", "companies")]

created = pytest.mark.parametrize("sample", CREATED, ids=lambda sample: sample.plural)
updated = pytest.mark.parametrize("sample", UPDATED, ids=lambda sample: sample.plural)
slashes = pytest.mark.parametrize("slash", ["", "/"])


@pytest.fixture
def client() -> Iterator[Client]:
    with Emulator() as copper:
        yield Client(copper)


def told(client: Client) -> list[tuple[str, list[int], str]]:
    return [(str(change.topic), list(change.ids), change.origin) for change in client.copper.changes]


@slashes
@created
def test_new_records_are_answered_whole_in_order_and_told_as_one_change(
    client: Client, sample: Sample, slash: str
) -> None:
    bodies = [{**filled(client, sample.least), "details": f"Number {number}"} for number in range(10)]
    before = len(client.copper.changes)

    answer = client.ok("POST", f"/{sample.plural}/bulk_create{slash}", {sample.plural: bodies})

    assert [each["details"] for each in answer] == [body["details"] for body in bodies]
    assert {tuple(each) for each in answer} == {tuple(sample.order)}
    assert [client.ok("GET", f"/{sample.plural}/{each['id']}") for each in answer] == answer
    ids = [each["id"] for each in answer]
    assert told(client)[before:] == [(f"{sample.kind}/new", ids, "api")]


@slashes
@updated
def test_changed_records_are_answered_whole_in_order(client: Client, sample: Sample, slash: str) -> None:
    there = client.ok("POST", f"/{sample.plural}/bulk_create", {sample.plural: [sample.least] * 3})
    before = len(client.copper.changes)
    bodies = [{"id": each["id"], "details": text} for each, text in zip(there, ("same", "other", "same"), strict=True)]

    answer = client.ok("POST", f"/{sample.plural}/bulk_update{slash}", {sample.plural: bodies})

    assert answer == [{**each, "details": body["details"]} for each, body in zip(there, bodies, strict=True)]
    first, second, third = (each["id"] for each in there)
    update = f"{sample.kind}/update"
    assert told(client)[before:] == [(update, [first, third], "api"), (update, [second], "api")]


@created
def test_what_is_wrong_has_its_error_in_its_place_and_the_rest_is_made(client: Client, sample: Sample) -> None:
    good = filled(client, sample.least)
    before = len(client.copper.changes)

    answer = client.ok("POST", f"/{sample.plural}/bulk_create", {sample.plural: [good, {**good, "x": 1}, 17, good]})

    assert [set(each) >= {"success", "message"} for each in answer] == [False, True, True, False]
    assert "id" not in answer[1]
    assert told(client)[before:] == [(f"{sample.kind}/new", [answer[0]["id"], answer[3]["id"]], "api")]


@updated
def test_an_error_of_an_update_names_the_record(client: Client, sample: Sample) -> None:
    """As documented: {"success":false,"message":{"name":[{"error":...}]},"id":12345}."""
    record = client.ok("POST", f"/{sample.plural}", sample.least)
    happened = told(client)

    answer = client.ok(
        "POST", f"/{sample.plural}/bulk_update", {sample.plural: [{"id": record["id"], "name": ""}, {"id": 17}, {}]}
    )

    name = {"success": False, "message": {"name": [{"error": "blank"}]}, "id": record["id"]}
    missing = {"success": False, "message": {"base": [{"error": "not_found"}]}, "id": 17}
    nameless = {"success": False, "message": {"id": [{"error": "blank"}]}}
    assert answer == [name, missing, nameless]
    assert list(answer[0]) == ["success", "message", "id"]
    assert client.ok("GET", f"/{sample.plural}/{record['id']}") == record
    assert told(client) == happened


CALLS = [(each.plural, "bulk_create") for each in CREATED] + [(each.plural, "bulk_update") for each in UPDATED]
calls = pytest.mark.parametrize(("plural", "call"), CALLS)


@calls
def test_more_than_ten_are_refused_with_the_documented_body(client: Client, plural: str, call: str) -> None:
    before = client.state()
    answer = client.call("POST", f"{BASE}/{plural}/{call}", {plural: [{"name": "x"}] * 11})
    assert (answer.status, answer.raw) == (422, b'{"error":"Request size too large, limit is 10"}')
    assert answer.hint == "There are 11; send at most 10 at a time."
    assert client.state() == before


@calls
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "{plural}: can't be blank"),
        ({"{name}": None}, "{plural}: is invalid"),
        ({"{name}": {"name": "x"}}, "{plural}: is invalid"),
        ({"records": []}, "Base: Unrecognized attributes specified: records\n{plural}: can't be blank"),
        ([{"name": "x"}], "Base: must be a JSON object"),
    ],
    ids=str,
)
def test_the_items_stand_in_a_list_under_the_plural(
    client: Client, plural: str, call: str, body: Any, message: str
) -> None:
    sent = {name.replace("{name}", plural): value for name, value in body.items()} if isinstance(body, dict) else body
    before = client.state()
    answer = client.call("POST", f"{BASE}/{plural}/{call}", sent)
    text = message.replace("{plural}", plural.title())
    check_refused(client, before, answer, 422, f"Invalid input: Validation errors: {text}")


@calls
def test_no_items_are_no_error(client: Client, plural: str, call: str) -> None:
    before = client.state()
    assert client.ok("POST", f"/{plural}/{call}", {plural: []}) == []
    assert client.state() == before


@pytest.mark.parametrize(
    "path",
    ["/projects/bulk_create", "/tasks/bulk_create", "/opportunities/bulk_update", "/activities/bulk_update"],
)
def test_other_types_have_no_bulk_calls(client: Client, path: str) -> None:
    answer = client.call("POST", BASE + path, {})
    assert (answer.status, answer.json) == (404, {"error": "not_found"})


# --- what is told beside the answer -----------------------------------------------------------------------


def refusals(client: Client) -> list[str]:
    return [entry.text for entry in client.copper.journal if entry.kind is Kind.REFUSED]


def test_each_refused_item_is_in_the_journal_and_its_hint_in_the_header(client: Client) -> None:
    bodies = [{"name": "Ada"}, {"name": ""}, {"name": "Bob", "emails": 5}, {"name": "Cy", "colour": 1}]

    answer = client.call("POST", f"{BASE}/people/bulk_create", {"people": bodies})

    blank, emails, colour = refusals(client)
    assert blank == "people/bulk_create item 2: Name: can't be blank"
    assert emails.startswith("people/bulk_create item 3: Emails: ")
    assert colour.startswith(
        "people/bulk_create item 4: Base: Unrecognized attributes specified: colour; There is no "
        "attribute 'colour' here"
    )
    assert "the attributes are name, " in answer.hint


def test_a_record_that_is_not_there_is_told_too_and_the_same_hint_once(client: Client) -> None:
    answer = client.call("POST", f"{BASE}/people/bulk_update", {"people": [{"id": 17}, {"id": 17}]})

    assert answer.hint.count("There is no person 17.") == 1
    assert [text.split(";")[0] for text in refusals(client)] == [
        f"people/bulk_update item {number}: Resource not found" for number in (1, 2)
    ]


def test_an_id_that_was_sent_as_text_is_said_to_be_one(client: Client) -> None:
    answer = client.call("POST", f"{BASE}/people/bulk_update", {"people": [{"id": "17", "title": "x"}]})

    assert answer.json == [
        {"success": False, "message": {"id": [{"error": "Invalid value for Id: IDs must be positive integers: 17"}]}}
    ]
    assert answer.hint == "Send 17 as a number, without quotes."


def test_names_that_cannot_be_written_are_told_in_the_hint(client: Client) -> None:
    bodies = [{"name": "Ada", "id": 17}, {"name": "Bob", "interaction_count": 3}]

    made = client.call("POST", f"{BASE}/people/bulk_create", {"people": bodies})
    ids = [each["id"] for each in made.json]
    changed = client.call("POST", f"{BASE}/people/bulk_update", {"people": [{"id": ids[0], "company_id": 5}]})

    assert made.hint == "Not writable and therefore ignored: id, interaction_count (setting read_only_fields)."
    assert changed.hint == "Not writable and therefore ignored: company_id (setting read_only_fields)."
    assert refusals(client) == []
