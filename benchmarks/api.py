"""How many requests a second does the emulated API answer, beside a bare aiohttp handler that returns the same bytes?

`copper-emulator serve` without limits, its account filled with 10,000 people and 20 subscriptions, is compared with a
bare aiohttp application (`programs/answer_bare.py`), which reads each request and answers with bytes that the emulator
returned earlier. Each is its own process; one client, which takes next to no time itself, calls them in turn: one
request at a time over one kept connection, and 8 at once over 8. Search pages have 20 records, Copper's default, and
200, the maximum.

The emulator caches the JSON of records that were read and the answers to searches, so each operation is measured in up
to three ways, named in its line: the same request again, as from a polling client, which is answered from the cache; a
different record or page each time; and after a write, when some person was updated since the last request (or the last
eight, where there are eight at once), so that the search runs anew. The write is not timed.

On another server, the last 1,000 of 10,000 creates, one at a time, are compared with the first 1,000.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.client_servers import API, Site, emulator, program
from benchmarks.measuring import Found, Row, in_turn, rounds_of
from benchmarks.people import person
from benchmarks.processes import ACCOUNT, HEADERS
from benchmarks.raw_http import Load, request

PEOPLE = 10_000
SUBSCRIPTIONS = 20
AT_ONCE = (1, 8)
REQUESTS = 400
"""Of each operation, per round."""
SEEDED_AT_ONCE = 2_000

LEAST = 0.7
AIM = f"at least {LEAST}"
CREATES = 10_000
COMPARED = 1_000
GROWTH_ROUNDS = 5
LEAST_AT_THE_END = 0.8


@dataclass(frozen=True, slots=True)
class Operation:
    """An API operation; its path and body are computed from the number of the request."""

    name: str
    method: str
    path: Callable[[int], str]
    body: Callable[[int], Any] = lambda number: None
    route: str = ""
    """The route pattern, if the paths differ."""
    written: str = ""
    """The path of the person to update before each request, or before each set of requests at once; empty for none."""

    def request(self, number: int) -> bytes:
        return _request(self.method, self.path(number), self.body(number))

    def write(self, number: int) -> bytes:
        return _request("PUT", self.written, {"title": f"Engineer {number}"})

    def answers(self, answer: str) -> dict[str, str]:
        """What the bare application answers to which request."""
        told = {f"{self.method} {API}{self.route or self.path(0)}": answer}
        return {**told, f"PUT {API}{self.written}": "{}"} if self.written else told


def _request(method: str, path: str, body: Any) -> bytes:
    return request(method, API + path, HEADERS, b"" if body is None else json.dumps(body).encode())


def _create() -> Operation:
    # No two people have the same email address, and the first numbers are in use.
    return Operation("create a person", "POST", lambda number: "/people", lambda number: person(PEOPLE + number))


def operations(people: Sequence[int]) -> Iterator[Operation]:
    paths = [f"/people/{each}" for each in people]
    someone = paths[-1]
    yield _create()
    yield Operation(f"list {SUBSCRIPTIONS} subscriptions", "GET", lambda number: "/webhooks")
    yield Operation("fetch a person, the same again", "GET", lambda number: someone)
    # Before the searches, so that the people fetched here have never been read.
    another = "fetch a person, another each time"
    yield Operation(another, "GET", lambda number: paths[number % len(paths)], route="/people/{id}")
    yield from _searches("search people, page of 20", {"page_size": 20}, someone, matches=PEOPLE)
    yield from _searches("search people by tag, page of 20", {"tags": ["batch 7"]}, someone, matches=PEOPLE // 50)
    yield from _searches("search people, page of 200", {"page_size": 200}, someone, matches=PEOPLE)


def _searches(name: str, said: dict[str, Any], someone: str, *, matches: int) -> Iterator[Operation]:
    pages = matches // said.get("page_size", 20)

    def page(number: int) -> dict[str, Any]:
        return {**said, "page_number": number % pages + 1}

    def path(number: int) -> str:
        return "/people/search"

    yield Operation(f"{name}, the same again", "POST", path, lambda number: said)
    if matches == PEOPLE:
        # Enough pages that the first answers are no longer cached once all have been requested.
        yield Operation(f"{name}, another each time", "POST", path, page)
    yield Operation(f"{name}, after a write", "POST", path, page, written=someone)


def rows(*, quick: bool) -> Iterator[Row]:
    loop = asyncio.new_event_loop()
    try:
        with emulator() as ours:
            for operation in operations(_fill(ours)):
                yield from _beside_bare(loop, ours, operation, quick=quick)
        yield _growth(loop, quick=quick)
    finally:
        loop.close()


def _fill(ours: Site) -> list[int]:
    """Create the people and subscriptions; return the people's ids."""
    ids: list[int] = []
    for first in range(0, PEOPLE, SEEDED_AT_ONCE):
        people = [person(number) for number in range(first, first + SEEDED_AT_ONCE)]
        ids += ours.ask("POST", f"{ACCOUNT}/records/person/seed", {"rows": people})["ids"]
    for number in range(SUBSCRIPTIONS):
        target = f"https://inbox.example/default/{number}"
        # A type that no one writes to here.
        ours.ask("POST", f"{API}/webhooks", {"target": target, "type": "project", "event": "new"})
    return ids


