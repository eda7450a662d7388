"""Asynchronous endpoints that wait on the loop of a test that has frozen time, and with it the loop's timers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from freezegun import freeze_time

from copper_emulator import AsyncEmulator, Delivery, VerdictError
from copper_emulator.core.text import STOOD_STILL
from copper_emulator.shell.senders import asgi

TARGET = "https://app.example/hook"


async def pausing(request: object) -> int:
    await asyncio.wait_for(asyncio.Event().wait(), 0.01)
    return 200


async def pausing_afterwards(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})
    await asyncio.wait([asyncio.ensure_future(asyncio.Event().wait())], timeout=0.01)


async def notified(endpoint: object, **frozen: Any) -> tuple[Delivery, str]:
    """What becomes of a notification, and the verdict on it."""
    copper = AsyncEmulator(timeout="200ms")
    with freeze_time("2026-03-02 09:00", **frozen), pytest.raises(VerdictError) as told:
        async with copper as account:
            account.route("https://app.example", to=endpoint)
            account.subscribe("person", "new", target=TARGET)
            await account.fire("person", "new", ids=1)
            (delivery,) = account.deliveries
    return delivery, str(told.value)


@pytest.mark.asyncio
async def test_no_answer_is_put_down_to_the_timers_that_stand_still() -> None:
    delivery, told = await notified(pausing)

    assert "\n  Freeze time with real_asyncio=True; or" in told
    assert "allow more time" not in told
    assert delivery.verdict == f"failed: timed out (no answer within 200ms: {STOOD_STILL})"


@pytest.mark.asyncio
async def test_so_is_work_after_the_answer_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "_AFTERWARDS_MS", 200)
    delivery, _ = await notified(pausing_afterwards)

    assert delivery.status == 200
    assert str(delivery.exception).endswith(f"after a minute: {STOOD_STILL}")


@pytest.mark.asyncio
async def test_timers_that_run_are_not_blamed() -> None:
    delivery, told = await notified(pausing, real_asyncio=True)

    assert "real_asyncio" not in told
    assert isinstance(delivery.exception, TimeoutError)
    assert STOOD_STILL not in str(delivery.exception)
