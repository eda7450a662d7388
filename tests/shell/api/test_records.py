"""Records over real HTTP, one by one: every type created, read, updated and deleted, and every bad input."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copper_emulator import Emulator
from copper_emulator.core.model import EntityType, Kind
from tests.shell.api.client import BASE, Client, check_refused, common
from tests.shell.api.samples import SAMPLES, Sample, filled

TARGET = "https://my-app.example/hooks/copper"

each_type = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.plural)


@pytest.fixture
def client() -> Iterator[Client]:
    with Emulator(profile="developer-docs") as copper:
        yield Client(copper)


def made(client: Client, sample: Sample, **fields: Any) -> Any:
    """Create a record with the minimum that its type needs."""
    return client.ok("POST", f"/{sample.plural}", {**filled(client, sample.least), **fields})


def changes(client: Client) -> list[tuple[str, list[int], str]]:
    return [(str(change.topic), list(change.ids), change.origin) for change in client.copper.changes]


# --- what Copper documents ----------------------------------------------------------------------------------------


@each_type
def test_a_record_is_answered_with_200_whole_and_in_the_recorded_order(client: Client, sample: Sample) -> None:
    body = filled(client, sample.full)

    answer = client.call("POST", f"{BASE}/{sample.plural}", body)

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert list(answer.json) == sample.order
    assert {name: answer.json[name] for name in body} == body
    now = int(client.copper.now.timestamp())
    # An activity was last changed when it was done (recorded).
    assert (answer.json["date_created"], answer.json["date_modified"]) == (now, body.get("activity_date", now))
    assert client.ok("GET", f"/{sample.plural}/{answer.json['id']}") == answer.json


@each_type
def test_an_update_changes_the_given_fields_alone(client: Client, sample: Sample) -> None:
    before = client.ok("POST", f"/{sample.plural}", filled(client, sample.full))
    client.copper.advance(minutes=1)

    after = client.ok("PUT", f"/{sample.plural}/{before['id']}", {"details": "changed"})

    # An activity does not show when it was changed (developer docs, 2019).
    modified = before.get("activity_date", before["date_created"] + 60)
    assert after == {**before, "details": "changed", "date_modified": modified}
    assert client.ok("GET", f"/{sample.plural}/{before['id']}") == after


@each_type
def test_an_update_without_fields_or_without_a_body_changes_nothing(client: Client, sample: Sample) -> None:
    before = made(client, sample)
    nothing: tuple[Any, ...] = ({}, None, b"", b" ")
    for body in nothing:
        assert client.ok("PUT", f"/{sample.plural}/{before['id']}", body) == before
    assert len(client.copper.changes) <= 2


@each_type
def test_what_was_read_can_be_written_back_and_is_no_change(client: Client, sample: Sample) -> None:
    read = client.ok("POST", f"/{sample.plural}", filled(client, sample.full))
    happened = changes(client)

    answer = client.call("PUT", f"{BASE}/{sample.plural}/{read['id']}", read)

    assert (answer.status, answer.json) == (200, read)
    assert "Not writable and therefore ignored: id, " in answer.hint
    assert changes(client) == happened


@each_type
def test_a_deleted_record_is_answered_as_such_and_then_is_not_there(client: Client, sample: Sample) -> None:
    record_id = made(client, sample)["id"]
    path = f"{BASE}/{sample.plural}/{record_id}"

    answer = client.call("DELETE", path)

    assert (answer.status, answer.raw) == (200, b'{"id":%d,"is_deleted":true}' % record_id)
    if sample.kind == "activity_log":
        # "identical to the response returned by the delete method" (developer docs)
        assert client.call("GET", path).raw == answer.raw
    for method in ("GET", "PUT", "DELETE") if sample.kind != "activity_log" else ("PUT", "DELETE"):
        gone = client.call(method, path, {})
        assert (gone.status, gone.json) == (404, common(404, "Resource not found")), method
        assert gone.hint


@each_type
def test_every_path_of_a_record_works_with_a_trailing_slash(client: Client, sample: Sample) -> None:
    record = client.ok("POST", f"/{sample.plural}/", filled(client, sample.least))
    path = f"/{sample.plural}/{record['id']}/"
    assert client.ok("GET", path) == record
    assert client.ok("PUT", path, {}) == record
    assert client.ok("DELETE", path) == {"id": record["id"], "is_deleted": True}


@each_type
def test_every_write_is_a_change_of_origin_api_and_is_notified(client: Client, sample: Sample) -> None:
    body = filled(client, sample.least)
    ours = len(client.copper.changes)
    for event in ("new", "update", "delete"):
        client.copper.subscribe(sample.kind, event, target=TARGET)
    client.copper.route(TARGET, to=lambda request: None)

    record_id = client.ok("POST", f"/{sample.plural}", body)["id"]
    client.ok("PUT", f"/{sample.plural}/{record_id}", {"details": "changed"})
    client.ok("DELETE", f"/{sample.plural}/{record_id}")

    assert changes(client)[ours:] == [
        (f"{sample.kind}/{event}", [record_id], "api") for event in ("new", "update", "delete")
    ]
    sent = client.copper.settle()
    assert [delivery.body["ids"] for delivery in sent] == [[record_id]] * 3


def test_what_an_endpoint_writes_while_it_is_notified_is_an_echo(client: Client) -> None:
    """It can write, because no lock is held while a notification is in flight."""
    client.copper.subscribe("person", "new", target=TARGET)
    client.copper.subscribe("person", "update", target=TARGET)
    met: list[Any] = []

    def endpoint(request: Any) -> None:
        met.append(request)
        if len(met) == 1:
            client.ok("PUT", f"/people/{ada}", {"title": "Countess"})

    client.copper.route(TARGET, to=endpoint)
    ada = client.ok("POST", "/people", {"name": "Ada"})["id"]

    sent = client.copper.settle()

    assert [str(delivery.change.topic) for delivery in sent] == ["person/new", "person/update"]
    assert [(change.origin, change.cause) for change in client.copper.changes] == [
        ("api", None),
        ("api", sent[0].notification.serial),
    ]


@each_type
def test_an_account_sees_its_own_records_alone(client: Client, sample: Sample) -> None:
    record = made(client, sample)
    with Emulator() as other:
        answer = Client(other).call("GET", f"{BASE}/{sample.plural}/{record['id']}")
    assert answer.status == 404


def test_ids_are_counted_for_each_type(client: Client) -> None:
    """A lead and a person may have the same id (developer docs)."""
    first = {sample.plural: made(client, sample)["id"] for sample in SAMPLES}
    second = {sample.plural: made(client, sample)["id"] for sample in SAMPLES}
    assert all(second[plural] > first[plural] for plural in first)


# --- names that cannot be written ---------------------------------------------------------------------------------


def test_names_that_cannot_be_written_are_ignored_and_told_in_the_hint(client: Client) -> None:
    body = {"name": "Ada", "id": 17, "interaction_count": 5, "date_created": 1}

    answer = client.call("POST", f"{BASE}/people", body)

    assert answer.status == 200
    assert answer.json["id"] != 17
    assert answer.json["interaction_count"] == 0
    assert answer.hint == (
        "Not writable and therefore ignored: id, date_created, interaction_count (setting read_only_fields)."
    )


def test_a_persons_company_is_changed_through_related_items_alone(client: Client) -> None:
    company = client.ok("POST", "/companies", {"name": "Analytical Engines"})["id"]
    ada = client.ok("POST", "/people", {"name": "Ada"})

    answer = client.call("PUT", f"{BASE}/people/{ada['id']}", {"company_id": company, "company_name": "x"})

    assert (answer.status, answer.json) == (200, ada)
    assert "company_id, company_name" in answer.hint


def test_names_that_cannot_be_written_are_refused_where_that_is_set() -> None:
    with Emulator(read_only_fields="refuse") as copper:
        client = Client(copper)
        answer = client.call("POST", f"{BASE}/leads", {"name": "Ada", "id": 17})
        message = "Invalid input: Validation errors: Base: Unrecognized attributes specified: id"
        assert (answer.status, answer.json) == (422, common(422, message))
        assert answer.hint == "Not writable and therefore refused: id (setting read_only_fields)."


def test_an_answer_to_a_right_call_has_no_hint(client: Client) -> None:
    assert client.call("POST", f"{BASE}/leads", {"name": "Ada"}).hint == ""


# --- custom fields ------------------------------------------------------------------------------------------------


def dropdown(client: Client, available_on: list[str]) -> tuple[int, list[int]]:
    definition = client.ok(
        "POST",
        "/custom_field_definitions",
        {
            "name": "Fruit",
            "data_type": "MultiSelect",
            "available_on": available_on,
            "options": [{"name": "Apples"}, {"name": "Pears"}],
        },
    )
    return definition["id"], [option["id"] for option in definition["options"]]


@pytest.mark.parametrize("sample", SAMPLES[:-1], ids=lambda sample: sample.plural)
def test_computed_values_are_shown_to_those_who_ask(client: Client, sample: Sample) -> None:
    definition, (apples, pears) = dropdown(client, [sample.kind])
    record = made(client, sample, custom_fields=[{"custom_field_definition_id": definition, "value": [pears, apples]}])
    plain = {"custom_field_definition_id": definition, "value": [apples, pears]}
    path = f"/{sample.plural}/{record['id']}"

    assert record["custom_fields"] == [plain]
    assert client.ok("GET", path)["custom_fields"] == [plain]
    assert client.ok("GET", path + "?custom_field_computed_values=false")["custom_fields"] == [plain]
    asked = client.ok("GET", path + "?custom_field_computed_values=true")
    assert asked["custom_fields"] == [{**plain, "computed_value": ["Apples", "Pears"]}]
    assert client.ok("PUT", path, {"custom_fields": asked["custom_fields"]}) == record


# --- people by email ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/people/fetch_by_email", "/people/fetch_by_email/"])
def test_a_person_is_found_by_any_of_their_addresses_in_any_case(client: Client, path: str) -> None:
    emails = [{"email": "ada@example.com", "category": "work"}, {"email": "Lady@example.com", "category": "personal"}]
    ada = client.ok("POST", "/people", {"name": "Ada", "emails": emails})
    for email in ("ada@example.com", "ADA@EXAMPLE.COM", "lady@example.com", " ada@example.com "):
        assert client.ok("POST", path, {"email": email}) == ada


def test_an_address_that_nobody_has_is_answered_as_recorded(client: Client) -> None:
    before = client.state()
    answer = client.call("POST", f"{BASE}/people/fetch_by_email", {"email": "nobody@example.com"})
    check_refused(client, before, answer, 404, "Resource not found")
    assert "nobody@example.com" in answer.hint


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Email: can't be blank"),
        ({"email": ""}, "Email: can't be blank"),
        ({"email": None}, "Email: can't be blank"),
        ({"email": 17}, "Email: must be a string"),
        ({"email": "a@b.example", "name": "x"}, "Base: Unrecognized attributes specified: name"),
        ([], "Base: must be a JSON object"),
    ],
    ids=str,
)
def test_a_search_by_email_needs_one(client: Client, body: Any, message: str) -> None:
    before = client.state()
    answer = client.call("POST", f"{BASE}/people/fetch_by_email", body)
    check_refused(client, before, answer, 422, f"Invalid input: Validation errors: {message}")


# --- bad input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plural", "body", "message"),
    [
        ("leads", {}, "Name: can't be blank"),
        ("people", {"name": ""}, "Name: can't be blank"),
        ("companies", {"name": None, "url": 1}, "Base: Unrecognized attributes specified: url\nName: can't be blank"),
        (
            "people",
            {"name": "Ada", "company_id": "test"},
            "Company Id: Invalid value for Company Id: IDs must be positive integers: test",
        ),
        ("people", {"name": "Ada", "company_id": 17}, "Company Id: must exist"),
        ("opportunities", {"name": "x", "priority": "Highest"}, "Priority: is not included in the list"),
        ("tasks", {"name": "x", "tags": "a"}, None),
        ("activities", {"details": "x"}, "Parent: can't be blank\nType: can't be blank"),
        ("projects", [{"name": "x"}], "Base: must be a JSON object"),
        ("leads", 17, "Base: must be a JSON object"),
    ],
    ids=str,
)
def test_a_wrong_create_makes_nothing(client: Client, plural: str, body: Any, message: str | None) -> None:
    before = client.state()
    answer = client.call("POST", f"{BASE}/{plural}", body)
    message = message or answer.json["message"].removeprefix("Invalid input: Validation errors: ")
    check_refused(client, before, answer, 422, f"Invalid input: Validation errors: {message}")


@each_type
def test_a_wrong_update_changes_nothing(client: Client, sample: Sample) -> None:
    record = made(client, sample)
    before = client.state()
    answer = client.call("PUT", f"{BASE}/{sample.plural}/{record['id']}", {"details": "new", "nosuchfield": 1})
    message = "Invalid input: Validation errors: Base: Unrecognized attributes specified: nosuchfield"
    check_refused(client, before, answer, 422, message)


@each_type
def test_a_body_that_is_not_json_is_a_bad_request(client: Client, sample: Sample) -> None:
    record = made(client, sample)
    before = client.state()
    for body in (b"{", b"{'a': 1}", b"NaN", b"\xff", b'{"a":' * 100 + b"1" + b"}" * 100, b"\x00"):
        for method, path in (("POST", ""), ("PUT", f"/{record['id']}"), ("POST", "/search")):
            answer = client.call(method, f"{BASE}/{sample.plural}{path}", body)
            check_refused(client, before, answer, 400, "Bad Request")


@each_type
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_absurd_id_is_a_resource_that_is_not_there(client: Client, sample: Sample, method: str) -> None:
    before = client.state()
    for given_id in (
        "0",
        "-1",
        "1.5",
        "x",
        "%20",
        "9" * 5000,
        "%F0%9F%98%80",
        "1e3",
        "true",
        "17;x",
        "9223372036854775808",
    ):
        answer = client.call(method, f"{BASE}/{sample.plural}/{given_id}", {})
        check_refused(client, before, answer, 404, "Resource not found")


@pytest.mark.parametrize(
    ("method", "path", "knows"),
    [
        ("GET", "/people", "POST"),
        ("PUT", "/leads", "POST"),
        ("PATCH", "/companies/1", "DELETE, GET, HEAD, PUT"),
        ("POST", "/tasks/1", "DELETE, GET, HEAD, PUT"),
        ("POST", "/leads/upsert", "PUT"),
        ("GET", "/leads/1/convert", "POST"),
    ],
)
def test_another_method_gets_the_other_envelope_and_is_told_the_right_ones(
    client: Client, method: str, path: str, knows: str
) -> None:
    before = client.state()
    answer = client.call(method, BASE + path, {})
    assert (answer.status, answer.json) == (404, {"error": "not_found"})
    assert knows in answer.hint
    assert client.state() == before


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/developer_api/v1/peoples", "did you mean 'people'?"),
        ("/developer_api/v1/nonsense", "there are webhooks, leads, people, companies"),
        ("/developer_api/v1/people/1/nonsense", "people/{id}/related"),
        ("/developer_api/v1/field_layouts/by_entity/people", "field_layouts are not emulated"),
        ("/developer_api/v1/related_links?source_id=1", "related_links are not emulated"),
        ("/developer_api/v1/people/1/files", "files are not emulated"),
        ("/v1/people", "begin with /developer_api/v1"),
    ],
)
def test_an_unknown_path_is_told_what_there_is(client: Client, path: str, hint: str) -> None:
    answer = client.call("GET", path)
    assert (answer.status, answer.json) == (404, {"error": "not_found"})
    assert hint in answer.hint


def test_what_was_refused_stands_in_the_journal(client: Client) -> None:
    client.call("POST", f"{BASE}/people", {"name": ""})
    [text] = [entry.text for entry in client.copper.journal if entry.kind is Kind.REFUSED]
    assert text.startswith(f"POST {BASE}/people: 422 Invalid input: Validation errors: Name: can't be blank")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def writes(draw: st.DrawFn) -> tuple[Sample, str, bytes]:
    sample = draw(st.sampled_from(SAMPLES))
    names = st.sampled_from(sample.order) | st.text(max_size=8)
    body = draw(st.dictionaries(names, json_values, max_size=6) | json_values)
    return sample, draw(st.sampled_from(["POST", "PUT"])), json.dumps(body).encode()


@given(write=writes())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_is_a_500_or_half_applied(client: Client, write: tuple[Sample, str, bytes]) -> None:
    sample, method, body = write
    there = client.copper._tenant.account.records.of(EntityType(sample.kind))
    record_id = next(iter(there), None) or made(client, sample)["id"]
    before = client.state()
    path = f"{BASE}/{sample.plural}" + ("" if method == "POST" else f"/{record_id}")
    answer = client.call(method, path, body)
    assert answer.status in (200, 400, 404, 422)
    if answer.status != 200:
        assert client.state() == before
        assert (list(answer.json), answer.json["status"]) == (["success", "status", "message"], answer.status)
    else:
        assert list(answer.json) == sample.order
