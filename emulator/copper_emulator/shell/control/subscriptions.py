"""The control API for the subscriptions of all keys of an account: listing, creating, changing, removing."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from copper_emulator.core.errors import NotFound
from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.model import Subscription
from copper_emulator.core.rules import MAX_SUBSCRIPTIONS
from copper_emulator.core.subscriptions import parse_create
from copper_emulator.shell.control.bases import Nothing, Shape, Taken
from copper_emulator.shell.control.operation import Operation
from copper_emulator.shell.control.shapes import SubscriptionShape
from copper_emulator.shell.guarding import Refused
from copper_emulator.shell.served.account import ServedAccount
from copper_emulator.timeline import MASK


class OfSubscription(Taken):
    """Which subscription."""

    id: int = Field(ge=1, le=MAX_ID)


class NewSubscription(Taken):
    """A new subscription in Copper's form; what Copper would refuse is refused in its words."""

    target: Any = Field(None, description="an https:// URL", examples=["https://inbox.example/default"])
    type: Any = Field(None, examples=["person"])
    event: Any = Field(None, examples=["update"])
    secret: Any = Field(None, description="an object of texts, added to each notification")
    headers: Any = Field(None, description="an object of texts, sent with each notification")
    custom_field_computed_values: Any = Field(None, description="true or false")


class ChangedSubscription(OfSubscription):
    """Changes in Copper's form; values of secret and headers that come back masked are left as they are."""

    target: Any = Field(None, description="an https:// URL")
    secret: Any = Field(None, description="an object of texts; all of it, not only what changes")
    headers: Any = Field(None, description="an object of texts; all of it, not only what changes")
    custom_field_computed_values: Any = Field(None, description="true or false")


class SubscriptionsShape(Shape):
    """All subscriptions of an account, including those of its earlier keys."""

    subscriptions: list[SubscriptionShape]
    count: int
    max: int = Field(description="how many Copper lets an account have")
    key: int = Field(description="which of the account's keys is the current one")


async def list_subscriptions(served: ServedAccount, params: Nothing) -> SubscriptionsShape:
    """List all subscriptions by ascending id, whichever key made them."""
    with served.tenant.lock:
        account = served.tenant.account
        return SubscriptionsShape(
            subscriptions=[SubscriptionShape.of(each) for each in account.subscriptions],
            count=len(account.subscriptions),
            max=MAX_SUBSCRIPTIONS,
            key=account.key_serial,
        )


async def subscribe(served: ServedAccount, params: NewSubscription) -> SubscriptionShape:
    """Create a subscription for the current key, or for the first key the account gets."""
    body = {name: getattr(params, name) for name in params.model_fields_set}
    _check_inbox(served, params.target)
    made: Subscription = served.tenant.record(
        lambda account, now: account.subscribe(parse_create(body, account.rules, surface=account.surface), now)
    )
    return SubscriptionShape.of(made)


async def show_subscription(served: ServedAccount, params: OfSubscription) -> SubscriptionShape:
    """Show one subscription, whichever key made it."""
    with served.tenant.lock:
        return SubscriptionShape.of(_found(served, params.id))


async def change_subscription(served: ServedAccount, params: ChangedSubscription) -> SubscriptionShape:
    """Change a subscription, whichever key made it. Waiting notifications use it as it is when they are sent."""
    with served.tenant.lock:
        before = _found(served, params.id)
        _check_inbox(served, params.target)
        body = {name: getattr(params, name) for name in params.model_fields_set if name != "id"}
        for name in ("secret", "headers"):
            if isinstance(body.get(name), dict):
                body[name] = _unmasked(body[name], getattr(before, name) or {})
        changed: Subscription = served.tenant.record(
            lambda account, now: account.update_subscription(params.id, body, now, key=before.key)
        )
    return SubscriptionShape.of(changed)


async def unsubscribe(served: ServedAccount, params: OfSubscription) -> SubscriptionShape:
    """Remove a subscription, whichever key made it; waiting notifications are cancelled when their turn comes."""
    with served.tenant.lock:
        key = _found(served, params.id).key
        gone: Subscription = served.tenant.record(lambda account, now: account.unsubscribe(params.id, now, key=key))
    return SubscriptionShape.of(gone)


SUBSCRIPTION_OPERATIONS: tuple[Operation[Any], ...] = (
    Operation("GET", "/subscriptions", "All subscriptions", Nothing, SubscriptionsShape, list_subscriptions),
    Operation("POST", "/subscriptions", "Subscribe", NewSubscription, SubscriptionShape, subscribe),
    Operation("GET", "/subscriptions/{id}", "One subscription", OfSubscription, SubscriptionShape, show_subscription),
    Operation(
        "PUT",
        "/subscriptions/{id}",
        "Change a subscription",
        ChangedSubscription,
        SubscriptionShape,
        change_subscription,
    ),
    Operation("DELETE", "/subscriptions/{id}", "Remove a subscription", OfSubscription, SubscriptionShape, unsubscribe),
)


def _check_inbox(served: ServedAccount, target: object) -> None:
    # Copper would accept another account's inbox, but nothing would ever be delivered there.
    wrong = served.inbox.other_inbox_text(target) if isinstance(target, str) else ""
    if wrong:
        raise Refused(422, f"target: {wrong}")


def _found(served: ServedAccount, subscription_id: int) -> Subscription:
    found = served.tenant.account.subscriptions.find(subscription_id)
    if found is None:
        raise NotFound(hint=f"There is no subscription {subscription_id} in this account.")
    return found


def _unmasked(params: dict[str, Any], before: Any) -> dict[str, Any]:
    return {name: before[name] if value == MASK and name in before else value for name, value in params.items()}
