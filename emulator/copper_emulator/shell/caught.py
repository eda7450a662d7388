"""Exceptions in an endpoint in this process: those it raises, and those its framework turns into a 500."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from contextvars import ContextVar
from types import FunctionType, MethodType, TracebackType
from typing import Any

from copper_emulator.core.model import Outcome, Reason, Result
from copper_emulator.core.text import exception_text

_caught: ContextVar[list[BaseException] | None] = ContextVar("copper_emulator_caught", default=None)

_TIME_LIMITS = [getattr(signal, name) for name in ("SIGALRM", "SIGTERM") if hasattr(signal, name)]

_OURS = __name__.partition(".")[0]


def is_meant_for_the_caller(error: BaseException) -> bool:
    """Whether an exception that comes out of an endpoint is not the endpoint's own and must be re-raised.

    Those are Ctrl-C, the closing of a generator, a requested cancellation of the running task, `pytest.exit()`, and
    what a signal's handler raised to end the test, like the time limit of pytest-timeout: that strikes once, and the
    next endpoint might hang for ever. Anything else, including `pytest.fail()`, `sys.exit()`, a CancelledError that was
    not requested, and a handler's ordinary exception, is the delivery's outcome.
    """
    if isinstance(error, asyncio.CancelledError):
        running = asyncio._get_running_loop()  # noqa: SLF001 - the public one raises when there is no loop
        task = asyncio.current_task(running) if running is not None else None
        return task is not None and task.cancelling() > 0
    if isinstance(error, GeneratorExit):
        return True
    # No signal arrives in any other thread, whose loop would end with what is raised there.
    if threading.current_thread() is not threading.main_thread():
        return False
    return isinstance(error, KeyboardInterrupt) or _ends_session(error) or _is_of_a_signal(error)


def _ends_session(error: BaseException) -> bool:
    outcomes = sys.modules.get("_pytest.outcomes")
    return outcomes is not None and isinstance(error, outcomes.Exit)


def _is_of_a_signal(error: BaseException) -> bool:
    """Whether a handler of SIGALRM or SIGTERM, which time limits use, is in the exception's traceback."""
    if isinstance(error, Exception):
        return False
    handlers = (signal.getsignal(each) for each in _TIME_LIMITS)
    codes = {handler.__code__ for handler in handlers if isinstance(handler, FunctionType | MethodType)}
    return bool(codes) and any(frame.f_code in codes for frame, _ in traceback.walk_tb(error.__traceback__))


class Swallowed:
    """Collects exceptions that Flask and Django turn into a 500 in this context; only inside `watching_frameworks`."""

    # A class, since every delivery passes here and a generator would take five times as long.
    def __enter__(self) -> list[BaseException]:
        caught: list[BaseException] = []
        self._token = _caught.set(caught)
        return caught

    def __exit__(self, *_: object) -> None:
        _caught.reset(self._token)


def watching_frameworks() -> AbstractContextManager[None]:
    """For a whole round: observe exceptions, and keep Django from closing the database connection of the test."""
    return _holding(*_exception_watches(), *([_django_connection_kept] if _has_django() else []))


def watching_exceptions() -> AbstractContextManager[None]:
    """Observe exceptions only: for applications called in a thread of their own, outside of the test's transaction."""
    return _holding(*_exception_watches())


def _exception_watches() -> list[_SharedChange]:
    return [
        *([_flask_watched] if "flask" in sys.modules else []),
        *([_django_watched] if _has_django() else []),
    ]


def _has_django() -> bool:
    return "django.core.signals" in sys.modules


def _holding(*shared: _SharedChange) -> AbstractContextManager[None]:
    return _holding_all(shared) if shared else _NOTHING_TO_HOLD


_NOTHING_TO_HOLD = nullcontext()


@contextmanager
def _holding_all(shared: Sequence[_SharedChange]) -> Iterator[None]:
    with ExitStack() as stack:
        for each in shared:
            stack.enter_context(each.held())
        yield


def with_exception(result: Result, error: BaseException) -> Result:
    """The same result with an exception in the endpoint, and its traceback."""
    return result._replace(exception=error, traceback=format_exception(error))


def apart_from(result: Result, handled: BaseException | None) -> Result:
    """The same result, its exception without the one the caller was handling, which Python set as its context."""
    if handled is None or result.exception is None:
        return result
    error = result.exception
    while error.__context__ is not None and error.__context__ is not handled:
        error = error.__context__
    error.__context__ = None
    return with_exception(result, result.exception)


def from_exception(error: BaseException) -> Result:
    """The result when the endpoint raised instead of answering."""
    result = Result(Outcome.FAILED, reason=Reason.EXCEPTION, text=exception_text(error))
    return with_exception(result, error)


def format_exception(error: BaseException) -> str:
    """The traceback as Python prints it, starting at the first frame of the application or its framework."""
    return "".join(traceback.format_exception(type(error), error, _without_our_frames(error.__traceback__))).rstrip()


def _without_our_frames(frames: TracebackType | None) -> TracebackType | None:
    while frames is not None and frames.tb_frame.f_globals.get("__name__", "").partition(".")[0] == _OURS:
        frames = frames.tb_next
    return frames


class _SharedChange:
    """A process-wide change: made by the first holder, undone by the last.

    A framework's signals and their receivers are global, and several accounts may deliver at the same time.
    """

    def __init__(self, make: Callable[[ExitStack], None]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._holders = 0
        self._undo = ExitStack()

    @contextmanager
    def held(self) -> Iterator[None]:
        with self._lock:
            if not self._holders:
                self._make(self._undo)
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
    _connect(sys.modules["django.core.signals"].got_request_exception, _from_django, undo)


def _keep_django_connection(undo: ExitStack) -> None:
    signals = sys.modules["django.core.signals"]
    # On both signals this receiver closes the database connection, and with it the transaction a test runs in;
    # Django's own test client disconnects it in the same way.
    receiver = getattr(sys.modules.get("django.db"), "close_old_connections", None)
    for each in (signals.request_started, signals.request_finished):
        if receiver is not None and each.disconnect(receiver):
            undo.callback(each.connect, receiver)


def _connect(signal: Any, receiver: Callable[..., None], undo: ExitStack) -> None:
    signal.connect(receiver, weak=False)
    undo.callback(signal.disconnect, receiver)


def _from_flask(_sender: object, exception: BaseException, **_: object) -> None:
    _note(exception)


def _from_django(**_: object) -> None:
    _note(sys.exc_info()[1])


def _note(error: BaseException | None) -> None:
    caught = _caught.get()
    if caught is not None and error is not None:
        caught.append(error)


_flask_watched = _SharedChange(_watch_flask)
_django_watched = _SharedChange(_watch_django)
_django_connection_kept = _SharedChange(_keep_django_connection)
