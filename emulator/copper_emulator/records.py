"""The records of one type, as a test writes and finds them: what both faces of every type have in common.

The classes that tests see (`People`, `AsyncPeople` and their siblings) are generated into `typed_records.py`, with
every field in their signatures. Every write fires the events Copper would fire, and what is due has been delivered when
the call returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, overload

from copper_emulator.argument_errors import written_like
from copper_emulator.core.account import Account
from copper_emulator.core.arguments import record_id
from copper_emulator.core.attributes import Attributes, is_defined
from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.model import EntityType
from copper_emulator.core.records import commands
from copper_emulator.core.records.fields import Access
from copper_emulator.core.records.record import COLLECTIONS, Record, kind_of
from copper_emulator.core.records.relations import Item
from copper_emulator.core.records.searching.search import PARAMETERS, find, parse_filters
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.switched_off import require
from copper_emulator.core.records.tables import TABLES
from copper_emulator.core.records.writing.converting import PARTS
from copper_emulator.core.text import count, in_words, suggesting
from copper_emulator.python_values import as_json
from copper_emulator.shell.any_tenant import AnyTenant
from copper_emulator.shell.seed_files import read_seeds
from copper_emulator.unawaited import UnawaitedCalls

__tracebackhide__ = raised_on_purpose

_NOT_OF_ALL = {"merge": (EntityType.PERSON, EntityType.COMPANY), "convert": (EntityType.LEAD,)}
"""What is done only with records of these types, as in Copper."""

_OTHERWISE = {
    **dict.fromkeys(("find", "all", "list", "filter", "query", "where"), "search"),
    **dict.fromkeys(("fetch", "retrieve", "load"), "get"),
    **dict.fromkeys(("add", "insert", "new"), "create"),
    **dict.fromkeys(("save", "edit", "change", "set"), "update"),
    **dict.fromkeys(("remove", "destroy"), "delete"),
}
"""What other libraries call what is done with records."""

Act: TypeAlias = Callable[[Account, int], Any]


class Records(Attributes):
    """The operations on the records of one type; `write` performs one and delivers what it made due."""

    def __init__(self, kind: EntityType, tenant: AnyTenant, write: Callable[[Act], Any]) -> None:
        self._kind = kind
        self._table = TABLES[kind]
        self._tenant = tenant
        self._write = write

    def __repr__(self) -> str:
        return f"<copper.{self._table.plural}>"

    if not TYPE_CHECKING:  # Type checkers must still reject unknown names.

        def __getattr__(self, name: str) -> Any:
            __tracebackhide__ = True
            if is_defined(self, name) or name not in {*_NOT_OF_ALL, *_OTHERWISE}:
                return super().__getattr__(name)
            wrong = f"copper.{self._table.plural} has no {name!r}"
            if name in _OTHERWISE:
                raise AttributeError(suggesting(wrong, _OTHERWISE[name]), name=name, obj=self)
            having = _NOT_OF_ALL[name]
            owners = in_words(f"copper.{COLLECTIONS[kind]}" for kind in having)
            have = "has" if len(having) == 1 else "have"
            raise AttributeError(f"{wrong}: only {owners} {have} it", name=name, obj=self)

    def get(self, id: int | Record) -> Record:
        """The current state of a record, by its id or an earlier copy. Raises NotFound."""
        wanted = record_id(id, self._kind)
        with self._tenant.lock:
            return self._store.get(self._kind, wanted)

    @written_like("copper.people.seed([{'id': 17, 'name': 'Ada'}])")
    def seed(self, rows: Iterable[Mapping[str, Any]] | Path) -> Sequence[Record]:
        """Add records as if they had always existed: no notifications, no entries in the journal.

        Args:
            rows: the fields of each record, as `create` takes them or as the API shows them; they may include ids,
                dates and other fields that only Copper writes, and refer to records seeded later. Or a file:
                `Path("people.json")` with an array of objects, or `Path("people.csv")` with field names in its first
                row.

        Raises:
            Invalid: the API would refuse a row; the hint names file, row and column. Nothing is seeded.
            UsageError: the file cannot be read, or the rows are not JSON. Nothing is seeded.
        """
        if isinstance(rows, str):
            raise UsageError(f"pass a file as pathlib.Path({rows!r})")
        if isinstance(rows, Path):
            with self._tenant.lock:
                definitions = dict(self._store.definitions(self._kind))
            found = read_seeds(rows, self._kind, definitions)
            act = commands.seed(self._kind, found.rows, found.position)
        else:
            act = commands.seed(self._kind, [self._json(row) for row in rows_of(rows)])
        ids: list[int] = self._tenant.record(lambda account, now: account.act(act, now))
        return Seeded(ids, self.get)

    @written_like("copper.people.relate(ada, company)")
    def relate(self, id: int | Record, other: Record) -> bool:
        """Relate a record to one of another type. Copper notifies nobody of this.

        Returns False if they were related already. Read the relations with `related`.

        Raises:
            NotFound: there is no such record.
            Invalid: these types cannot be related, or a record can have only one such relation.
        """
        one, two = self._pair(id, other)
        is_new: bool = self._tenant.record(lambda account, now: account.relate(one, two, now))
        return is_new

    @written_like("copper.people.unrelate(ada, company)")
    def unrelate(self, id: int | Record, other: Record) -> None:
        """Remove a relation. Copper notifies nobody of this. Raises NotFound."""
        one, two = self._pair(id, other)
        self._tenant.record(lambda account, now: account.unrelate(one, two, now))

    def related(self, id: int | Record) -> list[Record]:
        """The records that a record is related to. Raises NotFound."""
        wanted = record_id(id, self._kind)
        with self._tenant.lock:
            store = self._store
            store.get(self._kind, wanted)
            return [store.get(kind, number) for kind, number in store.relations.of((self._kind, wanted))]

    def _pair(self, id: int | Record, other: object) -> tuple[Item, Item]:
        kind = kind_of(other) if isinstance(other, Record) else None
        if kind is None:
            raise UsageError(f"the other record must be a record, like copper.companies.get(5), not {other!r}")
        return (self._kind, record_id(id, self._kind)), (kind, record_id(other))

    @property
    def _store(self) -> RecordStore:
        """The account's records, to be read under the lock. Raises NotEnabled if this type is switched off."""
        store = self._tenant.account.records
        require(store, self._kind)
        return store

    # --- what the generated classes use -----------------------------------------------------------------------

    def _creating(self, rows: Iterable[Mapping[str, Any]]) -> Act:
        sent = [self._writable(row, Access.ALWAYS, Access.CREATE) for row in rows_of(rows)]
        return lambda account, now: account.act(commands.create(self._kind, sent), now)

    def _updating(self, given: Iterable[int | Record], fields: Mapping[str, Any]) -> Act:
        ids = self._several(given, "update")
        sent = self._writable(fields, Access.ALWAYS)
        return lambda account, now: account.act(commands.update(self._kind, ids, sent), now)

    def _deleting(self, given: Iterable[int | Record]) -> Act:
        ids = self._several(given, "delete")
        return lambda account, now: account.act(commands.delete(self._kind, ids), now)

    def _found(self, filters: Mapping[str, Any]) -> list[Record]:
        forms = {name: each.form for name, each in PARAMETERS[self._kind].items()}
        sent = as_json(filters, forms, "the filters of a search")
        with self._tenant.lock:
            store = self._store
            query = parse_filters(self._kind, sent, store)
            found = find(store, query, self._tenant.now(), lag=False)
            return [store.record(self._kind, stored) for stored in found.records]

    def _merging(self, winner: int | Record, loser: int | Record) -> Act:
        winner_id, loser_id = record_id(winner, self._kind), record_id(loser, self._kind)
        return lambda account, now: account.act(commands.merge(self._kind, winner_id, loser_id), now)

    def _converting(self, id: int | Record, **parts: Mapping[str, Any] | None) -> Act:
        lead_id = record_id(id, self._kind)
        details = {name: _part(EntityType(name), part) for name, part in parts.items() if part is not None}
        return lambda account, now: account.act(commands.convert(lead_id, {"details": details}), now)

    def _json(self, fields: object) -> Any:
        return as_json(fields, self._table.forms)

    def _writable(self, fields: object, *accesses: Access) -> Any:
        sent = self._json(fields)
        fixed = [name for name in sent if name == "id" or self._access(name) not in (None, *accesses)]
        # The API ignores fields that a client merely sends back; a test that names a field means to set it.
        if fixed and not self._tenant.account.rules.refuse_read_only:
            raise UsageError(self._why_fixed(fixed[0]))
        return sent

    def _access(self, name: str) -> Access | None:
        field = self._table.by_name.get(name)
        return None if field is None else field.access

    def _why_fixed(self, name: str) -> str:
        if name == "id":
            return "the emulator assigns a record's id, as Copper does; leave it out, or seed the record"
        if self._access(name) is Access.CREATE:
            return f"{name} of a {self._table.noun} can only be set when it is created, as through Copper's API"
        return f"{name} of a {self._table.noun} is written by Copper only; leave it out, or seed the record"

    def _several(self, given: Iterable[int | Record], verb: str) -> list[int]:
        if isinstance(given, Mapping | str | bytes) or not isinstance(given, Iterable):
            raise UsageError(f"{verb}_many takes several ids or records, like [17, 18]; for one, use {verb}()")
        return [record_id(one, self._kind) for one in given]


