"""A file for accounts, as a dictionary: the plainest thing that a state can be written to and read from."""

from __future__ import annotations

import json
from collections.abc import Iterable

from copper_emulator.core.account import Account
from copper_emulator.core.state import Edit, Rows, Tracker, restore
from copper_emulator.core.state.parts import RowKey


class Filed:
    """What has been written of one account."""

    def __init__(self, account: Account) -> None:
        self._tracker = Tracker(account)
        self._parts: dict[str, dict[RowKey, str]] = {}
        self._write(self._tracker.whole())

    def follow(self) -> None:
        """Write what has changed."""
        self._write(self._tracker.changes())

    @property
    def rows(self) -> Rows:
        return {part: [(key, json.loads(text)) for key, text in found.items()] for part, found in self._parts.items()}

    def _write(self, edits: Iterable[Edit]) -> None:
        for edit in edits:
            rows = self._parts.setdefault(edit.part, {})
            if edit.text is None or edit.anew:
                rows.pop(edit.key, None)
            if edit.text is not None:
                rows[edit.key] = edit.text


def again(account: Account, rows: Rows) -> Account:
    """The account that these rows tell of, in the place of this one."""
    other = Account(account.name, None, account.rules)
    other.keys = list(account.keys)
    restore(other, rows)
    return other
