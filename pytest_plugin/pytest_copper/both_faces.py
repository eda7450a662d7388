"""How can one oracle judge both a synchronous and an asynchronous account?

It is written once, as a generator that yields the result of each of its calls and is sent that result back or, if it
is awaitable, what awaiting it returns.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from functools import wraps
from inspect import isawaitable, iscoroutine
from typing import Any, Concatenate, ParamSpec, Protocol, TypeAlias, cast, overload

from copper_emulator import AsyncCopper, Copper, UsageError

# A traceback shows the line of the test that asks, not how the oracle judged.
__tracebackhide__ = True

P = ParamSpec("P")

Steps: TypeAlias = Generator[Any, Any, None]


class Oracle(Protocol[P]):
    """With `copper_async` it is awaited, and may be given async functions."""

    @overload
    def __call__(self, copper: Copper, *args: P.args, **kwargs: P.kwargs) -> None: ...
    @overload
    def __call__(self, copper: AsyncCopper, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, None]: ...


def of_both_faces(steps: Callable[Concatenate[Any, P], Steps]) -> Oracle[P]:
    """Make an oracle from a generator function that takes an account."""

    @wraps(steps)
    def oracle(copper: Any, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, None] | None:
        return asked(steps(copper, *args, **kwargs), awaited=isinstance(copper, AsyncCopper))

    return cast("Oracle[P]", oracle)


def asked(steps: Steps, *, awaited: bool) -> Coroutine[Any, Any, None] | None:
    """Run the steps, or return something to await that does."""
    if awaited:
        return _awaited(steps)
    _take(steps)
    return None


def _take(steps: Steps) -> None:
    given = None
    try:
        while True:
            given = steps.send(given)
            if iscoroutine(given):
                given.close()
                raise UsageError(f"{given.__name__} is an async function: give plain ones, or ask copper_async")
    except StopIteration:
        return


async def _awaited(steps: Steps) -> None:
    try:
        given = next(steps)
        while True:
            try:
                came = await given if isawaitable(given) else given
            except BaseException as error:
                # So that the oracle can switch off what it has switched on.
                steps.throw(error)
                raise
            given = steps.send(came)
    except StopIteration:
        return
