"""An account's records, with everything that is kept in step with them: relations, interactions, indexes.

Stored records are never changed in place; each write replaces the old one. `action.py` writes only once its whole
action has proved valid. The module is a little longer than others because its class is best read as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import tzinfo
from functools import cached_property
from typing import Any

from copper_emulator.core.errors import NotFound, raised_on_purpose
from copper_emulator.core.ids import Counters
from copper_emulator.core.json_text import encode
from copper_emulator.core.marks import Marks
from copper_emulator.core.model import DEFAULT_EMAIL, EntityType
from copper_emulator.core.performed import EntryPerformed
from copper_emulator.core.records.encoded import Encoded
from copper_emulator.core.records.interactions import Activities, Contact, interaction_fields
from copper_emulator.core.records.lookups.catalogue import Catalogue
from copper_emulator.core.records.ordering import Line, Orders
from copper_emulator.core.records.primary_contacts import FIELD, PrimaryContacts
from copper_emulator.core.records.record import Record
from copper_emulator.core.records.relations import Relations, leads_to, newly_linked, unlinked
from copper_emulator.core.records.shown import copied, shown
from copper_emulator.core.records.tables import ACTIVITY, COMPANY, PERSON, TABLES, Stored
from copper_emulator.core.rules import Rules
from copper_emulator.core.text import folded

__tracebackhide__ = raised_on_purpose


class RecordStore:
    """All records of one account by type and id, and its lookup tables. Implements `Known`, for the forms."""

    trusting = False

    def __init__(
        self,
        rules: Rules,
        counters: Counters,
        email: Callable[[], str],
        on_performed: Callable[[EntryPerformed], None] = lambda _: None,
        marks: Marks | None = None,
    ) -> None:
        self.rules = rules
        self.counters = counters
        self._marks = Marks() if marks is None else marks
        self.relations = Relations(self._marks)
        self.primary_contacts = PrimaryContacts()
        self.activities = Activities()
        self.orders = {kind: Orders(rules.search_lag_ms) for kind in TABLES}
        self._email = email
        self._on_performed = on_performed
        self._records: dict[EntityType, dict[int, Stored]] = {kind: {} for kind in TABLES}
        self._owners: dict[EntityType, dict[str, int]] = {PERSON: {}, COMPANY: {}}
        self._deleted_activities: set[int] = set()
        self._catalogues = 0
        self._writes = 0
        self._encoded = Encoded(self._records, self.encode)
        # Ids of removed records that the counter has yet to reach; it skips them, since ids are never reused.
        self.spent: dict[EntityType, set[int]] = {kind: set() for kind in TABLES}

    def set_search_lag(self, lag_ms: int) -> None:
        """Set how far searches lag behind from now on."""
        for orders in self.orders.values():
            orders.recent.set_lag(lag_ms)

    def recent(self) -> dict[EntityType, tuple[list[tuple[int, int]], list[tuple[int, int, Stored]]]]:
        """The records that lagging searches do not see as they are, by type (`Recent.state`)."""
        return {kind: orders.recent.state() for kind, orders in self.orders.items() if not orders.recent.is_empty}

    @cached_property
    def catalogue(self) -> Catalogue:
        """The lookup tables, created on first use, since most tests never need them."""
        catalogue = Catalogue(self._email())
        catalogue.on_performed = self._on_performed
        return catalogue

    @property
    def has_catalogue(self) -> bool:
        """Whether the lookup tables have been used yet."""
        return "catalogue" in self.__dict__

    @property
    def version(self) -> object:
        """A value that differs after anything, except passing time, that may change what a search finds or shows.

        It consists of numbers only, so that holding on to it keeps no part of the account alive.
        """
        return self._writes, self.relations.writes, self.lookups

    @property
    def lookups(self) -> tuple[int, int]:
        """A value that differs after any change to the lookup tables."""
        return self._catalogues, self.catalogue.writes

    @property
    def user(self) -> int | None:
        """The user that the current API key belongs to."""
        return self.catalogue.user_of(self._email())

    # --- for the forms (`Known`) ----------------------------------------------------------------------------

    @property
    def zone(self) -> tzinfo:
        return self.catalogue.zone

    def lookup(self, table: str) -> Mapping[int, Mapping[str, Any]]:
        return self.catalogue.table(table)

    def default(self, table: str) -> int | None:
        return self.catalogue.default(table)

    def has_record(self, kind: EntityType, record_id: int) -> bool:
        return record_id in self._records[kind]

    def definitions(self, kind: EntityType) -> Mapping[int, Mapping[str, Any]]:
        return self.catalogue.definitions(kind)

    # --- reading --------------------------------------------------------------------------------------------

    def of(self, kind: EntityType) -> Mapping[int, Stored]:
        """The stored records of a type by id, in order of creation."""
        return self._records[kind]

    def stored(self, kind: EntityType, record_id: int) -> Stored:
        """A record as it is stored. Raises NotFound."""
        try:
            return self._records[kind][record_id]
        except (KeyError, TypeError):
            raise not_there(kind, record_id) from None

    def get(self, kind: EntityType, record_id: int) -> Record:
        """A record as the API shows it. Raises NotFound."""
        return self.record(kind, self.stored(kind, record_id))

    def record(self, kind: EntityType, stored: Stored) -> Record:
        """The given stored record as the API shows it; a copy."""
        return Record(copied(self.shown(kind, stored)), kind)

    def shown(self, kind: EntityType, stored: Stored, *, with_computed: bool = False) -> dict[str, Any]:
        """A stored record as the API shows it. Shares values with the store; use `record` for a copy."""
        return shown(kind, stored, self.catalogue, self.company_name, with_computed=with_computed)

    def encode(self, kind: EntityType, stored: Stored, *, with_computed: bool = False) -> bytes:
        """A stored record as the API shows it, as JSON."""
        return encode(self.shown(kind, stored, with_computed=with_computed))

    def read(self, kind: EntityType, ids: Collection[int], among: Mapping[int, Stored]) -> list[bytes]:
        """The JSON of the records with these ids, cached where possible."""
        return self._encoded.of(kind, ids, among, self.lookups)

    def read_page(self, kind: EntityType, line: Line, page: slice) -> list[bytes]:
        """The JSON of the records in this slice of a line, cached where possible."""
        return self._encoded.at(kind, line, page, self._records[kind], self.lookups)

    def company_name(self, company_id: int) -> str | None:
        company = self._records[COMPANY].get(company_id)
        return None if company is None else company["name"]

    def company_of(self, person_id: int) -> int | None:
        person = self._records[PERSON].get(person_id)
        return None if person is None else person["company_id"]

    def was_deleted(self, activity_id: int) -> bool:
        """Whether an activity with this id was deleted; those stay readable as stubs (developer docs)."""
        return activity_id in self._deleted_activities

    @property
    def deleted_activities(self) -> Collection[int]:
        """The ids of deleted activities."""
        return self._deleted_activities

    def owner(self, kind: EntityType, unique: str) -> int | None:
        """The id of the person with an email address, or of the company with an email domain, in any case."""
        return self._owners[kind].get(folded(unique))

    # --- restoring: for `state/` only -----------------------------------------------------------------------

    def restore_record(self, kind: EntityType, record: Stored) -> None:
        """Restore a record as it was, before anything else; nothing is derived from it."""
        self._records[kind][record["id"]] = record
        if kind in self._owners:
            self._owners[kind].update((unique, record["id"]) for unique in uniques(kind, record))
        if kind is COMPANY:
            self.primary_contacts.follow(None, record)

    def restore_catalogue(self, state: Mapping[str, Any]) -> None:
        """Restore the lookup tables as they were."""
        catalogue = Catalogue(DEFAULT_EMAIL)
        catalogue.restore(state)
        catalogue.on_performed = self._on_performed
        self.__dict__["catalogue"] = catalogue
        self._catalogues += 1

    def restore_deleted(self, activity_id: int) -> None:
        """Restore the fact that an activity with this id was deleted."""
        self._deleted_activities.add(activity_id)

    # --- writing; `put` and `take_out` are for `action.py` only ---------------------------------------------

    def put(self, kind: EntityType, record: Stored, *, seeded: bool = False, now: int | None = None) -> None:
        """Store a record, replacing the one with its id. `now` is when a new one was created, for lagging searches."""
        before = self._records[kind].get(record["id"])
        self._records[kind][record["id"]] = record
        self._marks.mark("records", (kind, record["id"]), anew=before is None)
        self._writes += 1
        self.orders[kind].touch(record["id"], before, record, now)
        self._encoded.drop_outdated(kind, before, record)
        self.relations.follow(kind, before, record, self._leads_to)
        if kind in self._owners:
            owners = self._owners[kind]
            for unique in () if before is None else uniques(kind, before):
                _release(owners, unique, record["id"])
            owners.update((unique, record["id"]) for unique in uniques(kind, record))
        if kind is COMPANY:
            self.primary_contacts.follow(before, record)
        if kind is ACTIVITY:
            # A deleted activity may be seeded again.
            self._deleted_activities.discard(record["id"])
            self._marks.mark("deleted", record["id"])
            self._follow_activity(before, record, seeded=seeded)

    def take_out(self, kind: EntityType, record_id: int, *, now: int | None) -> None:
        """Remove a record and its relations."""
        before = self._records[kind].pop(record_id)
        if self.counters.is_ahead(kind, record_id):
            self.spent[kind].add(record_id)
        self._marks.mark("records", (kind, record_id))
        self._writes += 1
        self.orders[kind].touch(record_id, before, None, now)
        self._encoded.drop_outdated(kind, before, None)
        if kind in self._owners:
            for unique in uniques(kind, before):
                _release(self._owners[kind], unique, record_id)
        if kind is ACTIVITY:
            self._deleted_activities.add(record_id)
            self._marks.mark("deleted", record_id)
            self._apply_contacts(self.activities.remove(before))
        self._forget((kind, record_id), before)

    def _forget(self, item: tuple[EntityType, int], before: Stored) -> None:
        """Unset what refers to a record that is gone."""
        if item[0] is COMPANY:
            self.primary_contacts.follow(before, None)
        if item[0] is PERSON:
            self.replace_contact(item[1], None)
        for other in self.relations.drop(item):
            # A seeded record may refer to one that was never seeded.
            if self.has_record(*other):
                self._unlink(other, item)

    def replace_contact(self, person_id: int, by: int | None) -> None:
        """Let another person, or none, be the primary contact of the companies that have this one."""
        for company_id in self.primary_contacts.companies_of(person_id):
            self.quietly((COMPANY, company_id), {FIELD: by})

    def relate(self, one: tuple[EntityType, int], other: tuple[EntityType, int]) -> bool:
        """Relate two records, without a notification; False if they were related already. Raises NotFound, Invalid."""
        for kind, record_id in (one, other):
            self.stored(kind, record_id)
        self.relations.check(one, other)
        is_new = not self.relations.has(one, other)
        self.relations.add(one, other)
        for this, that in ((one, other), (other, one)):
            fields = newly_linked(this[0], self.stored(*this), that)
            self.quietly(this, fields)
        return is_new

    def unrelate(self, one: tuple[EntityType, int], other: tuple[EntityType, int]) -> None:
        """Remove a relation, without a notification. Raises NotFound."""
        self.stored(*one)
        if not self.relations.has(one, other):
            raise NotFound(hint=f"{one[0]} {one[1]} is not related to {other[0]} {other[1]}.")
        self.relations.remove(one, other)
        self._unlink(one, other)
        self._unlink(other, one)

    def _leads_to(self, this: tuple[EntityType, int], that: tuple[EntityType, int]) -> bool:
        record = self._records[this[0]].get(this[1])
        return record is not None and leads_to(this[0], record, that)

    def _unlink(self, this: tuple[EntityType, int], that: tuple[EntityType, int]) -> None:
        self.quietly(this, unlinked(this[0], self.stored(*this), that))

    def quietly(self, item: tuple[EntityType, int], fields: Mapping[str, Any]) -> None:
        """Write fields that do not count as a change (relations, metadata): no notification, same date_modified."""
        if fields:
            self.put(item[0], {**self.stored(*item), **fields})

    def _follow_activity(self, before: Stored | None, record: Stored, *, seeded: bool) -> None:
        if before is not None:
            self._apply_contacts(self.activities.follow(before, record))
            return
        kind = self.catalogue.table("activity_types").get(record["type"]["id"])
        contacts = self.activities.add(record, counts=kind is not None and kind["count_as_interaction"])
        self._apply_contacts(contacts, seeded=seeded)

    def _apply_contacts(self, contacts: Iterable[Contact], *, seeded: bool = False) -> None:
        for item, by, at in contacts:
            record = self._records[item[0]].get(item[1])
            if record is None:
                continue
            # The interaction count of a seeded parent may already include its seeded activities.
            missing = self.activities.interaction_count(item) - record.get("interaction_count", 0)
            self.quietly(item, interaction_fields(item[0], record, max(missing, 0) if seeded else by, at))


def not_there(kind: EntityType, record_id: object) -> NotFound:
    """The error for a record that does not exist."""
    return NotFound(hint=f"There is no {kind} {record_id!r}.", record=(kind, record_id))


def _release(owners: dict[str, int], unique: str, record_id: int) -> None:
    # The same action may already have given it to another record.
    if owners.get(unique) == record_id:
        del owners[unique]


def uniques(kind: EntityType, record: Stored) -> list[str]:
    """Values no other record of the type may have, in any case (developer docs): emails and email domains."""
    if kind is PERSON:
        return [folded(entry["email"]) for entry in record["emails"]]
    if kind is COMPANY and record["email_domain"]:
        return [folded(record["email_domain"])]
    return []
