"""Run the crash test by hand, as often as you like: `python -m tests.crash 200 --seed 7`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.crash.play import faults, play


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, default=0)
    said = parser.parse_args()
    with TemporaryDirectory() as folder:
        story = play(Path(folder), said.kills, seed=said.seed)
    found = faults(story)
    outcomes = ", ".join(f"{number} {outcome}" for outcome, number in story.outcomes.most_common())
    sys.stdout.write(
        f"{story.kills} kills, seed {said.seed}: {len(story.acknowledged.changes)} changes acknowledged, "
        f"{outcomes}; {len(story.received)} requests arrived.\n"
    )
    sys.stdout.writelines(f"WRONG: {fault}\n" for fault in found)
    if not found:
        sys.stdout.write("Nothing was lost, and nothing was sent twice.\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
