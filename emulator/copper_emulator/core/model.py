"""The emulator's vocabulary as values: topics, changes, subscriptions, notifications, deliveries.

They share one file, longer than others, because each builds on those before it: read it once, as a dictionary. Types
that are created several times per delivery are named tuples: creating a frozen dataclass takes five times as long.
Every point in time is an integer in a field named `*_ms`, milliseconds since the Unix epoch (UTC); the property of the
same name without the suffix is the aware datetime for people.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from copper_emulator.core.attributes import Attributes
from copper_emulator.core.moments import to_datetime
from copper_emulator.core.read_only import read_only
from copper_emulator.core.text import beginning, count, exception_text, short_ids


class EntityType(StrEnum):
    """The record types that have webhooks, by their names in the API (activities are `activity_log` there)."""

    LEAD = "lead"
    PERSON = "person"
    COMPANY = "company"
    OPPORTUNITY = "opportunity"
    PROJECT = "project"
    TASK = "task"
    ACTIVITY_LOG = "activity_log"


class Event(StrEnum):
    """What can happen to a record: created, any of its fields changed, deleted (Copper support page)."""

    NEW = "new"
    UPDATE = "update"
    DELETE = "delete"


class Topic(NamedTuple):
    """A type and an event: what one subscribes to. Whether Copper has the pair is decided in `topics.py`.

    A named tuple, because dictionaries compare and hash them several times for each change.
    """

    type: EntityType
    event: Event

    def __str__(self) -> str:
        return "/".join((self.type, self.event))


DEFAULT_EMAIL = "you@example.com"
"""The email of an account's first key, unless another is given."""


@dataclass(frozen=True, slots=True)
class Key:
    """One API key of an account. Subscriptions belong to the key that made them (Copper support page)."""

    serial: int
    token: str = field(repr=False)
    email: str

    @property
    def headers(self) -> dict[str, str]:
        """The three headers a client authenticates with (developer.copper.com, requests)."""
        return {"X-PW-AccessToken": self.token, "X-PW-Application": "developer_api", "X-PW-UserEmail": self.email}


@dataclass(frozen=True, slots=True)
class Subscription(Attributes):
    """A target registered for one topic. `secret`, `headers`, `custom_field_computed_values` are None if unset.

    Tests are handed what notifications are made from, so secret and headers cannot be changed.
    """

    id: int
    key: int
    topic: Topic
    target: str
    created_ms: int
    secret: Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = None
    custom_field_computed_values: bool | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "secret", read_only(self.secret))
        object.__setattr__(self, "headers", read_only(self.headers))

    @property
    def type(self) -> EntityType:
        """The type of the records that it is about."""
        return self.topic.type

    @property
    def event(self) -> Event:
        """What must happen to them."""
        return self.topic.event

    @property
    def created(self) -> datetime:
        """When it was created, in virtual time, UTC."""
        return to_datetime(self.created_ms)

    def __str__(self) -> str:
        return f"subscription {self.id} ({self.topic} -> {self.target})"

    def __repr__(self) -> str:
        # Secret values stay out of logs and test reports.
        return f"<{self}>"


@dataclass(frozen=True, slots=True)
class RecordChange:
    """A change as the record store (or a bare event) reports it: not yet numbered, timed or matched.

    `computed_attributes` are `updated_attributes` with option names in place of ids; None if that makes no difference.
    Both may share values with stored records.
    """

    topic: Topic
    ids: tuple[int, ...]
    updated_attributes: Mapping[str, Any] = field(default_factory=dict)
    computed_attributes: Mapping[str, Any] | None = None


class Change(NamedTuple):
    """What happened to one or more records in one action; all of them share the same `updated_attributes`.

    Subscriptions with `custom_field_computed_values` get `computed_attributes` instead, unless it is None. Neither can
    be changed (`read_only.py`), as tests are handed what every body is made from. `subscriptions` are the ids of the
    matching subscriptions; if there are none, `note` says why. `cause` is the serial of the notification during whose
    delivery the change was made (an echo), and `depth` the number of such steps before it. `returns` is how often in a
    row its own record was changed by an endpoint that had been told of it, and `untold` how many of the steps were
    changes of records of which no notification had told (`echo.py`).
    """

    serial: int
    topic: Topic
    ids: tuple[int, ...]
    updated_attributes: Mapping[str, Any]
    at_ms: int
    origin: str = "python"
    cause: int | None = None
    depth: int = 0
    subscriptions: tuple[int, ...] = ()
    note: str = ""
    computed_attributes: Mapping[str, Any] | None = None
    returns: int = 0
    untold: int = 0

    @property
    def type(self) -> EntityType:
        """The type of the records concerned."""
        return self.topic.type

    @property
    def event(self) -> Event:
        """What happened to them."""
        return self.topic.event

    @property
    def at(self) -> datetime:
        """When it happened, in virtual time, UTC."""
        return to_datetime(self.at_ms)

    def __str__(self) -> str:
        text = f"change {self.serial}: {self.topic} {short_ids(self.ids)}"
        if not self.subscriptions:
            return f"{text}: {self.note}"
        return f"{text}, {count(len(self.subscriptions), 'subscription')}"

    def __repr__(self) -> str:
        return f"<{self}>"


