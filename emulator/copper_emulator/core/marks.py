"""Which rows of an account's state were written since somebody last asked? Nothing is kept until one does."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeAlias

Row: TypeAlias = tuple[str, Hashable]
"""A part of the state (`state/parts.py`) and the key of a row in it."""


class Marks:
    """The rows that were written, in the order of their making, and whether each is another one than before.

    A record that was deleted and made again stands at the end of its siblings: its row must go and come, too.
    """

    def __init__(self) -> None:
        self._rows: dict[Row, bool] | None = None

    def begin(self) -> None:
        """Keep marks from now on."""
        self._rows = {}

    def mark(self, part: str, key: Hashable, *, anew: bool = False) -> None:
        """A row was written, or is gone; with `anew` it takes its place behind all others."""
        if self._rows is None:
            return
        if anew:
            self._rows.pop((part, key), None)
        self._rows[part, key] = anew or self._rows.get((part, key), False)

    def taken(self) -> Mapping[Row, bool]:
        """What was marked; from now on it is not."""
        rows, self._rows = self._rows or {}, {}
        return rows
