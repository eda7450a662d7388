"""Deliveries to an ASGI application (ASGI 3), with its lifespan kept open from the first delivery to the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from yarl import URL

from copper_emulator.core.errors import RouteError
from copper_emulator.core.model import Attempt, Reason, Result
from copper_emulator.shell.senders.caught import endpoint_guard, from_exception, with_exception

Message: TypeAlias = MutableMapping[str, Any]
AsgiApp: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


async def send_to_asgi(app: AsgiApp, attempt: Attempt, *, state: dict[str, Any], timeout_ms: int) -> Result:
    """Call the application on the running loop; it sees the target's own host over https.

    Background work that the framework runs before the call returns is waited for.
    """
    answer = _Answer(attempt.body)
    with endpoint_guard() as swallowed:
        try:
            async with asyncio.timeout(timeout_ms / 1000) as limit:
                await app(_scope(attempt, state), answer.receive, answer.send)
        except TimeoutError as error:
            if not limit.expired():
                return answer.result(error)
            return Result.failure(Reason.TIMED_OUT, f"no answer within {timeout_ms / 1000:g}s")
        except (Exception, SystemExit) as error:
            return answer.result(error)
    return answer.result(swallowed[-1] if swallowed else None)


class _Answer:
    def __init__(self, body: bytes) -> None:
        self._request: list[bytes] = [body]
        self._complete = asyncio.Event()
        self._status: int | None = None
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []

    async def receive(self) -> Message:
        if self._request:
            return {"type": "http.request", "body": self._request.pop(), "more_body": False}
        await self._complete.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = int(message["status"])
            self._headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in message.get("headers", ())]
        elif message["type"] == "http.response.body":
            self._body.append(bytes(message.get("body", b"")))
            if not message.get("more_body"):
                self._complete.set()

    def result(self, error: BaseException | None) -> Result:
        # Frameworks that answer 500 and raise as well have answered: that is what a client of a real server sees.
        if self._status is None or not (self._complete.is_set() or error is None):
            if error is not None:
                return from_exception(error)
            return Result.failure(Reason.GARBAGE, "the application returned without an answer")
        result = Result.answered(self._status, headers=self._headers, body=b"".join(self._body))
        return with_exception(result, error) if error is not None and self._status >= 500 else result


class Lifespan:
    """One application's lifespan on the loop it was started on."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._outbox: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self.state: dict[str, Any] = {}

    async def start(self) -> None:
        """Start up; an application that has no lifespan is fine. Raises RouteError when start-up fails."""
        self._task = asyncio.get_running_loop().create_task(self._run())
        await self._inbox.put({"type": "lifespan.startup"})
        message = await self._outbox.get()
        if message["type"] == "lifespan.startup.failed":
            await self._task
            raise RouteError(f"the application's start-up failed: {message.get('message') or 'no reason given'}")

    async def stop(self) -> None:
        """Shut down and wait for it."""
        if self._task is not None and not self._task.done():
            await self._inbox.put({"type": "lifespan.shutdown"})
            await self._task

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self._app(scope, self._inbox.get, self._outbox.put)
        except Exception:
            # The specification's way to say "no lifespan here"; an application that has one reports failures itself.
            pass
        finally:
            await self._outbox.put({"type": "lifespan.none"})


def _scope(attempt: Attempt, state: dict[str, Any]) -> Message:
    url = URL(attempt.url)
    length = ("content-length", str(len(attempt.body)))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path.encode(),
        "query_string": url.raw_query_string.encode(),
        "root_path": "",
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in (("host", url.authority), *attempt.headers, length)
        ],
        "client": ("127.0.0.1", 0),
        "server": (url.host, url.port),
        "state": dict(state),
    }
