"""Do the tests of a large suite ever interfere with each other, on several workers or in any order?

Writes a suite, runs it whole on 1, 2 and 4 workers of pytest-xdist, and then many samples of it, each in another order.
No test may fail, and each must do the same in every run. `python -m endurance.parallel [--quick]`
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from endurance import suite
from endurance.checking import Checks, show

WORKERS = (1, 2, 4)
SAMPLES_ON_TWO = 4
"""Every fourth sample runs on two workers, the others in one process."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of pytest: how long it took, and each test's outcome with a digest of what its account did."""

    seconds: float
    code: int
    told: dict[str, list[str]]
    out: str

    @property
    def failed(self) -> list[str]:
        return sorted(name for name, (outcome, _) in self.told.items() if outcome != "passed")


@dataclass
class Suite:
    """The suite in its folder, and what its tests have done so far."""

    folder: Path
    patience: float
    did: dict[str, set[str]] = field(default_factory=dict)

    def run(self, *options: str) -> Run:
        """Run pytest once; a run that hangs counts as failed."""
        file = self.folder / "told.json"
        file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-q", "--tb=short", f"--told-in={file}", *options]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        began = time.monotonic()
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=kept,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=self.patience,
                check=False,
            )
            code, out = done.returncode, done.stdout
        except subprocess.TimeoutExpired:
            code, out = -1, f"It did not end within {self.patience:.0f} s.\n"
        told = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        for name, (_, digest) in told.items():
            self.did.setdefault(name, set()).add(digest)
        return Run(time.monotonic() - began, code, told, out)


def whole(suite_: Suite, tests: int, checks: Checks) -> Iterator[tuple[str, ...]]:
    """Run the suite on each number of workers; yield rows of the table."""
    for workers in WORKERS:
        run = suite_.run("-n", str(workers), "--maxprocesses", str(workers))
        _tell_of_failures(run)
        checks.check(
            f"{tests:,} tests on {workers} {'worker' if workers == 1 else 'workers'}: none fails",
            holds=run.code == 0 and len(run.told) == tests and not run.failed,
            seen=f"{len(run.told):,} ran, {len(run.failed)} failed",
        )
        each = run.seconds / tests * 1000
        yield f"{tests:,}", str(workers), f"{run.seconds:.1f} s", f"{each:.1f} ms", str(len(run.failed))


def samples(suite_: Suite, runs: int, size: int, seed: int, checks: Checks) -> tuple[str, ...]:
    """Run samples, each in an order of its own; return a row of the table."""
    wrong, took = 0, 0.0
    for number in range(runs):
        on_two = number % SAMPLES_ON_TWO == SAMPLES_ON_TWO - 1
        options = ["-n", "2"] if on_two else ["-p", "no:xdist"]
        run = suite_.run(f"--sample={size}", f"--shuffled-by={seed + number}", *options)
        took += run.seconds
        if run.code != 0 or len(run.told) != size or run.failed:
            wrong += 1
            print(f"the sample shuffled by {seed + number}:")
            _tell_of_failures(run)
    checks.check(f"{runs} samples of {size} tests, shuffled: none fails", holds=not wrong, seen=f"{wrong} failed")
    return (
        f"{runs} of {size}, shuffled",
        "1, every fourth 2",
        f"{took:.1f} s",
        f"{took / runs / size * 1000:.1f} ms",
        str(wrong),
    )


def _tell_of_failures(run: Run) -> None:
    if run.code != 0 or run.failed:
        print("\n".join(run.failed[:20]))
        print(run.out[-4000:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=100, help="how many samples")
    parser.add_argument("--sample", type=int, default=100, help="how many tests are in each")
    parser.add_argument("--seed", type=int, default=1, help="of the first sample's order; the others count on")
    parser.add_argument("--patience", type=float, default=600, help="seconds that one run of pytest may take")
    parser.add_argument("--quick", action="store_true", help="120 tests, and 4 samples of 30")
    given = parser.parse_args()
    if given.quick:
        given.tests, given.runs, given.sample = 120, 4, 30
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="copper-suite-") as folder:
        suite.write(Path(folder), given.tests)
        written = Suite(Path(folder), given.patience)
        rows = [*whole(written, given.tests, checks), samples(written, given.runs, given.sample, given.seed, checks)]
        several = sorted(name for name, digests in written.did.items() if len(digests) > 1)
        checks.check(
            "each test's account does the same in every run",
            holds=bool(written.did) and not several,
            seen=", ".join(several[:5]) or f"{len(written.did):,} tests",
        )
    show(("tests", "workers", "in all", "for each test", "failed"), rows)
    checks.end()


if __name__ == "__main__":
    main()
