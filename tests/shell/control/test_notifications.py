"""Notifications in the control API: the list with its filters and pages, a single one, and sending one again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from copper_emulator.core.account import Account
from copper_emulator.core.model import Attempt, Notification, Result
from copper_emulator.shell.control.filters import fits_notification
from copper_emulator.shell.control.notification_models import ListNotifications
from copper_emulator.shell.hiding import NOTHING
from tests.core.builders import MINUTE, START, deliver, fire, make_account, subscribe
from tests.shell.served import TARGET, Endpoint, Served, listening, serving


class Listener(Endpoint):
    """An endpoint that keeps headers and texts, whether they are JSON or not."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[tuple[dict[str, str], str]] = []

    async def receive(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.text()))
        return web.Response()


DEFAULT = "/accounts/default"
INBOX = "https://inbox.example/default"


async def asked(served: Served, query: str = "") -> Any:
    status, page = await served.control("GET", f"{DEFAULT}/notifications{query}")
    assert status == 200, page
    return page


async def whole(served: Served, serial: int) -> Any:
    status, shown = await served.control("GET", f"{DEFAULT}/notifications/{serial}")
    assert status == 200, shown
    return shown


def serials(page: Any) -> list[int]:
    return [row["serial"] for row in page["notifications"]]


@asynccontextmanager
async def ten_of_them() -> AsyncIterator[Served]:
    """Ten notifications of people 1 to 10, a minute apart; the even ones were rejected."""

    class Choosy(Endpoint):
        async def on_receive(self, body: dict[str, Any]) -> None:
            self.status = 200 if body["ids"][0] % 2 else 500

    async with listening(Choosy()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update", secret={"key": "tell-nobody"}, headers={"X-Token": "tell-nobody-2"})
        await served.subscribe("company", "new", target=INBOX)
        for record_id in range(1, 11):
            await served.fire("person", "update", record_id, name=["Ada", f"Ada the {record_id}."])
            await served.control("POST", f"{DEFAULT}/clock/advance", {"by": "1m"})
        yield served


# --- the list -----------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_the_newest_comes_first_with_how_it_ended() -> None:
    async with ten_of_them() as served:
        page = await asked(served)

        assert serials(page) == list(range(10, 0, -1))
        assert (page["count"], page["older"], page["newer"], page["total"]) == (10, 0, 0, 10)
        latest = page["notifications"][0]
        assert (latest["state"], latest["outcome"], latest["status"], latest["told"]) == (
            "rejected",
            "rejected",
            500,
            "rejected (500)",
        )
        assert (latest["target"], latest["ids"], latest["origin"]) == (TARGET, [10], "fire")
        assert latest["created_at"] == latest["due_at"] == latest["started_at"] == latest["ended_at"]
        assert latest["took_ms"] > 0
        assert latest["waits_for"] is None


@pytest.mark.asyncio
async def test_the_list_is_paged_both_ways() -> None:
    async with ten_of_them() as served:
        first = await asked(served, "?limit=4")
        second = await asked(served, f"?limit=4&before={serials(first)[-1]}")
        third = await asked(served, f"?limit=4&before={serials(second)[-1]}")
        back = await asked(served, f"?limit=4&after={serials(third)[0]}")

        assert [serials(page) for page in (first, second, third)] == [[10, 9, 8, 7], [6, 5, 4, 3], [2, 1]]
        assert back["notifications"] == second["notifications"]
        counts = [(page["newer"], page["older"], page["count"]) for page in (first, second, third)]
        assert counts == [(0, 6, 10), (4, 2, 10), (8, 0, 10)]
        assert serials(await asked(served, "?before=1")) == serials(await asked(served, "?after=10")) == []


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("type=person&event=update&limit=2", [10, 9]),
        ("type=company", []),
        ("event=new", []),
        ("state=rejected&limit=3", [10, 8, 6]),
        ("state=delivered&state=queued&id=3", [3]),
        ("outcome=delivered&before=6", [5, 3, 1]),
        ("status=500&after=5", [10, 8, 6]),
        ("status=5xx&after=5", [10, 8, 6]),
        ("status=4XX", []),
        ("status=200&state=rejected", []),
        ("subscription=560698&limit=1", [10]),
        ("subscription=560699", []),
        ("id=4", [4]),
        ("text=ada the 7.", [7]),
        ("text=HOOKS/COPPER&limit=1", [10]),
        ("text=rejected&limit=1", [10]),
        ("text=#2 ", [2]),
        ("text=tell-nobody", []),
        ("text=nowhere", []),
    ],
)
async def test_filters_combine(query: str, expected: list[int]) -> None:
    async with ten_of_them() as served:
        page = await asked(served, "?" + query.replace("#", "%23").replace(" ", "%20"))

        assert serials(page) == expected


