"""The stream of the journal: what was and what happens, nothing twice and nothing left out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from copper_emulator.core.model import Kind
from tests.shell.served import Served, serving

DEFAULT = "/accounts/default"

pytestmark = pytest.mark.asyncio


async def _eventful(served: Served) -> None:
    """A journal with entries of most kinds."""
    await served.subscribe("person", "update")
    await served.subscribe("lead", "new")
    await served.api("POST", "/webhooks", {"target": "ftp://x"})
    await served.fire("person", "update", 17, 18)
    await served.fire("lead", "new", 17)
    await served.fire("task", "delete", 5)
    await served.fire("person", "update", 19)


async def _take(events: AsyncIterator[tuple[str, str, Any]], number: int) -> list[tuple[str, str, Any]]:
    return [await anext(events) for _ in range(number)]


@pytest.mark.parametrize("number", ["999999999999999999999999", "9223372036854775808", "-1", "x"])
async def test_a_stream_from_where_no_journal_gets_is_refused(number: str) -> None:
    async with serving() as served:
        status, refused = await served.control("GET", f"{DEFAULT}/journal/stream?since={number}")

        assert status == 422
        assert refused["error"].startswith("since: ")


async def test_a_stream_for_which_little_fits_leaves_others_their_turns() -> None:
    """One of 60,000 entries matches; looking through them pauses after each 200."""
    async with serving() as served:
        account = served.accounts.named("default")
        assert account is not None
        with account.tenant.lock:
            for _ in range(60_000):
                account.tenant.account.journal.note(account.tenant.clock.now(), Kind.REFUSED, "x")
        await served.fire("person", "update", 1)
        loop, turns, counting = asyncio.get_running_loop(), 0, True

        def turn() -> None:
            nonlocal turns
            turns += 1
            if counting:
                loop.call_soon(turn)

        async with served.stream(query="kind=change") as events:
            loop.call_soon(turn)
            ((_, _, entry),) = await _take(events, 1)
            counting = False

        assert entry["number"] == 60_001
        assert turns >= 250


async def test_the_stream_tells_what_was_and_then_what_happens() -> None:
    async with serving() as served:
        await served.fire("person", "update", 1)
        async with served.stream() as events:
            before = await _take(events, 1)
            await served.fire("person", "update", 2)
            after = await _take(events, 1)

        assert [event[2]["change"]["ids"] for event in before + after] == [[1], [2]]
        assert [event[2] for event in before + after] == await served.journal()


async def test_a_stream_that_is_resumed_leaves_out_and_repeats_nothing() -> None:
    async with serving() as served:
        await _eventful(served)
        whole = await served.journal()
        seen: list[Any] = []
        last: str | None = None
        while len(seen) < len(whole):
            async with served.stream(last_event_id=last) as events:
                taken = await _take(events, min(2, len(whole) - len(seen)))
            last = taken[-1][1]
            seen += [entry for _, _, entry in taken]

        assert seen == whole


async def test_a_page_of_the_journal_says_where_the_stream_goes_on() -> None:
    async with serving() as served:
        await served.fire("person", "update", 1)
        _, page = await served.control("GET", f"{DEFAULT}/journal")
        await served.control("POST", f"{DEFAULT}/reset", {})
        await served.fire("person", "update", 2)
        async with served.stream(last_event_id=f"{page['life']}-{page['last']}") as events:
            told = await _take(events, 2)

        assert [(event, data.get("number")) for event, _, data in told] == [("reset", None), ("entry", 1)]


async def test_a_stream_has_the_filters_of_the_journal() -> None:
    async with serving() as served:
        await _eventful(served)
        async with served.stream(query="kind=change&type=person&since=3") as events:
            told = await _take(events, 2)

        assert [entry["change"]["ids"] for _, _, entry in told] == [[17, 18], [19]]


async def test_a_reset_is_told_to_a_stream_also_when_it_is_resumed_later() -> None:
    async with serving() as served:
        await served.fire("person", "update", 1)
        async with served.stream() as events:
            ((_, last, _),) = await _take(events, 1)
            await served.control("POST", f"{DEFAULT}/reset", {})
            told = await _take(events, 1)
            await served.fire("person", "update", 2)
            told += await _take(events, 1)
        async with served.stream(last_event_id=last) as events:
            resumed = await _take(events, 2)

        assert [event for event, _, _ in told] == ["reset", "entry"]
        assert told[1][2]["change"]["ids"] == [2]
        assert resumed == told


async def test_a_last_event_id_that_cannot_be_is_refused() -> None:
    async with serving() as served:
        for nonsense in ("5", "-1", "x-", "x-y", "x-5", "0123abcd-" + "9" * 40, "-"):
            status, refused = await served.control(
                "GET", f"{DEFAULT}/journal/stream", headers={"Last-Event-ID": nonsense}
            )

            assert status == 422
            assert f"Last-Event-ID: {nonsense!r}" in refused["error"]
            assert "LIFE-NUMBER, like 87c12ac6-115" in refused["error"]


async def test_a_stream_ends_with_the_server() -> None:
    async with serving() as served, served.stream() as events:
        following = asyncio.create_task(anext(events, None))
        await served.server.__aexit__(None, None, None)

        assert await following is None


async def test_more_entries_than_fit_one_look_are_streamed_whole() -> None:
    async with serving() as served:
        for record_id in range(1, 451):
            await served.fire("task", "new", record_id)
        async with served.stream(query="id=450") as events:
            ((_, _, entry),) = await _take(events, 1)

        assert entry["number"] == 450
