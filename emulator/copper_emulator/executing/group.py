"""Which processes are left of a command that was started as the leader of a group, and how are they all ended?"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

_LOOK = 0.02
"""Seconds between checks whether anybody is left."""


def send(leader: int, number: int) -> None:
    """Send a signal to everybody in the group; does nothing if nobody is left."""
    if sys.platform != "win32":
        # For processes that have ended but were not reaped, macOS says that the signal is not permitted.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, number)


async def end(leader: int, patience: float) -> None:
    """Tell everybody in the group to end, and kill those that have not after `patience` seconds."""
    send(leader, signal.SIGTERM)
    try:
        async with asyncio.timeout(patience):
            while is_alive(leader):  # noqa: ASYNC110 - nothing tells of the end of others' children
                await asyncio.sleep(_LOOK)  # noqa: TID251 - real processes end in real time
    except TimeoutError:
        send(leader, signal.SIGKILL)


def is_alive(leader: int) -> bool:
    """Whether anybody in the group is running."""
    if sys.platform == "win32":
        return False
    try:
        os.killpg(leader, 0)
    except (ProcessLookupError, PermissionError):
        return False
    # In a container, often nobody reaps processes that have ended, and they stay in their group.
    stats = list(Path("/proc").glob("[0-9]*/stat"))
    return not stats or any(_runs_in(leader, path) for path in stats)


def _runs_in(group: int, stat: Path) -> bool:
    try:
        # The name that comes first, in parentheses, may contain anything.
        state, _, its_group = stat.read_bytes().rpartition(b")")[2].split()[:3]
    except (OSError, ValueError):
        # The process has ended meanwhile.
        return False
    return int(its_group) == group and state not in (b"Z", b"X")