@pytest.mark.asyncio
async def test_moments_are_filters_too() -> None:
    async with ten_of_them() as served:
        created = {row["serial"]: row["created_at"] for row in (await asked(served))["notifications"]}

        assert serials(await asked(served, f"?since={created[4]}&until={created[7]}")) == [6, 5, 4]
        status, refused = await served.control("GET", f"{DEFAULT}/notifications?since=yesterday")
        assert status == 422
        assert refused["error"] == "since: 'yesterday' is not a moment: write it like 2026-09-29T22:40:04Z"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("query", "says"),
    [
        (
            "state=lost+in+space",
            "state: there is no choice 'lost in space'; the choices are queued, held, sending, delivered, ",
        ),
        ("outcome=fine", "outcome: there is no choice 'fine'; the choices are delivered, "),
        ("type=persona", "type: there is no type 'persona'; did you mean 'person'? The types are lead, person, "),
        ("limit=501", "limit: 501 is too large: the most is 500"),
        ("limit=0", "limit: 0 is too small"),
        ("before=0", "before: 0 is too small"),
        ("colour=red", "colour: there is no such key; the keys are type, event, "),
        ("text=", "text: "),
        ("status=6xx", "status: '6xx' is not a status: write one from 100 to 599, or a whole class, like 5xx"),
        ("status=99", "status: '99' is not a status"),
    ],
)
async def test_an_unknown_filter_is_refused_with_what_is_known(query: str, says: str) -> None:
    async with serving() as served:
        status, refused = await served.control("GET", f"{DEFAULT}/notifications?{query}")

        assert status == 422
        assert refused["error"].startswith(says)


@pytest.mark.asyncio
async def test_what_has_not_ended_says_what_it_waits_for() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint, limits="1/10m", latency="1m") as served:
        await served.subscribe("person", "update")
        for record_id in (1, 2):
            await served.fire("person", "update", record_id)
        waits_for_time = (await asked(served))["notifications"][0]
        await served.control("POST", f"{DEFAULT}/clock/advance", {"by": "1m"})
        held = (await asked(served, "?state=held"))["notifications"][0]

        assert (waits_for_time["waits_for"], waits_for_time["state"]) == ("its due time", "queued")
        assert waits_for_time["waits_until"] == waits_for_time["due_at"]
        assert (held["waits_for"], held["held_by"], held["waits_until"]) == (
            "room under a limit",
            "1/10m",
            held["held_until"],
        )
        assert held["told"].startswith("held by the limit of 1/10m until ")
        assert (held["outcome"], held["target"], held["started_at"], held["took_ms"]) == (None, TARGET, None, None)


_ACCOUNTS: dict[str, Account] = {}


def by_length(attempt: Attempt) -> Result:
    return Result.answered((200, 404, 500)[len(attempt.body) % 3])


def small_account() -> Account:
    """Notifications of three topics, with answers of three kinds, some waiting; made once, and only read."""
    if not _ACCOUNTS:
        account = _ACCOUNTS["it"] = make_account(limits=())
        subscriptions = [subscribe(account, topic) for topic in ("lead/new", "person/new", "person/delete")]
        for place in range(60):
            fire(account, str(subscriptions[place % 3].topic), [place % 7 + 1], START + place * MINUTE)
            if place < 50:
                deliver(account, START + place * MINUTE, endpoint=by_length)
    return _ACCOUNTS["it"]


_QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["lead", "person", "task"]),
        "event": st.sampled_from(["new", "delete"]),
        "id": st.integers(1, 8),
        "state": st.lists(st.sampled_from(["queued", "delivered", "rejected", "failed"]), max_size=2),
        "status": st.sampled_from([200, 404, 500]),
        "outcome": st.lists(st.sampled_from(["delivered", "rejected"]), max_size=2),
        "text": st.sampled_from(["lead", "REJECTED", "hooks", "404", "nothing"]),
        "since": st.integers(0, 60).map(lambda minutes: f"2026-09-21T{14 + (13 + minutes) // 60}:30:00Z"),
    },
)


