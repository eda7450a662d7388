"""A call of an asynchronous account that is not awaited does nothing: the verdict names it, and the test fails."""

from __future__ import annotations

import asyncio
import gc
import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from copper_emulator import AsyncCopper, AsyncEmulator, VerdictError
from copper_emulator.unawaited import UnawaitedCalls

AWAITED = [
    name
    for name, method in vars(AsyncCopper).items()
    if inspect.iscoroutinefunction(getattr(method, "__wrapped__", method))
    and not name.startswith("_")
    and name not in ("close", "stop_apps")
]

ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "start": (object(),),
    "fire": ("person", "new"),
    "replay": ({},),
    "play": ("none.yaml",),
    "check": ("https://app.example",),
    "expect": ("person", "new"),
}


def verdict_of(use: Callable[[AsyncCopper], object], **settings: Any) -> str:
    """The verdict on a block in which an account was used like this; "" if there was none."""

    async def block() -> None:
        async with AsyncEmulator(**settings) as copper:
            use(copper)

    try:
        asyncio.run(block())
    except VerdictError as error:
        return str(error)
    return ""


def test_an_expectation_that_is_not_awaited_fails_and_the_text_names_its_line() -> None:
    def use(copper: AsyncCopper) -> None:
        copper.expect("person", "new")  # type: ignore[unused-coroutine]

    line = inspect.getsourcelines(use)[1] + 1
    assert verdict_of(use) == (
        f"copper: 1 call not awaited, so nothing was done: expect (tests/test_unawaited.py:{line})\n"
        "  Put `await` in front of it"
    )


@pytest.mark.parametrize("name", AWAITED)
def test_each_call_that_has_to_be_awaited_is_noticed(name: str) -> None:
    named = {"ids": 17} if name == "fire" else {}
    text = verdict_of(lambda copper: getattr(copper, name)(*ARGUMENTS.get(name, ()), **named))

    assert f"nothing was done: {name} (" in text


@pytest.mark.parametrize("name", ["create", "create_many", "update", "update_many", "delete", "delete_many", "merge"])
def test_so_is_each_write_of_a_record(name: str) -> None:
    arguments = () if name == "create" else (1, 2) if name == "merge" else ([1],)
    text = verdict_of(lambda copper: getattr(copper.people, name)(*arguments))

    assert f"nothing was done: {name} (" in text


def test_several_are_told_of_together() -> None:
    def use(copper: AsyncCopper) -> None:
        copper.people.create(name="Ada")  # type: ignore[unused-coroutine]
        copper.expect_none()  # type: ignore[unused-coroutine]

    text = verdict_of(use)

    assert re.fullmatch(
        r"copper: 2 calls not awaited, so nothing was done: create \(.*\) and expect_none \(.*\)\n"
        "  Put `await` in front of each of them",
        text,
    )


async def both(first: Any, second: Any) -> None:
    await asyncio.gather(first, second)


def test_calls_that_are_awaited_somewhere_are_none() -> None:
    async def block() -> None:
        async with AsyncEmulator() as copper:
            await copper.people.create(name="Ada")
            await both(copper.settle(), copper.advance("1m"))
            await asyncio.create_task(copper.run_until_idle())
            await asyncio.wait_for(copper.settle(), 5)

    asyncio.run(block())


def test_a_call_that_was_awaited_and_raised_is_none() -> None:
    async def block() -> None:
        async with AsyncEmulator() as copper:
            with pytest.raises(AssertionError):
                await copper.expect("person", "new")

    asyncio.run(block())


def test_one_among_many_that_were_awaited_is_found() -> None:
    async def block() -> None:
        async with AsyncEmulator() as copper:
            copper.settle()  # type: ignore[unused-coroutine]
            for _ in range(250):
                await copper.settle()
            assert len(copper._calls._made) <= 100

    with pytest.raises(VerdictError, match="1 call not awaited"):
        asyncio.run(block())


def test_without_a_verdict_python_warns_as_ever() -> None:
    def use() -> None:
        assert verdict_of(lambda copper: [copper.expect("person", "new")], strict=False) == ""
        gc.collect()

    with pytest.warns(RuntimeWarning, match=r"coroutine .*expect.* was never awaited"):
        use()


def test_what_was_told_is_not_told_again() -> None:
    calls = UnawaitedCalls()

    async def settle() -> None:
        """Not awaited."""

    coroutine = settle()
    calls.note(coroutine, "settle", __file__, 1)
    assert "settle" in calls.complaint()

    calls.close()

    assert calls.complaint() == ""
    assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CLOSED


def test_a_test_that_has_removed_its_working_directory_is_told_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)

    def use(copper: AsyncCopper) -> None:
        gone.rmdir()
        copper.settle()  # type: ignore[unused-coroutine]

    assert f"nothing was done: settle ({__file__}:" in verdict_of(use)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="a function cannot be marked")
@pytest.mark.parametrize("name", AWAITED)
def test_they_are_coroutine_functions(name: str) -> None:
    assert inspect.iscoroutinefunction(getattr(AsyncCopper, name))
