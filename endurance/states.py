"""What happens when a state with something changed in it is read, from rows, a journal, a snapshot or a file?"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from copper_emulator.core.account import Account
from copper_emulator.core.errors import StateError
from copper_emulator.core.model import DEFAULT_EMAIL, EntityType, Key, Result
from copper_emulator.core.records import commands
from copper_emulator.core.state import Rows, end_interrupted, read_lines
from copper_emulator.core.state.lines import IN_LINES
from copper_emulator.core.subscriptions import parse_create
from copper_emulator.settings import Settings
from copper_emulator.shell.clock import ServerClock
from copper_emulator.shell.persistence.rows import StoredAccount, rows_of
from copper_emulator.shell.persistence.snapshots import digest_of, read_snapshot
from copper_emulator.shell.persistence.state_writer import StateWriter
from copper_emulator.shell.persistence.store import StateFile
from copper_emulator.shell.tenant import Tenant
from endurance.mutating import PLAIN, TEXTS, mutated_bytes, mutated_text, mutated_value
from endurance.reading import Reading

NOW = 1_790_000_000_000
TARGET = "https://billing.example.com/hooks/copper"


def tenant(writer: StateWriter) -> Tenant:
    """An account with something of everything: records, subscriptions, notifications sent and waiting; and kept."""
    given = Settings(limits="3/1m", latency="0-2s", in_flight=2, faults="slow=3s,2")
    made = Tenant("default", given, ServerClock(running=False, latest_ms=NOW), key=Key(1, "token", DEFAULT_EMAIL))
    account = made.account
    writer.track(made, is_saved=False)
    for kind, event in (("person", "new"), ("person", "update"), ("lead", "new")):
        body = {"target": TARGET, "type": kind, "event": event, "secret": {"a": "b"}, "headers": {"X-A": "b"}}
        account.subscribe(parse_create(body, account.rules), NOW)
    company = account.act(commands.create(EntityType.COMPANY, [{"name": "Acme"}]), NOW)[0]
    fields = {"company_id": company.id, "tags": ["a"], "emails": [{"email": "a@b.example", "category": "work"}]}
    people = account.act(commands.create(EntityType.PERSON, [{"name": f"Ada {n}", **fields} for n in (1,)]), NOW)
    account.act(commands.create(EntityType.LEAD, [{"name": "Lead"}, {"name": "Other"}]), NOW)
    for number in range(3):
        account.act(commands.update(EntityType.PERSON, [people[0].id], {"title": f"Dr {number}"}), NOW)
    note = {"parent": {"type": "person", "id": people[0].id}, "type": {"category": "user", "id": 0}, "details": "x"}
    account.act(commands.create(EntityType.ACTIVITY_LOG, [note]), NOW)
    for status in (200, 500, None):
        attempts = account.take(NOW + 2_000)
        writer.write()
        for attempt in attempts:
            if status is not None:
                account.conclude(attempt, Result.answered(status), NOW + 2_000)
        writer.write()
        account.finish(NOW + 6_000)
    return made


@dataclass(frozen=True)
class States:
    """One state, in all the forms in which it is read."""

    told: Rows
    """The rows as a file has them, in JSON's own types."""
    turns: Sequence[tuple[int, Any]]
    """The journal as it is written in the file."""
    folder: Path
    file: bytes

    @classmethod
    @contextmanager
    def kept(cls) -> Iterator[States]:
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "whole.db"
            writer = StateWriter(StateFile(str(path)), print)
            whole = rows_of(tenant(writer))
            writer.close()
            with closing(sqlite3.connect(path)) as connection:
                found = connection.execute("SELECT entries, lines FROM journal ORDER BY id").fetchall()
            told: Rows = {
                part: [(key, json.loads(json.dumps(value))) for key, value in rows] for part, rows in whole.items()
            }
            turns = [(before, json.loads(lines)) for before, lines in found]
            yield cls(told, turns, Path(name), path.read_bytes())

    def rows(self, draw: Random) -> Rows:
        """The rows with something in them changed, removed or doubled."""
        made = {part: list(found) for part, found in self.told.items()}
        for _ in range(draw.choice((1, 1, 1, 3))):
            part = draw.choice([name for name, found in made.items() if found])
            place, way = draw.randrange(len(made[part])), draw.random()
            key, value = made[part][place]
            if way < 0.8:
                made[part][place] = key, mutated_value(draw, value)
            elif way < 0.87:
                del made[part][place]
            elif way < 0.94:
                made[part][place] = draw.choice((-1, 0, 10**30, "", "x", f"{key}0", str(key))), value
            else:
                made[part].append(made[part][place])
        return made

    def read_rows(self, draw: Random, reading: Reading) -> None:
        reading.one(_restored, self.rows(draw), StateError)

    def read_lines(self, draw: Random, reading: Reading) -> None:
        """Read the journal with something changed in a line, or around it."""
        rows: Rows = {part: found for part, found in self.told.items() if part not in (*IN_LINES, "entries")}
        turns: Any = mutated_value(draw, [list(turn) for turn in self.turns])
        reading.one(lambda given: _restored(_retold(rows, given)), turns, StateError)

    def read_snapshot(self, draw: Random, reading: Reading) -> None:
        """Read a snapshot that was edited, with a digest that fits it unless none can be computed."""
        state: Any = mutated_value(draw, {part: [list(row) for row in found] for part, found in self.told.items()})
        version = draw.choice((1, 1, 1, 1, *(each for each in PLAIN if isinstance(each, int))))

        if not isinstance(state, dict):
            state = {"stage": state}
        digest = "0" * 32
        # Some values have none, because they are nested deeper, or have more digits, than Python can write.
        with suppress(ValueError, RecursionError):
            digest = digest_of(state)
        reading.one(lambda given: _restored_found(read_snapshot(version, given, digest)), state, StateError)

    def read_file(self, draw: Random, reading: Reading) -> None:
        """Read the file with changes to its bytes, or to what is in its tables."""
        path = self.folder / "tried.db"
        for suffix in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        raw = self.file
        if draw.random() < 0.5:
            for _ in range(draw.choice((1, 1, 3, 20))):
                place = draw.randrange(200 if draw.random() < 0.3 else len(raw))
                raw = raw[:place] + mutated_bytes(draw, raw[place : place + 8]) + raw[place + 8 :]
        elif draw.random() < 0.3:
            raw = raw[: draw.randrange(len(raw))]
        path.write_bytes(raw)
        if raw is self.file:
            _edit_tables(draw, path)
        reading.one(_read_file, path, StateError)


