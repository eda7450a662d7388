"""The state file: what is written can be read, and a file that cannot be used says why."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from copper_emulator.core.errors import StateError
from copper_emulator.core.state import Edit, StateChanges
from copper_emulator.shell.persistence import presence
from copper_emulator.shell.persistence.store import APPLICATION_ID, MIGRATIONS, StateFile


@contextmanager
def opened(path: Path) -> Iterator[StateFile]:
    file = StateFile(str(path))
    try:
        yield file
    finally:
        file.close()


def edited(*edits: Edit) -> StateChanges:
    """Row edits, with nothing in the journal."""
    return StateChanges(list(edits), 0, [])


def noted(before: int, *texts: str) -> StateChanges:
    """Entries that follow this many earlier ones."""
    return StateChanges([], before, [{"at": 5, "kind": "fault", "text": text} for text in texts])


NOTHING: dict[str, list[object]] = {"entries": [], "notifications": [], "attempts": []}
"""The parts that result from a journal without entries."""


def texts_in(file: StateFile) -> dict[str, list[str]]:
    return {
        name: [f"{number} {entry['text']}" for number, entry in rows["entries"]] for name, rows in file.read().items()
    }


def by_hand(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def why_not(path: Path) -> str:
    with pytest.raises(StateError) as raised:
        StateFile(str(path))
    return str(raised.value)


def test_what_is_written_is_read_in_the_order_in_which_it_was_made(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with opened(path) as file:
        file.write({"default": edited(Edit("records", "person/2", "2"), Edit("records", "person/1", "1"))})
        file.write({"default": edited(Edit("records", "person/2", "22"))})
        file.write({"other": edited(Edit("small", "moment", "7"))})
    with opened(path) as file:
        assert file.read() == {
            "default": {**NOTHING, "records": [("person/2", 22), ("person/1", 1)]},
            "other": {**NOTHING, "small": [("moment", 7)]},
        }


def test_an_account_that_is_gone_goes_with_the_next_turn_of_another(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with opened(path) as file:
        file.write({"default": noted(0, "a"), "other": noted(0, "x")})
        file.write({"default": noted(1, "b")}, deleted=["other"])
        assert texts_in(file) == {"default": ["1 a", "2 b"]}
        file.write({"default": noted(0, "c")}, replaced=["default"])
        assert texts_in(file) == {"default": ["1 c"]}


def test_what_the_journal_was_added_turn_by_turn_is_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with opened(path) as file:
        file.write({"default": noted(0, "a", "b"), "other": noted(0, "x")})
        file.write({"default": noted(2, "c")})
    with opened(path) as file:
        file.write({"other": noted(1, "y"), "default": noted(3, "d")})
        assert texts_in(file) == {"default": ["1 a", "2 b", "3 c", "4 d"], "other": ["1 x", "2 y"]}


def test_a_journal_that_lacks_a_turn_says_where(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with opened(path) as file:
        for before in range(3):
            file.write({"default": noted(before, "one")})
    by_hand(path, "DELETE FROM journal WHERE entries = 1")

    with opened(path) as file, pytest.raises(StateError) as raised:
        file.read()
    assert str(raised.value) == (
        f"{path} is damaged: account default, entries, 2: cannot be read (ValueError: 1 entries are missing). Restore "
        "a copy of it, or move it away to start over."
    )


def test_a_row_that_is_made_anew_stands_at_the_end_and_one_that_is_gone_nowhere(tmp_path: Path) -> None:
    with opened(tmp_path / "state.db") as file:
        file.write({"default": edited(*(Edit("records", each, "1") for each in ("a", "b", "c")))})
        file.write({"default": edited(Edit("records", "a", "2", anew=True), Edit("records", "b", None))})

        assert file.read() == {"default": {**NOTHING, "records": [("c", 1), ("a", 2)]}}


def test_an_account_that_begins_anew_keeps_nothing_and_one_that_is_gone_is_gone(tmp_path: Path) -> None:
    with opened(tmp_path / "state.db") as file:
        for name in ("default", "other", "third"):
            file.write({name: edited(Edit("records", "a", "1"))})
            file.write({name: noted(0, "one", "two")})
        file.write({"default": edited(Edit("records", "c", "1"))}, replaced=["default"], deleted=["other"])

        assert {name: rows["records"] for name, rows in file.read().items()} == {
            "default": [("c", 1)],
            "third": [("a", 1)],
        }
        assert texts_in(file) == {"default": [], "third": ["1 one", "2 two"]}


def test_a_commit_is_there_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    with opened(tmp_path / "state.db") as file:
        file.write({"default": edited(Edit("records", "a", "1"))})
        file.write({"default": noted(0, "first")})
        file._connection.execute(
            f"PRAGMA max_page_count = {file._connection.execute('PRAGMA page_count').fetchone()[0]}"
        )
        news = noted(1, *("x" * 1000 for _ in range(100)))
        news.edits.append(Edit("records", "a", "2"))
        with pytest.raises(StateError, match="cannot be written: the disk is full"):
            file.write({"default": news})

        found = file.read()["default"]
        assert (found["records"], len(found["entries"])) == ([("a", 1)], 1)
        file._connection.execute("PRAGMA max_page_count = 10000")
        file.write({"default": news})
        found = file.read()["default"]
        assert (found["records"], len(found["entries"])) == ([("a", 2)], 101)


def test_a_file_belongs_to_one_server(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with opened(path):
        assert why_not(path) == f"{path} is in use by another copper-emulator: stop that one, or name a different file."
    with opened(path):
        pass


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    with opened(tmp_path / "state.db") as file:
        file.write({"default": edited(Edit("records", "a", "1"))})

        assert {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {
            "state.db": 0o600,
            "state.db-wal": 0o600,
        }


def test_what_is_no_state_file_is_left_as_it_is(tmp_path: Path) -> None:
    text, other = tmp_path / "notes.txt", tmp_path / "other.db"
    text.write_text("no database " * 100)
    by_hand(other, "CREATE TABLE theirs (a)")
    before = text.read_bytes(), other.read_bytes()

    assert why_not(text) == (
        f"{text} is not a state file, and is left as it is: it is not an SQLite database. Name a different file."
    )
    assert why_not(other) == f"{other} is another program's database, and is left as it is. Name a different file."
    assert (text.read_bytes(), other.read_bytes()) == before


def test_a_newer_schema_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    by_hand(
        path,
        "CREATE TABLE later (a)",
        f"PRAGMA application_id = {APPLICATION_ID}",
        f"PRAGMA user_version = {len(MIGRATIONS) + 1}",
    )

    assert why_not(path).startswith(
        f"{path} was written by a newer copper-emulator (its schema is 5, this one knows up to 4)"
    )


def test_an_older_schema_is_brought_up_step_by_step(tmp_path: Path) -> None:
    """The file is one of version 1, written by hand; it becomes what the next version would be."""
    path = tmp_path / "state.db"
    by_hand(
        path,
        "CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
        "CREATE TABLE rows (id INTEGER PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts, part TEXT NOT NULL, "
        "key NOT NULL, value TEXT NOT NULL, UNIQUE (account, part, key))",
        "INSERT INTO accounts (id, name) VALUES (4, 'default')",
        "INSERT INTO rows (account, part, key, value) VALUES (4, 'small', 'moment', '17')",
        f"PRAGMA application_id = {APPLICATION_ID}",
        "PRAGMA user_version = 1",
    )

    def renamed(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE rows SET key = 'now' WHERE part = 'small' AND key = 'moment'")

    file = StateFile(str(path), migrations=(*MIGRATIONS, renamed))
    assert file.read() == {"default": {**NOTHING, "small": [("now", 17)]}}
    file.close()
    assert why_not(path).startswith(f"{path} was written by a newer copper-emulator")


def test_a_step_that_fails_leaves_the_file_at_its_version(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with opened(path) as file:
        file.write({"default": edited(Edit("small", "moment", "17"))})

    def fails(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM rows")
        connection.execute("SELECT * FROM nowhere")

    with pytest.raises(StateError, match="cannot be opened: no such table"):
        StateFile(str(path), migrations=(*MIGRATIONS, fails))
    with opened(path) as file:
        assert file.read() == {"default": {**NOTHING, "small": [("moment", 17)]}}


def test_a_damaged_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with opened(path) as file:
        file.write({"default": edited(*(Edit("entries", number, '"' + "x" * 500 + '"') for number in range(200)))})
    raw = bytearray(path.read_bytes())
    raw[4096 * 3 : 4096 * 6] = os.urandom(4096 * 3)
    path.write_bytes(raw)

    assert why_not(path).startswith(f"{path} is damaged (")


def test_damage_that_sqlite_finds_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with opened(path):
        pass
    # A page that belongs to nothing.
    with path.open("r+b") as raw:
        raw.seek(0, os.SEEK_END)
        raw.write(bytes(4096))
        pages = raw.tell() // 4096
        raw.seek(28)
        raw.write(pages.to_bytes(4, "big"))

    told = why_not(path)
    assert told.startswith(f"{path} is damaged (*** in database main *** Page {pages}")
    assert "\n" not in told


def test_damage_that_cannot_be_quoted_is_told(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with opened(path):
        pass
    raw = path.read_bytes()
    assert b"CREATE TABLE rows" in raw
    path.write_bytes(raw.replace(b"CREATE TABLE rows", b"CREATE TABL\xf0 rows"))

    assert why_not(path).startswith(f"{path} is damaged (")


@pytest.mark.parametrize("value", ["'seventeen'", "x'ff'", "replace(hex(zeroblob(50000)), '0', '[')"])
def test_a_row_that_is_no_json_says_where_it_is(tmp_path: Path, value: str) -> None:
    path = tmp_path / "state.db"
    with opened(path) as file:
        file.write({"default": edited(Edit("small", "moment", "17"))})
    by_hand(path, f"UPDATE rows SET value = {value}")

    with opened(path) as file, pytest.raises(StateError, match="is damaged: small, moment is not JSON"):
        file.read()


@pytest.mark.parametrize("lines", ["'seventeen'", "x'ff'"])
def test_a_turn_that_is_no_json_says_where_it_is(tmp_path: Path, lines: str) -> None:
    path = tmp_path / "state.db"
    with opened(path) as file:
        file.write({"default": noted(0, "one")})
        file.write({"default": noted(1, "two")})
    by_hand(path, f"UPDATE journal SET lines = {lines} WHERE entries = 1")

    with opened(path) as file, pytest.raises(StateError, match="is damaged: entries, 2 is not JSON"):
        file.read()


@pytest.mark.parametrize(
    ("news", "place"), [(edited(Edit("small", "moment", "17")), "small, moment"), (noted(0, "one"), "entries, 1")]
)
def test_what_is_of_no_account_says_where_it_is(tmp_path: Path, news: StateChanges, place: str) -> None:
    path = tmp_path / "state.db"
    with opened(path) as file:
        file.write({"default": news})
    by_hand(path, "DELETE FROM accounts")

    with opened(path) as file, pytest.raises(StateError, match=f"is damaged: {place} belongs to no account"):
        file.read()


def test_a_file_that_was_copied_without_what_is_beside_it_is_no_empty_server(tmp_path: Path) -> None:
    path, copy = tmp_path / "state.db", tmp_path / "copy.db"
    with opened(path) as file:
        file.write({"default": edited(Edit("small", "moment", "17"))})
        shutil.copy(path, copy)
        shutil.copy(f"{path}-wal", tmp_path / "kept-wal")
    for _ in range(2):
        assert why_not(copy) == (
            f"{copy} is empty: its content was in {copy}-wal, which is part of it. Put that beside it, or move it away "
            "to start over."
        )

    shutil.copy(tmp_path / "kept-wal", f"{copy}-wal")
    with opened(copy) as file:
        assert file.read() == {"default": {**NOTHING, "small": [("moment", 17)]}}


def test_a_file_that_a_server_left_before_its_first_commit_is_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    by_hand(path, "PRAGMA journal_mode = WAL")
    Path(f"{path}-wal").touch()

    with opened(path) as file:
        assert file.read() == {}


def test_a_name_that_means_something_else_to_sqlite_is_that_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with opened(Path(":memory:")) as file:
        file.write({"default": edited(Edit("small", "moment", "17"))})
    with opened(tmp_path / ":memory:") as file:
        assert file.read() == {"default": {**NOTHING, "small": [("moment", 17)]}}


def test_what_is_no_file_says_so() -> None:
    assert why_not(Path(os.devnull)) == f"{os.devnull} is not a file, and keeps nothing. Name a different one."


@pytest.mark.skipif(os.name == "nt", reason="there, an open file cannot be removed")
def test_a_file_that_was_removed_or_replaced_is_not_written_to_until_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "CHECK_EVERY", 0)
    path, aside = tmp_path / "state.db", tmp_path / "aside.db"
    with opened(path) as file:
        file.write({"default": noted(0, "first")})

        path.rename(aside)
        with pytest.raises(StateError, match=r"state\.db was removed or moved away while the server uses it\. Put it"):
            file.write({"default": noted(1, "second")})
        with opened(path) as other:
            with pytest.raises(StateError, match="was replaced by another file"):
                file.write({"default": noted(1, "second")})
            other.write({"default": noted(0, "of another server")})
        assert texts_in(file) == {"default": ["1 first"]}
        aside.replace(path)
        file.write({"default": noted(1, "second")})

    with opened(path) as file:
        assert texts_in(file) == {"default": ["1 first", "2 second"]}


@contextmanager
def as_nobody() -> Iterator[None]:
    """Run without the rights of root, who may write everything."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def test_a_file_that_may_not_be_written_says_so_and_is_left_as_it_is() -> None:
    # Not in the test's own folder, which no one else may access.
    with as_nobody(), TemporaryDirectory() as folder:
        path = Path(folder, "state.db")
        with opened(path):
            pass
        path.chmod(0o444)
        before = path.read_bytes()

        assert why_not(path) == (
            f"{path} cannot be opened: Permission denied. Make it one that you may read and write, or name a different "
            "file."
        )
        assert path.read_bytes() == before


def test_a_place_where_nothing_can_be_written_says_so(tmp_path: Path) -> None:
    assert why_not(tmp_path / "nowhere" / "state.db").endswith(
        "cannot be opened: does its folder exist, and may you write to it?"
    )
