"""Which client sends plain HTTP to this machine? Our own, unless a user who suspects it has chosen aiohttp's."""

from __future__ import annotations

import os

from copper_emulator.core.errors import UsageError

SENDER = "COPPER_EMULATOR_SENDER"
"""The environment variable with which everything is sent by aiohttp's client."""


def is_own_wanted() -> bool:
    """Whether nobody has chosen aiohttp's client. Raises UsageError if the variable has another value."""
    wanted = os.environ.get(SENDER, "")
    if wanted not in ("", "aiohttp"):
        raise UsageError(f"{SENDER}={wanted}: write aiohttp, or leave it out for the sender that is used by default")
    return not wanted
