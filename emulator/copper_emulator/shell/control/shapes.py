"""The JSON shapes shown by the control API and the machine-readable log, one for each of the emulator's concepts.

Moments are ISO 8601 in UTC. Values of secrets and of a subscription's own headers are masked, tokens are never shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from copper_emulator.core.account import Account
from copper_emulator.core.json_text import encode
from copper_emulator.core.model import (
    Attempt,
    Change,
    Delivery,
    EntityType,
    Entry,
    Event,
    Kind,
    Notification,
    Outcome,
    Reason,
    State,
    Subscription,
)
from copper_emulator.core.rules import PAYLOAD_KEYS
from copper_emulator.core.wire import iso
from copper_emulator.explain import lines_of, masked_headers
from copper_emulator.shell.control.bases import Shape
from copper_emulator.shell.hiding import NOTHING, Hidden
from copper_emulator.shell.senders.connection import MAX_ANSWER
from copper_emulator.timeline import MASK, line

_BEGINNING = 2_000
"""Characters of an endpoint's answer that are shown, unless the whole is asked for."""


class SubscriptionShape(Shape):
    """A subscription made with any of the account's keys."""

    id: int
    key: int = Field(description="which of the account's keys made it, counted from 1")
    type: EntityType
    event: Event
    target: str
    secret: dict[str, str] | None = Field(None, description="its names; the values are masked")
    headers: dict[str, str] | None = Field(None, description="their names; the values are masked")
    custom_field_computed_values: bool | None = None
    created_at: str

    @classmethod
    def of(cls, subscription: Subscription) -> SubscriptionShape:
        return cls(
            id=subscription.id,
            key=subscription.key,
            type=subscription.type,
            event=subscription.event,
            target=subscription.target,
            secret=_names(subscription.secret),
            headers=_names(subscription.headers),
            custom_field_computed_values=subscription.custom_field_computed_values,
            created_at=iso(subscription.created_ms),
        )


class DeliveryShape(Shape):
    """How a notification ended: the one attempt and what came back, or why there was none."""

    notification: int
    subscription: int
    type: EntityType
    event: Event
    ids: list[int]
    target: str
    route: str = Field(description="where the route led, empty without one")
    outcome: Outcome
    status: int | None
    reason: Reason | None
    text: str
    started_at: str
    ended_at: str
    request_headers: list[tuple[str, str]]
    request_body: Any = Field(description="the JSON object that was sent; null if there was none")
    request_text: str = Field(description="what was sent instead, if it is no JSON object; else empty")
    response_headers: list[tuple[str, str]]
    response_body: str = Field(description="its first characters, if not as much as is kept of it, 64 KiB")
    response_cut: bool = Field(description="whether it was longer than that, or as long as is kept")
    took_ms: float | None = Field(description="of the request in real time; null if not measured")
    traceback: str | None
    fault: str = Field(description="the faults involved, as written; empty if none")

    @classmethod
    def of(cls, delivery: Delivery, hidden: Hidden = NOTHING, *, whole: bool = False) -> DeliveryShape:
        """The shape of a delivery; `whole` has as much of the answer as is kept."""
        mask = hidden.mask_of(delivery)
        answer = mask(delivery.response_body.decode("utf-8", "replace"))
        shown = answer if whole else answer[:_BEGINNING]
        return cls(
            notification=delivery.notification.serial,
            subscription=delivery.notification.subscription,
            type=delivery.type,
            event=delivery.event,
            ids=list(delivery.ids),
            target=delivery.target,
            route=delivery.route,
            outcome=delivery.outcome,
            status=delivery.status,
            reason=delivery.reason,
            text=mask(delivery.text),
            started_at=iso(delivery.started_ms),
            ended_at=iso(delivery.ended_ms),
            request_headers=masked_headers(delivery),
            request_body=masked_body(delivery.body),
            request_text=""
            if isinstance(delivery.body, dict)
            else mask(delivery.request_body.decode("utf-8", "replace")),
            response_headers=[(name, mask(value)) for name, value in delivery.response_headers],
            response_body=shown,
            response_cut=len(shown) < len(answer) or len(delivery.response_body) >= MAX_ANSWER,
            took_ms=None if delivery.took_ms is None else round(delivery.took_ms, 3),
            traceback=None if delivery.traceback is None else mask(delivery.traceback),
            fault=delivery.fault,
        )


class NotificationShape(Shape):
    """One JSON object for one subscription, and its present state."""

    serial: int
    change: int
    subscription: int
    type: EntityType
    event: Event
    ids: list[int]
    state: State
    due_at: str
    held_until: str | None
    held_by: str | None
    repeats: int | None = Field(description="the notification it sends again, by a fault beyond Copper's own")

    @classmethod
    def of(cls, notification: Notification) -> NotificationShape:
        return cls(**_notification(notification))


