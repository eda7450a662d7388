"""A file for accounts, as a dictionary and a list: the simplest thing to which a state can be written."""

from __future__ import annotations

import json
from typing import Any

from copper_emulator.core.account import Account
from copper_emulator.core.state import Rows, StateChanges, Tracker, read_lines, restore, rows
from copper_emulator.core.state.parts import RowKey


class Filed:
    """What has been written for one account; with `as_rows`, initially by a version that had no lines."""

    def __init__(self, account: Account, *, as_rows: bool = False) -> None:
        self._tracker = Tracker(account)
        self._parts: dict[str, dict[RowKey, str]] = {}
        self._turns: list[tuple[int, str]] = []
        if as_rows:
            self._parts = {
                part: {key: json.dumps(value) for key, value in found} for part, found in rows(account).items()
            }
            self._tracker.begin()
        else:
            self._write(self._tracker.everything())

    def follow(self) -> None:
        """Write what has changed."""
        self._write(self._tracker.changes())

    @property
    def lines(self) -> list[Any]:
        """The lines that were written last."""
        found: list[Any] = json.loads(self._turns[-1][1])
        return found

    @property
    def rows(self) -> Rows:
        read = {part: [(key, json.loads(text)) for key, text in found.items()] for part, found in self._parts.items()}
        read_lines(read, [(before, json.loads(lines)) for before, lines in self._turns])
        return read

    def _write(self, news: StateChanges) -> None:
        for edit in news.edits:
            part = self._parts.setdefault(edit.part, {})
            if edit.text is None or edit.anew:
                part.pop(edit.key, None)
            if edit.text is not None:
                part[edit.key] = edit.text
        self._turns.append((news.entries, json.dumps(news.lines)))


def again(account: Account, told: Rows) -> Account:
    """A new account restored from these rows, in place of the given one."""
    other = Account(account.name, None, account.rules)
    other.keys = list(account.keys)
    restore(other, told)
    return other
