"""When is a notification sent while an account's clock runs: in which turn of the loop, and after what?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from copper_emulator.core.model import EntityType, Event, Kind, RecordChange, State, Topic
from copper_emulator.core.subscriptions import Draft
from copper_emulator.shell.routing import inbox
from copper_emulator.shell.served.account import ServedAccount
from tests.shell.served import Endpoint, Served, listening, serving

pytestmark = pytest.mark.asyncio

UPDATED = Topic(EntityType.PERSON, Event.UPDATE)


async def subscribed(served: Served) -> ServedAccount:
    """An account with one subscription, and an open connection to the endpoint."""
    await served.subscribe("person", "update")
    await served.fire("person", "update", 1)
    account = served.accounts.named("default")
    assert account is not None
    return account


def fire(account: ServedAccount, *ids: int) -> None:
    """Fire in this turn of the loop: nothing else runs before this returns."""
    account.tenant.record(lambda inside, now: inside.fire(RecordChange(UPDATED, ids), now))


def kinds(account: ServedAccount) -> Iterator[Kind]:
    """The kinds of the journal's entries, newest first."""
    return (entry.kind for entry in reversed(account.tenant.account.journal.entries))


def states(account: ServedAccount) -> list[State]:
    return [notification.state for notification in account.tenant.account.journal.notifications]


async def ended(account: ServedAccount) -> list[State]:
    """The states of all notifications, once they have ended."""
    while account.tenant.account.waiting():
        await account.news.wait()
    return states(account)


async def a_turn() -> None:
    """Let tasks that were started reach their first wait, and tasks that were woken go on."""
    loop = asyncio.get_running_loop()
    for _ in range(2):
        passed = loop.create_future()
        loop.call_soon(passed.set_result, None)
        await passed


async def test_a_notification_leaves_in_the_call_that_made_it_due() -> None:
    async with listening(Endpoint()) as endpoint, serving(clock="wall", to=endpoint) as served:
        account = await subscribed(served)

        fire(account, 2)

        assert next(kinds(account)) is Kind.SENDING
        assert await ended(account) == [State.DELIVERED] * 2
        assert [body["ids"] for body in endpoint.bodies] == [[1], [2]]


async def test_while_the_clock_stands_still_it_waits_for_a_round() -> None:
    async with listening(Endpoint()) as endpoint, serving(clock="manual", to=endpoint) as served:
        account = await subscribed(served)

        fire(account, 2)

        assert next(kinds(account)) is Kind.QUEUED
        assert await ended(account) == [State.DELIVERED] * 2


async def test_with_a_state_file_it_leaves_after_it_is_written_down(tmp_path: Path) -> None:
    file = str(tmp_path / "state")
    async with listening(Endpoint()) as endpoint, serving(clock="wall", to=endpoint, state=file) as served:
        account = await subscribed(served)

        fire(account, 2)

        assert next(kinds(account)) is Kind.QUEUED
        assert (await endpoint.arrived.get())["ids"] == [1]
        assert (await endpoint.arrived.get())["ids"] == [2]


async def test_what_comes_back_lets_the_next_go_and_no_more_are_on_their_way_than_may_be() -> None:
    endpoint = Endpoint()
    async with listening(endpoint), serving(clock="wall", to=endpoint, in_flight=2, batch=1) as served:
        account = await subscribed(served)
        endpoint.hangs = True

        fire(account, *range(2, 7))

        assert states(account)[1:] == [State.SENDING] * 2 + [State.QUEUED] * 3
        for _ in range(3):
            await endpoint.arrived.get()
        endpoint.let_go.set()
        assert await ended(account) == [State.DELIVERED] * 6
        assert endpoint.most_at_once == 2


