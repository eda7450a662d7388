"""Deliveries to a Python function: it gets a `Received` and returns an answer, or awaits one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from copper_emulator.core.model import Attempt, Result
from copper_emulator.shell.messages import NoAnswer, Received, result_of
from copper_emulator.shell.senders.caught import endpoint_guard, from_exception


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling the function gives something to await."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - an instance with an async __call__ is meant
    )


def send_to_function(function: Callable[[Received], object], attempt: Attempt) -> Result:
    """Call a plain function."""
    with endpoint_guard():
        try:
            return result_of(function(Received.of(attempt)))
        except NoAnswer as failure:
            return Result.failure(failure.reason, failure.text, delay_ms=failure.delay_ms)
        except (Exception, SystemExit) as error:
            return from_exception(error)


async def send_to_async_function(function: Callable[[Received], Any], attempt: Attempt) -> Result:
    """Call an async function on the running loop."""
    with endpoint_guard():
        try:
            return result_of(await function(Received.of(attempt)))
        except NoAnswer as failure:
            return Result.failure(failure.reason, failure.text, delay_ms=failure.delay_ms)
        except (Exception, SystemExit) as error:
            return from_exception(error)
