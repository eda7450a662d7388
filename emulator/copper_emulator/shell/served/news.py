"""News of an account of the server: callers wait here for its next journal entry."""

from __future__ import annotations

import asyncio

from copper_emulator.core.model import Notification


class News:
    """Wakes those who wait for a journal entry, and all of them when the journal starts anew or is closed.

    Each wait has an event of its own, so that a slow waiter misses nothing. Usually nothing waits.
    """

    def __init__(self) -> None:
        self._next: asyncio.Event | None = None
        self._awaited: dict[asyncio.Event, Notification] = {}

    async def wait(self) -> None:
        """Wait for the next entry."""
        if self._next is None:
            self._next = asyncio.Event()
        await self._next.wait()

    async def wait_about(self, notification: Notification) -> None:
        """Wait for the next entry about this notification or about none.

        A caller that waits for the last of many notifications is thus not woken for each of them.
        """
        woken = asyncio.Event()
        self._awaited[woken] = notification
        try:
            await woken.wait()
        finally:
            del self._awaited[woken]

    def wake(self, about: Notification | None = None) -> None:
        """Wake those who wait: for an entry about one notification, or for anything."""
        if self._next is not None:
            self._next.set()
            self._next = None
        for woken, awaited in self._awaited.items():
            if about is None or about is awaited:
                woken.set()
