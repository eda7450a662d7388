"""Calls on single records: create, view, update, delete, and those only for people or leads (developer.copper.com)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from copper_emulator.core.errors import NotFound
from copper_emulator.core.findings import Findings
from copper_emulator.core.model import EntityType
from copper_emulator.core.records import commands
from copper_emulator.core.records.commands import Command
from copper_emulator.core.records.tables import ACTIVITY, LEAD, PERSON, TABLES, Stored
from copper_emulator.shell.api.answers import answer, answer_raw
from copper_emulator.shell.api.calls import Act, Call, routes_of
from copper_emulator.shell.api.json_answer import JsonAnswer


def create(kind: EntityType, call: Call) -> JsonAnswer:
    """200 (not 201) with the whole record, or 422."""
    return _written(kind, call, commands.create_one(kind, call.body))


def view(kind: EntityType, call: Call) -> JsonAnswer:
    """200 with the record, or 404; for a deleted activity, 200 with a stub (developer docs)."""
    wanted = call.id(TABLES[kind].noun)
    with call.tenant.lock:
        if _was_deleted(kind, wanted, call):
            return _deleted(wanted)
        raw = call.one(kind, wanted)
    return answer_raw(raw)


def update(kind: EntityType, call: Call) -> JsonAnswer:
    """200 with the whole record; only the fields that were sent are changed."""
    wanted = call.id(TABLES[kind].noun)
    body = call.body
    _refuse_deleted(kind, wanted, call)
    return _written(kind, call, commands.update_one(kind, wanted, body))


def delete(kind: EntityType, call: Call) -> JsonAnswer:
    """200 with `{"id":N,"is_deleted":true}`, or 404."""
    wanted = call.id(TABLES[kind].noun)
    _refuse_deleted(kind, wanted, call)
    call.act(commands.delete(kind, [wanted]))
    return _deleted(wanted)


def fetch_by_email(call: Call) -> JsonAnswer:
    """200 with the person who has an email address, or 404."""
    found = Findings(call.body, ("email",), "the search for a person")
    found.require("email")
    found.check("email", lambda value: isinstance(value, str), "must be a string")
    found.raise_if_any()
    email = found.body["email"]
    with call.tenant.lock:
        wanted = call.records.owner(PERSON, email.strip())
        if wanted is None:
            raise NotFound(hint=f"No person has the email address {email!r}.")
        raw = call.one(PERSON, wanted)
    return answer_raw(raw)


def upsert(call: Call) -> JsonAnswer:
    """200 with the lead that was created or updated; 422 if several match."""
    record, done = call.perform(commands.upsert(call.body))
    return answer(dict(record), hint=ignored_hint(done.ignored))


def convert(call: Call) -> JsonAnswer:
    """200 with the records into which a lead was converted."""
    became = call.act(commands.convert(call.id("lead"), call.body))
    return answer({name: dict(record) for name, record in became.items()})


def ignored_hint(names: Sequence[str]) -> str:
    """The hint about names in a body that cannot be written; empty if there are none."""
    return f"Not writable and therefore ignored: {', '.join(names)} (setting read_only_fields)." if names else ""


def _written(kind: EntityType, call: Call, command: Command[Stored]) -> JsonAnswer:
    stored, done = call.perform(command)
    # Encoded only after the write: the notifications it causes are on their way and need not wait for this.
    with call.tenant.lock:
        raw = call.records.encode(kind, stored)
    return answer_raw(raw, hint=ignored_hint(done.ignored))


def _was_deleted(kind: EntityType, record_id: int, call: Call) -> bool:
    return kind is ACTIVITY and call.records.was_deleted(record_id)


def _refuse_deleted(kind: EntityType, record_id: int, call: Call) -> None:
    with call.tenant.lock:
        if _was_deleted(kind, record_id, call):
            raise NotFound(hint=f"Activity {record_id} was deleted: it can still be viewed, but not changed.")


def _deleted(record_id: int) -> JsonAnswer:
    return answer({"id": record_id, "is_deleted": True})


def _rows(kind: EntityType) -> list[tuple[str, str, Act]]:
    plural = TABLES[kind].plural
    return [
        ("POST", f"/{plural}", partial(create, kind)),
        ("GET", f"/{plural}/{{id}}", partial(view, kind)),
        ("PUT", f"/{plural}/{{id}}", partial(update, kind)),
        ("DELETE", f"/{plural}/{{id}}", partial(delete, kind)),
    ]


routes = [
    *(route for kind in EntityType for route in routes_of(_rows(kind))),
    *routes_of(
        [
            ("POST", f"/{TABLES[PERSON].plural}/fetch_by_email", fetch_by_email),
            ("PUT", f"/{TABLES[LEAD].plural}/upsert", upsert),
            ("POST", f"/{TABLES[LEAD].plural}/{{id}}/convert", convert),
        ]
    ),
]
