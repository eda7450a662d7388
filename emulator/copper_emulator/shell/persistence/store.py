"""The SQLite file in which a server's accounts survive.

Everything that can change has a row of its own, which is rewritten when it changes. The journal, which only grows, has
a row for each turn that added to it. A commit is there as a whole or not at all, whenever the process ends. The file
belongs to one server at a time. Every SQLite error becomes a StateError that says what is wrong and what would help.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from copper_emulator.core.errors import StateError
from copper_emulator.core.state import Rows, StateChanges, read_lines
from copper_emulator.core.state.tracking import ascii_json
from copper_emulator.shell.persistence.presence import Presence

Migration: TypeAlias = Callable[[sqlite3.Connection], object]

APPLICATION_ID = 0x436F7072
"""Marks a SQLite file as one of ours."""


def _create_tables(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)")
    # Ordered by id, which is the order of creation, as in dictionaries.
    connection.execute(
        "CREATE TABLE rows (id INTEGER PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts, part TEXT NOT NULL, "
        "key NOT NULL, value TEXT NOT NULL, UNIQUE (account, part, key))"
    )


def _create_journal(connection: sqlite3.Connection) -> None:
    # An account's turns are adjacent and in order, without an index (`_first`). Entries that an older version has
    # written stay where they are, in rows, and come before them.
    connection.execute("CREATE TABLE journal (id INTEGER PRIMARY KEY, entries INTEGER NOT NULL, lines TEXT NOT NULL)")


def _allow_joint_steps(_: sqlite3.Connection) -> None:
    """Only raise the version: one line may now hold steps of several notifications, which older ones cannot read."""


def _count_untold_steps(_: sqlite3.Connection) -> None:
    """Only raise the version: a change's line may now have a field (`Change.untold`) that older ones do not know."""


MIGRATIONS: tuple[Migration, ...] = (_create_tables, _create_journal, _allow_joint_steps, _count_untold_steps)
"""Each turns one version of the schema into the next; the first starts from nothing."""


