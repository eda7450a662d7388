"""Draw calls to a server from its own OpenAPI documents, valid or nearly so."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from endurance.mutating import TEXTS, json_bytes, mutated_bytes, mutated_text, mutated_value

API, CONTROL = "/developer_api/v1", "/_emulator/v1"
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "get", "BREW")
ENDLESS = "/journal/stream"
WAITING = ("/wait",)
"""Calls that wait in real time for as long as they ask to; here they always ask for very little."""

SPARED = frozenset(
    {
        # Accounts other than the one under test are created and deleted explicitly.
        ("delete", "/accounts/{name}"),
        # Loads a scenario into the account, which takes long, and which the fuzzing of scenario files covers.
        ("post", "/accounts/{name}/scenarios/run"),
    }
)
_HEADERS = ("Content-Type", "Accept", "Accept-Encoding", "Host", "Origin", "Cookie", "Range", "If-None-Match")
_MORE_HEADERS = (*_HEADERS, "Last-Event-ID", "X-PW-AccessToken", "X-PW-UserEmail", "Expect", "Upgrade", "X-HTTP-Method")
_SAFE = "/?&=%:;,@!$'()*+[]{}|~^`<>\"\\#"


@dataclass(frozen=True, slots=True)
class Call:
    """One request. If it is `framed`, it can share a connection; otherwise it is sent alone."""

    raw: bytes
    method: str
    path: str
    framed: bool = True


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path, whose valid parameters and body are drawn at random."""

    method: str
    path: str
    parameters: Sequence[Mapping[str, Any]]
    body: Mapping[str, Any] | None
    components: Mapping[str, Any]
    ids: Mapping[str, Sequence[int]]

    def path_of(self, draw: Random, base: str) -> str:
        path, query = self.path, {}
        for each in self.parameters:
            name = each["name"]
            if each["in"] == "path":
                path = path.replace(f"{{{name}}}", quote(str(self._part(draw, name, each["schema"])), safe=""))
            elif each["in"] == "query" and draw.random() < 0.4:
                query[name] = str(sample(draw, each["schema"], self.components))
        return base + path + (f"?{urlencode(query)}" if query else "")

    def body_of(self, draw: Random) -> Any:
        return None if self.body is None else sample(draw, self.body, self.components)

    def _part(self, draw: Random, name: str, schema: Mapping[str, Any]) -> Any:
        own = self.ids.get(name if name != "id" else self.path.strip("/").split("/")[0])
        # Never another account than the one under test, not even one from an example.
        own_only = name == "name" or draw.random() < 0.9
        return draw.choice(own) if own and own_only else sample(draw, schema, self.components)


def operations(document: Mapping[str, Any], ids: Mapping[str, Sequence[Any]]) -> list[Operation]:
    """All operations in an OpenAPI document, except those in `SPARED`."""
    components = document.get("components", {}).get("schemas", {})
    found = []
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            if (method, path) in SPARED:
                continue
            content = told.get("requestBody", {}).get("content", {}).get("application/json")
            body = None if content is None else content["schema"]
            found.append(Operation(method.upper(), path, told.get("parameters", ()), body, components, ids))
    return found


def sample(draw: Random, schema: Mapping[str, Any], components: Mapping[str, Any], depth: int = 0) -> Any:
    """A value that matches a schema, or nearly."""
    if "$ref" in schema:
        return sample(draw, components[schema["$ref"].rpartition("/")[2]], components, depth)
    for one_of in ("anyOf", "oneOf", "allOf"):
        if one_of in schema:
            return sample(draw, draw.choice(schema[one_of]), components, depth)
    for known in ("const", "default"):
        if known in schema:
            return schema[known]
    for several in ("enum", "examples"):
        if schema.get(several):
            return draw.choice(schema[several])
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return _of_type(draw, draw.choice(kind) if isinstance(kind, list) else kind, schema, components, depth)


