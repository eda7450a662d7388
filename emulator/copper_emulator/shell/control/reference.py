"""The control API's reference for people: one self-contained page generated from its OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from copper_emulator.control_client import DEFAULT_URL
from copper_emulator.core.paths import CONTROL_PATH
from copper_emulator.shell.control.description import Schema

_STYLE = """\
:root{color-scheme:light dark;--line:#8884;--soft:#8882;
--get:#2563a8;--post:#2b7a3d;--put:#8a6100;--delete:#b3261e}
@media(prefers-color-scheme:dark){:root{--get:#7db4f0;--post:#7fd194;--put:#e3b95a;--delete:#ff9a92}}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;margin:0;display:grid;grid-template-columns:19rem 1fr}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1rem;border-right:1px solid var(--line);font-size:13px}
nav h2{font-size:13px;margin:1rem 0 .2rem;border:0}
nav a{display:block;text-decoration:none;padding:.1rem 0;overflow-wrap:anywhere}
main{padding:1rem 2rem 4rem;max-width:62rem;min-width:0}
h1{margin-top:0}
h2{margin-top:3rem;border-bottom:1px solid var(--line)}
article{margin:1.5rem 0;padding:1rem;border:1px solid var(--line);border-radius:.5rem}
article h3{margin:0 0 .3rem}
code,pre{font:13px/1.45 ui-monospace,monospace}
pre{background:var(--soft);padding:.7rem;overflow:auto;border-radius:.3rem}
.method{font-weight:700}
.get{color:var(--get)}.post{color:var(--post)}.put{color:var(--put)}.delete{color:var(--delete)}
table{border-collapse:collapse;width:100%;margin:.3rem 0 .8rem}
th,td{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-top:1px solid var(--line)}
th{font-weight:600}
td:first-child{white-space:nowrap}
h4{margin:.8rem 0 .1rem;font-size:14px}
@media(max-width:50rem){body{display:block}nav{position:static;height:auto;border:0}main{padding:1rem}}
"""


def reference(document: Mapping[str, Any]) -> str:
    """The page for an OpenAPI document."""
    info = document["info"]
    return "".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head><body>",
            f'<nav aria-label="Operations">{"".join(_contents(document))}</nav>',
            f"<main><h1>{escape(info['title'])}</h1><p>{escape(info['description'])}</p>",
            f"<p>All paths begin with <code>{CONTROL_PATH}</code>. ",
            'For programs: <a href="/_emulator/openapi.json">OpenAPI 3.1</a>. The emulated API of Copper itself is ',
            'described in <a href="/_emulator/developer_api.json">another document</a>.</p>',
            *_parts(document),
            *_shapes(document),
            "</main></body></html>",
        ]
    )


def _contents(document: Mapping[str, Any]) -> Iterator[str]:
    for tag in document["tags"]:
        yield f'<h2><a href="#part-{escape(tag["name"])}">{escape(tag["name"])}</a></h2>'
        for method, path, operation in _operations(document, tag["name"]):
            shown = escape(path.removeprefix("/accounts/{name}") or path)
            yield f'<a href="#{operation["operationId"]}">{_method(method)} {shown}</a>'
    yield '<h2><a href="#shapes">shapes</a></h2>'


def _parts(document: Mapping[str, Any]) -> Iterator[str]:
    for tag in document["tags"]:
        yield f'<h2 id="part-{escape(tag["name"])}">{escape(tag["name"])}</h2>'
        yield f"<p>{escape(tag.get('description', ''))}</p>"
        for method, path, operation in _operations(document, tag["name"]):
            yield from _article(document, method, path, operation)


def _operations(document: Mapping[str, Any], part: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if part in operation["tags"]:
                yield method, path, operation


def _article(document: Mapping[str, Any], method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f'<article id="{operation["operationId"]}"><h3>{escape(operation["summary"])}</h3>'
    yield f"<code>{_method(method)} {escape(path)}</code><p>{escape(operation['description'])}</p>"
    for place, title in (("path", "In the path"), ("query", "In the query")):
        rows = [
            _row(
                each["name"], {**each["schema"], "description": each.get("description", "")}, required=each["required"]
            )
            for each in operation["parameters"]
            if each["in"] == place and each["name"] != "name"
        ]
        yield from _table(title, rows)
    if "requestBody" in operation:
        schema = _resolved(document, operation["requestBody"]["content"]["application/json"]["schema"])
        yield from _table("In the JSON body", _rows(schema))
    yield f"<h4>Answer</h4>{_answer(operation)}"
    yield f"<h4>Try it</h4><pre>{escape(_curl(document, method, path, operation))}</pre></article>"


def _answer(operation: Mapping[str, Any]) -> str:
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            (schema,) = (content["schema"] for content in answer["content"].values())
            return f"<p>{status}: {_kind(schema)}</p>"
    raise ValueError("an operation without an answer")


def _shapes(document: Mapping[str, Any]) -> Iterator[str]:
    yield '<h2 id="shapes">shapes</h2><p>What is sent and answered, field by field.</p>'
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield f'<article id="shape-{name}"><h3>{name}</h3><p>{escape(schema.get("description", ""))}</p>'
        if "enum" in schema:
            yield f"<p>{_values(schema)}</p>"
        yield from _table("", _rows(schema))
        yield "</article>"


def _rows(schema: Schema) -> list[str]:
    required = schema.get("required", [])
    return [_row(name, part, required=name in required) for name, part in schema.get("properties", {}).items()]


def _table(title: str, rows: list[str]) -> Iterator[str]:
    if rows:
        yield f"<h4>{title}</h4>" if title else ""
        yield f"<table><thead><tr><th>Name</th><th>Type</th><th>Meaning</th></tr></thead>{''.join(rows)}</table>"


def _row(name: str, part: Schema, *, required: bool) -> str:
    default = part.get("default")
    notes = [
        escape(part.get("description", "")),
        f"default <code>{escape(json.dumps(default))}</code>" if default not in (None, [], {}) else "",
    ]
    remarks = "; ".join(note for note in notes if note)
    star = " <b>required</b>" if required and "default" not in part else ""
    return f"<tr><td><code>{escape(name)}</code></td><td>{_kind(part)}</td><td>{remarks}{star}</td></tr>"


def _kind(part: Schema) -> str:
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        return f'<a href="#shape-{name}">{name}</a>'
    if "anyOf" in part:
        return " or ".join(dict.fromkeys(_kind(each) for each in part["anyOf"]))
    if "enum" in part or "const" in part:
        return _values(part)
    if part.get("type") == "array":
        return f"list of {_kind(part.get('items', {}))}"
    kinds = part.get("type", "any JSON")
    return escape(" or ".join(kinds) if isinstance(kinds, list) else str(kinds)) + _bounds(part)


def _bounds(part: Schema) -> str:
    low, high = part.get("minimum"), part.get("maximum")
    # A technical upper bound, only there to keep numbers manageable, is of no interest to people.
    if high is None or high >= 10**9:
        return ""
    return f", {low} to {high}"


def _values(part: Schema) -> str:
    values = part.get("enum", [part.get("const")])
    return ", ".join(f"<code>{escape(str(value))}</code>" for value in values)


def _curl(document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> str:
    url = f"{DEFAULT_URL}{CONTROL_PATH}{path.replace('{name}', 'default')}"
    for each in operation["parameters"]:
        if each["in"] == "path" and each["name"] != "name":
            url = url.replace("{" + each["name"] + "}", str(_sample(document, each["schema"], each["name"])))
    flag = "" if method == "get" else f" -X {method.upper()}"
    if "requestBody" not in operation:
        return f"curl{flag} '{url}'"
    schema = _resolved(document, operation["requestBody"]["content"]["application/json"]["schema"])
    body = {
        name: _sample(document, part, name)
        for name, part in schema.get("properties", {}).items()
        if name in schema.get("required", []) or "examples" in part
    }
    return f"curl{flag} '{url}' -d '{json.dumps(body)}'"


_SAMPLES: Mapping[str, Any] = {
    "type": "person",
    "table": "users",
    "ids": [17],
    "id": 17,
    "serial": 1,
    "n": 1,
    "winner": 17,
    "loser": 18,
    "target": "https://inbox.example/default",
    "origin": "https://billing.example.com",
}


def _sample(document: Mapping[str, Any], part: Schema, name: str) -> Any:
    examples = part.get("examples")
    if examples:
        return examples[0]
    if name in _SAMPLES:
        return _SAMPLES[name]
    resolved = _resolved(document, part)
    kind = resolved.get("type")
    return {"object": {}, "array": [], "integer": 1, "number": 1, "boolean": True}.get(str(kind), "...")


def _resolved(document: Mapping[str, Any], schema: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    found: Schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _method(method: str) -> str:
    return f'<span class="method {method}">{method.upper()}</span>'