class StateFile:
    """A state file, open until it is closed.

    Args:
        path: the file, created if missing.
        migrations: how older versions become the present one.

    Raises:
        StateError: it cannot be used.
    """

    def __init__(self, path: str, *, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        self.path = path
        self._ids: dict[str, int] = {}
        self._last_turns: dict[int, int] = {}
        """The id of the last turn, by account, once one was written."""
        _create_file(path)
        self.presence = Presence(path)
        # Checked beforehand, because opening a database in WAL mode creates one.
        has_wal = os.path.exists(f"{path}-wal")
        with self._explaining_errors("opened"):
            # timeout=0: a lock is another server's, which will not release it. An absolute path, because SQLite gives
            # some names a special meaning.
            self._connection = sqlite3.connect(os.path.abspath(path), timeout=0, isolation_level=None)
        try:
            with self._explaining_errors("opened"):
                self._open(migrations, has_wal=has_wal)
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        with self._explaining_errors("closed"):
            self._connection.close()

    @contextmanager
    def reading(self, account: str) -> Iterator[None]:
        """A context for reading an account's rows: an error in them then names the file and says what would help."""
        try:
            yield
        except StateError as error:
            raise StateError(f"{self.path} is damaged: account {account}, {error}. {_BEGIN_ANEW}") from None

    def read(self) -> dict[str, Rows]:
        """The rows of each account, in order."""
        with self._explaining_errors("read"):
            names = dict(self._connection.execute("SELECT id, name FROM accounts ORDER BY id"))
            found: dict[str, Rows] = {name: {} for name in names.values()}
            turns: dict[str, list[tuple[int, object]]] = {name: [] for name in names.values()}
            for account, part, key, value in self._connection.execute(_ROWS):
                name = self._account_name(names, account, part, key)
                found[name].setdefault(part, []).append((key, _parse_value(self.path, part, key, value)))
            for account, before, number, lines in self._connection.execute(_TURNS):
                name = self._account_name(names, account, "entries", number)
                turns[name].append((before, _parse_value(self.path, "entries", number, lines)))
        for name, rows in found.items():
            with self.reading(name):
                read_lines(rows, turns[name])
        return found

    def _account_name(self, names: Mapping[int, str], account: int, part: str, key: object) -> str:
        if account not in names:
            raise StateError(f"{self.path} is damaged: {part}, {key} belongs to no account. {_BEGIN_ANEW}")
        return names[account]

    def write(
        self, news: Mapping[str, StateChanges], *, replaced: Sequence[str] = (), deleted: Sequence[str] = ()
    ) -> None:
        """Commit each account's news. Accounts in `replaced` lose their earlier rows, those in `deleted` are deleted.

        No row may be edited twice.
        """
        self.presence.check_now_and_then()
        with self._explaining_errors("written"):
            if len(news) == 1 and not (replaced or deleted):
                [(name, found)] = news.items()
                if name in self._ids and not found.edits:
                    # A statement outside a transaction is one by itself. Most commits are this, and take a third less.
                    self._add_turn(self._ids[name], found)
                    return
            self._in_transaction(news, replaced, deleted)

    def _in_transaction(
        self, news: Mapping[str, StateChanges], replaced: Sequence[str], deleted: Sequence[str]
    ) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for name in (*replaced, *deleted):
                account = self._ensure_id(name)
                self._connection.execute("DELETE FROM rows WHERE account = ?", (account,))
                self._connection.execute(_FORGET, (_first(account), _first(account + 1)))
            for name in deleted:
                self._connection.execute("DELETE FROM accounts WHERE name = ?", (name,))
            for name, found in news.items():
                self._edit(self._ensure_id(name), found)
            ids = self._ids
            if deleted or not ids.keys() >= news.keys():
                ids = {name: each for each, name in self._connection.execute("SELECT id, name FROM accounts")}
            self._connection.execute("COMMIT")
            # Only committed ids are remembered.
            self._ids = ids
        except BaseException:
            # After some errors SQLite has already rolled back.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _edit(self, account: int, news: StateChanges) -> None:
        deleted = [(account, edit.part, edit.key) for edit in news.edits if edit.anew or edit.text is None]
        if deleted:
            self._connection.executemany("DELETE FROM rows WHERE account = ? AND part = ? AND key = ?", deleted)
        changed = [(account, edit.part, edit.key, edit.text) for edit in news.edits if edit.text is not None]
        if changed:
            self._connection.executemany(
                "INSERT INTO rows (account, part, key, value) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (account, part, key) DO UPDATE SET value = excluded.value",
                changed,
            )
        if news.lines:
            self._add_turn(account, news)

    def _add_turn(self, account: int, news: StateChanges) -> None:
        last = self._last_turns.get(account)
        if last is None:
            first = _first(account)
            last = self._connection.execute(_LAST, (first, first, _first(account + 1))).fetchone()[0]
        # If it is not committed after all, a gap remains, which does no harm.
        self._last_turns[account] = turn = last + 1
        self._connection.execute(_TURN, (turn, news.entries, ascii_json(news.lines)))

    def _ensure_id(self, name: str) -> int:
        if name in self._ids:
            return self._ids[name]
        self._connection.execute("INSERT OR IGNORE INTO accounts (name) VALUES (?)", (name,))
        found = self._connection.execute("SELECT id FROM accounts WHERE name = ?", (name,)).fetchone()
        return int(found[0])

    # --- opening --------------------------------------------------------------------------------------------

    def _open(self, migrations: Sequence[Migration], *, has_wal: bool) -> None:
        run = self._connection.execute
        # Locked exclusively from the first access on, until it is closed or the process ends in whatever way.
        run("PRAGMA locking_mode = EXCLUSIVE")
        version = run("PRAGMA user_version").fetchone()[0]
        is_new = not run("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if is_new and not has_wal and run("PRAGMA journal_mode").fetchone()[0] == "wal":
            # A new file gets its tables in the commit after the switch to WAL mode; until then its WAL is beside it.
            raise StateError(
                f"{self.path} is empty: its content was in {self.path}-wal, which is part of it. Put that beside it, "
                "or move it away to start over."
            )
        if not is_new and run("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise StateError(f"{self.path} is another program's database, and is left as it is. Name a different file.")
        if version > len(migrations):
            raise StateError(
                f"{self.path} was written by a newer copper-emulator (its schema is {version}, this one knows up to "
                f"{len(migrations)}), and is left as it is. Use that version, or name a different file."
            )
        damage = run("PRAGMA quick_check(1)").fetchone()[0]
        if damage != "ok":
            # The first line is only a heading.
            raise sqlite3.DatabaseError(" ".join(damage.split()))
        # A commit survives the end of this process as it is; `full` would wait for the disk just for power cuts.
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = NORMAL")
        run("BEGIN IMMEDIATE")
        for migrate in migrations[version:]:
            migrate(self._connection)
        run(f"PRAGMA application_id = {APPLICATION_ID}")
        run(f"PRAGMA user_version = {len(migrations)}")
        run("COMMIT")

    @contextmanager
    def _explaining_errors(self, participle: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StateError(_error_text(self.path, participle, error)) from None
        except UnicodeDecodeError as error:
            # SQLite's own message about the damage may quote bytes that are not text.
            raise StateError(f"{self.path} is damaged ({error}). {_BEGIN_ANEW}") from None


_TURNS_PER_ACCOUNT = 10**12
"""The number of turns an account has room for."""


def _first(account: int) -> int:
    """The id just before an account's first turn."""
    return account * _TURNS_PER_ACCOUNT


_ROWS = "SELECT account, part, key, value FROM rows ORDER BY id"
_TURNS = f"SELECT id / {_TURNS_PER_ACCOUNT}, entries, entries + 1, lines FROM journal ORDER BY id"
_TURN = "INSERT INTO journal (id, entries, lines) VALUES (?, ?, ?)"
_LAST = "SELECT coalesce(max(id), ?) FROM journal WHERE id > ? AND id < ?"
_FORGET = "DELETE FROM journal WHERE id > ? AND id < ?"


def _create_file(path: str) -> None:
    """Create the file if it is missing. Raises StateError if it cannot be written."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise StateError(f"{path} is not a file, and keeps nothing. Name a different one.")
    try:
        # It contains tokens and secrets: no other user may read it, nor the files SQLite puts beside it.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        if os.path.exists(path):
            raise StateError(
                f"{path} cannot be opened: {error.strerror}. Make it one that you may read and write, or name a "
                "different file."
            ) from None
        raise StateError(f"{path} {_ERROR_TEXTS['SQLITE_CANTOPEN']}") from None


def _parse_value(path: str, part: str, key: object, value: str) -> object:
    try:
        return json.loads(value)
    except (ValueError, TypeError, RecursionError):
        raise StateError(f"{path} is damaged: {part}, {key} is not JSON. {_BEGIN_ANEW}") from None


_BEGIN_ANEW = "Restore a copy of it, or move it away to start over."


def _error_text(path: str, participle: str, error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", None) or ""
    for beginning, text in _ERROR_TEXTS.items():
        if name.startswith(beginning):
            return f"{path} {text}"
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_CONSTRAINT")) or type(error) is sqlite3.DatabaseError:
        return f"{path} is damaged ({error}). {_BEGIN_ANEW}"
    return f"{path} cannot be {participle}: {error}"


_ERROR_TEXTS: Mapping[str, str] = {
    "SQLITE_BUSY": "is in use by another copper-emulator: stop that one, or name a different file.",
    "SQLITE_LOCKED": "is in use by another copper-emulator: stop that one, or name a different file.",
    "SQLITE_NOTADB": "is not a state file, and is left as it is: it is not an SQLite database. Name a different file.",
    "SQLITE_CANTOPEN": "cannot be opened: does its folder exist, and may you write to it?",
    "SQLITE_READONLY": "cannot be written: you may only read it or its folder.",
    "SQLITE_FULL": "cannot be written: the disk is full. Once there is room, it resumes by itself.",
}
"""By SQLite's name of the error."""
