"""How many requests a second does the emulated API answer, beside a bare aiohttp handler that returns the same bytes?

`copper-emulator serve` without limits, its account filled with 10,000 people and 20 subscriptions, and a bare aiohttp
application (`programs/answer_bare.py`), which reads what it is sent and answers with bytes that it was given, those
that the emulator has answered before. Both are processes of their own; one client, which takes next to no time itself,
asks them in turn: one request at a time over one kept connection, and 8 at once over 8. A search has the order and the
filters that it is asked for each time; pages are of 20, which is Copper's default, and of 200, the most.

In another server the last 1,000 of 10,000 creates, one at a time, are held against the first 1,000.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from benchmarks.client_servers import ACCOUNT, API, HEADERS, Site, emulator, program
from benchmarks.measuring import Row, in_turn, rounds_of
from benchmarks.people import person
from benchmarks.raw_http import Load, request

PEOPLE = 10_000
SUBSCRIPTIONS = 20
AT_ONCE = (1, 8)
REQUESTS = 400
"""Of each in a round."""
SEEDED_AT_ONCE = 2_000

LEAST = 0.7
AIM = f"at least {LEAST}"
CREATES = 10_000
COMPARED = 1_000
GROWTH_ROUNDS = 5
LEAST_AT_THE_END = 0.8


@dataclass(frozen=True, slots=True)
class Operation:
    """What is asked for. `body` is None where there is none, and of a create another one each time."""

    name: str
    method: str
    path: str
    body: Any = None
    creates: bool = False

    def requests(self, count: int, numbers: Iterator[int]) -> list[bytes]:
        """So many of them."""
        if self.creates:
            return [self._request(person(next(numbers))) for _ in range(count)]
        return [self._request(self.body)] * count

    def _request(self, body: Any) -> bytes:
        return request(self.method, API + self.path, HEADERS, b"" if body is None else json.dumps(body).encode())


def operations(someone: int) -> tuple[Operation, ...]:
    return (
        Operation("create a person", "POST", "/people", creates=True),
        Operation(f"list {SUBSCRIPTIONS} subscriptions", "GET", "/webhooks"),
        Operation("fetch a person", "GET", f"/people/{someone}"),
        Operation("search people, page of 20", "POST", "/people/search", {"page_size": 20}),
        Operation("search people by tag, page of 20", "POST", "/people/search", {"tags": ["batch 7"]}),
        Operation("search people, page of 200", "POST", "/people/search", {"page_size": 200}),
    )


def rows(*, quick: bool) -> Iterator[Row]:
    loop = asyncio.new_event_loop()
    try:
        with emulator() as ours:
            for operation in operations(_fill(ours)):
                yield from _beside_bare(loop, ours, operation, quick=quick)
        yield _growth(loop, quick=quick)
    finally:
        loop.close()


def _fill(ours: Site) -> int:
    """People and subscriptions; the id of one of the people."""
    ids: list[int] = []
    for first in range(0, PEOPLE, SEEDED_AT_ONCE):
        people = [person(number) for number in range(first, first + SEEDED_AT_ONCE)]
        ids += ours.ask("POST", f"{ACCOUNT}/records/person/seed", {"rows": people})["ids"]
    for number in range(SUBSCRIPTIONS):
        target = f"https://inbox.example/default/{number}"
        # Of a type that nothing is written of here.
        ours.ask("POST", f"{API}/webhooks", {"target": target, "type": "project", "event": "new"})
    return ids[PEOPLE // 2]


def _beside_bare(loop: asyncio.AbstractEventLoop, ours: Site, operation: Operation, *, quick: bool) -> Iterator[Row]:
    numbers = itertools.count(PEOPLE * 10)
    [first] = operation.requests(1, itertools.count(PEOPLE * 5))
    answer = ours.bytes_of(operation.method, API + operation.path, first.partition(b"\r\n\r\n")[2] or None)
    count = REQUESTS // 4 if quick else REQUESTS
    with ExitStack() as opened:
        said = {f"{operation.method} {API}{operation.path}": answer.decode()}
        bare = opened.enter_context(program("answer_bare", told=said)).hear()
        for at_once in AT_ONCE:
            rates = {}
            for name, url in (("ours", ours.url), ("bare", bare)):
                load = Load(url, at_once)
                opened.callback(load.close)
                loop.run_until_complete(load.connect())
                rates[name] = lambda load=load: _rate(loop, load, operation.requests(count, numbers))
            found = in_turn(rates, rounds=rounds_of(quick=quick))
            yield _row(f"API, {operation.name}, {at_once} at once", found)


def _row(what: str, found: dict[str, float]) -> Row:
    ratio = found["ours"] / found["bare"]
    shown = {name: f"{rate:,.0f} a second" for name, rate in found.items()}
    return Row(what, shown["ours"], "bare aiohttp handler", shown["bare"], f"{ratio:.2f}", AIM, ratio >= LEAST)


def _rate(loop: asyncio.AbstractEventLoop, load: Load, requests: list[bytes]) -> float:
    return len(requests) / loop.run_until_complete(load.seconds(requests))


def _growth(loop: asyncio.AbstractEventLoop, *, quick: bool) -> Row:
    """The rate of the last creates beside that of the first ones."""
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
    create = Operation("create", "POST", "/people", creates=True)
    numbers = itertools.count(1)
    with emulator() as ours:
        load = Load(ours.url, 1)
        loop.run_until_complete(load.connect())
        # What is loaded with the first request is not what is asked about.
        _rate(loop, load, create.requests(compared // 10, numbers))
        first = _rate(loop, load, create.requests(compared, numbers))
        _rate(loop, load, create.requests(count - 2 * compared, numbers))
        last = _rate(loop, load, create.requests(compared, numbers))
        load.close()
    return first, last
