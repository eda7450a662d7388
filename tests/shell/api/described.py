"""The description of the API for tests: access by the names of operations, and checks of answers against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from copper_emulator import Copper
from copper_emulator.openapi import describe
from tests.shell.api.client import BASE, Answer, Client

DOCUMENT = describe()


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every call."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


OPERATIONS = {operation["operationId"]: (method, path, operation) for method, path, operation in operations()}


def resolved(described: dict[str, Any]) -> dict[str, Any]:
    """Follow references to components."""
    while "$ref" in described:
        found: Any = DOCUMENT
        for part in described["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        described = found
    return described


def check(value: Any, schema: Mapping[str, Any]) -> None:
    """Check a value against a schema of the document."""
    validator = Draft202012Validator({**schema, "components": DOCUMENT["components"]})
    found = best_match(validator.iter_errors(value))
    assert found is None, f"{found.json_path}: {found.message}"


def check_answer(name: str, answer: Answer) -> None:
    """Check an answer against its description: status, content type, schema, headers."""
    response = resolved(OPERATIONS[name][2]["responses"][str(answer.status)])
    assert answer.headers.get_content_type() in response["content"]
    check(answer.json, response["content"]["application/json"]["schema"])
    for header, described in response["headers"].items():
        if resolved(described).get("required"):
            assert answer.headers[header], header


class Checked(Client):
    """A client that calls operations by name, and checks what is sent and answered against their description."""

    def __init__(self, copper: Copper) -> None:
        super().__init__(copper)
        self.called: set[str] = set()

    def do(self, name: str, body: Any = None, *, query: str = "", **parts: Any) -> Any:
        """Call an operation, which must succeed."""
        method, path, operation = OPERATIONS[name]
        if body is not None:
            check(body, operation["requestBody"]["content"]["application/json"]["schema"])
        answer = self.call(method, BASE + path.format(**parts) + query, body)
        assert answer.status == 200, (name, answer.status, answer.raw)
        check_answer(name, answer)
        self.called.add(name)
        return answer.json
