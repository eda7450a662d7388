"""Which hook does not return? It runs in the test's own thread, so nothing can end it; but it is named to the user."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from copper_emulator.core.model import Delivery
from copper_emulator.core.text import duration_text
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.hook_work import Hook
from copper_emulator.shell.routing.destinations import name_of

PATIENCE = 10_000
"""Milliseconds of real time after which a hook is named."""

CHECK_EVERY = 1.0
"""Seconds between two checks."""


def _show(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


show: Callable[[str], None] = _show
"""Shows a text at once. The plugin sets a function here that pytest's capturing does not hold back."""


class _Running(NamedTuple):
    hook: Hook
    delivery: Delivery
    until: float


class HookWatch:
    """Names a hook of one account that does not return. Its thread starts with the first hook, and ends with `close`.

    One thread for all its hooks, because starting one takes longer than a delivery.
    """

    def __init__(self) -> None:
        self._running: _Running | None = None
        self._ending: threading.Event | None = None
        self._thread: threading.Thread | None = None

    @contextmanager
    def watching(self, hook: Hook, delivery: Delivery) -> Iterator[None]:
        """Watch over the hook that is called in the block."""
        if self._thread is None:
            self._ending = threading.Event()
            self._thread = threading.Thread(
                target=self._watch, args=[self._ending], name="copper-emulator-hooks", daemon=True
            )
            self._thread.start()
        # On a server's account, a hook that makes something happen calls the next one in the same thread.
        before, self._running = self._running, _Running(hook, delivery, monotonic() + PATIENCE / 1000)
        try:
            yield
        finally:
            self._running = before

    def close(self) -> None:
        """End the thread, if there is one."""
        if self._thread is not None and self._ending is not None:
            self._ending.set()
            self._thread.join()
            self._thread = None

    def _watch(self, ending: threading.Event) -> None:
        last_named: _Running | None = None
        while not ending.wait(CHECK_EVERY):
            running = self._running
            if running is not None and running is not last_named and monotonic() >= running.until:
                last_named = running
                show(_message(running))


def _message(running: _Running) -> str:
    called = f"the after_delivery hook {name_of(running.hook)}, called for {running.delivery.notification},"
    return (
        f"\ncopper: {called} has not returned after {duration_text(PATIENCE)}. What it waits for may have failed: an "
        "exception ends a thread, and a queue whose worker has ended is never empty. It goes on until it is ended from "
        "outside, with Ctrl-C or by a time limit for tests; pytest then shows what threads have raised.\n"
    )