class State(StrEnum):
    """The current state of a notification. The last eight are final and share their names with `Outcome`."""

    QUEUED = "queued"
    HELD = "held"
    SENDING = "sending"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    FAILED = "failed"
    DROPPED = "dropped"
    LOST = "lost"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """How a notification ended.

    delivered: answered with 2xx; rejected: answered with any other status; failed: no answer (see `Reason`). Never
    sent: dropped by the limit policy, lost by a fault, blocked because no route leads to its target, cancelled because
    its subscription was deleted. unknown: the emulator itself stopped while the notification was in flight.
    """

    DELIVERED = "delivered"
    REJECTED = "rejected"
    FAILED = "failed"
    DROPPED = "dropped"
    LOST = "lost"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


ANSWERED = (Outcome.DELIVERED, Outcome.REJECTED, Outcome.FAILED)
"""The outcomes of notifications that were sent, so that the endpoint could answer."""

SENT = (*ANSWERED, Outcome.UNKNOWN)
"""The outcomes of notifications that were sent, or may have been."""

UNSUCCESSFUL = (Outcome.REJECTED, Outcome.FAILED)
"""The outcomes of notifications that the endpoint did not accept, though they were sent."""

DISTRUSTFUL = frozenset({401, 403})
"""The statuses with which an endpoint refuses a notification because it does not trust the sender."""


class Reason(StrEnum):
    """Why an attempt got no answer."""

    REFUSED = "refused"
    TIMED_OUT = "timed out"
    TLS = "TLS"
    BROKEN_OFF = "broken off"
    GARBAGE = "garbage"
    EXCEPTION = "exception"


UNREACHED = (Reason.REFUSED, Reason.TLS)
"""Reasons that mean that the request never came to the endpoint."""

HAD_ANSWERED = "another notification had been answered over it"
"""What the text of a delivery that was broken off says of its connection, if that is so."""

OTHER_KEY = "The call used the key of another open account"
"""What the journal of an account whose endpoint is being notified says of a call that another account refused."""


class WaitsFor(StrEnum):
    """What must happen before a notification can proceed."""

    TIME = "its due time"
    LIMIT = "room under a limit"
    TARGET = "its target, which is busy"
    PAUSED = "its target, which is paused"
    ANSWER = "the endpoint's answer"
    CALL = "a call that lets time pass"
    GOING = "nothing: it is being sent"


@dataclass(frozen=True, slots=True)
class Wait:
    """What a notification is waiting for now, and until when, if that is known.

    `times_out`: the scripted answer will come too late, so the notification will fail.
    """

    what: WaitsFor
    until_ms: int | None = None
    limit: str = ""
    times_out: bool = False


@dataclass(slots=True)
class Hold:
    """The limit that holds notifications, and when it renews: the earliest moment at which they may be sent.

    All notifications held at the same time share one Hold, which is updated when a window renews and they stay held;
    those that are released keep a copy as it was at that moment (`outbox.py`).
    """

    until_ms: int
    by: str


@dataclass(slots=True, eq=False)
class Notification(Attributes):
    """One JSON object for one subscription, with 1 to 30 ids, and its current state.

    Only `account.py` and `outbox.py` write to it, and faults (`active_faults.py`) to `rank`. `hold` is what holds it
    now, or held it last. Three fields are set only by faults: `repeats` is the serial of the notification that this one
    repeats, `tries` the number of failed attempts before it, and `rank` its position among those that became due
    together. `seat` is its position among all that have become due, by which they are sent, 0 until then (`outbox.py`).
    """

    serial: int
    change: Change
    subscription: int
    ids: tuple[int, ...]
    due_ms: int
    state: State = State.QUEUED
    hold: Hold | None = None
    repeats: int | None = None
    tries: int = 0
    rank: int = 0
    seat: int = 0

    @property
    def turn(self) -> tuple[int, int, int]:
        """The sort key for the order in which notifications that become due together are sent."""
        return (self.due_ms, self.rank, self.serial)

    @property
    def held_until_ms(self) -> int | None:
        """The earliest moment at which it may be sent, or might have been when last held; None if never held."""
        return None if self.hold is None else self.hold.until_ms

    @property
    def held_by(self) -> str | None:
        """The limit that holds it now, or held it last; None if it was never held."""
        return None if self.hold is None else self.hold.by

    @property
    def topic(self) -> Topic:
        """The type of the records concerned, and what happened to them."""
        return self.change.topic

    @property
    def type(self) -> EntityType:
        """The type of the records concerned."""
        return self.change.topic.type

    @property
    def event(self) -> Event:
        """What happened to them."""
        return self.change.topic.event

    @property
    def due(self) -> datetime:
        """When it is due, in virtual time, UTC; a limit or a busy target may keep it longer."""
        return to_datetime(self.due_ms)

    def __str__(self) -> str:
        return f"notification {self.serial}: {self.topic} {short_ids(self.ids)} ({self.state})"

    def __repr__(self) -> str:
        return f"<{self}>"


