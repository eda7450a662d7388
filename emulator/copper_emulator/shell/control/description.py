"""The control API in OpenAPI 3.1, generated from its operations and their models."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from copper_emulator.core.paths import CONTROL_PATH
from copper_emulator.shell.control.bases import ErrorShape
from copper_emulator.shell.control.filters import EntryFilters
from copper_emulator.shell.control.operation import Operation, ServerOperation

Schema: TypeAlias = dict[str, Any]

_ABOUT = """\
Everything that the page, the command line and the Python client do to a running emulator, they do through this API.
Moments are ISO 8601 in UTC, durations are written like 10m, 1h30m or 250ms. Values of secrets and of a subscription's
own headers are masked. An unknown value is refused, with a list of the known ones. Only this machine is let in: a Host
or Origin that is not its own is answered with 403."""

_PARTS: Mapping[str, str] = {
    "server": "The server as a whole",
    "account": "An account as a whole",
    "clock": "What time it is for an account; stopping, running and advancing its clock",
    "notifications": "What was sent, or waits to be",
    "wait": "Waiting for deliveries, as a test does",
    "replay": "Sending what was captured",
    "journal": "What happened, in order",
    "api-calls": "What clients asked of Copper's API, and what was answered",
    "why": "Why somebody was or was not notified",
    "subscriptions": "Who is notified of what",
    "routes": "Where targets are really sent",
    "targets": "Targets, and pausing one",
    "inbox": "The built-in endpoint of every account",
    "limits": "The sending limits, and how full they are",
    "fire": "Events without a record behind them",
    "records": "People, companies, leads and the others",
    "lookups": "Users, pipelines, tags and other tables, and what the account says about itself",
    "faults": "What goes wrong on purpose",
    "scenarios": "Playing scenarios, and recording what is done as one",
}
"""What each part of the API is about, by the first word of its paths, in the order in which they are shown."""

_PART_OF: Mapping[str, str] = {
    **dict.fromkeys(("", "reset", "settings", "snapshot", "restore", "switch-key"), "account"),
    "details": "lookups",
    "recording": "scenarios",
}
"""The part to which each first word belongs that has no part of its own."""

_REFUSED: Mapping[int, str] = {
    400: "The body is not JSON.",
    403: "Called under a name that is not trusted, or from another site's page; or leads are switched off.",
    404: "There is no such account, or nothing there by that name or number.",
    408: "It did not come in time; the error says what came closest.",
    409: "Not now, or not in the current state.",
    413: "The body is too large.",
    422: "A value is not allowed; the error says where and why.",
    503: "Not yet.",
}

_IN_PATH = "x-in-path"
"""A temporary key in a model's schema, while the document is built: the properties that are in the path."""

_ALWAYS = (400, 403, 404, 409, 413, 422)
_ALSO: Mapping[str, tuple[int, ...]] = {"/accounts/{name}/wait": (408, 503), "/ready": (503,)}


@dataclass(frozen=True)
class Described:
    """One operation with its full path, as it is called."""

    method: str
    path: str
    part: str
    summary: str
    about: str
    takes: type[BaseModel]
    gives: type[BaseModel] | None
    status: int = 200

    @property
    def in_path(self) -> list[str]:
        """The names of its path parameters."""
        return re.findall(r"{(\w+)}", self.path)

    @property
    def name(self) -> str:
        """Its unique name, like `post_clock_advance`."""
        words = self.path.removeprefix("/accounts/{name}") if self.path != "/accounts/{name}" else "/account"
        return "_".join([self.method.lower(), *re.findall(r"\w+", words)])


_STREAM = Described(
    "GET",
    "/accounts/{name}/journal/stream",
    "journal",
    "Follow what happens",
    "Server-sent events: `entry` with an entry of the journal, and `reset` when it starts over. The header "
    "Last-Event-ID resumes it.",
    EntryFilters,
    None,
)


def described(of_server: Iterable[ServerOperation[Any]], of_account: Iterable[Operation[Any]]) -> Iterator[Described]:
    """All operations, the journal's stream included."""
    for server in of_server:
        yield Described(
            server.method, server.path, *_heading(server, "server"), server.takes, server.gives, server.status
        )
    for each in of_account:
        word = each.path.strip("/").split("/")[0]
        heading = _heading(each, _PART_OF.get(word, word))
        yield Described(each.method, f"/accounts/{{name}}{each.path}", *heading, each.takes, each.gives)
    yield _STREAM


