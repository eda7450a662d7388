"""Exceptions inside an endpoint of this process: those it raises, and those its framework turns into a 500."""

from __future__ import annotations

import asyncio
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from contextvars import ContextVar
from types import TracebackType
from typing import Any

from copper_emulator.core.model import Outcome, Reason, Result

_caught: ContextVar[list[BaseException] | None] = ContextVar("copper_emulator_caught", default=None)

_OURS = __name__.partition(".")[0]


def is_meant_for_the_caller(error: BaseException) -> bool:
    """Whether an exception that comes out of an endpoint is not the endpoint's own: it must be raised on.

    Those are Ctrl-C, the end of a generator, and a cancellation that somebody asked of the running task. What else is
    raised, also `pytest.fail()`, `sys.exit()` and a CancelledError out of nowhere, is the outcome of the delivery.
    """
    if isinstance(error, asyncio.CancelledError):
        running = asyncio._get_running_loop()  # noqa: SLF001 - the public one raises where there is none
        task = asyncio.current_task(running) if running is not None else None
        return task is not None and task.cancelling() > 0
    return isinstance(error, KeyboardInterrupt | GeneratorExit)


class Swallowed:
    """Collects what Flask and Django turn into a 500 in this context; only inside `frameworks_watched`."""

    # Every delivery passes here, and a generator would take five times as long.
    def __enter__(self) -> list[BaseException]:
        found: list[BaseException] = []
        self._token = _caught.set(found)
        return found

    def __exit__(self, *_: object) -> None:
        _caught.reset(self._token)


def frameworks_watched() -> AbstractContextManager[None]:
    """For a whole round: hear of exceptions, and keep Django from closing the connection of the test's transaction."""
    flask, django = "flask" in sys.modules, "django.core.signals" in sys.modules
    return _watched(flask=flask, django=django) if flask or django else _NOTHING_TO_WATCH


_NOTHING_TO_WATCH = nullcontext()


@contextmanager
def _watched(*, flask: bool, django: bool) -> Iterator[None]:
    with ExitStack() as stack:
        if flask:
            stack.enter_context(_flask_watched.held())
        if django:
            stack.enter_context(_django_watched.held())
        yield


def with_exception(result: Result, error: BaseException) -> Result:
    """The same result, telling of an exception in the endpoint with its traceback."""
    return result._replace(exception=error, traceback=format_exception(error))


def apart_from(result: Result, handled: BaseException | None) -> Result:
    """The same, without what its caller was just handling: Python takes that for the context of all that is raised."""
    if handled is None or result.exception is None:
        return result
    error = result.exception
    while error.__context__ is not None and error.__context__ is not handled:
        error = error.__context__
    error.__context__ = None
    return with_exception(result, result.exception)


def from_exception(error: BaseException) -> Result:
    """The endpoint raised and gave no answer."""
    result = Result(Outcome.FAILED, reason=Reason.EXCEPTION, text=repr(error))
    return with_exception(result, error)


def format_exception(error: BaseException) -> str:
    """The traceback as Python prints it, from the first frame on that is the application's or its framework's."""
    return "".join(traceback.format_exception(type(error), error, _without_ours(error.__traceback__))).rstrip()


def _without_ours(frames: TracebackType | None) -> TracebackType | None:
    while frames is not None and frames.tb_frame.f_globals.get("__name__", "").partition(".")[0] == _OURS:
        frames = frames.tb_next
    return frames


class _Shared:
    """Something done to the whole process while anybody needs it: by the first, and undone by the last.

    A framework's signals are the process's, and so is who has been connected to them; accounts may deliver at once.
    """

    def __init__(self, do: Callable[[ExitStack], None]) -> None:
        self._do = do
        self._lock = threading.Lock()
        self._holders = 0
        self._undo = ExitStack()

    @contextmanager
    def held(self) -> Iterator[None]:
        with self._lock:
            if not self._holders:
                self._do(self._undo)
            self._holders += 1
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1
                if not self._holders:
                    self._undo.close()


def _watch_flask(undo: ExitStack) -> None:
    _connect(sys.modules["flask"].got_request_exception, _from_flask, undo)


def _watch_django(undo: ExitStack) -> None:
    signals = sys.modules["django.core.signals"]
    _connect(signals.got_request_exception, _from_django, undo)
    # Both signals close the database connection, and with it the transaction a test runs in; Django's own test client
    # takes the receiver out in the same way.
    receiver = getattr(sys.modules.get("django.db"), "close_old_connections", None)
    for signal in (signals.request_started, signals.request_finished):
        if receiver is not None and signal.disconnect(receiver):
            undo.callback(signal.connect, receiver)


def _connect(signal: Any, receiver: Callable[..., None], undo: ExitStack) -> None:
    signal.connect(receiver, weak=False)
    undo.callback(signal.disconnect, receiver)


def _from_flask(_sender: object, exception: BaseException, **_: object) -> None:
    _note(exception)


def _from_django(**_: object) -> None:
    _note(sys.exc_info()[1])


def _note(error: BaseException | None) -> None:
    found = _caught.get()
    if found is not None and error is not None:
        found.append(error)


_flask_watched = _Shared(_watch_flask)
_django_watched = _Shared(_watch_django)
