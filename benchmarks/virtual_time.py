"""What does virtual time cost, with far more changes than the limits let through, and with many waiting?

- 100,000 changes at one moment, over both limits (600 a minute and 1,800 in ten minutes: about nine hours pass), each
  delivered to a function in this process: everything the emulator does, from the first `fire` until nothing waits.
  It is compared with a bare heap, which pushes as many numbers with the same due time, pops them in order, moves its
  clock when either window is full, builds the body by hand, and calls the same function with the same bytes. Each
  round checks by a checksum that they are the same (number, order, bytes and times). The heap keeps no journal,
  matches no subscription, knows no target, and remembers nothing of what was sent.
- The curve: the cost of a notification that is delivered while many others wait behind it. Each `advance("10m")` lets
  1,800 go (at 1,000, all of them).

All times are processor time of this process.
"""

from __future__ import annotations

import itertools
import json
import statistics
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import heappop, heappush

from benchmarks.measuring import Row, in_turn, rounds_of, seconds
from copper_emulator import Copper, Emulator

CHANGES = 100_000
QUICK_CHANGES = 10_000
TIMES_A_BARE_HEAP = 6
WAITING = (1_000, 10_000, 100_000, 1_000_000)
QUICK_WAITING = (1_000, 10_000)
GROWTH = 1.5
"""How many times the first cost counts as growth; anything less is put down to the memory's caches."""
START = datetime(2026, 9, 29, 22, 40, 4, 738_000, tzinfo=UTC)
TARGET = "https://bench.example.com/hooks"
SECRET = {"key": "s3cret"}
LIMITS = ((600, 60_000), (1_800, 600_000))
"""Pairs of a count and the milliseconds in which it is allowed."""


@dataclass(slots=True)
class Stub:
    """An endpoint that counts the bodies it receives and keeps a checksum over them, in order."""

    count: int = 0
    checksum: int = 0

    def __call__(self, body: bytes) -> int:
        self.count += 1
        self.checksum = zlib.crc32(body, self.checksum)
        return 200


def rows(*, quick: bool) -> Iterator[Row]:
    yield _over_limits(QUICK_CHANGES if quick else CHANGES, rounds_of(quick=quick, rounds=5))
    yield from _curve(QUICK_WAITING if quick else WAITING)


# --- over both limits -----------------------------------------------------------------------------------------------


def _over_limits(count: int, rounds: int) -> Row:
    stubs: list[Stub] = []
    subscriptions: list[int] = []

    def ours() -> float:
        stub = Stub()
        with Emulator(start=START) as copper:
            subscriptions.append(_subscribed(copper, stub))
            began = time.process_time()
            for number in range(1, count + 1):
                copper.fire("person", "new", ids=number)
            copper.run_until_idle(limit="10000h")
            took = time.process_time() - began
        stubs.append(stub)
        return took

    def theirs() -> float:
        stub = Stub()
        began = time.process_time()
        bare_heap(count, stub, subscriptions[-1])
        took = time.process_time() - began
        if stub != stubs[-1]:
            raise RuntimeError(f"a bare heap has sent {stub}, the emulator {stubs[-1]}")
        return took

    found = in_turn({"ours": ours, "theirs": theirs}, rounds=rounds, warm_up=0)
    ratio = found.ratio("ours", "theirs")
    return Row(
        f"{count:,} changes over both limits in virtual time, each delivered to a function",
        f"{seconds(found['ours'])} ({seconds(found['ours'] / count)} each)",
        "a bare heap that makes the same bytes and calls the same function",
        f"{seconds(found['theirs'])} ({seconds(found['theirs'] / count)} each)",
        f"{ratio:.1f}",
        f"at most {TIMES_A_BARE_HEAP}",
        ratio <= TIMES_A_BARE_HEAP,
    )


@dataclass(slots=True)
class Window:
    """A limit as a plain loop would implement it: opened by the first notification, renewed as a whole."""

    count: int
    length: int
    ends: int = 0
    counted: int = 0

    def opens_at(self, now: int) -> int:
        return self.ends if now < self.ends and self.counted == self.count else now

    def enter(self, now: int) -> None:
        if now >= self.ends:
            self.ends, self.counted = now + self.length, 0
        self.counted += 1


def bare_heap(count: int, stub: Callable[[bytes], object], subscription: int) -> None:
    """Send as many notifications without an emulator."""
    now = round(START.timestamp() * 1000)
    heap: list[tuple[int, int, str]] = []
    windows = [Window(*limit) for limit in LIMITS]
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    for number in range(1, count + 1):
        heappush(heap, (now, number, _iso(now)))
    while heap:
        due, number, stamp = heappop(heap)
        now = max(now, due)
        while (opens := max(window.opens_at(now) for window in windows)) > now:
            now = opens
        for window in windows:
            window.enter(now)
        body = {**SECRET, "subscription_id": subscription, "event": "new", "type": "person", "ids": [number]}
        stub(encode({**body, "updated_attributes": {}, "timestamp": stamp}).encode())


def _iso(now: int) -> str:
    return f"{datetime.fromtimestamp(now / 1000, UTC).isoformat(timespec='milliseconds')[:-6]}Z"


# --- the curve ------------------------------------------------------------------------------------------------------


def _curve(numbers: tuple[int, ...]) -> Iterator[Row]:
    first: float | None = None
    for waiting in numbers:
        change, delivery = _with_waiting(waiting)
        beside, figure, ratio, aim, holds = "", "", "", "", None
        if first is not None:
            beside, figure = f"with {numbers[0]:,} waiting", seconds(first)
            ratio, aim, holds = f"{delivery / first:.2f}", f"at most {GROWTH}", delivery <= first * GROWTH
        yield Row(
            f"a notification delivered while {waiting:,} wait",
            f"{seconds(delivery)} (and {seconds(change)} for its change)",
            beside,
            figure,
            ratio,
            aim,
            holds,
        )
        first = delivery if first is None else first


def _with_waiting(waiting: int) -> tuple[float, float]:
    """Median seconds per change made while this many wait, and per notification delivered."""
    changes: list[float] = []
    deliveries: list[float] = []
    # If few are waiting, one measurement empties the queue.
    for _ in range(5 if waiting < 100_000 else 1):
        with Emulator(start=START) as copper:
            _subscribed(copper, Stub())
            numbers = itertools.count(1)
            # The first 600 go at once.
            for _ in range(waiting + LIMITS[0][0] - 500):
                copper.fire("person", "new", ids=next(numbers))
            began = time.process_time()
            for _ in range(500):
                copper.fire("person", "new", ids=next(numbers))
            changes.append((time.process_time() - began) / 500)
            deliveries.extend(_delivered(copper) for _ in range(1 if waiting < 100_000 else 5))
    return statistics.median(changes), statistics.median(deliveries)


def _delivered(copper: Copper) -> float:
    """Seconds per notification delivered in ten minutes of virtual time."""
    began = time.process_time()
    gone = copper.advance("10m")
    return (time.process_time() - began) / len(gone)


def _subscribed(copper: Copper, stub: Stub) -> int:
    copper.route("https://bench.example.com", to=lambda received: stub(received.body))
    return copper.subscribe("person", "new", target=TARGET, secret=SECRET).id
