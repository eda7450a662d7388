"""Runs the machine on the right sample with many seeds, by hand: it must find nothing.

python -m tests.machine.many_seeds 1000
"""

from __future__ import annotations

import sys

from tests.machine.machines import machine
from tests.machine.running import run

TYPES = (("person",), ("lead", "person", "company", "opportunity"), ("task", "project", "activity_log"))
"""The types that the seeds use in turn."""

EXAMPLES = 5


def main(seeds: int) -> int:
    """Run the seeds; return how many found a bug that does not exist."""
    wrong = 0
    for number in range(seeds):
        found = run(machine("right", *TYPES[number % len(TYPES)]), number, examples=EXAMPLES)
        if found is not None:
            wrong += 1
            sys.stdout.write(f"seed {number}: {found.error!r}\n{found.text}\n")
    sys.stdout.write(f"{seeds} seeds, {wrong} found something\n")
    return wrong


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])) > 0)