@settings(deadline=None)
@given(_QUERIES, _QUERIES)
def test_two_filters_together_find_what_both_find(one: dict[str, Any], other: dict[str, Any]) -> None:
    account = small_account()
    other = {name: value for name, value in other.items() if name not in one}

    def found(query: dict[str, Any]) -> list[Notification]:
        said = ListNotifications.model_validate(query)
        return [each for each in account.journal.notifications if fits_notification(said, each, account, NOTHING)]

    second = found(other)
    assert found({**one, **other}) == [each for each in found(one) if each in second]
    assert found({}) == account.journal.notifications


# --- one whole ----------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_one_notification_is_shown_whole_with_secrets_masked() -> None:
    async with ten_of_them() as served:
        shown = await whole(served, 2)

        assert "tell-nobody" not in json.dumps(shown)
        assert shown["change"]["updated_attributes"] == {"name": ["Ada", "Ada the 2."]}
        assert (shown["subscription"]["secret"], shown["subscription"]["headers"]) == (
            {"key": "***"},
            {"X-Token": "***"},
        )
        assert shown["request"]["body"]["key"] == "***"
        assert ["X-Token", "***"] in shown["request"]["headers"]
        assert json.loads(shown["request"]["text"]) == shown["request"]["body"]
        assert (shown["delivery"]["status"], shown["delivery"]["outcome"]) == (500, "rejected")
        assert "***" in shown["delivery"]["response_body"]
        assert [step["what"] for step in shown["steps"]] == ["due", "sent", "ended"]
        assert shown["why"][0].startswith("#2 person/update [2] for subscription 560698: rejected (500)")
        assert (shown["previous"], shown["next"]) == (1, 3)


@pytest.mark.asyncio
async def test_the_request_is_shown_as_it_was_sent_when_that_is_asked_for() -> None:
    async with ten_of_them() as served:
        masked = (await whole(served, 2))["request"]
        status, shown = await served.control("GET", f"{DEFAULT}/notifications/2?reveal=true")

        assert status == 200
        revealed = shown["request"]
        assert (masked["masked"], revealed["masked"]) == (True, False)
        assert revealed["body"]["key"] == "tell-nobody"
        assert ["X-Token", "tell-nobody-2"] in revealed["headers"]
        assert len(revealed["text"].encode()) == revealed["size"] == masked["size"]


