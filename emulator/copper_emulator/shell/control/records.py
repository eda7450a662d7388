"""The control API for records and lookup tables, under /_emulator/v1/accounts/{name}/records and /lookups.

Changes made here are checked, and cause notifications, as if a client of Copper had made them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from copper_emulator.core.account import Account
from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import Change, EntityType
from copper_emulator.core.records import commands
from copper_emulator.core.records.commands import Command
from copper_emulator.core.records.kinds import kind_called
from copper_emulator.core.records.lookups.catalogue import Catalogue
from copper_emulator.core.records.record import Record
from copper_emulator.core.records.samples import with_samples
from copper_emulator.core.records.searching.search import find, parse_search
from copper_emulator.core.records.switched_off import require
from copper_emulator.core.records.tables import TABLES
from copper_emulator.core.records.writing import usage
from copper_emulator.core.records.writing.action import Done
from copper_emulator.shell.control.bases import Nothing
from copper_emulator.shell.control.operation import Operation
from copper_emulator.shell.control.record_models import (
    ChangedDetails,
    ChangedEntry,
    ChangedShape,
    Convert,
    ConvertedShape,
    Delete,
    DetailsShape,
    FoundShape,
    LookupEntryShape,
    LookupShape,
    Merge,
    NamedEntry,
    NewEntry,
    OfTable,
    Rows,
    Search,
    SeededShape,
    Update,
)
from copper_emulator.shell.control.settling import settled
from copper_emulator.shell.control.shapes import FiredShape
from copper_emulator.shell.served.account import ServedAccount

T = TypeVar("T")

_LARGE = 64 * 1024 * 1024
"""Bytes allowed in a request with many records."""


async def create(served: ServedAccount, params: Rows) -> ChangedShape:
    """Create records in one action. Unless an endpoint is slow, what it makes due is delivered before the answer."""
    kind = kind_called(params.type)
    return await _changed(served, kind, commands.create(kind, _rows(kind, params)))


async def update(served: ServedAccount, params: Update) -> ChangedShape:
    """Give several records the same new values, in one action."""
    kind = kind_called(params.type)
    return await _changed(served, kind, commands.update(kind, params.ids, params.fields))


async def delete(served: ServedAccount, params: Delete) -> ChangedShape:
    """Delete records, in one action."""
    kind = kind_called(params.type)
    _, changes, ignored = await _done(served, commands.delete(kind, params.ids))
    return _shape(kind, [], changes, ignored)


async def merge(served: ServedAccount, params: Merge) -> ChangedShape:
    """Merge two records; answered with the one that stays."""
    kind = kind_called(params.type)
    winner, changes, ignored = await _done(served, commands.merge(kind, params.winner, params.loser))
    return _shape(kind, [winner], changes, ignored)


async def convert(served: ServedAccount, params: Convert) -> ConvertedShape:
    """Convert a lead into a person, a company and, if asked for, an opportunity."""
    kind = kind_called(params.type)
    if kind is not EntityType.LEAD:
        raise UsageError(f"only leads can be converted, not {TABLES[kind].plural}")
    made, changes, _ = await _done(
        served, commands.convert(params.id, {"details": params.details} if params.details else {})
    )
    return ConvertedShape(
        person=_shown(made.get("person")),
        company=_shown(made.get("company")),
        opportunity=_shown(made.get("opportunity")),
        changes=changes,
    )


async def search(served: ServedAccount, params: Search) -> FoundShape:
    """Find one page of the records that Copper's own search would find."""
    kind = kind_called(params.type)
    with served.tenant.lock:
        store = served.tenant.account.records
        require(store, kind)
        found = find(store, parse_search(kind, params.filters, {}, store), served.tenant.now())
        return FoundShape(records=[store.shown(kind, record) for record in found.records], total=found.total)


async def seed(served: ServedAccount, params: Rows) -> SeededShape:
    """Add records as if they had always been there: ids and read-only fields may be given, and nobody is notified."""
    kind = kind_called(params.type)
    ids, *_ = await _done(served, commands.seed(kind, _rows(kind, params)))
    return SeededShape(ids=ids)


async def read_lookup(served: ServedAccount, params: OfTable) -> LookupShape:
    """List the entries of a table that records refer to."""
    with served.tenant.lock:
        return LookupShape.of(_catalogue(served).table(params.table))


async def add_entry(served: ServedAccount, params: NewEntry) -> LookupEntryShape:
    """Add an entry; its id may be given."""
    with served.tenant.lock:
        return LookupEntryShape(entry=_catalogue(served).add(params.table, params.entry))


