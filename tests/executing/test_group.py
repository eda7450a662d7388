"""A whole group of processes is ended, even those that ignore signals; those that have already ended do not count."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from copper_emulator.executing import group

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such groups")


@contextmanager
def started(script: str) -> Iterator[subprocess.Popen[str]]:
    """A shell that leads a group, once it has printed that it is ready."""
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True) as leader:
        assert leader.stdout is not None
        try:
            assert leader.stdout.readline() == "ready\n"
            yield leader
        finally:
            group.send(leader.pid, signal.SIGKILL)


def test_who_does_not_listen_is_ended_all_the_same() -> None:
    with started("trap '' TERM; sleep 600 & echo ready; wait; wait") as leader:
        asyncio.run(group.end(leader.pid, 0.3))

        assert leader.wait(30) == -signal.SIGKILL
        assert leader.stdout is not None
        assert leader.stdout.read() == ""


def test_nobody_waits_for_those_of_whom_only_their_end_is_left() -> None:
    """As in a container whose first process never waits for its children."""
    with started("echo ready; exec sleep 600") as leader:
        assert group.is_alive(leader.pid)
        os.kill(leader.pid, signal.SIGKILL)
        os.waitid(os.P_PID, leader.pid, os.WEXITED | os.WNOWAIT)

        assert not group.is_alive(leader.pid)
        asyncio.run(group.end(leader.pid, 600))


def test_a_group_that_is_no_more_is_no_error() -> None:
    with started("echo ready") as leader:
        leader.wait(30)

        asyncio.run(group.end(leader.pid, 600))
