"""Real clients with Copper's host hard-coded: they subscribe, are notified, and fetch the record.

They are unmodified, and know none of the emulator's keys. Clients created before the interception begins are
covered, too.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any

import pytest

from copper_emulator import AsyncCopper, AsyncEmulator, Copper
from tests.interception.clients import ASYNCHRONOUS, SYNCHRONOUS, Ask, AsyncAsk

uvloop = pytest.importorskip("uvloop")

TARGET = "https://app.example/hooks/copper"


@pytest.mark.parametrize("client", SYNCHRONOUS)
# urllib3 warns if nothing is verified, as it would without the emulator.
@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_it_subscribes_is_notified_and_fetches_the_record(
    copper: Copper, client: Callable[[], AbstractContextManager[Ask]]
) -> None:
    fetched: list[Any] = []
    with client() as ask, copper.intercept():
        copper.route("https://app.example", to=lambda got: fetched.append(ask("GET", f"/people/{got.json['ids'][0]}")))

        subscribed = ask("POST", "/webhooks", {"target": TARGET, "type": "person", "event": "update"})
        ada = ask("POST", "/people", {"name": "Ada"})
        ask("PUT", f"/people/{ada['id']}", {"name": "Ada Lovelace"})

        copper.expect("person", "update", ids=ada["id"], count=1)
        assert [each["id"] for each in ask("GET", "/webhooks")] == [subscribed["id"]]
    assert [person["name"] for person in fetched] == ["Ada Lovelace"]


async def subscribed_notified_and_fetched(copper: AsyncCopper, ask: AsyncAsk) -> list[Any]:
    """The records that the endpoint has fetched."""
    fetched: list[Any] = []

    async def hook(got: Any) -> None:
        fetched.append(await ask("GET", f"/people/{got.json['ids'][0]}"))

    copper.route("https://app.example", to=hook)
    await ask("POST", "/webhooks", {"target": TARGET, "type": "person", "event": "update"})
    ada = await ask("POST", "/people", {"name": "Ada"})
    await ask("PUT", f"/people/{ada['id']}", {"name": "Ada Lovelace"})
    await copper.expect("person", "update", ids=ada["id"], count=1)
    return fetched


@pytest.mark.asyncio
@pytest.mark.parametrize("client", ASYNCHRONOUS)
async def test_so_does_an_asynchronous_one(
    copper_async: AsyncCopper, client: Callable[[], AbstractAsyncContextManager[AsyncAsk]]
) -> None:
    async with client() as ask:
        with copper_async.intercept():
            fetched = await subscribed_notified_and_fetched(copper_async, ask)

    assert [person["name"] for person in fetched] == ["Ada Lovelace"]


@pytest.mark.parametrize("client", ASYNCHRONOUS)
def test_and_on_uvloop(client: Callable[[], AbstractAsyncContextManager[AsyncAsk]]) -> None:
    async def main() -> list[Any]:
        async with client() as ask, AsyncEmulator(intercept=True) as copper:
            return await subscribed_notified_and_fetched(copper, ask)

    assert [person["name"] for person in uvloop.run(main())] == ["Ada Lovelace"]