async def update_entry(served: ServedAccount, params: ChangedEntry) -> LookupEntryShape:
    """Change an entry. A stage that is left out is removed, unless a record is in it."""
    with served.tenant.lock:
        changed = usage.change_entry(served.tenant.account.records, params.table, params.id, params.fields)
        return LookupEntryShape(entry=dict(changed))


async def remove_entry(served: ServedAccount, params: NamedEntry) -> LookupShape:
    """Remove an entry that no record uses; answered with the remaining ones."""
    with served.tenant.lock:
        usage.remove_entry(served.tenant.account.records, params.table, params.id)
        return LookupShape.of(_catalogue(served).table(params.table))


async def read_details(served: ServedAccount, params: Nothing) -> DetailsShape:
    """Show what Copper's GET /account answers: its id, name, time zone and settings."""
    with served.tenant.lock:
        return DetailsShape(**_catalogue(served).account)


async def change_details(served: ServedAccount, params: ChangedDetails) -> DetailsShape:
    """Change what GET /account answers; what is not given stays. setting_enable_leads false switches leads off."""
    with served.tenant.lock:
        return DetailsShape(**_catalogue(served).change_account(params.model_dump(exclude_none=True)))


RECORD_OPERATIONS: tuple[Operation[Any], ...] = (
    Operation("POST", "/records/{type}/create", "Create records", Rows, ChangedShape, create, _LARGE),
    Operation("POST", "/records/{type}/update", "Change records", Update, ChangedShape, update),
    Operation("POST", "/records/{type}/delete", "Remove records", Delete, ChangedShape, delete),
    Operation("POST", "/records/{type}/merge", "Merge two records", Merge, ChangedShape, merge),
    Operation("POST", "/records/{type}/convert", "Convert a lead", Convert, ConvertedShape, convert),
    Operation("POST", "/records/{type}/search", "Search for records", Search, FoundShape, search),
    Operation("POST", "/records/{type}/seed", "Seed records", Rows, SeededShape, seed, _LARGE),
    Operation("GET", "/lookups/{table}", "A lookup table", OfTable, LookupShape, read_lookup),
    Operation("POST", "/lookups/{table}/add", "Add an entry", NewEntry, LookupEntryShape, add_entry),
    Operation("POST", "/lookups/{table}/update", "Change an entry", ChangedEntry, LookupEntryShape, update_entry),
    Operation("POST", "/lookups/{table}/remove", "Remove an entry", NamedEntry, LookupShape, remove_entry),
    Operation("GET", "/details", "What GET /account answers", Nothing, DetailsShape, read_details),
    Operation("POST", "/details", "Change what GET /account answers", ChangedDetails, DetailsShape, change_details),
)
"""The operations on the records of one account, under /_emulator/v1/accounts/{name}."""


async def _changed(served: ServedAccount, kind: EntityType, command: Command[list[Record]]) -> ChangedShape:
    records, changes, ignored = await _done(served, command)
    return _shape(kind, records, changes, ignored)


def _shape(kind: EntityType, records: Sequence[Record], changes: list[FiredShape], ignored: list[str]) -> ChangedShape:
    hints = [f"{name} is ignored: {TABLES[kind].why_ignored(name)}" for name in ignored]
    return ChangedShape(records=[dict(record) for record in records], changes=changes, ignored=ignored, hints=hints)


async def _done(served: ServedAccount, command: Command[T]) -> tuple[T, list[FiredShape], list[str]]:
    """Perform a command; return its result, the changes with what has become of them, and the ignored names."""

    def act(account: Account, now: int) -> tuple[Account, T, Done, list[Change]]:
        before = len(account.journal.changes)
        result, done = account.perform(command, now, origin="control")
        return account, result, done, account.journal.changes[before:]

    account, result, done, changes = served.tenant.record(act)
    await settled(served, account, changes)
    with served.tenant.lock:
        return result, [FiredShape.of_change(account, change) for change in changes], list(done.ignored)


def _rows(kind: EntityType, params: Rows) -> list[dict[str, Any]]:
    if params.rows is not None:
        return params.rows
    return [with_samples(kind, params.fields or {}, number + 1) for number in range(params.count or 1)]


def _shown(record: Record | None) -> dict[str, Any] | None:
    return None if record is None else dict(record)


def _catalogue(served: ServedAccount) -> Catalogue:
    return served.tenant.account.records.catalogue
