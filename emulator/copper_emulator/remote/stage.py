"""An account of a running server as a stage: what is looked at is fetched, what is done is done there.

Every look fetches the whole state and makes an account of it, so that what reads an account (expectations, near misses,
explanations, the verdict) is the same code here. What a call of the core does is tried on that account first, which
raises what the fixture would raise, and is then sent as it was told (`core/told.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any

from copper_emulator.control_client import Client
from copper_emulator.core.account import Account
from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import Delivery, Key
from copper_emulator.core.surface import Surface
from copper_emulator.core.told import Told
from copper_emulator.remote.routes import RemoteRoutes
from copper_emulator.remote.telling import Telling, as_there
from copper_emulator.settings import Settings
from copper_emulator.shell.clock import Clock
from copper_emulator.shell.routes import Routes
from copper_emulator.shell.snapshots import found_in
from copper_emulator.shell.stage_rows import Found


class Look:
    """One look at the account, as the lock of a stage is held: within it the account stays the same."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self.fresh = False

    @property
    def is_open(self) -> bool:
        return self._depth > 0

    def __enter__(self) -> Look:
        self._lock.acquire()
        if not self._depth:
            self.fresh = False
        self._depth += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._depth -= 1
        self._lock.release()


class RemoteStage:
    """Where an account of a server plays. Its attributes are looked up when they are read."""

    driving = False
    """What an endpoint does while it is notified, the server tells apart by itself."""

    def __init__(
        self, client: Client, path: str, name: str, token: str = "", *, surface: Surface = Surface.CONNECTED
    ) -> None:
        self.surface = surface
        self.name = name
        self.lock = Look()
        self.hooks: list[Callable[[Delivery], object]] = []
        self._client = client
        self._path = path
        self.token = token
        """Of the current key, where it is known: a snapshot has none."""
        self._telling = Telling(client, path)
        self._found: Found | None = None
        self._known: Account | None = None
        self._kept = False
        self.own_routes = RemoteRoutes(client, path)

    @property
    def clock(self) -> Clock:
        """As it was at the last look."""
        return self._seen()[0].clock

    @property
    def account(self) -> Account:
        """The account as it is now; within one look the same."""
        return self._seen()[1]

    @property
    def settings(self) -> Settings:
        return _in_short(self._seen()[0].settings)

    @property
    def own_settings(self) -> Settings:
        found = self._seen()[0]
        return _in_short(found.settings if found.made_with is None else found.made_with)

    def keep(self) -> None:
        """Stay as it is now: the account is about to be no more."""
        with self.lock:
            self._seen()
        self._kept = True

    @property
    def routes(self) -> Routes:
        return self.own_routes

    @routes.setter
    def routes(self, routes: Routes) -> None:
        # A scenario takes its endpoint away, and brings it back.
        down = routes is not self.own_routes
        self._client.post(f"{self._path}/faults", {"on": ["outage=1d"]} if down else {"off": ["outage"]})

    def now(self) -> int:
        return self.clock.now()

    def record(self, act: Callable[[Account, int], Any]) -> Any:
        """One call of the core, here and then there."""
        with self.lock:
            found, account = self._seen()
            told: list[Told] = []
            account.on_told = told.append
            result = act(account, found.clock.now())
        # Not while it is looked at: the endpoint that is notified of this may look, too.
        answers = [self._telling.send(each) for each in told]
        with self.lock:
            return as_there(result, answers, self.account)

    def use(self, settings: Settings) -> None:
        """Play by other settings. Raises UsageError when something has happened in the account already."""
        if self.account.journal.entries:
            raise UsageError("settings can be changed only before anything has happened in the account")
        self.call("/reset", {"settings": settings.as_json()})
        self.own_routes.make_again()

    def reset(self, settings: Settings | None = None) -> None:
        self.call("/reset", {} if settings is None else {"settings": settings.as_json()})
        self.own_routes.forget()
        self.hooks.clear()

    def switch_key(self) -> Key:
        self.token = self.call("/switch-key")["token"]
        return self.account.key

    def refused(self, text: str) -> None:
        """The server writes its own journal."""

    def call(self, verb: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """An operation of the control API on this account."""
        return self._client.post(f"{self._path}{verb}", body)

    def _seen(self) -> tuple[Found, Account]:
        stale = not self._kept and not (self.lock.is_open and self.lock.fresh)
        if self._found is None or self._known is None or stale:
            self._found = _read(self._client.get(f"{self._path}/snapshot"))
            if self._found.keys:
                self._found.keys[-1] = replace(self._found.keys[-1], token=self.token)
            self._known = Account(self.name, None, self._found.settings.rules(), surface=self.surface)
            self._found.put_back(self._known)
            self.lock.fresh = True
        return self._found, self._known


def _in_short(settings: Settings) -> Settings:
    """The same, with only what is not as it is by itself."""
    return settings.only(settings.differing)


def _read(document: Mapping[str, Any]) -> Found:
    """What a snapshot tells. Raises StateError for one of a server that writes it in another way."""
    state = document.get("state")
    return found_in(document.get("version", 0), state if isinstance(state, dict) else {}, document.get("digest", ""))
