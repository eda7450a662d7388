"""Journal entries in the log of `serve`, as text and as JSON."""

from __future__ import annotations

import json

from copper_emulator.core.model import Entry
from copper_emulator.core.wire import iso
from copper_emulator.shell.control.shapes import EntryShape, shown_line
from copper_emulator.shell.hiding import NOTHING, Hidden
from copper_emulator.shell.served.account import ServedAccount


def as_text(account: ServedAccount | None, entry: Entry, hidden: Hidden | None) -> str:
    """A line for people, without the account."""
    return shown_line(entry, hidden or NOTHING)


def as_json(account: ServedAccount | None, entry: Entry, hidden: Hidden | None) -> str:
    """A JSON object on one line; an entry that belongs to no account has no number."""
    if account is None:
        values = {"at": iso(entry.at_ms), "kind": entry.kind, "line": shown_line(entry, NOTHING)}
        return json.dumps({"account": None, **values})
    shown = EntryShape.of(entry, hidden or NOTHING).model_dump_json()
    return f'{{"account":"{account.name}",{shown[1:]}'
