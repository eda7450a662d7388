"""What an account makes of its own: custom field definitions and custom activity types (developer.copper.com)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from copper_emulator.core.errors import Invalid
from copper_emulator.core.findings import BLANK, NOT_LISTED
from copper_emulator.core.records.writing.definitions import DEFINITIONS, change_definition, remove_definition
from copper_emulator.shell.api.answers import answer
from copper_emulator.shell.api.calls import Act, Call, routes_of
from copper_emulator.shell.api.lookups import entries_of
from copper_emulator.shell.api.records import ignored_hint

_ACTIVITY_TYPES = "custom_activity_types"

_ONLY_OF = {"options": ("Dropdown", "MultiSelect"), "currency": ("Currency",)}
"""Fields that only definitions of certain data types have; they are absent from the others (recorded)."""


# --- custom field definitions -----------------------------------------------------------------------------------


def list_definitions(call: Call) -> web.Response:
    """200 with a bare array; there are no pages."""
    return answer([_definition(each) for each in entries_of(DEFINITIONS, call)])


def create_definition(call: Call) -> web.Response:
    """200 with the new definition, or 422."""
    body, ignored = _without_id(call.body)
    if isinstance(body, dict) and body.get("data_type") == "Connect":
        raise Invalid.fields([("data_type", NOT_LISTED)], hint="Connect fields cannot be made through the API.")
    made = call.stage.record(lambda account, _now: account.records.catalogue.add(DEFINITIONS, body))
    return answer(_written(made), hint=ignored)


def view_definition(call: Call) -> web.Response:
    """200 with the definition, or 404."""
    wanted = call.id("custom field definition")
    with call.stage.lock:
        shown = _definition(call.records.catalogue.get(DEFINITIONS, wanted))
    return answer(shown)


def update_definition(call: Call) -> web.Response:
    """200 with the whole definition; options are replaced as a whole, and those without an id get a new one."""
    wanted, body = call.id("custom field definition"), call.body
    changed = call.stage.record(lambda account, _now: change_definition(account.records, wanted, body))
    return answer(_written(changed))


def delete_definition(call: Call) -> web.Response:
    """200 with `{"id":N,"is_deleted":true}`; the values of the records go with it."""
    wanted = call.id("custom field definition")
    call.stage.record(lambda account, _now: remove_definition(account.records, wanted))
    return answer({"id": wanted, "is_deleted": True})


def _definition(entry: Mapping[str, Any]) -> dict[str, Any]:
    data_type = entry["data_type"]
    return {name: value for name, value in entry.items() if data_type in _ONLY_OF.get(name, (data_type,))}


def _written(entry: Mapping[str, Any]) -> dict[str, Any]:
    # Only the answers to create and update are documented with it.
    return {"id": entry["id"], "name": entry["name"], "canonical_name": None, **_definition(entry)}


# --- custom activity types --------------------------------------------------------------------------------------


def list_types(call: Call) -> web.Response:
    """200 with a bare array; there are no pages."""
    return answer([_activity_type(each, call) for each in entries_of(_ACTIVITY_TYPES, call)])


def create_type(call: Call) -> web.Response:
    """200 with the new type, or 422; name and icon must be given."""
    body, ignored = _without_id(call.body)
    if isinstance(body, dict) and not body.get("icon_type"):
        # In Python it has a default.
        nameless = [] if body.get("name") else [("name", BLANK)]
        raise Invalid.fields([*nameless, ("icon_type", BLANK)])
    made = call.stage.record(lambda account, _now: account.records.catalogue.add(_ACTIVITY_TYPES, body))
    return answer(_activity_type(made, call), hint=ignored)


def view_type(call: Call) -> web.Response:
    """200 with the type, or 404."""
    wanted = call.id("custom activity type")
    with call.stage.lock:
        found = call.records.catalogue.get(_ACTIVITY_TYPES, wanted)
    return answer(_activity_type(found, call))


def update_type(call: Call) -> web.Response:
    """200 with the whole type; only the keys that were sent are changed."""
    wanted, body = call.id("custom activity type"), call.body
    changed = call.stage.record(lambda account, _now: account.records.catalogue.update(_ACTIVITY_TYPES, wanted, body))
    return answer(_activity_type(changed, call))


def _activity_type(entry: Mapping[str, Any], call: Call) -> dict[str, Any]:
    with call.stage.lock:
        company = call.records.catalogue.account["id"]
    return {
        "id": entry["id"],
        "company_id": company,
        "icon_type": entry["icon_type"],
        "is_disabled": entry["is_disabled"],
        "is_interaction": entry["is_interaction"],
        "name": entry["name"],
        "is_default_task_type": entry["is_default_task_type"] or None,
    }


def _without_id(body: Any) -> tuple[Any, str]:
    """A body without an id, which only Copper gives, and the hint that says so."""
    if not isinstance(body, dict) or "id" not in body:
        return body, ""
    return {name: value for name, value in body.items() if name != "id"}, ignored_hint(["id"])


def _rows() -> list[tuple[str, str, Act]]:
    return [
        ("GET", f"/{DEFINITIONS}", list_definitions),
        ("POST", f"/{DEFINITIONS}", create_definition),
        ("GET", f"/{DEFINITIONS}/{{id}}", view_definition),
        ("PUT", f"/{DEFINITIONS}/{{id}}", update_definition),
        ("DELETE", f"/{DEFINITIONS}/{{id}}", delete_definition),
        ("GET", f"/{_ACTIVITY_TYPES}", list_types),
        ("POST", f"/{_ACTIVITY_TYPES}", create_type),
        ("GET", f"/{_ACTIVITY_TYPES}/{{id}}", view_type),
        ("PUT", f"/{_ACTIVITY_TYPES}/{{id}}", update_type),
    ]


routes = routes_of(_rows())
