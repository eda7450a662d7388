"""The API's description is complete and correct: its paths are the application's, its schemas those of the answers.

That it is valid OpenAPI is checked where schemathesis reads it (`trying.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("jsonschema", reason="jsonschema holds answers against their schemas")

from jsonschema import Draft202012Validator

from copper_emulator import Emulator
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.tables import TABLES
from copper_emulator.shell.api.app import make_api
from copper_emulator.shell.host import Host
from copper_emulator.shell.listening import MAX_BODY
from tests.cli.processes import run
from tests.shell.api.client import BASE, Answer, Client
from tests.shell.api.described import DOCUMENT, OPERATIONS, check_answer, operations, resolved
from tests.shell.served import serving

NAME_LEADS = {
    *("create_task", "create_activity", "bulk_create_activities"),
    *(f"relate_{noun}" for noun in ("person", "company", "opportunity", "project", "task")),
}
"""Operations whose body may name a lead."""

STATUSES = {"200", "400", "401", "403", "404", "413", "422", "429"}

each_operation = pytest.mark.parametrize("name", OPERATIONS)


# --- the document itself --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_every_schema_is_valid_and_is_referred_to(name: str) -> None:
    Draft202012Validator.check_schema(DOCUMENT["components"]["schemas"][name])
    assert f'"#/components/schemas/{name}"' in json.dumps(DOCUMENT)


def test_every_reference_leads_somewhere() -> None:
    for name in set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(DOCUMENT))):
        assert resolved({"$ref": name})


def test_every_operation_has_a_name_of_its_own_and_documents_what_may_happen() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]

    assert len(set(names)) == len(names)
    for _, path, operation in operations():
        assert {"200", "400", "401", "413", "429"} <= set(operation["responses"]) <= STATUSES, path
        of_leads = path.split("/")[1] in ("leads", "lead_statuses")
        assert ("403" in operation["responses"]) is (of_leads or operation["operationId"] in NAME_LEADS), path


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


# --- what is answered otherwise -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stranger() -> Iterator[Client]:
    """A client whose every call is refused, so that all of them leave its account unchanged."""
    with Emulator(strict=False) as copper:
        yield Client(copper)


def call(client: Client, name: str, body: Any = None, **more: Any) -> Answer:
    """Call an operation on something that does not exist, which must be answered as described."""
    method, path, _ = OPERATIONS[name]
    answer = client.call(method, BASE + path.format(id=17, plural="people"), body, **more)
    check_answer(name, answer)
    return answer


WITH_A_PATH = [name for name, (_, path, _) in OPERATIONS.items() if "{" in path]
WITH_A_BODY = [name for name, (_, _, operation) in OPERATIONS.items() if "requestBody" in operation]
READING = [name for name, (_, path, _) in OPERATIONS.items() if name in WITH_A_BODY or not path.startswith("/webhooks")]
"""Operations that receive a body even if they do not use it."""


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
    """A client that may not make any more calls."""
    with Emulator(api_limits="1/1h", strict=False) as copper:
        client = Client(copper)
        client.ok("GET", "/account")
        yield client


@each_operation
def test_over_a_limit_of_calls_is_answered_as_described(used_up: Client, name: str) -> None:
    assert call(used_up, name).status == 429


def test_too_many_items_of_a_bulk_call_are_answered_as_described(stranger: Client) -> None:
    answer = stranger.call("POST", f"{BASE}/people/bulk_create", {"people": [{"name": "Ada"}] * 11})
    assert (answer.status, list(answer.json)) == (422, ["error"])
    check_answer("bulk_create_people", answer)


# --- where it is ----------------------------------------------------------------------------------------------------


def test_the_server_of_tests_has_the_description_for_everybody(stranger: Client) -> None:
    answer = stranger.call("GET", "/_emulator/developer_api.json", headers={})

    assert (answer.status, answer.json) == (200, DOCUMENT)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.asyncio
async def test_the_standalone_server_has_it_too() -> None:
    async with serving() as served, served.session.get(f"{served.server.url}/_emulator/developer_api.json") as answer:
        assert (answer.status, await answer.json()) == (200, DOCUMENT)


def test_the_command_prints_it() -> None:
    code, out, err = run("openapi")

    assert (code, json.loads(out), err) == (0, DOCUMENT, "")
