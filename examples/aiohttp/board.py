"""board: shows what is to be done, from Copper's tasks.

Copper's notifications name the tasks that changed. The handler puts their ids into a queue and answers; a worker, which
runs as long as the application, fetches them one after another. Copper sends each notification only once, so all tasks
are read again every few minutes.

- Only fetched records are trusted, so that late, repeated and reordered notifications lead to the same result.
- One worker both fetches and reconciles, so that an older answer never overwrites a newer one.
- If Copper accepts no more calls (429) or cannot be reached, the worker rests, and then retries.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web
from copper_client import Busy, Client

REST = 20.0
"""Seconds that the worker rests before it retries."""

EVERY = 300.0
"""Seconds between two reconciliations."""

EVERYTHING = None
"""Put into the queue instead of an id: read all tasks."""

log = logging.getLogger("board")


@dataclass(frozen=True)
class Config:
    """What differs between deployments."""

    api_url: str
    token: str
    email: str
    target: str
    secret: str
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep


class Board:
    """The tasks, and the queue of what to fetch."""

    def __init__(self) -> None:
        self.tasks: dict[int, dict[str, Any]] = {}
        self.queue: asyncio.Queue[int | None] = asyncio.Queue()

    async def work(self, copper: Client, sleep: Callable[[float], Awaitable[object]]) -> None:
        """Process the queue, forever."""
        while True:
            task_id = await self.queue.get()
            while not await self._done(task_id, copper):
                await sleep(REST)
            self.queue.task_done()

    async def _done(self, task_id: int | None, copper: Client) -> bool:
        try:
            if task_id is EVERYTHING:
                await self._reconcile(copper)
            else:
                await self._look_after(task_id, copper)
        except (Busy, ClientError, TimeoutError) as error:
            log.warning("Copper is asked again in %d s: %r", REST, error)
            return False
        return True

    async def _look_after(self, task_id: int, copper: Client) -> None:
        task = await copper.task(task_id)
        if task is None:
            self.tasks.pop(task_id, None)
        else:
            self._keep(task)

    async def _reconcile(self, copper: Client) -> None:
        """Read all tasks; any that the search omits, because deleted or because it lags, are fetched by id."""
        seen = set()
        async for task in copper.tasks():
            self._keep(task)
            seen.add(task["id"])
        for task_id in self.tasks.keys() - seen:
            await self._look_after(task_id, copper)

    def _keep(self, task: dict[str, Any]) -> None:
        self.tasks[task["id"]] = {name: task[name] for name in ("name", "status", "priority", "due_date")}


BOARD: web.AppKey[Board] = web.AppKey("board")
CONFIG: web.AppKey[Config] = web.AppKey("config")


async def hook(request: web.Request) -> web.Response:
    """Receive a notification from Copper."""
    try:
        notification = await request.json()
        told, key = notification["ids"], str(notification.get("key", ""))
    except (json.JSONDecodeError, TypeError, KeyError, AttributeError):
        raise web.HTTPBadRequest(text="not a notification") from None
    if not hmac.compare_digest(key.encode(), request.app[CONFIG].secret.encode()):
        raise web.HTTPUnauthorized(text="wrong secret")
    for task_id in told:
        request.app[BOARD].queue.put_nowait(task_id)
    return web.Response(status=204)


async def show(request: web.Request) -> web.Response:
    """The open tasks, most urgent first."""
    tasks = [task for task in request.app[BOARD].tasks.values() if task["status"] == "Open"]
    return web.json_response(sorted(tasks, key=lambda task: (task["due_date"] is None, task["due_date"], task["name"])))


async def working(app: web.Application) -> AsyncIterator[None]:
    """While the application runs: an HTTP session, the subscriptions, the worker, and a timer for reconciling."""
    config, board = app[CONFIG], app[BOARD]
    async with ClientSession(timeout=ClientTimeout(total=10)) as session:
        copper = Client(session, config.api_url, config.token, config.email)
        await copper.subscribe(config.target, config.secret)
        running = asyncio.gather(board.work(copper, config.sleep), _remind(board))
        yield
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def _remind(board: Board) -> None:
    while True:
        board.queue.put_nowait(EVERYTHING)
        await asyncio.sleep(EVERY)


def create_app(config: Config) -> web.Application:
    """The application. Copper reaches it at `config.target` and sends `config.secret`."""
    app = web.Application()
    app[CONFIG], app[BOARD] = config, Board()
    app.add_routes([web.post("/hooks/copper", hook), web.get("/tasks", show)])
    app.cleanup_ctx.append(working)
    return app


def main() -> None:
    """Serve, configured by environment variables."""
    api_url = os.environ.get("COPPER_API_URL", "https://api.copper.com/developer_api/v1")
    token, email = os.environ["COPPER_TOKEN"], os.environ["COPPER_EMAIL"]
    target, secret = os.environ["COPPER_TARGET"], os.environ["COPPER_SECRET"]
    app = create_app(Config(api_url, token, email, target, secret))
    web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "5000")))


if __name__ == "__main__":
    main()
