"""What does the command line determine about a server, before any of its accounts exists?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from copper_emulator.core.surface import Surface
from copper_emulator.settings import Settings

if TYPE_CHECKING:
    # A server starts listening before it has loaded these.
    from copper_emulator.core.model import Entry
    from copper_emulator.shell.served.account import ServedAccount
    from copper_emulator.shell.served.runs import Player

ClockName: TypeAlias = Literal["wall", "manual"]
Listener: TypeAlias = Callable[["ServedAccount | None", "Entry"], None]
"""Called with each entry of each journal as it is written and with its account, or None if it concerns no account."""


@dataclass(frozen=True)
class Plan:
    """How every account of a server is made."""

    settings: Settings
    clock: ClockName = "wall"
    routes: Sequence[tuple[str, str]] = ()
    tokens: Sequence[str] = ()
    listener: Listener | None = None
    player: Callable[[], Player] | None = None
    """Gives the scenarios that can be played; called when they are first needed."""
    surface: Surface = Surface.SERVER
    """The surface whose options advice names."""
