"""Does a server stay the same under load: its memory, tasks, threads, open files, state file, and speed?

    python -m endurance.soak [--minutes 10] [--rate 500] [--quick]

`copper-emulator serve --state FILE` runs with limits off, as a process of its own. A mixed load makes notifications at
a given rate: to an endpoint that answers, to one that hangs until the time-out, and to one that refuses; someone is
viewing the page. A journal keeps everything until a reset, so every half minute the account is reset, as a user does
between two rounds of tests, and what the server uses then must not grow.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from endurance.checking import Checks, mebibytes, show
from endurance.load import CONNECTIONS, Flow, Load, loading, median, percentile
from endurance.processes import Server, Taken, serving

TIMEOUT = 2
"""Seconds until an attempt at the hanging endpoint times out: with sixteen at once, eight time out in a second."""

HANGING_A_SECOND = 4.0
"""Fewer than time out, because otherwise the queue for the hanging endpoint would grow without bound."""

IN_FLIGHT = 16
"""How many requests a server has in flight to one target."""

ENOUGH = 0.95
"""Share of the requested rate that must be reached. The last writes are answered slightly after their time."""

WARM_UP = 2
"""Rounds that do not count, in which modules are loaded when first needed and allocators settle."""


@dataclass(frozen=True, slots=True)
class Round:
    """One half minute of load, and what the server still uses after the reset."""

    entries: int
    rss_before: int
    """Including the journal of the round."""
    under_load: Taken
    after: Taken
    file: int
    """Bytes of the state file and the files that SQLite keeps beside it."""
    latencies: list[float]
    looks: list[float]
    rate: float
    """Notifications a second that were made and arrived."""
    lost: int
    """Negative if some arrived twice."""
    unseen: int


def flows(load: Load, rate: float) -> list[Flow]:
    """The kinds of writes that together make notifications at this rate."""
    refusing, created = rate * 0.09, rate * 0.1
    hanging = min(HANGING_A_SECOND, rate * 0.02)
    return [
        Flow((rate - refusing - created - hanging) / 2, load.update),
        Flow(created, load.create),
        Flow(refusing, load.to_refusing),
        Flow(hanging, load.to_hanging),
    ]


async def one_round(load: Load, server: Server, state: Path, rate: float, seconds: float) -> Round:
    """Apply the load until all of it has been dealt with; then reset."""
    async with asyncio.TaskGroup() as group:
        group.create_task(load.go_on(flows(load, rate), seconds))
        await asyncio.sleep(seconds * 0.8)
        under_load = await asyncio.to_thread(server.taken, collected=False)
    await load.until_idle()
    entries = (await load.control("GET", "/accounts/default/journal?limit=1"))["last"]
    unseen, lost = await load.until_seen(entries), load.expected - load.arrived
    latencies, looks, achieved, rss_before = load.latencies, load.looks, load.rate, server.rss()
    await load.begin()
    after = await at_rest(load, server)
    size = sum(each.stat().st_size for each in state.parent.iterdir() if each.name.startswith(state.name))
    load.forget()
    return Round(entries, rss_before, under_load, after, size, latencies, looks, achieved, lost, unseen)


async def at_rest(load: Load, server: Server) -> Taken:
    """What the server uses while only the page is connected, once two looks agree."""
    await load.hang_up()
    found = await asyncio.to_thread(server.taken)
    while True:
        await asyncio.sleep(0.3)
        before, found = found, await asyncio.to_thread(server.taken)
        if (before.tasks, before.files) == (found.tasks, found.files):
            return found


@dataclass
class Soaked:
    """All rounds, and the bytes that 10,000 journal entries take."""

    rounds: list[Round] = field(default_factory=list)
    per_10000: float = 0.0


async def soak(checks: Checks, *, minutes: float, rate: float, seconds: float) -> Soaked:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        state, servers = Path(folder) / "state.db", list[Server]()

        def start(routes: list[str]) -> str:
            options = [word for route in routes for word in ("--route", route)]
            options += ["--state", str(state), "--limits", "off", "--timeout", f"{TIMEOUT}s"]
            options += ["--in-flight", str(IN_FLIGHT)]
            servers.append(stack.enter_context(serving(*options)))
            return servers[0].url

        soaked = Soaked()
        async with loading(start) as load:
            await load.begin()
            soaked.per_10000 = await grown(load, servers[0])
            await load.begin()
            until = time.monotonic() + minutes * 60
            while time.monotonic() + seconds < until or len(soaked.rounds) < WARM_UP + 2:
                soaked.rounds.append(await one_round(load, servers[0], state, rate, seconds))
                tell(len(soaked.rounds), soaked.rounds[-1])
        servers[0].end().check(checks)
    return soaked


async def grown(load: Load, server: Server) -> float:
    """Bytes per 10,000 journal entries of updates with two notifications, while no memory has been returned yet."""
    seen = []
    for updates in (500, 1500):
        await load.at_once([load.update] * updates)
        await load.until_idle()
        taken = await asyncio.to_thread(server.taken)
        seen.append(((await load.control("GET", "/accounts/default/journal?limit=1"))["last"], taken.rss))
    (entries, rss), (more_entries, more_rss) = seen
    found: float = (more_rss - rss) / (more_entries - entries) * 10_000
    return found


def tell(number: int, found: Round) -> None:
    after = found.after
    print(
        f"round {number}: {found.entries} entries, {mebibytes(found.rss_before)} before the reset, "
        f"{mebibytes(after.rss)} after; {after.tasks} tasks, {after.threads} threads, {after.files} files; "
        f"{found.rate:.0f} notifications a second, after {median(found.latencies) * 1000:.1f} ms",
        flush=True,
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """A figure that may not grow from the first counted rounds to the last by more than is allowed."""

    name: str
    of: Callable[[Round], float]
    shown: Callable[[float], str]
    factor: float = 1.0
    more: float = 0.0

    def row(self, first: Sequence[Round], last: Sequence[Round]) -> tuple[str, str, str]:
        return self.name, self.shown(self._typical(first)), self.shown(self._typical(last))

    def check(self, checks: Checks, first: Sequence[Round], last: Sequence[Round]) -> None:
        before, then = self._typical(first), self._typical(last)
        checks.check(
            f"no growth: {self.name}",
            holds=then <= before * self.factor + self.more,
            seen=f"{self.shown(before)} -> {self.shown(then)}",
        )

    def _typical(self, rounds: Sequence[Round]) -> float:
        return median([self.of(each) for each in rounds])


def _count(value: float) -> str:
    return f"{value:.0f}"


def _milliseconds(value: float) -> str:
    return f"{value * 1000:.1f} ms"


KEPT = (
    Kept("memory after a reset", lambda r: r.after.rss, mebibytes, more=3 * 2**20),
    Kept("memory before it", lambda r: r.rss_before, mebibytes, factor=1.05, more=3 * 2**20),
    Kept("objects after a reset", lambda r: r.after.objects, _count, factor=1.01),
    Kept("blocks of memory in use after it", lambda r: r.after.blocks, _count, factor=1.01),
    Kept("tasks after a reset", lambda r: r.after.tasks, _count),
    Kept("threads", lambda r: r.under_load.threads, _count),
    Kept("open files after a reset", lambda r: r.after.files, _count),
    Kept("state file", lambda r: r.file, mebibytes, factor=1.1, more=2**20),
    Kept("write due to notified, median", lambda r: median(r.latencies), _milliseconds, factor=1.5, more=0.002),
    # A single moment in which the machine was busy with something else changes these.
    Kept("write due to notified, 99th", lambda r: percentile(r.latencies, 0.99), _milliseconds, factor=3, more=0.1),
    Kept("the page's list, median", lambda r: median(r.looks), _milliseconds, factor=1.5, more=0.02),
)

MOST_AT_ONCE = CONNECTIONS + 5 * IN_FLIGHT
"""The writers' calls and the attempts to five targets: each one in flight has a task and an open file."""


