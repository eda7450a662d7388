"""The control API for the sending limits: how full each is, and what was recently sent, held or lost."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from copper_emulator.core.account import Account
from copper_emulator.core.model import Notification, State, WaitsFor
from copper_emulator.core.ratelimit import Window
from copper_emulator.core.wire import iso
from copper_emulator.shell.control.bases import Shape, Taken
from copper_emulator.shell.control.operation import Operation
from copper_emulator.shell.served.account import ServedAccount


class ReadLimits(Taken):
    """How many notifications to draw."""

    marks: int = Field(200, ge=0, le=2500, description="how many of the latest notifications, for a drawing")


class LimitShape(Shape):
    """One limit, and how much counts against it now."""

    limit: str = Field(description="as written: 600/1m")
    most: int
    length_ms: int
    counted: int
    room: int
    opens_at: str | None = Field(description="when the next may go; null while there is room")
    window_from: str | None = Field(description="since when what counts now has counted; null when nothing does")
    window_until: str | None = Field(description="when the first of it stops counting; null when nothing counts")
    held: int = Field(description="how many notifications wait for this limit")


class MarkShape(Shape):
    """One notification as a mark in a drawing over time."""

    serial: int
    state: State
    due_at: str
    started_at: str | None = Field(description="null if nothing was sent, or not yet")
    ended_at: str | None
    held_by: str | None
    held_until: str | None


class LimitsShape(Shape):
    """The sending limits of an account, and its latest notifications."""

    now: str
    window: str = Field(description="fixed or rolling")
    over_limit: str = Field(description="hold or drop")
    limits: list[LimitShape]
    marks: list[MarkShape] = Field(description="the latest, oldest first")


async def read_limits(served: ServedAccount, params: ReadLimits) -> LimitsShape:
    """Show how much room there is under each limit, what waits for it, and what was sent when."""
    with served.tenant.lock:
        account, now = served.tenant.account, served.tenant.now()
        held = _held(account)
        notifications = account.journal.notifications
        return LimitsShape(
            now=iso(now),
            window=account.rules.window,
            over_limit=account.rules.over_limit,
            limits=[_limit(window, now, held) for window in account.windows],
            marks=[_mark(account, each) for each in notifications[max(len(notifications) - params.marks, 0) :]],
        )


LIMIT_OPERATIONS: tuple[Operation[Any], ...] = (
    Operation("GET", "/limits", "The sending limits and how full they are", ReadLimits, LimitsShape, read_limits),
)


def _held(account: Account) -> dict[str, int]:
    held: dict[str, int] = {}
    for notification in account.waiting():
        wait = account.wait_of(notification)
        if wait.what is WaitsFor.LIMIT:
            held[wait.limit] = held.get(wait.limit, 0) + 1
    return held


def _limit(window: Window, now: int, held: dict[str, int]) -> LimitShape:
    limit, room, renews = window.limit, window.room(now), window.renews_at(now)
    return LimitShape(
        limit=str(limit),
        most=limit.count,
        length_ms=limit.length_ms,
        counted=limit.count - room,
        room=room,
        opens_at=None if room else iso(window.opens_at(now)),
        window_from=None if renews is None else iso(renews - limit.length_ms),
        window_until=None if renews is None else iso(renews),
        held=held.get(str(limit), 0),
    )


def _mark(account: Account, notification: Notification) -> MarkShape:
    delivery = account.journal.delivery_of(notification)
    went = delivery is not None and bool(delivery.request_body)
    until = notification.held_until_ms
    return MarkShape(
        serial=notification.serial,
        state=notification.state,
        due_at=iso(notification.due_ms),
        started_at=iso(delivery.started_ms) if delivery is not None and went else None,
        ended_at=None if delivery is None else iso(delivery.ended_ms),
        held_by=notification.held_by,
        held_until=None if until is None else iso(until),
    )
