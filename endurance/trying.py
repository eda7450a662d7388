"""What happens to a server that is sent nearly valid calls: to both APIs, the page's files, and the proxy?"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from aiohttp import ClientSession

import copper_emulator
from endurance.asking import Asking, Findings
from endurance.calls import API, CONTROL, Call, Calls, made, mutated_path, operations
from endurance.checking import mebibytes
from endurance.load import HEADERS
from endurance.mutating import mutated_bytes
from endurance.processes import Server, Taken, Told, serving

FUZZED = "fuzzed"
"""The account used to try the control API; the emulated API is tried on `default`."""

TABLES = ("people", "companies", "leads", "opportunities", "projects", "tasks")
TYPES = ("person", "company", "lead", "opportunity", "project", "task")
TOGETHER = 8
"""Calls sent at once on one connection."""

CONNECTIONS = 4
RECORDS = 12
"""Of each type, so that some are left when others have been deleted."""

PERIOD = 2_000
"""Inputs between two resets, which keep the account from growing through valid inputs."""

FINE = {"proxy": frozenset({502}), "control": frozenset({503})}
"""Documented statuses: no one listens where a tunnel should lead; `/ready` while an account is being reset."""

Make = Callable[[Random], Call]


@dataclass
class Tried:
    """The results, by surface."""

    findings: dict[str, Findings] = field(default_factory=dict)
    inputs: Counter[str] = field(default_factory=Counter)
    taken: list[Taken] = field(default_factory=list)
    told: Told | None = None
    seconds: float = 0.0


def try_server(inputs: dict[str, int], seed: str, is_over: Callable[[], bool]) -> Tried:
    """Try this many inputs on each surface, or as many as there is time for."""
    tried, began = (
        Tried({surface: Findings(fine=FINE.get(surface, frozenset())) for surface in inputs}),
        time.monotonic(),
    )
    with tempfile.TemporaryDirectory() as folder:
        options = ("--clock", "manual", "--token", HEADERS["X-PW-AccessToken"], "--proxy", "0", "--timeout", "200ms")
        with serving(*options, "--state", str(Path(folder) / "state.db"), shut=True) as server:
            asyncio.run(_Trying(server, tried, seed, is_over).run(inputs))
            tried.told = server.end()
    tried.seconds = time.monotonic() - began
    return tried


class _Trying:
    def __init__(self, server: Server, tried: Tried, seed: str, is_over: Callable[[], bool]) -> None:
        self._server = server
        self._tried = tried
        self._seed = seed
        self._is_over = is_over
        self._session: ClientSession

    async def run(self, inputs: dict[str, int]) -> None:
        async with ClientSession() as self._session:
            makes = await self._makes()
            done, whole = self._tried.inputs, sum(inputs.values())
            while done.total() < whole and not self._is_over():
                for surface, count in inputs.items():
                    # Each period has its share of each surface.
                    now = min(count - done[surface], max(1, PERIOD * count // whole))
                    await self._period(surface, makes[surface], range(done[surface], done[surface] + now))
                    done[surface] += now
                await self._rest()
                found = sum(len(each.wrong) for each in self._tried.findings.values())
                if len(self._tried.taken) % 10 == 0:
                    size = mebibytes(self._tried.taken[-1].rss)
                    print(
                        f"  {done.total():,} of {whole:,} inputs to the server ({size}), {found} findings", flush=True
                    )

    async def _period(self, surface: str, make: Make, numbers: range) -> None:
        """Send these inputs over a few connections."""
        url = self._server.proxy_url if surface == "proxy" else self._server.url
        batches = iter([numbers[at : at + TOGETHER] for at in range(0, len(numbers), TOGETHER)])

        async def one() -> None:
            asking = Asking(url, self._tried.findings[surface])
            for batch in batches:
                await asking.ask([make(Random(f"{self._seed}:{surface}:{number}")) for number in batch])
            asking.close()

        async with asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(one())

    async def _rest(self) -> None:
        """Reset the accounts, set them up again, and measure what the server then uses."""
        if not self._server.is_running:
            raise SystemExit(f"the server has ended: {self._server.said_on_stderr()}")
        await self._furnish()
        await asyncio.sleep(0.1)
        self._tried.taken.append(await asyncio.to_thread(self._server.taken))

    async def _makes(self) -> dict[str, Make]:
        ids = await self._furnish()
        api = await self._get("/_emulator/developer_api.json")
        control = await self._get("/_emulator/openapi.json")
        base = CONTROL if not next(iter(control["paths"])).startswith(CONTROL) else ""
        names: dict[str, Any] = {"name": [FUZZED], "type": TYPES, "serial": range(1, 40)}
        host = {"Host": self._server.url.removeprefix("http://")}
        plain = {**host, "Content-Type": "application/json"}
        of_api = Calls(API, operations(api, ids), {**host, **HEADERS})
        of_control = Calls(base, operations(control, names), plain)
        return {
            "api": of_api.call,
            "control": of_control.call,
            "page": _page(host),
            "proxy": _proxy(of_api, self._server),
        }

    async def _furnish(self) -> dict[str, list[int]]:
        """Put both accounts into their initial state; return the ids in `default`, whose key the API calls have."""
        accounts = (await self._get(f"{CONTROL}/accounts"))["accounts"]
        for name in {each["name"] for each in accounts} - {"default", FUZZED}:
            await self._call("DELETE", f"{CONTROL}/accounts/{name}")
        if FUZZED not in {each["name"] for each in accounts}:
            await self._call("POST", f"{CONTROL}/accounts", {"name": FUZZED})
        ids: dict[str, dict[str, list[int]]] = {}
        for name in ("default", FUZZED):
            await self._call("POST", f"{CONTROL}/accounts/{name}/clock/freeze")
            await self._call("POST", f"{CONTROL}/accounts/{name}/reset", {"settings": {}})
            ids[name] = await self._furnish_one(f"{CONTROL}/accounts/{name}", name)
        return ids["default"]

    async def _furnish_one(self, path: str, name: str) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {"webhooks": []}
        for table, kind in zip(TABLES, TYPES, strict=True):
            made = await self._call("POST", f"{path}/records/{kind}/create", {"count": RECORDS})
            found[table] = [each["id"] for each in made["records"]]
            body = {"target": f"https://inbox.example/{name}", "type": kind, "event": "update"}
            found["webhooks"].append((await self._call("POST", f"{path}/subscriptions", body))["id"])
        return found

    async def _get(self, path: str) -> Any:
        return await self._call("GET", path)

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if method in ("GET", "DELETE") else json.dumps(body or {})
        async with self._session.request(method, self._server.url + path, data=data) as answer:
            told = await answer.json()
            if answer.status >= 300:
                raise SystemExit(f"{method} {path}: {answer.status} {told}")
            return told


def _page(headers: dict[str, str]) -> Make:
    folder = Path(copper_emulator.__file__).parent / "shell" / "page"
    files = [f"/_emulator/page/{each.relative_to(folder).as_posix()}" for each in folder.rglob("*") if each.is_file()]
    paths = ["/", "/_emulator/docs", f"{CONTROL}/health", f"{CONTROL}/ready", *sorted(files)]

    def make(draw: Random) -> Call:
        path = draw.choice(paths)
        for _ in range(draw.choice((0, 1, 1, 2))):
            path = mutated_path(draw, path)
        return made(draw.choice(("GET", "GET", "GET", "HEAD", "POST")), path, headers, b"")

    return make


def _proxy(calls: Calls, server: Server) -> Make:
    """Whole URLs and tunnels, each on a connection of its own; only Copper's hosts lead anywhere."""
    here = server.url.removeprefix("http://")
    tunnels = [f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode() for place in _places(here)]

    def make(draw: Random) -> Call:
        call = calls.call(draw)
        raw = call.raw.replace(b" /", b" https://api.copper.com/", 1)
        if draw.random() < 0.4:
            raw = draw.choice(tunnels) + call.raw
        if draw.random() < 0.7:
            raw = mutated_bytes(draw, raw, draw.choice(tunnels))
        return Call(raw, call.method, call.path, framed=False)

    return make


def _places(here: str) -> Iterator[str]:
    yield from ("api.copper.com:443", "api.prosperworks.com:443", here, "app.copper.com:443", "example.com:443")
