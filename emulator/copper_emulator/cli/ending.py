"""How a command that runs until it is told to end learns of it."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress


def told_to_end() -> asyncio.Event:
    """An event on the running loop that Ctrl-C or SIGTERM sets."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Loops on Windows have no signal handlers; there Ctrl-C comes as KeyboardInterrupt.
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, ended.set)
    return ended