def describe(operations: Sequence[Described]) -> dict[str, Any]:
    """The control API as an OpenAPI 3.1 document."""
    schemas = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, schemas)
    # Query and path parameters are described there; a model that is used for nothing else is left out.
    bodies = {_model_name(each.takes) for each in operations if _has_body(each, schemas)}
    unused = {_model_name(each.takes) for each in operations} - bodies
    parts = list(dict.fromkeys([*_PARTS, *(each.part for each in operations)]))
    return {
        "openapi": "3.1.0",
        "info": {"title": "copper-emulator: control API", "version": "1", "description": _ABOUT},
        "servers": [{"url": CONTROL_PATH}],
        "tags": [
            {"name": part, **({"description": _PARTS[part]} if part in _PARTS else {})}
            for part in parts
            if any(each.part == part for each in operations)
        ],
        "paths": paths,
        "components": {
            "schemas": {name: _without(schema, _IN_PATH) for name, schema in schemas.items() if name not in unused},
            "responses": {f"Refused{status}": _refusal(status) for status in _REFUSED},
        },
    }


def _heading(operation: Operation[Any] | ServerOperation[Any], part: str) -> tuple[str, str, str]:
    about = " ".join((operation.run.__doc__ or "").split())
    return part, operation.summary, about


def _schemas(operations: Sequence[Described]) -> dict[str, Schema]:
    models: dict[type[BaseModel], JsonSchemaMode] = {ErrorShape: "serialization"}
    for each in operations:
        models[each.takes] = "validation"
        if each.gives is not None:
            models[each.gives] = "serialization"
    _, found = models_json_schema(list(models.items()), ref_template="#/components/schemas/{model}")
    schemas: dict[str, Schema] = found["$defs"]
    for each in operations:
        # `name` in the path is the account's; a model's `name` is something else.
        for name in (name for name in each.in_path if name != "name"):
            schema = schemas[_model_name(each.takes)]
            part = schema.get("properties", {}).pop(name, None)
            if part is not None:
                schema.setdefault(_IN_PATH, {})[name] = part
                schema["required"] = [other for other in schema.get("required", []) if other != name]
    return schemas


def _without(schema: Schema, *names: str) -> Schema:
    return {name: value for name, value in schema.items() if name not in names and (name, value) != ("required", [])}


def _operation(each: Described, schemas: dict[str, Schema]) -> dict[str, Any]:
    schema = schemas[_model_name(each.takes)]
    operation: dict[str, Any] = {
        "operationId": each.name,
        "tags": [each.part],
        "summary": each.summary,
        "description": each.about,
        "parameters": [*_path_parameters(each, schema), *_query_parameters(each, schema)],
        "responses": {str(each.status): _success(each), **dict(_refusals(each))},
    }
    if _has_body(each, schemas):
        operation["requestBody"] = {
            "required": bool(schema.get("required")),
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{_model_name(each.takes)}"}}},
        }
    return operation


def _has_body(each: Described, schemas: Mapping[str, Schema]) -> bool:
    return each.method != "GET" and bool(schemas[_model_name(each.takes)].get("properties"))


def _path_parameters(each: Described, schema: Schema) -> Iterator[dict[str, Any]]:
    own = schema.get(_IN_PATH, {})
    for name in each.in_path:
        part = (
            {"type": "string", "examples": ["default"]} if name == "name" else dict(own.get(name, {"type": "string"}))
        )
        yield {"name": name, "in": "path", "required": True, **_with_description(part)}


def _query_parameters(each: Described, schema: Schema) -> Iterator[dict[str, Any]]:
    if each.method != "GET":
        return
    for name, part in schema.get("properties", {}).items():
        required = name in schema.get("required", [])
        yield {"name": name, "in": "query", "required": required, **_with_description(_without_null(part))}


def _with_description(part: Schema) -> dict[str, Any]:
    about = {"description": part["description"]} if "description" in part else {}
    return {**about, "schema": _without(part, "title", "description")}


def _without_null(part: Schema) -> Schema:
    # A query cannot express null: the parameter is left out instead.
    kinds = [kind for kind in part.get("anyOf", []) if kind != {"type": "null"}]
    rest = {name: value for name, value in part.items() if name != "anyOf" and (name, value) != ("default", None)}
    return {**rest, **kinds[0]} if len(kinds) == 1 else part


def _success(each: Described) -> dict[str, Any]:
    if each.gives is None:
        return {"description": "The stream.", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
    schema = {"$ref": f"#/components/schemas/{_model_name(each.gives)}"}
    return {"description": "Done.", "content": {"application/json": {"schema": schema}}}


def _refusals(each: Described) -> Iterator[tuple[str, Schema]]:
    for status in sorted({*_ALWAYS, *_ALSO.get(each.path, ())}):
        yield str(status), {"$ref": f"#/components/responses/Refused{status}"}


def _refusal(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ErrorShape"}
    return {"description": _REFUSED[status], "content": {"application/json": {"schema": schema}}}


def _model_name(model: type[BaseModel]) -> str:
    return model.__name__
