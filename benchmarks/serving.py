"""How long until `serve` answers, and how much memory does it take, beside a minimal aiohttp application?

- The start: each is started as its own process, in turn, and called until it answers; the time runs from the start of
  the process to the answer. The application has one route, which returns a few bytes of JSON. "Whether it is there" is
  `/_emulator/v1/health`, the counterpart of the application's route; the others load parts of the emulator, which
  happens with the first request that needs them. Memory is what the process has after the answer.
- The journal: one account with a subscription whose target is the built-in inbox. `fire` makes ten thousand journal
  entries at a time (2,500 changes, each with its notification, its attempt and its end), 20,000 before anything is
  measured; the figure is how much the process then grows with each 10,000 more.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator

from benchmarks.measuring import Found, Row, in_turn, rounds_of, seconds
from benchmarks.processes import ACCOUNT, SERVE, Server, started

BARE = """
import socket
from aiohttp import web

async def answer(request):
    return web.json_response({"status": "ok"})

app = web.Application()
app.router.add_get("/health", answer)
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
print("http://127.0.0.1:%d" % listener.getsockname()[1], flush=True)
web.run_app(app, sock=listener, print=None)
"""
BARE_NAME = "a minimal aiohttp application"
ROUNDS = 21
SLOWER = 1.5
AT_REST = 55
"""MiB."""
JOURNAL = 10
"""MiB per `ENTRIES` entries."""
ENTRIES = 10_000
OF_A_CHANGE = 4
"""Journal entries per change: the change, and its notification queued, sending and ended."""
TARGET = "https://inbox.example/default"


def rows(*, quick: bool) -> Iterator[Row]:
    yield from _starts(rounds_of(quick=quick, rounds=ROUNDS))
    yield _journal(2 if quick else 5)


# --- the start ------------------------------------------------------------------------------------------------------


def _starts(rounds: int) -> Iterator[Row]:
    ways = {
        "bare": ([sys.executable, "-c", BARE], "/health"),
        "whether it is there": (SERVE, "/_emulator/v1/health"),
        "for the subscriptions": (SERVE, "/developer_api/v1/webhooks"),
        "for its accounts": (SERVE, "/_emulator/v1/accounts"),
    }
    memory: dict[str, list[float]] = {name: [] for name in ways}

    def measuring(name: str) -> Callable[[], float]:
        command, path = ways[name]

        def measure() -> float:
            began = time.perf_counter()
            with started(command) as server:
                server.ask("GET", path)
                took = time.perf_counter() - began
                memory[name].append(server.memory())
            return took

        return measure

    found = in_turn({name: measuring(name) for name in ways}, rounds=rounds)
    mebibytes = {name: statistics.median(values) for name, values in memory.items()}
    for name in list(ways)[1:]:
        yield _start(name, found)
    for name in list(ways)[1:]:
        yield _memory(name, mebibytes[name], mebibytes["bare"])


def _start(name: str, found: Found) -> Row:
    ratio, asked = found.ratio(name, "bare"), name == "whether it is there"
    return Row(
        f"`serve`, from its start to the first answer, asked {name}",
        seconds(found[name]),
        BARE_NAME,
        seconds(found["bare"]),
        f"{ratio:.2f}",
        f"at most {SLOWER}" if asked else "",
        ratio <= SLOWER if asked else None,
    )


def _memory(name: str, ours: float, bare: float) -> Row:
    return Row(
        f"memory of `serve` at rest, asked {name}",
        f"{ours:.1f} MiB",
        BARE_NAME,
        f"{bare:.1f} MiB",
        f"{ours / bare:.2f}",
        f"at most {AT_REST} MiB",
        ours <= AT_REST,
    )


# --- the journal ----------------------------------------------------------------------------------------------------


def _journal(times: int) -> Row:
    grown: list[float] = []
    with started([*SERVE, "--clock", "manual", "--limits", "off"]) as server:
        server.ask("POST", f"{ACCOUNT}/subscriptions", {"type": "person", "event": "new", "target": TARGET})
        _enter(server)
        before = _enter(server)
        for _ in range(times):
            after = _enter(server)
            grown.append(after - before)
            before = after
        counted = server.ask("GET", f"{ACCOUNT}/journal?limit=1")["count"]
    if counted < (times + 2) * ENTRIES:
        raise RuntimeError(f"{counted} journal entries, and there should be {(times + 2) * ENTRIES}")
    taken = statistics.median(grown)
    return Row(
        f"memory of `serve` per {ENTRIES:,} journal entries",
        f"{taken:.1f} MiB",
        aim=f"at most {JOURNAL} MiB",
        holds=taken <= JOURNAL,
    )


def _enter(server: Server) -> float:
    """Add `ENTRIES` entries; return the server's memory in MiB."""
    for _ in range(ENTRIES // OF_A_CHANGE):
        server.ask("POST", f"{ACCOUNT}/fire", {"type": "person", "event": "new", "ids": [1]})
    return server.memory()