class Attempt(NamedTuple):
    """The one request of a notification, ready to be sent; nothing about it changes after this point.

    If `instead` is set, nothing is sent: a fault has already answered it. `slower_ms` delays its answer by that much.
    `blame` names the fault responsible.
    """

    notification: Notification
    subscription: Subscription | None
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    started_ms: int
    instead: Result | None = None
    slower_ms: int = 0
    blame: str = ""


class Result(NamedTuple):
    """What a sender returns. `delay_ms` is virtual time: the answer counts as given that much later.

    `by_fault`: a fault caused this result, not the endpoint. `took_ms` is the real time the request took.
    """

    outcome: Outcome
    status: int | None = None
    reason: Reason | None = None
    text: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delay_ms: int = 0
    exception: BaseException | None = None
    traceback: str | None = None
    route: str = ""
    by_fault: bool = False
    took_ms: float | None = None

    @classmethod
    def answered(
        cls,
        status: int,
        *,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        delay_ms: int = 0,
        route: str = "",
        took_ms: float | None = None,
    ) -> Result:
        """The result of an answered request: 2xx is delivered, anything else (redirects included) is rejected."""
        outcome = Outcome.DELIVERED if 200 <= status < 300 else Outcome.REJECTED
        return cls(outcome, status, headers=tuple(headers), body=body, delay_ms=delay_ms, route=route, took_ms=took_ms)

    def sent(self, *, route: str, took_ms: float | None) -> Result:
        """A copy with the route that was used and the real time the request took."""
        return Result(
            self.outcome,
            self.status,
            self.reason,
            self.text,
            self.headers,
            self.body,
            self.delay_ms,
            self.exception,
            self.traceback,
            route,
            self.by_fault,
            took_ms,
        )

    @classmethod
    def failure(cls, reason: Reason, text: str, *, delay_ms: int = 0) -> Result:
        """The result of a request that got no answer."""
        return cls(Outcome.FAILED, reason=reason, text=text, delay_ms=delay_ms)


class _DeliveryFields(NamedTuple):
    notification: Notification
    outcome: Outcome
    target: str
    started_ms: int
    ended_ms: int
    status: int | None = None
    reason: Reason | None = None
    text: str = ""
    request_body: bytes = b""
    request_headers: tuple[tuple[str, str], ...] = ()
    response_headers: tuple[tuple[str, str], ...] = ()
    response_body: bytes = b""
    exception: BaseException | None = None
    traceback: str | None = None
    route: str = ""
    subscription: Subscription | None = None
    faults: tuple[str, ...] = ()
    by_fault: bool = False
    took_ms: float | None = None


_MAX_EXCEPTION = 200
"""Characters of an exception that are part of a sentence; some tell of a whole request."""


