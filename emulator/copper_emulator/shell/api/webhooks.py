"""The subscriptions API: /developer_api/v1/webhooks (developer.copper.com, webhooks)."""

from __future__ import annotations

from typing import NamedTuple
from weakref import WeakKeyDictionary

from copper_emulator.core.account import Account
from copper_emulator.core.json_text import encode
from copper_emulator.core.model import Subscription
from copper_emulator.core.subscriptions import Subscriptions, parse_create, secret_hint
from copper_emulator.core.wire import subscription_json
from copper_emulator.shell.api.answers import answer, answer_raw
from copper_emulator.shell.api.calls import Call, routes_of
from copper_emulator.shell.api.json_answer import JsonAnswer


class _Listed(NamedTuple):
    """The last list answered to a key, and after how many writes."""

    key: int
    writes: int
    raw: bytes


_LISTED: WeakKeyDictionary[Subscriptions, _Listed] = WeakKeyDictionary()
"""Dropped along with the subscriptions: a reset gives an account new ones."""


def list_subscriptions(call: Call) -> JsonAnswer:
    """200 with a bare array of the key's own subscriptions, by ascending id; there are no pages."""
    with call.tenant.lock:
        raw = _listed(call.tenant.account)
    return answer_raw(raw)


def view_subscription(call: Call) -> JsonAnswer:
    """200 with the object, or 404."""
    wanted = call.id("subscription")
    with call.tenant.lock:
        account = call.tenant.account
        found = account.subscriptions.get(wanted, account.key.serial)
    return answer(subscription_json(found))


def create_subscription(call: Call) -> JsonAnswer:
    """200 (not 201) with the new object, or 422."""
    body = call.body
    made = call.tenant.record(
        lambda account, now: account.subscribe(parse_create(body, account.rules, surface=account.surface), now)
    )
    return shown_with_hint(made)


def update_subscription(call: Call) -> JsonAnswer:
    """200 with the whole object; only the keys that were sent are changed."""
    wanted, body = call.id("subscription"), call.body
    changed = call.tenant.record(lambda account, now: account.update_subscription(wanted, body, now))
    return shown_with_hint(changed)


def delete_subscription(call: Call) -> JsonAnswer:
    """200 with `{"id":N}`."""
    wanted = call.id("subscription")
    call.tenant.record(lambda account, now: account.unsubscribe(wanted, now))
    return answer({"id": wanted})


def _listed(account: Account) -> bytes:
    subscriptions, key = account.subscriptions, account.key.serial
    kept = _LISTED.get(subscriptions)
    if kept is None or (kept.key, kept.writes) != (key, subscriptions.writes):
        raw = encode([subscription_json(each) for each in subscriptions.of_key(key)])
        kept = _LISTED[subscriptions] = _Listed(key, subscriptions.writes, raw)
    return kept.raw


def shown_with_hint(subscription: Subscription) -> JsonAnswer:
    """200 with the object, and a hint if its secret cannot arrive complete."""
    return answer(subscription_json(subscription), hint=secret_hint(subscription.secret))


routes = routes_of(
    [
        ("GET", "/webhooks", list_subscriptions),
        ("POST", "/webhooks", create_subscription),
        ("GET", "/webhooks/{id}", view_subscription),
        ("PUT", "/webhooks/{id}", update_subscription),
        ("DELETE", "/webhooks/{id}", delete_subscription),
    ]
)
