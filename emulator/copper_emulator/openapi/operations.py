"""What is one call of the API, and how is it described in OpenAPI?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from copper_emulator.core.records.forms.plain import ID_SCHEMA
from copper_emulator.core.records.switched_off import is_of_leads
from copper_emulator.openapi.schemas import Schema, any_of, ref

PATH_ID = dict(ID_SCHEMA)
COMPUTED = "custom_field_computed_values"

_STATUSES: Mapping[str, str] = {
    "400": "BadRequest",
    "401": "Unauthorized",
    "403": "NotEnabled",
    "404": "NotFound",
    "413": "TooLarge",
    "422": "Invalid",
    "429": "TooManyRequests",
}
"""The statuses other than 200 that a call may get, with their components."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    `answer` is the schema of the body of a 200, `body` that of the request. `query` has the schemas of the query
    parameters by name, `path_parts` those of the path parameters that are not ids. A `paged` answer has `X-PW-TOTAL`.
    One that `misses` can get a 404, one that `checks` a 422.
    The body of one that `names_leads` may name a lead.
    """

    id: str
    method: str
    path: str
    tag: str
    summary: str
    answer: Schema
    body: Schema | None = None
    body_required: bool = False
    query: Mapping[str, Schema] | None = None
    path_parts: Mapping[str, Schema] | None = None
    paged: bool = False
    misses: bool = False
    checks: bool = False
    names_leads: bool = False

    def described(self) -> dict[str, Any]:
        """The OpenAPI operation object."""
        described: dict[str, Any] = {
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
            "parameters": self._parameters(),
            "responses": {
                "200": self._success(),
                **{status: ref(name, "responses") for status, name in self._refusals()},
            },
        }
        if self.body is not None:
            content = {"application/json": {"schema": self.body}}
            described["requestBody"] = {"required": self.body_required, "content": content}
        return described

    def _parameters(self) -> list[dict[str, Any]]:
        parts = [part[1:-1] for part in self.path.split("/") if part.startswith("{")]
        schemas = dict.fromkeys(parts, PATH_ID) | dict(self.path_parts or {})
        in_path = [{"name": name, "in": "path", "required": True, "schema": schemas[name]} for name in parts]
        return in_path + [
            {"name": name, "in": "query", "schema": schema} for name, schema in (self.query or {}).items()
        ]

    def _success(self) -> dict[str, Any]:
        headers = {"X-Copper-Emulator-Hint": ref("Hint", "headers")}
        if self.paged:
            headers = {"X-PW-TOTAL": ref("Total", "headers"), **headers}
        return {"description": "OK", "headers": headers, "content": {"application/json": {"schema": self.answer}}}

    def _refusals(self) -> list[tuple[str, str]]:
        absent = set() if self.names_leads or is_of_leads(self.path) else {"403"}
        if not (self.misses or "{" in self.path):
            absent.add("404")
        if not (self.checks or self.body is not None):
            absent.add("422")
        return [(status, name) for status, name in _STATUSES.items() if status not in absent]


def response_components() -> dict[str, Any]:
    """The answers other than 200."""
    either = any_of(ref("Error"), ref("ShortError"))
    common = ref("Error")
    described = {
        "BadRequest": ("The request is not valid HTTP or JSON.", common),
        "Unauthorized": ("Credentials are missing, unknown or replaced.", common),
        "NotEnabled": ("Leads are switched off: `setting_enable_leads` of the account is false.", common),
        "NotFound": ("There is no such record, or no such path, which gets the short envelope.", either),
        "TooLarge": ("The body is larger than the emulator takes (413); Copper's limit is not known.", common),
        "Invalid": ("A value is refused. The short envelope is for a bulk call with too many items.", either),
        "TooManyRequests": ("A limit of calls is used up (settings `api_limits`, `bulk_limits`).", common),
    }
    headers = {"X-Copper-Emulator-Hint": ref("Hint", "headers")}
    return {
        name: {"description": text, "headers": headers, "content": {"application/json": {"schema": schema}}}
        for name, (text, schema) in described.items()
    }


def header_components() -> dict[str, Any]:
    """The headers that answers may have."""
    return {
        "Hint": {
            "description": "What would help, for the person behind the client. Copper has no such header.",
            "schema": {"type": "string"},
        },
        "Total": {
            "description": "How many the search found on all of its pages.",
            "required": True,
            "schema": {"type": "integer", "minimum": 0},
        },
    }
