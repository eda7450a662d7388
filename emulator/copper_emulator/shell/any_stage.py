"""What do faces and scenarios know of where an account is: this process (`stage.py`) or a server (`remote/`)?"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from copper_emulator.core.account import Account
from copper_emulator.core.model import Delivery, Key
from copper_emulator.core.surface import Surface
from copper_emulator.settings import Settings
from copper_emulator.shell.routes import Routes


class Reading(Protocol):
    """A clock to be looked at."""

    def now(self) -> int:
        """The present moment of an account, in milliseconds."""


class AnyStage(Protocol):
    """One account with its lock, time, routes, settings and hooks."""

    surface: Surface
    hooks: list[Callable[[Delivery], object]]
    routes: Routes

    @property
    def lock(self) -> AbstractContextManager[object]:
        """While it is held, `account` is the same and stays as it is."""

    @property
    def clock(self) -> Reading:
        """The account's time; what it is moved by depends on where the account is."""

    @property
    def account(self) -> Account:
        """To be looked at; what changes it goes through `record`."""

    @property
    def settings(self) -> Settings:
        """Those it plays by."""

    @property
    def own_settings(self) -> Settings:
        """Those it was made with; `reset` comes back to them."""

    @property
    def driving(self) -> bool:
        """Whether time passes just now, so that a call from inside a delivery only records."""

    def now(self) -> int:
        """The moment at which something that is only recorded happens."""

    def record(self, act: Callable[[Account, int], Any]) -> Any:
        """Run one call of the core, at the present moment."""

    def use(self, settings: Settings) -> None:
        """Play by other settings. Raises UsageError when something has happened in the account already."""

    def reset(self, settings: Settings | None = None) -> None:
        """As newly made, with the same key and clock; with settings, as if it had been made with these."""

    def switch_key(self) -> Key:
        """Give the account a new key."""

    def refused(self, text: str) -> None:
        """Write down what was refused; a server does so by itself."""
