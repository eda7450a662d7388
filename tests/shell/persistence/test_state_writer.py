"""A server with a state file goes on where it ended, and acknowledges or sends nothing that it has not written."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from copper_emulator.core.account import Account
from copper_emulator.core.errors import StateError
from copper_emulator.core.fault import Fault, FaultName
from copper_emulator.core.model import EntityType, Event, RecordChange, Topic
from copper_emulator.core.records import commands
from copper_emulator.core.state import Rows
from copper_emulator.core.surface import Surface
from copper_emulator.shell.clock import real_now
from copper_emulator.shell.persistence import presence
from copper_emulator.shell.persistence.rows import rows_of
from copper_emulator.shell.persistence.state_writer import StateWriter
from copper_emulator.shell.persistence.store import APPLICATION_ID, MIGRATIONS, StateFile
from copper_emulator.shell.served.account import ServedAccount
from copper_emulator.shell.served.accounts import DEFAULT
from tests.shell.served import TARGET, Endpoint, Served, listening, serving


@asynccontextmanager
async def kept(path: Path, *, to: Endpoint | None = None, **options: Any) -> AsyncIterator[Served]:
    async with serving(state=str(path / "state.db"), to=to, **options) as served:
        yield served


def writer_of(served: Served) -> StateWriter:
    writer = served.accounts._writer
    assert writer is not None
    return writer


def default_of(served: Served) -> ServedAccount:
    default = served.accounts.named(DEFAULT)
    assert default is not None
    return default


def account_of(served: Served) -> Account:
    return default_of(served).tenant.account


@asynccontextmanager
async def full_disk(served: Served) -> AsyncIterator[None]:
    """Make SQLite report that the disk is full."""
    connection = writer_of(served)._file._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        connection.execute("PRAGMA max_page_count = 1000000")


async def fill_up(served: Served) -> tuple[int, Any]:
    """Write until there is no space; return the first call that is refused."""
    for number in range(100):
        status, answered = await served.api("POST", "/people", {"name": f"{number}", "details": "x" * 5_000})
        if status != 200:
            return status, answered
    raise AssertionError("there is no end of room")


# --- what survives ------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    endpoint = Endpoint()
    async with listening(endpoint):
        async with kept(tmp_path, to=endpoint, latency="5m", api_limits="9/1h") as served:
            await served.subscribe("person", "new", secret={"key": "s3cret"})
            _, ada = await served.api("POST", "/people", {"name": "Ada"})
            await served.control("POST", "/accounts/default/faults", {"on": ["slow=3s"]})
            await served.control("POST", "/accounts/default/clock/advance", {"by": "1m"})
            await served.control("POST", "/accounts/default/targets/pause", {"target": "https://b.example/x"})
            await served.control(
                "POST", "/accounts/default/routes", {"origin": "https://b.example/x", "to": endpoint.url}
            )
            await served.control("POST", "/accounts", {"name": "two", "token": "mine", "settings": {"seed": 7}})
            before = await _seen(served)

        async with kept(tmp_path, to=endpoint, latency="0") as served:
            assert await _seen(served) == before
            assert (await served.api("GET", f"/people/{ada['id']}"))[1]["name"] == "Ada"
            assert (await served.api("GET", "/webhooks", token="mine"))[0] == 200
            await served.control("POST", "/accounts/default/clock/advance", {"by": "10m"})
            assert [(body["key"], body["ids"]) for body in endpoint.bodies] == [("s3cret", [ada["id"]])]
            # The command line's settings apply to accounts that start anew.
            await served.control("POST", "/accounts/default/reset")
            _, settings = await served.control("GET", "/accounts/default/settings")
            assert settings["settings"]["latency"] == "0"

        async with kept(tmp_path, to=endpoint) as served:
            assert await served.journal() == []
            assert (await served.control("GET", "/accounts/two/settings"))[1]["settings"]["seed"] == 7


async def _seen(served: Served) -> list[Any]:
    seen = [(await served.control("GET", "/accounts"))[1], await served.journal()]
    for path in ("settings", "faults", "subscriptions", "clock", "targets", "limits", "routes"):
        status, shown = await served.control("GET", f"/accounts/default/{path}")
        assert status == 200, shown
        seen.append(shown)
    return seen


@pytest.mark.asyncio
async def test_a_row_that_says_nothing_is_told_with_its_file_and_a_way_out(tmp_path: Path) -> None:
    async with kept(tmp_path) as served:
        await served.subscribe("person", "new")
    connection = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
    connection.execute("UPDATE journal SET lines = '[{}]'")
    connection.close()

    with pytest.raises(StateError) as raised:
        async with kept(tmp_path):
            pass
    assert str(raised.value) == (
        f"{tmp_path}/state.db is damaged: account default, entries, 1: cannot be read (KeyError: 'kind'). Restore a "
        "copy of it, or move it away to start over."
    )


def write_as_version_1(path: Path, rows: Rows) -> None:
    """Write the file as it was when entries, notifications and attempts were rows, too."""
    connection = sqlite3.connect(path, isolation_level=None)
    MIGRATIONS[0](connection)
    connection.execute("INSERT INTO accounts (id, name) VALUES (1, 'default')")
    connection.executemany(
        "INSERT INTO rows (account, part, key, value) VALUES (1, ?, ?, ?)",
        [(part, key, json.dumps(value)) for part, found in rows.items() for key, value in found],
    )
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 1")
    connection.close()


@pytest.mark.asyncio
async def test_what_an_older_version_has_written_goes_on_and_is_there_after_the_next_restart(tmp_path: Path) -> None:
    (tmp_path / "older").mkdir()
    async with kept(tmp_path, latency="5m") as served:
        await served.subscribe("person", "new", target="https://inbox.example/default")
        await served.fire("person", "new", 1)
        await served.control("POST", "/accounts/default/clock/advance", {"by": "10m"})
        await served.fire("person", "new", 2)
        before = await served.journal()
        write_as_version_1(tmp_path / "older" / "state.db", rows_of(default_of(served).tenant))

    async with kept(tmp_path / "older", latency="5m") as served:
        assert await served.journal() == before
        await served.control("POST", "/accounts/default/clock/advance", {"by": "10m"})
        after = await served.journal()
        assert [entry["kind"] for entry in after[len(before) :]] == ["sending", "ended"]
    async with kept(tmp_path / "older") as served:
        assert await served.journal() == after


@pytest.mark.asyncio
async def test_an_account_goes_on_with_its_ids_and_a_reset_comes_back_to_its_first(tmp_path: Path) -> None:
    async def subscribed(served: Served) -> int:
        body = {"target": "https://inbox.example/account-2", "type": "lead", "event": "new"}
        _, made = await served.control("POST", "/accounts/account-2/subscriptions", body)
        return int(made["id"])

    async with kept(tmp_path) as served:
        # Without a name it begins like the first account, as all did before there were places.
        await served.control("POST", "/accounts", {})
        assert await subscribed(served) == 560_698

    async with kept(tmp_path) as served:
        assert await subscribed(served) == 560_699
        await served.control("POST", "/accounts/account-2/reset", {})
        assert await subscribed(served) == 560_698


@pytest.mark.asyncio
async def test_a_deleted_account_stays_deleted(tmp_path: Path) -> None:
    async with kept(tmp_path) as served:
        await served.control("POST", "/accounts", {"name": "two", "token": "mine"})
        await served.control("DELETE", "/accounts/two")
    async with kept(tmp_path) as served:
        assert [account.name for account in served.accounts] == ["default"]


@pytest.mark.asyncio
async def test_a_running_clock_runs_on_as_far_ahead_as_it_was(tmp_path: Path) -> None:
    async with kept(tmp_path, clock="wall") as served:
        await served.control("POST", "/accounts/default/clock/advance", {"by": "1h"})
        by = default_of(served).clock.ahead_ms
    async with kept(tmp_path, clock="wall") as served:
        assert (default_of(served).clock.running, default_of(served).clock.ahead_ms) == (True, by)


@pytest.mark.asyncio
async def test_a_wall_clock_that_was_set_back_has_to_catch_up_with_what_has_happened(tmp_path: Path) -> None:
    later = real_now() + 3_600_000
    async with kept(tmp_path, clock="wall") as served:
        tenant = default_of(served).tenant
        with tenant.lock:
            tenant.account.fire(RecordChange(Topic(EntityType.PERSON, Event.NEW), (17,)), later)
    async with kept(tmp_path, clock="wall") as served:
        assert default_of(served).clock.now() == later


@pytest.mark.asyncio
async def test_a_server_that_ended_while_time_was_played_ahead_has_a_clock_that_runs_on_from_there(
    tmp_path: Path,
) -> None:
    """As after a crash at this moment: a copy of the file, made by the endpoint while it is notified."""
    (tmp_path / "later").mkdir()

    class Copying(Endpoint):
        async def on_receive(self, body: dict[str, Any]) -> None:
            for name in ("state.db", "state.db-wal"):
                (tmp_path / "later" / name).write_bytes((tmp_path / name).read_bytes())

    endpoint = Copying()
    async with listening(endpoint), kept(tmp_path, to=endpoint, clock="wall", latency="30m") as served:
        await served.subscribe("person", "new")
        await served.fire("person", "new", 1)
        await served.control("POST", "/accounts/default/clock/advance", {"by": "2h"})
    async with kept(tmp_path / "later", clock="wall") as served:
        clock = default_of(served).clock

        assert clock.running
        # If the clock waited for the wall clock to catch up, it would be that much behind.
        assert abs(clock.ahead_ms - 30 * 60_000) < 60_000
        assert clock.now() - clock.ahead_ms <= real_now()


@pytest.mark.asyncio
async def test_what_is_cut_off_by_the_end_of_the_server_is_told_in_the_next_life(tmp_path: Path) -> None:
    endpoint = Endpoint(hangs=True)
    async with listening(endpoint):
        async with kept(tmp_path, to=endpoint, clock="wall") as served:
            await served.subscribe("person", "new")
            await served.fire("person", "new", 1)
            await endpoint.arrived.get()
        async with kept(tmp_path, to=endpoint, clock="wall") as served:
            ended = await served.journal(kind="ended")
            assert [entry["delivery"]["outcome"] for entry in ended] == ["unknown"]
        assert len(endpoint.bodies) == 1


# --- before it is sent, before it is acknowledged -----------------------------------------------------------


def after_a_crash(folder: Path) -> Rows:
    """The rows of the default account that would be found if the server crashed now."""
    for name in ("state.db", "state.db-wal"):
        (folder / f"copy-{name}").write_bytes((folder / name).read_bytes())
    copy = StateFile(str(folder / "copy-state.db"))
    rows = copy.read()["default"]
    copy.close()
    for name in ("state.db", "state.db-wal"):
        (folder / f"copy-{name}").unlink(missing_ok=True)
    return rows


@pytest.mark.asyncio
async def test_when_a_request_arrives_the_file_has_it_on_its_way(tmp_path: Path) -> None:
    """Checked by the endpoint itself, in a copy, as a crash at this moment would leave it."""
    found: list[Any] = []

    class Looking(Endpoint):
        async def on_receive(self, body: dict[str, Any]) -> None:
            rows = after_a_crash(tmp_path)
            found.append(([value["state"] for _, value in rows["notifications"]], dict(rows["small"])["windows"][0][1]))

    for clock in ("wall", "manual"):
        endpoint = Looking()
        async with listening(endpoint), kept(tmp_path, to=endpoint, clock=clock, in_flight=1) as served:
            await served.control("POST", "/accounts/default/reset")
            await served.subscribe("person", "new")
            await served.fire("person", "new", 1)
            await endpoint.arrived.get()
            await served.until(kind="ended")
    assert found == [(["sending"], 1)] * 2


@pytest.mark.asyncio
async def test_an_answer_that_counts_as_given_later_is_in_the_file_when_it_has_come(tmp_path: Path) -> None:
    endpoint = Endpoint()
    async with listening(endpoint), kept(tmp_path, to=endpoint, clock="wall", latency="50ms", timeout="5m") as served:
        await served.subscribe("person", "new")
        account = account_of(served)
        account.faults.switch_on(Fault(FaultName.SLOW, span_ms=60_000), account.moment)
        await served.fire("person", "new", 1)
        while not account.inside.outbox.scripted_answers:
            await next_turn()
        await next_turn()
        [(_, attempt)] = after_a_crash(tmp_path)["attempts"]
        assert attempt["answer"]["status"] == 200


@pytest.mark.asyncio
async def test_what_is_changed_without_an_entry_is_in_the_file_when_the_call_is_answered(tmp_path: Path) -> None:
    async with kept(tmp_path) as served:
        for number in range(2):
            origin = f"https://app{number}.example"
            await served.control("POST", "/accounts/default/routes", {"origin": origin, "to": "http://127.0.0.1:9"})
            routes = dict(after_a_crash(tmp_path)["stage"])["routes"]
            assert routes[-1][0] == origin


@pytest.mark.asyncio
async def test_what_cannot_be_written_is_not_acknowledged(tmp_path: Path) -> None:
    async with kept(tmp_path) as served:
        async with full_disk(served):
            status, refused = await fill_up(served)
            assert (status, refused["message"]) == (503, "Service unavailable")
            changes = len(account_of(served).journal.changes)

            # From now on nothing is even tried.
            status, refused = await served.control(
                "POST", "/accounts/default/fire", {"type": "person", "event": "new", "ids": [1]}
            )
            assert (status, refused["error"]) == (503, "what happens cannot be written to the state file")
            assert refused["hint"].endswith("the disk is full. Once there is room, it resumes by itself.")
            assert len(account_of(served).journal.changes) == changes

        assert (await served.api("POST", "/people", {"name": "Ada"}))[0] == 200
        written = [entry.text for account, entry in served.log if account is None]
        assert [text.rpartition("state.db ")[2] for text in written] == [
            "cannot be written: the disk is full. Once there is room, it resumes by itself.",
            "can be written again",
        ]
        before = await served.journal()
    async with kept(tmp_path) as served:
        assert await served.journal() == before


@pytest.mark.asyncio
@pytest.mark.skipif(os.name == "nt", reason="there, an open file cannot be removed")
async def test_nothing_is_acknowledged_while_the_file_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "CHECK_EVERY", 0)
    path = tmp_path / "state.db"
    async with kept(tmp_path) as served:
        assert (await served.api("POST", "/people", {"name": "Ada"}))[0] == 200
        path.rename(tmp_path / "aside.db")
        assert (await served.api("POST", "/people", {"name": "Bea"}))[0] == 503
        status, refused = await served.control(
            "POST", "/accounts/default/fire", {"type": "person", "event": "new", "ids": [1]}
        )
        assert (status, "state.db was removed or moved away" in refused["hint"]) == (503, True)
        (tmp_path / "aside.db").rename(path)
        assert (await served.api("POST", "/people", {"name": "Cai"}))[0] == 200
        complaints = [entry.text for account, entry in served.log if account is None]
        assert [text.split("state.db ")[1].partition(" while ")[0] for text in complaints] == [
            "was removed or moved away",
            "can be written again",
        ]
        people = account_of(served).records.of(EntityType.PERSON)
        assert [person["name"] for person in people.values()] == ["Ada", "Cai"], "what was refused was not carried out"


@pytest.mark.skipif(os.name == "nt", reason="there, an open file cannot be removed")
def test_at_the_end_a_file_that_is_gone_is_told_even_if_nothing_remains_to_be_written(tmp_path: Path) -> None:
    complaints: list[str] = []
    path = tmp_path / "state.db"
    writer = StateWriter(StateFile(str(path)), complaints.append)
    path.unlink()

    writer.close()

    assert [text.partition(" while ")[0] for text in complaints] == [f"{path} was removed or moved away"]


@pytest.mark.asyncio
async def test_a_record_made_again_keeps_its_place_if_it_changes_before_its_row_is_written(tmp_path: Path) -> None:
    """Its place is behind all others, as its earlier row is gone."""
    async with kept(tmp_path) as served:
        tenant, write = default_of(served).tenant, writer_of(served).write

        def act(command: commands.Command[Any]) -> None:
            with tenant.lock:
                tenant.account.act(command, tenant.now())

        act(commands.seed(EntityType.PERSON, [{"id": 17, "name": "Ada"}, {"id": 18, "name": "Bob"}]))
        write()
        async with full_disk(served):
            await fill_up(served)
            act(commands.delete(EntityType.PERSON, [17]))
            act(commands.seed(EntityType.PERSON, [{"id": 17, "name": "Ada"}]))
            with pytest.raises(StateError):
                write()
            act(commands.update(EntityType.PERSON, [17], {"title": "Dr"}))
            with pytest.raises(StateError):
                write()
        write()
        before = dict(account_of(served).records.of(EntityType.PERSON))
        assert (next(iter(before)), list(before)[-1], before[17]["title"]) == (18, 17, "Dr")
    async with kept(tmp_path) as served:
        assert list(account_of(served).records.of(EntityType.PERSON).items()) == list(before.items())


@asynccontextmanager
async def notified_later(folder: Path) -> AsyncIterator[tuple[Served, Endpoint]]:
    """A server whose endpoint is notified of a new person a second later."""
    endpoint = Endpoint()
    async with listening(endpoint), kept(folder, to=endpoint, clock="wall", latency="1s") as served:
        await served.subscribe("person", "new")
        yield served, endpoint


async def taken_and_unwritten(served: Served) -> ServedAccount:
    """The account once its runner has taken what is due, and could not write it."""
    assert (await fill_up(served))[0] == 503
    default = default_of(served)
    while not any(each.state == "sending" for each in default.tenant.account.journal.notifications):
        await default.news.wait()
    return default


@pytest.mark.asyncio
async def test_what_cannot_be_written_is_not_sent_until_it_can(tmp_path: Path) -> None:
    async with notified_later(tmp_path) as (served, endpoint):
        async with full_disk(served):
            await taken_and_unwritten(served)
            with pytest.raises(StateError):
                writer_of(served).write()
            # In this many round trips it would have arrived.
            for _ in range(30):
                assert (await served.control("GET", "/accounts"))[0] == 503
            assert endpoint.bodies == []
        await endpoint.arrived.get()
        await served.until(kind="ended")


@pytest.mark.asyncio
async def test_while_nothing_can_be_written_one_timer_tries_it_again_whatever_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = 60.0
    monkeypatch.setattr("copper_emulator.shell.persistence.state_writer._RETRY_AFTER", again)
    loop = asyncio.get_running_loop()
    later = Mock(wraps=loop.call_later)
    monkeypatch.setattr(loop, "call_later", later)
    async with notified_later(tmp_path) as (served, endpoint):
        async with full_disk(served):
            default = await taken_and_unwritten(served)
            for _ in range(3):
                # As an arriving answer does; writing is tried at the end of each of these turns.
                default.runner.wake()
                await next_turn()
        [tries] = [call.args[1] for call in later.call_args_list if call.args[0] == again]
        tries()
        await endpoint.arrived.get()


async def next_turn() -> None:
    """Wait until everything due at the end of this turn of the loop has been done."""
    turn = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(turn.set_result, None)
    await turn


@pytest.mark.asyncio
async def test_a_clock_is_stopped_when_what_could_not_be_written_has_gone(tmp_path: Path) -> None:
    async with notified_later(tmp_path) as (served, endpoint):
        async with full_disk(served):
            default = await taken_and_unwritten(served)
        await default.runner.freeze()
        assert not default.clock.running
        assert (
            len(endpoint.bodies) == len(await served.journal(kind="sending")) == len(await served.journal(kind="ended"))
        )


@pytest.mark.asyncio
async def test_what_could_not_be_written_when_deliveries_end_was_not_sent(tmp_path: Path) -> None:
    async with notified_later(tmp_path) as (served, endpoint):
        async with full_disk(served):
            default = await taken_and_unwritten(served)
            await default.stop()
        account = default.tenant.account
        assert {delivery.outcome for delivery in account.journal.deliveries} == {"unknown"}
        assert not account.inside.outbox.attempts
        writer_of(served).write()
        assert endpoint.bodies == []


async def replayed(served: Served) -> asyncio.Task[Any]:
    """A replay that waits for the file, which cannot be written."""
    default = default_of(served)
    topic = Topic(EntityType.PERSON, Event.NEW)
    sending = asyncio.create_task(
        default.runner.send(lambda account, now: account.replay(topic, (1,), b"{}", TARGET, (), now))
    )
    await next_turn()
    await next_turn()
    assert default.tenant.account.inside.outbox.attempts
    return sending


@pytest.mark.asyncio
async def test_a_replay_that_cannot_be_written_is_not_sent_until_it_can(tmp_path: Path) -> None:
    async with notified_later(tmp_path) as (served, endpoint):
        async with full_disk(served):
            await fill_up(served)
            sending = await replayed(served)
            # In this many round trips it would have arrived.
            for _ in range(30):
                assert (await served.control("GET", "/accounts"))[0] == 503
            assert {} not in endpoint.bodies
        assert (await sending).state == "delivered"
        assert {} in endpoint.bodies


@pytest.mark.asyncio
async def test_a_replay_that_is_given_up_before_it_could_be_written_was_not_sent(tmp_path: Path) -> None:
    async with notified_later(tmp_path) as (served, endpoint):
        async with full_disk(served):
            await fill_up(served)
            sending = await replayed(served)
            sending.cancel()
            await asyncio.wait([sending])
            account = account_of(served)
            assert account.journal.deliveries[-1].outcome == "unknown"
            assert not account.inside.outbox.attempts
        assert {} not in endpoint.bodies


@pytest.mark.asyncio
async def test_before_a_clock_is_stopped_what_could_not_be_written_is_written_and_then_goes(tmp_path: Path) -> None:
    async with notified_later(tmp_path) as (served, endpoint):
        async with full_disk(served):
            default = await taken_and_unwritten(served)
            stopping = asyncio.create_task(default.runner.freeze())
            # In this many round trips it would have arrived.
            for _ in range(30):
                assert (await served.control("GET", "/accounts"))[0] == 503
            assert endpoint.bodies == []
        await stopping
        assert endpoint.bodies


@pytest.mark.asyncio
async def test_a_change_and_what_goes_by_it_are_one_commit_and_what_came_back_another(tmp_path: Path) -> None:
    async with kept(tmp_path, clock="wall") as served:
        await served.subscribe("person", "new", target="https://inbox.example/default")
        await served.fire("person", "new", 1)
        await served.until(kind="ended")
        turns = writer_of(served)._file._connection.execute("SELECT lines FROM journal ORDER BY id").fetchall()
    assert [[line[0] for line in json.loads(lines)] for (lines,) in turns[1:]] == [
        ["change", "queued", "sending"],
        ["ended"],
    ]


@pytest.mark.asyncio
async def test_what_tells_of_no_account_is_answered_as_ever_and_ready_says_what_is_wrong(tmp_path: Path) -> None:
    async with kept(tmp_path) as served:
        async with full_disk(served):
            assert (await fill_up(served))[0] == 503

            for path in (
                "/",
                "/_emulator/page/index.html",
                "/_emulator/docs",
                "/_emulator/openapi.json",
                "/_emulator/developer_api.json",
                "/_emulator/v1/health",
            ):
                async with served.session.get(served.server.url + path) as response:
                    assert (path, response.status) == (path, 200)
            status, refused = await served.control("GET", "/ready")
            assert (status, refused["error"]) == (503, "what happens cannot be written to the state file")
            assert refused["hint"].endswith("the disk is full. Once there is room, it resumes by itself.")
            assert (await served.control("GET", "/accounts/default/clock"))[0] == 503
        assert (await served.control("GET", "/ready"))[0] == 200


@pytest.mark.asyncio
async def test_advice_names_the_server_s_own_ways_after_a_restart_and_a_restore(tmp_path: Path) -> None:
    async with kept(tmp_path) as served:
        await served.subscribe("person", "new")
    async with kept(tmp_path) as served:
        for restored in (False, True):
            if restored:
                _, document = await served.control("GET", "/accounts/default/snapshot")
                await served.control("POST", "/accounts/default/restore", {"snapshot": document})
            await served.fire("person", "new", 17)
            ended = (await served.journal(kind="ended"))[-1]
            assert "copper-emulator routes https://my-app.example=" in ended["line"]
            assert account_of(served).surface is Surface.SERVER


@pytest.mark.asyncio
async def test_who_has_nothing_written_waits_for_nothing(tmp_path: Path) -> None:
    async with kept(tmp_path) as served:
        await served.subscribe("person", "new")
        writer = writer_of(served)
        await writer.wait_until_written()
        assert is_there_at_once(writer)

        default_of(served).tenant.refused("something")
        assert not is_there_at_once(writer)
        # It also waits for what another call has seen and not yet written.
        assert not is_there_at_once(writer)
        await writer.wait_until_written()
        assert is_there_at_once(writer)


@pytest.mark.asyncio
async def test_who_asks_alone_has_it_written_at_once_and_two_share_a_commit(tmp_path: Path) -> None:
    async with kept(tmp_path) as served:
        await served.subscribe("person", "new")
        writer, tenant = writer_of(served), default_of(served).tenant
        with writer.counting_caller():
            tenant.refused("something")
            assert is_there_at_once(writer)
            with writer.counting_caller():
                tenant.refused("something else")
                assert not is_there_at_once(writer)


@pytest.mark.asyncio
async def test_who_waits_for_what_a_mistake_of_ours_has_stopped_hears_of_it(tmp_path: Path) -> None:
    class Mistaken:
        def take_due(self) -> None:
            raise KeyError("a mistake")

        def send_taken(self) -> None:
            """Does nothing: nothing was taken."""

    told: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
    async with kept(tmp_path) as served:
        writer = writer_of(served)
        default_of(served).tenant.refused("something")
        writer.schedule_sending(Mistaken())
        with pytest.raises(KeyError, match="a mistake") as raised:
            await writer.wait_until_written()
        assert told == [raised.value]
        # The next turn works as usual.
        await writer.wait_until_written()


def is_there_at_once(writer: StateWriter) -> bool:
    waiting = writer.wait_until_written()
    try:
        waiting.send(None)
    except StopIteration:
        return True
    waiting.close()
    return False


@pytest.mark.asyncio
async def test_everything_of_one_turn_is_one_commit(tmp_path: Path) -> None:
    async with kept(tmp_path) as served:
        await served.subscribe("person", "new")
        writer = writer_of(served)
        tenant = default_of(served).tenant
        before = writer._file._connection.total_changes
        for _ in range(10):
            tenant.refused("one of ten")
        assert writer._file._connection.total_changes == before
        await asyncio.gather(*(writer.wait_until_written() for _ in range(10)))
        # Ten entries are one turn of the journal, and they have changed nothing small.
        assert writer._file._connection.total_changes == before + 1