def _of_type(draw: Random, kind: str, schema: Mapping[str, Any], components: Mapping[str, Any], depth: int) -> Any:
    if kind == "object":
        properties, required = schema.get("properties", {}), schema.get("required", ())
        share = 0.5 if depth < 3 else 0.1
        named = [name for name in properties if name in required or draw.random() < share]
        return {name: sample(draw, properties[name], components, depth + 1) for name in named}
    if kind == "array":
        return [sample(draw, schema.get("items", {}), components, depth + 1) for _ in range(draw.choice((0, 1, 1, 2)))]
    if kind == "integer":
        return draw.choice((schema.get("minimum", 0), 1, 2, 17, 1_600_000_000))
    if kind == "number":
        return draw.choice((0, 1.5, 100))
    if kind == "boolean":
        return draw.random() < 0.5
    return None if kind == "null" else draw.choice(_WORDS)


_WORDS = ("Ada", "ada@example.com", "1", "10m", "https://inbox.example/fuzzed", "person", "update", "12/31/2026", "a,b")


@dataclass(frozen=True, slots=True)
class Calls:
    """Draws calls to one API with something wrong here and there."""

    base: str
    operations: Sequence[Operation]
    headers: Mapping[str, str]

    def call(self, draw: Random) -> Call:
        operation = draw.choice(self.operations)
        path, method, headers = operation.path_of(draw, self.base), operation.method, dict(self.headers)
        value = operation.body_of(draw)
        if value is not None:
            for _ in range(draw.choice((0, 1, 1, 1, 2, 4))):
                value = mutated_value(draw, value)
        if draw.random() < 0.15:
            path = mutated_path(draw, path)
        if draw.random() < 0.04:
            method = draw.choice(METHODS)
        if draw.random() < 0.08:
            _mutate_headers(draw, headers)
        if operation.path.endswith(WAITING):
            return made(method, path, headers, json.dumps(_short(value)).encode())
        body = b"" if value is None else json_bytes(draw, value)
        found = made(method, path, headers, body)
        if operation.path.endswith(ENDLESS) or draw.random() < 0.03:
            raw = mutated_bytes(draw, found.raw, body) if draw.random() < 0.7 else found.raw
            return Call(raw, method, path, framed=False)
        return found


def _short(value: Any) -> Any:
    """Make a call that waits do so for next to nothing."""
    return {**value, "timeout": "1ms"} if isinstance(value, dict) else value


def mutated_path(draw: Random, path: str) -> str:
    """A path with a part of it changed, or something appended."""
    parts = path.split("/")
    place = draw.randrange(len(parts))
    parts[place] = mutated_text(draw, parts[place])
    return "/".join(parts) if draw.random() < 0.9 else path + draw.choice(("?", "/", "//", "?a=b&a=c", "#", "?=", "%"))


def made(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Call:
    """A request with a well-defined end: nothing in it can start a new line."""
    target = quote(path.encode("utf-8", "replace"), safe=_SAFE).replace("#", "%23") or "/"
    lines = [f"{method} {target if target.startswith('/') else '/' + target} HTTP/1.1"]
    lines += [f"{name}: {_in_line(value)}" for name, value in headers.items()]
    if body or method in ("POST", "PUT"):
        lines.append(f"Content-Length: {len(body)}")
    return Call("\r\n".join([*lines, "", ""]).encode("utf-8", "replace") + body, method, target)


def _in_line(value: str) -> str:
    return value.replace("\r", "").replace("\n", "")


def _mutate_headers(draw: Random, headers: dict[str, str]) -> None:
    name = draw.choice(_MORE_HEADERS)
    if name in headers and draw.random() < 0.4:
        headers[name] = mutated_text(draw, headers[name])
    elif draw.random() < 0.3:
        headers.pop(name, None)
    else:
        headers[name] = draw.choice(
            (*TEXTS, "gzip, br", "100-continue", "text/html", "http://evil.example", "bytes=0-1")
        )
