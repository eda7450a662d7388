"""Which parts of an account's state have changed since they were last saved?"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from copper_emulator.core.account import Account
from copper_emulator.core.state.line_writer import LineWriter
from copper_emulator.core.state.lines import IN_LINES, Line
from copper_emulator.core.state.parts import IN_ENTRIES, PARTS, SMALL, Part, RowKey, lookups

T = TypeVar("T")


class Edit(NamedTuple):
    """A row's current value as JSON; None if it was deleted. With `anew` it moves behind all other rows."""

    part: str
    key: RowKey
    text: str | None
    anew: bool = False


class StateChanges(NamedTuple):
    """What has changed in a state: rows, and lines (`lines.py`) that follow the first `entries` entries."""

    edits: list[Edit]
    entries: int
    lines: list[Line]


class Tracker:
    """Reports each change once. Use it under the account's lock."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._line_writer = LineWriter(account)
        self._small: list[object] = [UNWRITTEN] * len(SMALL)
        self._lookups = 0

    def everything(self) -> StateChanges:
        """Everything; later changes are left to `changes`."""
        marks = self._account.marks
        marks.begin()
        for part in PARTS.values():
            for mark in part.marks(self._account):
                marks.mark(part.name, mark)
        return self.changes()

    def begin(self) -> None:
        """Start from an account whose present state is saved: only later changes are reported."""
        account = self._account
        account.marks.begin()
        inside = account.inside
        self._line_writer = LineWriter(account, resumes=True)
        self._small = [each.now(account, inside) for each in SMALL]
        self._lookups = account.records.catalogue.writes if account.records.has_catalogue else 0

    def changes(self) -> StateChanges:
        """What has changed since the last call, in the order in which it happened."""
        edits: list[Edit] = []
        entries, lines = self._line_writer.written, self._line_writer.report()
        for part, marks in self._account.marks.take().items():
            if part in IN_LINES:
                lines += self._line_writer.lines_of(part, marks)
            else:
                edits += self._rows(PARTS[part], marks)
        edits += self._small_edits()
        return StateChanges(edits, entries, lines)

    def _rows(self, part: Part, marks: Mapping[Hashable, bool]) -> Iterator[Edit]:
        for mark, anew in marks.items():
            value = part.value(self._account, mark)
            yield Edit(part.name, part.key(mark), None if value is None else ascii_json(value), anew)

    def _small_edits(self) -> Iterator[Edit]:
        account = self._account
        inside, records = account.inside, account.records
        before, self._small = self._small, [each.now(account, inside) for each in SMALL]
        for small, now in changed(SMALL, before, self._small):
            if now is not IN_ENTRIES:
                yield Edit("small", small.name, ascii_json(small.dump(account, now)))
        if records.has_catalogue and records.catalogue.writes != self._lookups:
            self._lookups = records.catalogue.writes
            yield Edit("small", "lookups", ascii_json(lookups(account)))


UNWRITTEN = object()
"""Stands for the value of something that was never written."""


def changed(items: Sequence[T], before: Sequence[object], now: Sequence[object]) -> list[tuple[T, Any]]:
    """The items whose values differ from those before, mostly none, each with its value now."""
    if before == now:
        return []
    return [(item, value) for item, earlier, value in zip(items, before, now, strict=True) if earlier != value]


_ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False)


def ascii_json(value: Any) -> str:
    """Compact JSON in ASCII, which any file can hold. The values contain no cycles."""
    return _ENCODER.encode(value)
