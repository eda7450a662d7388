"""Is plain HTTP sent and answered by the emulator's own code, or, for a user who suspects that, all by aiohttp's?"""

from __future__ import annotations

import os

from copper_emulator.core.errors import UsageError

SENDER = "COPPER_EMULATOR_SENDER"
"""The environment variable with which everything is sent by aiohttp's client."""

SERVER = "COPPER_EMULATOR_SERVER"
"""The environment variable with which everything is answered by aiohttp's server."""


def check_choices() -> None:
    """Raise UsageError if one of the variables has another value: now, not when it is first read."""
    is_own_sender_wanted()
    is_own_server_wanted()


def is_own_sender_wanted() -> bool:
    """Whether nobody has chosen aiohttp's client. Raises UsageError if the variable has another value."""
    return _is_own_wanted(SENDER)


def is_own_server_wanted() -> bool:
    """Whether nobody has chosen aiohttp's server. Raises UsageError if the variable has another value."""
    return _is_own_wanted(SERVER)


def _is_own_wanted(variable: str) -> bool:
    wanted = os.environ.get(variable, "")
    if wanted not in ("", "aiohttp"):
        raise UsageError(f"{variable}={wanted}: write aiohttp, or leave it out for what is used by default")
    return not wanted
