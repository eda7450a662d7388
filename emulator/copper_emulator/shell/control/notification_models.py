"""The models of the control API's operations on notifications: as rows of a list, and one in full."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

from pydantic import Field, model_validator

from copper_emulator.core.account import Account
from copper_emulator.core.model import Delivery, EntityType, Event, Notification, Outcome, Reason, WaitsFor
from copper_emulator.core.wire import iso
from copper_emulator.explain.stories import waiting
from copper_emulator.shell.control.bases import Shape, Taken
from copper_emulator.shell.control.filters import NotificationFilters
from copper_emulator.shell.control.models import MAX_NUMBER
from copper_emulator.shell.control.sent import SentShape, resend_of
from copper_emulator.shell.control.shapes import (
    ChangeShape,
    DeliveryShape,
    NotificationShape,
    SubscriptionShape,
)
from copper_emulator.shell.control.why import StepShape

MOST = 500
"""Notifications in one answer."""

MAX_TEXT = 1024 * 1024
"""Characters allowed in a text that is sent as it is."""


class ListNotifications(NotificationFilters):
    """Newest first: the latest, those before a serial, or with `after` the first ones after a serial."""

    limit: int = Field(100, ge=1, le=MOST)
    recovered: bool | None = Field(None, description="whether it was sent again since and then delivered")


class OfNotification(Taken):
    """Which notification."""

    serial: int = Field(ge=1, le=MAX_NUMBER)


class ShowNotification(OfNotification):
    """Which notification, and whether to show its request unmasked."""

    reveal: bool = Field(False, description="the request with the values of secrets and headers, otherwise masked")


class Resend(OfNotification):
    """What to send instead of the original; whatever is left out, or masked, is sent as it was."""

    body: Any = Field(None, description="a JSON value, usually an object")
    headers: dict[str, str] | None = Field(None, description="all of them, not only the changed ones")
    target: str | None = Field(None, max_length=2048)


class Replay(Taken):
    """A captured body to deliver, or any text at all, for which type and event say how it is listed."""

    body: dict[str, Any] | None = Field(None, description="as Copper sent it: with type, event and ids")
    text: str | None = Field(None, max_length=MAX_TEXT, description="instead of a body: sent as it is, JSON or not")
    type: EntityType | None = Field(None, description="with text")
    event: Event | None = Field(None, description="with text")
    target: str = Field(max_length=2048)
    headers: dict[str, str] = Field(
        default_factory=dict, description="in addition to the usual ones, or instead of them"
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.body is None) is (self.text is None):
            raise ValueError("takes either a body or a text")
        if (self.text is None) is not (self.type is None) or (self.type is None) is not (self.event is None):
            raise ValueError("takes type and event with a text, and only then")
        return self


class RowShape(NotificationShape):
    """A notification at a glance, and how it ended."""

    origin: str = Field(description="what made the change: api, control, fire, replay, ...")
    note: str = Field(description="for a replay, what is sent again; else empty")
    resend_of: int | None = Field(description="the serial of the notification that it sends again")
    resent_as: list[int] = Field(description="the serials of those that send it again")
    target: str = Field(description="where it went, or would go now; empty if not sent and the subscription is gone")
    route: str = Field(description="where the route led, empty without one or before it is sent")
    outcome: Outcome | None = Field(description="null while it has not ended")
    status: int | None
    reason: Reason | None
    told: str = Field(description="how it ended, or what it waits for, for people to read")
    waits_for: WaitsFor | None = Field(description="null when it has ended")
    waits_until: str | None
    faults: list[str]
    created_at: str = Field(description="when the change happened")
    started_at: str | None
    ended_at: str | None
    took_ms: float | None = Field(description="of the request in real time")

    @classmethod
    def row(
        cls, account: Account, notification: Notification, mask: Callable[[str], str], again: Sequence[int] = ()
    ) -> RowShape:
        """The row of a notification; `again` are the serials of those that send it again."""
        change, delivery = notification.change, account.journal.delivery_of(notification)
        shown: dict[str, Any] = {
            **NotificationShape.of(notification).model_dump(),
            "origin": change.origin,
            "note": change.note if change.origin == "replay" else "",
            "resend_of": resend_of(notification),
            "resent_as": list(again),
            "created_at": iso(change.at_ms),
        }
        if delivery is None:
            return cls(**shown, **_under_way(account, notification))
        would_go = delivery.target or account.target_of(notification)
        return cls(**shown, **_ended(delivery, mask), target=would_go)


def _under_way(account: Account, notification: Notification) -> dict[str, Any]:
    wait = account.wait_of(notification)
    attempt = account.attempt_of(notification)
    return {
        "target": account.target_of(notification) if attempt is None else attempt.url,
        "route": "",
        "outcome": None,
        "status": None,
        "reason": None,
        "told": waiting(account, notification),
        "waits_for": wait.what,
        "waits_until": None if wait.until_ms is None else iso(wait.until_ms),
        "faults": [],
        "started_at": None if attempt is None else iso(attempt.started_ms),
        "ended_at": None,
        "took_ms": None,
    }


def _ended(delivery: Delivery, mask: Callable[[str], str]) -> dict[str, Any]:
    return {
        "route": delivery.route,
        "outcome": delivery.outcome,
        "status": delivery.status,
        "reason": delivery.reason,
        "told": mask(delivery.verdict),
        "waits_for": None,
        "waits_until": None,
        "faults": list(delivery.faults),
        "started_at": iso(delivery.started_ms),
        "ended_at": iso(delivery.ended_ms),
        "took_ms": None if delivery.took_ms is None else round(delivery.took_ms, 3),
    }


class NotificationsShape(Shape):
    """A page of the notifications that match, newest first."""

    notifications: list[RowShape]
    count: int = Field(description="how many match, on this page or not")
    older: int = Field(description="how many of them are older than this page")
    newer: int = Field(description="how many of them are newer than this page")
    total: int = Field(description="how many the account has, whether they match or not")
    last: int = Field(description="the number of the journal's last entry: follow its stream from there")
    life: str = Field(description="a different one after each reset")


class WholeShape(Shape):
    """One notification with everything about it."""

    notification: RowShape
    change: ChangeShape
    subscription: SubscriptionShape | None = Field(description="as it was when it was sent, else as it is or last was")
    request: SentShape | None = Field(description="null if nothing was sent, or not yet")
    delivery: DeliveryShape | None = Field(description="null while it has not ended; the answer in full")
    steps: list[StepShape] = Field(description="its life, step by step")
    why: list[str] = Field(description="the same, for people to read")
    advice: list[str] = Field(description="what would help, for people to read; empty if nothing is wrong")
    previous: int | None = Field(description="the serial of the one before, if there is one")
    next: int | None = Field(description="the serial of the one after, if there is one")
