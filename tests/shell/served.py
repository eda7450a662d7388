"""A standalone server inside the test's own loop, with real endpoints and real HTTP on both sides."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, web

from copper_emulator.core.model import Entry
from copper_emulator.served_scenarios import ServedScenarios
from copper_emulator.settings import Settings
from copper_emulator.shell.served.accounts import Accounts
from copper_emulator.shell.served.plan import ClockName, Plan
from copper_emulator.shell.serving.server import Server

TARGET = "https://my-app.example/hooks/copper"


@dataclass
class Endpoint:
    """A receiver that answers at once, or, with `hangs`, when it is released."""

    url: str = ""
    status: int = 200
    hangs: bool = False
    at_once: int = 0
    most_at_once: int = 0
    bodies: list[dict[str, Any]] = field(default_factory=list)
    arrived: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self, request: web.Request) -> web.Response:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            body = await request.json()
            self.bodies.append(body)
            self.arrived.put_nowait(body)
            if self.hangs:
                await self.let_go.wait()
            await self.on_receive(body)
            return web.Response(status=self.status, text=f"got {json.dumps(body)}")
        finally:
            self.at_once -= 1

    async def on_receive(self, body: dict[str, Any]) -> None:
        """Does nothing; overridden by endpoints that do something."""


@asynccontextmanager
async def listening(endpoint: Endpoint) -> AsyncIterator[Endpoint]:
    """Serve an endpoint on a free port."""
    app = web.Application()
    app.router.add_post("/{path:.*}", endpoint.receive)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    endpoint.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield endpoint
    finally:
        endpoint.let_go.set()
        await runner.cleanup()


@dataclass
class Served:
    """A running server and a client of its two APIs."""

    server: Server
    session: ClientSession
    log: list[tuple[str | None, Entry]]

    @property
    def accounts(self) -> Accounts:
        return self.server.accounts

    async def api(
        self, method: str, path: str, body: Any = None, *, token: str = "token-1", email: str = "ada@example.com"
    ) -> tuple[int, Any]:
        """Call the emulated API, as a client of Copper does."""
        headers = {"X-PW-AccessToken": token, "X-PW-Application": "developer_api", "X-PW-UserEmail": email}
        url = f"{self.server.url}/developer_api/v1{path}"
        async with self.session.request(method, url, json=body, headers=headers) as response:
            return response.status, await response.json()

    async def subscribe(
        self, type: str, event: str, *, target: str = TARGET, token: str = "token-1", **extras: Any
    ) -> int:
        status, made = await self.api(
            "POST", "/webhooks", {"target": target, "type": type, "event": event, **extras}, token=token
        )
        assert status == 200, made
        found: int = made["id"]
        return found

    async def control(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Call the control API."""
        async with self.session.request(
            method, f"{self.server.url}/_emulator/v1{path}", json=body, headers=headers
        ) as response:
            return response.status, await response.json()

    async def fire(self, type: str, event: str, *ids: int, account: str = "default", **attributes: Any) -> Any:
        body = {"type": type, "event": event, "ids": list(ids or [17]), "updated_attributes": attributes}
        status, change = await self.control("POST", f"/accounts/{account}/fire", body)
        assert status == 200, change
        return change

    async def journal(self, account: str = "default", **filters: Any) -> list[dict[str, Any]]:
        query = "&".join(f"{name}={value}" for name, value in filters.items())
        status, page = await self.control("GET", f"/accounts/{account}/journal?{query}")
        assert status == 200, page
        entries: list[dict[str, Any]] = page["entries"]
        return entries

    @asynccontextmanager
    async def stream(
        self, account: str = "default", *, query: str = "", last_event_id: str | None = None
    ) -> AsyncIterator[AsyncIterator[tuple[str, str, Any]]]:
        """The journal as it grows: (event, id, data)."""
        headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
        url = f"{self.server.url}/_emulator/v1/accounts/{account}/journal/stream?{query}"
        async with self.session.get(url, headers=headers) as response:
            assert response.status == 200, await response.text()

            async def events() -> AsyncIterator[tuple[str, str, Any]]:
                fields: dict[str, str] = {}
                async for raw in response.content:
                    line = raw.decode().rstrip("\n")
                    if line and not line.startswith(":"):
                        name, _, value = line.partition(": ")
                        fields[name] = value
                    elif fields:
                        yield fields["event"], fields["id"], json.loads(fields["data"])
                        fields = {}

            yield events()

    async def until(self, account: str = "default", **expected: Any) -> dict[str, Any]:
        """Wait on the stream for the first entry with these values."""
        async with self.stream(account) as events:
            async for _, _, entry in events:
                if all(entry.get(name) == value for name, value in expected.items()):
                    found: dict[str, Any] = entry
                    return found
        raise AssertionError(f"the stream ended without {expected}")


@asynccontextmanager
async def serving(
    *,
    clock: ClockName = "manual",
    to: Endpoint | None = None,
    tokens: tuple[str, ...] = (),
    scenarios: Path | None = None,
    state: str | None = None,
    **settings: Any,
) -> AsyncIterator[Served]:
    """A server whose accounts send the targets of my-app.example to an endpoint."""
    log: list[tuple[str | None, Entry]] = []
    plan = Plan(
        settings=Settings(**{"in_flight": 16, **settings}),
        clock=clock,
        routes=[("https://my-app.example", to.url)] if to is not None else [],
        tokens=tokens,
        listener=lambda account, entry: log.append((account.name if account is not None else None, entry)),
        player=cache(lambda: ServedScenarios(scenarios)),
    )
    async with (
        Server(plan, port=0, trusted_hosts=["emulator.internal"], state=state) as server,
        ClientSession(cookie_jar=DummyCookieJar()) as session,
    ):
        yield Served(server, session, log)
