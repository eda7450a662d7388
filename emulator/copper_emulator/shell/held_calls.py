"""How long is a call of the API held back? Until its time is up, its account is reset or ends, or the server ends.

A test's account ends in the test's thread, but its calls are held on the loop of the host's thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from copper_emulator.shell.clock import monotonic, real_timeout

_LOOK = 0.05
"""Seconds after which it is asked again whether a wait is over: nobody says so, neither aiohttp nor a clock."""


class HeldCalls:
    """The calls of one account that are being held back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_over = False
        self._wakers: set[Callable[[], object]] = set()

    async def hold(self, seconds: float, is_over: Callable[[], bool] | None = None) -> bool:
        """Wait that long in real time, or until `is_over` says so, which is asked again and again.

        Returns False as soon as the calls are cut off or let go, at once if they already are.
        """
        released = asyncio.Event()
        waker = partial(asyncio.get_running_loop().call_soon_threadsafe, released.set)
        with self._lock:
            if self._is_over:
                return False
            self._wakers.add(waker)
        until = monotonic() + seconds
        try:
            # Under one waker throughout: a cut between two waits would be missed.
            while (left := until - monotonic()) > 0 and not (is_over is not None and is_over()):
                with suppress(TimeoutError):
                    async with real_timeout(round((left if is_over is None else min(left, _LOOK)) * 1000)):
                        await released.wait()
                    return False
        finally:
            with self._lock:
                self._wakers.discard(waker)
        return True

    def cut_off(self) -> None:
        """End every wait, of calls to what the account was. May be called from any thread."""
        with self._lock:
            for waker in self._wakers:
                waker()

    def let_go(self) -> None:
        """End every wait, and let none begin any more. May be called from any thread."""
        with self._lock:
            self._is_over = True
        self.cut_off()
