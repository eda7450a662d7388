"""The tests of directory: the `copper_async` fixture plays Copper."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
import pytest_asyncio
from copper_client import Client
from directory import Companies, create_app
from fastapi import FastAPI

from copper_emulator import AsyncCopper

ORIGIN = "https://directory.example.com"
TARGET = f"{ORIGIN}/hooks/copper"

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def app(copper_async: AsyncCopper) -> FastAPI:
    """directory, running until the end of the test; it has subscribed itself."""
    client = Client(copper_async.api_url, copper_async.token, copper_async.email)
    app = create_app(client, target=TARGET, secret="s3cret")
    copper_async.route(ORIGIN, to=app)
    # Otherwise it would start with its first notification, to which no one would have subscribed.
    await copper_async.start(app)
    return app


@pytest.fixture
def companies(app: FastAPI) -> Companies:
    known: Companies = app.state.companies
    return known


def names(companies: Companies) -> dict[int, str]:
    return {company.id: company.name for company in companies.known.values()}


def truth(copper: AsyncCopper) -> dict[int, str]:
    """The companies in Copper."""
    return {company.id: company.name for company in copper.companies.search()}


async def make(copper: AsyncCopper, count: int) -> list[Any]:
    return list(await copper.companies.create_many({"name": f"Company {n}"} for n in range(count)))


async def test_a_company_is_known_and_followed_until_it_is_deleted(
    copper_async: AsyncCopper, companies: Companies
) -> None:
    acme = await copper_async.companies.create(name="Acme")
    assert names(companies) == {acme.id: "Acme"}

    await copper_async.companies.update(acme.id, name="Acme Engines", tags=["vip"])
    assert companies.known[acme.id].model_dump() == {
        "id": acme.id,
        "name": "Acme Engines",
        "email_domain": None,
        "tags": ["vip"],
    }

    await copper_async.companies.delete(acme.id)
    assert names(companies) == {}


async def test_it_answers_what_it_knows(copper_async: AsyncCopper, app: FastAPI) -> None:
    acme = await copper_async.companies.create(name="Acme")

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as http:
        found = await http.get(f"/companies/{acme.id}")
        missing = await http.get("/companies/17")

    assert (found.json()["name"], missing.status_code) == ("Acme", 404)


async def test_it_knows_at_its_start_who_was_there_before(copper_async: AsyncCopper) -> None:
    copper_async.companies.seed({"name": f"Company {n}"} for n in range(250))
    app = create_app(
        Client(copper_async.api_url, copper_async.token, copper_async.email), target=TARGET, secret="s3cret"
    )

    async with app.router.lifespan_context(app):
        assert names(app.state.companies) == truth(copper_async)

    assert [(each.type, each.event) for each in copper_async.subscriptions] == [
        ("company", event) for event in ("new", "update", "delete")
    ]


async def test_a_burst_of_thirty_is_one_notification(copper_async: AsyncCopper, companies: Companies) -> None:
    made = await make(copper_async, 30)

    await copper_async.expect("company", "new", ids=made, status=204, count=1)
    assert names(companies) == truth(copper_async)


@pytest.mark.copper(latency="0-15m", faults="shuffle", seed=7)
async def test_late_and_out_of_order_comes_to_the_same(copper_async: AsyncCopper, companies: Companies) -> None:
    first, second = await make(copper_async, 2)
    for name in ("Acme B.", "Acme L.", "Acme Ltd."):
        await copper_async.companies.update(first.id, name=name)
    await copper_async.companies.delete(second.id)

    await copper_async.run_until_idle()

    assert copper_async.deliveries[0].event != "new", "with this seed something else comes first"
    assert names(companies) == {first.id: "Acme Ltd."}


@pytest.mark.copper(fetch_race="deleted")
async def test_a_company_that_is_gone_before_it_is_fetched_is_not_kept(
    copper_async: AsyncCopper, companies: Companies
) -> None:
    await make(copper_async, 1)

    await copper_async.expect("company", "new", count=1)
    assert names(companies) == {}


async def test_what_notifications_have_missed_is_found_by_reconciling(
    copper_async: AsyncCopper, companies: Companies
) -> None:
    kept, changed, deleted = await make(copper_async, 3)
    copper_async.faults.lose(next=3)
    await copper_async.companies.update(changed.id, name="Acme Engines")
    await copper_async.companies.delete(deleted.id)
    await copper_async.companies.create(name="New Company")
    assert set(names(companies)) == {kept.id, changed.id, deleted.id}

    await companies.reconcile()

    assert names(companies) == truth(copper_async)
    assert len(companies.known) == 3


@pytest.mark.copper(search_lag="30s")
async def test_a_company_that_the_search_does_not_have_yet_is_not_thrown_away(
    copper_async: AsyncCopper, companies: Companies
) -> None:
    [company] = await make(copper_async, 1)

    await companies.reconcile()

    assert list(names(companies)) == [company.id]


async def test_a_forged_notification_changes_nothing(copper_async: AsyncCopper, companies: Companies) -> None:
    forged = {"type": "company", "event": "delete", "ids": [17], "key": "guessed"}

    await copper_async.replay(forged, target=TARGET)

    await copper_async.expect("company", "delete", ids=17, status=401)
    assert companies.noted == {}


@pytest.mark.copper(api_limits="20/1m")
async def test_what_copper_is_too_busy_for_is_fetched_later(copper_async: AsyncCopper, companies: Companies) -> None:
    await make(copper_async, 30)
    assert 0 < len(companies.known) < 20
    assert len(companies.noted) + len(companies.known) >= 30

    for _ in range(2):
        await copper_async.advance(minutes=1)
        await asyncio.gather(companies.work(), companies.work())

    assert names(companies) == truth(copper_async)
