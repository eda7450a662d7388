"""What synchronous and asynchronous delivery share: the started applications, and HTTP.

Also async endpoints in this process, called on whichever loop runs, with the tasks they leave behind.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Iterable
from concurrent.futures import Future
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, ClassVar, TypeAlias, TypeVar

from copper_emulator.core.call_log import CallLog
from copper_emulator.core.errors import RouteError
from copper_emulator.core.model import Attempt, Result
from copper_emulator.proxied_calls import about_proxy_in
from copper_emulator.shell.caught import with_exception
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.delivering.standstill import Standstill
from copper_emulator.shell.frozen import frozen_now
from copper_emulator.shell.host import Host
from copper_emulator.shell.routing.destinations import Manner, RouteKind
from copper_emulator.shell.routing.messages import too_late
from copper_emulator.shell.routing.routes import Destination, Route, Straight
from copper_emulator.shell.senders.aiohttp_app import AiohttpApp
from copper_emulator.shell.senders.asgi import Lifespan, send_to_asgi, send_to_asgi_until_answered
from copper_emulator.shell.senders.function import send_to_async_function
from copper_emulator.shell.senders.left_tasks import EndpointCall
from copper_emulator.shell.tenant import Tenant

_Place: TypeAlias = tuple[int, asyncio.AbstractEventLoop]
"""An application, by its `id()`, and the loop it was started on: a test's fixtures may live on another loop than the
test, and it is started on each on which it serves."""

_Started = TypeVar("_Started", Lifespan, AiohttpApp)


class Dispatcher:
    """Sends the attempts of one account, each with the sender for its destination."""

    has_threads: ClassVar[bool]
    """Whether blocking endpoints run in threads of their own."""

    def __init__(self, tenant: Tenant, host: Host) -> None:
        self._tenant = tenant
        self._host = host
        self._lifespans: dict[_Place, Lifespan] = {}
        self._servers: dict[_Place, AiohttpApp] = {}

    def manner(self, target: str) -> Manner:
        """How notifications to this target are delivered if several come at once."""
        destination = self._tenant.routes.resolve(target)
        if is_async(destination):
            return Manner.ON_LOOP
        if not isinstance(destination, Route) or destination.kind is RouteKind.URL:
            return Manner.APART
        # asgiref has only one thread. Django's ASGI applications are called like WSGI.
        return Manner.APART if self.has_threads and "asgiref.sync" not in sys.modules else Manner.IN_TURNS

    @property
    def _timeout_ms(self) -> int:
        return self._tenant.settings.timeout

    def _submit_http(
        self, attempt: Attempt, destination: Route | Straight, *, as_target: bool = False
    ) -> Future[Result]:
        options = self._tenant.check_options
        sending = self._host.http().send(
            attempt,
            destination,
            timeout_ms=self._timeout_ms,
            ca=self._tenant.settings.ca,
            as_target=as_target,
            fresh=options.uses_fresh_connections or _idle_connections_harm(),
        )
        return self._host.submit(sending if options.gate is None else options.gate.pass_through(attempt, sending))

    async def _ensure_started(self, route: Route) -> Result | None:
        """Start the application on the running loop, if it is not running. Returns None, or why it failed."""
        if route.kind is RouteKind.AIOHTTP:
            server = await self._ensure_served(route)
            return server if isinstance(server, Result) else None
        lifespan = self._lifespan_of(route)
        return None if lifespan.is_up else await self._start_lifespan(route, lifespan)

    async def _call_asgi(self, route: Route, attempt: Attempt, timeout_ms: int) -> Result:
        # While an answer of the API is held back for a check, what an endpoint leaves behind is not waited for.
        is_left = self._tenant.check_options.late_answer is not None
        send = send_to_asgi_until_answered if is_left else send_to_asgi
        if not route.lifespan:
            return await send(route.to, attempt, state={}, timeout_ms=timeout_ms)
        lifespan = self._lifespan_of(route)
        if not lifespan.is_up:
            failure = await self._start_lifespan(route, lifespan)
            if failure is not None:
                return failure
        self._note_workers()
        return await send(route.to, attempt, state=lifespan.state, timeout_ms=timeout_ms)

    def _lifespan_of(self, route: Route) -> Lifespan:
        place = _place_of(route)
        if place not in self._lifespans:
            _forget_closed(self._lifespans)
            self._lifespans[place] = Lifespan(route.to)
        return self._lifespans[place]

    async def _start_lifespan(self, route: Route, lifespan: Lifespan) -> Result | None:
        """Wait until the application has started. Returns None, or why it has not."""
        failure = await lifespan.wait_until_started(timeout_ms=self._timeout_ms)
        if failure is None:
            self._tenant.started_apps.add(id(route.to))
        return failure

    async def _call_on_loop(self, route: Route, attempt: Attempt) -> Result:
        """Call an ASGI application or an async function on the running loop, and wait for the tasks it leaves behind.

        An exception they raise becomes part of the result.
        """
        began, timeout_ms = monotonic(), self._timeout_ms
        calls = self._tenant.account.call_log
        so_far = calls.total
        with EndpointCall() as call:
            if route.kind is RouteKind.ASGI:
                result = await self._call_asgi(route, attempt, timeout_ms)
            else:
                result = await send_to_async_function(route.to, attempt, timeout_ms=timeout_ms)
            if not call.has_left_tasks:
                return result
            result = with_route_and_time(result, route, began, timeout_ms)
            # Thirty fetches may take longer, on a busy machine.
            seconds = self._tenant.check_options.background_patience
            raised = await call.wait_for_tasks(seconds=seconds, progress=partial(_paths_called, calls, so_far))
        return result if raised is None or result.exception is not None else with_exception(result, raised)

    def _note_workers(self) -> None:
        # On the loop of an asynchronous test, there are tasks of the test's own.
        if self._tenant.hooks.registered and not self.has_threads:
            self._tenant.hooks.workers.note()

    async def _send_to_async_endpoint(self, attempt: Attempt, route: Route) -> Result:
        """Send to an async endpoint in this process, on the running loop."""
        began = monotonic()
        sending = self._call_aiohttp if route.kind is RouteKind.AIOHTTP else self._call_on_loop
        return with_route_and_time(await sending(route, attempt), route, began, self._timeout_ms)

    async def _gather_results(self, sending: Iterable[Coroutine[Any, Any, Result]]) -> list[Result]:
        """Send all at the same time, on the running loop; for a check, measure for how long anything blocks it."""
        if not self._tenant.check_options.sends_concurrently:
            return await _gather(sending)
        with Standstill() as standstill:
            results = await _gather(sending)
        self._tenant.check_measurements.loop_blocked_seconds += standstill.seconds
        return results

    async def _call_aiohttp(self, route: Route, attempt: Attempt) -> Result:
        server = await self._ensure_served(route)
        if isinstance(server, Result):
            return server
        self._note_workers()
        result = await asyncio.wrap_future(self._submit_http(attempt, server.served_route(route), as_target=True))
        return server.with_exception(result)

    async def _ensure_served(self, route: Route) -> AiohttpApp | Result:
        """Serve the application on the running loop, if it is not served. Returns its server, or why that failed."""
        place = _place_of(route)
        if place not in self._servers:
            _forget_closed(self._servers)
            self._servers[place] = AiohttpApp(route.to)
        server = self._servers[place]
        failure = await server.wait_until_started(timeout_ms=self._timeout_ms)
        if failure is not None:
            return failure
        self._tenant.started_apps.add(id(route.to))
        return server

    async def _stop_lifespans(self) -> None:
        await _stop_here(self._lifespans, timeout_ms=self._timeout_ms)

    async def _stop_servers(self) -> None:
        await _stop_here(self._servers, timeout_ms=self._timeout_ms)


def _place_of(route: Route) -> _Place:
    return id(route.to), asyncio.get_running_loop()


def _forget_closed(started: dict[_Place, _Started]) -> None:
    """Forget what was started on a loop that has been closed: nothing can be stopped there."""
    for place in [place for place in started if place[1].is_closed()]:
        del started[place]


async def _stop_here(started: dict[_Place, _Started], *, timeout_ms: int) -> None:
    """Stop what was started on the running loop. If one raises as it shuts down, the others are stopped all the same.

    What runs on another loop stays, to be stopped there.
    """
    if not started:
        # Without asyncio, nothing was started.
        return
    here = asyncio.get_running_loop()
    async with AsyncExitStack() as stopping:
        for place in [place for place in started if place[1] is here]:
            stopping.push_async_callback(started.pop(place).stop, timeout_ms=timeout_ms)


async def _gather(sending: Iterable[Coroutine[Any, Any, Result]]) -> list[Result]:
    """As asyncio.gather; but if one raises, which ends the call, none of the others goes on after it."""
    tasks = [asyncio.ensure_future(each) for each in sending]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def _paths_called(calls: CallLog, since: int) -> int:
    """How many paths of the API were called since then: who asks for the same again and again gets nowhere."""
    return len({call.path.partition("?")[0] for call in calls.calls() if call.number > since})


def _idle_connections_harm() -> bool:
    # Frozen time makes the timers of a server in this process jump, so it may close an idle connection just as that is
    # reused. Django's live server gives each connection a thread that shares the test's database connection, and fails
    # when it outlives the test.
    return frozen_now() is not None or "django.db" in sys.modules


def check_started(route: Route, failure: Result | None) -> None:
    """Raise RouteError if the startup failed."""
    if failure is not None:
        why = str(failure.exception) if isinstance(failure.exception, RouteError) else failure.text
        advice = about_proxy_in(failure.traceback or "")
        why = f"{why.rstrip()}\n{advice[0].upper()}{advice[1:]}." if advice else why
        raise RouteError(f"{route.name} was not started: {why}") from failure.exception


def is_django(route: Route) -> bool:
    handlers = sys.modules.get("django.core.handlers.asgi")
    return route.kind is RouteKind.ASGI and handlers is not None and isinstance(route.to, handlers.ASGIHandler)


def is_async(destination: Destination) -> bool:
    """Whether it is an endpoint in this process that can run several calls at once, even in one thread."""
    if not isinstance(destination, Route) or is_django(destination):
        return False
    return destination.is_awaited or destination.kind in (RouteKind.ASGI, RouteKind.AIOHTTP)


def with_route_and_time(result: Result, destination: Route | Straight, began: float, timeout_ms: int) -> Result:
    """Add the route taken, and the time it took unless that is known.

    Nothing interrupts an endpoint that blocks this process; an answer that comes too late counts as none all the same.
    """
    took_ms = (monotonic() - began) * 1000 if result.took_ms is None else result.took_ms
    if took_ms > timeout_ms and result.status is not None:
        result = too_late(timeout_ms, round(took_ms))
    return result.sent(route=destination.name if isinstance(destination, Route) else result.route, took_ms=took_ms)
