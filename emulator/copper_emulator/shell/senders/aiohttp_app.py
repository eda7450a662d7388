"""An aiohttp application as an endpoint: really served, on a loopback port of its own."""

from __future__ import annotations

import asyncio
import logging

from aiohttp import web
from yarl import URL

from copper_emulator.core.model import Result
from copper_emulator.shell.clock import real_timeout
from copper_emulator.shell.destinations import RouteKind
from copper_emulator.shell.listening import ListeningRunner
from copper_emulator.shell.messages import not_started
from copper_emulator.shell.routes import Route
from copper_emulator.shell.senders.caught import from_exception, is_meant_for_the_caller, with_exception

_MARK = "X-Copper-Emulator-Exception"
"""Stands in the answer to a request whose handler raised, and says which exception is meant; taken out again."""


class AiohttpApp:
    """Serves one application on the loop it is started on, and keeps what its handlers raise."""

    def __init__(self, app: web.Application) -> None:
        self._raised: dict[str, BaseException] = {}
        # What it would log stands in the delivery, with its traceback.
        silent = logging.Logger("copper_emulator.endpoint")
        silent.addHandler(logging.NullHandler())
        self._runner = ListeningRunner(
            app,
            on_error=self._on_error,
            as_https=True,
            logger=silent,
            # A handler is given up with its delivery, as an ASGI application is: on a frozen loop none that hangs could
            # be waited for.
            handler_cancellation=True,
        )
        self._loop = asyncio.get_running_loop()
        self._starting = self._loop.create_task(self._start())

    def is_on(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether it lives on that loop."""
        return self._loop is loop

    async def started(self, *, timeout_ms: int) -> Result | None:
        """Wait until it is served. None, or why it is not: what its start-up raised, or that it did not finish."""
        try:
            async with real_timeout(timeout_ms):
                # Deliveries that come together wait for the same start, and none takes it down when it is given up.
                error = await asyncio.shield(self._starting)
        except TimeoutError:
            return not_started(timeout_ms)
        return None if error is None else from_exception(error)

    async def stop(self, *, timeout_ms: int) -> None:
        """Shut down and wait for it, not for ever. What never started is only given up."""
        self._starting.cancel()
        try:
            async with real_timeout(timeout_ms):
                await asyncio.gather(self._starting, return_exceptions=True)
                await self._runner.cleanup()
        except TimeoutError:
            await self._runner.cut_off()

    def route(self, route: Route) -> Route:
        """The route to where the application is served."""
        return Route(route.origin, URL(f"http://127.0.0.1:{self._runner.addresses[0][1]}"), RouteKind.URL)

    def with_exception(self, result: Result) -> Result:
        """The result with what the handler raised, if it did."""
        marks = dict(result.headers)
        if _MARK not in marks:
            return result
        kept = tuple((name, value) for name, value in result.headers if name != _MARK)
        return with_exception(result._replace(headers=kept), self._raised.pop(marks[_MARK]))

    async def _start(self) -> BaseException | None:
        """What its start-up raised: returned, because SystemExit out of a task would stop the loop."""
        try:
            await self._runner.setup()
            await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        except BaseException as error:
            if is_meant_for_the_caller(error):
                raise
            return error
        return None

    def _on_error(
        self, request: web.BaseRequest, status: int, error: BaseException | None, message: str
    ) -> web.Response | None:
        if error is None:
            return None
        mark = str(id(error))
        self._raised[mark] = error
        return web.Response(status=status, text=message or "500 Internal Server Error", headers={_MARK: mark})
