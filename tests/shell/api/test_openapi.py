"""The description of the API is valid, complete and true: its paths are the application's, its schemas the answers'."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from copper_emulator import Copper, Emulator
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.tables import TABLES
from copper_emulator.openapi import describe
from copper_emulator.shell.api.calls import BASE
from copper_emulator.shell.app import MAX_BODY, make_api
from copper_emulator.shell.host import Host
from tests.cli.processes import run
from tests.shell.api.client import Answer, Client
from tests.shell.api.samples import SAMPLES, Sample, filled
from tests.shell.served import serving

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema holds answers against their schemas")

DOCUMENT = describe()
TARGET = "https://my-app.example/hooks/copper"
STATUSES = {"200", "400", "401", "404", "413", "422", "429"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every call."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


OPERATIONS = {operation["operationId"]: (method, path, operation) for method, path, operation in operations()}

each_operation = pytest.mark.parametrize("name", OPERATIONS)


def resolved(described: dict[str, Any]) -> dict[str, Any]:
    """What a reference to a component stands for."""
    while "$ref" in described:
        found: Any = DOCUMENT
        for part in described["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        described = found
    return described


def check(value: Any, schema: Mapping[str, Any]) -> None:
    """Hold a value against a schema of the document."""
    validator = jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]})
    found = jsonschema.exceptions.best_match(validator.iter_errors(value))
    assert found is None, f"{found.json_path}: {found.message}"


def check_answer(name: str, answer: Answer) -> None:
    """Hold an answer against what is described for it: status, type of content, schema, headers."""
    response = resolved(OPERATIONS[name][2]["responses"][str(answer.status)])
    assert answer.headers.get_content_type() in response["content"]
    check(answer.json, response["content"]["application/json"]["schema"])
    for header, described in response["headers"].items():
        if resolved(described).get("required"):
            assert answer.headers[header], header


class Checked(Client):
    """A client that calls operations by name, and holds what is sent and answered against their description."""

    def __init__(self, copper: Copper) -> None:
        super().__init__(copper)
        self.called: set[str] = set()

    def do(self, name: str, body: Any = None, *, query: str = "", **parts: Any) -> Any:
        """An operation that must work."""
        method, path, operation = OPERATIONS[name]
        if body is not None:
            check(body, operation["requestBody"]["content"]["application/json"]["schema"])
        answer = self.call(method, BASE + path.format(**parts) + query, body)
        assert answer.status == 200, (name, answer.status, answer.raw)
        check_answer(name, answer)
        self.called.add(name)
        return answer.json


@pytest.fixture
def client() -> Iterator[Checked]:
    with Emulator(profile="developer-docs", strict=False) as copper:
        yield Checked(copper)


# --- the document itself --------------------------------------------------------------------------------------------


def test_the_document_is_valid_openapi() -> None:
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis knows the schema of OpenAPI 3.1")
    schemathesis.openapi.from_dict(DOCUMENT).validate()


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_every_schema_is_valid_and_is_referred_to(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(DOCUMENT["components"]["schemas"][name])
    assert f'"#/components/schemas/{name}"' in json.dumps(DOCUMENT)


def test_every_reference_leads_somewhere() -> None:
    for name in set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(DOCUMENT))):
        assert resolved({"$ref": name})


def test_every_operation_has_a_name_of_its_own_and_documents_what_may_happen() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]

    assert len(set(names)) == len(names)
    for _, path, operation in operations():
        assert {"200", "400", "401", "413", "429"} <= set(operation["responses"]) <= STATUSES, path


@pytest.mark.parametrize("kind", EntityType)
def test_a_record_has_the_fields_of_its_table_and_no_others(kind: EntityType) -> None:
    schema = DOCUMENT["components"]["schemas"][TABLES[kind].noun.title()]

    assert list(schema["properties"]) == ["id", *(field.name for field in TABLES[kind])]
    assert schema["required"] == list(schema["properties"])
    assert schema["additionalProperties"] is False


# --- the same paths as the application's ----------------------------------------------------------------------------


def routed() -> set[tuple[str, str]]:
    """Method and path of every route of the API, each with and without a trailing slash."""
    app = make_api(Host())
    routes = ((route.method, route.resource.canonical) for route in app.router.routes() if route.resource is not None)
    # aiohttp adds HEAD to some GETs by itself.
    return {(method, path.removeprefix(BASE)) for method, path in routes if path.startswith(BASE) and method != "HEAD"}


def test_every_route_is_described_and_everything_described_is_routed() -> None:
    described = {(method, path) for method, path, _ in operations()}

    assert {(method, path) for method, path in routed() if not path.endswith("/")} == described


def test_every_path_is_routed_with_a_trailing_slash_too() -> None:
    described = {(method, path + "/") for method, path, _ in operations()}

    assert {(method, path) for method, path in routed() if path.endswith("/")} == described


# --- what is answered when all is right -----------------------------------------------------------------------------


def try_records(client: Checked, sample: Sample) -> None:
    """Every operation that each type has."""
    noun, plural = TABLES[EntityType(sample.kind)].noun, sample.plural
    least = client.do(f"create_{noun}", filled(client, sample.least))
    made = client.do(f"create_{noun}", filled(client, sample.full))
    client.do(f"view_{noun}", id=made["id"])
    client.do(f"update_{noun}", {**made, "details": "changed"}, id=made["id"])
    client.do(f"update_{noun}", {}, id=made["id"])
    assert len(client.do(f"search_{plural}", {"page_size": 200})) >= 2
    if sample.kind != "activity_log":
        client.do(f"view_{noun}", id=made["id"], query="?custom_field_computed_values=true")
        client.do(f"search_{plural}", {"name": made["name"]}, query="?custom_field_computed_values=true")
        note = {"parent": {"type": sample.kind, "id": made["id"]}, "type": {"category": "user", "id": 0}}
        client.ok("POST", "/activities", {**note, "details": "A note"})
        assert client.do(f"search_activities_of_{noun}", {}, id=made["id"])
    assert client.do(f"delete_{noun}", id=least["id"])["is_deleted"]
    if sample.kind == "activity_log":
        assert client.do("view_activity", id=least["id"])["is_deleted"]


def try_bulk(client: Checked, sample: Sample) -> None:
    if f"bulk_create_{sample.plural}" in OPERATIONS:
        made = client.do(f"bulk_create_{sample.plural}", {sample.plural: [filled(client, sample.least)]})
        # What is wrong with one of them stands in its place.
        answer = client.call("POST", f"{BASE}/{sample.plural}/bulk_create", {sample.plural: [{"details": 7}]})
        check_answer(f"bulk_create_{sample.plural}", answer)
        assert answer.json[0]["success"] is False
    if f"bulk_update_{sample.plural}" in OPERATIONS:
        changes = [{"id": made[0]["id"], "details": "changed"}, {"id": 17, "details": "nobody"}]
        client.do(f"bulk_update_{sample.plural}", {sample.plural: changes})


RELATIONS = {
    "lead": "task",
    "person": "company",
    "company": "person",
    "opportunity": "company",
    "project": "person",
    "task": "lead",
}


def try_relations(client: Checked, kind: str, other: str) -> None:
    plural, other_plural = TABLES[EntityType(kind)].plural, TABLES[EntityType(other)].plural
    one = client.ok("POST", f"/{plural}", {"name": "One"})["id"]
    two = client.ok("POST", f"/{other_plural}", {"name": "Two"})["id"]
    body = {"resource": {"id": two, "type": other}}
    client.do(f"relate_{kind}", body, id=one)
    assert client.do(f"view_related_of_{kind}", id=one) == [body["resource"]]
    assert client.do(f"view_related_of_{kind}_by_type", id=one, plural=other_plural) == [body["resource"]]
    client.do(f"unrelate_{kind}", body, id=one)


def try_leads_and_people(client: Checked) -> None:
    lead = client.ok("POST", "/leads", {"name": "Ada", "email": {"email": "ada@lead.example"}})
    match = {"field_name": "email", "field_value": "ada@lead.example"}
    assert client.do("upsert_lead", {"properties": {"name": "Ada L"}, "match": match})["id"] == lead["id"]
    became = client.do("convert_lead", {"details": {"opportunity": {"name": "Engine"}}}, id=lead["id"])
    assert set(became) == {"person", "company", "opportunity"}
    bare = client.ok("POST", "/leads", {"name": "Bob"})
    client.do("convert_lead", {"details": {"company": {"name": ""}}}, id=bare["id"])
    assert client.do("fetch_person_by_email", {"email": "ada@lead.example"})["id"] == became["person"]["id"]


LISTS = (
    "lead_statuses",
    "customer_sources",
    "loss_reasons",
    "contact_types",
    "pipelines",
    "users",
    "pipeline_stages",
    "activity_types",
    "tags",
    "custom_field_definitions",
    "custom_activity_types",
)


def try_lookups(client: Checked) -> None:
    client.do("view_account")
    for name in LISTS:
        assert client.do(f"list_{name}")
    assert client.do("list_tags", query="?tag_names_only=true")
    client.do("view_user", id="me")
    client.do("search_users", {})
    client.do("search_pipeline_stages", {"page_size": 3})
    client.do("list_stages_of_pipeline", id=client.ok("GET", "/pipelines")[0]["id"])
    made = client.do("create_custom_activity_type", {"name": "Visit", "icon_type": "Room"})
    client.do("view_custom_activity_type", id=made["id"])
    client.do("update_custom_activity_type", {"is_disabled": True}, id=made["id"])


def try_definitions(client: Checked) -> list[dict[str, Any]]:
    """Custom fields of each data type, on every type."""
    types = DOCUMENT["components"]["schemas"]["CustomFieldDefinitionCreate"]["properties"]["data_type"]["enum"]
    made = []
    for data_type in types:
        body = {"name": data_type, "data_type": data_type, "available_on": list(RELATIONS)}
        if data_type in ("Dropdown", "MultiSelect"):
            body["options"] = [{"name": "Apples"}, {"name": "Pears"}]
        if data_type == "Currency":
            body["currency"] = "USD"
        made.append(client.do("create_custom_field_definition", body))
    client.do("view_custom_field_definition", id=made[0]["id"])
    client.do("update_custom_field_definition", {"name": "Another"}, id=made[0]["id"])
    spare = client.ok("POST", "/custom_field_definitions", {"name": "Spare", "data_type": "URL"})
    client.do("delete_custom_field_definition", id=spare["id"])
    return made


def try_webhooks(client: Checked) -> None:
    client.do("create_subscription", {"target": TARGET, "type": "person", "event": "new"})
    extras = {"secret": {"key": "s3cret"}, "headers": {"X-Key": "s3cret"}, "custom_field_computed_values": True}
    made = client.do("create_subscription", {"target": TARGET, "type": "lead", "event": "update", **extras})
    client.do("view_subscription", id=made["id"])
    client.do("update_subscription", {"secret": None}, id=made["id"])
    assert len(client.do("list_subscriptions")) == 2
    client.do("delete_subscription", id=made["id"])


def value_for(definition: Mapping[str, Any]) -> Any:
    """A value that a custom field may have."""
    data_type = definition["data_type"]
    if data_type in ("Dropdown", "MultiSelect"):
        option = definition["options"][0]["id"]
        return option if data_type == "Dropdown" else [option]
    values = {"Checkbox": True, "Date": 1_496_799_000, "Float": 1.5, "Currency": 10, "Percentage": 50}
    return values.get(data_type, "text")


def test_every_operation_answers_as_it_is_described_to_requests_as_they_are_described(client: Checked) -> None:
    definitions = try_definitions(client)
    values = [{"custom_field_definition_id": each["id"], "value": value_for(each)} for each in definitions]
    for sample in SAMPLES:
        try_records(client, sample)
        try_bulk(client, sample)
        if sample.kind != "activity_log":
            client.do(f"create_{sample.kind}", {**filled(client, sample.least), "custom_fields": values})
            client.do(f"search_{sample.plural}", {}, query="?custom_field_computed_values=true")
    for kind, other in RELATIONS.items():
        try_relations(client, kind, other)
    try_leads_and_people(client)
    try_lookups(client)
    try_webhooks(client)

    assert client.called == set(OPERATIONS)


# --- what is answered otherwise -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stranger() -> Iterator[Client]:
    """A client whose every call is refused: all of them leave its account as it is."""
    with Emulator(strict=False) as copper:
        yield Client(copper)


def call(client: Client, name: str, body: Any = None, **more: Any) -> Answer:
    """An operation for something that is not there, which must be answered as described."""
    method, path, _ = OPERATIONS[name]
    answer = client.call(method, BASE + path.format(id=17, plural="people"), body, **more)
    check_answer(name, answer)
    return answer


WITH_A_PATH = [name for name, (_, path, _) in OPERATIONS.items() if "{" in path]
WITH_A_BODY = [name for name, (_, _, operation) in OPERATIONS.items() if "requestBody" in operation]
READING = [name for name, (_, path, _) in OPERATIONS.items() if name in WITH_A_BODY or not path.startswith("/webhooks")]
"""Those that receive a body even where they do not look at it."""


@each_operation
def test_a_caller_without_credentials_is_answered_as_described(stranger: Client, name: str) -> None:
    assert call(stranger, name, headers={}).status == 401


@pytest.mark.parametrize("name", READING)
def test_too_large_a_body_is_answered_as_described(stranger: Client, name: str) -> None:
    assert call(stranger, name, b" " * (MAX_BODY + 1)).status == 413


@pytest.mark.parametrize("name", WITH_A_PATH)
def test_what_is_not_there_is_answered_as_described(stranger: Client, name: str) -> None:
    body = {"resource": {"id": 17, "type": "person"}} if "relate_" in name else {}
    assert call(stranger, name, body).status == 404


@pytest.mark.parametrize("name", WITH_A_BODY)
def test_a_body_that_is_no_json_is_answered_as_described(stranger: Client, name: str) -> None:
    assert call(stranger, name, b"{").status == 400


@pytest.mark.parametrize("name", [name for name in WITH_A_BODY if name not in WITH_A_PATH])
def test_a_body_that_is_no_object_is_answered_as_described(stranger: Client, name: str) -> None:
    assert call(stranger, name, []).status == 422


@pytest.fixture(scope="module")
def used_up() -> Iterator[Client]:
    """A client that may not call any more."""
    with Emulator(api_limits="1/1h", strict=False) as copper:
        client = Client(copper)
        client.ok("GET", "/account")
        yield client


@each_operation
def test_over_a_limit_of_calls_is_answered_as_described(used_up: Client, name: str) -> None:
    assert call(used_up, name).status == 429


def test_too_many_items_of_a_bulk_call_are_answered_as_described(client: Checked) -> None:
    answer = client.call("POST", f"{BASE}/people/bulk_create", {"people": [{"name": "Ada"}] * 11})
    assert (answer.status, list(answer.json)) == (422, ["error"])
    check_answer("bulk_create_people", answer)


# --- where it is ----------------------------------------------------------------------------------------------------


def test_the_server_of_tests_has_the_description_for_everybody(client: Checked) -> None:
    answer = client.call("GET", "/_emulator/developer_api.json", headers={})

    assert (answer.status, answer.json) == (200, DOCUMENT)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.asyncio
async def test_the_standalone_server_has_it_too() -> None:
    async with serving() as served, served.session.get(f"{served.server.url}/_emulator/developer_api.json") as answer:
        assert (answer.status, await answer.json()) == (200, DOCUMENT)


def test_the_command_prints_it() -> None:
    code, out, err = run("openapi")

    assert (code, json.loads(out), err) == (0, DOCUMENT, "")
