"""The subscriptions API: /developer_api/v1/webhooks (developer.copper.com, webhooks)."""

from __future__ import annotations

from aiohttp import web

from copper_emulator.core.model import Subscription
from copper_emulator.core.subscriptions import parse_create, secret_hint
from copper_emulator.core.wire import parse_body, subscription_json
from copper_emulator.shell.api.answers import answer, go_on
from copper_emulator.shell.api.calls import BASE, path_id
from copper_emulator.shell.api.credentials import stage_of
from copper_emulator.shell.api.receiving import body_of

PATH = f"{BASE}/webhooks"


async def list_subscriptions(request: web.Request) -> web.Response:
    """200 with a bare array of the key's own, by ascending id; there are no pages."""
    stage = stage_of(request)
    with stage.lock:
        shown = [subscription_json(s) for s in stage.account.subscriptions.of_key(stage.account.key.serial)]
    return answer(shown)


async def view_subscription(request: web.Request) -> web.Response:
    """200 with the object, or 404."""
    stage = stage_of(request)
    wanted = path_id(request, "subscription")
    with stage.lock:
        found = stage.account.subscriptions.get(wanted, stage.account.key.serial)
    return answer(subscription_json(found))


async def create_subscription(request: web.Request) -> web.Response:
    """200 (not 201) with the new object, or 422."""
    stage = stage_of(request)
    body = parse_body(await body_of(request))
    made = stage.record(
        lambda account, now: account.subscribe(parse_create(body, account.rules, surface=account.surface), now)
    )
    return shown_with_hint(made)


async def update_subscription(request: web.Request) -> web.Response:
    """200 with the whole object; only the keys that were sent are changed."""
    stage = stage_of(request)
    wanted = path_id(request, "subscription")
    body = parse_body(await body_of(request))
    changed = stage.record(lambda account, now: account.update_subscription(wanted, body, now))
    return shown_with_hint(changed)


async def delete_subscription(request: web.Request) -> web.Response:
    """200 with `{"id":N}`."""
    stage = stage_of(request)
    wanted = path_id(request, "subscription")
    stage.record(lambda account, now: account.unsubscribe(wanted, now))
    return answer({"id": wanted})


def shown_with_hint(subscription: Subscription) -> web.Response:
    """The object, and a hint where its secret cannot arrive whole."""
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
