"""Exceptions inside an endpoint of this process: those it raises, and those its framework turns into a 500."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from copper_emulator.core.model import Outcome, Reason, Result

_caught: ContextVar[list[BaseException] | None] = ContextVar("copper_emulator_caught", default=None)


@contextmanager
def swallowed() -> Iterator[list[BaseException]]:
    """Collects what Flask and Django turn into a 500 in this context; only inside `frameworks_watched`."""
    found: list[BaseException] = []
    token = _caught.set(found)
    try:
        yield found
    finally:
        _caught.reset(token)


@contextmanager
def frameworks_watched() -> Iterator[None]:
    """For a whole round: hear of exceptions, and keep Django from closing the connection of the test's transaction."""
    with ExitStack() as stack:
        if "flask" in sys.modules:
            stack.enter_context(_connected(sys.modules["flask"].got_request_exception, _from_flask))
        if "django.core.signals" in sys.modules:
            signals = sys.modules["django.core.signals"]
            stack.enter_context(_connected(signals.got_request_exception, _from_django))
            stack.enter_context(_kept_connections(signals))
        yield


def with_exception(result: Result, error: BaseException) -> Result:
    """The same result, telling of an exception in the endpoint with its traceback."""
    return replace(result, exception=error, traceback=format_exception(error))


def from_exception(error: BaseException) -> Result:
    """The endpoint raised and gave no answer."""
    result = Result(Outcome.FAILED, reason=Reason.EXCEPTION, text=repr(error))
    return with_exception(result, error)


def format_exception(error: BaseException) -> str:
    """The traceback as Python prints it."""
    return "".join(traceback.format_exception(error)).rstrip()


@contextmanager
def _connected(signal: Any, receiver: Any) -> Iterator[None]:
    signal.connect(receiver, weak=False)
    try:
        yield
    finally:
        signal.disconnect(receiver)


def _from_flask(_sender: object, exception: BaseException, **_: object) -> None:
    _note(exception)


def _from_django(**_: object) -> None:
    _note(sys.exc_info()[1])


def _note(error: BaseException | None) -> None:
    found = _caught.get()
    if found is not None and error is not None:
        found.append(error)


@contextmanager
def _kept_connections(signals: Any) -> Iterator[None]:
    # Both signals close the database connection, and with it the transaction a test runs in; Django's own test client
    # takes the receiver out in the same way.
    database = sys.modules.get("django.db")
    receiver = getattr(database, "close_old_connections", None)
    if receiver is None:
        yield
        return
    disconnected = [s for s in (signals.request_started, signals.request_finished) if s.disconnect(receiver)]
    try:
        yield
    finally:
        for signal in disconnected:
            signal.connect(receiver)
