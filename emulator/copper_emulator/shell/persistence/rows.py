"""Which rows describe an account and what it runs in, and how is a tenant restored from them?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from copper_emulator.core.account import Account
from copper_emulator.core.errors import RouteError, SettingsError, StateError
from copper_emulator.core.model import Delivery, Key
from copper_emulator.core.state import Rows, restore, rows
from copper_emulator.core.state.parts import Value
from copper_emulator.settings import Settings
from copper_emulator.shell.clock import ServerClock
from copper_emulator.shell.routing.destinations import RouteKind
from copper_emulator.shell.routing.routes import Routes
from copper_emulator.shell.tenant import Tenant

TENANT_PART = "stage"
"""The part of the rows that is not the account itself, made from `TENANT_PARTS`; files have had it under this name."""


@dataclass(frozen=True, slots=True)
class TenantPart:
    """Something that belongs to a tenant besides its account, and is written as a whole whenever it has changed.

    `value` returns something cheap to compute that differs whenever what is written does; `to_json` makes that of it.
    """

    name: str
    value: Callable[[Tenant], Any]
    to_json: Callable[[Any], Value]


def _settings(settings: Settings | None) -> Value:
    return None if settings is None else settings_json(settings)


def _clock(tenant: Tenant) -> dict[str, Any]:
    clock = tenant.clock
    if not isinstance(clock, ServerClock):
        return {"running": False, "latest_ms": clock.now()}
    if clock.runs_on:
        # The moment shown now differs at each look and is not stored: the account knows the last one that mattered. A
        # clock that time is played ahead on stands still, but would run on from there.
        return {"running": True, "ahead_ms": clock.would_be_ahead_ms}
    return {"running": False, "latest_ms": clock.now()}


TENANT_PARTS = (
    TenantPart(
        "keys",
        lambda tenant: tuple(tenant.account.keys),
        lambda keys: [[key.serial, key.token, key.email] for key in keys],
    ),
    TenantPart("settings", lambda tenant: tenant.settings, _settings),
    TenantPart("made_with", lambda tenant: tenant.own_settings if tenant.has_own_settings else None, _settings),
    TenantPart("clock", _clock, dict),
    TenantPart(
        "routes",
        lambda tenant: tuple(tenant.routes),
        lambda routes: [[route.written, str(route.to)] for route in routes if route.kind is RouteKind.URL],
    ),
)


def rows_of(tenant: Tenant) -> Rows:
    """All rows of a tenant. To be called under the lock."""
    return {
        TENANT_PART: [(part.name, part.to_json(part.value(tenant))) for part in TENANT_PARTS],
        **rows(tenant.account),
    }


def settings_json(settings: Settings) -> dict[str, Any]:
    """The settings that were given a value; for the others the reader's own defaults apply."""
    return settings.as_json(settings.given)


class StoredAccount:
    """The contents of an account's rows. Raises StateError if they are invalid."""

    def __init__(self, saved: Rows) -> None:
        self._rows = saved
        parts: Mapping[Any, Any] = dict(saved.get(TENANT_PART, []))
        try:
            self.settings = Settings.from_document(parts["settings"])
            self.made_with = None if parts["made_with"] is None else Settings.from_document(parts["made_with"])
            self.keys = [Key(serial, token, email) for serial, token, email in parts["keys"]]
            self.clock = ServerClock(**parts["clock"])
            self.routes: list[tuple[str, str]] = [(origin, to) for origin, to in parts["routes"]]
        except SettingsError as error:
            raise StateError(f"settings: {error}") from None
        except KeyError as error:
            raise StateError(f"what was read is not an account's state: there is no {error}") from None
        except (TypeError, ValueError) as error:
            raise StateError(f"{TENANT_PART}: cannot be read ({type(error).__name__}: {error})") from None

    def check(self) -> None:
        """Raise StateError if `put_back` or `add_routes` would."""
        self.put_back(Account("", None, self.settings.rules()))
        self.add_routes(Routes())

    def put_back(self, account: Account, known: Callable[[Delivery], Delivery] = lambda delivery: delivery) -> None:
        """Restore a new account to its former state; `known` may return each delivery with what the rows do not say."""
        account.keys = list(self.keys)
        restore(account, self._rows, known)
        if self.clock.running:
            # If the wall clock was set back meanwhile, time stands still until it has caught up with what has happened.
            self.clock.latest_ms = account.moment

    def add_routes(self, routes: Routes) -> None:
        """Add the routes it had to these."""
        for origin, to in self.routes:
            try:
                routes.add(origin, to, "url")
            except RouteError as error:
                raise StateError(f"routes: {error}") from None
