"""Turns of an event loop, for tests about what happens in which."""

from __future__ import annotations

from collections.abc import Generator
from types import coroutine


@coroutine
def turn() -> Generator[None, None, None]:
    """Let the loop run one turn."""
    yield
