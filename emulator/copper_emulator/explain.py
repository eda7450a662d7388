"""Why did an endpoint (not) get something? Answers from the journal, in the same words everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from copper_emulator.core.account import Account
from copper_emulator.core.model import Change, Delivery, EntityType, Kind, Notification, Outcome, Subscription, WaitsFor
from copper_emulator.core.text import count, short_ids
from copper_emulator.timeline import MASK, describe, masked, stamp, subscription_text

_MAX_ANSWER = 160
"""Characters of an endpoint's answer that are shown."""


@dataclass(frozen=True)
class Explanation:
    """Lines of text; `str()` joins them."""

    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.lines)


def explain_change(account: Account, change: Change) -> Explanation:
    """What became of one change: for each notification its whole story, or why there was none."""
    lines = [f"{stamp(change.at_ms)}  {change.topic} {short_ids(change.ids)} ({change.origin})"]
    if not change.subscriptions:
        lines.append(f"  nobody was notified: {change.note}")
    lines += [f"  {story(account, notification)}" for notification in account.journal.notifications_of(change)]
    return _told(account, lines)


def explain_subscription(account: Account, subscription: Subscription) -> Explanation:
    """Everything a subscription was sent, and what it was not and why."""
    lines = [f"subscription {subscription_text(subscription)}"]
    mine = [n for n in account.journal.notifications if n.subscription == subscription.id]
    lines += [f"  {story(account, notification)}" for notification in mine]
    if not mine:
        before = [c for c in account.journal.changes if c.topic == subscription.topic]
        others = sorted({str(c.topic) for c in account.journal.changes if c.topic != subscription.topic})
        if before:
            lines.append(f"  {count(len(before), 'change')} of this topic came before the subscription was made")
        lines.append(
            "  no notification" + (f"; the changes were {', '.join(others)}" if others else "; nothing changed")
        )
    return _told(account, lines)


def explain_records(account: Account, kind: EntityType | None, record_id: int | None) -> Explanation:
    """Every change of a type, of a record, or of everything, each with what became of it."""
    changes = [
        change
        for change in account.journal.changes
        if (kind is None or change.type is kind) and (record_id is None or record_id in change.ids)
    ]
    if not changes:
        what = " ".join(str(part) for part in (kind or "record", record_id) if part is not None)
        return Explanation((f"nothing happened to any {what}" if record_id is None else f"nothing happened to {what}",))
    return Explanation(tuple(line for change in changes for line in explain_change(account, change).lines))


def explain_delivery(account: Account, delivery: Delivery) -> Explanation:
    """One delivery with its request's shape and what came back."""
    lines = [story(account, delivery.notification)]
    if delivery.request_headers:
        shown = [f"{name}: {value}" for name, value in masked_headers(delivery)]
        lines.append(f"  sent {len(delivery.request_body)} bytes with {', '.join(shown)}")
    if delivery.traceback:
        lines += [f"    {line}" for line in delivery.traceback.splitlines()]
    return _told(account, lines)


def masked_headers(delivery: Delivery) -> list[tuple[str, str]]:
    """The headers of the request; what is not the emulator's own came from people and is masked."""
    ours = ("content-type", "user-agent") if delivery.replayed else ()
    theirs = {name.lower() for name in (delivery.subscription.headers or {})} if delivery.subscription else set()
    return [
        (name, MASK if name.lower() in theirs or (delivery.replayed and name.lower() not in ours) else value)
        for name, value in delivery.request_headers
    ]


def story(account: Account, notification: Notification) -> str:
    """One notification's life in one sentence."""
    what = f"#{notification.serial} {notification.topic} {short_ids(notification.ids)}"
    held = f"held by the limit of {notification.held_by}, " if notification.held_by is not None else ""
    delivery = account.journal.delivery_of(notification)
    if delivery is None:
        return f"{what} for subscription {notification.subscription}: {_waiting(account, notification)}"
    whom = "a replay" if delivery.replayed else f"for subscription {notification.subscription}"
    return (
        f"{what} {whom}: {held}{delivery.summary} at {stamp(delivery.ended_ms)}{_where(delivery)}{answer_of(delivery)}"
    )


def answer_of(delivery: Delivery) -> str:
    """`, answering "no such customer"` where an answer that was not 2xx has a body; its beginning, on one line."""
    if delivery.outcome is not Outcome.REJECTED or not delivery.response_body:
        return ""
    text = " ".join(delivery.response_body[:2000].decode("utf-8", "replace").split())
    return f", answering {text if len(text) <= _MAX_ANSWER else text[:_MAX_ANSWER] + '...'}"


def _where(delivery: Delivery) -> str:
    if not delivery.target:
        return ""
    return f", {delivery.target}" + (f" via {delivery.route}" if delivery.route else "")


def _waiting(account: Account, notification: Notification) -> str:
    wait = account.wait_of(notification)
    until = "" if wait.until_ms is None else stamp(wait.until_ms)
    return {
        WaitsFor.TIME: f"waits, due {until}",
        WaitsFor.LIMIT: f"held by the limit of {wait.limit} until {until}",
        WaitsFor.TARGET: "waits for its target, which has not answered the one before",
        WaitsFor.ANSWER: "sent, not answered yet" + (f"; the answer comes {until}" if until else ""),
        WaitsFor.CALL: "due, and waits for a call that lets time pass",
    }[wait.what]


def _told(account: Account, lines: Iterable[str]) -> Explanation:
    subscriptions = account.journal.subscriptions()
    return Explanation(tuple(masked(line, subscriptions) for line in lines))


def refusals(account: Account) -> list[str]:
    """What the API refused, one line each: a subscription that was never made is often why nothing arrives."""
    return [describe(entry).strip() for entry in account.journal.entries if entry.kind is Kind.REFUSED]
