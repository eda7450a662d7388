"""Filters for journal entries and notifications, shared by all operations that list them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from copper_emulator.core.account import Account
from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.model import (
    Delivery,
    EntityType,
    Entry,
    Event,
    Notification,
    Outcome,
    State,
    Topic,
)
from copper_emulator.core.moments import to_ms
from copper_emulator.shell.control.bases import Taken
from copper_emulator.shell.control.models import MAX_NUMBER, KindName
from copper_emulator.shell.control.shapes import answer_text, request_text, shown_line
from copper_emulator.shell.hiding import Hidden


def _moment(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a moment: write it like 2026-09-29T22:40:04Z")
    try:
        read = datetime.fromisoformat(value)
        return to_ms(read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC))
    except (ValueError, OverflowError):
        raise ValueError(f"{value!r} is not a moment: write it like 2026-09-29T22:40:04Z") from None


Moment = Annotated[
    int, BeforeValidator(_moment), WithJsonSchema({"type": "string", "examples": ["2026-09-29T22:40:04.738Z"]})
]
"""ISO 8601, in UTC unless a zone is given; held in milliseconds."""


_STATUSES = re.compile(r"([1-5])(\d\d|xx)")


def _statuses(value: object) -> object:
    found = _STATUSES.fullmatch(str(value).lower())
    if found is None:
        raise ValueError(f"{value!r} is not a status: write one from 100 to 599, or a whole class, like 5xx")
    first = int(found[1]) * 100
    return (first, first + 99) if found[2] == "xx" else (first + int(found[2]),) * 2


Statuses = Annotated[
    tuple[int, int],
    BeforeValidator(_statuses),
    WithJsonSchema({"type": "string", "pattern": "^[1-5]([0-9]{2}|xx)$", "examples": ["503", "5xx"]}),
]
"""A status, or a class of them like 5xx, as the lowest and the highest status it covers."""


class Filters(Taken):
    """All filters that are given must match; of several outcomes, kinds or states any one."""

    type: EntityType | None = None
    event: Event | None = None
    id: int | None = Field(None, ge=1, le=MAX_ID, description="of a record")
    outcome: list[Outcome] = Field(default_factory=list)
    status: Statuses | None = Field(None, description="what the endpoint answered, like 503 or 5xx")
    subscription: int | None = Field(None, ge=1, le=MAX_ID, description="its id")
    text: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="found anywhere in it, ignoring case: targets, bodies, answers; not values of secrets and headers",
    )


class EntryFilters(Filters):
    """Which entries of a journal are wanted."""

    kind: list[KindName] = Field(default_factory=list, description="like change, held, ended, api-refused")
    since: int | None = Field(None, ge=0, le=MAX_NUMBER, description="entries after this number")
    before: int | None = Field(None, ge=1, le=MAX_NUMBER, description="entries before this number")
    after_time: Moment | None = Field(None, description="entries at or after this moment")
    before_time: Moment | None = Field(None, description="entries before this moment")


class NotificationFilters(Filters):
    """Which notifications are wanted."""

    state: list[State] = Field(default_factory=list, description="like queued, held, delivered, failed")
    since: Moment | None = Field(None, description="of changes at or after this moment")
    until: Moment | None = Field(None, description="of changes before this moment")
    before: int | None = Field(None, ge=1, le=MAX_NUMBER, description="older than the notification with this serial")
    after: int | None = Field(None, ge=0, le=MAX_NUMBER, description="newer than the notification with this serial")


def fits_entry(filters: EntryFilters, entry: Entry, hidden: Hidden) -> bool:
    """Whether an entry matches the filters, apart from those on its place in the journal."""
    if filters.kind and entry.kind not in filters.kind:
        return False
    if not _between(entry.at_ms, filters.after_time, filters.before_time):
        return False
    about = entry.notification or entry.change
    topic = about.topic if about is not None else entry.subscription.topic if entry.subscription is not None else None
    if not _is_about(filters, topic, () if about is None else about.ids, entry.delivery):
        return False
    if filters.subscription is not None and filters.subscription not in _concerned(entry):
        return False
    return filters.text is None or _has_text(filters.text, entry.delivery, lambda: shown_line(entry, hidden), hidden)


def fits_notification(
    filters: NotificationFilters, notification: Notification, account: Account, hidden: Hidden
) -> bool:
    """Whether a notification matches the filters, apart from those on its place in the list."""
    if filters.state and notification.state not in filters.state:
        return False
    if not _between(notification.change.at_ms, filters.since, filters.until):
        return False
    delivery = account.journal.delivery_of(notification)
    if filters.subscription not in (None, notification.subscription, _named_by(delivery)):
        return False
    if not _is_about(filters, notification.topic, notification.ids, delivery):
        return False
    return filters.text is None or _has_text(
        filters.text, delivery, lambda: _line_of(notification, delivery, account), hidden
    )


def _named_by(delivery: Delivery | None) -> object:
    """The subscription id in the body of a replay, which has no subscription itself."""
    if delivery is None or not delivery.replayed or not isinstance(delivery.body, dict):
        return None
    return delivery.body.get("subscription_id")


def _between(moment: int, since: int | None, until: int | None) -> bool:
    return (since is None or moment >= since) and (until is None or moment < until)


def _is_about(filters: Filters, topic: Topic | None, ids: tuple[int, ...], delivery: Delivery | None) -> bool:
    if filters.type is not None and (topic is None or topic.type is not filters.type):
        return False
    if filters.event is not None and (topic is None or topic.event is not filters.event):
        return False
    if filters.id is not None and filters.id not in ids:
        return False
    if filters.outcome and (delivery is None or delivery.outcome not in filters.outcome):
        return False
    return filters.status is None or (delivery is not None and _answered(delivery, filters.status))


def _answered(delivery: Delivery, statuses: tuple[int, int]) -> bool:
    lowest, highest = statuses
    return delivery.status is not None and lowest <= delivery.status <= highest


def _concerned(entry: Entry) -> tuple[int, ...]:
    if entry.subscription is not None:
        return (entry.subscription.id,)
    if entry.notification is not None:
        return (entry.notification.subscription,)
    return entry.change.subscriptions if entry.change is not None else ()


def _line_of(notification: Notification, delivery: Delivery | None, account: Account) -> str:
    subscription = account.subscriptions.find(notification.subscription)
    target = delivery.target if delivery is not None else subscription.target if subscription is not None else ""
    verdict = "" if delivery is None else f"{delivery.verdict} {delivery.route}"
    ids = " ".join(map(str, notification.ids))
    return f"#{notification.serial} {notification.topic} {ids} {notification.subscription} {target} {verdict}"


def _has_text(wanted: str, delivery: Delivery | None, line: Callable[[], str], hidden: Hidden) -> bool:
    needle = wanted.casefold()
    if delivery is not None:
        for raw, shown in ((delivery.request_body, request_text), (delivery.response_body, answer_text)):
            if _in_bytes(needle, raw) and _in_shown(needle, delivery, hidden, shown):
                return True
    return needle in line().casefold()


def _in_bytes(needle: str, raw: bytes) -> bool:
    if needle.isascii():
        return needle.encode() in raw.lower()
    return needle in raw.decode("utf-8", "replace").casefold()


def _in_shown(needle: str, delivery: Delivery, hidden: Hidden, shown: Callable[[Delivery, Hidden], str]) -> bool:
    """Whether text found in the raw body is also in the masked one; masks only if the answer is not certain."""
    if _PLAIN.fullmatch(needle) is not None and not hidden.may_hold(needle, delivery):
        return True
    return needle in shown(delivery, hidden).casefold()


_PLAIN = re.compile(r"[a-z0-9 .@_-]+")
"""Text without JSON punctuation: where it is found, it lies within a single value or name."""
