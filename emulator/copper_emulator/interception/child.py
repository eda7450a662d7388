"""How does a process started by an intercepting one intercept too? It calls `intercept_here()` before all else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from copper_emulator.interception.process import PROCESS
from copper_emulator.interception.variables import CA, INTERCEPT
from copper_emulator.interception.ways import Way

if TYPE_CHECKING:
    from collections.abc import Mapping


def intercept_here(environment: Mapping[str, str] = os.environ) -> bool:
    """Intercept until this process ends, if the environment says where to; returns whether it does.

    What it says may be out of date, like the file of a test that has ended; then it is ignored. A program must not fail
    because of something that is not its own.
    """
    host, _, port = environment.get(INTERCEPT, "").rpartition(":")
    try:
        with open(environment.get(CA, ""), encoding="ascii") as file:
            way = Way(host, int(port), file.read())
    except (OSError, ValueError):
        return False
    # A test in this process that intercepts on its own takes precedence.
    PROCESS.begin(way)
    return True
