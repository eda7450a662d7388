"""Bulk calls: valid records are written, and each invalid one gets an error in its place of the answer."""

from __future__ import annotations

from functools import partial
from typing import Any

from copper_emulator.core.errors import VALIDATION, BulkTooLarge
from copper_emulator.core.findings import INVALID, Findings
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.commands import MAX_BULK, Command, ItemError, bulk_create, bulk_update, item_error
from copper_emulator.core.records.record import Record
from copper_emulator.core.records.tables import ACTIVITY, COMPANY, LEAD, OPPORTUNITY, PERSON, TABLES
from copper_emulator.shell.api.answers import answer
from copper_emulator.shell.api.calls import Act, Call, routes_of
from copper_emulator.shell.api.json_answer import JsonAnswer
from copper_emulator.shell.api.records import ignored_hint

CREATED = (LEAD, PERSON, COMPANY, OPPORTUNITY, ACTIVITY)
UPDATED = (LEAD, PERSON, COMPANY)
"""The types that have bulk_create and bulk_update, respectively (developer docs)."""


def create(kind: EntityType, call: Call) -> JsonAnswer:
    """200 with the new records, in the order of the request."""
    return _answered(call, f"{TABLES[kind].plural}/bulk_create", bulk_create(kind, bodies_of(kind, call.body)))


def update(kind: EntityType, call: Call) -> JsonAnswer:
    """200 with the records, in the order of the request, in which each item has an id."""
    return _answered(call, f"{TABLES[kind].plural}/bulk_update", bulk_update(kind, bodies_of(kind, call.body)))


def bodies_of(kind: EntityType, body: Any) -> list[Any]:
    """The items of a body, which has them under the plural of their type. Raises Invalid, BulkTooLarge."""
    plural = TABLES[kind].plural
    found = Findings(body, (plural,), f"a bulk call for {plural}")
    if plural not in found.body:
        found.require(plural)
    elif not isinstance(found.body[plural], list):
        found.error(plural, INVALID, f'It must be a list, like {{"{plural}": [...]}}.')
    found.raise_if_any()
    items: list[Any] = found.body[plural]
    if len(items) > MAX_BULK:
        raise BulkTooLarge(MAX_BULK, hint=f"There are {len(items)}; send at most {MAX_BULK} at a time.")
    return items


def _answered(call: Call, name: str, command: Command[list[Record | ItemError]]) -> JsonAnswer:
    """Answer with every item in its place; refusals are also noted in the journal, their hints in the header."""
    made, done = call.perform(command)
    hints = dict.fromkeys([ignored_hint(done.ignored)])
    for number, each in enumerate(made, start=1):
        if isinstance(each, ItemError):
            hints[each.hint] = None
            call.tenant.refused(f"{name} item {number}: {_why(each)}")
    items = [item_error(each) if isinstance(each, ItemError) else dict(each) for each in made]
    return answer(items, hint=" ".join(filter(None, hints)))


def _why(error: ItemError) -> str:
    text = error.message.removeprefix(VALIDATION)
    return f"{text}; {error.hint}" if error.hint else text


def _rows() -> list[tuple[str, str, Act]]:
    created: list[tuple[str, str, Act]] = [
        ("POST", f"/{TABLES[kind].plural}/bulk_create", partial(create, kind)) for kind in CREATED
    ]
    updated: list[tuple[str, str, Act]] = [
        ("POST", f"/{TABLES[kind].plural}/bulk_update", partial(update, kind)) for kind in UPDATED
    ]
    return created + updated


routes = routes_of(_rows(), bulk=True)
