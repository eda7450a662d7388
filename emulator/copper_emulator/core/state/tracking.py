"""What of an account has changed since it was last written down?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from copper_emulator.core.account import Account
from copper_emulator.core.state.parts import PARTS, RowKey, Value, entry_value, lookups, rows, small


class Edit(NamedTuple):
    """A row as it is now, as JSON; None where it is gone. With `anew` it comes behind all other rows."""

    part: str
    key: RowKey
    text: str | None
    anew: bool = False


class Tracker:
    """Tells each change once. To be asked under the account's lock."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._entries = 0
        self._small: dict[str, Value] = {}
        self._lookups = 0

    def whole(self) -> list[Edit]:
        """Everything; what changes from now on is for `changes`."""
        self._account.marks.begin()
        edits = [
            Edit(part, key, text_of(value))
            for part, found in rows(self._account).items()
            if part not in ("small", "entries")
            for key, value in found
        ]
        return edits + list(self._grown())

    def begin(self) -> None:
        """Everything is written as it is: only what changes from now on is news."""
        account = self._account
        account.marks.begin()
        self._entries, self._small = len(account.journal.entries), small(account)
        self._lookups = account.records.catalogue.writes if account.records.has_catalogue else 0

    def changes(self) -> list[Edit]:
        """What is another than when it was last asked, in the order in which it came."""
        account = self._account
        edits = []
        for (part, mark), anew in account.marks.taken().items():
            row = PARTS[part]
            value = row.value(account, mark)
            edits.append(Edit(part, row.key(mark), None if value is None else text_of(value), anew))
        return edits + list(self._grown())

    def _grown(self) -> Iterator[Edit]:
        first, entries = self._entries, self._account.journal.entries
        self._entries = len(entries)
        for entry in entries[first:]:
            yield Edit("entries", entry.number, text_of(entry_value(entry)))
        for name, value in small(self._account).items():
            if name not in self._small or self._small[name] != value:
                self._small[name] = value
                yield Edit("small", name, text_of(value))
        records = self._account.records
        if records.has_catalogue and records.catalogue.writes != self._lookups:
            self._lookups = records.catalogue.writes
            yield Edit("small", "lookups", text_of(lookups(self._account)))


_ENCODER = json.JSONEncoder(separators=(",", ":"))


def text_of(value: Any) -> str:
    """Compact JSON in ASCII, which every file can take."""
    return _ENCODER.encode(value)
