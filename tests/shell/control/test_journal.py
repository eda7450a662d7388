"""The journal in the control API: its filters and its pages."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from copper_emulator.core.model import Kind
from tests.shell.endpoints import raw_endpoint, read_request
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


async def test_an_answer_with_a_header_that_is_not_utf_8_is_shown_like_any_other() -> None:
    def answer(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Old: M\xfcnchen\r\nContent-Length: 0\r\n\r\n")
        connection.close()

    with raw_endpoint(answer) as endpoint:
        async with serving(to=Endpoint(url=endpoint.url)) as served:
            await served.subscribe("person", "update")
            await served.fire("person", "update", 1)

            *_, ended = (await asked(served))["entries"]
            assert ["X-Old", "München"] in ended["delivery"]["response_headers"]


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
async def test_filters_of_what_it_says_combine(query: str, expected: list[int]) -> None:
    async with three_a_minute_apart() as served:
        assert numbers(await asked(served, query.replace(" ", "%20"))) == expected


async def test_an_empty_journal_has_no_first_entry() -> None:
    async with serving() as served:
        page = await asked(served)

        assert (page["entries"], page["first"], page["last"], page["count"]) == ([], 0, 0, 0)


async def test_what_is_paused_stands_in_the_journal() -> None:
    async with three_a_minute_apart() as served:
        await served.control("POST", "/accounts/default/targets/pause", {"target": TARGET})

        (entry,) = await served.journal(kind="paused")
        assert entry["line"].endswith(f"paused      {TARGET}")


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ("kind=change", ["person/update [17, 18]", "lead/new [17]", "task/delete [5]", "person/update [19]"]),
        ("kind=change&type=person", ["person/update [17, 18]", "person/update [19]"]),
        ("kind=change&event=new", ["lead/new [17]"]),
        ("kind=change&id=17", ["person/update [17, 18]", "lead/new [17]"]),
        ("kind=change&id=17&type=person", ["person/update [17, 18]"]),
        ("kind=change&id=1", []),
        ("kind=api-refused", ["POST /developer_api/v1/webhooks: 422"]),
        ("kind=api%20refused", ["POST /developer_api/v1/webhooks: 422"]),
        ("kind=change&kind=api_refused&type=task", ["task/delete [5]"]),
        ("type=lead", ["lead/new -> https", "lead/new [17]", "#2 lead/new", "#2 lead/new", "#2 lead/new"]),
        ("outcome=rejected", ["#1 person/update", "#3 person/update"]),
        ("outcome=delivered&outcome=blocked", ["#2 lead/new"]),
        ("status=500&id=19", ["#3 person/update [19]"]),
        ("kind=change&limit=2", ["task/delete [5]", "person/update [19]"]),
        ("kind=change&since=0&limit=2", ["person/update [17, 18]", "lead/new [17]"]),
    ],
)
async def test_filters_of_what_it_is_about_combine(query: str, lines: list[str]) -> None:
    async with listening(Endpoint(status=500)) as endpoint, serving(to=endpoint, allow_targets="x") as served:
        other = Endpoint()
        async with listening(other):
            account = served.accounts.named("default")
            assert account is not None
            account.tenant.routes.add("https://my-app.example/leads", other.url)
            endpoint.status = 500
            await served.subscribe("person", "update")
            await served.subscribe("lead", "new", target="https://my-app.example/leads")
            await served.api("POST", "/webhooks", {"target": "ftp://x"})
            await served.fire("person", "update", 17, 18)
            await served.fire("lead", "new", 17)
            await served.fire("task", "delete", 5)
            await served.fire("person", "update", 19)

            _, page = await served.control("GET", f"{PATH}?{query}")

        shown = [entry["line"] for entry in page["entries"]]
        assert len(shown) == len(lines)
        for told, expected in zip(shown, lines, strict=True):
            assert expected in told


@pytest.mark.parametrize("kind", list(Kind))
async def test_every_kind_can_be_asked_for_in_one_word(kind: Kind) -> None:
    async with serving() as served:
        assert (await served.control("GET", f"{PATH}?kind={kind.replace(' ', '-')}"))[0] == 200


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("knd=change", "knd: there is no such key; did you mean 'kind'? The keys are type, event"),
        ("kind=chnge", "kind: there is no choice 'chnge'; did you mean 'change'? The choices are subscribed, "),
        ("kind=chnge&kind=x", "kind: there is no choice 'x'; the choices are subscribed, "),
        ("type=persn", "type: there is no type 'persn'; did you mean 'person'? The types are "),
        ("id=x", "id: 'x' is not a whole number"),
        ("id=1&id=2", 'id: ["1", "2"] is not a whole number'),
        ("id=0", "id: 0 is too small: the least is 1"),
        ("id=9223372036854775808", "id: 9223372036854775808 is too large"),
        ("limit=0", "limit: 0 is too small: the least is 1"),
        ("limit=10001", "limit: 10001 is too large: the most is 10000"),
        ("since=-1", "since: -1 is too small: the least is 0"),
        ("since=999999999999999999999999", "since: 999999999999999999999999 is too large"),
        ("since=" + "9" * 5000, "is too large"),
        ("status=99", "status: '99' is not a status: write one from 100 to 599, or a whole class, like 5xx"),
        (
            "outcome=fine",
            "outcome: there is no choice 'fine'; the choices are delivered, rejected, ",
        ),
    ],
)
async def test_a_filter_that_cannot_be_is_refused(query: str, says: str) -> None:
    async with serving() as served:
        status, refused = await served.control("GET", f"{PATH}?{query}")

        assert status == 422
        assert says in refused["error"]
