"""`GET /accounts/{name}/why`: each decision about each change and subscription, in the words of explain."""

from __future__ import annotations

from typing import Any

import pytest

from copper_emulator.core.records.tables import ACTIVITY, COMPANY, PERSON
from tests.shell.served import TARGET, Served, serving

WHY = "/accounts/default/why"


async def subscribed(served: Served, type: str, event: str) -> int:
    status, made = await served.api("POST", "/webhooks", {"target": TARGET, "type": type, "event": event})
    assert status == 200
    found: int = made["id"]
    return found


async def fired(served: Served, type: str, event: str, *ids: int) -> int:
    status, change = await served.control("POST", "/accounts/default/fire", {"type": type, "event": event, "ids": ids})
    assert status == 200
    serial: int = change["serial"]
    return serial


async def asked(served: Served, query: str) -> dict[str, Any]:
    status, told = await served.control("GET", f"{WHY}?{query}")
    assert status == 200, told
    answered: dict[str, Any] = told
    return answered


@pytest.mark.asyncio
async def test_every_subscription_there_ever_was_has_its_decision() -> None:
    async with serving() as served:
        gone = await subscribed(served, "person", "update")
        await served.api("DELETE", f"/webhooks/{gone}")
        there = await subscribed(served, "person", "update")
        other = await subscribed(served, "person", "new")
        change = await fired(served, "person", "update", 17)
        later = await subscribed(served, "person", "update")

        told = await asked(served, f"change={change}")

        assert {trace["subscription"]: trace["decision"] for trace in told["traces"]} == {
            gone: "removed before",
            there: "notified",
            other: "other topic",
            later: "made later",
        }
        texts = {trace["subscription"]: trace["text"] for trace in told["traces"]}
        assert texts[other] == f"subscription {other} is for person/new"
        assert texts[gone].startswith(f"subscription {gone} had been removed before the change (")
        assert texts[later].startswith(f"subscription {later} was made after the change (")


@pytest.mark.asyncio
async def test_the_lines_are_those_of_the_traces() -> None:
    async with serving() as served:
        await subscribed(served, "person", "update")
        await fired(served, "person", "update", *range(1, 32))

        told = await asked(served, "type=people&id=31")

        [trace] = told["traces"]
        [notification] = trace["notifications"]
        assert (notification["ids"], told["lines"][1]) == ([31], f"  {notification['text']}")
        assert notification["steps"][0]["text"] == "number 2 of 2 notifications that share the ids (30, 1)"


@pytest.mark.asyncio
async def test_what_changed_nothing_or_is_not_notified_of_stands_in_the_notes() -> None:
    async with serving() as served:
        _, ada = await served.api("POST", "/people", {"name": "Ada"})
        _, acme = await served.api("POST", "/companies", {"name": "Acme"})
        await served.api("PUT", f"/people/{ada['id']}", {"name": "Ada"})
        resource = {"resource": {"id": acme["id"], "type": str(COMPANY)}}
        await served.api("POST", f"/people/{ada['id']}/related", resource)
        await served.api("DELETE", f"/people/{ada['id']}/related", resource)
        parent = {"type": str(PERSON), "id": ada["id"]}
        await served.api(
            "POST", "/activities", {"parent": parent, "type": {"category": "user", "id": 0}, "details": "met"}
        )

        told = await asked(served, f"type=person&id={ada['id']}")

        assert [note["kind"] for note in told["notes"]] == ["unchanged", "excluded", "excluded", "excluded"]
        assert "the values were the same" in told["notes"][0]["line"]
        assert "were related: Copper does not notify of relations" in told["notes"][1]["line"]
        assert "are no longer related" in told["notes"][2]["line"]
        assert f"got a new activity: that is {ACTIVITY}/new, and no person/update" in told["notes"][3]["line"]
        of_acme = await asked(served, f"type=company&id={acme['id']}")
        assert len(of_acme["notes"]) == 2


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ("subscription=5", 404, "there never was a subscription 5 in this account"),
        ("change=1", 404, "there is no change 1 in this account"),
        ("type=contact", 422, "there is no type 'contact'"),
        ("id=0", 422, "id"),
        ("change=1&type=person", 422, "takes type and id, or subscription, or change"),
        ("what=1", 422, "what"),
    ],
)
async def test_what_cannot_be_asked_is_refused(query: str, status: int, error: str) -> None:
    async with serving() as served:
        answered, refused = await served.control("GET", f"{WHY}?{query}")

        assert answered == status
        assert error in refused["error"]


@pytest.mark.asyncio
async def test_of_many_changes_the_newest_are_told_and_how_many_are_left_out() -> None:
    async with serving() as served:
        heard = await subscribed(served, "person", "update")
        changes = [await fired(served, "person", "update", number) for number in range(1, 6)]
        others = [await fired(served, "person", "new", number) for number in range(1, 4)]

        every = await asked(served, "limit=8")
        newest = await asked(served, "limit=4")

        assert (every["left_out"], newest["left_out"]) == (0, 4)
        assert [trace["change"] for trace in newest["traces"]] == [changes[-1], *others]
        assert not [line for line in newest["lines"] if "person/update [4]" in line]
        assert [line for line in newest["lines"] if "person/update [5]" in line]

        of_it = await asked(served, f"subscription={heard}&limit=2")
        assert of_it["left_out"] == 3
        assert [trace["change"] for trace in of_it["traces"]] == [*changes[-2:], *others[-2:]]
        assert "  3 changes had a different topic: person/new" in of_it["lines"]
        assert len([line for line in of_it["lines"] if "person/update [" in line]) == 2


@pytest.mark.asyncio
async def test_the_limit_is_of_changes_and_of_what_changed_nothing_together() -> None:
    async with serving() as served:
        _, ada = await served.api("POST", "/people", {"name": "Ada"})
        for _ in range(2):
            await served.api("PUT", f"/people/{ada['id']}", {"name": "Ada"})

        told = await asked(served, "type=person&limit=2")

        assert (told["left_out"], told["traces"], len(told["notes"])) == (1, [], 2)