class Delivery(_DeliveryFields, Attributes):
    """How one notification ended: the one attempt and its answer, or why there was none.

    `body` is the JSON object that was sent (None if nothing was), `request_headers` are the headers sent with it.
    `exception` and `traceback` come from an endpoint that runs in this process. `faults` are the faults that affected
    it, in their text form; `by_fault` says that one of them caused the outcome. `took_ms` is the real time the request
    took, None if it was not measured. `exception` and `took_ms` differ from run to run, so comparison ignores them.
    """

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Delivery) and self._compared == other._compared

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self._compared)

    @property
    def _compared(self) -> tuple[object, ...]:
        return tuple(self._replace(exception=None, took_ms=None))

    @property
    def fault(self) -> str:
        """The faults that affected it, as one text."""
        return ", ".join(self.faults)

    @property
    def replayed(self) -> bool:
        """Whether a captured body was sent again, outside matching and limits."""
        return self.change.origin == "replay"

    @property
    def change(self) -> Change:
        """The change that it reports."""
        return self.notification.change

    @property
    def topic(self) -> Topic:
        """The type of the records concerned, and what happened to them."""
        return self.notification.change.topic

    @property
    def type(self) -> EntityType:
        """The type of the records concerned."""
        return self.notification.change.topic.type

    @property
    def event(self) -> Event:
        """What happened to them."""
        return self.notification.change.topic.event

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids in it, one to thirty."""
        return self.notification.ids

    @cached_property
    def body(self) -> Any:
        """The JSON that was sent, parsed; None if nothing was sent or (in a replay) the body is not JSON."""
        try:
            return json.loads(self.request_body)
        except (ValueError, RecursionError):
            return None

    @property
    def started(self) -> datetime:
        """When it was sent, or was to be, in virtual time, UTC."""
        return to_datetime(self.started_ms)

    @property
    def ended(self) -> datetime:
        """When its answer counted as given, or it ended otherwise, in virtual time, UTC."""
        return to_datetime(self.ended_ms)

    def __str__(self) -> str:
        where = f" -> {self.target}" if self.target else ""
        return f"{self.topic} {short_ids(self.ids)}{where}: {self.verdict}"

    def __repr__(self) -> str:
        return f"<Delivery of {self}>"

    @property
    def verdict(self) -> str:
        """The outcome in a few words: `delivered (200)`, `failed: refused`, `blocked: no route ...`."""
        return self._verdict(self.detail)

    @property
    def summary(self) -> str:
        """The verdict without the advice that follows it."""
        return self._verdict(self.brief_detail)

    def _verdict(self, detail: str) -> str:
        if not detail:
            return str(self.outcome)
        if detail.startswith(self.outcome):
            # `unknown outcome, not retried`
            return detail
        if self.outcome is Outcome.LOST:
            return f"{self.outcome} {detail}"
        return f"{self.outcome} ({detail})" if self.status is not None else f"{self.outcome}: {detail}"

    @property
    def detail(self) -> str:
        """What there is to say besides the outcome: the status, how it failed, or why it was not sent.

        Of a long exception it has the beginning; `exception`, `traceback` and `text` have the whole.
        """
        if self.status is not None and self.exception is not None:
            return f"{self.status}, {beginning(exception_text(self.exception), _MAX_EXCEPTION)} in the endpoint"
        if self.status is not None:
            return str(self.status)
        if self.reason is not None:
            text = beginning(self.text, _MAX_EXCEPTION) if self.reason is Reason.EXCEPTION else self.text
            return f"{self.reason} ({text})" if text else str(self.reason)
        return self.text

    @property
    def brief_detail(self) -> str:
        """The detail without the advice that follows it."""
        return self._detail_and_advice[0]

    @property
    def advice(self) -> str:
        """The advice in the detail, empty if there is none."""
        return self._detail_and_advice[1]

    @property
    def _detail_and_advice(self) -> tuple[str, str]:
        # Only what was blocked has advice; in other texts, such as exceptions, a full stop means nothing.
        if self.outcome is not Outcome.BLOCKED:
            return self.detail, ""
        detail, _, advice = self.detail.partition(". ")
        return detail, advice


class Kind(StrEnum):
    """What a journal entry reports."""

    SUBSCRIBED = "subscribed"
    RESUBSCRIBED = "subscription changed"
    UNSUBSCRIBED = "unsubscribed"
    KEY_SWITCHED = "key switched"
    REFUSED = "api refused"
    CHANGE = "change"
    UNCHANGED = "unchanged"
    EXCLUDED = "excluded"
    QUEUED = "queued"
    HELD = "held"
    SENDING = "sending"
    ENDED = "ended"
    ECHO_STOPPED = "echo stopped"
    SETTINGS = "settings"
    FAULT = "fault"
    PAUSED = "paused"
    RESUMED = "resumed"


class Entry(NamedTuple):
    """One line of the journal; `number` counts from 1 and never repeats within an account's life.

    `records` are the records concerned when the entry reports no change: either they were left as they were, or Copper
    sends no notifications for what happened to them.
    """

    number: int
    at_ms: int
    kind: Kind
    text: str = ""
    change: Change | None = None
    notification: Notification | None = None
    delivery: Delivery | None = None
    subscription: Subscription | None = None
    records: tuple[tuple[EntityType, int], ...] = ()

    @property
    def at(self) -> datetime:
        """When it happened, in virtual time, UTC."""
        return to_datetime(self.at_ms)

    def __repr__(self) -> str:
        parts = (self.delivery, self.notification, self.change, self.subscription)
        about = self.text or next((str(part) for part in parts if part is not None), "")
        return f"<entry {self.number}, {self.kind}{': ' if about else ''}{about}>"
