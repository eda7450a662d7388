"""Who sends what: each attempt of a round goes to the sender of its destination, in this thread or on this loop.

WSGI applications and functions run in the caller's own thread from a bare frame; ASGI applications on a loop entered
only for the call and what it leaves behind; HTTP always leaves from the host's thread, whose loop never sleeps.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AsyncExitStack
from functools import partial
from operator import methodcaller
from typing import Any, TypeVar

from copper_emulator.core.errors import CopperEmulatorError
from copper_emulator.core.model import Attempt, Outcome, Result
from copper_emulator.shell.app_loop import AppLoop
from copper_emulator.shell.clock import monotonic, pause, pause_async
from copper_emulator.shell.destinations import RouteKind
from copper_emulator.shell.frozen import frozen_now
from copper_emulator.shell.host import Host
from copper_emulator.shell.left_tasks import EndpointCall
from copper_emulator.shell.loop_thread import LoopThread
from copper_emulator.shell.messages import too_late
from copper_emulator.shell.routes import Blocked, Route, Straight
from copper_emulator.shell.running_loop import NoRunningLoop
from copper_emulator.shell.senders.aiohttp_app import AiohttpApp
from copper_emulator.shell.senders.asgi import Lifespan, send_to_asgi
from copper_emulator.shell.senders.caught import frameworks_watched, with_exception
from copper_emulator.shell.senders.function import send_to_async_function, send_to_function
from copper_emulator.shell.senders.wsgi import send_to_wsgi
from copper_emulator.shell.stage import Stage

# A traceback shows the line of the test, not ours, when the error is one we raise on purpose.
__tracebackhide__ = methodcaller("errisinstance", CopperEmulatorError)

T = TypeVar("T")

PAUSE = 0.05
"""Seconds of real time that an empty round takes: who waits for an endpoint's own work looks again after each."""


class _Delivering:
    """What both ways have in common: destinations, the applications that were started, and HTTP."""

    def __init__(self, stage: Stage, host: Host) -> None:
        self._stage = stage
        self._host = host
        self._lifespans: dict[int, Lifespan] = {}
        self._servers: dict[int, AiohttpApp] = {}

    @property
    def _timeout_ms(self) -> int:
        return self._stage.settings.timeout

    def _submit_http(
        self, attempt: Attempt, destination: Route | Straight, *, as_target: bool = False
    ) -> Future[Result]:
        sender = self._host.http()
        return self._host.submit(
            sender.send(
                attempt,
                destination,
                timeout_ms=self._timeout_ms,
                ca=self._stage.settings.ca,
                as_target=as_target,
                fresh=_idle_connections_harm(),
            )
        )

    async def _asgi(self, route: Route, attempt: Attempt) -> Result:
        lifespan = self._lifespans.get(id(route.to))
        # A test's fixtures may live on another loop than the test; an application is started on the one it serves.
        if lifespan is None or not lifespan.is_on(asyncio.get_running_loop()):
            lifespan = self._lifespans[id(route.to)] = Lifespan(route.to)
        if not lifespan.is_up:
            failure = await lifespan.started(timeout_ms=self._timeout_ms)
            if failure is not None:
                return failure
        return await send_to_asgi(route.to, attempt, state=lifespan.state, timeout_ms=self._timeout_ms)

    async def _awaited(self, route: Route, attempt: Attempt) -> Result:
        """Call an ASGI application or an async function on the running loop, and wait for the work that it leaves.

        What that raises is told with the result.
        """
        began, timeout_ms = monotonic(), self._timeout_ms
        with EndpointCall() as call:
            if route.kind is RouteKind.ASGI:
                result = await self._asgi(route, attempt)
            else:
                result = await send_to_async_function(route.to, attempt, timeout_ms=timeout_ms)
            if not call.has_left:
                return result
            result = _told(result, route, began, timeout_ms)
            raised = await call.ended(seconds=self._stage.tasks_patience)
        return result if raised is None or result.exception is not None else with_exception(result, raised)

    async def _server_of(self, route: Route) -> AiohttpApp | Result:
        server = self._servers.get(id(route.to))
        if server is None or not server.is_on(asyncio.get_running_loop()):
            server = self._servers[id(route.to)] = AiohttpApp(route.to)
        failure = await server.started(timeout_ms=self._timeout_ms)
        return server if failure is None else failure

    async def _stop_lifespans(self) -> None:
        here = asyncio.get_running_loop()
        for lifespan in self._lifespans.values():
            if lifespan.is_on(here):
                await lifespan.stop(timeout_ms=self._timeout_ms)
        self._lifespans.clear()

    async def _stop_servers(self) -> None:
        here = asyncio.get_running_loop()
        # One that raises as it ends keeps none of the others up.
        async with AsyncExitStack() as stopping:
            for server in self._servers.values():
                if server.is_on(here):
                    stopping.push_async_callback(server.stop, timeout_ms=self._timeout_ms)
            self._servers.clear()


