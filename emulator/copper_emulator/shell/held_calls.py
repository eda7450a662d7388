"""How long is a call of the API held, and what lets it go before? The end of its account, or of the server.

An account of a test ends in the test's thread, and its calls are held on the loop of the host's.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial

from copper_emulator.shell.clock import real_timeout


class HeldCalls:
    """The calls of one account that are being held back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._let_go = False
        self._wakers: set[Callable[[], object]] = set()

    async def hold(self, seconds: float) -> bool:
        """Let so much real time pass. False, at once, where the calls have been let go or are so meanwhile."""
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
        """Hold none any longer, from now on; from any thread."""
        with self._lock:
            self._let_go = True
            for waker in self._wakers:
                waker()
