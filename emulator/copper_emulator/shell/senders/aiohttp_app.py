"""An aiohttp application as an endpoint: actually served, on a loopback port of its own."""

from __future__ import annotations

import asyncio
import logging

from aiohttp import web
from yarl import URL

from copper_emulator.core.errors import RouteError
from copper_emulator.core.model import Result
from copper_emulator.shell.caught import from_exception, is_meant_for_the_caller, with_exception
from copper_emulator.shell.clock import real_timeout
from copper_emulator.shell.listening import ListeningRunner
from copper_emulator.shell.routing.destinations import RouteKind
from copper_emulator.shell.routing.messages import not_started
from copper_emulator.shell.routing.routes import Route
from copper_emulator.shell.senders.kept import HEADER, Kept

_OTHER_LOOP = "web.Application instance initialized with different loop"
"""What aiohttp says; an ASGI application may be started on any loop."""

_ELSEWHERE = (
    "an aiohttp Application stays with the event loop it was first started on, and this is another: let what starts it "
    "and the test share a loop (with pytest-asyncio, the same loop_scope), or make one for each test and account"
)


class AiohttpApp:
    """Serves one application on the loop it is started on, and keeps the exceptions its handlers raise."""

    def __init__(self, app: web.Application) -> None:
        self._raised = Kept[BaseException]()
        # No need to log: the delivery has the exception with its traceback.
        silent = logging.Logger("copper_emulator.endpoint")
        silent.addHandler(logging.NullHandler())
        self._runner = ListeningRunner(
            app,
            on_error=self._on_error,
            as_https=True,
            logger=silent,
            # A handler is cancelled with its delivery, as an ASGI application is: on a frozen loop, waiting for one
            # that hangs would never end.
            handler_cancellation=True,
        )
        self._is_elsewhere = False
        """Whether the application belongs to another loop, where it may be running."""
        self._starting = asyncio.get_running_loop().create_task(self._start())

    async def wait_until_started(self, *, timeout_ms: int) -> Result | None:
        """Wait until it is served. Return None, or why it is not: its start-up raised, or did not finish in time."""
        try:
            async with real_timeout(timeout_ms):
                # Concurrent deliveries wait for the same start-up; cancelling one of them must not cancel it.
                error = await asyncio.shield(self._starting)
        except TimeoutError:
            return not_started(timeout_ms)
        return None if error is None else from_exception(error)

    async def stop(self, *, timeout_ms: int) -> None:
        """Shut down, waiting at most this long. A start-up still in progress is cancelled."""
        self._starting.cancel()
        try:
            async with real_timeout(timeout_ms):
                await asyncio.gather(self._starting, return_exceptions=True)
                if not self._is_elsewhere:
                    await self._runner.cleanup()
        except TimeoutError:
            await self._runner.cut_off()

    def served_route(self, route: Route) -> Route:
        """The same route, leading to where the application is served."""
        return Route(route.origin, URL(f"http://127.0.0.1:{self._runner.addresses[0][1]}"), RouteKind.URL)

    def with_exception(self, result: Result) -> Result:
        """The result with the exception its handler raised, if it did."""
        error = self._raised.take(result.headers)
        if error is None:
            return result
        headers = tuple((name, value) for name, value in result.headers if name != HEADER)
        return with_exception(result._replace(headers=headers), error)

    async def _start(self) -> BaseException | None:
        """Start serving; return what the start-up raised, because a SystemExit out of a task would stop the loop."""
        try:
            await self._runner.setup()
            await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        except BaseException as error:
            if is_meant_for_the_caller(error):
                raise
            self._is_elsewhere = _OTHER_LOOP in str(error)
            return RouteError(_ELSEWHERE) if self._is_elsewhere else error
        return None

    def _on_error(
        self, request: web.BaseRequest, status: int, error: BaseException | None, message: str
    ) -> web.Response | None:
        if error is None:
            return None
        # Of a handler that was cut off, nobody gets the answer.
        headers = {} if request.transport is None else {HEADER: self._raised.keep(error)}
        return web.Response(status=status, text=message or "500 Internal Server Error", headers=headers)