def report(checks: Checks, soaked: Soaked, rate: float) -> None:
    counted = soaked.rounds[WARM_UP:]
    third = max(1, len(counted) // 3)
    first, last = counted[:third], counted[-third:]
    journal = ("10,000 entries of a journal", mebibytes(soaked.per_10000), "")
    show(("what", "at first", "at the end"), [*(kept.row(first, last) for kept in KEPT), journal])
    for kept in KEPT:
        kept.check(checks, first, last)
    tasks = max(each.under_load.tasks - each.after.tasks for each in counted)
    files = max(each.under_load.files - each.after.files for each in counted)
    checks.check("under load, no more tasks than are needed", holds=tasks <= MOST_AT_ONCE * 2, seen=f"{tasks} more")
    checks.check("under load, no more open files either", holds=files <= MOST_AT_ONCE, seen=f"{files} more")
    achieved = median([each.rate for each in counted])
    checks.check(
        "as many notifications as were asked for", holds=achieved >= rate * ENOUGH, seen=f"{achieved:.0f} a second"
    )
    # Round by round, so that duplicates in one do not make up for losses in another.
    check_each(checks, "the good endpoint got every notification once", [each.lost for each in soaked.rounds])
    check_each(checks, "the page was told of every entry", [each.unseen for each in soaked.rounds])


def check_each(checks: Checks, text: str, missing: Sequence[int]) -> None:
    """Check that in every round nothing is missing (a positive number) and nothing came twice (a negative one)."""
    lost, twice = sum(each for each in missing if each > 0), -sum(each for each in missing if each < 0)
    checks.check(text, holds=not any(missing), seen=f"{lost} missing, {twice} too many")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=500.0, help="notifications a second")
    parser.add_argument("--quick", action="store_true", help="40 seconds at 150 a second")
    said = parser.parse_args()
    minutes, rate, seconds = (0.7, 150.0, 4.0) if said.quick else (said.minutes, said.rate, 30.0)
    checks = Checks()
    soaked = asyncio.run(soak(checks, minutes=minutes, rate=rate, seconds=seconds))
    report(checks, soaked, rate)
    checks.end()


if __name__ == "__main__":
    main()