@pytest.mark.asyncio
async def test_a_request_tells_where_it_went_and_what_was_put_to_its_headers_on_the_way() -> None:
    async with listening(Listener()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update")
        assert isinstance(endpoint, Listener)
        await served.fire("person", "update", 17)

        request = (await whole(served, 1))["request"]

        assert request["url"] == f"{endpoint.url}/hooks/copper"
        assert request["target"] == TARGET
        assert request["added"] == [
            ["Host", endpoint.url.removeprefix("http://")],
            ["Content-Length", str(request["size"])],
            ["X-Forwarded-Host", "my-app.example"],
            ["X-Forwarded-Proto", "https"],
        ]
        sent = {name.lower(): value for name, value in endpoint.requests[0][0].items()}
        assert {name.lower(): value for name, value in (*request["headers"], *request["added"])} == sent


@pytest.mark.asyncio
async def test_what_would_help_is_told_with_the_one_that_failed() -> None:
    async with listening(Endpoint(status=401)) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update", secret={"key": "tell-nobody"})
        await served.fire("person", "update", 17)
        endpoint.status = 200
        await served.fire("person", "update", 18)

        assert any("subscribe with the secret" in line for line in (await whole(served, 1))["advice"])
        assert (await whole(served, 2))["advice"] == []


@pytest.mark.asyncio
@pytest.mark.parametrize("secret", [None, {"key": "tell-nobody"}])
async def test_a_resend_is_advised_like_the_one_that_it_repeats(secret: dict[str, str] | None) -> None:
    async with listening(Endpoint(status=401)) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update", secret=secret)
        await served.fire("person", "update", 17)

        again = await resent(served, 1)

        why = "the subscription has none" if secret is None else "under a name other than 'key', or with a different"
        assert f"Fix the endpoint, or subscribe with the secret it expects: {why}" in again["advice"][-1]
        assert again["advice"][-1] == (await whole(served, 1))["advice"][-1]


@pytest.mark.asyncio
async def test_a_resend_without_its_subscriptions_secret_is_advised_to_send_it() -> None:
    async with listening(Endpoint(status=401)) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update", secret={"key": "tell-nobody"})
        await served.fire("person", "update", 17)

        told = [(await resent(served, 1, {"body": body}))["advice"][-1] for body in ({"ids": [17]}, ["no object"])]

        assert set(told) == {"Fix the endpoint, or send the secret it expects, in the body or in a header."}


@pytest.mark.asyncio
async def test_one_that_waits_has_no_request_yet_and_says_why() -> None:
    async with serving(latency="5m") as served:
        await served.subscribe("person", "update")
        await served.fire("person", "update", 17)

        shown = await whole(served, 1)

        assert (shown["request"], shown["delivery"]) == (None, None)
        assert "waits, due " in shown["why"][0]
        assert (shown["previous"], shown["next"]) == (None, None)


@pytest.mark.asyncio
async def test_one_on_its_way_shows_its_request() -> None:
    async with listening(Endpoint(hangs=True)) as endpoint, serving(clock="wall", to=endpoint) as served:
        await served.subscribe("person", "update", headers={"X-Token": "tell-nobody"})
        await served.fire("person", "update", 17)
        await endpoint.arrived.get()

        shown = await whole(served, 1)

        assert (shown["notification"]["state"], shown["delivery"]) == ("sending", None)
        assert shown["request"]["body"]["ids"] == [17]
        assert ["X-Token", "***"] in shown["request"]["headers"]
        assert shown["notification"]["started_at"] is not None


@pytest.mark.asyncio
@pytest.mark.parametrize("serial", ["11", "999999999"])
async def test_one_that_is_not_there_is_404_with_those_that_are(serial: str) -> None:
    async with ten_of_them() as served:
        status, refused = await served.control("GET", f"{DEFAULT}/notifications/{serial}")

        assert status == 404
        assert (refused["error"], refused["hint"]) == (
            f"there is no notification {serial} in this account",
            "The notifications are numbered 1 to 10.",
        )


@pytest.mark.asyncio
@pytest.mark.parametrize("serial", ["one", "0", "-1", "1.5"])
async def test_what_is_no_serial_is_refused(serial: str) -> None:
    async with serving() as served:
        status, refused = await served.control("GET", f"{DEFAULT}/notifications/{serial}")

        assert status == 422
        assert refused["error"].startswith("serial: ")


# --- once more ----------------------------------------------------------------------------------------------


async def resent(served: Served, serial: int, body: dict[str, Any] | None = None) -> Any:
    status, shown = await served.control("POST", f"{DEFAULT}/notifications/{serial}/resend", body or {})
    assert status == 200, shown
    return shown


@pytest.mark.asyncio
@pytest.mark.parametrize("begins", ["wall", "manual"])
async def test_a_notification_is_sent_once_more_as_it_was(begins: Any) -> None:
    async with listening(Endpoint()) as endpoint, serving(clock=begins, to=endpoint, limits="1/10m") as served:
        await served.subscribe("person", "update", secret={"key": "tell-nobody"})
        await served.fire("person", "update", 17, name=["Ada", "Grace"])
        original = await endpoint.arrived.get()
        await served.until(kind="ended")

        shown = await resent(served, 1)

        assert await endpoint.arrived.get() == original, "with its secrets, and outside the limits"
        assert (shown["notification"]["serial"], shown["notification"]["state"]) == (2, "delivered")
        assert (shown["notification"]["origin"], shown["notification"]["note"]) == ("replay", "resend of #1")
        assert shown["request"]["body"]["key"] == "***"


@pytest.mark.asyncio
async def test_what_is_edited_is_sent_edited_and_what_was_shown_masked_is_put_in_again() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update", secret={"key": "tell-nobody"}, headers={"X-Token": "tell-nobody-2"})
        await served.fire("person", "update", 17)
        body = (await whole(served, 1))["request"]["body"]

        shown = await resent(served, 1, {"body": {**body, "ids": [18], "more": "***"}, "target": TARGET + "/2"})

        sent = endpoint.bodies[-1]
        assert (sent["ids"], sent["key"], sent["more"]) == ([18], "tell-nobody", "***")
        assert shown["notification"]["note"] == "resend of #1, edited"
        assert shown["notification"]["target"] == TARGET + "/2"
        headers = dict((await whole(served, 1))["request"]["headers"])
        shown = await resent(served, 1, {"headers": {**headers, "X-Trace": "7"}})
        assert [name for name, _ in shown["request"]["headers"]] == ["Content-Type", "User-Agent", "X-Token", "X-Trace"]
        assert "tell-nobody" not in json.dumps(shown)


@pytest.mark.asyncio
async def test_a_value_written_by_hand_is_told_from_the_subscriptions_own_without_being_shown() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update", secret={"key": "tell-nobody"}, headers={"X-Token": "tell-nobody-2"})
        await served.fire("person", "update", 17)
        request = (await whole(served, 1))["request"]
        headers, body = dict(request["headers"]), request["body"]

        edited = {"body": {**body, "key": "wrong", "mine": {"a": 1}}, "headers": {**headers, "X-Extra": "7"}}
        shown = (await resent(served, 1, edited))["request"]

        other = "*** (not the subscription's)"
        assert (shown["body"]["key"], shown["body"]["mine"]) == (other, other)
        assert {name: value for name, value in shown["headers"] if name.startswith("X-")} == {
            "X-Token": "***",
            "X-Extra": other,
        }
        assert json.loads(shown["text"]) == shown["body"]
        as_it_was = (await resent(served, 2, {"body": shown["body"]}))["request"]["body"]
        assert as_it_was["key"] == other
        assert endpoint.bodies[-1] == endpoint.bodies[-2], "and comes back as what it stands for"
        assert (await resent(served, 1))["request"]["body"]["key"] == "***"
        assert (await resent(served, 1, {"body": ["no object"]}))["request"]["text"] == '["no object"]'


@pytest.mark.asyncio
async def test_a_resend_and_its_original_know_each_other() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        subscription = await served.subscribe("person", "update")
        await served.fire("person", "update", 17)
        await resent(served, 1)
        await resent(served, 1, {"target": TARGET + "/2"})

        rows = (await asked(served))["notifications"]

        assert [(row["resend_of"], row["resent_as"]) for row in rows] == [(1, []), (1, []), (None, [2, 3])]
        assert (await whole(served, 1))["notification"] == rows[-1]
        assert serials(await asked(served, f"?subscription={subscription}")) == [3, 2, 1]


@pytest.mark.asyncio
async def test_what_was_delivered_by_sending_it_again_is_told_from_what_still_fails() -> None:
    async with ten_of_them() as served:
        await resent(served, 2, {"body": {"ids": [1]}})
        await resent(served, 4)
        await resent(served, 12, {"body": {"ids": [1]}})
        await resent(served, 6)

        assert serials(await asked(served, "?recovered=true")) == [12, 4, 2]
        assert serials(await asked(served, "?recovered=false&state=rejected")) == [14, 10, 8, 6]
        assert serials(await asked(served, "?recovered=false&state=lost")) == []


@pytest.mark.asyncio
async def test_a_resent_one_can_be_resent() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update")
        await served.fire("person", "update", 17)
        await resent(served, 1)

        assert (await resent(served, 2))["notification"]["note"] == "resend of #2"
        assert len(endpoint.bodies) == 3


@pytest.mark.asyncio
async def test_what_a_limit_dropped_is_sent_as_it_would_have_been() -> None:
    async with (
        listening(Endpoint()) as endpoint,
        serving(to=endpoint, limits="1/10m", over_limit="drop") as served,
    ):
        subscription = await served.subscribe("person", "update", secret={"key": "tell-nobody"})
        await served.fire("person", "update", 1)
        await served.fire("person", "update", 2)
        assert (await whole(served, 2))["notification"]["state"] == "dropped"

        await resent(served, 2)

        assert endpoint.bodies[-1]["ids"] == [2]
        assert endpoint.bodies[-1]["key"] == "tell-nobody"
        await served.api("DELETE", f"/webhooks/{subscription}")
        await resent(served, 2)
        assert endpoint.bodies[-1]["key"] == "tell-nobody", "also when its subscription is gone"


@pytest.mark.asyncio
async def test_what_has_not_ended_is_not_sent_again() -> None:
    async with serving(latency="5m") as served:
        await served.subscribe("person", "update")
        await served.fire("person", "update", 17)

        status, refused = await served.control("POST", f"{DEFAULT}/notifications/1/resend", {})

        assert status == 409
        assert refused["error"].startswith("notification 1 has not ended: waits, due ")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"target": "nowhere"}, "target: 'nowhere' is not a URL to send to"),
        ({"target": "ftp://127.0.0.1/"}, "is not a URL to send to"),
        ({"headers": {"X": "a\r\nb"}}, "has an invalid value for X"),
        ({"headers": {"Host": "a"}}, "must not contain Host"),
        ({"headers": {"X": 1}}, "headers: 1 is not text"),
        ({"serial": 2}, "serial: is already in the path"),
        ({"bod": {}}, "bod: there is no such key; did you mean 'body'? The keys are serial, body, headers and target"),
    ],
)
async def test_what_cannot_be_sent_is_refused_and_changes_nothing(body: dict[str, Any], says: str) -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update")
        await served.fire("person", "update", 17)
        before = await served.journal()

        status, refused = await served.control("POST", f"{DEFAULT}/notifications/1/resend", body)

        assert status == 422
        assert says in refused["error"]
        assert await served.journal() == before


