"""What an account defines itself: custom fields and custom activity types (developer.copper.com)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from copper_emulator.core.account import Account
from copper_emulator.core.errors import Invalid
from copper_emulator.core.findings import BLANK, NOT_LISTED, Findings
from copper_emulator.core.records.lookups.activity_types import CUSTOM
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.writing.definitions import DEFINITIONS, remove_definition
from copper_emulator.core.records.writing.usage import change_entry
from copper_emulator.shell.api.answers import answer
from copper_emulator.shell.api.calls import Act, Call, routes_of
from copper_emulator.shell.api.json_answer import JsonAnswer
from copper_emulator.shell.api.lookups import entries_of
from copper_emulator.shell.api.records import ignored_hint

_ONLY_OF = {"options": ("Dropdown", "MultiSelect"), "currency": ("Currency",), "connected_id": ("Connect",)}
"""Keys that only definitions of certain data types have; the others lack them (recorded)."""


# --- custom field definitions -----------------------------------------------------------------------------------


def list_definitions(call: Call) -> JsonAnswer:
    """200 with a bare array; there are no pages."""
    return answer([_definition(each) for each in entries_of(DEFINITIONS, call)])


def create_definition(call: Call) -> JsonAnswer:
    """200 with the new definition, or 422."""
    body, ignored = _writable(call.body, ("id", "connected_id"), call.records)
    if isinstance(body, dict):
        if body.get("data_type") == "Connect":
            raise Invalid.fields([("data_type", NOT_LISTED)], hint="Connect fields cannot be created through the API.")
        if body.get("is_filterable") is None:
            # False is documented; in Python the default is true, since tests define fields in order to search by them.
            body = {**body, "is_filterable": False}
    made = call.tenant.record(lambda account, _now: account.records.catalogue.add(DEFINITIONS, body))
    return answer(_written(made), hint=ignored)


def view_definition(call: Call) -> JsonAnswer:
    """200 with the definition, or 404."""
    wanted = call.id("custom field definition")
    with call.tenant.lock:
        shown = _definition(call.records.catalogue.get(DEFINITIONS, wanted))
    return answer(shown)


def update_definition(call: Call) -> JsonAnswer:
    """200 with the whole definition; options are replaced as a whole, and those without an id get a new one.

    The data type and the canonical name cannot be changed.
    """
    fixed = ("id", "data_type", "canonical_name", "connected_id")
    changed, ignored = _changed(call, DEFINITIONS, call.id("custom field definition"), fixed)
    return answer(_written(changed), hint=ignored)


def delete_definition(call: Call) -> JsonAnswer:
    """200 with `{"id":N,"is_deleted":true}`; the records' values for it are deleted too."""
    wanted = call.id("custom field definition")
    call.tenant.record(lambda account, _now: remove_definition(account.records, wanted))
    return answer({"id": wanted, "is_deleted": True})


def _definition(entry: Mapping[str, Any]) -> dict[str, Any]:
    # canonical_name is documented only in the answers to create and update.
    return {name: value for name, value in _written(entry).items() if name != "canonical_name"}


def _written(entry: Mapping[str, Any]) -> dict[str, Any]:
    data_type = entry["data_type"]
    return {name: value for name, value in entry.items() if data_type in _ONLY_OF.get(name, (data_type,))}


# --- custom activity types --------------------------------------------------------------------------------------


def list_types(call: Call) -> JsonAnswer:
    """200 with a bare array; there are no pages."""
    return answer([_activity_type(each, call) for each in entries_of(CUSTOM, call)])


def create_type(call: Call) -> JsonAnswer:
    """200 with the new type, or 422; name and icon must be given."""
    body, ignored = _writable(call.body, ("id",), call.records)
    if isinstance(body, dict) and not body.get("icon_type"):
        # The icon has a default in Python, but must be given here.
        nameless = [] if body.get("name") else [("name", BLANK)]
        raise Invalid.fields([*nameless, ("icon_type", BLANK)])
    made = call.tenant.record(lambda account, _now: account.records.catalogue.add(CUSTOM, body))
    return answer(_activity_type(made, call), hint=ignored)


def view_type(call: Call) -> JsonAnswer:
    """200 with the type, or 404."""
    wanted = call.id("custom activity type")
    with call.tenant.lock:
        found = call.records.catalogue.get(CUSTOM, wanted)
    return answer(_activity_type(found, call))


def update_type(call: Call) -> JsonAnswer:
    """200 with the whole type; only the keys that were sent are changed."""
    changed, ignored = _changed(call, CUSTOM, call.id("custom activity type"), ("id",))
    return answer(_activity_type(changed, call), hint=ignored)


def _activity_type(entry: Mapping[str, Any], call: Call) -> dict[str, Any]:
    with call.tenant.lock:
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


# --- keys that clients cannot write -----------------------------------------------------------------------------


def _changed(call: Call, table: str, wanted: int, fixed: tuple[str, ...]) -> tuple[dict[str, Any], str]:
    """Update an entry; return it, and the hint about keys that cannot be changed."""
    sent = call.body

    def change(account: Account, _now: int) -> tuple[dict[str, Any], str]:
        account.records.catalogue.get(table, wanted)
        body, ignored = _writable(sent, fixed, account.records)
        return change_entry(account.records, table, wanted, body), ignored

    changed: tuple[dict[str, Any], str] = call.tenant.record(change)
    return changed


def _writable(body: Any, fixed: tuple[str, ...], records: RecordStore) -> tuple[Any, str]:
    """The body without keys that cannot be written, and the hint about them. Raises Invalid if the account is set to
    refuse them."""
    named = [name for name in fixed if name in body] if isinstance(body, dict) else []
    if not named:
        return body, ""
    if records.rules.refuse_read_only:
        found = Findings(body, body, "the body")
        found.not_writable(named)
        found.raise_if_any()
    return {name: value for name, value in body.items() if name not in named}, ignored_hint(named)


def _rows() -> list[tuple[str, str, Act]]:
    return [
        ("GET", f"/{DEFINITIONS}", list_definitions),
        ("POST", f"/{DEFINITIONS}", create_definition),
        ("GET", f"/{DEFINITIONS}/{{id}}", view_definition),
        ("PUT", f"/{DEFINITIONS}/{{id}}", update_definition),
        ("DELETE", f"/{DEFINITIONS}/{{id}}", delete_definition),
        ("GET", f"/{CUSTOM}", list_types),
        ("POST", f"/{CUSTOM}", create_type),
        ("GET", f"/{CUSTOM}/{{id}}", view_type),
        ("PUT", f"/{CUSTOM}/{{id}}", update_type),
    ]


routes = routes_of(_rows())
