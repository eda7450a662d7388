"""What does the command line say about a server, before any of its accounts is there?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from copper_emulator.core.surface import Surface
from copper_emulator.settings import Settings

if TYPE_CHECKING:
    # A server is ready before it has loaded these.
    from copper_emulator.core.model import Entry
    from copper_emulator.shell.runs import Player
    from copper_emulator.shell.served_account import ServedAccount

ClockName: TypeAlias = Literal["wall", "manual"]
Listener: TypeAlias = Callable[["ServedAccount | None", "Entry"], None]
"""Is told each entry of each journal as it is written, with its account, and what no account can tell with None."""


@dataclass(frozen=True)
class Plan:
    """How every account of a server is made."""

    settings: Settings
    clock: ClockName = "wall"
    routes: Sequence[tuple[str, str]] = ()
    tokens: Sequence[str] = ()
    listener: Listener | None = None
    player: Callable[[], Player] | None = None
    """Who knows the scenarios that can be played; asked for when there is need of him."""
    surface: Surface = Surface.SERVER
    """Whose options are named where something is advised."""
