"""An account that is deleted while other calls use it: they are refused, and nothing of it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from copper_emulator.core.errors import AccountGone, TimeError, UsageError
from copper_emulator.core.model import EntityType, Event, RecordChange, State, Topic
from copper_emulator.shell.delivering.driver import settle
from copper_emulator.shell.persistence.snapshots import read_snapshot, snapshot
from copper_emulator.shell.served.account import ServedAccount
from tests.shell.served import Endpoint, Served, listening, serving

pytestmark = pytest.mark.asyncio

UPDATED = Topic(EntityType.PERSON, Event.UPDATE)


async def second(served: Served) -> ServedAccount:
    status, made = await served.control("POST", "/accounts", {"name": "two", "token": "mine"})
    assert status == 201, made
    account = served.accounts.named("two")
    assert account is not None
    return account


def begun(account: ServedAccount) -> list[asyncio.Task[Any]]:
    """The account's background tasks."""
    return [task for task in asyncio.all_tasks() if task.get_name() == f"copper-emulator {account.name}"]


async def end(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


@pytest.mark.parametrize("what", ["reset", "restore", "begin_anew", "delete"])
async def test_what_waits_while_an_account_is_deleted_is_refused_and_begins_nothing(what: str) -> None:
    async with serving() as served:
        account = await second(served)
        made = snapshot(account.tenant)
        found = read_snapshot(made.version, dict(made.state), made.digest)
        late: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
            "reset": account.reset,
            "restore": lambda: account.restore(found),
            "begin_anew": lambda: account.begin_anew(account.tenant.settings),
            "delete": lambda: served.accounts.delete(account),
        }

        both: list[object] = await asyncio.gather(served.accounts.delete(account), late[what](), return_exceptions=True)
        deleted, refused = both

        left = begun(account)
        await end(*left)
        assert deleted is None
        assert isinstance(refused, AccountGone)
        assert str(refused) == "there is no account 'two'"
        assert left == []
        assert served.accounts.named("two") is None


async def deleted_before_its_body(served: Served, path: str, body: bytes) -> str:
    """The answer to a call for the account `two`, which is deleted while the body of the call is still to come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.server.url.rpartition(":")[2]))
    writer.write(
        b"POST /_emulator/v1/accounts/two%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"
        b"Expect: 100-continue\r\nConnection: close\r\n\r\n" % (path.encode(), len(body))
    )
    assert b"100" in await reader.readuntil(b"\r\n\r\n")
    assert (await served.control("DELETE", "/accounts/two"))[0] == 200
    writer.write(body)
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_a_request_whose_account_is_deleted_while_its_body_is_on_its_way_is_answered_404() -> None:
    async with serving() as served:
        account = await second(served)
        answered = await deleted_before_its_body(served, "/reset", b"{}")

        left = begun(account)
        await end(*left)
        assert answered.startswith("HTTP/1.1 404 ")
        assert "there is no account 'two'" in answered
        assert left == []


@pytest.mark.parametrize("what", ["advance", "run_until_idle", "play", "wait_until_settled"])
async def test_what_waits_for_an_account_that_is_being_deleted_sends_nothing_more(what: str) -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        account = await second(served)
        await served.subscribe("person", "update", token="mine")
        # Nothing has told the background task of it yet: it is due, and still to be sent.
        with account.tenant.lock:
            account.tenant.account.fire(RecordChange(UPDATED, (17,)), account.tenant.now())
        runner = account.runner
        late: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
            "advance": lambda: runner.advance(60_000),
            "run_until_idle": lambda: runner.run_until_idle(60_000),
            "play": lambda: runner.play(lambda: settle(account.tenant)),
            "wait_until_settled": runner.wait_until_settled,
        }

        both = await asyncio.gather(served.accounts.delete(account), late[what](), return_exceptions=True)

        assert both[0] is None
        if what == "wait_until_settled":
            assert both[1] is None
        else:
            assert isinstance(both[1], TimeError)
            assert "nothing is delivered now: the account was deleted" in str(both[1])
        assert endpoint.bodies == []
        assert [each.state for each in account.tenant.account.journal.notifications] == [State.QUEUED]


async def test_time_that_is_to_pass_for_an_account_deleted_meanwhile_sends_nothing_more() -> None:
    """The request has found its account, which is gone when its body has come."""
    async with listening(Endpoint()) as endpoint, serving(to=endpoint, latency="10m") as served:
        await second(served)
        await served.subscribe("person", "update", token="mine")
        await served.fire("person", "update", 17, account="two")
        answered = await deleted_before_its_body(served, "/clock/advance", b'{"by": "1h"}')

        assert answered.startswith("HTTP/1.1 404 ")
        assert "there is no account 'two'" in answered
        assert endpoint.bodies == []


async def test_nothing_is_begun_for_an_account_that_is_gone() -> None:
    async with serving() as served:
        account = await second(served)
        await served.accounts.delete(account)

        async def work() -> None:
            raise AssertionError("it was begun")

        with pytest.raises(UsageError, match="there is no account 'two'"):
            account.spawn(work())
        account.begin()
        left = begun(account)
        await end(*left)
        assert left == []


async def test_the_end_of_a_server_ends_all_that_was_begun() -> None:
    """Even tasks started twice, as by a reset before the server itself has started."""
    async with serving() as served:
        account = await second(served)
        account.begin()
        account.begin()
        account.spawn(asyncio.Event().wait())  # type: ignore[arg-type]
        both = begun(account)

        await served.accounts.stop()

        left = begun(account)
        await end(*left)
        assert (len(both), left) == (1, [])