@pytest.mark.asyncio
async def test_a_captured_body_is_delivered() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        captured = {"subscription_id": 1, "event": "new", "type": "lead", "ids": [5], "key": "tell-nobody"}

        status, shown = await served.control(
            "POST", f"{DEFAULT}/replay", {"body": captured, "target": TARGET, "headers": {"X-Trace": "tell-nobody-2"}}
        )

        assert status == 200
        assert endpoint.bodies == [captured]
        assert (shown["notification"]["origin"], shown["notification"]["note"]) == (
            "replay",
            "replay of a captured body",
        )
        assert (shown["subscription"], shown["change"]["type"]) == (None, "lead")
        assert "tell-nobody" not in json.dumps(shown)


@pytest.mark.asyncio
async def test_any_text_is_sent_as_it_is_also_while_it_is_recorded() -> None:
    async with listening(Listener()) as endpoint, serving(to=endpoint) as served:
        assert isinstance(endpoint, Listener)
        await served.control("POST", f"{DEFAULT}/recording/start", {})
        for text in ('{"type": ', '{"a": 1}'):
            said = {"text": text, "type": "person", "event": "update", "target": TARGET}
            status, shown = await served.control("POST", f"{DEFAULT}/replay", said)

            assert (status, endpoint.requests[-1][1]) == (200, text)
            assert (shown["notification"]["type"], shown["notification"]["ids"]) == ("person", [])
            assert shown["notification"]["state"] == "delivered"
        await served.fire("person", "update", 17)
        _, recorded = await served.control("GET", f"{DEFAULT}/recording")
        assert recorded["scenario"].count("a body that is not a notification was sent") == 2
        _, snapshot = await served.control("GET", f"{DEFAULT}/snapshot")
        status, _ = await served.control("POST", f"{DEFAULT}/restore", {"snapshot": snapshot})
        assert (status, serials(await asked(served))) == (200, [2, 1])


