"""The subscriptions API: /developer_api/v1/webhooks (developer.copper.com, webhooks)."""

from __future__ import annotations

from typing import NamedTuple
from weakref import WeakKeyDictionary

from aiohttp import web

from copper_emulator.core.account import Account
from copper_emulator.core.json_text import encode
from copper_emulator.core.model import Subscription
from copper_emulator.core.paths import API_PATH
from copper_emulator.core.subscriptions import Subscriptions, parse_create, secret_hint
from copper_emulator.core.wire import subscription_json
from copper_emulator.shell.api.answers import answer, answer_raw, go_on
from copper_emulator.shell.api.calls import path_id
from copper_emulator.shell.api.credentials import tenant_of
from copper_emulator.shell.api.json_answer import JsonAnswer
from copper_emulator.shell.api.receiving import body_of, parsed

PATH = f"{API_PATH}/webhooks"


class _Listed(NamedTuple):
    """The last list answered to a key, and after how many writes."""

    key: int
    writes: int
    raw: bytes


_LISTED: WeakKeyDictionary[Subscriptions, _Listed] = WeakKeyDictionary()
"""Dropped along with the subscriptions: a reset gives an account new ones."""


async def list_subscriptions(request: web.Request) -> JsonAnswer:
    """200 with a bare array of the key's own subscriptions, by ascending id; there are no pages."""
    tenant = tenant_of(request)
    with tenant.lock:
        raw = _listed(tenant.account)
    return answer_raw(raw)


async def view_subscription(request: web.Request) -> JsonAnswer:
    """200 with the object, or 404."""
    tenant = tenant_of(request)
    wanted = path_id(request, "subscription")
    with tenant.lock:
        found = tenant.account.subscriptions.get(wanted, tenant.account.key.serial)
    return answer(subscription_json(found))


async def create_subscription(request: web.Request) -> JsonAnswer:
    """200 (not 201) with the new object, or 422."""
    tenant = tenant_of(request)
    body = parsed(request, await body_of(request))
    made = tenant.record(
        lambda account, now: account.subscribe(parse_create(body, account.rules, surface=account.surface), now)
    )
    return shown_with_hint(made)


async def update_subscription(request: web.Request) -> JsonAnswer:
    """200 with the whole object; only the keys that were sent are changed."""
    tenant = tenant_of(request)
    wanted = path_id(request, "subscription")
    body = parsed(request, await body_of(request))
    changed = tenant.record(lambda account, now: account.update_subscription(wanted, body, now))
    return shown_with_hint(changed)


async def delete_subscription(request: web.Request) -> JsonAnswer:
    """200 with `{"id":N}`."""
    tenant = tenant_of(request)
    wanted = path_id(request, "subscription")
    tenant.record(lambda account, now: account.unsubscribe(wanted, now))
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


routes = [
    route
    for slash in ("", "/")
    for route in (
        web.get(PATH + slash, list_subscriptions, expect_handler=go_on),
        web.post(PATH + slash, create_subscription, expect_handler=go_on),
        web.get(PATH + "/{id}" + slash, view_subscription, expect_handler=go_on),
        web.put(PATH + "/{id}" + slash, update_subscription, expect_handler=go_on),
        web.delete(PATH + "/{id}" + slash, delete_subscription, expect_handler=go_on),
    )
]
