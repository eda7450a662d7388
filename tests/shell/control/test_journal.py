"""The journal in the control API: its filters beyond those of `test_control.py`, and its pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.shell.served import TARGET, Endpoint, Served, listening, serving

PATH = "/accounts/default/journal"

pytestmark = pytest.mark.asyncio


async def asked(served: Served, query: str = "") -> Any:
    status, page = await served.control("GET", f"{PATH}?{query}")
    assert status == 200, page
    return page


def numbers(page: Any) -> list[int]:
    return [entry["number"] for entry in page["entries"]]


@asynccontextmanager
async def three_a_minute_apart() -> AsyncIterator[Served]:
    """A subscription (entry 1) and three changes, each with change, queued, sending, ended: entries 2 to 13."""
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update", secret={"key": "tell-nobody"})
        for record_id in (1, 2, 3):
            await served.fire("person", "update", record_id, name=["Ada", f"Ada {record_id}."])
            await served.control("POST", "/accounts/default/clock/advance", {"by": "1m"})
        yield served


async def test_the_journal_is_paged_both_ways() -> None:
    async with three_a_minute_apart() as served:
        latest = await asked(served, "limit=5")
        older = await asked(served, "limit=5&before=9")
        oldest = await asked(served, "limit=5&before=4")
        forth = await asked(served, "limit=5&since=3")

        assert [numbers(page) for page in (latest, older, oldest)] == [[9, 10, 11, 12, 13], [4, 5, 6, 7, 8], [1, 2, 3]]
        assert forth["entries"] == older["entries"]
        assert numbers(await asked(served, "since=3&before=6")) == [4, 5]
        assert [(p["first"], p["last"], p["count"]) for p in (latest, older)] == [(1, 13, 13)] * 2


async def test_moments_are_filters() -> None:
    async with three_a_minute_apart() as served:
        at = {entry["number"]: entry["at"] for entry in (await asked(served))["entries"]}

        assert numbers(await asked(served, f"after_time={at[6]}&before_time={at[10]}")) == [6, 7, 8, 9]
        assert numbers(await asked(served, f"after_time={at[10]}&since=11")) == [12, 13]
        assert numbers(await asked(served, f"before_time={at[1]}")) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("subscription=560698&kind=subscribed", [1]),
        ("subscription=560698&id=2", [6, 7, 8, 9]),
        ("subscription=560699", []),
        ("text=ada 2.", [9]),
        ("text=HOOKS/COPPER&kind=ended", [5, 9, 13]),
        ("text=tell-nobody", []),
        ("text=key=***", [1]),
        ("status=200&id=3", [13]),
    ],
)
async def test_filters_combine(query: str, expected: list[int]) -> None:
    async with three_a_minute_apart() as served:
        assert numbers(await asked(served, query.replace(" ", "%20"))) == expected


async def test_an_empty_journal_has_no_first_entry() -> None:
    async with serving() as served:
        page = await asked(served)

        assert (page["entries"], page["first"], page["last"], page["count"]) == ([], 0, 0, 0)


async def test_the_stream_takes_the_same_filters() -> None:
    async with three_a_minute_apart() as served, served.stream(query="text=ada%202.&since=3") as events:
        event, _, entry = await anext(events)

        assert (event, entry["number"]) == ("entry", 9)


async def test_what_is_paused_stands_in_the_journal() -> None:
    async with three_a_minute_apart() as served:
        await served.control("POST", "/accounts/default/targets/pause", {"target": TARGET})

        (entry,) = await served.journal(kind="paused")
        assert entry["line"].endswith(f"paused      {TARGET}")