async def test_each_is_sent_when_it_is_due_without_a_call() -> None:
    async with (
        listening(Endpoint()) as endpoint,
        serving(clock="wall", to=endpoint, latency="20ms", in_flight=1) as served,
    ):
        account = await subscribed(served)

        fire(account, 2)
        fire(account, 3)

        assert next(kinds(account)) is Kind.QUEUED
        assert [(await endpoint.arrived.get())["ids"] for _ in range(3)] == [[1], [2], [3]]
        started = [delivery.started_ms for delivery in account.tenant.account.journal.deliveries]
        due = [notification.due_ms for notification in account.tenant.account.journal.notifications]
        assert all(at >= moment for at, moment in zip(started, due, strict=False))


async def test_a_moment_that_the_clock_was_moved_past_is_not_waited_for_twice() -> None:
    async with listening(Endpoint()) as endpoint, serving(clock="wall", to=endpoint, latency="1h") as served:
        await subscribed(served)

        status, _ = await served.control("POST", "/accounts/default/clock/advance", {"by": "59m59s500ms"})

        assert status == 200
        assert (await endpoint.arrived.get())["ids"] == [1]


async def test_many_that_are_blocked_do_not_go_before_the_loop_has_a_turn() -> None:
    async with serving(clock="wall", in_flight=2, batch=1) as served:
        account = await subscribed(served)

        fire(account, *range(2, 102))

        assert states(account)[1:4] == [State.SENDING, State.SENDING, State.QUEUED]
        assert set(await ended(account)) == {State.BLOCKED}


async def test_the_answer_tells_what_became_of_it_though_it_left_before() -> None:
    async with listening(Endpoint()) as endpoint, serving(clock="wall", to=endpoint) as served:
        await subscribed(served)

        change = await served.fire("person", "update", 2)

        assert [notification["state"] for notification in change["notifications"]] == ["delivered"]


async def test_nothing_leaves_of_an_account_that_has_been_stopped() -> None:
    async with listening(Endpoint()) as endpoint, serving(clock="wall", to=endpoint) as served:
        account = await subscribed(served)
        await account.stop()

        fire(account, 2)

        assert states(account) == [State.DELIVERED, State.QUEUED]
        account.begin()
        await endpoint.arrived.get()
        assert (await endpoint.arrived.get())["ids"] == [2]


async def test_who_drives_an_account_in_the_turn_that_opened_it_ends_nothing_twice() -> None:
    async with serving(clock="manual") as served:
        account = served.accounts.named("default")
        assert account is not None
        account.tenant.record(lambda inside, now: inside.subscribe(Draft(UPDATED, "https://nowhere.example"), now))
        fire(account, 1)
        await account.runner.advance(0)

        assert [entry.kind for entry in account.tenant.account.journal.entries].count(Kind.ENDED) == 1
        assert states(account) == [State.BLOCKED]


async def test_the_first_request_that_a_server_gets_may_send_something() -> None:
    """It creates the account, and, arriving in one piece, makes it send before anything else runs."""
    async with serving(clock="wall") as served:
        captured = {"event": "new", "type": "person", "ids": [1]}
        body = json.dumps({"body": captured, "target": f"https://{inbox.HOST}/default"}).encode()
        place = urlsplit(served.server.url)
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        head = "POST /_emulator/v1/accounts/default/replay HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.read()
        writer.close()

    assert answer.startswith(b"HTTP/1.1 200 OK"), answer


async def test_who_waits_for_news_of_one_is_not_woken_by_what_is_told_of_others() -> None:
    async with listening(Endpoint()) as endpoint, serving(clock="manual", to=endpoint, latency="1h") as served:
        account = await subscribed(served)
        fire(account, 2)
        journal = account.tenant.account.journal
        first, second = journal.notifications[-2:]
        for_second = asyncio.create_task(account.news.wait_about(second))
        await a_turn()

        journal.write_stage(first, Kind.HELD, 0)
        await a_turn()
        assert not for_second.done()

        journal.write_stage(second, Kind.HELD, 0)
        await for_second
        # An entry that is about no notification may concern all.
        for_first = asyncio.create_task(account.news.wait_about(first))
        await a_turn()
        journal.note(0, Kind.PAUSED)
        await for_first
