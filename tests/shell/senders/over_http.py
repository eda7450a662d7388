"""The two ways to deliver over HTTP. Separate from `kinds.py`, which needs packages that the wheel does not install."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from copper_emulator.shell.host import Host

BY_AIOHTTP = "url, aiohttp's client"
OVER_HTTP = ["url", BY_AIOHTTP]
"""Plain HTTP to this machine, which has a sender of its own, also as everything else is sent, by aiohttp's client."""


@contextmanager
def host_for(kind: str) -> Iterator[Host]:
    """The host that sends to that kind of endpoint."""
    host = Host(plainly=kind != BY_AIOHTTP)
    try:
        yield host
    finally:
        host.close()
