"""When to answer a control call that made notifications due, so that the answer can say what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from copper_emulator.core.account import Account
from copper_emulator.core.model import Change, Notification, WaitsFor
from copper_emulator.shell.served.account import ServedAccount

_MOMENT = 0.5
"""Seconds of real time that an answer waits for endpoints; most need milliseconds."""

_GOING = (WaitsFor.GOING, WaitsFor.ANSWER, WaitsFor.TARGET)
"""The waits of a notification that is on its way, or that is sent as soon as those before it have been answered."""


async def settled(served: ServedAccount, account: Account, changes: Sequence[Change]) -> None:
    """While time stands still, wait until everything due has been delivered.

    While it runs, wait until the notifications that these changes made due have ended, but not for slow endpoints.
    Do not wait at all while notifications of earlier changes are on their way: the caller may be the endpoint of one of
    them, and others may be waiting for its answer.
    """
    busy = bool(changes) and served.runner.is_sending(before=changes[0])
    await served.runner.wait_until_settled()
    if busy or not (served.clock.running and served.is_delivering):
        return
    left = [notification for change in changes for notification in account.journal.notifications_of(change)]
    with suppress(TimeoutError):
        async with asyncio.timeout(_MOMENT):
            while (going := _last_going(served, account, left)) is not None:
                await served.news.wait_about(going)


def _last_going(served: ServedAccount, account: Account, left: list[Notification]) -> Notification | None:
    """The last notification on its way, or None; those after it, from which nothing is expected now, are removed."""
    with served.tenant.lock:
        while left and not _is_going(account, left[-1]):
            left.pop()
    return left[-1] if left else None


def _is_going(account: Account, notification: Notification) -> bool:
    if account.journal.delivery_of(notification) is not None:
        return False
    wait = account.wait_of(notification)
    # An answer scripted for a later moment is not waited for.
    return wait.what in _GOING and wait.until_ms is None
