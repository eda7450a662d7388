"""The log of `serve`: when its lines are made, in which order, and that none is lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, redirect_stdout
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from copper_emulator.cli.log import Log
from copper_emulator.core.model import EntityType, Entry, Event, Kind, RecordChange, Topic
from copper_emulator.core.subscriptions import Draft
from copper_emulator.settings import Settings
from copper_emulator.shell.served.account import ServedAccount
from copper_emulator.shell.served.plan import ClockName, Plan
from copper_emulator.shell.serving.server import Server

UPDATED = Topic(EntityType.PERSON, Event.UPDATE)
TARGET = "https://my-app.example/hooks/copper"


@asynccontextmanager
async def logged(log: Log, *, clock: ClockName = "wall", limits: str = "off") -> AsyncIterator[ServedAccount]:
    """An account whose server prints to this log."""
    plan = Plan(Settings(batch=1, limits=limits), clock=clock, listener=log.entry)
    async with Server(plan, port=0) as server:
        account = server.accounts.named("default")
        assert account is not None
        account.tenant.record(lambda inside, now: inside.subscribe(Draft(UPDATED, TARGET), now))
        yield account


def fire(account: ServedAccount, ids: range) -> None:
    account.tenant.record(lambda inside, now: inside.fire(RecordChange(UPDATED, tuple(ids)), now))


def printed(capfd: pytest.CaptureFixture[str]) -> list[str]:
    return capfd.readouterr().out.splitlines()


@pytest.mark.asyncio
async def test_lines_are_made_after_what_they_tell_of_and_all_of_them_at_the_end(
    capfd: pytest.CaptureFixture[str],
) -> None:
    log = Log(as_json=False)
    async with logged(log) as account:
        fire(account, range(1, 301))
        told = [entry.kind for entry in account.tenant.account.journal.entries if entry.kind is not Kind.SENDING]
        # In the turn in which they happen, they are only recorded.
        before = printed(capfd)
        log.close()
        lines = printed(capfd)

    assert before == []
    assert len(lines) == len(told) > 300
    assert "subscribed" in lines[0]
    assert "change      person/update" in lines[1]
    assert [line.split("  queued    #")[1].split()[0] for line in lines[2:302]] == [str(n) for n in range(1, 301)]


@pytest.mark.asyncio
async def test_lines_are_printed_while_the_server_runs_and_in_the_order_of_the_journal(
    capfd: pytest.CaptureFixture[str],
) -> None:
    log = Log(as_json=True)
    async with logged(log) as account:
        fire(account, range(1, 301))
        while account.tenant.account.waiting():
            await account.news.wait()
        numbers = len(account.tenant.account.journal.entries)
        log.ended()
        log.close()
        lines = [json.loads(line) for line in printed(capfd)]

    assert [line.get("number") for line in lines] == [*range(1, numbers + 1), None]
    assert lines[-1] == {"kind": "ended"}


@pytest.mark.asyncio
async def test_a_line_in_json_tells_of_a_notification_as_it_was_then(capfd: pytest.CaptureFixture[str]) -> None:
    log = Log(as_json=True)
    async with logged(log) as account:
        fire(account, range(1, 2))
        while account.tenant.account.waiting():
            await account.news.wait()
        log.close()
        lines = [json.loads(line) for line in printed(capfd)]

    told = [(line["kind"], line["notification"]["state"]) for line in lines if line["notification"]]
    assert told == [("queued", "queued"), ("sending", "sending"), ("ended", "blocked")]


@pytest.mark.asyncio
async def test_a_line_in_json_tells_until_when_a_notification_was_held_then(capfd: pytest.CaptureFixture[str]) -> None:
    """The hold moves on with each window that renews."""
    log = Log(as_json=True)
    async with logged(log, clock="manual", limits="1/1m") as account:
        # More than are printed before the first window renews.
        fire(account, range(1, 301))
        await account.runner.advance(5 * 60_000)
        log.close()
        lines = [json.loads(line) for line in printed(capfd)]

    held = [line for line in lines if line["kind"] == "held"]
    told = [(line["at"], line["notification"]["held_until"]) for line in held if line["notification"]]
    lasting = [datetime.fromisoformat(until) - datetime.fromisoformat(at) for at, until in told]
    assert lasting == [timedelta(minutes=1)] * 299


@pytest.mark.asyncio
async def test_what_a_reset_forgets_is_not_shown_in_a_line_that_is_made_after_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    log = Log(as_json=False)
    async with logged(log) as account:
        secret = Draft(UPDATED, TARGET, secret={"key": "s3cret-value"})
        account.tenant.record(lambda inside, now: inside.subscribe(secret, now))
        account.tenant.record(lambda inside, now: inside.journal.note(now, Kind.FAULT, "it said s3cret-value"))
        await account.reset()
        log.close()
        lines = printed(capfd)

    assert [line for line in lines if "it said" in line]
    assert "s3cret-value" not in "".join(lines)


class Written:
    """The output, in a file: `capfd` loses what another thread prints while it is being read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def taken(self) -> Iterator[None]:
        with self._path.open("w") as file, redirect_stdout(file):
            yield

    def lines(self) -> list[str]:
        """The complete lines so far."""
        whole, _, _ = self._path.read_text().rpartition("\n")
        return whole.splitlines()

    async def lines_with(self, text: str) -> list[str]:
        """Wait until one of the lines contains this text; return all lines."""
        async with asyncio.timeout(10):
            while text not in "".join(lines := self.lines()):
                await _a_turn()
        return lines


@pytest.mark.asyncio
async def test_nothing_is_printed_before_the_ready_line(tmp_path: Path) -> None:
    """Programs read from it where the server is, but it may have something to report by then."""
    log, plan, written = Log(as_json=True), Plan(Settings()), Written(tmp_path / "log")
    log.entry(None, Entry(0, 0, Kind.SETTINGS, "told before"))
    with written.taken():
        async with Server(plan, port=0) as server:
            for _ in range(3):
                await _a_turn()
            log.ready(server, plan)
            # Not only at the end: nothing else is reported after it.
            lines = [json.loads(line) for line in await written.lines_with("told before")]
        log.close()

    assert [line["kind"] for line in lines] == ["ready", "settings"]
    assert lines[0]["url"] == server.url


@pytest.mark.asyncio
async def test_what_cannot_be_told_does_not_end_the_log(tmp_path: Path) -> None:
    log, plan, written = Log(as_json=False), Plan(Settings()), Written(tmp_path / "log")
    failed: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(context))
    with written.taken():
        async with Server(plan, port=0) as server:
            log.ready(server, plan)
            # A time that no calendar has.
            log.entry(None, Entry(0, 10**18, Kind.SETTINGS, "out of time"))
            log.entry(None, Entry(0, 0, Kind.SETTINGS, "told"))
            # Before the end, which prints everything left, and although no other entry follows.
            lines = await written.lines_with("settings    told")
        log.close()

    assert lines == written.lines()
    assert "out of time" not in "".join(lines)
    assert len(failed) == 1


async def _a_turn() -> None:
    loop = asyncio.get_running_loop()
    passed = loop.create_future()
    loop.call_soon(passed.set_result, None)
    await passed
