"""Waiting for deliveries: answered as soon as they exist, and with the message of `expect` if they never do."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.shell.served import Endpoint, Served, listening, serving

DEFAULT = "/accounts/default"

pytestmark = pytest.mark.asyncio


async def waited(served: Served, **said: Any) -> tuple[int, Any]:
    return await served.control("POST", f"{DEFAULT}/wait", said)


async def test_what_is_there_already_is_answered_at_once() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update")
        await served.fire("person", "update", 17)

        status, met = await waited(served, type="person", event="update", ids=[17])

        assert status == 200
        assert [delivery["ids"] for delivery in met["deliveries"]] == [[17]]
        assert met["last"] == (await served.journal())[-1]["number"]


async def test_what_comes_later_is_answered_when_it_comes() -> None:
    async with listening(Endpoint()) as endpoint, serving(clock="wall", to=endpoint) as served:
        await served.subscribe("person", "update")
        waiting = asyncio.create_task(waited(served, type="person", ids=[1, 2], timeout="60s"))
        await served.fire("person", "update", 1)
        await served.until(kind="ended")
        assert not waiting.done(), "all ids are waited for"

        await served.fire("person", "update", 2)
        status, met = await waiting

        assert status == 200
        assert [delivery["ids"] for delivery in met["deliveries"]] == [[1], [2]]


async def test_so_many_are_waited_for() -> None:
    async with listening(Endpoint(status=500)) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update")
        waiting = asyncio.create_task(waited(served, status=500, count=3, timeout="60s"))
        for record_id in (1, 2, 3):
            await served.fire("person", "update", record_id)

        status, met = await waiting

        assert (status, len(met["deliveries"])) == (200, 3)


async def test_an_entry_that_is_not_there_since_the_account_was_reset_is_refused() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update")
        await served.fire("person", "update", 17)
        _, first = await waited(served, type="person")
        await served.control("POST", "/accounts/default/reset", {})

        status, refused = await waited(served, type="person", since=first["last"], timeout="60s")

        assert status == 422
        assert refused["error"] == f"since: there is no entry {first['last']} in the journal; its last one is 0"
        assert "Numbers begin again at a reset" in refused["hint"]


async def test_only_what_ends_after_an_entry_counts_if_one_is_named() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update")
        await served.fire("person", "update", 17)
        _, first = await waited(served, type="person")

        status, refused = await waited(served, type="person", since=first["last"], timeout="10ms")
        waiting = asyncio.create_task(waited(served, type="person", since=first["last"], timeout="60s"))
        await served.fire("person", "update", 18)
        _, second = await waiting

        assert status == 408
        assert refused["error"].startswith(
            f"Expected any event of person, delivered with any 2xx, but it had already ended, at or before entry "
            f"{first['last']} of the journal."
        )
        assert [delivery["ids"] for delivery in second["deliveries"]] == [[18]]


async def test_what_was_done_before_that_entry_does_not_explain_why_nothing_comes() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        subscription = await served.subscribe("person", "update")
        await served.fire("person", "update", 17)
        before = (await served.journal())[-1]["number"]
        await served.control("DELETE", f"{DEFAULT}/subscriptions/{subscription}")
        await served.fire("person", "update", 17)
        since = (await served.journal())[-1]["number"]

        _, refused = await waited(served, type="person", since=since, timeout="10ms")
        _, earlier = await waited(served, type="person", since=before, timeout="10ms")

        assert f"but it had already ended, at or before entry {since} of the journal." in refused["error"]
        assert "but the subscription had been removed before the change." in earlier["error"]


async def test_after_the_time_out_it_says_what_came_closest_as_expect_does() -> None:
    async with listening(Endpoint(status=500)) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update", secret={"key": "tell-nobody"})
        await served.fire("person", "update", 17)

        status, refused = await waited(served, type="person", event="update", ids=[17], timeout="10ms")

        assert status == 408
        assert refused["error"].startswith(
            "Expected person/update, ids=[17], delivered with any 2xx, but it was rejected (500)."
        )
        assert "Closest:\n  #1 person/update [17]" in refused["error"]
        assert refused["hint"] == "Waited 10ms of real time."
        assert "tell-nobody" not in json.dumps(refused)


async def test_where_nobody_had_subscribed_it_says_how_that_is_done_at_a_server() -> None:
    async with serving() as served:
        await served.fire("person", "update", 17)

        status, refused = await waited(served, type="person", event="update", timeout=0.01)

        assert status == 408
        advice = "copper-emulator subscribe person.update https://..., or POST .../subscriptions"
        assert f"Subscribe before the change: {advice}." in refused["error"]
        assert "copper.subscribe" not in refused["error"]


async def test_where_time_stands_still_the_time_out_says_so() -> None:
    async with serving(latency="5m") as served:
        await served.subscribe("person", "update")
        await served.fire("person", "update", 17)

        status, refused = await waited(served, type="person", timeout=0.01)

        assert status == 408
        assert "it is not due yet" in refused["error"]
        assert refused["error"].endswith(
            ": copper-emulator advance. Or switch it off: copper-emulator settings --set latency=0."
        )
        assert refused["hint"].endswith("let its time pass with copper-emulator advance, or clock/advance.")


async def test_what_waits_for_a_paused_target_says_that_it_is_paused() -> None:
    async with serving(clock="wall") as served:
        target = "https://inbox.example/default"
        await served.subscribe("person", "update", target=target)
        await served.control("POST", f"{DEFAULT}/targets/pause", {"target": target})
        await served.fire("person", "update", 17)

        status, refused = await waited(served, type="person", timeout="30ms")

        assert status == 408
        assert "but its target is paused." in refused["error"]
        assert refused["error"].endswith("Resume the target first.")


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"type": "persona"}, "there is no type 'persona'"),
        ({"event": "gone"}, "there is no event 'gone'"),
        ({"outcome": "fine"}, "there is no outcome 'fine'; the outcomes are delivered"),
        ({"status": 200, "outcome": "failed"}, "outcome='failed' has no status"),
        ({"ids": []}, "ids: must not be empty"),
        ({"count": 0}, "count: 0 is too small"),
        ({"timeout": "11m"}, "timeout: 11m is too long: at most 10m"),
        ({"timeout": 0}, "timeout: must be more than 0"),
        ({"kind": "ended"}, "kind: there is no such key; the keys are type, event, ids"),
    ],
)
async def test_what_cannot_be_waited_for_is_refused_at_once(said: dict[str, Any], says: str) -> None:
    async with serving() as served:
        status, refused = await waited(served, **said)

        assert status == 422
        assert says in refused["error"]


async def test_a_reset_ends_the_waiting() -> None:
    async with serving() as served:
        waiting = asyncio.create_task(waited(served, type="person", timeout="60s"))
        await served.subscribe("person", "update")

        await served.control("POST", f"{DEFAULT}/reset", {})
        await served.subscribe("person", "update")
        status, refused = await waiting

        assert status == 409
        assert "was reset meanwhile" in refused["error"]


async def test_a_deletion_ends_the_waiting_and_is_not_taken_for_the_end_of_the_server() -> None:
    async with serving() as served:
        await served.control("POST", "/accounts", {"name": "other"})
        said = {"type": "person", "timeout": "60s"}
        waiting = asyncio.create_task(served.control("POST", "/accounts/other/wait", said))
        await served.fire("person", "update", 17, account="other")

        await served.control("DELETE", "/accounts/other")
        status, refused = await waiting

        assert status == 404
        assert "there is no account 'other'" in refused["error"]
        assert (await served.control("GET", "/health"))[0] == 200


async def test_the_end_of_the_server_ends_the_waiting() -> None:
    async with serving() as served:
        account = served.accounts.named("default")
        assert account is not None
        account.close()

        assert (await waited(served, type="person", timeout="60s"))[0] == 503


async def test_of_very_many_only_the_first_are_shown_and_all_are_counted() -> None:
    async with serving(limits="off") as served:
        await served.subscribe("person", "update", target="https://inbox.example/default")
        await served.fire("person", "update", *range(1, 30 * 101 + 1))

        status, met = await waited(served, type="person")

        assert (status, met["count"], len(met["deliveries"])) == (200, 101, 100)


async def test_the_advice_is_in_the_words_of_the_command() -> None:
    async with listening(Endpoint(status=500)) as endpoint, serving(to=endpoint, latency="0") as served:
        await served.subscribe("person", "update")
        await served.fire("person", "update", 17)

        _, otherwise = await waited(served, type="person", timeout="10ms")
        _, fewer = await waited(served, type="person", status=500, count=2, timeout="10ms")
        last = (await served.journal())[-1]["number"]
        _, before = await waited(served, type="person", status=500, since=last, timeout="10ms")
        _, another = await waited(served, type="person", event="new", timeout="10ms")

        assert otherwise["error"].endswith("or, if this is intended, expect it with --status 500.")
        assert fewer["error"].endswith("Expect what came: --count 1.")
        assert before["error"].endswith(
            f"from earlier on: --since (`since` in the control API) with a number below {last}."
        )
        assert "Expect what happened: copper-emulator wait person.update; or" in another["error"]


async def test_more_than_were_waited_for_are_told_with_which_options_help() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update")
        await served.fire("person", "update", 17)
        await served.fire("person", "update", 18)

        _, refused = await waited(served, type="person", count=1, timeout="10ms")

        assert refused["error"].endswith("Expect all of them: --count 2; or say which you mean, with --id.")
