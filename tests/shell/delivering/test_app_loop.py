"""The loop for async endpoints of synchronous tests runs a call to its end, and what the call has left at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from copper_emulator.shell.delivering.app_loop import AppLoop


@pytest.fixture
def loop() -> Iterator[AppLoop]:
    loop = AppLoop()
    yield loop
    loop.close(nothing())


async def nothing() -> None:
    pass


async def waiting() -> None:
    here = asyncio.get_running_loop()
    for _ in range(3):
        turn = asyncio.Event()
        here.call_soon(turn.set)
        await turn.wait()


def exiting(code: int) -> None:
    raise SystemExit(code)


BOTH = pytest.mark.parametrize("before", [nothing, waiting], ids=lambda work: work.__name__)
"""A coroutine that never waits, and one that does."""


@BOTH
def test_what_it_returns_or_raises_comes_back(loop: AppLoop, before: Callable[[], Any]) -> None:
    async def work(error: BaseException | None) -> str:
        await before()
        if error is not None:
            raise error
        return "done"

    assert loop.run(work(None)) == "done"
    for error in (ValueError("no"), asyncio.CancelledError(), SystemExit(3), KeyboardInterrupt()):
        with pytest.raises(type(error)) as raised:
            loop.run(work(error))
        assert raised.value is error or isinstance(error, asyncio.CancelledError)
    assert loop.run(work(None)) == "done"


@BOTH
@pytest.mark.parametrize(
    "schedule",
    [
        lambda act: asyncio.get_running_loop().call_soon(act),
        lambda act: asyncio.get_running_loop().call_soon_threadsafe(act),
        lambda act: asyncio.get_running_loop().call_later(0, act),
    ],
    ids=["call_soon", "call_soon_threadsafe", "call_later"],
)
def test_what_it_leaves_for_at_once_has_run(loop: AppLoop, before: Callable[[], Any], schedule: Any) -> None:
    ran = []

    async def work() -> None:
        await before()
        schedule(lambda: ran.append(True))

    loop.run(work())
    assert ran == [True]


def test_what_goes_on_for_ever_does_not_keep_it(loop: AppLoop) -> None:
    turns = []

    async def work() -> None:
        here = asyncio.get_running_loop()

        def again() -> None:
            turns.append(True)
            here.call_soon(again)

        again()

    loop.run(work())
    before = len(turns)
    loop.run(nothing())
    assert len(turns) > before


@BOTH
def test_an_exit_of_something_else_does_not_end_it(loop: AppLoop, before: Callable[[], Any]) -> None:
    async def work() -> str:
        asyncio.get_running_loop().call_soon(exiting, 1)
        await before()
        return "done"

    assert loop.run(work()) == "done"
    assert loop.run(waiting()) is None


def test_an_exit_that_was_left_before_does_not_end_it(loop: AppLoop) -> None:
    async def leaving() -> None:
        here = asyncio.get_running_loop()
        here.call_soon(here.call_soon, exiting, 1)

    async def work() -> str:
        await waiting()
        return "done"

    loop.run(leaving())
    assert loop.run(work()) == "done"
