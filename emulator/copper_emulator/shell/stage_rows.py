"""Which rows tell of an account with everything around it, and how does a stage become again what they tell of?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from copper_emulator.core.account import Account
from copper_emulator.core.errors import RouteError, SettingsError, StateError
from copper_emulator.core.model import Key
from copper_emulator.core.state import Rows, restore, rows
from copper_emulator.settings import Settings
from copper_emulator.shell.clock import ServerClock
from copper_emulator.shell.destinations import RouteKind
from copper_emulator.shell.routes import Routes
from copper_emulator.shell.stage import Stage

STAGE = "stage"
"""The part that is not the account's own; its rows are those of `around`."""


def around(stage: Stage) -> dict[str, Any]:
    """What there is beside the account; each is written anew, as `around_json` has it, whenever it is another."""
    return {
        "keys": [[key.serial, key.token, key.email] for key in stage.account.keys],
        "settings": stage.settings,
        "made_with": stage.own_settings if stage.has_own_settings else None,
        "clock": _clock(stage),
        "routes": [[route.written, str(route.to)] for route in stage.routes if route.kind is RouteKind.URL],
    }


def rows_of(stage: Stage) -> Rows:
    """Everything. To be asked under the lock."""
    return {STAGE: [(name, around_json(value)) for name, value in around(stage).items()], **rows(stage.account)}


def around_json(value: Any) -> Any:
    """A value of `around`. To make JSON of settings takes longer than to see that they are the same."""
    return settings_json(value) if isinstance(value, Settings) else value


def settings_json(settings: Settings) -> dict[str, Any]:
    """What was said of settings; where nothing was, the defaults are those of whoever reads it."""
    return settings.as_json(settings.given)


class Found:
    """What the rows of an account tell. Raises StateError for what cannot be."""

    def __init__(self, told: Rows) -> None:
        self._rows = told
        stage: Mapping[Any, Any] = dict(told.get(STAGE, []))
        try:
            self.settings = Settings.written(stage["settings"])
            self.made_with = None if stage["made_with"] is None else Settings.written(stage["made_with"])
            self.keys = [Key(serial, token, email) for serial, token, email in stage["keys"]]
            self.clock = ServerClock(**stage["clock"])
            self.routes: list[tuple[str, str]] = [(origin, to) for origin, to in stage["routes"]]
        except SettingsError as error:
            raise StateError(f"settings: {error}") from None
        except KeyError as error:
            raise StateError(f"what was read is not an account's state: there is no {error}") from None
        except (TypeError, ValueError) as error:
            raise StateError(f"{STAGE}: cannot be read ({type(error).__name__}: {error})") from None

    def check(self) -> None:
        """Raises StateError where `put_back` or `add_routes` would."""
        self.put_back(Account("", None, self.settings.rules()))
        self._add_to(Routes())

    def put_back(self, account: Account) -> None:
        """Make a new account what it was."""
        account.keys = list(self.keys)
        restore(account, self._rows)
        if self.clock.running:
            # Where the wall's was set back meanwhile, it has to catch up with what has happened.
            self.clock.latest_ms = account.moment

    def add_routes(self, stage: Stage) -> None:
        """The routes that it had."""
        self._add_to(stage.routes)

    def _add_to(self, routes: Routes) -> None:
        for origin, to in self.routes:
            try:
                routes.add(origin, to, "url")
            except RouteError as error:
                raise StateError(f"routes: {error}") from None


def _clock(stage: Stage) -> dict[str, Any]:
    clock = stage.clock
    if not isinstance(clock, ServerClock):
        return {"running": False, "latest_ms": clock.now()}
    if clock.runs_on:
        # What it shows now is no news: it is another at each look, and the account tells of the last that mattered.
        # While it is played ahead it stands still, and would run on from there.
        return {"running": True, "ahead_ms": clock.would_be_ahead_ms}
    return {"running": False, "latest_ms": clock.now()}
