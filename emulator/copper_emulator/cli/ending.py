"""How does a command that goes on for long learn that it is told to end?"""

from __future__ import annotations

import _thread
import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


def told_to_end() -> asyncio.Event:
    """An event on the running loop that Ctrl-C, SIGTERM or a closed terminal (SIGHUP) sets."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    others = _beside_ctrl_c()

    def end(*_: object) -> None:
        # From now on until the process is gone, so that one told twice ends as one told once.
        for number in others:
            signal.signal(number, signal.SIG_IGN)
        # A command that could not start has closed its loop.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(ended.set)

    # Loops on Windows have no signal handlers; there Ctrl-C comes as KeyboardInterrupt.
    with suppress(NotImplementedError):
        # Ctrl-C is not ignored: once the loop is closed, another is the way out of an end that hangs.
        loop.add_signal_handler(signal.SIGINT, end)
        for number in others:
            # The loop would restore the default action when it is closed. It is woken by any signal nevertheless.
            signal.signal(number, end)
    return ended


class ToldToEnd(KeyboardInterrupt):
    """The signal `number`, SIGTERM or SIGHUP, has come; `code` is the exit code that a shell reports for it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.code = 128 + number


@contextmanager
def raised_when_told() -> Iterator[None]:
    """In the block, SIGTERM and a closed terminal (SIGHUP) are raised as Ctrl-C is, once: as ToldToEnd."""
    before = {number: signal.getsignal(number) for number in _beside_ctrl_c()}
    is_told = False

    def end(received: int, _: object) -> None:
        # One told twice ends as one told once, and may be busy with that.
        nonlocal is_told
        if not is_told:
            is_told = True
            raise ToldToEnd(received)

    def lost(error: KeyboardInterrupt) -> None:
        nonlocal is_told
        is_told = False
        number = error.number if isinstance(error, ToldToEnd) else signal.SIGINT
        # By another thread: raised here, it would be lost in turn.
        _thread.start_new_thread(_raise_in_the_main_thread, (number,))

    for number in before:
        signal.signal(number, end)
    try:
        with _noticed_where_lost(lost):
            yield
    finally:
        for number, handler in before.items():
            # From now on until the process is gone, if it was told.
            signal.signal(number, signal.SIG_IGN if is_told else handler)


@contextmanager
def _noticed_where_lost(call: Callable[[KeyboardInterrupt], None]) -> Iterator[None]:
    # A signal's handler runs wherever the thread is, and what it raises inside a `__del__` or a weak reference's
    # callback is printed and dropped by Python.
    hook = sys.unraisablehook

    def look(unraisable: sys.UnraisableHookArgs) -> None:
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            call(unraisable.exc_value)
        else:
            hook(unraisable)

    sys.unraisablehook = look
    try:
        yield
    finally:
        sys.unraisablehook = hook


@contextmanager
def told_afterwards() -> Iterator[None]:
    """What Ctrl-C and the other signals would raise in the block is raised after it, so that it is done entirely."""
    early: list[int] = []
    before = {
        number: signal.signal(number, lambda received, _: early.append(received))
        for number in (signal.SIGINT, *_beside_ctrl_c())
        if callable(signal.getsignal(number))
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if early:
            signal.raise_signal(early[0])


def _raise_in_the_main_thread(number: int) -> None:
    main = threading.main_thread().ident
    if main is not None and hasattr(signal, "pthread_kill"):
        # Woken by it even if it waits for a lock.
        signal.pthread_kill(main, number)
    else:
        signal.raise_signal(number)


def _beside_ctrl_c() -> list[signal.Signals]:
    # Under nohup, a closed terminal does not matter.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        return [signal.SIGTERM, signal.SIGHUP]
    return [signal.SIGTERM]
