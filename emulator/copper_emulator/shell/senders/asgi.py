"""Deliver to an ASGI application (ASGI 3), whose lifespan stays open from the first delivery to the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import unquote

from copper_emulator.core.errors import RouteError
from copper_emulator.core.model import Attempt, Reason, Result
from copper_emulator.core.text import STOOD_STILL
from copper_emulator.shell.caught import Swallowed, from_exception, is_meant_for_the_caller, with_exception
from copper_emulator.shell.clock import RealLimit, monotonic, real_timeout
from copper_emulator.shell.routing.messages import not_started, timed_out
from copper_emulator.shell.routing.routes import host_header, target_url
from copper_emulator.shell.senders.left_tasks import context_of_no_call

Message: TypeAlias = MutableMapping[str, Any]
AsgiApp: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

_AFTERWARDS_MS = 60_000
_STILL_WORKING = "the work after the answer was still going on after a minute"


async def send_to_asgi(
    app: AsgiApp,
    attempt: Attempt,
    *,
    state: dict[str, Any],
    timeout_ms: int,
    on_answer: Callable[[Result], None] | None = None,
) -> Result:
    """Call the application on the running loop; it sees a request to the target's own URL.

    Background work that the framework runs before the call returns is waited for, up to a minute after the answer.
    `on_answer` is called before that, as soon as the answer is complete.
    """
    limit = RealLimit(timeout_ms)
    answer = _Answer(attempt.body, limit, on_answer)
    with Swallowed() as swallowed:
        try:
            await limit.run(_call(app, _scope(attempt, state), answer))
        except BaseException as error:
            if is_meant_for_the_caller(error):
                raise
            if not limit.has_expired:
                return answer.result(error)
            if not answer.is_complete:
                return timed_out(timeout_ms, stood_still=limit.has_stood_still)
            # An application that has answered has not timed out.
            why = f": {STOOD_STILL}" if limit.has_stood_still else ""
            return answer.result(TimeoutError(f"{_STILL_WORKING}{why}"))
    return answer.result(swallowed[-1] if swallowed else None)


async def send_to_asgi_until_answered(
    app: AsgiApp, attempt: Attempt, *, state: dict[str, Any], timeout_ms: int
) -> Result:
    """Call the application, and leave to a task what it does after its answer, as a server does."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[Result] = loop.create_future()
    working = loop.create_task(
        send_to_asgi(app, attempt, state=state, timeout_ms=timeout_ms, on_answer=answered.set_result)
    )
    try:
        await asyncio.wait((working, answered), return_when=asyncio.FIRST_COMPLETED)
    except BaseException:
        working.cancel()
        raise
    return working.result() if working.done() else answered.result()


async def _call(app: AsgiApp, scope: Message, answer: _Answer) -> None:
    await app(scope, answer.receive, answer.send)


class _Answer:
    """What the application has answered so far. As servers do, it refuses messages that are out of order."""

    def __init__(self, body: bytes, limit: RealLimit, on_answer: Callable[[Result], None] | None) -> None:
        self._limit = limit
        self._on_answer = on_answer
        self._began = monotonic()
        self._took_ms = 0.0
        self._request: list[bytes] = [body]
        self.is_complete = False
        self._completed: asyncio.Event | None = None
        """Created only when the application waits for it, which hardly any does."""
        self._status: int | None = None
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []

    async def receive(self) -> Message:
        if self._request:
            return {"type": "http.request", "body": self._request.pop(), "more_body": False}
        if not self.is_complete:
            if self._completed is None:
                self._completed = asyncio.Event()
            await self._completed.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if self.is_complete:
            raise RuntimeError(f"{kind} was sent after the answer was complete")
        if kind == "http.response.start":
            if self._status is not None:
                raise RuntimeError(f"{kind} was sent twice")
            self._status = int(message["status"])
            self._headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in message.get("headers", ())]
        elif kind == "http.response.body":
            if self._status is None:
                raise RuntimeError(f"{kind} was sent before http.response.start")
            self._body.append(bytes(message.get("body", b"")))
            if not message.get("more_body"):
                self._complete()

    def _complete(self) -> None:
        self._took_ms = (monotonic() - self._began) * 1000
        self.is_complete = True
        if self._completed is not None:
            self._completed.set()
        self._limit.renew(_AFTERWARDS_MS)
        if self._on_answer is not None:
            self._on_answer(self.result(None))

    def result(self, error: BaseException | None) -> Result:
        # A framework that answers 500 and also raises has answered: that is what the client of a real server sees.
        if self._status is not None and self.is_complete:
            body = b"".join(self._body)
            result = Result.answered(self._status, headers=self._headers, body=body, took_ms=self._took_ms)
            return with_exception(result, error) if error is not None else result
        if error is not None:
            return from_exception(error)
        what = "an answer" if self._status is None else "completing its answer"
        return Result.failure(Reason.GARBAGE, f"the application returned without {what}")


