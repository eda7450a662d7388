"""How long a call of the API is held back, and that nothing that ends it is missed."""

from __future__ import annotations

import asyncio

import pytest

from copper_emulator.shell.held_calls import HeldCalls

LONG = 60.0

pytestmark = pytest.mark.asyncio


async def test_a_wait_ends_with_its_time() -> None:
    assert await HeldCalls().hold(0.01) is True


async def test_a_wait_ends_when_it_is_over() -> None:
    looks = iter([False, False, True])

    assert await HeldCalls().hold(LONG, lambda: next(looks)) is True
    assert next(looks, None) is None


async def test_what_is_cut_off_ends_at_once_and_the_next_may_wait() -> None:
    calls = HeldCalls()
    waits = [asyncio.ensure_future(each) for each in (calls.hold(LONG), calls.hold(LONG, lambda: False))]
    asyncio.get_running_loop().call_soon(calls.cut_off)

    assert [await each for each in waits] == [False, False]
    assert await calls.hold(0.01) is True


async def test_a_cut_between_two_looks_is_not_missed() -> None:
    calls = HeldCalls()

    def looks() -> bool:
        calls.cut_off()
        return False

    assert await calls.hold(LONG, looks) is False


async def test_what_is_let_go_waits_no_more() -> None:
    calls = HeldCalls()
    wait = asyncio.ensure_future(calls.hold(LONG))
    asyncio.get_running_loop().call_soon(calls.let_go)

    assert await wait is False
    assert await calls.hold(LONG) is False
