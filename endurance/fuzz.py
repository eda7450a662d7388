"""Is every invalid or unexpected input refused soon, with a message, and without side effects?

    python -m endurance.fuzz [--inputs 1000000] [--seed 1] [--minutes 60] [--quick]

Two thirds go to a server: bodies, headers and paths of both APIs, the page's files, and its proxy. The rest is parsed
in this process: heads of proxy requests, settings, scenario files, snapshots and state files. Each input is valid but
for something flipped, cut, spliced, nested, too large or of another type. There must be no 500, hang, traceback or
growth, and JSON where it is promised. Inputs are drawn by seed and number, so each can be reproduced.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from endurance.checking import Checks, mebibytes, show
from endurance.load import median
from endurance.processes import Taken
from endurance.reading import Reading, Scenarios, read_heads, read_settings
from endurance.states import States
from endurance.trying import Tried, try_server

SERVER: Mapping[str, float] = {"api": 0.33, "control": 0.2, "page": 0.06, "proxy": 0.03}
"""Shares of all inputs."""

READ: Mapping[str, float] = {
    "heads": 0.15,
    "settings": 0.08,
    # Each of these takes milliseconds.
    "rows": 0.075,
    "lines": 0.015,
    "snapshots": 0.03,
    "state files": 0.015,
    "scenarios": 0.015,
}
NAMES: Mapping[str, str] = {
    "api": "the emulated API",
    "control": "the control API",
    "page": "the page's files",
    "proxy": "requests to the proxy",
    "heads": "heads that the proxy reads",
    "settings": "settings",
    "rows": "rows of a state",
    "lines": "lines of a journal",
    "snapshots": "snapshots",
    "state files": "state files",
    "scenarios": "scenario files",
}
SHOWN = 20
"""How many findings are printed."""

GROWTH = 32 * 2**20
"""Bytes by which a process may grow between its first third and its end, because allocators take time to settle."""


@dataclass
class Part:
    """The inputs of one kind that were parsed."""

    reading: Reading = field(default_factory=Reading)
    seconds: float = 0.0
    growth: int = 0


def rss() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def read(inputs: int, seed: str, is_over: Callable[[], bool]) -> dict[str, Part]:
    """Try this many inputs of each kind, or as many as there is time for."""
    parts: dict[str, Part] = {}
    scenarios = Scenarios.shipped()
    with States.kept() as states:
        ways: dict[str, Callable[[Random, Reading], None]] = {
            "heads": read_heads,
            "settings": read_settings,
            "rows": states.read_rows,
            "lines": states.read_lines,
            "snapshots": states.read_snapshot,
            "state files": states.read_file,
            "scenarios": scenarios.read,
        }
        for name, way in ways.items():
            parts[name] = _read_part(name, way, max(1, round(inputs * READ[name])), seed, is_over)
            print(
                f"  {parts[name].reading.inputs:,} {NAMES[name]}, {len(parts[name].reading.wrong)} findings", flush=True
            )
    return parts


def _read_part(
    name: str, way: Callable[[Random, Reading], None], count: int, seed: str, is_over: Callable[[], bool]
) -> Part:
    part, began, before = Part(), time.monotonic(), 0
    for number in range(count):
        if number == count // 3:
            before = rss()
        if number % 64 == 0 and is_over():
            break
        way(Random(f"{seed}:{name}:{number}"), part.reading)
    part.seconds = time.monotonic() - began
    part.growth = rss() - before if before else 0
    return part


# --- what came of it ----------------------------------------------------------------------------------------


def rows(tried: Tried, parts: Mapping[str, Part]) -> list[Sequence[str]]:
    found: list[Sequence[str]] = []
    for surface, findings in tried.findings.items():
        answers = ", ".join(f"{status}: {count:,}" for status, count in sorted(findings.statuses.items()))
        found.append((NAMES[surface], f"{tried.inputs[surface]:,}", answers, str(len(findings.wrong))))
    for name, part in parts.items():
        taken = part.reading.inputs - part.reading.refused - len(part.reading.wrong)
        told = f"refused: {part.reading.refused:,}, taken: {taken:,}"
        found.append((NAMES[name], f"{part.reading.inputs:,}", told, str(len(part.reading.wrong))))
    return found


def report(checks: Checks, tried: Tried, parts: Mapping[str, Part], inputs: int) -> None:
    show(("input", "how many", "what came of it", "findings"), rows(tried, parts))
    wrong = [text for findings in tried.findings.values() for text in findings.wrong]
    wrong += [text for part in parts.values() for text in part.reading.wrong]
    for text in wrong[:SHOWN]:
        print(f"- {text}")
    made = tried.inputs.total() + sum(part.reading.inputs for part in parts.values())
    seconds = tried.seconds + sum(part.seconds for part in parts.values())
    checks.check("all inputs were tried", holds=made >= inputs, seen=f"{made:,} in {seconds:.0f} s")
    checks.check("no 500, no hang, broken JSON nowhere, no error but those promised", holds=not wrong)
    for surface, findings in tried.findings.items():
        total = findings.statuses.total()
        checks.check(
            f"{NAMES[surface]}: some of it is right, else little would be tried",
            holds=findings.statuses[200] >= total * 0.2 or surface == "proxy",
            seen=f"{findings.statuses[200]:,} of {total:,} are answered with 200",
        )
    if tried.told is not None:
        tried.told.check(checks)
    check_growth(checks, tried.taken)
    grown = max((part.growth for part in parts.values()), default=0)
    checks.check("reading: no growth of memory", holds=grown <= GROWTH, seen=mebibytes(grown))


def check_growth(checks: Checks, taken: Sequence[Taken]) -> None:
    """Compare the resources used after each reset: the first third of the resets against the last."""
    third = max(1, len(taken) // 3)
    first, last = taken[:third], taken[-third:]

    def typical(of: Callable[[Taken], float], among: Sequence[Taken]) -> float:
        return median([of(each) for each in among])

    looks: Sequence[tuple[str, Callable[[Taken], float], float]] = (
        ("tasks", lambda each: each.tasks, 2),
        ("open files", lambda each: each.files, 2),
        ("objects", lambda each: each.objects, 3_000),
        ("blocks of memory in use", lambda each: each.blocks, 10_000),
        ("KiB of memory", lambda each: each.rss / 1024, GROWTH / 1024),
    )
    for name, of, more in looks:
        before, then = typical(of, first), typical(of, last)
        checks.check(
            f"the server: no growth of {name}", holds=then <= before + more, seen=f"{before:.0f} -> {then:.0f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--minutes", type=float, default=60.0, help="no more is begun after that")
    parser.add_argument("--quick", action="store_true", help="20,000 inputs")
    said = parser.parse_args()
    inputs = 20_000 if said.quick else said.inputs
    until: float = time.monotonic() + said.minutes * 60
    checks = Checks()

    def is_over() -> bool:
        return time.monotonic() > until

    tried = try_server({surface: round(inputs * share) for surface, share in SERVER.items()}, said.seed, is_over)
    parts = read(inputs, said.seed, is_over)
    report(checks, tried, parts, inputs)
    checks.end()


if __name__ == "__main__":
    main()
