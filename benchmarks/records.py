"""How fast are the records, and how much memory do they take, with 100,000 of them in one account?

Reads over HTTP stand beside a bare aiohttp handler that returns the same bytes, asked in turn in the same run: ratios
travel from machine to machine, absolute figures do not. `python benchmarks/records.py [--records N] [--rounds N]`.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import http.client
import json
import statistics
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from rich.console import Console
from rich.table import Table

from copper_emulator import Copper, Emulator

Ask = Callable[[], bytes]


def row(number: int) -> dict[str, Any]:
    """A person as integrations have them: some parts filled, most not."""
    return {
        "name": f"Person {number % 9_973} of {number}",
        "emails": [{"email": f"person{number}@example.com", "category": "work"}],
        "phone_numbers": [{"number": f"415-555-{number % 10_000:04}", "category": "mobile"}],
        "tags": ["imported", f"batch {number % 50}"],
        "title": "Engineer",
        "address": {"street": "301 Howard St", "city": f"City {number % 100}", "country": "US"},
    }


def create_rate(copper: Copper, count: int) -> float:
    """Records a second, one call each, with a subscription that receives every one."""
    copper.route("https://bench.example.com", to=lambda received: 200)
    copper.subscribe("person", "new", target="https://bench.example.com/hook")
    started = time.perf_counter()
    for number in range(count):
        copper.people.create(**row(number))
    return count / (time.perf_counter() - started)


def memory_per_record(copper: Copper, count: int) -> tuple[float, float]:
    """Bytes that a seeded record takes, and bytes of its own JSON."""
    rows = [row(number) for number in range(count)]
    copper.people.search(name="nobody")
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    copper.people.seed(rows)
    del rows[:]
    copper.people.search(page_size=1, sort_by="name")
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    one = copper.people.search(page_size=1)[0]
    return (after - before) / count, len(json.dumps(dict(one)))


def caller(url: str, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> tuple[Ask, Any]:
    """A function that sends one request over a kept connection and gives the answer's bytes."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)

    def ask() -> bytes:
        connection.request(method, parts.path + path, body=body, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{method} {path}: {answer.status} {content[:200]!r}")
        return content

    return ask, connection


@contextmanager
def bare_server(content: dict[str, bytes]) -> Iterator[str]:
    """A bare aiohttp handler in a thread of its own that returns prepared bytes by path."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    urls: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=content[request.path], content_type="application/json")

    async def start() -> web.AppRunner:
        app = web.Application()
        app.add_routes([web.route("*", "/{tail:.*}", handle)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        urls.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        return runner

    def run() -> None:
        asyncio.set_event_loop(loop)
        runner = loop.run_until_complete(start())
        ready.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait()
    try:
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def medians(asks: dict[str, Ask], rounds: int) -> dict[str, float]:
    """Milliseconds of each, asked in turn."""
    took: dict[str, list[float]] = {name: [] for name in asks}
    for number in range(rounds + 3):
        for name, ask in asks.items():
            started = time.perf_counter()
            ask()
            # The first rounds warm up connections and the orders that searches keep.
            if number >= 3:
                took[name].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(times) for name, times in took.items()}


def reads(copper: Copper, count: int, rounds: int) -> Iterator[tuple[str, float, float]]:
    """Each read, its milliseconds, and those of the bare handler."""
    someone = copper.people.search(page_size=1)[0]
    page = {"page_size": 200, "page_number": 2}
    middle = someone["date_modified"]
    searches = {
        "search, no filter": page,
        "search by modified date": {**page, "minimum_modified_date": middle},
        "search by tag and city": {**page, "tags": ["batch 7"], "city": "City 7", "page_number": 1},
        "search by name": {"name": someone["name"]},
        "search by tag, sorted by date": {**page, "tags": ["imported"], "sort_by": "date_modified"},
    }
    headers = {**copper.headers, "Content-Type": "application/json"}
    calls = {f"/{n}": ("POST", "/people/search", body) for n, body in enumerate(searches.values())}
    calls["/fetch"] = ("GET", f"/people/{someone.id}", None)
    names = [*searches, "fetch by id"]
    own: dict[str, Ask] = {}
    connections = []
    for path, (method, where, body) in calls.items():
        ask, connection = caller(copper.api_url, method, where, headers, body and json.dumps(body).encode())
        own[path] = ask
        connections.append(connection)
    with bare_server({path: ask() for path, ask in own.items()}) as url:
        for (path, ask), name in zip(own.items(), names, strict=True):
            bare, connection = caller(url, "POST", path, headers, b"{}")
            times = medians({"own": ask, "bare": bare}, rounds)
            connection.close()
            yield name, times["own"], times["bare"]
    for connection in connections:
        connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000, help="how many the account has")
    parser.add_argument("--rounds", type=int, default=30, help="how often each read is timed")
    options = parser.parse_args()
    with Emulator(limits="off") as copper:
        rate = create_rate(copper, min(options.records, 5_000))
    with Emulator() as copper:
        taken, own_json = memory_per_record(copper, options.records)
        table = Table("with", f"{options.records:,} records", "bare handler", "ratio")
        table.add_row("create through Python, delivered", f"{rate:,.0f} a second", "", "")
        table.add_row("memory a record", f"{taken:,.0f} bytes", f"its JSON: {own_json:,}", f"+{taken - own_json:,.0f}")
        for name, own, bare in reads(copper, options.records, options.rounds):
            table.add_row(name, f"{own:.2f} ms", f"{bare:.2f} ms", f"{own / bare:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
