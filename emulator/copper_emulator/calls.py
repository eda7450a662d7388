"""A method of ours was called with arguments that cannot be: how is it written?"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar, cast

from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.text import meant

__tracebackhide__ = raised_on_purpose

F = TypeVar("F", bound=Callable[..., Any])


def written_like(example: str) -> Callable[[F], F]:
    """Calls with arguments that cannot be raise UsageError with an example, instead of Python's words about ours."""

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
    """Whether it was the call that cannot be; asked only when something went wrong, for it takes its time."""
    signature = inspect.signature(function)
    try:
        # First the names that there are not: what Python misses instead may be what they mean.
        signature.bind_partial(**named)
        signature.bind(*args, **named)
    except TypeError as error:
        hint = _question(signature, named)
        raise UsageError(f"{function.__name__}: {error}{hint}; write it like {example}") from None


def _question(signature: inspect.Signature, named: dict[str, Any]) -> str:
    known = list(signature.parameters)
    near = next((meant(name, known) for name in named if name not in known), None)
    return f" (did you mean {near!r}?)" if near is not None else ""
