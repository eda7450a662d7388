"""Which rows of an account's state were written since somebody last asked? Nothing is kept until one does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping


class Marks:
    """By the part of the state (`state/parts.py`), the keys of the rows that were written, in the order of their
    making, and whether each is another one than before.

    A record that was deleted and made again stands at the end of its siblings: its row must go and come, too.
    """

    def __init__(self) -> None:
        self._rows: defaultdict[str, dict[Hashable, bool]] | None = None

    def begin(self) -> None:
        """Keep marks from now on."""
        self._rows = defaultdict(dict)

    def mark(self, part: str, key: Hashable, *, anew: bool = False) -> None:
        """A row was written, or is gone; with `anew` it takes its place behind all others."""
        if self._rows is None:
            return
        rows = self._rows[part]
        if anew:
            rows.pop(key, None)
        rows[key] = anew or rows.get(key, False)

    def taken(self) -> Mapping[str, Mapping[Hashable, bool]]:
        """What was marked; from now on it is not."""
        rows: Mapping[str, Mapping[Hashable, bool]] = self._rows or {}
        self._rows = defaultdict(dict)
        return rows
