"""Why did an endpoint (not) get something? Answers from the journal, in the same words everywhere."""

from __future__ import annotations

from dataclasses import dataclass

from copper_emulator.core.account import Account
from copper_emulator.core.model import (
    Change,
    Delivery,
    EntityType,
    Kind,
    Notification,
    State,
    Subscription,
    count,
    short_ids,
)
from copper_emulator.timeline import MASK, describe, stamp, subscription_text


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
    return Explanation(tuple(lines))


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
    return Explanation(tuple(lines))


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
        own = (delivery.subscription.headers or {}) if delivery.subscription else {}
        shown = [f"{name}: {MASK if name in own else value}" for name, value in delivery.request_headers]
        lines.append(f"  sent {len(delivery.request_body)} bytes with {', '.join(shown)}")
    if delivery.response_body:
        lines.append(f"  answer: {delivery.response_body[:200].decode('utf-8', 'replace')}")
    if delivery.traceback:
        lines += [f"    {line}" for line in delivery.traceback.splitlines()]
    return Explanation(tuple(lines))


def story(account: Account, notification: Notification) -> str:
    """One notification's life in one sentence."""
    head = f"#{notification.serial} {notification.topic} {short_ids(notification.ids)}"
    head += f" for subscription {notification.subscription}"
    held = ""
    if notification.held_until_ms is not None:
        held = f"held by the limit of {notification.held_by} until {stamp(notification.held_until_ms)}, "
    if notification.state is State.QUEUED:
        return f"{head}: waits, due {stamp(notification.due_ms)}"
    if notification.state is State.HELD:
        return f"{head}: {held}still waiting"
    if notification.state is State.SENDING:
        return f"{head}: sent, the endpoint has not answered yet"
    delivery = account.journal.delivery_of(notification)
    if delivery is None:
        return f"{head}: {notification.state}"
    where = delivery.route or delivery.target or "never sent"
    return f"{head}: {held}{delivery.verdict} at {stamp(delivery.ended_ms)}, {where}"


def refusals(account: Account) -> list[str]:
    """What the API refused, one line each: a subscription that was never made is often why nothing arrives."""
    return [describe(entry).strip() for entry in account.journal.entries if entry.kind is Kind.REFUSED]
