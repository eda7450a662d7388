"""An aiohttp application as an endpoint: really served, on a loopback port of its own."""

from __future__ import annotations

import logging
from collections import deque
from typing import Any

from aiohttp import web
from yarl import URL

from copper_emulator.core.model import Result
from copper_emulator.shell.routes import Route, RouteKind
from copper_emulator.shell.senders.caught import with_exception


class AiohttpApp:
    """Serves one application on the loop it is started on, and keeps what its handlers raise."""

    def __init__(self, app: web.Application) -> None:
        self._raised: deque[BaseException] = deque()
        logger = logging.Logger("copper_emulator.endpoint")
        logger.addHandler(_Keep(self._raised))
        # Handlers' exceptions reach a server only through its logger.
        self._runner = web.AppRunner(app, access_log=None, logger=logger, handle_signals=False)
        self._base: URL | None = None

    async def start(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._base = URL(f"http://127.0.0.1:{self._runner.addresses[0][1]}")

    async def stop(self) -> None:
        await self._runner.cleanup()

    def route(self, route: Route) -> Route:
        """The route to where the application is served."""
        return Route(route.origin, self._base, RouteKind.URL)

    def with_exception(self, result: Result) -> Result:
        """The result with what the handler raised, if it answered 500 for that."""
        if not self._raised:
            return result
        error = self._raised.popleft()
        return with_exception(result, error) if result.status == 500 else result


class _Keep(logging.Handler):
    def __init__(self, raised: deque[BaseException]) -> None:
        super().__init__()
        self._raised = raised

    def emit(self, record: logging.LogRecord) -> None:
        info: Any = record.exc_info
        if info and info[1] is not None:
            self._raised.append(info[1])
