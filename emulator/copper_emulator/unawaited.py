"""Which calls of an asynchronous account were not awaited? They have done nothing, and `expect` has judged nothing.

Python only warns of a forgotten `await`, when the coroutine is collected, and the test passes.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, NamedTuple, Protocol, TypeVar

from copper_emulator.core.text import count, in_words

T = TypeVar("T")

_ENDING = ("close", "stop_apps")
"""Methods that end an account: no verdict follows."""

_MANY = 100
"""Calls that are kept until those that have been awaited are looked for."""


class _Call(NamedTuple):
    coroutine: Coroutine[Any, Any, object]
    name: str
    file: str
    line: int

    @property
    def has_begun(self) -> bool:
        return inspect.getcoroutinestate(self.coroutine) != inspect.CORO_CREATED

    def __str__(self) -> str:
        return f"{self.name} ({_short(self.file)}:{self.line})"


def _short(file: str) -> str:
    """A file below the working directory as it is called from there; others whole."""
    try:
        path = os.path.relpath(file)
    except OSError:
        # A test may have removed the directory that it works in.
        return file
    return file if path.startswith(os.pardir) else path


class UnawaitedCalls:
    """The calls of one account, until they have been awaited."""

    def __init__(self) -> None:
        self._made: list[_Call] = []
        self._told = False

    def __bool__(self) -> bool:
        """Whether there are any that have not been awaited."""
        self._forget_begun()
        return bool(self._made)

    def note(self, coroutine: Coroutine[Any, Any, object], name: str, file: str, line: int) -> None:
        """Remember a call that has just been made, and where."""
        self._made.append(_Call(coroutine, name, file, line))
        if len(self._made) > _MANY:
            self._forget_begun()

    def complaint(self) -> str:
        """What is wrong and what to do, or "" if all have been awaited."""
        if not self:
            return ""
        self._told = True
        each = "it" if len(self._made) == 1 else "each of them"
        return (
            f"copper: {count(len(self._made), 'call')} not awaited, so nothing was done: {in_words(self._made)}\n"
            f"  Put `await` in front of {each}"
        )

    def close(self) -> None:
        """Forget all. Python warns of those that were not awaited, unless the complaint has named them."""
        if self and self._told:
            for call in self._made:
                call.coroutine.close()
        self._made.clear()
        self._told = False

    def _forget_begun(self) -> None:
        self._made = [call for call in self._made if not call.has_begun]


class _Noting(Protocol):
    _calls: UnawaitedCalls


def calls_noted(made: type[T]) -> type[T]:
    """Note each call of the public asynchronous methods that a class defines; its objects have `_calls`."""
    for name, method in list(vars(made).items()):
        if inspect.iscoroutinefunction(method) and not name.startswith("_") and name not in _ENDING:
            setattr(made, name, _noted(method))
    return made


def _noted(method: Callable[..., Coroutine[Any, Any, T]]) -> Callable[..., Coroutine[Any, Any, T]]:
    name = method.__name__

    @wraps(method)
    def call(self: _Noting, *args: Any, **named: Any) -> Coroutine[Any, Any, T]:
        coroutine = method(self, *args, **named)
        caller = sys._getframe(1)  # noqa: SLF001 - the public ways to a frame read source files
        self._calls.note(coroutine, name, caller.f_code.co_filename, caller.f_lineno)
        return coroutine

    # Before Python 3.12 nothing but `async def` makes a coroutine function for `inspect`.
    marked: Callable[..., Coroutine[Any, Any, T]] = getattr(inspect, "markcoroutinefunction", _unmarked)(call)
    return marked


def _unmarked(call: T) -> T:
    return call
