"""What records refer to (users, statuses, pipelines, custom fields), as a test reads and changes it: `copper.lookups`.

The tables that tests see are generated into `typed_lookups.py`, with every field in their signatures. Nothing here lets
time pass or causes notifications.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from copper_emulator.core.errors import NotFound, UsageError, raised_on_purpose
from copper_emulator.core.records.lookups.catalogue import Catalogue
from copper_emulator.core.records.lookups.tables import LOOKUPS
from copper_emulator.core.records.shown import copied
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.writing.usage import change_entry, remove_entry
from copper_emulator.core.surface import CONNECTED
from copper_emulator.core.text import choices, no_such, sentence
from copper_emulator.lookup_entry import LookupEntry, table_of
from copper_emulator.python_values import as_json
from copper_emulator.shell.any_tenant import AnyTenant

__tracebackhide__ = raised_on_purpose


class LookupTable:
    """One lookup table: iterate over its entries, or take one with `[id]` or `named("...")`."""

    def __init__(self, name: str, tenant: AnyTenant) -> None:
        self._name = name
        self._tenant = tenant

    def __iter__(self) -> Iterator[LookupEntry]:
        return iter(self._read(lambda catalogue: [self._entry(each) for each in catalogue.table(self._name).values()]))

    def __len__(self) -> int:
        return len(self._read(lambda catalogue: catalogue.table(self._name)))

    def __getitem__(self, id: int) -> LookupEntry:
        """The entry with this id. Raises NotFound."""
        if isinstance(id, str):
            there = choices("entry", [f"{entry.id} {entry.name}" for entry in self])
            named = f"copper.lookups.{self._name}.named({id!r})"
            raise UsageError(f"get entries by id, or by name with {named}; {there}")
        found: LookupEntry = self._read(lambda catalogue: self._entry(catalogue.get(self._name, id)))
        return found

    def __contains__(self, entry: object) -> bool:
        """Whether the table has this entry; an id will do."""
        return any(each.id == entry or each == entry for each in self)

    def named(self, name: str) -> LookupEntry:
        """The first entry with this name. Raises NotFound."""
        for entry in self:
            if entry.name == name:
                return entry
        noun = LOOKUPS[self._name].noun
        raise NotFound(hint=sentence(no_such(noun, name, [entry.name for entry in self])))

    def remove(self, id: int | LookupEntry) -> None:
        """Remove an entry; removing a custom field's definition removes its values too.

        Raises:
            NotFound: there is no such entry.
            UsageError: records use it, or the API key belongs to this user.
        """
        wanted = self._id(id)
        self._write(lambda records: remove_entry(records, self._name, wanted))

    def __repr__(self) -> str:
        if self._tenant.surface in CONNECTED:
            # Looking would fetch the account, and fail when the server has gone.
            return f"<copper.lookups.{self._name} of an account of a server>"
        return f"<copper.lookups.{self._name}: {', '.join(f'{entry.id} {entry.name}' for entry in self) or 'none'}>"

    # --- what the generated tables use ----------------------------------------------------------------------

    def _added(self, fields: Mapping[str, Any]) -> LookupEntry:
        sent = as_json(fields, LOOKUPS[self._name].forms, "an entry's fields")
        return self._entry(self._write(lambda records: records.catalogue.add(self._name, sent)))

    def _updated(self, given: int | LookupEntry, fields: Mapping[str, Any]) -> LookupEntry:
        wanted, sent = self._id(given), as_json(fields, LOOKUPS[self._name].forms, "an entry's fields")
        return self._entry(self._write(lambda records: change_entry(records, self._name, wanted, sent)))

    def _id(self, given: object) -> int:
        if isinstance(given, LookupEntry):
            if table_of(given) != self._name:
                raise UsageError(f"{given.name!r} is an entry of {table_of(given)}, not of {self._name}")
            return given.id
        if isinstance(given, int) and not isinstance(given, bool):
            return given
        raise UsageError(f"give an entry's id, like 17, or the entry itself, not {given!r}")

    def _entry(self, fields: Mapping[str, Any]) -> LookupEntry:
        # A copy, so that nothing in it is shared with the table.
        return LookupEntry(copied(dict(fields)), self._name)

    def _read(self, read: Callable[[Catalogue], Any]) -> Any:
        with self._tenant.lock:
            return read(self._tenant.account.records.catalogue)

    def _write(self, write: Callable[[RecordStore], Any]) -> Any:
        return self._tenant.record(lambda account, now: write(account.records))


class AccountDetails(Mapping[str, Any]):
    """The account as `GET /account` answers it: id, name, primary_timezone, settings, logo_mini_url."""

    def __init__(self, tenant: AnyTenant) -> None:
        self._tenant = tenant

    def __getitem__(self, name: str) -> Any:
        return self._shown()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._shown())

    def __len__(self) -> int:
        return len(self._shown())

    @property
    def id(self) -> int:
        """The account's id."""
        return int(self["id"])

    @property
    def name(self) -> str:
        """The account's name."""
        return str(self["name"])

    def __repr__(self) -> str:
        if self._tenant.surface in CONNECTED:
            # As above.
            return "<copper.lookups.account of an account of a server>"
        return f"<copper.lookups.account: {self._shown()}>"

    def update(
        self,
        *,
        name: str | None = None,
        primary_timezone: str | None = None,
        settings: Mapping[str, Any] | None = None,
        logo_mini_url: str | None = None,
    ) -> None:
        """Change the account; fields not given keep their values.

        Args:
            name: the account's name.
            primary_timezone: a time zone's name, like `America/Los_Angeles`.
            settings: the settings to change: `setting_team_permissions_enabled`, False in a new account, and
                `setting_enable_leads`, True. False switches leads off: every call that concerns them is refused with
                403.
            logo_mini_url: the URL of its small logo; a new account has none.
        """
        given = {
            "name": name,
            "primary_timezone": primary_timezone,
            "settings": settings,
            "logo_mini_url": logo_mini_url,
        }
        sent = as_json({key: value for key, value in given.items() if value is not None}, {}, "the account's fields")
        self._tenant.record(lambda account, now: account.records.catalogue.change_account(sent))

    def _shown(self) -> dict[str, Any]:
        with self._tenant.lock:
            return dict(copied(self._tenant.account.records.catalogue.account))
