"""Has the endpoint accepted another subscription as it is, and may it refuse this one because it does not know it?"""

from __future__ import annotations

from copper_emulator.core.account import Account
from copper_emulator.core.model import DISTRUSTFUL, Delivery, Outcome, Subscription

_NOT_FOUND = 404


def about_unknown(delivery: Delivery, account: Account) -> str:
    """What was accepted that shows where else to look, as the end of a sentence; "" if nothing was."""
    subscription = delivery.subscription
    if subscription is None or delivery.status not in (*DISTRUSTFUL, _NOT_FOUND):
        return ""
    every = _accepted(account)
    accepted = [each for each in every if _is_alike(each, subscription, delivery.status)]
    if not accepted or any(each.id == subscription.id for each in every):
        # Who has accepted this one too knows it.
        return ""
    known = next((each for each in accepted if each.topic == subscription.topic), accepted[0])
    shows, may_expect = _shows(known, delivery.status)
    topic = "" if known.topic == subscription.topic else f", or takes no {subscription.topic}"
    return f"it accepted {shows}, so perhaps it does not know subscription {subscription.id}{topic}{may_expect}"


def _accepted(account: Account) -> list[Subscription]:
    """The subscriptions, each as it was when a notification for it was accepted."""
    return [
        delivery.subscription
        for delivery in account.journal.deliveries
        if delivery.outcome is Outcome.DELIVERED and delivery.subscription is not None
    ]


def _is_alike(other: Subscription, subscription: Subscription, status: int | None) -> bool:
    """Whether that it was accepted says something: a path shows with any secret that it is right."""
    if other.target != subscription.target:
        return False
    same = other.secret == subscription.secret and other.headers == subscription.headers
    return same or status == _NOT_FOUND


def _shows(known: Subscription, status: int | None) -> tuple[str, str]:
    """What was accepted, and what it may expect otherwise of one that it does know."""
    if status == _NOT_FOUND:
        return f"subscription {known.id} at the same target", ""
    if known.secret:
        return f"the same secret for subscription {known.id}", ", or expects another secret for it"
    if known.headers:
        return f"the same headers for subscription {known.id}", ", or expects other headers for it"
    return f"subscription {known.id}, which has no secret either", ""