class Lifespan:
    """One application's lifespan, on the loop on which this was created."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self.state: dict[str, Any] = {}
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._outbox: asyncio.Queue[Message] = asyncio.Queue()
        self._has_started = False
        """Whether the application has said so; it then has a lifespan, and what it raises is an error."""
        self._failure: Exception | None = None
        """What has gone wrong since then."""
        loop = asyncio.get_running_loop()
        # Not earlier: with an eager task factory, the task begins at once.
        self._task = loop.create_task(self._run(), context=context_of_no_call())
        self._starting = loop.create_task(self._start(), context=context_of_no_call())
        self.is_up = False
        """Whether `wait_until_started` was awaited and found it up."""

    async def wait_until_started(self, *, timeout_ms: int) -> Result | None:
        """Wait until it is up, which an application without a lifespan is. Return None, or why it is not."""
        try:
            async with real_timeout(timeout_ms):
                # Concurrent deliveries wait for the same start-up; cancelling one of them must not cancel it.
                await asyncio.shield(self._starting)
        except TimeoutError:
            return not_started(timeout_ms)
        except RouteError as error:
            return from_exception(error)
        self.is_up = True
        return None

    async def stop(self, *, timeout_ms: int) -> None:
        """Shut down, waiting at most this long. A start-up still in progress is cancelled.

        Raises what the application has raised since it was up, or RouteError if it only said that its shutdown failed.
        """
        if self._starting.done() and not self._task.done():
            await self._inbox.put({"type": "lifespan.shutdown"})
            with suppress(TimeoutError):
                async with real_timeout(timeout_ms):
                    await self._task
        # Of one that was cancelled, here or by others, nothing is a failure.
        failure = None if self._task.cancelling() else self._failure
        for task in (self._starting, self._task):
            task.cancel()
        await asyncio.gather(self._starting, self._task, return_exceptions=True)
        if failure is not None:
            raise failure

    async def _start(self) -> None:
        await self._inbox.put({"type": "lifespan.startup"})
        message = await self._outbox.get()
        if message["type"] == "lifespan.startup.failed":
            raise RouteError(f"the application's start-up failed: {message.get('message') or 'no reason given'}")

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "lifespan.startup.complete":
            self._has_started = True
        elif kind == "lifespan.shutdown.failed":
            why = message.get("message") or "no reason given"
            self._failure = RouteError(f"the application's shutdown failed: {why}")
        await self._outbox.put(message)

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        end: Message = {"type": "lifespan.none"}
        try:
            await self._app(scope, self._inbox.get, self._send)
        except BaseException as error:
            if is_meant_for_the_caller(error):
                raise
            if self._has_started:
                self._failure = _failure_of(error)
            # An Exception is the specification's way to say "no lifespan here": who has one says that its start failed.
            elif not isinstance(error, Exception):
                end = {"type": "lifespan.startup.failed", "message": repr(error)}
        self._outbox.put_nowait(end)


def _failure_of(error: BaseException) -> Exception | None:
    """What a lifespan has raised, as an exception that ends nothing else; None if it awaited what it had cancelled."""
    if isinstance(error, asyncio.CancelledError):
        return None
    return error if isinstance(error, Exception) else RouteError(f"the application's lifespan failed: {error!r}")


def _scope(attempt: Attempt, state: dict[str, Any]) -> Message:
    return {
        **_scope_of(attempt.url),
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "headers": [*_headers_of(attempt.url, attempt.headers), (b"content-length", b"%d" % len(attempt.body))],
        "state": dict(state),
    }


@lru_cache(maxsize=100)
def _headers_of(target: str, headers: tuple[tuple[str, str], ...]) -> list[tuple[bytes, bytes]]:
    """Headers as the specification requires: names in lower case, everything as bytes."""
    return [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in (("host", host_header(target)), *headers)
    ]


@lru_cache(maxsize=100)
def _scope_of(target: str) -> dict[str, Any]:
    """The part of the scope that is the same in every request to a target."""
    url = target_url(target)
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": url.scheme,
        "path": unquote(url.raw_path),
        "raw_path": url.raw_path.encode(),
        "query_string": url.raw_query_string.encode(),
        "root_path": "",
        "client": ("127.0.0.1", 0),
        "server": (url.host, url.port),
    }
