"""Where notifications go: routes, targets, a paused one, the built-in inbox, and the limits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from copper_emulator.shell.routing.inbox import MOST, Inbox
from copper_emulator.shell.served.plan import ClockName
from tests.shell.served import TARGET, Endpoint, Served, listening, serving

DEFAULT = "/accounts/default"
INBOX = "https://inbox.example/default"

pytestmark = pytest.mark.asyncio


async def got(served: Served, path: str) -> Any:
    status, shown = await served.control("GET", f"{DEFAULT}{path}")
    assert status == 200, shown
    return shown


async def done(served: Served, path: str, body: Any) -> Any:
    status, shown = await served.control("POST", f"{DEFAULT}{path}", body)
    assert status == 200, shown
    return shown


# --- routes -------------------------------------------------------------------------------------------------


async def test_a_route_can_be_added_changed_and_taken_away() -> None:
    async with listening(Endpoint()) as endpoint, serving() as served:
        await served.subscribe("person", "update")

        await served.fire("person", "update", 1)
        added = await done(served, "/routes", {"origin": "https://my-app.example", "to": "http://127.0.0.1:1"})
        changed = await done(served, "/routes", {"origin": "https://my-app.example/", "to": endpoint.url})
        await served.fire("person", "update", 2)
        removed = await done(served, "/routes/remove", {"origin": "https://MY-APP.example"})
        await served.fire("person", "update", 3)

        here = {"origin": "https://my-app.example", "beyond": False}
        assert added == {"routes": [{**here, "to": "http://127.0.0.1:1"}]}
        assert changed == {"routes": [{**here, "to": endpoint.url}]}
        assert removed == {"routes": []} == await got(served, "/routes")
        outcomes = [entry["delivery"]["outcome"] for entry in await served.journal(kind="ended")]
        assert outcomes == ["blocked", "delivered", "blocked"]


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/routes", {"origin": "nowhere", "to": "http://127.0.0.1:1"}, "'nowhere' is not an origin of targets"),
        ("/routes", {"origin": "https://a.example", "to": "there"}, "'there' is not a URL to send to"),
        ("/routes", {"origin": "https://a.example", "to": "https://api.copper.com"}, "is Copper itself"),
        ("/routes", {"origin": "https://a.example"}, "to: is missing"),
        ("/routes/remove", {"origin": "nowhere"}, "'nowhere' is not an origin of targets"),
        ("/targets/pause", {"target": ""}, "target: "),
    ],
)
async def test_what_cannot_be_is_refused(path: str, body: dict[str, str], says: str) -> None:
    async with serving() as served:
        status, refused = await served.control("POST", f"{DEFAULT}{path}", body)

        assert status == 422
        assert says in refused["error"]
        assert (await got(served, "/routes"))["routes"] == []


async def test_a_route_that_is_not_there_cannot_be_taken_away() -> None:
    async with serving() as served:
        status, refused = await served.control("POST", f"{DEFAULT}/routes/remove", {"origin": "https://b.example"})

        assert (status, refused["error"]) == (404, "there is no route for 'https://b.example'.")


# --- targets ------------------------------------------------------------------------------------------------


async def test_targets_are_listed_with_where_they_lead_and_what_waits() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint, latency="1m") as served:
        first = await served.subscribe("person", "update")
        second = await served.subscribe("person", "new")
        await served.subscribe("person", "update", target="https://far.example/hooks")
        await served.subscribe("lead", "new", target=INBOX)
        await served.fire("person", "update", 17)

        targets = (await got(served, "/targets"))["targets"]

        assert [target["target"] for target in targets] == ["https://far.example/hooks", INBOX, TARGET]
        far, inbox, app = targets
        assert (app["route"], app["blocked"], app["subscriptions"], app["waiting"], app["paused"]) == (
            endpoint.url,
            None,
            [first, second],
            1,
            False,
        )
        assert (inbox["route"], inbox["waiting"]) == ("the inbox", 0)
        assert (far["route"], far["blocked"][:32]) == ("", "no route for https://far.example")


@pytest.mark.parametrize("begins", ["wall", "manual"])
async def test_a_paused_target_gets_nothing_until_it_is_resumed(begins: ClockName) -> None:
    async with listening(Endpoint()) as endpoint, serving(clock=begins, to=endpoint) as served:
        await served.subscribe("person", "update")
        await served.subscribe("person", "update", target=INBOX)

        paused = await done(served, "/targets/pause", {"target": TARGET})
        for record_id in (1, 2):
            await served.fire("person", "update", record_id)
        await served.until(kind="ended")
        waiting = (await got(served, "/notifications?state=queued"))["notifications"]

        assert paused["paused"]
        assert endpoint.bodies == []
        assert [row["told"] for row in waiting] == ["waits, its target is paused"] * 2
        (target,) = [t for t in (await got(served, "/targets"))["targets"] if t["target"] == TARGET]
        assert (target["waiting"], target["paused"]) == (2, True)
        why = await got(served, "/why?type=person&id=1")
        assert any("waits, its target is paused" in line for line in why["lines"])

        assert not (await done(served, "/targets/resume", {"target": TARGET}))["paused"]
        assert begins == "wall" or len(endpoint.bodies) == 2, "while time stands still it is answered after that"
        assert [(await endpoint.arrived.get())["ids"] for _ in range(2)] == [[1], [2]]
        told = [(entry["kind"], entry["line"][25:]) for entry in await served.journal() if "pause" in entry["line"]]
        assert told == [("paused", f"paused      {TARGET}")]
        assert len(await served.journal(kind="resumed")) == 1


async def test_what_is_on_its_way_when_its_target_is_paused_comes_back() -> None:
    async with listening(Endpoint(hangs=True)) as endpoint, serving(clock="wall", to=endpoint) as served:
        await served.subscribe("person", "update")
        await served.fire("person", "update", 1)
        await endpoint.arrived.get()
        await done(served, "/targets/pause", {"target": TARGET})
        await served.fire("person", "update", 2)

        (target,) = (await got(served, "/targets"))["targets"]
        assert (target["sending"], target["waiting"]) == (1, 1)
        endpoint.let_go.set()
        await served.until(kind="ended")

        assert [row["state"] for row in (await got(served, "/notifications"))["notifications"]] == [
            "queued",
            "delivered",
        ]


@pytest.mark.parametrize("leaves", ["DELETE", "PUT"])
async def test_a_paused_target_that_nobody_subscribes_any_more_can_be_resumed(leaves: str) -> None:
    other = f"{TARGET}/elsewhere"
    async with serving() as served:
        made = await served.subscribe("person", "update")
        await done(served, "/targets/pause", {"target": TARGET})
        status, _ = await served.api(leaves, f"/webhooks/{made}", {"target": other} if leaves == "PUT" else None)
        assert status == 200

        resumed = await done(served, "/targets/resume", {"target": TARGET})

        assert (resumed["target"], resumed["paused"], resumed["subscriptions"]) == (TARGET, False, [])
        assert [each["target"] for each in (await got(served, "/targets"))["targets"]] == [other] * (leaves == "PUT")


async def test_only_what_is_subscribed_can_be_paused_and_only_what_is_paused_resumed() -> None:
    async with serving() as served:
        await served.subscribe("person", "update")

        status, refused = await served.control("POST", f"{DEFAULT}/targets/pause", {"target": "https://b.example"})
        assert (status, refused["hint"]) == (404, f"The only target is {TARGET}.")
        status, refused = await served.control("POST", f"{DEFAULT}/targets/resume", {"target": TARGET})
        assert (status, refused["error"]) == (409, f"the target {TARGET!r} is not paused")


async def test_a_reset_resumes_everything() -> None:
    async with serving() as served:
        await served.subscribe("person", "update")
        await done(served, "/targets/pause", {"target": TARGET})

        await done(served, "/reset", {})

        assert (await got(served, "/targets"))["targets"] == []


# --- the inbox ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begins", ["wall", "manual"])
async def test_what_is_sent_to_the_inbox_lies_there_newest_first(begins: ClockName) -> None:
    async with serving(clock=begins) as served:
        await served.subscribe(
            "person", "update", target=INBOX, secret={"key": "tell-nobody"}, headers={"X-T": "tell-it"}
        )
        for record_id in (1, 2):
            await served.fire("person", "update", record_id)
            await done(served, "/wait", {"ids": [record_id]})

        inbox = await got(served, "/inbox")

        assert (inbox["target"], inbox["received"]) == (INBOX, 2)
        assert [request["body"]["ids"] for request in inbox["requests"]] == [[2], [1]]
        assert inbox["requests"][0]["body"]["key"] == "***"
        assert ["X-T", "***"] in inbox["requests"][0]["headers"]
        assert "tell-" not in json.dumps(inbox)
        assert len((await got(served, "/inbox?limit=1"))["requests"]) == 1
        (row, _) = (await got(served, "/notifications"))["notifications"]
        assert (row["state"], row["route"]) == ("delivered", "the inbox")


async def test_the_inbox_answers_what_it_is_told_to() -> None:
    async with serving() as served:
        await served.subscribe("person", "update", target=INBOX + "/below?x=1")
        told = await done(served, "/inbox", {"status": 503, "body": "not now", "delay": "2s"})
        await served.fire("person", "update", 1)
        before = (await got(served, "/notifications/1"))["notification"]
        await done(served, "/clock/advance", {"by": "2s"})
        after = await got(served, "/notifications/1")
        await done(served, "/inbox", {"status": 200, "delay": 0})
        await served.fire("person", "update", 2)

        assert told["reply"] == {"status": 503, "body": "not now", "delay": "2s"}
        assert before["state"] == "sending"
        assert (after["delivery"]["status"], after["delivery"]["response_body"]) == (503, "not now")
        assert (await got(served, "/notifications/2"))["delivery"]["response_body"] == "not now", (
            "what is not said stays"
        )
        await done(served, "/reset", {})
        inbox = await got(served, "/inbox")
        assert (inbox["received"], inbox["requests"], inbox["reply"]["body"]) == (0, [], "")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"status": 99}, "status: 99 is too small: the least is 200"),
        ({"status": "no"}, "status: 'no' is not a whole number"),
        ({"delay": "soon"}, "delay: "),
        ({"delay": "-1s"}, "delay: "),
        ({"body": "x" * 10_001}, "body: must not have more than 10000 characters"),
        ({"statue": 200}, "statue: there is no such key; did you mean 'status'? The keys are status, body and delay"),
    ],
)
async def test_what_the_inbox_cannot_answer_is_refused(body: dict[str, Any], says: str) -> None:
    async with serving() as served:
        status, refused = await served.control("POST", f"{DEFAULT}/inbox", body)

        assert status == 422
        assert says in refused["error"]


async def test_a_route_says_when_it_leads_beyond_this_machine() -> None:
    async with serving() as served:
        said = {"origin": "https://my-app.example", "to": "https://www.example.com"}

        assert (await done(served, "/routes", said))["routes"] == [{**said, "beyond": True}]


async def test_the_inbox_of_another_account_is_refused_and_its_own_is_named() -> None:
    async with serving() as served:
        said = {"type": "person", "event": "new", "target": "https://inbox.example/other"}
        status, refused = await served.control("POST", f"{DEFAULT}/subscriptions", said)

        assert status == 422
        assert refused["error"] == (
            "target: https://inbox.example/other is not this account's inbox, the only one it sends to. Subscribe "
            "https://inbox.example/default instead"
        )
        # A client of Copper's API may subscribe it, like any URL; the delivery then says so.
        await served.subscribe("person", "new", target="https://inbox.example/other")
        change = await served.fire("person", "new", 1)
        assert "is not this account's inbox" in change["why"][1]
        assert change["why"][-1] == "Subscribe https://inbox.example/default instead."


async def test_a_snapshot_that_comes_to_another_account_sends_to_the_inbox_of_that_one() -> None:
    async with serving() as served:
        await done(served, "/subscriptions", {"type": "person", "event": "new", "target": f"{INBOX}/deeper"})
        snapshot = await got(served, "/snapshot")
        await served.control("POST", "/accounts", {"name": "second"})

        await served.control("POST", "/accounts/second/restore", {"snapshot": snapshot})
        _, shown = await served.control("GET", "/accounts/second/subscriptions")
        await served.fire("person", "new", 1, account="second")
        _, inbox = await served.control("GET", "/accounts/second/inbox")

        assert [each["target"] for each in shown["subscriptions"]] == ["https://inbox.example/second/deeper"]
        assert inbox["received"] == 1


async def test_each_account_has_an_inbox_of_its_own() -> None:
    async with serving(tokens=("token-1", "token-2")) as served:
        await served.subscribe("person", "update", target="https://inbox.example/account-2")
        await served.subscribe("person", "update", target="https://inbox.example/account-2", token="token-2")
        for account in ("default", "account-2"):
            await served.fire("person", "update", 1, account=account)

        _, inbox = await served.control("GET", "/accounts/account-2/inbox")
        (row,) = (await got(served, "/notifications"))["notifications"]
        assert inbox["received"] == 1
        assert row["state"] == "blocked"


async def test_what_the_inbox_got_is_in_a_snapshot_with_the_rest() -> None:
    async with serving() as served:
        await served.subscribe("person", "update", target=INBOX)
        await served.subscribe("person", "new", target=TARGET)
        for record_id in (1, 2):
            await served.fire("person", "update", record_id)
            await served.fire("person", "new", record_id)
        before = await got(served, "/inbox")
        snapshot = await got(served, "/snapshot")
        await done(served, "/reset", {})

        await done(served, "/restore", {"snapshot": snapshot})

        assert await got(served, "/inbox") == before
        assert before["received"] == 2


async def test_only_its_own_urls_are_the_inboxs() -> None:
    inbox = Inbox("a b")

    assert inbox.target == "https://inbox.example/a%20b"
    yes = [inbox.target, inbox.target + "/", inbox.target + "?x", inbox.target + "/deep/er"]
    no = ["https://inbox.example/", inbox.target + "c", "https://inbox.example.org/a%20b", ""]
    assert [inbox.is_for(url) for url in (*yes, *no)] == [True] * 4 + [False] * 4
    assert inbox.requests.maxlen == MOST


# --- limits -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("window", ["fixed", "rolling"])
async def test_limits_say_how_full_they_are_and_what_waits_for_which(window: str) -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint, limits="2/1m,3/10m", window=window) as served:
        await served.subscribe("person", "update")
        empty = await got(served, "/limits")
        for record_id in range(1, 6):
            await served.fire("person", "update", record_id)
        shown = await got(served, "/limits")
        await done(served, "/clock/advance", {"by": "1m"})
        later = await got(served, "/limits?marks=1")

        assert [(x["limit"], x["counted"], x["room"], x["opens_at"], x["held"]) for x in empty["limits"]] == [
            ("2/1m", 0, 2, None, 0),
            ("3/10m", 0, 3, None, 0),
        ]
        assert (shown["window"], shown["over_limit"]) == (window, "hold")
        minute, ten = shown["limits"]
        assert (minute["counted"], minute["room"], minute["held"], minute["length_ms"]) == (2, 0, 3, 60_000)
        assert minute["opens_at"] == minute["window_until"]
        assert minute["window_from"] == shown["now"]
        assert (ten["counted"], ten["room"], ten["opens_at"], ten["held"]) == (2, 1, None, 0)
        assert [(mark["state"], mark["held_by"], mark["started_at"] is None) for mark in shown["marks"]] == [
            ("delivered", None, False),
            ("delivered", None, False),
            *[("held", "2/1m", True)] * 3,
        ]
        assert [(x["counted"], x["held"]) for x in later["limits"]] == [(1, 0), (3, 2)]
        assert [mark["serial"] for mark in later["marks"]] == [5]


async def test_without_limits_there_are_none_to_show() -> None:
    async with serving(limits="off") as served:
        assert (await got(served, "/limits"))["limits"] == []


# --- readiness ----------------------------------------------------------------------------------------------


async def test_a_server_that_delivers_is_ready() -> None:
    async with serving() as served:
        assert await served.control("GET", "/ready") == (200, {"status": "ready", "accounts": 1})
        account = served.accounts.named("default")
        assert account is not None
        await account.stop()

        status, refused = await served.control("GET", "/ready")

        assert status == 503
        assert refused["error"] == "nothing is delivered yet for default"
