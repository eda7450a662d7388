"""Run the benchmark rigs and print or write their table: `python -m benchmarks [RIG ...] [--quick] [--write]`."""

from __future__ import annotations

import argparse
import sys
import time

from benchmarks.rig import Failed, rows_of
from benchmarks.table import Cells, cells, markdown, write

RIGS = (
    "plugin",
    "in_process",
    "over_http",
    "round_trip",
    "api",
    "virtual_time",
    "serving",
    "storing",
    "records",
    "page",
)
"""In the order of the table."""


def measured(names: list[str], *, quick: bool) -> tuple[list[Cells], list[str]]:
    """The rigs' lines, and their failures; each line is also printed to stderr as it comes."""
    lines: list[Cells] = []
    wrong: list[str] = []
    for name in names:
        began = time.perf_counter()
        try:
            for row in rows_of(name, quick=quick):
                lines.append(cells(row))
                sys.stderr.write(f"{name}: {' | '.join(lines[-1])}\n")
        except Failed as failed:
            wrong.append(str(failed))
        sys.stderr.write(f"{name}: {time.perf_counter() - began:.0f} s\n")
    return lines, wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("rigs", nargs="*", metavar="RIG", help=f"one of {', '.join(RIGS)}; without one, all")
    parser.add_argument("--quick", action="store_true", help="few rounds and small numbers, to see that it works")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    options = parser.parse_args()
    if unknown := [name for name in options.rigs if name not in RIGS]:
        parser.error(f"no such rig: {', '.join(unknown)}; there are {', '.join(RIGS)}")
    if options.quick and options.write:
        parser.error("what --quick finds is not for the document: leave out --quick or --write")
    names = [name for name in RIGS if name in options.rigs] if options.rigs else list(RIGS)
    lines, wrong = measured(names, quick=options.quick)
    sys.stdout.write(markdown(lines))
    for text in wrong:
        sys.stderr.write(f"{text}; what it gave before is in the table, what was to follow is not\n")
    if options.write:
        # After a failure, the missing lines keep their old figures.
        write(lines, whole=not options.rigs and not wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
