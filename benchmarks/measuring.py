"""How is one thing measured beside another, so that the ratio carries over from machine to machine?

Both run in turn in one run, A B A B. The results are the median of each, and the median of the ratios or differences
within each round, because whatever else the machine was doing then affects both. They become rows of the one table in
docs/performance.md.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 9
QUICK_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. All fields are text as displayed; `what` identifies the line and is unique."""

    what: str
    ours: str
    peer: str = ""
    theirs: str = ""
    ratio: str = ""
    aim: str = ""
    holds: bool | None = None
    """None if the line has no aim."""


class Unavailable(Exception):
    """A peer is not available on this machine; the text says why."""


def not_measured(what: str, peer: str, why: Unavailable, *, aim: str = "") -> Row:
    """The row to show if a peer is not available."""
    return Row(what, f"not measured: {why}", peer, aim=aim)


def rounds_of(*, quick: bool, rounds: int = ROUNDS) -> int:
    """How often each way is measured."""
    return QUICK_ROUNDS if quick else rounds


@dataclass(frozen=True, slots=True)
class Found:
    """What each way measured in each round; `found[name]` is the median of one way."""

    rounds: Mapping[str, Sequence[float]]

    def __getitem__(self, name: str) -> float:
        return statistics.median(self.rounds[name])

    def __contains__(self, name: object) -> bool:
        return name in self.rounds

    def ratio(self, one: str, other: str) -> float:
        """The ratio of one to the other: the median over the rounds."""
        return statistics.median(a / b for a, b in zip(self.rounds[one], self.rounds[other], strict=True))

    def difference(self, one: str, other: str) -> float:
        """How much one exceeds the other: the median over the rounds."""
        return statistics.median(a - b for a, b in zip(self.rounds[one], self.rounds[other], strict=True))


def in_turn(ways: Mapping[str, Callable[[], float]], *, rounds: int = ROUNDS, warm_up: int = 1) -> Found:
    """Measure all ways in every round; the warm-up rounds do not count."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + warm_up):
        for name, way in ways.items():
            value = way()
            if number >= warm_up:
                found[name].append(value)
    return Found(found)


def per_call(call: Callable[[], object], times: int) -> float:
    """Seconds of processor time per call."""
    began = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - began) / times


def wall(call: Callable[[], object]) -> float:
    """Seconds of wall-clock time that one call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has run to its end."""

    processor: float
    """Seconds of processor time, user and system, including child processes that it waited for."""
    wall: float


def environment() -> dict[str, str]:
    """The environment of this process, without what a developer or a container has set for Python and pytest.

    Above all, compiled modules are cached, as on most machines; otherwise each start would compile everything anew.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}


def run(command: Sequence[str | Path], *, folder: Path | None = None) -> Ended:
    """Run a command to its end; its output is shown only if it fails."""
    began = time.perf_counter()
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        said = process.stdout.read() if process.stdout is not None else b""
        _, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.stderr.write(said.decode(errors="replace"))
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {process.returncode}")
    return Ended(usage.ru_utime + usage.ru_stime, took)


def seconds(value: float) -> str:
    """A duration in its most readable unit: "71 µs", "3.2 ms", "1.25 s"."""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if abs(value) * factor >= 1 or unit == "µs":
            return f"{_digits(value * factor)} {unit}"
    raise ValueError(f"{value} is no duration")


def difference(value: float) -> str:
    """A difference between two durations, with its sign."""
    return seconds(value) if value < 0 else f"+{seconds(value)}"


def _digits(value: float) -> str:
    """Three digits; more would be noise."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"
