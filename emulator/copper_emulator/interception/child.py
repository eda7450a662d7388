"""How does a process that was started by an intercepting one do the same? `intercept_here()`, before all else."""

from __future__ import annotations

import os

from copper_emulator.interception.process import PROCESS
from copper_emulator.interception.variables import CA, INTERCEPT
from copper_emulator.interception.ways import Way


def intercept_here() -> bool:
    """Intercept until this process ends, if it was told where to; whether it does.

    What it was told may be out of date, like the file of a test that has ended: then it is as if nothing had been said.
    A program must not fail for something that is not its own.
    """
    host, _, port = os.environ.get(INTERCEPT, "").rpartition(":")
    try:
        with open(os.environ.get(CA, ""), encoding="ascii") as file:
            way = Way(host, int(port), file.read())
    except (OSError, ValueError):
        return False
    # A test that runs in this process and intercepts itself goes before.
    PROCESS.begin(way)
    return True
