"""How fast are the records, and how much memory do they take, with 100,000 of them in one account?

All is done in one account that already has the records, in an `Emulator` in this process without limits. Searches
request pages of 200. Reads go over HTTP to its server, which is a thread of this process, in turn with a bare aiohttp
handler in another thread that returns the same bytes, each over one kept connection. With `--quick` there are 10,000
records.
"""

from __future__ import annotations

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

from benchmarks.measuring import Row, seconds
from benchmarks.people import person
from copper_emulator import Copper, Emulator
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.searching.sorting import SORTS

Ask = Callable[[], bytes]

BURST = 600
"""How many records an integration creates between two searches: as many as Copper allows in a minute."""


def searches(copper: Copper) -> dict[str, dict[str, Any]]:
    """The searches to time; their filters match half of the records, many, or one."""
    [someone] = copper.people.search(page_number=1, page_size=1)
    page = {"page_size": 200, "page_number": 2}
    return {
        "search, no filter": page,
        "search by modified date": {**page, "minimum_modified_date": someone["date_modified"]},
        "search by tag and city": {**page, "tags": ["batch 7"], "city": "City 7", "page_number": 1},
        "search by name": {"page_number": 1, "name": someone["name"]},
        "search by tag, sorted by date": {**page, "tags": ["imported"], "sort_by": "date_modified"},
    }


def memory(copper: Copper, count: int) -> tuple[float, float, float]:
    """Bytes per record of its own JSON, of its memory after the searches, and after every sort with eight filters.

    Memory is traced only here, because tracing makes everything several times slower.
    """
    rows = [person(number) for number in range(count)]
    copper.people.search(name="nobody")
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()

    def taken() -> float:
        gc.collect()
        return (tracemalloc.get_traced_memory()[0] - before) / count

    copper.people.seed(rows)
    del rows[:]
    for search in searches(copper).values():
        copper.people.search(**search)
    after_searches = taken()
    # For every filter, a value of each record is kept, whether it matches or not; a phone number takes most.
    eight: dict[str, Any] = {
        "tags": ["imported"],
        "country": "US",
        "state": "",
        "minimum_interaction_count": 0,
        "maximum_interaction_count": 9,
        "phone_number": "415-555-0001",
        "maximum_modified_date": 2_147_483_647,
        "minimum_modified_date": 0,
    }
    # The last two orders are kept: those by unique strings take most.
    for sort in (*SORTS[EntityType.PERSON], "name", "email"):
        copper.people.search(**{**eight, "page_number": 1, "sort_by": sort})
    after_all = taken()
    tracemalloc.stop()
    [one] = copper.people.search(page_number=1, page_size=1)
    return len(json.dumps(dict(one))), after_searches, after_all


def create(copper: Copper, numbers: range) -> float:
    """Seconds to create these people, one call each."""
    started = time.perf_counter()
    for number in numbers:
        copper.people.create(**person(number))
    return time.perf_counter() - started


def caller(url: str, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> tuple[Ask, Any]:
    """A function that sends one request over a kept connection and returns the answer's bytes, and the connection."""
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
    """A bare aiohttp handler in its own thread that returns prepared bytes by path."""
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
    """Median milliseconds of each, called in turn."""
    took: dict[str, list[float]] = {name: [] for name in asks}
    for number in range(rounds + 3):
        for name, ask in asks.items():
            started = time.perf_counter()
            ask()
            # The first rounds warm up connections and the orders that searches keep.
            if number >= 3:
                took[name].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(times) for name, times in took.items()}


def timed(ask: Ask) -> float:
    """Milliseconds of one call."""
    started = time.perf_counter()
    ask()
    return (time.perf_counter() - started) * 1000


def search_call(copper: Copper, said: dict[str, Any]) -> tuple[Ask, Any]:
    headers = {**copper.headers, "Content-Type": "application/json"}
    return caller(copper.api_url, "POST", "/people/search", headers, json.dumps(said).encode())


def cold_search(copper: Copper) -> float:
    """Milliseconds of the first search by an order and a filter for which nothing is cached."""
    for sort in ("zip", "country", "city"):
        copper.people.search(page_number=1, page_size=1, sort_by=sort)
    ask, connection = search_call(copper, {"page_size": 200, "tags": ["imported"]})
    took = timed(ask)
    connection.close()
    return took


def searches_after_creates(copper: Copper, count: int, *, times: int = 5) -> float:
    """Milliseconds of the first search after this many creates: the median of several."""
    ask, connection = search_call(copper, {"page_size": 200, "tags": ["imported"]})
    ask()
    took = []
    for number in range(times):
        create(copper, range(10_000_000 + number * count, 10_000_000 + (number + 1) * count))
        took.append(timed(ask))
    connection.close()
    return statistics.median(took)


def reads(copper: Copper, rounds: int) -> Iterator[tuple[str, float, float]]:
    """Each read, its milliseconds, and those of the bare handler."""
    [someone] = copper.people.search(page_number=1, page_size=1)
    asks = {name: search_call(copper, said) for name, said in searches(copper).items()}
    asks["fetch by id"] = caller(copper.api_url, "GET", f"/people/{someone.id}", copper.headers)
    with bare_server({f"/{number}": ask() for number, (ask, _) in enumerate(asks.values())}) as url:
        for number, (name, (ask, connection)) in enumerate(asks.items()):
            bare, bare_connection = caller(url, "POST", f"/{number}", {}, b"{}")
            times = medians({"own": ask, "bare": bare}, rounds)
            bare_connection.close()
            connection.close()
            yield name, times["own"], times["bare"]


def rows(*, quick: bool) -> Iterator[Row]:
    records, rounds = (10_000, 10) if quick else (100_000, 30)
    among = f"{records:,} records"
    with Emulator(limits="off") as copper:
        own_json, after_searches, after_all = memory(copper, records)
        for what, taken in (("five searches", after_searches), ("every sort with 8 filters", after_all)):
            told = f"memory a record beyond its JSON, {among}, after {what}"
            yield Row(told, f"{taken - own_json:,.0f} bytes", "the record's JSON", f"{own_json:,.0f} bytes")
        yield Row(f"first search, nothing kept, {among}", seconds(cold_search(copper) / 1000))
        for name, own, bare in reads(copper, rounds):
            texts = seconds(own / 1000), "bare aiohttp handler", seconds(bare / 1000)
            yield Row(f"{name}, {among}", *texts, f"{own / bare:.1f}")
        copper.route("https://bench.example.com", to=lambda received: 200)
        copper.subscribe("person", "new", target="https://bench.example.com/hook")
        first = searches_after_creates(copper, BURST)
        yield Row(f"first search after {BURST} creates, {among}", seconds(first / 1000))
        count = 5_000
        rate = count / create(copper, range(20_000_000, 20_000_000 + count))
        yield Row(f"create through Python, delivered, {among}", f"{rate:,.0f} a second")
