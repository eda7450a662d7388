"""What does a server's state file cost per delivery?

Two servers, one with `--state` and one without, get the same control calls in turn, without limits; the target is the
built-in inbox, so that no network is involved. The figure is the difference of the two, which can mean two things:

- By how much a delivery is later. One at a time: from the call that makes the change to its answer, which comes when
  the notification has been delivered; that waits for two commits (the attempt is written before its request leaves,
  and everything before the answer leaves). 32 at once: the same for a change that concerns 32 subscriptions, divided
  by 32; attempts made together share a commit.
- The total processor time, of 32 at once, in all threads of the server. It is compared with SQLite alone: the turns of
  the journal that the file then has, written again into a new file with the same table and settings, one commit each.
  No other way of writing the same lines could save that.

The file is in the folder for temporary files. Nothing waits for a disk: see docs/state.md.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.measuring import Found, Row, difference, in_turn, per_call, rounds_of, seconds, wall
from benchmarks.processes import ACCOUNT, SERVE, Server, started

AIM = 5e-6
"""Seconds per delivery."""
ROUNDS = 9
AT_ONCE = 32
CALLS = 100
"""One at a time; the median is taken."""
BURSTS = 4
"""Per round, of `CALLS_OF_BURST` calls: other load on the machine comes and goes, and short bursts share it evenly."""
CALLS_OF_BURST = 25
TARGET = "https://inbox.example/default"
TABLE = "CREATE TABLE journal (id INTEGER PRIMARY KEY, entries INTEGER NOT NULL, lines TEXT NOT NULL)"
INSERT = "INSERT INTO journal (entries, lines) VALUES (?, ?)"

Turn = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Burst:
    """Seconds per delivery, when many are made at once."""

    wall: float
    processor: float


def rows(*, quick: bool) -> Iterator[Row]:
    rounds = rounds_of(quick=quick, rounds=ROUNDS)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as both:
        file = Path(folder, "state")
        servers = {
            "kept": both.enter_context(started([*_command(), "--state", str(file)])),
            "forgotten": both.enter_context(started(_command())),
        }
        for server in servers.values():
            _subscribe(server, 1)
        yield _one_at_a_time(servers, rounds)
        for server in servers.values():
            _subscribe(server, AT_ONCE - 1)
        found: dict[str, list[Burst]] = {name: [] for name in servers}
        for _ in range(rounds * BURSTS + 1):
            for name, server in servers.items():
                found[name].append(_burst(server))
        both.close()
        yield _later(found)
        yield _in_all(found, file, Path(folder, "bare"), rounds)


def _command() -> list[str]:
    return [*SERVE, "--token", "benchmark", "--clock", "manual", "--limits", "off", "--in-flight", str(AT_ONCE)]


def _subscribe(server: Server, count: int) -> None:
    for _ in range(count):
        server.ask("POST", f"{ACCOUNT}/subscriptions", {"type": "person", "event": "new", "target": TARGET})


def _fire(server: Server) -> None:
    server.ask("POST", f"{ACCOUNT}/fire", {"type": "person", "event": "new", "ids": [1]})


# --- one at a time --------------------------------------------------------------------------------------------------


def _one_at_a_time(servers: dict[str, Server], rounds: int) -> Row:
    def timed(server: Server) -> float:
        return statistics.median(wall(partial(_fire, server)) for _ in range(CALLS))

    found = in_turn({name: partial(timed, server) for name, server in servers.items()}, rounds=rounds)
    return _row("a delivery is later by a state file, one at a time, its call's answer included", found, asked=False)


# --- 32 at once -----------------------------------------------------------------------------------------------------


def _burst(server: Server) -> Burst:
    processor, began = server.processor(), time.perf_counter()
    for _ in range(CALLS_OF_BURST):
        _fire(server)
    wall, deliveries = time.perf_counter() - began, CALLS_OF_BURST * AT_ONCE
    return Burst(wall / deliveries, (server.processor() - processor) / deliveries)


def _later(found: dict[str, list[Burst]]) -> Row:
    walls = Found({name: [burst.wall for burst in bursts[1:]] for name, bursts in found.items()})
    return _row(f"a delivery is later by a state file, {AT_ONCE} at once", walls, asked=True)


def _row(what: str, found: Found, *, asked: bool) -> Row:
    kept, forgotten, later = found["kept"], found["forgotten"], found.difference("kept", "forgotten")
    aim, holds = (f"at most {difference(AIM)}", later <= AIM) if asked else ("", None)
    return Row(what, seconds(kept), "the same without `--state`", seconds(forgotten), difference(later), aim, holds)


def _in_all(found: dict[str, list[Burst]], file: Path, bare: Path, rounds: int) -> Row:
    processor = Found({name: [burst.processor for burst in bursts[1:]] for name, bursts in found.items()})
    taken = processor.difference("kept", "forgotten")
    written, deliveries = _read(file)
    files = [bare.with_name(f"bare{number}") for number in range(rounds)]
    alone = statistics.median(per_call(partial(_write, each, written), 1) for each in files) / deliveries
    size = sum(len(lines) for _, lines in written) / deliveries
    return Row(
        "processor time of a state file for a delivery, all in all",
        difference(taken),
        f"SQLite alone with the same lines ({size:,.0f} bytes in {len(written) / deliveries:.2f} rows)",
        difference(alone),
        f"{taken / alone:.1f}",
        f"at most {difference(AIM)}",
        taken <= AIM,
    )


def _read(file: Path) -> tuple[list[Turn], int]:
    """The turns in the file, in order, in which 32 took the same step at once; and how many deliveries they made."""
    with closing(sqlite3.connect(file)) as connection:
        found: list[Turn] = connection.execute("SELECT entries, lines FROM journal ORDER BY id").fetchall()
    told = [((entries, lines), _kinds(lines)) for entries, lines in found]
    turns = [turn for turn, kinds in told if kinds]
    return turns, AT_ONCE * sum("ended" in kinds for _, kinds in told)


def _kinds(lines: str) -> set[str]:
    """The steps that `AT_ONCE` notifications took at once in a turn; a line for many has their serials at index 3."""
    together = (line for line in json.loads(lines) if isinstance(line, list) and line[0] == "each")
    return {line[1] for line in together if len(line[3]) == AT_ONCE}


def _write(file: Path, turns: Sequence[Turn]) -> None:
    """Write the same turns with SQLite and nothing else."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for setting in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = NORMAL"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute(TABLE)
        for turn in turns:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(INSERT, turn)
            connection.execute("COMMIT")
