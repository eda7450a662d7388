"""Subscriptions in the control API: those of all keys, made, changed and removed, and refused in Copper's own words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.shell.served import TARGET, Endpoint, Served, listening, serving

PATH = "/accounts/default/subscriptions"

pytestmark = pytest.mark.asyncio


async def made(served: Served, **extras: Any) -> dict[str, Any]:
    status, shown = await served.control(
        "POST", PATH, {"target": TARGET, "type": "person", "event": "update", **extras}
    )
    assert status == 200, shown
    found: dict[str, Any] = shown
    return found


async def test_who_subscribes_here_is_notified() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        subscription = await made(served, secret={"key": "tell-nobody"}, headers={"X-Token": "tell-nobody"})
        await served.fire("person", "update", 17)

        assert (subscription["target"], subscription["secret"]) == (TARGET, {"key": "***"})
        assert endpoint.bodies[0]["subscription_id"] == subscription["id"]
        assert endpoint.bodies[0]["key"] == "tell-nobody"


async def test_the_list_says_how_many_there_are_and_may_be() -> None:
    async with serving() as served:
        first, second = await made(served), await made(served, event="new")

        status, page = await served.control("GET", PATH)

        assert status == 200
        assert page == {"subscriptions": [first, second], "count": 2, "max": 100, "key": 1}
        assert await served.control("GET", f"{PATH}/{second['id']}") == (200, second)


async def test_what_was_subscribed_before_there_was_a_key_belongs_to_the_first() -> None:
    async with serving() as served:
        subscription = await made(served)

        status, webhooks = await served.api("GET", "/webhooks", token="the first one seen")

        assert status == 200
        assert [webhook["id"] for webhook in webhooks] == [subscription["id"]]
        status, why = await served.control("GET", f"/accounts/default/why?subscription={subscription['id']}")
        assert (status, "earlier API key" in "".join(why["lines"])) == (200, False)


async def test_a_record_tells_why_although_the_account_has_no_key() -> None:
    async with serving() as served:
        subscription = await made(served)
        await served.fire("person", "update", 17)

        for query in (f"subscription={subscription['id']}", "type=person&id=17", ""):
            status, why = await served.control("GET", f"/accounts/default/why?{query}")
            assert status == 200, why


async def test_what_is_changed_is_changed_and_what_comes_back_masked_stays() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        subscription = await made(served, secret={"key": "tell-nobody", "old": "x"}, headers={"X-Token": "tell-nobody"})

        status, changed = await served.control(
            "PUT",
            f"{PATH}/{subscription['id']}",
            {"target": TARGET + "/2", "secret": {"key": "***", "new": "***"}, "headers": subscription["headers"]},
        )
        await served.fire("person", "update", 17)

        assert status == 200
        assert (changed["target"], changed["secret"]) == (TARGET + "/2", {"key": "***", "new": "***"})
        assert endpoint.bodies[0]["key"] == "tell-nobody"
        assert endpoint.bodies[0]["new"] == "***"
        assert "old" not in endpoint.bodies[0]
        assert "tell-nobody" not in json.dumps(await served.journal())


async def test_what_is_removed_is_gone() -> None:
    async with serving() as served:
        subscription = await made(served)

        assert await served.control("DELETE", f"{PATH}/{subscription['id']}") == (200, subscription)

        status, refused = await served.control("DELETE", f"{PATH}/{subscription['id']}")
        assert status == 404
        assert refused["hint"] == f"There is no subscription {subscription['id']} in this account."


async def test_those_of_an_earlier_key_can_be_changed_and_removed_too() -> None:
    async with serving() as served:
        subscription = await served.subscribe("person", "update")
        account = served.accounts.named("default")
        assert account is not None
        account.tenant.switch_key()

        status, changed = await served.control("PUT", f"{PATH}/{subscription}", {"target": TARGET + "/2"})
        assert (status, changed["key"], changed["target"]) == (200, 1, TARGET + "/2")
        assert (await served.control("GET", PATH))[1]["key"] == 2
        assert (await served.control("DELETE", f"{PATH}/{subscription}"))[0] == 200


@pytest.mark.parametrize(
    ("method", "body", "says"),
    [
        ("POST", {}, "Target: can't be blank"),
        ("POST", {"target": "http://far.example", "type": "person", "event": "new"}, "Invalid URI"),
        ("POST", {"target": TARGET, "type": "persona", "event": "new"}, "Type: is not included in the list"),
        ("POST", {"target": TARGET, "type": "activity_log", "event": "delete"}, "Event: is not included in the list"),
        ("POST", {"target": TARGET, "type": "person", "event": "new", "secret": 1}, "must be an object of strings"),
        (
            "POST",
            {"taget": TARGET},
            "taget: there is no such key; did you mean 'target'? The keys are target, type, event, secret",
        ),
        ("PUT", {"event": "new"}, "event: there is no such key; the keys are id, target, secret"),
        ("PUT", {"target": 1}, "Target: must be a string"),
        ("PUT", {"id": 1}, "id: is already in the path"),
        ("DELETE", {"target": TARGET}, "target: there is no such key; the only key is id"),
    ],
)
async def test_what_copper_would_refuse_is_refused_and_changes_nothing(
    method: str, body: dict[str, Any], says: str
) -> None:
    async with serving() as served:
        subscription = await made(served)
        before = await served.journal()

        path = PATH if method == "POST" else f"{PATH}/{subscription['id']}"
        status, refused = await served.control(method, path, body)

        assert status == 422
        assert says in refused["error"]
        assert await served.journal() == before


async def test_the_101st_is_refused_with_what_helps() -> None:
    async with serving() as served:
        for _ in range(100):
            await made(served)

        status, refused = await served.control("POST", PATH, {"target": TARGET, "type": "person", "event": "update"})

        assert status == 422
        assert "Subscription limit of 100 reached" in refused["error"]
        assert "Delete some first." in refused["hint"]


async def test_a_target_that_is_refused_is_answered_with_what_is_done_about_it_at_a_server() -> None:
    async with serving() as served:
        body = {"target": "http://127.0.0.1:5000/hooks", "type": "person", "event": "update"}

        status, refused = await served.control("POST", PATH, body)

        assert status == 422
        assert "copper-emulator routes https://my-app.example=http://127.0.0.1:5000" in refused["hint"]
        assert "copper.route" not in refused["hint"]
