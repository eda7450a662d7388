"""`serve --state`, `snapshot`, `restore`, `settings`: what survives, from the command line."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from copper_emulator.cli import main
from tests.cli.processes import Process, invoke, run, started, subscribe


@pytest.fixture(scope="module")
def server() -> Iterator[Process]:
    with started("serve", "--port", "0", "--clock", "manual") as process:
        yield process


def test_a_server_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    state = str(tmp_path / "state.db")
    with started("serve", "--port", "0", "--clock", "manual", "--latency", "10m", "--state", state) as first:
        subscribe(first.url, "person", "new")
        invoke("create", "person", "--set", "name=Ada", server=first.url)
        first.popen.kill()
        first.popen.wait()
    with started("serve", "--port", "0", "--clock", "manual", "--state", state) as second:
        assert second.line_with("state") == f"  state  {state} (1 account)"
        assert second.line() == "  default keeps the settings it had; reset gives it the command line's"
        code, out, _ = invoke("search", "person", "--where", "name=Ada", server=second.url)
        assert (code, "Ada" in out) == (0, True)
        _, out, _ = invoke("status", server=second.url)
        assert "1 waiting" in out


def test_a_server_whose_account_has_a_token_already_says_so(tmp_path: Path) -> None:
    state = str(tmp_path / "state.db")
    with started("serve", "--port", "0", "--state", state) as first:
        assert "(the first token is the key of the account default; others open" in first.line_with("developer_api")
        subscribe(first.url, "person", "new")
        first.end()
    with started("serve", "--port", "0", "--state", state) as second:
        assert second.line_with("developer_api").endswith("(each new token opens an account of its own)")


@pytest.mark.parametrize(
    ("first", "then", "told"),
    [("manual", "wall", "stands still in default, as before"), ("wall", "manual", "runs in default, as before")],
)
def test_a_clock_that_goes_on_otherwise_than_the_command_line_says_is_told(
    tmp_path: Path, first: str, then: str, told: str
) -> None:
    state = str(tmp_path / "state.db")
    with started("serve", "--port", "0", "--clock", first, "--state", state) as server:
        subscribe(server.url, "person", "new")
        server.end()
    with started("serve", "--port", "0", "--clock", then, "--state", state) as server:
        assert told in server.line_with(f"  clock  {told}")
        _, out, _ = invoke("clock", server=server.url)
        assert ("time stands still" in out) is (first == "manual")
        _, out, _ = invoke("status", server=server.url)
        assert ("time stands still" in out) is (first == "manual")
        assert ("time runs" in out) is (first == "wall")
    with started("serve", "--port", "0", "--clock", first, "--state", state) as server:
        lines = list(iter(server.line, "Ctrl-C ends it."))
        assert not [line for line in lines if "as before" in line]


def test_a_file_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    newer = tmp_path / "newer.db"
    connection = sqlite3.connect(newer)
    connection.executescript("CREATE TABLE a (b); PRAGMA application_id = 1131376754; PRAGMA user_version = 99;")
    connection.close()
    code, out, err = run("serve", "--port", "0", "--state", str(newer))

    assert (code, out) == (1, "")
    assert err == (
        f"copper-emulator: --state: {newer} was written by a newer copper-emulator (its schema is 99, this one knows "
        "up to 4), and is left as it is. Use that version, or name a different file.\n"
    )


def test_a_second_server_on_the_same_file_is_told_so(tmp_path: Path) -> None:
    state = str(tmp_path / "state.db")
    with started("serve", "--port", "0", "--state", state):
        code, out, err = run("serve", "--port", "0", "--state", state)

    assert (code, out) == (1, "")
    assert err == (
        f"copper-emulator: --state: {state} is in use by another copper-emulator: stop that one, or name a different "
        "file.\n"
    )


def test_an_account_is_written_into_a_file_and_put_back(server: Process, tmp_path: Path) -> None:
    file = tmp_path / "monday.json"
    invoke("reset", server=server.url)
    invoke("create", "person", "--set", "name=Ada", server=server.url)
    file.write_text("what was there before, for all to read" * 10_000)
    file.chmod(0o644)
    code, out, _ = invoke("snapshot", str(file), server=server.url)
    assert (code, out.startswith("Account default as it was at ")) == (0, True)
    assert file.stat().st_mode & 0o777 == 0o600

    invoke("reset", server=server.url)
    code, out, _ = invoke("restore", str(file), server=server.url)
    assert (code, out.startswith("Account default is restored; ")) == (0, True)
    assert "Ada" in invoke("search", "person", server=server.url)[1]


def test_an_account_is_written_to_stdout_and_put_back_from_stdin(server: Process) -> None:
    invoke("reset", server=server.url)
    invoke("create", "person", "--set", "name=Ada", server=server.url)
    code, document, err = invoke("snapshot", "-", server=server.url)
    assert (code, json.loads(document)["account"], err) == (0, "default", "")
    assert not Path("-").exists()

    invoke("reset", server=server.url)
    put_back = CliRunner().invoke(main, ["restore", "-"], input=document, env={"COPPER_EMULATOR_URL": server.url})
    assert (put_back.exit_code, put_back.stderr) == (0, "")
    assert "Ada" in invoke("search", "person", server=server.url)[1]


def test_a_state_is_kept_in_a_file_alone() -> None:
    assert invoke("serve", "--state", "-") == (
        2,
        "",
        "copper-emulator: --state: a state is kept in a file, and - is not one\n",
    )


def test_a_folder_is_not_a_state_file(tmp_path: Path) -> None:
    assert run("serve", "--port", "0", "--state", str(tmp_path)) == (
        1,
        "",
        f"copper-emulator: --state: {tmp_path} is not a file, and keeps nothing. Name a different one.\n",
    )


def test_what_is_no_snapshot_is_one_line(server: Process, tmp_path: Path) -> None:
    file = tmp_path / "monday.json"
    assert invoke("restore", str(file), server=server.url) == (
        2,
        "",
        f"copper-emulator: {file} cannot be read: No such file or directory\n",
    )
    file.write_text("none")
    assert (
        invoke("restore", str(file), server=server.url)[2]
        == f"copper-emulator: {file} is not a snapshot: it is not JSON\n"
    )
    for other in ("{}", "[]", "17", '{"type": "person"}'):
        file.write_text(other)
        assert invoke("restore", str(file), server=server.url) == (
            2,
            "",
            f"copper-emulator: {file} is not a snapshot: copper-emulator snapshot makes them\n",
        )
    code, _, err = invoke("snapshot", str(tmp_path / "nowhere" / "x.json"), server=server.url)
    assert (code, err) == (
        1,
        f"copper-emulator: {tmp_path}/nowhere/x.json cannot be written: No such file or directory\n",
    )


def test_of_settings_that_are_for_tests_it_is_said(server: Process) -> None:
    out = invoke("settings", server=server.url)[1]

    assert "intercept" not in out
    assert "strict             true  (for tests, and for scenarios played here)\n" in out
    assert "allow              none  (for tests, and for scenarios played here)\n" in out


def test_settings_are_shown_and_changed(server: Process) -> None:
    invoke("reset", server=server.url)
    code, out, _ = invoke("settings", "--set", "latency=0-15m", "--set", "limits=5/1m", server=server.url)

    assert code == 0
    assert "latency            0-15m\n" in out
    assert json.loads(invoke("settings", "--json", server=server.url)[1])["settings"]["limits"] == "5/1m"
    code, _, err = invoke("settings", "--set", "seed=3", server=server.url)
    assert (code, err.startswith("copper-emulator: seed: an account starts with it and keeps it. Reset")) == (1, True)
    assert invoke("reset", "--set", "seed=3", server=server.url)[0] == 0
    assert "seed               3\n" in invoke("settings", server=server.url)[1]
