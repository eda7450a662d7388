"""When is a call answered that made something due: so that its answer can say what became of it?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from copper_emulator.core.account import Account
from copper_emulator.core.model import Change, Notification, WaitsFor
from copper_emulator.shell.served_account import ServedAccount

_MOMENT = 0.5
"""Seconds that an answer waits for endpoints in real time; most need milliseconds."""

_GOING = (WaitsFor.GOING, WaitsFor.ANSWER, WaitsFor.TARGET)
"""What it waits for that is on its way, or goes as soon as those before it have their answers."""


async def settled(served: ServedAccount, account: Account, changes: Sequence[Change]) -> None:
    """While time stands still, until all that is due has been delivered.

    While it runs, until what these changes made due has come to its end; a slow endpoint is not waited for. Nor is
    anything while others are on their way: it may be the endpoint of one of them that asks, and others wait for it.
    """
    busy = bool(changes) and served.runner.is_sending(before=changes[0])
    await served.runner.settled()
    if busy or not (served.clock.running and served.delivers):
        return
    left = [notification for change in changes for notification in account.journal.notifications_of(change)]
    with suppress(TimeoutError):
        async with asyncio.timeout(_MOMENT):
            while (going := _last_going(served, account, left)) is not None:
                await served.news_of(going)


def _last_going(served: ServedAccount, account: Account, left: list[Notification]) -> Notification | None:
    """The last of them that is on its way; those of which nothing is to be expected now are taken off."""
    with served.stage.lock:
        while left and not _is_going(account, left[-1]):
            left.pop()
    return left[-1] if left else None


def _is_going(account: Account, notification: Notification) -> bool:
    if account.journal.delivery_of(notification) is not None:
        return False
    wait = account.wait_of(notification)
    # An answer that is scripted for later has its moment.
    return wait.what in _GOING and wait.until_ms is None
