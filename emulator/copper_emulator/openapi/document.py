"""The whole document: every path, every component, and how a client authenticates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from copper_emulator.core.model import EntityType
from copper_emulator.core.paths import API_PATH
from copper_emulator.core.records.tables import TABLES
from copper_emulator.openapi.lookups import lookup_components, lookup_operations
from copper_emulator.openapi.operations import Operation, header_components, response_components
from copper_emulator.openapi.records import common_components, record_components, record_operations
from copper_emulator.openapi.schemas import Schema, answer_object, shared_components
from copper_emulator.openapi.webhooks import webhook_components, webhook_operations

_ABOUT = """\
Copper's Developer API as copper-emulator serves it. Every path also works with a trailing slash. A path that is not
here is answered with 404 and the short envelope, and so is a method that a path does not have. A search accepts more
than is described: ids, numbers and dates may be texts of digits, empty values count as absent, and what its body may
have may also be in the URL's query."""

_HEADERS = {"access_token": "X-PW-AccessToken", "application": "X-PW-Application", "user_email": "X-PW-UserEmail"}


def describe() -> dict[str, Any]:
    """The emulated API as an OpenAPI 3.1 document."""
    tags = [table.plural for table in TABLES.values()]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Copper Developer API, emulated", "version": "1", "description": _ABOUT},
        "servers": [{"url": API_PATH}],
        "security": [{name: [] for name in _HEADERS}, {"token": []}],
        "tags": [{"name": name} for name in (*tags, "lookups", "webhooks")],
        "paths": _paths(),
        "components": {
            "schemas": _schemas(),
            "responses": response_components(),
            "headers": header_components(),
            "securitySchemes": {
                **{name: {"type": "apiKey", "in": "header", "name": header} for name, header in _HEADERS.items()},
                "token": {"type": "http", "scheme": "bearer", "description": "An OAuth token."},
            },
        },
    }


def operations() -> Iterator[Operation]:
    """Every call of the API."""
    for kind in EntityType:
        yield from record_operations(kind)
    yield from lookup_operations()
    yield from webhook_operations()


def _paths() -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for each in operations():
        paths.setdefault(each.path, {})[each.method] = each.described()
    return paths


def _schemas() -> dict[str, Schema]:
    schemas = {
        "Error": answer_object(
            {
                "success": {"type": "boolean", "const": False},
                "status": {"type": "integer"},
                "message": {"type": "string"},
            }
        ),
        "ShortError": answer_object({"error": {"type": "string"}}),
        **shared_components(),
        **common_components(),
    }
    for kind in EntityType:
        schemas.update(record_components(kind))
    return {**schemas, **lookup_components(), **webhook_components()}
