"""What mirror knows: the people, which of them to fetch again, and how far `reconcile` has seen."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS person (id INTEGER PRIMARY KEY, name TEXT, email TEXT, tags TEXT);
CREATE TABLE IF NOT EXISTS note (serial INTEGER PRIMARY KEY AUTOINCREMENT, person_id INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS seen (until INTEGER NOT NULL);
"""


class People:
    """The copy, in SQLite."""

    def __init__(self, path: str) -> None:
        # The web server may answer from any of its threads; each method is one transaction.
        self._db = sqlite3.connect(path, check_same_thread=False)
        self._db.executescript(_TABLES)

    def note(self, ids: Iterable[int]) -> None:
        """Note that something happened to these people."""
        with self._db:
            self._db.executemany("INSERT INTO note (person_id) VALUES (?)", [(person_id,) for person_id in ids])

    def noted(self) -> list[tuple[int, int]]:
        """The people to fetch again, each with the serial of its latest note."""
        return list(self._db.execute("SELECT person_id, max(serial) FROM note GROUP BY person_id ORDER BY 2"))

    def done(self, person_id: int, serial: int) -> None:
        """Remove a fetched person's notes, except those made meanwhile: their changes may be later than the fetch."""
        with self._db:
            self._db.execute("DELETE FROM note WHERE person_id = ? AND serial <= ?", (person_id, serial))

    def keep(self, person: dict[str, Any]) -> None:
        """Store a person as it is in Copper now."""
        email = person["emails"][0]["email"] if person["emails"] else None
        row = (person["id"], person["name"], email, json.dumps(person["tags"]))
        with self._db:
            self._db.execute("INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?)", row)

    def forget(self, person_id: int) -> None:
        """Delete a person that is no longer in Copper."""
        with self._db:
            self._db.execute("DELETE FROM person WHERE id = ?", (person_id,))

    def ids(self) -> list[int]:
        """The ids of the people in the copy."""
        return [person_id for (person_id,) in self._db.execute("SELECT id FROM person ORDER BY id")]

    def all(self) -> dict[int, tuple[str, str | None, list[str]]]:
        """Everyone: name, email and tags by id."""
        rows = self._db.execute("SELECT id, name, email, tags FROM person ORDER BY id")
        return {person_id: (name, email, json.loads(tags)) for person_id, name, email, tags in rows}

    def seen_until(self) -> int:
        """The newest modification that a run of `reconcile` has seen; 0 before the first."""
        (until,) = self._db.execute("SELECT coalesce(max(until), 0) FROM seen").fetchone()
        return int(until)

    def saw(self, until: int) -> None:
        with self._db:
            self._db.execute("INSERT INTO seen VALUES (?)", (until,))

    def close(self) -> None:
        self._db.close()
