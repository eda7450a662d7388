"""How a command that runs until it is told to end learns of it."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress


def told_to_end() -> asyncio.Event:
    """An event on the running loop that Ctrl-C, SIGTERM or a closed terminal (SIGHUP) sets."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    others = [signal.SIGTERM]
    # Under nohup, a closed terminal does not matter.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        others.append(signal.SIGHUP)

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
