"""What became of one notification: its whole life in one sentence, and step by step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from copper_emulator.core.account import Account
from copper_emulator.core.model import Change, Delivery, Notification, Outcome, State, WaitsFor
from copper_emulator.core.moments import stamp
from copper_emulator.core.text import beginning, count, duration_text, short_ids
from copper_emulator.explain.lives import called
from copper_emulator.timeline import MASK, under, under_faults

_MAX_ANSWER = 160
_SERVER_ERROR = 500
"""How many characters of an endpoint's answer are shown."""

_MOST_SIZES = 8
"""How many notifications of one change are shown with their sizes; there may be thousands, each with this text."""


class What(StrEnum):
    """The kinds of steps in a notification's life."""

    CUT = "cut"
    DUE = "due"
    HELD = "held"
    WAITS = "waits"
    SENT = "sent"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a notification, or that it is waiting for."""

    what: What
    text: str
    at_ms: int | None = None


def story(account: Account, notification: Notification, *, about: int | None = None) -> str:
    """The life of one notification in one sentence; `about` is the record that was asked about."""
    what = f"#{notification.serial} {notification.topic} {short_ids(notification.ids)}"
    if about is not None and len(notification.ids) > 1:
        what += f", {about} together with {count(len(notification.ids) - 1, 'other id')},"
    if notification.repeats is not None:
        what += f", a repeat of #{notification.repeats},"
    held = f"held by the limit of {notification.held_by}, " if notification.held_by is not None else ""
    delivery = account.journal.delivery_of(notification)
    whom = _whom(account, notification)
    late = _late(notification)
    if delivery is None:
        # If it is waiting for its time, the text already says when that is.
        late = "" if account.wait_of(notification).what is WaitsFor.TIME else late
        return f"{what} {whom}: {late}{waiting(account, notification)}"
    return f"{what} {whom}: {late}{held}{_ended(delivery)}"


@dataclass(frozen=True, slots=True)
class Cut:
    """How a change was split into several notifications for one subscription; built once for all of them."""

    places: Mapping[tuple[int, ...], int]
    """The place of each notification, by its ids."""
    text: str
    """How many there are, and their sizes."""


def cuts_of(account: Account, change: Change) -> dict[int, Cut]:
    """How a change was split, by subscription; in a single pass, since there may be thousands of notifications."""
    together: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    for notification in account.journal.notifications_of(change):
        together[notification.subscription].append(notification.ids)
    return {subscription: _cut(all_ids) for subscription, all_ids in together.items() if len(all_ids) > 1}


def _cut(all_ids: list[tuple[int, ...]]) -> Cut:
    places: dict[tuple[int, ...], int] = {}
    for place, ids in enumerate(all_ids, start=1):
        places.setdefault(ids, place)
    sizes = ", ".join(str(len(ids)) for ids in all_ids[:_MOST_SIZES])
    more = len(all_ids) - _MOST_SIZES
    shown = f"{sizes} and {more:,} more" if more > 0 else sizes
    return Cut(places, f"{len(all_ids)} notifications that share the ids ({shown})")


def steps(account: Account, notification: Notification, cuts: Mapping[int, Cut] | None = None) -> Iterator[Step]:
    """The life of a notification step by step; `cuts` are those of its change, if already known."""
    cut = (cuts_of(account, notification.change) if cuts is None else cuts).get(notification.subscription)
    if cut is not None:
        yield Step(What.CUT, f"number {cut.places[notification.ids]} of {cut.text}")
    yield Step(What.DUE, _due(account, notification), notification.due_ms)
    if notification.held_by is not None:
        until = "" if notification.held_until_ms is None else f" until {stamp(notification.held_until_ms)}"
        yield Step(What.HELD, f"held by the limit of {notification.held_by}{until}", notification.due_ms)
    delivery = account.journal.delivery_of(notification)
    if delivery is None:
        what = What.SENT if notification.state is State.SENDING else What.WAITS
        yield Step(what, waiting(account, notification), account.wait_of(notification).until_ms)
        return
    if delivery.request_body and delivery.outcome not in (Outcome.BLOCKED, Outcome.LOST) and not delivery.by_fault:
        yield Step(What.SENT, f"sent to {delivery.target}{_via(delivery)}", delivery.started_ms)
    yield Step(What.ENDED, f"{delivery.verdict}{answer_of(delivery)}{under_faults(delivery)}", delivery.ended_ms)


def waiting(account: Account, notification: Notification) -> str:
    """What a notification that has not ended is waiting for."""
    wait = account.wait_of(notification)
    until = "" if wait.until_ms is None else stamp(wait.until_ms)
    comes = "it times out" if wait.times_out else "the answer comes"
    slow = under(account.faults.faults_of(notification))
    return {
        WaitsFor.TIME: f"waits, due {until}",
        WaitsFor.LIMIT: f"held by the limit of {wait.limit} until {until} at the earliest",
        WaitsFor.TARGET: "waits for its target, which has not answered the previous one",
        WaitsFor.PAUSED: "waits, its target is paused",
        WaitsFor.ANSWER: f"sent, not answered yet{slow}" + (f"; {comes} at {until}" if until else ""),
        WaitsFor.CALL: "due, and waits for a call that lets time pass",
        WaitsFor.GOING: "due, and being sent",
    }[wait.what]


def is_page_of_exception(delivery: Delivery) -> bool:
    """Whether its answer is a framework's page about an exception, which says less than the exception itself.

    An exception beside any other answer may be that of a task.
    """
    return delivery.exception is not None and delivery.status is not None and delivery.status >= _SERVER_ERROR


def answer_of(delivery: Delivery) -> str:
    """`, body: no such customer` if a rejection has a body; only its beginning, on one line."""
    if delivery.outcome is not Outcome.REJECTED or not delivery.response_body or is_page_of_exception(delivery):
        return ""
    text = " ".join(delivery.response_body[:2000].decode("utf-8", "replace").split())
    return f", body: {beginning(text, _MAX_ANSWER)}"


def masked_headers(delivery: Delivery) -> list[tuple[str, str]]:
    """The headers of the request; those that the emulator did not set itself came from people and are masked."""
    ours = ("content-type", "user-agent") if delivery.replayed else ()
    theirs = {name.lower() for name in (delivery.subscription.headers or {})} if delivery.subscription else set()
    return [
        (name, MASK if name.lower() in theirs or (delivery.replayed and name.lower() not in ours) else value)
        for name, value in delivery.request_headers
    ]


def _whom(account: Account, notification: Notification) -> str:
    change = notification.change
    return f"as a {change.note}" if change.origin == "replay" else f"for {called(account, notification.subscription)}"


def _late(notification: Notification) -> str:
    late = notification.due_ms - notification.change.at_ms
    return f"due {duration_text(late)} after the change, " if late else ""


def _due(account: Account, notification: Notification) -> str:
    late = notification.due_ms - notification.change.at_ms
    if not late:
        return "due at once"
    return f"due {duration_text(late)} after the change (latency {_latency(account, notification)})"


def _latency(account: Account, notification: Notification) -> str:
    subscription = account.subscriptions.find(notification.subscription)
    return str(account.faults.latency(subscription.target if subscription is not None else ""))


def _ended(delivery: Delivery) -> str:
    when = f"at {stamp(delivery.ended_ms)}" + (f", {delivery.target}{_via(delivery)}" if delivery.target else "")
    if delivery.status is not None or delivery.outcome is Outcome.LOST:
        return f"{delivery.summary} {when}{answer_of(delivery)}{under_faults(delivery)}"
    why = delivery.brief_detail
    return f"{delivery.outcome} {when}" + (f": {why}" if why else "") + under_faults(delivery)


def _via(delivery: Delivery) -> str:
    return f" via {delivery.route}" if delivery.route else ""