@pytest.mark.asyncio
async def test_a_text_that_is_a_notification_is_listed_with_its_ids() -> None:
    text = '{"type": "person", "event": "update",\n "ids": [17, 18]}'
    async with listening(Listener()) as endpoint, serving(to=endpoint) as served:
        assert isinstance(endpoint, Listener)
        said = {"text": text, "type": "person", "event": "update", "target": TARGET}
        _, shown = await served.control("POST", f"{DEFAULT}/replay", said)

        assert endpoint.requests[-1][1] == text
        assert shown["notification"]["ids"] == [17, 18]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({}, "takes either a body or a text"),
        ({"body": {}, "text": ""}, "takes either a body or a text"),
        ({"text": "a"}, "takes type and event with a text, and only then"),
        ({"text": "a", "type": "person"}, "takes type and event with a text, and only then"),
        ({"body": {}, "type": "person"}, "takes type and event with a text, and only then"),
    ],
)
async def test_a_replay_is_of_a_body_or_of_a_text(said: dict[str, Any], says: str) -> None:
    async with serving() as served:
        status, refused = await served.control("POST", f"{DEFAULT}/replay", {**said, "target": TARGET})

        assert status == 422
        assert says in refused["error"]


@pytest.mark.asyncio
async def test_what_is_no_captured_body_is_refused() -> None:
    async with serving() as served:
        status, refused = await served.control("POST", f"{DEFAULT}/replay", {"body": {"ids": [1]}, "target": TARGET})

        assert status == 422
        assert refused["error"].startswith("this is not a captured notification")
        assert await served.journal() == []


@pytest.mark.asyncio
async def test_an_endpoint_that_time_waits_for_cannot_resend() -> None:
    class Resending(Endpoint):
        served: Served
        answered: tuple[int, Any]

        async def on_receive(self, body: dict[str, Any]) -> None:
            self.answered = await self.served.control("POST", f"{DEFAULT}/notifications/1/resend", {})

    async with listening(Resending()) as endpoint, serving(to=endpoint) as served:
        assert isinstance(endpoint, Resending)
        endpoint.served = served
        await served.subscribe("person", "update")

        await served.fire("person", "update", 17)

        assert endpoint.answered[0] == 409
        assert (await asked(served))["count"] == 1
