"""Calls of our methods with wrong arguments: the error shows how to write the call."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar, cast

from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.text import meant, suggesting

__tracebackhide__ = raised_on_purpose

_TOPIC = re.compile(r"(\w+)[./](new|update|delete)")
"""A topic in one word, as messages and the command line write it."""

F = TypeVar("F", bound=Callable[..., Any])


def written_like(example: str) -> Callable[[F], F]:
    """Make calls with wrong arguments raise UsageError with an example, instead of Python's own message."""

    def decorate(function: F) -> F:
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def checked_later(*args: Any, **named: Any) -> Any:
                __tracebackhide__ = True
                try:
                    called = cast("Awaitable[Any]", function(*args, **named))
                except TypeError:
                    _check(function, args, named, example)
                    raise
                return await called

            return cast("F", checked_later)

        @wraps(function)
        def checked(*args: Any, **named: Any) -> Any:
            __tracebackhide__ = True
            try:
                return function(*args, **named)
            except TypeError:
                _check(function, args, named, example)
                raise

        return cast("F", checked)

    return decorate


def _check(function: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any], example: str) -> None:
    """Raise UsageError if the arguments do not fit the signature; slow, so it runs only after a TypeError."""
    signature = inspect.signature(function)
    try:
        # Unknown names first: an argument Python reports as missing may be what they mean.
        signature.bind_partial(**named)
        signature.bind(*args, **named)
    except TypeError as error:
        known = list(signature.parameters)
        topic = next((found for each in args if (found := _TOPIC.fullmatch(str(each)))), None)
        if topic and "event" in known:
            type_and_event = f"{topic[1]!r}, {topic[2]!r}"
            raise UsageError(
                f"{function.__name__} takes type and event as two arguments: not {topic[0]!r} but {type_and_event}, "
                f"like {example}"
            ) from None
        near = next((meant(name, known) for name in named if name not in known), None)
        wrong = f"{function.__name__}: {error}"
        raise UsageError(suggesting(wrong, near, f"write it like {example}")) from None
