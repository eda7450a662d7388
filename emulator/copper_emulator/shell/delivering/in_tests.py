"""How are attempts sent in a test? Each goes to the sender for its destination, in this thread or on this loop.

WSGI applications and functions run in the caller's own thread, from a bare frame. ASGI applications run on a loop that
is entered only for the call and the tasks it leaves behind. HTTP always leaves from the host's thread, whose loop never
stops.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

from copper_emulator.core.errors import raised_on_purpose
from copper_emulator.core.model import Attempt, Outcome, Result
from copper_emulator.shell.caught import apart_from, watching_frameworks
from copper_emulator.shell.clock import monotonic, pause, pause_async
from copper_emulator.shell.delivering.app_loop import AppLoop
from copper_emulator.shell.delivering.shared import Dispatcher, check_started, is_async, is_django, with_route_and_time
from copper_emulator.shell.host import Host
from copper_emulator.shell.loop_thread import LoopThread
from copper_emulator.shell.routing.destinations import RouteKind
from copper_emulator.shell.routing.routes import Blocked, Destination, Route, Straight
from copper_emulator.shell.running_loop import NoRunningLoop
from copper_emulator.shell.senders.asgi import send_to_asgi
from copper_emulator.shell.senders.function import send_to_function
from copper_emulator.shell.senders.wsgi import send_to_wsgi
from copper_emulator.shell.tenant import Tenant

__tracebackhide__ = raised_on_purpose

T = TypeVar("T")

PAUSE = 0.05
"""Seconds of real time an empty round takes if no hook has left anything to wait for: a caller that waits for an
endpoint's own work looks again after each."""


