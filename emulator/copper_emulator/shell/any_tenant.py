"""What do faces and scenarios know of an account, be it in this process (`tenant.py`) or in a server (`remote/`)?"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from copper_emulator.core.account import Account
from copper_emulator.core.call_log import ApiCall
from copper_emulator.core.model import Key
from copper_emulator.core.surface import Surface
from copper_emulator.settings import Settings
from copper_emulator.shell.hooks import Hooks
from copper_emulator.shell.routing.routes import Routes


class ReadableClock(Protocol):
    """A clock that can only be read."""

    def now(self) -> int:
        """The present moment of an account, in milliseconds."""


class AnyTenant(Protocol):
    """One account with its lock, time, routes, settings and hooks."""

    surface: Surface
    hooks: Hooks

    @property
    def lock(self) -> AbstractContextManager[object]:
        """While it is held, `account` does not change and is not replaced."""

    @property
    def clock(self) -> ReadableClock:
        """The account's time; how it is moved depends on where the account is."""

    @property
    def account(self) -> Account:
        """The account, for reading; changes go through `record`."""

    @property
    def routes(self) -> Routes:
        """Where its targets are really sent."""

    @property
    def settings(self) -> Settings:
        """The settings in effect."""

    @property
    def own_settings(self) -> Settings:
        """The settings the account was made with, which `reset` restores."""

    @property
    def driving(self) -> bool:
        """Whether time is passing right now, so that a call from inside a delivery only records."""

    def now(self) -> int:
        """The moment at which something happens that is only recorded."""

    def record(self, act: Callable[[Account, int], Any]) -> Any:
        """Run one call of the core, at the present moment."""

    def check_goes_on(self) -> None:
        """Raise UsageError after the account's end, and in a process that was forked from the account's."""

    def api_calls(self) -> list[ApiCall]:
        """The API calls of the account, oldest first."""

    def use_settings(self, settings: Settings) -> None:
        """Apply other settings. Raises UsageError if something has already happened in the account."""

    def reset(self, settings: Settings | None = None) -> None:
        """Return to the initial state but keep key and clock; settings replace those the account was made with."""

    def switch_key(self) -> Key:
        """Give the account a new key."""

    def take_down(self) -> None:
        """Refuse every connection to an endpoint from now on."""

    def bring_up(self) -> None:
        """Undo `take_down`; nothing to do if no endpoint is down."""

    def refused(self, text: str) -> None:
        """Record that a call was refused; a server does that by itself."""
