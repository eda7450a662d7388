"""How does one rig run? In a process of its own, which prints each row as a line of JSON as soon as it has it.

So neither memory nor imports left by one rig affect the figures of the next.
`python -m benchmarks.rig NAME [--quick]`.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.measuring import Row, Unavailable, not_measured


class Failed(Exception):
    """A rig ended before its last row."""


def rows_of(name: str, *, quick: bool) -> Iterator[Row]:
    """The rows of a rig, which runs in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.rig", name, *(["--quick"] if quick else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            yield Row(**json.loads(line))
    if process.returncode:
        raise Failed(f"{name} ended with {process.returncode}")


def _given(name: str, *, quick: bool) -> Iterator[Row]:
    """The rows of a rig, run in this process; if it is not available at all, one row that says so."""
    try:
        yield from importlib.import_module(f"benchmarks.{name}").rows(quick=quick)
    except Unavailable as why:
        yield not_measured(name, "", why)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("name")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    out = sys.stdout
    # Anything a rig prints itself is for whoever is watching, not a row.
    with contextlib.redirect_stdout(sys.stderr):
        for row in _given(options.name, quick=options.quick):
            out.write(json.dumps(dataclasses.asdict(row)) + "\n")
            out.flush()


if __name__ == "__main__":
    main()
