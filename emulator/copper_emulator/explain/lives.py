"""When did each subscription exist, and why was it (not) notified of a change?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from copper_emulator.core.account import Account
from copper_emulator.core.model import Change, Entry, Kind, Subscription
from copper_emulator.core.moments import stamp


class Decision(StrEnum):
    """What was decided for one change and one subscription."""

    NOTIFIED = "notified"
    OTHER_TOPIC = "other topic"
    MADE_LATER = "made later"
    REMOVED_BEFORE = "removed before"
    NOT_FOLLOWED = "not followed"


@dataclass(frozen=True, slots=True)
class Life:
    """A subscription in its latest state, the entry that made it, and the one that removed it."""

    subscription: Subscription
    made: Entry
    removed: Entry | None = None

    def decision(self, entry: Entry, change: Change) -> Decision:
        """What was decided about a change; `entry` is the journal entry of the change."""
        if self.subscription.id in change.subscriptions:
            return Decision.NOTIFIED
        if self.subscription.topic != change.topic:
            return Decision.OTHER_TOPIC
        if self.made.number > entry.number:
            return Decision.MADE_LATER
        if self.removed is not None and self.removed.number < entry.number:
            return Decision.REMOVED_BEFORE
        return Decision.NOT_FOLLOWED


def lives(account: Account) -> list[Life]:
    """Every subscription there ever was, whichever key made it, in the order of their creation."""
    found: dict[int, Life] = {}
    for entry in account.journal.subscription_entries():
        subscription = entry.subscription
        if subscription is None:
            continue
        life = found.get(subscription.id)
        if life is None:
            found[subscription.id] = Life(subscription, entry)
        elif entry.kind is Kind.UNSUBSCRIBED:
            found[subscription.id] = replace(life, removed=entry)
        else:
            found[subscription.id] = replace(life, subscription=subscription)
    return list(found.values())


def called(account: Account, subscription_id: int) -> str:
    """`subscription 560698`, marked if an earlier key made it: it still fires, but the present key cannot see it."""
    found = account.subscriptions.find(subscription_id)
    earlier = found is not None and found.key != account.key_serial
    return f"subscription {subscription_id}" + (" (from an earlier API key)" if earlier else "")


def decided(account: Account, life: Life, decision: Decision, change: Change) -> str:
    """Why a subscription was not notified of a change, in one sentence."""
    name = called(account, life.subscription.id)
    if decision is Decision.OTHER_TOPIC:
        return f"{name} is for {life.subscription.topic}"
    if decision is Decision.MADE_LATER:
        return f"{name} was made after the change ({stamp(life.made.at_ms)})"
    if decision is Decision.REMOVED_BEFORE and life.removed is not None:
        return f"{name} had been removed before the change ({stamp(life.removed.at_ms)})"
    return f"{name} was not notified: {change.note}"
