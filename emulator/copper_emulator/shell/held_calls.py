"""How long is a call of the API held, and what ends that early? The end of its account or of the server.

A test's account ends in the test's thread, but its calls are held on the loop of the host's thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial

from copper_emulator.shell.clock import monotonic, real_timeout


class HeldCalls:
    """The calls of one account that are being held back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._let_go = False
        self._wakers: set[Callable[[], object]] = set()

    async def hold(self, seconds: float) -> bool:
        """Wait that long in real time. Returns False as soon as the calls are let go, at once if they already are."""
        over = asyncio.Event()
        waker = partial(asyncio.get_running_loop().call_soon_threadsafe, over.set)
        with self._lock:
            if self._let_go:
                return False
            self._wakers.add(waker)
        try:
            async with real_timeout(round(seconds * 1000)):
                await over.wait()
        except TimeoutError:
            return True
        else:
            return False
        finally:
            with self._lock:
                self._wakers.discard(waker)

    def let_go(self) -> None:
        """End every wait, and let none begin any more. May be called from any thread."""
        with self._lock:
            self._let_go = True
            for waker in self._wakers:
                waker()


class LateAnswer:
    """An API answer that is delayed: it states what is true when it is made, which may have changed when it arrives."""

    def __init__(self, seconds: float) -> None:
        self.is_taken = False
        self.has_arrived = False
        self._until = monotonic() + seconds

    def arrives(self) -> bool:
        """Whether the delay is over."""
        return monotonic() >= self._until

    def let_go(self) -> None:
        """End the delay now."""
        self._until = monotonic()
