"""A Flask, a FastAPI and an aiohttp endpoint through the plugin's fixtures, sync and async."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from copper_emulator import AsyncCopper, Copper
from tests.frameworks import test_aiohttp, test_fastapi, test_flask

LIFE: list[Any] = []


@pytest.fixture(params=["flask", "flask async view", "fastapi", "aiohttp"])
def app(request: pytest.FixtureRequest) -> Iterator[object]:
    """The application; if it was started, it must have been stopped at the end."""
    LIFE.clear()
    if request.param.startswith("flask"):
        yield test_flask.make_app(test_flask.Billing(), asynchronous=request.param.endswith("view"))
        return
    if request.param == "fastapi":
        billing = test_fastapi.Billing()
        billing.log = LIFE
        yield test_fastapi.make_app(billing)
    else:
        yield test_aiohttp.make_app(LIFE)
    assert (LIFE[0], LIFE[-1]) == ("start", "stop")


def subscribe(copper: Any, app: object) -> None:
    copper.route("https://billing.example.com", to=app)
    copper.subscribe(
        "person",
        "update",
        target="https://billing.example.com/hooks/copper?via=crm",
        secret={"secret": "s3cret"},
        headers={"Authorization": "Bearer t0ken"},
    )


def test_an_endpoint_gets_the_notification(app: object, copper: Copper) -> None:
    subscribe(copper, app)
    ada = copper.people.create(name="Ada")
    copper.people.update(ada.id, name="Ada Lovelace")
    (delivery,) = copper.expect("person", "update", ids=ada.id, status=202)
    assert delivery.response_body.strip().replace(b" ", b"") == b'{"taken":1}'


@pytest.mark.asyncio
async def test_an_endpoint_gets_the_notification_in_an_asynchronous_test(
    app: object, copper_async: AsyncCopper
) -> None:
    subscribe(copper_async, app)
    ada = await copper_async.people.create(name="Ada")
    await copper_async.people.update(ada.id, name="Ada Lovelace")
    (delivery,) = await copper_async.expect("person", "update", ids=ada.id, status=202)
    assert delivery.response_body.strip().replace(b" ", b"") == b'{"taken":1}'
