"""The thread that is always there once it is needed: it serves the API and sends over HTTP.

One host serves every account of a test session, each by its token.
"""

from __future__ import annotations

import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from aiohttp import web

from copper_emulator.core.model import Key
from copper_emulator.shell.app import make_api, make_runner
from copper_emulator.shell.loop_thread import LoopThread
from copper_emulator.shell.senders.http import HttpSender
from copper_emulator.shell.stage import Stage

T = TypeVar("T")

_PATIENCE = 1.0
"""Seconds that requests under way may take when the host ends."""


class Host:
    """Starts its thread at first need and binds 127.0.0.1 once, on a port the system chooses where none is given."""

    token_advice = "In a test use copper.headers or copper.token."

    def __init__(self, *, port: int = 0) -> None:
        # Two locks: while something is being started, the loop's thread must be able to look up accounts.
        self._stages_lock = threading.Lock()
        self._starting = threading.Lock()
        self._stages: list[Stage] = []
        self._port = port
        self._thread = LoopThread("copper-emulator")
        self._http: HttpSender | None = None
        self._runner: web.AppRunner | None = None
        self._url: str | None = None

    # --- the accounts it serves (a Directory, see app.py) ---------------------------------------------------

    def add(self, stage: Stage) -> None:
        """Serve an account."""
        with self._stages_lock:
            self._stages.append(stage)

    def remove(self, stage: Stage) -> None:
        """Serve it no longer."""
        with self._stages_lock:
            self._stages.remove(stage)

    def find(self, token: str, email: str) -> tuple[Stage, Key] | None:
        """The account a token belongs to; none is opened for one."""
        return self.known(token)

    def known(self, token: str) -> tuple[Stage, Key] | None:
        """The account a token belongs to, by its current or an earlier key."""
        with self._stages_lock:
            stages = list(self._stages)
        for stage in stages:
            for key in stage.account.keys:
                if key.token == token:
                    return stage, key
        return None

    def refused(self, text: str) -> None:
        """A call with a wrong token: of the endpoint that is notified, where one account alone is delivering."""
        with self._stages_lock:
            delivering = [stage for stage in self._stages if stage.driving]
        if len(delivering) == 1:
            delivering[0].refused(text)

    # --- the thread -----------------------------------------------------------------------------------------

    def url(self) -> str:
        """Where the API is served, like `http://127.0.0.1:40217`; starts it at first use."""
        with self._starting:
            if self._url is None:
                self._url = self._thread.run(self._serve())
            return self._url

    def http(self) -> HttpSender:
        """The sender whose calls must be submitted to this host."""
        with self._starting:
            if self._http is None:
                self._http = HttpSender()
                self._thread.run(self._http.start())
            return self._http

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the host's loop."""
        return self._thread.submit(coroutine)

    def close(self) -> None:
        """End the server, the sender and the thread, and wait for them."""
        if self._thread.started:
            self._thread.run(self._close())
            self._thread.close()

    async def _serve(self) -> str:
        self._runner = make_runner(make_api(self), shutdown_timeout=_PATIENCE)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _close(self) -> None:
        if self._http is not None:
            await self._http.close()
        if self._runner is not None:
            await self._runner.cleanup()
        self._http = self._runner = self._url = None
