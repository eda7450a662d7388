"""Marks: which rows of an account's state were written since the marks were last taken? Kept only after `begin`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping


class Marks:
    """The rows written in each part of the state (`state/parts.py`): their keys, in order, and whether each is new.

    A record that was deleted and created again comes after its siblings: its row must be removed and added anew.
    """

    def __init__(self) -> None:
        self._rows: defaultdict[str, dict[Hashable, bool]] | None = None

    def begin(self) -> None:
        """Keep marks from now on."""
        self._rows = defaultdict(dict)

    def mark(self, part: str, key: Hashable, *, anew: bool = False) -> None:
        """Mark a row as written or deleted; with `anew` it moves behind all others."""
        if self._rows is None:
            return
        rows = self._rows[part]
        if anew:
            rows.pop(key, None)
        rows[key] = anew or rows.get(key, False)

    def take(self) -> Mapping[str, Mapping[Hashable, bool]]:
        """Return the marks and start afresh."""
        rows: Mapping[str, Mapping[Hashable, bool]] = self._rows or {}
        self._rows = defaultdict(dict)
        return rows
