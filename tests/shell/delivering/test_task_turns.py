"""Whose turn it is: as long as a server is notified, any call may be its endpoint's; and who waits for whom."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from contextvars import Context

import pytest

from copper_emulator import AsyncCopper, AsyncEmulator, Received
from copper_emulator.core.model import Attempt, Notification, Result
from copper_emulator.settings import Settings
from copper_emulator.shell.clock import VirtualClock
from copper_emulator.shell.delivering.task_turns import TaskTurns
from copper_emulator.shell.tenant import Tenant
from tests.core.builders import FIRST_KEY, fire, subscribe


async def send(_attempts: list[Attempt]) -> list[Result]:
    raise AssertionError("nothing is sent here")


def attempt(notification: Notification, url: str) -> Attempt:
    return Attempt(notification, None, url, (), b"{}", 0)


def test_a_round_to_a_function_within_one_to_a_server_does_not_end_what_is_out_of_sight() -> None:
    tenant = Tenant("test", Settings(), VirtualClock(), key=FIRST_KEY)
    tenant.routes.add("https://served.example", "http://127.0.0.1:9")
    tenant.routes.add("https://here.example", lambda _request: 200)
    subscribe(tenant.account, "person/update")
    fire(tenant.account, "person/update")
    (notification,) = tenant.account.journal.notifications
    turns = TaskTurns(tenant, send)

    outer, inner = (
        turns._mark_round([attempt(notification, f"https://{name}.example/")]) for name in ("served", "here")
    )
    with outer:
        with inner:
            pass
        # A server's handler does not run in this context.
        assert Context().run(lambda: turns.is_inside)
    assert not turns.is_inside


def writing_to(
    other: AsyncCopper, delivering: list[AsyncCopper], all_deliver: asyncio.Event, accounts: int
) -> Callable[[Received], Awaitable[int]]:
    async def hook(request: Received) -> int:
        if request.json["type"] == "person":
            delivering.append(other)
            if len(delivering) == accounts:
                all_deliver.set()
            await all_deliver.wait()
            await other.companies.create(name="Analytical Engines")
        return 200

    return hook


@pytest.mark.asyncio
@pytest.mark.parametrize("count", [2, 3])
async def test_endpoints_of_accounts_that_write_to_each_other_wait_for_none_that_waits_for_them(count: int) -> None:
    async with AsyncExitStack() as open_accounts:
        accounts = [await open_accounts.enter_async_context(AsyncEmulator(place=1 + each)) for each in range(count)]
        delivering: list[AsyncCopper] = []
        all_deliver = asyncio.Event()
        for place, account in enumerate(accounts):
            other = accounts[(place + 1) % count]
            account.route("https://app.example", to=writing_to(other, delivering, all_deliver, count))
            account.subscribe("person", "new", target="https://app.example/hook")
            account.subscribe("company", "new", target="https://app.example/hook")

        await asyncio.gather(*(account.people.create(name="Ada") for account in accounts))

        for account in accounts:
            await account.expect("person", "new")
            await account.expect("company", "new")


@pytest.mark.asyncio
async def test_an_endpoint_that_writes_to_another_account_waits_for_its_turn_if_that_does_not_wait() -> None:
    """What it writes has been delivered when the call returns, as in a test."""
    seen: list[int] = []
    async with AsyncEmulator() as one, AsyncEmulator(place=2) as other:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def slow(request: Received) -> int:
            begun.set()
            await go_on.wait()
            return 200

        async def writing(request: Received) -> int:
            go_on.set()
            await other.companies.create(name="Analytical Engines")
            seen.append(len(other.deliveries))
            return 200

        other.route("https://app.example", to=slow)
        other.subscribe("person", "new", target="https://app.example/hook")
        other.subscribe("company", "new", target="https://app.example/hook")
        one.route("https://app.example", to=writing)
        one.subscribe("person", "new", target="https://app.example/hook")

        under_way = asyncio.create_task(other.people.create(name="Grace"))
        await begun.wait()
        await one.people.create(name="Ada")
        await under_way
        await other.expect("person", "new")
        await other.expect("company", "new")
        await one.expect("person", "new")

    assert seen == [2]
