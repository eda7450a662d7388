"""The calls of Copper's API in the control API: the list with its filters and pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.shell.served import Endpoint, Served, listening, serving

DEFAULT = "/accounts/default"


async def asked(served: Served, query: str = "", account: str = "default") -> Any:
    status, page = await served.control("GET", f"/accounts/{account}/api-calls{query}")
    assert status == 200, page
    return page


def numbers(page: Any) -> list[int]:
    return [call["number"] for call in page["calls"]]


@asynccontextmanager
async def ten_of_them() -> AsyncIterator[Served]:
    """Ten calls: 1 makes a person, 2 to 9 fetch people 2 to 9, who are not there, and 10 searches."""
    async with serving() as served:
        await served.api("POST", "/people", {"name": "Ada"})
        for each in range(2, 10):
            await served.api("GET", f"/people/{each}")
        await served.api("POST", "/people/search?page_size=2", {"name": "Ada"})
        yield served


@pytest.mark.asyncio
async def test_the_newest_comes_first_with_its_answer() -> None:
    async with ten_of_them() as served:
        page = await asked(served, "?limit=2")

        newest, before = page["calls"]
        assert newest == {
            "number": 10,
            "method": "POST",
            "path": "/people/search?page_size=2",
            "status": 200,
            "at": newest["at"],
            "during": None,
        }
        assert (before["path"], before["status"]) == ("/people/9", 404)
        assert (page["count"], page["older"], page["newer"], page["total"]) == (10, 8, 0, 10)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("query", "found", "older", "newer"),
    [
        ("", [10, 9, 8, 7, 6, 5, 4, 3, 2, 1], 0, 0),
        ("?limit=3&before=10", [9, 8, 7], 6, 1),
        ("?limit=3&after=2", [5, 4, 3], 2, 5),
        ("?limit=3&after=9", [10], 9, 0),
        ("?after=10", [], 10, 0),
        ("?before=1", [], 0, 10),
        ("?after=2&before=4", [3], 2, 7),
        ("?method=post", [10, 1], 0, 0),
        ("?status=4xx&limit=2", [9, 8], 6, 0),
        ("?status=200", [10, 1], 0, 0),
        ("?text=SEARCH", [10], 0, 0),
        ("?text=/people/2", [2], 0, 0),
        ("?method=GET&status=200", [], 0, 0),
        ("?during=1", [], 0, 0),
    ],
)
async def test_filters_and_pages(query: str, found: list[int], older: int, newer: int) -> None:
    async with ten_of_them() as served:
        page = await asked(served, query)

        assert numbers(page) == found
        assert (page["older"], page["newer"]) == (older, newer)


@pytest.mark.asyncio
async def test_a_wrong_value_is_refused_with_what_is_known() -> None:
    async with serving() as served:
        assert (await served.control("GET", f"{DEFAULT}/api-calls?status=999"))[0] == 422
        assert (await served.control("GET", f"{DEFAULT}/api-calls?limit=10001"))[0] == 422
        status, told = await served.control("GET", f"{DEFAULT}/api-calls?path=/people")
        assert (status, "method, status, text, during" in told["error"]) == (422, True)


@pytest.mark.asyncio
@pytest.mark.parametrize(("clock", "during"), [("manual", [1, None]), ("wall", [None, None])])
async def test_the_notification_is_known_only_while_the_clock_stands_still(clock: Any, during: list[Any]) -> None:
    class Fetching(Endpoint):
        async def on_receive(self, body: dict[str, Any]) -> None:
            await served.api("GET", f"/people/{body['ids'][0]}")

    async with listening(Fetching()) as endpoint, serving(to=endpoint, clock=clock) as served:
        await served.subscribe("person", "update")
        await served.fire("person", "update", 17)
        await served.control("POST", f"{DEFAULT}/wait", {"type": "person", "event": "update"})
        await served.api("GET", "/account")

        calls = (await asked(served))["calls"]
        assert [(call["path"], call["during"]) for call in calls[::-1][1:]] == list(
            zip(["/people/17", "/account"], during, strict=True)
        )
        assert numbers(await asked(served, "?during=1")) == [2] * (clock == "manual")


@pytest.mark.asyncio
async def test_each_account_has_its_own_until_it_is_reset() -> None:
    async with serving() as served:
        await served.api("GET", "/account", token="one")
        await served.api("GET", "/users", token="two")

        first = await asked(served)
        assert [call["path"] for call in first["calls"]] == ["/account"]
        assert [call["path"] for call in (await asked(served, account="account-2"))["calls"]] == ["/users"]
        await served.control("POST", f"{DEFAULT}/reset", {})
        again = await asked(served)
        assert (again["calls"], again["total"]) == ([], 0)
        assert again["life"] != first["life"]


@pytest.mark.asyncio
async def test_what_another_sites_page_is_refused_is_there_but_opens_no_account() -> None:
    async with serving() as served:
        await served.api("GET", "/account")
        for token in ("token-1", "token-2"):
            headers = {
                "X-PW-AccessToken": token,
                "X-PW-Application": "developer_api",
                "X-PW-UserEmail": "eve@x.example",
            }
            page = {"Host": "evil.example", "Origin": "http://evil.example"}
            url = f"{served.server.url}/developer_api/v1/users"
            async with served.session.get(url, headers={**headers, **page}) as response:
                assert response.status == 403

        assert [(call["path"], call["status"]) for call in (await asked(served))["calls"]] == [
            ("/users", 403),
            ("/account", 200),
        ]
        assert len(served.accounts) == 1


@pytest.mark.asyncio
async def test_they_are_in_no_state_file(tmp_path: Path) -> None:
    state = str(tmp_path / "state.db")
    async with serving(state=state) as served:
        await served.api("POST", "/people", {"name": "Ada"})
        assert numbers(await asked(served)) == [1]

    async with serving(state=state) as served:
        assert numbers(await asked(served)) == []
