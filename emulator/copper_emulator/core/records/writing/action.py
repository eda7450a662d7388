"""One action on records: check everything first, then write everything and report what changed.

action = Action(store, kind, now)
action.create(body) / .update(id, body) / .delete(id)      if one raises, the action is as it was before it
action.commit()                                            writes everything; returns what was done
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

from copper_emulator.core.errors import raised_on_purpose
from copper_emulator.core.findings import TAKEN, Findings
from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.model import EntityType, Event, RecordChange, Topic
from copper_emulator.core.performed import Created, Deleted, Performed, Rows, Seeded, Updated
from copper_emulator.core.records.changed import is_same, updated_attributes
from copper_emulator.core.records.forms.reading import BodyFields, Reading
from copper_emulator.core.records.store import RecordStore, not_there, uniques
from copper_emulator.core.records.switched_off import require, require_named
from copper_emulator.core.records.tables import COMPANY, PERSON, TABLES, Stored
from copper_emulator.core.records.writing.derived import Write, check, derive
from copper_emulator.core.records.writing.seeding import Trusting
from copper_emulator.core.text import beginning

__tracebackhide__ = raised_on_purpose


@dataclass(slots=True)
class Done:
    """What an action did: the changes in order, the records whose update changed nothing, and the ignored names."""

    changes: list[RecordChange] = field(default_factory=list)
    unchanged: list[tuple[EntityType, int]] = field(default_factory=list)
    ignored: tuple[str, ...] = ()
    """Names in the bodies that cannot be written."""
    performed: list[Performed] = field(default_factory=list, compare=False)
    """What was done, in a form that can be replayed."""

    def and_then(self, other: Done) -> None:
        """Append what a later action did."""
        self.changes += other.changes
        self.unchanged += other.unchanged
        self.performed += other.performed
        self.ignored = tuple(dict.fromkeys(self.ignored + other.ignored))


T = TypeVar("T")

Command: TypeAlias = Callable[[RecordStore, int], tuple[T, Done]]
"""Takes the records and the time in milliseconds; returns its result and what it changed."""


class Action:
    """One action on records of one type; `now` is in milliseconds. Raises NotEnabled if the type is switched off."""

    def __init__(self, store: RecordStore, kind: EntityType, now: int) -> None:
        require(store, kind)
        self._store = store
        self._kind = kind
        self._table = TABLES[kind]
        self._now, self._now_ms = now // 1000, now
        self._reading = Reading(store, refuse_read_only=store.rules.refuse_read_only)
        self._created: dict[int, dict[str, Any]] = {}
        self._updated: dict[int, dict[str, Any]] = {}
        self._deleted: dict[int, None] = {}
        self._claimed: dict[str, int | None] = {}
        self._seeded = False
        self._bodies: dict[str, list[tuple[int, Any]]] = {"seed": [], "create": [], "update": []}
        self._ignored: dict[str, None] = {}

    @cached_property
    def _seeding(self) -> Reading:
        return Reading(Trusting(self._store))

    def create(self, body: Any) -> int:
        """Create a record and return its id. Raises Invalid, NotEnabled."""
        fields, findings = self._reading.create(self._table, body)
        require_named(self._store, self._kind, fields.values)
        self._ignored |= dict.fromkeys(fields.ignored)
        return self._note_body("create", self._add_new(fields, findings), body)

    def seed(self, body: Any) -> int:
        """Create a record whose id and read-only fields may be given, and return its id. Raises Invalid."""
        fields, findings = self._seeding.seed(self._table, body)
        given_id = findings.body.get("id")
        if given_id is not None:
            self._check_free(given_id, findings)
        self._seeded = True
        return self._note_body("seed", self._add_new(fields, findings, given_id, seeding=True), body)

    def _check_free(self, given_id: object, findings: Findings) -> None:
        if isinstance(given_id, bool) or not isinstance(given_id, int) or not 1 <= given_id <= MAX_ID:
            wrong = f"{beginning(repr(given_id), _MOST_OF_AN_ID)} is not an id"
            findings.error("id", wrong, f"An id is a whole number from 1 to {MAX_ID}.")
        elif given_id in self._created:
            findings.error("id", f"{given_id} is given twice")
        elif given_id in self._store.of(self._kind):
            findings.error("id", f"{given_id} is already there")

    def make(self, values: Mapping[str, Any]) -> int:
        """Create a record from values known to be valid, also read-only ones, and defaults. Returns its id."""
        fields = BodyFields(values, defaults=self._reading.defaults(self._table))
        return self._add_new(fields, Findings({}, (), f"a {self._table.noun}"))

    def update(self, record_id: int, body: Any) -> None:
        """Change the fields that the body names. Raises NotFound, Invalid."""
        before = self._current(record_id)
        fields, findings = self._reading.update(self._table, body, before)
        self._ignored |= dict.fromkeys(fields.ignored)
        findings.raise_if_any()
        self._write(record_id, before, fields, findings)
        self._note_body("update", record_id, body)

    def set(self, record_id: int, values: Mapping[str, Any]) -> None:
        """Set fields, also read-only ones, to values known to be valid. Raises NotFound."""
        findings = Findings({}, (), f"a {self._table.noun}")
        self._write(record_id, self._current(record_id), BodyFields(values), findings)

    def _write(self, record_id: int, before: Stored, fields: BodyFields, findings: Findings) -> None:
        """Work out the record as it will be and keep it for the commit. Raises Invalid."""
        after = {**before, **fields.values}
        if "custom_fields" in fields.values:
            after["custom_fields"] = _merged(before["custom_fields"], fields.values["custom_fields"])
        self._derive(before, fields, after, findings)
        if all(is_same(each.form, before[each.name], after[each.name]) for each in self._table if each.stored):
            after = dict(before)
        else:
            after["date_modified"] = self._date_modified(after)
        self._claim(record_id, before, after, findings)
        self._updated[record_id] = after

    def delete(self, record_id: int) -> None:
        """Delete a record. Raises NotFound."""
        self._current(record_id)
        self._deleted[record_id] = None

    def commit(self) -> Done:
        """Write everything and return what was done.

        Changes are in the order new, updated (one for records with equal old and new values), deleted.
        """
        done = Done(ignored=tuple(self._ignored))
        for record in self._created.values():
            # Seeded records count as always having existed, so lagging searches find them at once.
            self._store.put(self._kind, record, seeded=self._seeded, now=None if self._seeded else self._now_ms)
        self._report(done, Event.NEW, self._created)
        if self._updated:
            self._commit_updates(done)
        for record_id in self._deleted:
            self._store.take_out(self._kind, record_id, now=self._now_ms)
        self._report(done, Event.DELETE, self._deleted)
        done.performed += self._performed()
        return done

    def _note_body(self, verb: str, record_id: int, body: Any) -> int:
        self._bodies[verb].append((record_id, body))
        return record_id

    def _performed(self) -> Iterator[Performed]:
        for verb, rows in self._bodies.items():
            if rows:
                yield _PERFORMED[verb](self._kind, tuple(rows))
        if self._deleted:
            yield Deleted(self._kind, tuple(self._deleted))

    def _commit_updates(self, done: Done) -> None:
        groups: dict[str, tuple[RecordChange, list[int]]] = {}
        topic, several = _TOPICS[self._kind, Event.UPDATE], len(self._updated) > 1
        for record_id, after in self._updated.items():
            before = self._store.stored(self._kind, record_id)
            attributes, named = updated_attributes(self._table, before, after, self._store.catalogue, self._now)
            self._store.put(self._kind, after)
            if not attributes:
                done.unchanged.append((self._kind, record_id))
                continue
            group = json.dumps(attributes, sort_keys=True) if several else ""
            change = RecordChange(topic, (), attributes, named)
            groups.setdefault(group, (change, []))[1].append(record_id)
        done.changes += [
            RecordChange(topic, tuple(ids), change.updated_attributes, change.computed_attributes)
            for change, ids in groups.values()
        ]

    def _report(self, done: Done, event: Event, ids: Iterable[int]) -> None:
        if ids:
            done.changes.append(RecordChange(_TOPICS[self._kind, event], tuple(ids)))

    def _add_new(
        self, fields: BodyFields, findings: Findings, given_id: int | None = None, *, seeding: bool = False
    ) -> int:
        findings.raise_if_any()
        values = fields.values
        if "custom_fields" in values:
            values = {**values, "custom_fields": _merged({}, values["custom_fields"])}
        after = {"id": 0, **fields.defaults, **values}
        # Seeded values are kept as given, even if they contradict each other.
        self._derive(None, fields, after, None if seeding else findings)
        if seeding:
            after |= values
            for name in self._table.unstored:
                after.pop(name, None)
        for name, moment in (("date_created", self._now), ("date_modified", self._date_modified(after))):
            after[name] = after[name] if seeding and after[name] is not None else moment
        claimed = self._claim(None, None, after, findings)
        record_id = given_id if given_id is not None else self._next_id()
        self._claimed |= dict.fromkeys(claimed, record_id)
        after["id"] = record_id
        self._created[record_id] = after
        return record_id

    def _date_modified(self, after: Stored) -> int:
        # An activity's date_modified is its activity_date, even if that is earlier than its creation (recorded in
        # 2019), and after a change as well: in the developer docs of 2019, activity 3061844454 has the same one with
        # the details "Demo phone call" and "This is an update".
        modified: int = after.get("activity_date", self._now)
        return modified

    def _next_id(self) -> int:
        # Seeded records may already use ids that the counter has yet to reach.
        records = self._store.of(self._kind)
        spent = self._store.spent[self._kind]
        while True:
            record_id = self._store.counters.next_record(self._kind)
            if not (record_id in records or record_id in self._created or record_id in spent):
                return record_id

    def _current(self, record_id: int) -> Stored:
        if record_id in self._deleted:
            raise not_there(self._kind, record_id)
        updated = self._updated.get(record_id)
        return self._store.stored(self._kind, record_id) if updated is None else updated

    def _derive(
        self, before: Stored | None, fields: BodyFields, after: dict[str, Any], findings: Findings | None
    ) -> None:
        store = self._store
        write = Write(before, fields.values, after, store.catalogue, store.company_of, self._now, lambda: store.user)
        if findings is not None:
            check(self._table, write, findings)
        derive(self._table, write)

    def _claim(self, record_id: int | None, before: Stored | None, after: Stored, findings: Findings) -> list[str]:
        # A unique value must not belong to another record, whether stored or in this action.
        claimed = uniques(self._kind, after)
        for unique in claimed:
            owner = self._claimed[unique] if unique in self._claimed else self._store.owner(self._kind, unique)
            if owner is not None and owner != record_id and owner not in self._deleted:
                findings.error(_UNIQUE[self._kind], TAKEN, self._taken_hint(owner, unique))
        findings.raise_if_any()
        if record_id is not None:
            released = [] if before is None else uniques(self._kind, before)
            self._claimed |= dict.fromkeys(released, None)
            self._claimed |= dict.fromkeys(claimed, record_id)
        return claimed

    def _taken_hint(self, owner: int, unique: str) -> str:
        if owner not in self._created:
            return f"{unique} belongs to {self._kind} {owner}."
        # Nothing in this action will be created, so the owner's id would mean nothing.
        place, own = list(self._created).index(owner) + 1, len(self._created) + 1
        return f"Records {place} and {own} of this call both have {unique}, which can belong to only one {self._kind}."


_PERFORMED: Mapping[str, Callable[[EntityType, Rows], Performed]] = {
    "seed": Seeded,
    "create": Created,
    "update": Updated,
}

_TOPICS = {(kind, event): Topic(kind, event) for kind in TABLES for event in Event}

_MOST_OF_AN_ID = 40
"""Characters of a wrong id that are shown."""

_UNIQUE = {PERSON: "emails", COMPANY: "email_domain"}


def _merged(old: Mapping[int, Any], new: Mapping[int, Any]) -> dict[int, Any]:
    """Custom field values after a write: fields that it does not name keep theirs, null unsets."""
    return {definition_id: value for definition_id, value in {**old, **new}.items() if value is not None}