class SyncDispatcher(Dispatcher):
    """For synchronous tests: applications run in this thread, from a bare frame."""

    has_threads = False

    def __init__(self, tenant: Tenant, host: Host) -> None:
        super().__init__(tenant, host)
        self._loop: AppLoop | None = None
        self._aiohttp_thread = LoopThread("copper-emulator-endpoint")

    def send(self, attempts: list[Attempt]) -> list[Result]:
        """Send one round, in order; its HTTP requests go at the same time. An empty round waits."""
        if not attempts:
            self._wait()
        destinations = [self._tenant.routes.resolve(attempt.url) for attempt in attempts]
        with watching_frameworks():
            if attempts and self._tenant.check_options.sends_concurrently and all(map(is_async, destinations)):
                return self._send_concurrently(attempts, destinations)
            pending = [self._begin(*each) for each in zip(attempts, destinations, strict=True)]
            return [finish() for finish in pending]

    def start(self, app: object) -> None:
        """Start an application now. Raises RouteError if that fails."""
        route = self._tenant.routes.route_to_start(app)
        if is_django(route):
            # Django has no lifespan.
            return
        if route.kind is RouteKind.AIOHTTP:
            check_started(route, self._aiohttp_thread.run(self._ensure_started(route)))
            return
        with NoRunningLoop():
            check_started(route, self._run_on_app_loop(self._ensure_started(route)))

    def close(self) -> None:
        """Shut down the applications that were started. Once all have ended, raises what one of them raised."""
        try:
            if self._loop is not None:
                loop, self._loop = self._loop, None
                with NoRunningLoop():
                    loop.close(self._stop_lifespans())
        finally:
            self._close_thread()

    def _close_thread(self) -> None:
        if self._aiohttp_thread.is_started:
            try:
                self._aiohttp_thread.run(self._stop_servers())
            finally:
                self._aiohttp_thread.close()

    def _wait(self) -> None:
        awaited = self._tenant.awaited
        if awaited is not None:
            self._run_beside_endpoint(awaited.target, awaited.wait())
        elif self._loop is None:
            pause(PAUSE)
        else:
            with NoRunningLoop():
                self._loop.pause(PAUSE)

    def _run_beside_endpoint(self, target: str, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop on which the target's endpoint runs."""
        destination = self._tenant.routes.resolve(target)
        if isinstance(destination, Route) and destination.kind is RouteKind.AIOHTTP:
            return self._aiohttp_thread.run(work)
        with NoRunningLoop():
            return self._run_on_app_loop(work)

    def _begin(self, attempt: Attempt, destination: Destination) -> Callable[[], Result]:
        """Begin an attempt if it goes over HTTP. Returns what waits for its result, or else calls the endpoint."""
        if isinstance(destination, Blocked):
            return lambda: Result(Outcome.BLOCKED, text=destination.text)
        if isinstance(destination, Straight) or destination.kind is RouteKind.URL:
            answer = self._submit_http(attempt, destination)
            return lambda: with_route_and_time(answer.result(), destination, monotonic(), self._timeout_ms)
        return lambda: self._call_endpoint(attempt, destination)

    def _send_concurrently(self, attempts: list[Attempt], routes: list[Any]) -> list[Result]:
        work = self._gather_results(map(self._send_to_async_endpoint, attempts, routes))
        # Whatever sets `sends_concurrently` has a single target.
        if routes[0].kind is RouteKind.AIOHTTP:
            return self._aiohttp_thread.run(work)
        with NoRunningLoop():
            return self._run_on_app_loop(work)

    def _call_endpoint(self, attempt: Attempt, route: Route) -> Result:
        began = monotonic()
        account = self._tenant.account
        # Of the attempts of the round, this is the one whose endpoint runs now.
        of_the_round, account.causing = account.causing, (attempt.notification,)
        try:
            result = apart_from(self._send_in_process(attempt, route), sys.exc_info()[1])
            return with_route_and_time(result, route, began, self._timeout_ms)
        finally:
            account.causing = of_the_round

    def _send_in_process(self, attempt: Attempt, route: Route) -> Result:
        with NoRunningLoop():
            if route.kind is RouteKind.WSGI:
                return send_to_wsgi(route.to, attempt)
            if is_django(route):
                return _call_django_asgi(route, attempt, self._timeout_ms)
            if route.is_awaited or route.kind is RouteKind.ASGI:
                return self._run_on_app_loop(self._call_on_loop(route, attempt))
            if route.kind is RouteKind.FUNCTION:
                return send_to_function(route.to, attempt)
        # An aiohttp application needs a loop that keeps running: its own thread stands in for the server's process.
        return self._aiohttp_thread.run(self._call_aiohttp(route, attempt))

    def _run_on_app_loop(self, coroutine: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            self._loop = AppLoop()
        return self._loop.run(coroutine)


class AsyncDispatcher(Dispatcher):
    """For asynchronous tests: ASGI applications run on the test's loop, blocking ones in a worker thread."""

    has_threads = True

    async def send(self, attempts: list[Attempt]) -> list[Result]:
        """Send one round: attempts go at the same time, results come in order. An empty round waits."""
        if not attempts:
            awaited = self._tenant.awaited
            await (pause_async(PAUSE) if awaited is None else awaited.wait())
        destinations = [self._tenant.routes.resolve(attempt.url) for attempt in attempts]
        with watching_frameworks():
            if len(attempts) == 1:
                return [await self._send_one(attempts[0], destinations[0])]
            return await self._gather_results(map(self._send_one, attempts, destinations))

    async def start(self, app: object) -> None:
        """Start an application now. Raises RouteError if that fails."""
        route = self._tenant.routes.route_to_start(app)
        check_started(route, await self._ensure_started(route))

    async def close(self) -> None:
        """Shut down the applications that were started. Once all have ended, raises what one of them raised."""
        try:
            await self._stop_lifespans()
        finally:
            await self._stop_servers()

    async def _send_one(self, attempt: Attempt, destination: Destination) -> Result:
        if isinstance(destination, Blocked):
            return Result(Outcome.BLOCKED, text=destination.text)
        began = monotonic()
        result = apart_from(await self._dispatch(attempt, destination), sys.exc_info()[1])
        return with_route_and_time(result, destination, began, self._timeout_ms)

    async def _dispatch(self, attempt: Attempt, destination: Route | Straight) -> Result:
        if isinstance(destination, Straight) or destination.kind is RouteKind.URL:
            return await asyncio.wrap_future(self._submit_http(attempt, destination))
        if destination.is_awaited or destination.kind is RouteKind.ASGI:
            return await self._call_on_loop(destination, attempt)
        if destination.kind is RouteKind.AIOHTTP:
            return await self._call_aiohttp(destination, attempt)
        if destination.kind is RouteKind.WSGI:
            return await _run_in_worker(partial(send_to_wsgi, destination.to, attempt, multithread=True))
        return await _run_in_worker(partial(send_to_function, destination.to, attempt))


async def _run_in_worker(call: Callable[[], Result]) -> Result:
    # asgiref's thread-sensitive thread is where Django keeps its connection, and with it the test's transaction.
    asgiref = sys.modules.get("asgiref.sync")
    if asgiref is not None:
        result: Result = await asgiref.sync_to_async(call, thread_sensitive=True)()
        return result
    return await asyncio.to_thread(call)


def _call_django_asgi(route: Route, attempt: Attempt, timeout_ms: int) -> Result:
    # async_to_sync runs Django's views back in this thread, so that they see the test's transaction.
    from asgiref.sync import async_to_sync

    async def call() -> Result:
        return await send_to_asgi(route.to, attempt, state={}, timeout_ms=timeout_ms)

    result: Result = async_to_sync(call)()
    return result
