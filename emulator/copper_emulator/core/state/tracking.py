"""What of an account has changed since it was last written down."""

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


class News(NamedTuple):
    """What has changed: rows, and lines (`lines.py`) that follow the first `entries` entries."""

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

    def whole(self) -> News:
        """Everything; later changes are left to `changes`."""
        marks = self._account.marks
        marks.begin()
        for part in PARTS.values():
            for mark in part.marks(self._account):
                marks.mark(part.name, mark)
        return self.changes()

    def begin(self) -> None:
        """Start from an account that is written down as it is: only later changes are reported."""
        account = self._account
        account.marks.begin()
        inside = account.inside
        self._line_writer = LineWriter(account, goes_on=True)
        self._small = [each.now(account, inside) for each in SMALL]
        self._lookups = account.records.catalogue.writes if account.records.has_catalogue else 0

    def changes(self) -> News:
        """What has changed since the last call, in the order in which it happened."""
        edits: list[Edit] = []
        entries, lines = self._line_writer.written, self._line_writer.report()
        for part, marks in self._account.marks.taken().items():
            if part in IN_LINES:
                lines += self._line_writer.lines_of(part, marks)
            else:
                edits += self._rows(PARTS[part], marks)
        edits += self._small_edits()
        return News(edits, entries, lines)

    def _rows(self, part: Part, marks: Mapping[Hashable, bool]) -> Iterator[Edit]:
        for mark, anew in marks.items():
            value = part.value(self._account, mark)
            yield Edit(part.name, part.key(mark), None if value is None else text_of(value), anew)

    def _small_edits(self) -> Iterator[Edit]:
        account = self._account
        inside, records = account.inside, account.records
        before, self._small = self._small, [each.now(account, inside) for each in SMALL]
        for each, now in changed(SMALL, before, self._small):
            if now is not IN_ENTRIES:
                yield Edit("small", each.name, text_of(each.out(account, now)))
        if records.has_catalogue and records.catalogue.writes != self._lookups:
            self._lookups = records.catalogue.writes
            yield Edit("small", "lookups", text_of(lookups(account)))


UNWRITTEN = object()
"""Stands for what something was before it was first written."""


def changed(things: Sequence[T], before: Sequence[object], now: Sequence[object]) -> list[tuple[T, Any]]:
    """The things that are not as they were before, mostly none, each with what it is now."""
    if before == now:
        return []
    return [(each, is_now) for each, was, is_now in zip(things, before, now, strict=True) if was != is_now]


_ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False)


def text_of(value: Any) -> str:
    """Compact JSON in ASCII, which any file can hold. The values contain no cycles."""
    return _ENCODER.encode(value)