def _beside_bare(loop: asyncio.AbstractEventLoop, ours: Site, operation: Operation, *, quick: bool) -> Iterator[Row]:
    count = REQUESTS // 4 if quick else REQUESTS
    said = operation.body(0)
    path = API + operation.path(0)
    answer = ours.bytes_of(operation.method, path, None if said is None else json.dumps(said).encode()).decode()
    numbers = {"ours": itertools.count(1), "bare": itertools.count(1)}
    with ExitStack() as opened:
        bare = opened.enter_context(program("answer_bare", told=operation.answers(answer))).hear()
        for at_once in AT_ONCE:
            rates = {}
            for name, url in (("ours", ours.url), ("bare", bare)):
                load = Load(url, at_once)
                opened.callback(load.close)
                loop.run_until_complete(load.connect())
                rates[name] = partial(_asked, loop, load, operation, numbers[name], count, at_once)
            found = in_turn(rates, rounds=rounds_of(quick=quick))
            yield _row(f"API, {operation.name}, {at_once} at once", found)


def _row(what: str, found: Found) -> Row:
    ratio = found.ratio("ours", "bare")
    ours, bare = (f"{found[name]:,.0f} a second" for name in ("ours", "bare"))
    return Row(what, ours, "bare aiohttp handler", bare, f"{ratio:.2f}", AIM, ratio >= LEAST)


def _asked(
    loop: asyncio.AbstractEventLoop, load: Load, operation: Operation, numbers: Iterator[int], count: int, at_once: int
) -> float:
    """Requests a second."""
    if not operation.written:
        return _rate(loop, load, operation, numbers, count)
    batches = [
        (operation.write(next(numbers)), [operation.request(next(numbers)) for _ in range(at_once)])
        for _ in range(count // at_once)
    ]
    return count // at_once * at_once / loop.run_until_complete(_after_writes(load, batches))


async def _after_writes(load: Load, batches: list[tuple[bytes, list[bytes]]]) -> float:
    """Seconds that the requests take, excluding the write before each batch."""
    took = 0.0
    for write, requests in batches:
        await load.seconds([write])
        took += await load.seconds(requests)
    return took


def _rate(
    loop: asyncio.AbstractEventLoop, load: Load, operation: Operation, numbers: Iterator[int], count: int
) -> float:
    requests = [operation.request(next(numbers)) for _ in range(count)]
    return count / loop.run_until_complete(load.seconds(requests))


def _growth(loop: asyncio.AbstractEventLoop, *, quick: bool) -> Row:
    """Compare the rate of the last creates with that of the first."""
    count, compared = (CREATES // 5, COMPARED // 5) if quick else (CREATES, COMPARED)
    rounds = [_rates(loop, count, compared) for _ in range(1 if quick else GROWTH_ROUNDS)]
    first, last = (statistics.median(rates) for rates in zip(*rounds, strict=True))
    ratio = statistics.median(last / first for first, last in rounds)
    return Row(
        f"API, the last {compared:,} of {count:,} creates",
        f"{last:,.0f} a second",
        f"the first {compared:,}",
        f"{first:,.0f} a second",
        f"{ratio:.2f}",
        f"at least {LEAST_AT_THE_END}",
        ratio >= LEAST_AT_THE_END,
    )


def _rates(loop: asyncio.AbstractEventLoop, count: int, compared: int) -> tuple[float, float]:
    create, numbers = _create(), itertools.count(1)
    with emulator() as ours:
        load = Load(ours.url, 1)
        loop.run_until_complete(load.connect())
        # Loading modules at the first request is not to be measured.
        _rate(loop, load, create, numbers, compared // 10)
        first = _rate(loop, load, create, numbers, compared)
        _rate(loop, load, create, numbers, count - 2 * compared)
        last = _rate(loop, load, create, numbers, compared)
        load.close()
    return first, last