class AsyncRecords(Records):
    """The same of an asynchronous account, which notes the calls: one that is not awaited does nothing."""

    def __init__(self, kind: EntityType, tenant: AnyTenant, write: Callable[[Act], Any], calls: UnawaitedCalls) -> None:
        super().__init__(kind, tenant, write)
        self._calls = calls


@dataclass(frozen=True, slots=True)
class Converted:
    """What a lead became."""

    person: Record
    company: Record | None
    opportunity: Record | None


class Seeded(Sequence[Record]):
    """Seeded records in the order of their rows, each read on access: there may be very many."""

    def __init__(self, ids: Sequence[int], get: Callable[[int], Record]) -> None:
        self._ids = ids
        self._get = get

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Seeded: ...
    def __getitem__(self, index: int | slice) -> Record | Seeded:
        if isinstance(index, slice):
            return Seeded(self._ids[index], self._get)
        return self._get(self._ids[index])

    def __iter__(self) -> Iterator[Record]:
        return map(self._get, self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __repr__(self) -> str:
        return f"<{count(len(self._ids), 'seeded record')}>"


def _part(kind: EntityType, given: Mapping[str, Any]) -> Any:
    # The company itself may be given instead of its fields.
    fields = {"id": record_id(given, kind)} if isinstance(given, Record) else given
    return as_json(fields, PARTS[kind].forms, f"the {kind} of a conversion")


def rows_of(rows: object) -> list[Any]:
    """The rows as a list. Raises UsageError if they are not a list of records."""
    if isinstance(rows, Mapping | str | bytes) or not isinstance(rows, Iterable):
        raise UsageError(f"give a list of records, like [{{'name': 'Ada'}}, {{'name': 'Bob'}}], not {rows!r}")
    return list(rows)