class ChangeShape(Shape):
    """What happened to one or more records in one action."""

    serial: int
    type: EntityType
    event: Event
    ids: list[int]
    updated_attributes: dict[str, Any]
    at: str
    origin: str
    cause: int | None = Field(description="the notification during whose delivery the change was made")
    subscriptions: list[int]
    note: str = Field(description="why nobody is notified, else empty")

    @classmethod
    def of(cls, change: Change) -> ChangeShape:
        return cls(**_change(change))


class FiredShape(ChangeShape):
    """A change with what has become of it so far."""

    notifications: list[NotificationShape]
    why: list[str] = Field(
        description="what became of it for each subscription and each notification, for people to read"
    )
    hints: list[str] = Field(description="for a bare event: which updated attributes no real one has")

    @classmethod
    def of_change(cls, account: Account, change: Change, hints: Iterable[str] = ()) -> FiredShape:
        # As dicts, of which pydantic makes shapes: there may be thousands, and one by one takes twice as long.
        notifications: Any = [_notification(each) for each in account.journal.notifications_of(change)]
        why = list(lines_of(account, change))
        return cls(**_change(change), notifications=notifications, why=why, hints=list(hints))


class EntryShape(Shape):
    """One entry of an account's journal."""

    number: int = Field(description="counts from 1, and again from 1 after a reset")
    at: str
    kind: Kind
    line: str = Field(description="the entry for people to read, after its time")
    change: ChangeShape | None = None
    notification: NotificationShape | None = None
    delivery: DeliveryShape | None = None
    subscription: SubscriptionShape | None = None

    @classmethod
    def of(cls, entry: Entry, hidden: Hidden = NOTHING, *, whole: bool = False) -> EntryShape:
        """The shape of an entry; `hidden` is what must not be shown anywhere in it, `whole` is about the answer."""
        notification = entry.notification
        return cls(
            number=entry.number,
            at=iso(entry.at_ms),
            kind=entry.kind,
            line=shown_line(entry, hidden),
            change=None if entry.change is None else ChangeShape.of(entry.change),
            notification=None if notification is None else NotificationShape.of(notification),
            delivery=None if entry.delivery is None else DeliveryShape.of(entry.delivery, hidden, whole=whole),
            subscription=None if entry.subscription is None else SubscriptionShape.of(entry.subscription),
        )


def shown_line(entry: Entry, hidden: Hidden) -> str:
    """An entry as a line of text, beginning with its time. Foreign text in it, as from an endpoint, is masked."""
    text, delivery = line(entry), entry.delivery
    has_foreign_text = entry.text or (delivery is not None and (delivery.text or delivery.exception is not None))
    return hidden.mask(text) if has_foreign_text else text


def _change(change: Change) -> dict[str, Any]:
    return {
        "serial": change.serial,
        "type": change.type,
        "event": change.event,
        "ids": list(change.ids),
        "updated_attributes": dict(change.updated_attributes),
        "at": iso(change.at_ms),
        "origin": change.origin,
        "cause": change.cause,
        "subscriptions": list(change.subscriptions),
        "note": change.note,
    }


def _notification(notification: Notification) -> dict[str, Any]:
    held = notification.held_until_ms
    return {
        "serial": notification.serial,
        "change": notification.change.serial,
        "subscription": notification.subscription,
        "type": notification.type,
        "event": notification.event,
        "ids": list(notification.ids),
        "state": notification.state,
        "due_at": iso(notification.due_ms),
        "held_until": None if held is None else iso(held),
        "held_by": notification.held_by,
        "repeats": notification.repeats,
    }


def _names(extras: Any) -> dict[str, str] | None:
    return None if extras is None else dict.fromkeys(extras, MASK)


def request_text(delivery: Delivery, hidden: Hidden) -> str:
    """The body that was sent, masked, as text."""
    shown = masked_body(delivery.body)
    if shown is not None:
        return encode(shown).decode()
    return hidden.mask_of(delivery)(delivery.request_body.decode("utf-8", "replace"))


def answer_text(delivery: Delivery, hidden: Hidden) -> str:
    """The body of the answer, masked, as text."""
    return hidden.mask_of(delivery)(delivery.response_body.decode("utf-8", "replace"))


def as_sent(attempt: Attempt) -> Delivery:
    """A request without its outcome, as a delivery: only what was sent is meaningful."""
    return Delivery(
        attempt.notification,
        Outcome.UNKNOWN,
        attempt.url,
        attempt.started_ms,
        attempt.started_ms,
        request_body=attempt.body,
        request_headers=attempt.headers,
        subscription=attempt.subscription,
    )


def masked_body(body: Any) -> dict[str, Any] | None:
    """A notification's body with secrets masked; None if it is not a JSON object."""
    # All keys but the payload's own come from the secret, in a replayed body too.
    if not isinstance(body, dict):
        return None
    return {name: value if name in PAYLOAD_KEYS else MASK for name, value in body.items()}
