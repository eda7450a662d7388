"""Deliver to a Python function, plain or async: it gets a `Received` and returns an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from copper_emulator.core.model import Attempt, Result
from copper_emulator.shell.caught import Swallowed, from_exception, is_meant_for_the_caller, with_exception
from copper_emulator.shell.clock import RealLimit
from copper_emulator.shell.routing.messages import NoAnswer, Received, received_from, result_of, timed_out


def send_to_function(function: Callable[[Received], object], attempt: Attempt) -> Result:
    """Call a plain function."""
    with Swallowed() as swallowed:
        try:
            result = result_of(function(received_from(attempt)))
        except NoAnswer as failure:
            return Result.failure(failure.reason, failure.text, delay_ms=failure.delay_ms)
        except BaseException as error:
            if is_meant_for_the_caller(error):
                raise
            return from_exception(error)
    return with_exception(result, swallowed[-1]) if swallowed else result


async def send_to_async_function(function: Callable[[Received], Any], attempt: Attempt, *, timeout_ms: int) -> Result:
    """Call an async function on the running loop."""
    limit = RealLimit(timeout_ms)
    with Swallowed() as swallowed:
        try:
            result = result_of(await limit.run(_call(function, attempt)))
        except NoAnswer as failure:
            return Result.failure(failure.reason, failure.text, delay_ms=failure.delay_ms)
        except BaseException as error:
            if is_meant_for_the_caller(error):
                raise
            if not limit.has_expired:
                return from_exception(error)
            return timed_out(timeout_ms, stood_still=limit.has_stood_still)
    return with_exception(result, swallowed[-1]) if swallowed else result


async def _call(function: Callable[[Received], Any], attempt: Attempt) -> object:
    answer: object = await function(received_from(attempt))
    return answer
