"""The two ways in which deliveries go over HTTP. Apart from `kinds.py`, which needs what the wheel does not bring."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from copper_emulator.shell.host import Host

BY_AIOHTTP = "url, aiohttp's client"
OVER_HTTP = ["url", BY_AIOHTTP]
"""Plain HTTP to this machine has a sender of its own, and does as everything else does, which goes by aiohttp."""


@contextmanager
def host_for(kind: str) -> Iterator[Host]:
    """What sends to that kind of endpoint."""
    host = Host(plainly=kind != BY_AIOHTTP)
    try:
        yield host
    finally:
        host.close()
