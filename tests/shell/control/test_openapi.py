"""The control API's description is complete and correct, and the page made from it needs no external resources."""

from __future__ import annotations

import json
import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

pytest.importorskip("jsonschema", reason="jsonschema holds answers against their schemas")

from jsonschema import Draft202012Validator

from copper_emulator.core.paths import CONTROL_PATH
from copper_emulator.shell.control.api import OPERATIONS, SERVER_OPERATIONS, make_control
from copper_emulator.shell.control.description import describe, described
from tests.shell.served import Endpoint, listening, serving

DOCUMENT = describe(list(described(SERVER_OPERATIONS, OPERATIONS)))
CALLS = {
    (method.upper(), path): operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
SCHEMAS = DOCUMENT["components"]["schemas"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_valid_is_referred_to_and_has_a_plain_name(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert f'"#/components/schemas/{name}"' in json.dumps(DOCUMENT)
    assert name.isalnum(), "two models of the same name: rename one"


def test_every_reference_leads_somewhere() -> None:
    for reference in set(re.findall(r'"\$ref": "#/components/([^"]+)"', json.dumps(DOCUMENT))):
        group, name = reference.split("/")
        assert name in DOCUMENT["components"][group]


def test_every_operation_has_a_name_a_part_and_words_of_its_own() -> None:
    names = [operation["operationId"] for operation in CALLS.values()]
    parts = [tag["name"] for tag in DOCUMENT["tags"]]

    assert len(set(names)) == len(names)
    for call, operation in CALLS.items():
        assert operation["summary"], call
        assert operation["description"], call
        assert operation["tags"][0] in parts


@pytest.mark.asyncio
async def test_every_route_is_described_and_everything_described_is_routed() -> None:
    async with serving() as served:
        app = make_control(served.accounts, frozenset())
        routed = {(r.method, r.resource.canonical) for r in app.router.routes() if r.resource is not None}

        assert {call for call in routed if call[0] != "HEAD"} == set(CALLS)


def test_what_stands_in_the_path_is_a_parameter_and_not_in_the_body() -> None:
    for (_, path), operation in CALLS.items():
        in_path = [each["name"] for each in operation["parameters"] if each["in"] == "path"]
        assert in_path == re.findall(r"{(\w+)}", path)
        if "requestBody" in operation:
            reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            properties = SCHEMAS[reference.rpartition("/")[2]]["properties"]
            assert not [name for name in in_path if name != "name" and name in properties], path


def test_parameters_have_the_schemas_of_what_they_become() -> None:
    parameters = CALLS["GET", "/accounts/{name}/notifications/{serial}"]["parameters"]
    assert {each["name"]: each["schema"]["type"] for each in parameters} == {
        "name": "string",
        "serial": "integer",
        "reveal": "boolean",
    }
    listed = CALLS["GET", "/accounts/{name}/notifications"]["parameters"]
    schemas = {each["name"]: each["schema"] for each in listed if each["in"] == "query"}
    assert schemas["limit"] == {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}
    assert schemas["type"] == {"$ref": "#/components/schemas/EntityType"}
    for operation in CALLS.values():
        assert '"null"' not in json.dumps(operation["parameters"]), "what is not said is left out"


def test_every_part_says_what_it_is_about() -> None:
    assert [tag["name"] for tag in DOCUMENT["tags"] if not tag.get("description")] == []


def test_defaults_of_durations_are_written_as_people_write_them() -> None:
    assert SCHEMAS["Wait"]["properties"]["timeout"]["default"] == "10s"
    assert SCHEMAS["RunUntilIdle"]["properties"]["limit"]["default"] == "1h"


def test_what_must_be_given_is_known() -> None:
    for name, schema in SCHEMAS.items():
        assert set(schema.get("required", [])) <= set(schema.get("properties", [])), name


def check(value: Any, reference: str) -> None:
    validator = Draft202012Validator({"$ref": reference, "components": DOCUMENT["components"]})
    assert [error.message for error in validator.iter_errors(value)] == []


@pytest.mark.asyncio
async def test_answers_are_what_is_described() -> None:
    """Including answers with many nulls, about what has not ended."""
    async with listening(Endpoint(status=500)) as endpoint, serving(to=endpoint, limits="1/10m") as served:
        await served.subscribe("person", "update", secret={"key": "k"})
        for record_id in (1, 2):
            await served.fire("person", "update", record_id)
        asked = {
            "/accounts": {},
            "/accounts/{name}/notifications": {},
            "/accounts/{name}/notifications/{serial}": {"serial": 1},
            "/accounts/{name}/limits": {},
            "/accounts/{name}/targets": {},
            "/accounts/{name}/inbox": {},
            "/accounts/{name}/journal": {},
            "/accounts/{name}/clock": {},
            "/accounts/{name}/why": {},
        }
        for path, parts in [*asked.items(), ("/accounts/{name}/notifications/{serial}", {"serial": 2})]:
            status, answered = await served.control("GET", path.format(name="default", **parts))

            assert status == 200
            content = CALLS["GET", path]["responses"]["200"]["content"]["application/json"]
            check(answered, content["schema"]["$ref"])
        status, refused = await served.control("POST", "/accounts/default/wait", {"type": "lead", "timeout": "1ms"})
        assert status == 408
        check(refused, "#/components/schemas/ErrorShape")


# --- as it is served ----------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_server_has_the_description_and_the_page() -> None:
    async with serving() as served:
        async with served.session.get(f"{served.server.url}/_emulator/openapi.json") as response:
            assert response.content_type == "application/json"
            assert await response.json() == json.loads(json.dumps(DOCUMENT))
        async with served.session.get(f"{served.server.url}/_emulator/docs") as response:
            assert response.content_type == "text/html"
            assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
            page = await response.text()

    read = Read()
    read.feed(page)
    page = unescape(page)
    assert read.open == [], "every tag that is opened is closed"
    assert {operation["operationId"] for operation in CALLS.values()} <= read.ids
    assert {link.removeprefix("#") for link in read.links if link.startswith("#")} <= read.ids
    assert {link for link in read.links if not link.startswith("#")} == {
        "/_emulator/openapi.json",
        "/_emulator/developer_api.json",
    }
    for method, path in CALLS:
        assert f"{method}</span> {path}" in page
    assert f"{CONTROL_PATH}/accounts/default/clock/advance'" in page


class Read(HTMLParser):
    """A page as a browser parses it: what it links to and loads, and which tags it leaves open."""

    VOID = ("meta", "link", "img", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "img", "link", "iframe"), "nothing is loaded"
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                assert value not in self.ids, "an id stands for one thing"
                self.ids.add(value or "")
            elif name == "href":
                self.links.add(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.asyncio
async def test_the_commands_of_the_page_name_the_server_that_shows_it() -> None:
    async with serving() as served, served.session.get(f"{served.server.url}/_emulator/docs") as response:
        page = unescape(await response.text())

        assert f"curl -X POST '{served.server.url}{CONTROL_PATH}/accounts/default/clock/advance'" in page
        assert "127.0.0.1:2929" not in page


def test_a_setting_says_which_words_it_is_one_of() -> None:
    settings = DOCUMENT["components"]["schemas"]["Changes"]["properties"]

    assert settings["over_limit"]["enum"] == ["hold", "drop"]
    assert settings["batch"]["type"] == "integer"
    assert settings["allow_http"]["type"] == "boolean"
    assert settings["latency"]["type"] == ["string", "number"]