def _read_file(path: Path) -> None:
    file = StateFile(str(path))
    try:
        for found in file.read().values():
            _restored(found)
    finally:
        file.close()


def _edit_tables(draw: Random, path: Path) -> None:
    # All draws are inside this block, because with Hypothesis any of them may end the try.
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        number = draw.randrange(1, 60)
        table, column = draw.choice((("rows", "value"), ("journal", "lines")))
        texts = [text for (text,) in connection.execute(f"SELECT {column} FROM {table} ORDER BY id")]
        text = texts[number % len(texts)]
        value = draw.choice((mutated_text(draw, text), text.encode(), None, 1, 1.5, b"\xff", "[" * 5000))
        statement, arguments = draw.choice(
            (
                (f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (value, text)),
                ("UPDATE journal SET id = ? WHERE lines = ?", (draw.choice((-1, 0, 1, 10**12, 10**18)), text)),
                ("UPDATE journal SET entries = ? WHERE lines = ?", (draw.choice((None, "x", 1.5, -1, 1)), text)),
                ("DELETE FROM journal WHERE lines = ?", (text,)),
                ("UPDATE rows SET key = ? WHERE id = ?", (draw.choice((None, 1.5, b"\xff", "", -1)), number)),
                ("UPDATE rows SET part = ? WHERE id = ?", (draw.choice(TEXTS), number)),
                ("UPDATE accounts SET name = ?", (draw.choice(("", "x" * 3000, b"\xff", 7)),)),
                ("DELETE FROM rows WHERE id = ?", (number,)),
                ("DELETE FROM accounts", ()),
                (f"DROP TABLE {table}", ()),
                ("PRAGMA user_version = 99", ()),
                ("PRAGMA application_id = 1", ()),
            )
        )
        # Surrogates, and anything a table refuses, make no change.
        with suppress(sqlite3.Error, UnicodeEncodeError):
            connection.execute(statement, arguments)


def _retold(rows: Rows, turns: Any) -> Rows:
    told = dict(rows)
    read_lines(told, turns)
    return told


def _restored(told: Rows) -> None:
    _restored_found(StoredAccount(told))


def _restored_found(found: StoredAccount) -> None:
    """Restore an account as `serve --state` does, and end its interrupted attempts."""
    found.check()
    account = Account("default", None, found.settings.rules())
    found.put_back(account)
    end_interrupted(account, NOW)
