"""An account's current lookup tables: users, statuses, pipelines, custom field definitions and so on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import tzinfo
from typing import Any

from copper_emulator.core.errors import NotFound, UsageError, raised_on_purpose
from copper_emulator.core.findings import INVALID, TAKEN, Findings
from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.model import EntityType
from copper_emulator.core.performed import AccountChanged, Entered, EntryChanged, EntryPerformed, EntryRemoved
from copper_emulator.core.records.forms.plain import Unfit
from copper_emulator.core.records.forms.reading import Reading
from copper_emulator.core.records.lookups.activity_types import CUSTOM, with_custom
from copper_emulator.core.records.lookups.nobody import NOBODY
from copper_emulator.core.records.lookups.tables import (
    ACCOUNT,
    ENABLE_LEADS,
    ID_STARTS,
    LOOKUPS,
    SEEDS,
    check_entry,
)
from copper_emulator.core.text import in_words, meant, no_such, suggesting
from copper_emulator.core.zones import zone_named

__tracebackhide__ = raised_on_purpose

_PARTS = {"pipelines": "stages", "custom_field_definitions": "options", "users": "groups"}
"""For each table whose entries have parts with ids of their own, the field that holds the parts."""

_ACCOUNT_FIELDS = ("name", "primary_timezone", "settings", "logo_mini_url")

_ZONES = "write it like America/Los_Angeles; if none is known, `pip install tzdata` adds them"


class Catalogue:
    """The tables by name, their entries by id, as the API shows them. Change them with add, update and remove only."""

    def __init__(self, email: str) -> None:
        self.account: dict[str, Any] = deepcopy(dict(ACCOUNT))
        self._tables: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in LOOKUPS}
        self._ids = dict(ID_STARTS)
        self.writes = 0
        """Counts changes: anything worked out from the tables is out of date once it has grown."""
        self._definitions: dict[EntityType, dict[int, dict[str, Any]]] = {}
        self._defaults: dict[str, int | None] = {}
        self._activity_types: Mapping[int, dict[str, Any]] | None = None
        self.on_performed: Callable[[EntryPerformed], None] = lambda _: None
        """Called with each change to the tables."""
        for name, entries in SEEDS.items():
            for entry in entries:
                # The first user is the owner of the API key, whose email is given.
                self.add(name, {"email": email, **entry} if name == "users" else dict(entry))

    def table(self, name: str) -> Mapping[int, dict[str, Any]]:
        """The entries of a table by id, in order; activity types include custom ones. Raises UsageError."""
        own = self.own(name)
        if name != "activity_types":
            return own
        if self._activity_types is None:
            self._activity_types = with_custom(own, self._tables[CUSTOM])
        return self._activity_types

    def own(self, name: str) -> Mapping[int, dict[str, Any]]:
        """The entries that were added to this table itself. Raises UsageError."""
        try:
            return self._tables[name]
        except KeyError:
            raise UsageError(no_such("lookup table", name, LOOKUPS)) from None

    def get(self, table: str, entry_id: int) -> dict[str, Any]:
        """One entry. Raises NotFound."""
        entry = self.table(table).get(entry_id)
        if entry is None:
            raise NotFound(hint=f"There is no {LOOKUPS[table].noun} {entry_id!r}.")
        return entry

    def add(self, table: str, body: Any) -> dict[str, Any]:
        """Add an entry, whose id may be given, and return it. Raises Invalid, UsageError."""
        entries = self._tables[table] if table in self._tables else dict(self.table(table))
        fields, findings = Reading(NOBODY).create(LOOKUPS[table], body)
        wanted = findings.body.get("id")
        if wanted is not None and not _is_id(table, wanted):
            findings.error("id", "is not an id")
        elif wanted in entries:
            findings.error("id", "is already there")
        entry = fields.complete
        if not findings.mistakes:
            check_entry(table, entry, findings)
            self._check_key(table, entry, findings)
            self._check_parts(table, entry, None, findings)
        findings.raise_if_any()
        entry_id = self._next(table, entries) if wanted is None else wanted
        entries[entry_id] = {"id": entry_id, **self._with_part_ids(table, entry)}
        self._finish_write(table, entry_id)
        self.on_performed(Entered(table, entries[entry_id]))
        return entries[entry_id]

    def update(self, table: str, entry_id: int, body: Any) -> dict[str, Any]:
        """Change the given fields of an entry and return it. Raises NotFound, Invalid, UsageError."""
        before = self.get(table, entry_id)
        fields, findings = Reading(NOBODY).update(LOOKUPS[table], body)
        after = {**before, **fields.values}
        if not findings.mistakes:
            check_entry(table, after, findings)
            self._check_parts(table, after, entry_id, findings)
        findings.raise_if_any()
        self._tables[table][entry_id] = self._with_part_ids(table, after)
        self._finish_write(table, entry_id)
        self.on_performed(EntryChanged(table, entry_id, body))
        return self._tables[table][entry_id]

    def remove(self, table: str, entry_id: int) -> None:
        """Remove an entry. Raises NotFound, UsageError."""
        entry = self.get(table, entry_id)
        if entry_id not in self.own(table):
            raise UsageError(f"activity type {entry_id} ({entry['name']}) is one of {CUSTOM}: remove it there")
        del self._tables[table][entry_id]
        self._forget_derived()
        self.on_performed(EntryRemoved(table, entry_id))

    def change_account(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Change what `GET /account` shows; settings that are not named stay. Raises UsageError."""
        unknown = [name for name in fields if name not in _ACCOUNT_FIELDS]
        if unknown:
            wrong = f"the account has no {in_words(map(repr, unknown), last='or')}"
            raise UsageError(
                suggesting(wrong, meant(unknown[0], _ACCOUNT_FIELDS), f"it has {in_words(_ACCOUNT_FIELDS)}")
            )
        for name in ("name", "logo_mini_url"):
            if name in fields and not (isinstance(fields[name], str) and fields[name]):
                raise UsageError(f"the account's {name} must be a text that is not empty, not {fields[name]!r}")
        if "primary_timezone" in fields and zone_named(fields["primary_timezone"]) is None:
            raise UsageError(f"no time zone is called {fields['primary_timezone']!r} on this machine; {_ZONES}")
        settings = fields.get("settings", {})
        if not (isinstance(settings, Mapping) and isinstance(settings.get(ENABLE_LEADS, True), bool)):
            raise UsageError(
                f"the account's settings are an object, like {{'{ENABLE_LEADS}': false}}, not {settings!r}"
            )
        known = {**ACCOUNT["settings"], **self._settings}
        for name in settings:
            if name not in known:
                raise UsageError(no_such("setting of the account", name, known))
        self.account.update(fields, settings={**self._settings, **settings})
        self._forget_derived()
        self.on_performed(AccountChanged(fields))
        return self.account

    @property
    def has_leads(self) -> bool:
        """Whether leads are switched on in the account."""
        return self._settings.get(ENABLE_LEADS) is not False

    @property
    def _settings(self) -> Mapping[str, Any]:
        # A state saved before settings were checked may have anything here.
        settings = self.account["settings"]
        return settings if isinstance(settings, Mapping) else {}

    # --- for records -----------------------------------------------------------------------------------------

    @property
    def zone(self) -> tzinfo:
        """The account's time zone. Raises Unfit if this machine does not know it."""
        name = self.account["primary_timezone"]
        zone = zone_named(name)
        if zone is None:
            # Possible in a state saved on another machine, or before names were checked.
            raise Unfit(INVALID, f"The account's time zone {name!r} is not known on this machine: {_ZONES}.")
        return zone

    def default(self, table: str) -> int | None:
        """The id of a table's default entry, if it has one."""
        if table not in self._defaults:
            self._defaults[table] = self._default(table)
        return self._defaults[table]

    def _default(self, table: str) -> int | None:
        entries = self.table(table)
        marks = {"lead_statuses": "is_default", "custom_activity_types": "is_default_task_type"}
        if table in marks:
            return next((entry_id for entry_id, entry in entries.items() if entry[marks[table]]), None)
        if table == "contact_types":
            return next((entry_id for entry_id, entry in entries.items() if entry["name"] == "Uncategorized"), None)
        return next(iter(entries), None)

    def name(self, table: str, entry_id: int | None) -> str | None:
        """The name of an entry."""
        entry = None if entry_id is None else self._tables[table].get(entry_id)
        return None if entry is None else entry["name"]

    def named(self, table: str, name: str) -> int | None:
        """The id of the first entry with this name."""
        return next((entry_id for entry_id, entry in self._tables[table].items() if entry["name"] == name), None)

    def stage(self, stage_id: int | None) -> tuple[int, dict[str, Any]] | None:
        """The id of a stage's pipeline, and the stage."""
        for pipeline_id, pipeline in self._tables["pipelines"].items():
            for stage in pipeline["stages"]:
                if stage["id"] == stage_id:
                    return pipeline_id, stage
        return None

    def definitions(self, kind: EntityType) -> Mapping[int, dict[str, Any]]:
        """The custom field definitions available for a type, by id."""
        if kind not in self._definitions:
            all_of_them = self._tables["custom_field_definitions"].items()
            self._definitions[kind] = {each_id: each for each_id, each in all_of_them if kind in each["available_on"]}
        return self._definitions[kind]

    def user_of(self, email: str) -> int | None:
        """The id of the user with an email address; if nobody has it, of the first user (the owner of the API key)."""
        users = self._tables["users"]
        return next((user_id for user_id, user in users.items() if user["email"] == email), next(iter(users), None))

    # --- saving and restoring -------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """The whole state as JSON values, shared with the tables."""
        tables = {name: list(entries.values()) for name, entries in self._tables.items()}
        return {"account": self.account, "tables": tables, "ids": self._ids}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a saved state."""
        # A state saved by an earlier version lacks fields and tables added since.
        self.account = {**deepcopy(dict(ACCOUNT)), **state["account"]}
        self._tables = {
            name: {each["id"]: {"id": each["id"], **table.initial, **each} for each in state["tables"].get(name, ())}
            for name, table in LOOKUPS.items()
        }
        self._ids |= state["ids"]
        self._forget_derived()

    def _forget_derived(self) -> None:
        self.writes += 1
        self._definitions.clear()
        self._defaults.clear()
        self._activity_types = None

    # --- helpers --------------------------------------------------------------------------------------------

    def _next(self, counter: str, taken: Mapping[int, Any]) -> int:
        number = self._ids[counter]
        while number in taken:
            number += 1
        self._ids[counter] = number + 1
        return number

    def _check_key(self, table: str, entry: Mapping[str, Any], findings: Findings) -> None:
        key = entry.get("canonical_name")
        if key and any(each["canonical_name"] == key for each in self._tables[table].values()):
            findings.error("canonical_name", TAKEN)

    def _check_parts(self, table: str, entry: Mapping[str, Any], own: int | None, findings: Findings) -> None:
        field = _PARTS.get(table)
        if field is None or table == "users":
            # Users share groups, so the same id may occur more than once.
            return
        # Stages are looked up by id alone, so their ids must differ between pipelines; options are looked up within
        # their definition.
        pipelines = self._tables[table].values() if table == "pipelines" else ()
        others = [part["id"] for each in pipelines if each["id"] != own for part in each[field]]
        given = [part["id"] for part in entry[field] if "id" in part]
        twice = [part_id for part_id, times in Counter([*others, *given]).items() if times > 1]
        if twice:
            findings.error(field, INVALID, f"An id can be used only once: {', '.join(map(str, twice))}.")

    def _with_part_ids(self, table: str, entry: dict[str, Any]) -> dict[str, Any]:
        field = _PARTS.get(table)
        if field is None:
            return entry
        taken = {part["id"]: part for each in self._tables[table].values() for part in each[field]}
        taken |= {part["id"]: part for part in entry[field] if "id" in part}
        parts = []
        for rank, part in enumerate(entry[field]):
            part_id = part["id"] if "id" in part else self._next(field, taken)
            ranked = {"rank": rank} if field == "options" and part.get("rank") is None else {}
            parts.append({**part, "id": part_id, **ranked})
        # The id first, as the API shows it.
        return {**entry, field: [{"id": part["id"], **part} for part in parts]}

    def _finish_write(self, table: str, entry_id: int) -> None:
        self._forget_derived()
        mark = {"lead_statuses": "is_default", "custom_activity_types": "is_default_task_type"}.get(table)
        if mark is not None and self._tables[table][entry_id][mark]:
            # Only one entry can be the default.
            for other_id, other in self._tables[table].items():
                if other_id != entry_id and other[mark]:
                    self._tables[table][other_id] = {**other, mark: False}


def _is_id(table: str, wanted: object) -> bool:
    # Notes have the activity type 0 (developer docs).
    least = 0 if table == "activity_types" else 1
    return isinstance(wanted, int) and not isinstance(wanted, bool) and least <= wanted <= MAX_ID
