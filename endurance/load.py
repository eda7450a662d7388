"""A mixed load on one server: steady writes, deliveries to three kinds of endpoints, and someone viewing the page.

Writes are sent when they are due, whether or not earlier ones have been answered, and latencies are measured from the
moment a write was due. So a server that stalls for a moment still has to do the work that falls due meanwhile.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

from endurance import endpoints

HEADERS = {
    "X-PW-AccessToken": "endurance",
    "X-PW-Application": "developer_api",
    "X-PW-UserEmail": "qa@example.com",
    "Content-Type": "application/json",
}
GOOD, HANGING, REFUSING = "https://good.example", "https://hanging.example", "https://refusing.example"

CONNECTIONS = 32
"""The most that the writers use."""

_PEOPLE = 200
"""How many records are updated in turn."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One kind of write, at a given rate."""

    per_second: float
    write: Callable[[int, float], Awaitable[None]]
    """Called with the number of the write and the time when it was due."""


@dataclass
class Load:
    """The load on the server, and its results since the last `forget`."""

    url: str = ""
    session: ClientSession = field(default_factory=lambda: _client())
    receiving: list[endpoints.Listening] = field(default_factory=list)
    due: dict[str, float] = field(default_factory=dict)
    """When each update was due, by the name it set."""
    latencies: list[float] = field(default_factory=list)
    """Seconds from then until the good endpoint was notified."""
    arrived: int = 0
    expected: int = 0
    elsewhere: int = 0
    """Notifications for the other two endpoints."""
    began: float = 0.0
    ended: float = 0.0
    """When the last write was answered and the good endpoint had received all of its notifications."""
    seen: int = 0
    """Journal entries that the page's stream has delivered."""
    looks: list[float] = field(default_factory=list)
    """Seconds that the page waited for its list, each time."""
    refused: list[str] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    company: int = 0
    task: int = 0
    names: itertools.count[int] = field(default_factory=itertools.count)

    async def api(self, method: str, path: str, body: Any = None) -> Any:
        """Call the emulated API, as a client of Copper does."""
        return await self._call(method, f"{self.url}/developer_api/v1{path}", body)

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control API."""
        return await self._call(method, f"{self.url}/_emulator/v1{path}", body)

    async def begin(self) -> None:
        """Reset the account, as a user does between two rounds of tests, and set it up again."""
        await self.control("POST", "/accounts/default/reset", {})
        self.people = [(await self.api("POST", "/people", {"name": f"Person {n}"}))["id"] for n in range(_PEOPLE)]
        self.company = (await self.api("POST", "/companies", {"name": "Company"}))["id"]
        self.task = (await self.api("POST", "/tasks", {"name": "Task"}))["id"]
        for type_, event, target in (
            ("person", "update", f"{GOOD}/first"),
            ("person", "update", f"{GOOD}/second"),
            ("person", "new", f"{GOOD}/new"),
            ("company", "update", REFUSING),
            ("task", "update", HANGING),
        ):
            # A new secret after each reset, as tests make them: the list of texts to hide must be reset, too.
            secret = {"key": f"secret {next(self.names)}"}
            await self.api("POST", "/webhooks", {"target": target, "type": type_, "event": event, "secret": secret})
        self.forget()

    def forget(self) -> None:
        """Discard the results so far."""
        self.due, self.latencies, self.looks = {}, [], []
        self.arrived = self.expected = self.elsewhere = 0
        self.began = self.ended = 0.0

    @property
    def rate(self) -> float:
        """Notifications made a second: the rate asked for, unless the server falls behind."""
        return (self.expected + self.elsewhere) / (self.ended - self.began) if self.ended else 0.0

    async def hang_up(self) -> None:
        """Close every connection with the server except the page's: any that it then still has open are its own."""
        await self.session.close()
        self.session = _client()
        for endpoint in self.receiving:
            endpoint.hang_up()

    async def go_on(self, flows: list[Flow], seconds: float) -> None:
        """Run all flows for this long, and until the last write is answered."""
        self.began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for flow in flows:
                group.create_task(_flow(group, flow, seconds))
        self.ended = max(self.ended, time.monotonic())

    async def at_once(self, writes: list[Callable[[int, float], Awaitable[None]]], writers: int = 8) -> None:
        """Make these writes as fast as a few concurrent writers can."""
        left = iter(enumerate(writes))

        async def one() -> None:
            for number, write in left:
                await write(number, time.monotonic())

        async with asyncio.TaskGroup() as group:
            for _ in range(writers):
                group.create_task(one())

    async def until_idle(self, patience: float = 60.0) -> dict[str, Any]:
        """Wait until nothing is waiting, and return the account; exit the program if that takes too long."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            account: dict[str, Any] = await self.control("GET", "/accounts/default")
            if not account["waiting"]:
                return account
            await asyncio.sleep(0.05)
        raise SystemExit(f"{account['waiting']} notifications still wait after {patience:.0f} s")

    async def until_seen(self, entries: int, patience: float = 10.0) -> int:
        """Wait until the page's stream has delivered this many entries; return how many are missing."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while self.seen < entries:  # noqa: ASYNC110 - the stream is another process's
                    await asyncio.sleep(0.05)
        return entries - self.seen

    async def update(self, number: int, due: float) -> None:
        """Give a person a name that no one has had: two notifications."""
        name = f"Name {next(self.names)}"
        self.due[name] = due
        self.expected += 2
        await self.api("PUT", f"/people/{self.people[number % len(self.people)]}", {"name": name})

    async def create(self, number: int, due: float) -> None:
        """Create a person, one notification, and delete it again."""
        self.expected += 1
        made = await self.api("POST", "/people", {"name": f"Guest {number}"})
        await self.api("DELETE", f"/people/{made['id']}")

    async def to_refusing(self, number: int, due: float) -> None:
        self.elsewhere += 1
        await self.api("PUT", f"/companies/{self.company}", {"name": f"Company {next(self.names)}"})

    async def to_hanging(self, number: int, due: float) -> None:
        self.elsewhere += 1
        await self.api("PUT", f"/tasks/{self.task}", {"name": f"Task {next(self.names)}"})

    def notified(self, body: dict[str, Any], at: float) -> None:
        """Record a notification that arrived at the good endpoint."""
        self.arrived += 1
        self.ended = max(self.ended, at)
        if body["event"] == "update":
            due = self.due.get(body["updated_attributes"]["name"][1])
            if due is not None:
                self.latencies.append(at - due)

    async def _call(self, method: str, url: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        async with self.session.request(method, url, data=data, headers=HEADERS) as answer:
            raw = await answer.read()
            if answer.status != 200:
                self.refused.append(f"{method} {url}: {answer.status} {raw[:300]!r}")
                raise SystemExit(self.refused[-1])
            return json.loads(raw)

    async def watch(self) -> None:
        """Act as a viewer of the page: follow the stream, and reload the list every second."""
        path = f"{self.url}/_emulator/v1/accounts/default"
        async with (
            _client() as session,
            session.get(f"{path}/journal/stream", timeout=ClientTimeout(total=None)) as stream,
            asyncio.TaskGroup() as group,
        ):
            group.create_task(self._look(session, f"{path}/notifications?limit=200"))
            async for line in stream.content:
                if line == b"event: entry\n":
                    self.seen += 1
                elif line == b"event: reset\n":
                    self.seen = 0

    async def _look(self, session: ClientSession, url: str) -> None:
        while True:
            await asyncio.sleep(1)
            began = time.monotonic()
            async with session.get(url) as answer:
                await answer.read()
            self.looks.append(time.monotonic() - began)


async def _flow(group: asyncio.TaskGroup, flow: Flow, seconds: float) -> None:
    began = time.monotonic()
    for number in range(round(flow.per_second * seconds)):
        due = began + number / flow.per_second
        if (left := due - time.monotonic()) > 0:
            await asyncio.sleep(left)
        group.create_task(_written(flow, number, due))


async def _written(flow: Flow, number: int, due: float) -> None:
    await flow.write(number, due)


def _client() -> ClientSession:
    return ClientSession(connector=TCPConnector(limit=CONNECTIONS), cookie_jar=DummyCookieJar())


@asynccontextmanager
async def loading(start: Callable[[list[str]], str]) -> AsyncIterator[Load]:
    """A load on the server that `start` starts with these routes; a viewer is at its page."""
    load = Load()
    async with (
        endpoints.listening(load.notified) as good,
        endpoints.listening(lambda body, at: None, hangs=True) as hanging,
        endpoints.refusing() as refusing,
    ):
        load.receiving = [good, hanging]
        load.url = start([f"{GOOD}={good.url}", f"{HANGING}={hanging.url}", f"{REFUSING}={refusing}"])
        watching = asyncio.create_task(load.watch())
        try:
            yield load
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await load.session.close()


def percentile(values: list[float], share: float) -> float:
    """The value that this share of them does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def median(values: list[float]) -> float:
    return statistics.median(values) if values else float("nan")
