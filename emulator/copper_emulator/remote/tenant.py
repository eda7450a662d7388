"""An account of a running server as a tenant: reads fetch its state, writes are done on the server.

Every look fetches the whole state and builds an account from it, so that all that reads an account (expectations, near
misses, explanations, the verdict) is the same code here. A call of the core is first tried on that account, which
raises what the fixture would raise, and is then sent to the server as the account reported it (`core/performed.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Any

from copper_emulator.control_client import Client
from copper_emulator.core.account import Account
from copper_emulator.core.call_log import KEPT, ApiCall
from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import Key
from copper_emulator.core.moments import to_ms
from copper_emulator.core.performed import Performed
from copper_emulator.core.surface import Surface
from copper_emulator.remote.repeating import Repeater, as_there
from copper_emulator.remote.routes import RemoteRoutes
from copper_emulator.settings import Settings
from copper_emulator.shell.clock import Clock
from copper_emulator.shell.hooks import Hooks
from copper_emulator.shell.persistence.rows import StoredAccount
from copper_emulator.shell.persistence.snapshots import read_snapshot
from copper_emulator.shell.routing.routes import Routes

_DOWN = "outage=3650d"
"""The fault that takes an endpoint down from afar: longer than anybody asks for, and so hardly a fault of its own."""


class SnapshotLock:
    """One look at the account; held like a tenant's lock, it keeps the account the same."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self.fresh = False

    @property
    def is_open(self) -> bool:
        return self._depth > 0

    def __enter__(self) -> SnapshotLock:
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


class RemoteTenant:
    """An account of a server as a tenant. Its attributes are fetched when they are read."""

    driving = False
    """Always False: the server itself recognises what an endpoint does while it is notified."""

    def __init__(
        self, client: Client, path: str, name: str, token: str = "", *, surface: Surface = Surface.CONNECTED
    ) -> None:
        self.surface = surface
        self.name = name
        self.lock = SnapshotLock()
        self.hooks = Hooks()
        self._client = client
        self._path = path
        self.token = token
        """The token of the current key, if known: a snapshot has none."""
        self._repeater = Repeater(client, path)
        self._found: StoredAccount | None = None
        self._known: Account | None = None
        self._kept = False
        self._calls: list[ApiCall] = []
        """The calls of the API that were made before the account was deleted."""
        self.own_routes = RemoteRoutes(client, path)

    @property
    def clock(self) -> Clock:
        """The clock as of the last look."""
        return self._seen()[0].clock

    @property
    def account(self) -> Account:
        """The account as it is now; the same one within a look."""
        return self._seen()[1]

    @property
    def settings(self) -> Settings:
        return _in_short(self._seen()[0].settings)

    @property
    def own_settings(self) -> Settings:
        found = self._seen()[0]
        return _in_short(found.settings if found.made_with is None else found.made_with)

    def close(self) -> None:
        """End what runs here for the account."""
        self.own_routes.close()
        self.hooks.close()

    def keep(self) -> None:
        """Keep the present state, because the account is about to be deleted."""
        with self.lock:
            self._seen()
        self._calls = self.api_calls()
        self._kept = True

    @property
    def routes(self) -> Routes:
        return self.own_routes

    def take_down(self) -> None:
        self.call("/faults", {"on": [_DOWN]})

    def bring_up(self) -> None:
        self.call("/faults", {"off": [_DOWN]})

    def now(self) -> int:
        return self.clock.now()

    def record(self, act: Callable[[Account, int], Any]) -> Any:
        """Run one call of the core, first on the copy and then on the server."""
        with self.lock:
            found, account = self._seen()
            performed: list[Performed] = []
            account.on_performed = performed.append
            result = act(account, found.clock.now())
        # Outside the look: the endpoint notified of this may look at the account, too.
        answers = [self._repeater.repeat(each) for each in performed]
        with self.lock:
            return as_there(result, answers, self.account)

    def check_goes_on(self) -> None:
        """Do nothing: the server hears of what any process does, and refuses what it has no account for."""

    def api_calls(self) -> list[ApiCall]:
        """The API calls of the account, oldest first; they are in no snapshot."""
        if self._kept:
            return list(self._calls)
        calls = self._client.get(f"{self._path}/api-calls", {"limit": KEPT})["calls"]
        return [_call(each) for each in reversed(calls)]

    def use_settings(self, settings: Settings) -> None:
        """Apply other settings. Raises UsageError if something has already happened in the account."""
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
        """Do nothing: the server writes its own journal."""

    def call(self, verb: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Call an operation of the control API on this account."""
        return self._client.post(f"{self._path}{verb}", body)

    def _seen(self) -> tuple[StoredAccount, Account]:
        stale = not self._kept and not (self.lock.is_open and self.lock.fresh)
        if self._found is None or self._known is None or stale:
            self._found = _read(self._client.get(f"{self._path}/snapshot"))
            if self._found.keys:
                self._found.keys[-1] = replace(self._found.keys[-1], token=self.token)
            self._known = Account(self.name, None, self._found.settings.rules(), surface=self.surface)
            self._known.may_work_on = self._may_work_on
            self._found.put_back(self._known, self.own_routes.raised.put_back)
            self.lock.fresh = True
        return self._found, self._known

    def _may_work_on(self, target: str) -> bool:
        return not self.hooks.registered and not self.own_routes.is_scripted(target)


def _call(shown: Mapping[str, Any]) -> ApiCall:
    at_ms = to_ms(datetime.fromisoformat(shown["at"]))
    return ApiCall(shown["number"], shown["method"], shown["path"], shown["status"], at_ms, shown["during"])


def _in_short(settings: Settings) -> Settings:
    """The same settings, given only those that differ from the defaults."""
    return settings.only(settings.differing)


def _read(document: Mapping[str, Any]) -> StoredAccount:
    """Read a snapshot. Raises StateError if the server writes it in another format."""
    state = document.get("state")
    return read_snapshot(
        document.get("version", 0), state if isinstance(state, dict) else {}, document.get("digest", "")
    )