class SyncDelivering(_Delivering):
    """For synchronous tests: applications run in this thread, from a bare frame."""

    def __init__(self, stage: Stage, host: Host) -> None:
        super().__init__(stage, host)
        self._loop: AppLoop | None = None
        self._aiohttp_thread = LoopThread("copper-emulator-endpoint")

    def send(self, attempts: list[Attempt]) -> list[Result]:
        """One round, in order; what goes over HTTP together with others goes at the same time. An empty one waits."""
        if not attempts:
            self._pause()
        with frameworks_watched():
            pending = [self._begin(attempt, self._stage.routes.resolve(attempt.url)) for attempt in attempts]
            return [finish() for finish in pending]

    def close(self) -> None:
        """Shut down the applications that were started. Raises what one of them raises, when all have ended."""
        try:
            if self._loop is not None:
                loop, self._loop = self._loop, None
                with NoRunningLoop():
                    loop.close(self._stop_lifespans())
        finally:
            self._close_thread()

    def _close_thread(self) -> None:
        if self._aiohttp_thread.started:
            try:
                self._aiohttp_thread.run(self._stop_servers())
            finally:
                self._aiohttp_thread.close()

    def _pause(self) -> None:
        if self._loop is None:
            pause(PAUSE)
            return
        with NoRunningLoop():
            self._loop.pause(PAUSE)

    def _begin(self, attempt: Attempt, destination: Route | Straight | Blocked) -> Callable[[], Result]:
        if isinstance(destination, Blocked):
            return lambda: Result(Outcome.BLOCKED, text=destination.text)
        if isinstance(destination, Straight) or destination.kind is RouteKind.URL:
            answer = self._submit_http(attempt, destination)
            return lambda: _told(answer.result(), destination, monotonic(), self._timeout_ms)
        return lambda: self._called(attempt, destination)

    def _called(self, attempt: Attempt, route: Route) -> Result:
        began = monotonic()
        account = self._stage.account
        # Of those that go in one round, this is the one whose endpoint runs now.
        of_the_round, account.causing = account.causing, attempt.notification
        try:
            return _told(self._in_process(attempt, route), route, began, self._timeout_ms)
        finally:
            account.causing = of_the_round

    def _in_process(self, attempt: Attempt, route: Route) -> Result:
        with NoRunningLoop():
            if route.kind is RouteKind.WSGI:
                return send_to_wsgi(route.to, attempt)
            if route.kind is RouteKind.ASGI and _is_django(route.to):
                return _django_asgi(route, attempt, self._timeout_ms)
            if route.is_awaited or route.kind is RouteKind.ASGI:
                return self._on_loop(self._awaited(route, attempt))
            if route.kind is RouteKind.FUNCTION:
                return send_to_function(route.to, attempt)
        # An aiohttp application needs a loop that goes on by itself: its own thread plays the server's process.
        server = self._aiohttp_thread.run(self._server_of(route))
        if isinstance(server, Result):
            return server
        return server.with_exception(self._submit_http(attempt, server.route(route), as_target=True).result())

    def _on_loop(self, coroutine: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            self._loop = AppLoop()
        return self._loop.run(coroutine)


class AsyncDelivering(_Delivering):
    """For asynchronous tests: ASGI applications run on the test's loop, blocking ones never do."""

    async def send(self, attempts: list[Attempt]) -> list[Result]:
        """One round; its attempts go at the same time, their results come in order. An empty one waits."""
        if not attempts:
            await pause_async(PAUSE)
        destinations = [self._stage.routes.resolve(attempt.url) for attempt in attempts]
        with frameworks_watched():
            if len(attempts) == 1:
                return [await self._one(attempts[0], destinations[0])]
            return await asyncio.gather(*(self._one(a, d) for a, d in zip(attempts, destinations, strict=True)))

    async def close(self) -> None:
        """Shut down the applications that were started. Raises what one of them raises, when all have ended."""
        try:
            await self._stop_lifespans()
        finally:
            await self._stop_servers()

    async def _one(self, attempt: Attempt, destination: Route | Straight | Blocked) -> Result:
        if isinstance(destination, Blocked):
            return Result(Outcome.BLOCKED, text=destination.text)
        began = monotonic()
        return _told(await self._sent(attempt, destination), destination, began, self._timeout_ms)

    async def _sent(self, attempt: Attempt, destination: Route | Straight) -> Result:
        if isinstance(destination, Straight) or destination.kind is RouteKind.URL:
            return await asyncio.wrap_future(self._submit_http(attempt, destination))
        if destination.is_awaited or destination.kind is RouteKind.ASGI:
            return await self._awaited(destination, attempt)
        if destination.kind is RouteKind.AIOHTTP:
            return await self._aiohttp(destination, attempt)
        if destination.kind is RouteKind.WSGI:
            return await _in_worker(partial(send_to_wsgi, destination.to, attempt, multithread=True))
        return await _in_worker(partial(send_to_function, destination.to, attempt))

    async def _aiohttp(self, route: Route, attempt: Attempt) -> Result:
        server = await self._server_of(route)
        if isinstance(server, Result):
            return server
        result = await asyncio.wrap_future(self._submit_http(attempt, server.route(route), as_target=True))
        return server.with_exception(result)


async def _in_worker(call: Callable[[], Result]) -> Result:
    # asgiref's thread-sensitive thread is where Django keeps its connection, and with it the test's transaction.
    asgiref = sys.modules.get("asgiref.sync")
    if asgiref is not None:
        result: Result = await asgiref.sync_to_async(call, thread_sensitive=True)()
        return result
    return await asyncio.to_thread(call)


def _django_asgi(route: Route, attempt: Attempt, timeout_ms: int) -> Result:
    # async_to_sync runs Django's views back in this thread, so that they see the test's transaction.
    from asgiref.sync import async_to_sync

    async def call() -> Result:
        return await send_to_asgi(route.to, attempt, state={}, timeout_ms=timeout_ms)

    result: Result = async_to_sync(call)()
    return result


def _idle_connections_harm() -> bool:
    # Frozen time makes the timers of a server in this process jump, and it may close an idle connection just as it is
    # used again. Django's live server gives each connection a thread that shares the test's database connection, and
    # fails when it outlives the test.
    return frozen_now() is not None or "django.db" in sys.modules


def _is_django(app: object) -> bool:
    handlers = sys.modules.get("django.core.handlers.asgi")
    return handlers is not None and isinstance(app, handlers.ASGIHandler)


def _told(result: Result, destination: Route | Straight, began: float, timeout_ms: int) -> Result:
    """With the route that it went, and how long it took, where nobody has measured it yet.

    Nobody cuts off what blocks this process; an answer that comes too late is none all the same.
    """
    took_ms = (monotonic() - began) * 1000 if result.took_ms is None else result.took_ms
    if took_ms > timeout_ms and result.status is not None:
        result = too_late(timeout_ms, round(took_ms))
    return result.sent(route=destination.name if isinstance(destination, Route) else result.route, took_ms=took_ms)
