"""Which accounts does the standalone server have, and whose token is whose?"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, TypeAlias

from copper_emulator.core.model import DEFAULT_EMAIL, Entry, Key, Kind, Subscription
from copper_emulator.core.surface import Surface
from copper_emulator.settings import Settings
from copper_emulator.shell.background import ManualRunner, Runner, WallRunner
from copper_emulator.shell.clock import VirtualClock, WallClock
from copper_emulator.shell.senders.http import HttpSender
from copper_emulator.shell.stage import Stage

ClockName: TypeAlias = Literal["wall", "manual"]
Listener: TypeAlias = Callable[["ServedAccount | None", Entry], None]
"""Is told each entry of each journal as it is written, with its account, and what no account can tell with None."""

DEFAULT = "default"
"""The account that is there from the start, before any token has been seen."""


@dataclass(frozen=True)
class Plan:
    """How every account of a server is made."""

    settings: Settings
    clock: ClockName = "wall"
    routes: Sequence[tuple[str, str]] = ()
    tokens: Sequence[str] = ()
    listener: Listener | None = None


class ServedAccount:
    """An account with its background task, and what waits for its journal to grow."""

    def __init__(self, name: str, plan: Plan, http: HttpSender, group: asyncio.TaskGroup) -> None:
        self.clock: ClockName = plan.clock
        clock = VirtualClock() if plan.clock == "manual" else WallClock()
        self.stage = Stage(name, plan.settings, clock, on_entry=self._note, surface=Surface.SERVER)
        self.runner: Runner = (ManualRunner if plan.clock == "manual" else WallRunner)(self.stage, http)
        self.stage.wake = self.runner.wake
        self.life = secrets.token_hex(4)
        """Another one after each reset: entry numbers start anew with it."""
        self.closed = False
        self._plan = plan
        self._group = group
        self._grown = asyncio.Event()
        self._resetting = asyncio.Lock()
        self._extras: dict[str, Subscription] = {}
        self._add_routes()
        self._task = group.create_task(self.runner.run(), name=f"copper-emulator {name}")

    @property
    def name(self) -> str:
        return self.stage.name

    async def grown(self) -> None:
        """Wait until the journal has another entry, or begins anew, or is closed."""
        await self._grown.wait()

    async def reset(self) -> None:
        """As at the start, with the same key, clock and routes of the command line. What is on its way is cut off."""
        async with self._resetting:
            await self.runner.alone(self._reset())

    async def stop(self) -> None:
        """End the deliveries."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def tell(self, text: str) -> None:
        """Say something to the listener that no journal has."""
        if self._plan.listener is not None:
            self._plan.listener(self, Entry(0, self.stage.now(), Kind.SETTINGS, text))

    @property
    def hidden(self) -> tuple[Subscription, ...]:
        """Subscriptions as they are or were, also before a reset: values of their secrets and headers are not shown."""
        return tuple(self._extras.values())

    def close(self) -> None:
        """Let those who wait for the journal go."""
        self.closed = True
        self._tell()

    async def _reset(self) -> None:
        await self.stop()
        self.stage.reset()
        self._add_routes()
        self.life = secrets.token_hex(4)
        self.tell("as at the start: records, subscriptions, waiting notifications and journal are gone")
        self._task = self._group.create_task(self.runner.run(), name=f"copper-emulator {self.name}")
        self._tell()

    def _add_routes(self) -> None:
        for origin, to in self._plan.routes:
            self.stage.routes.add(origin, to)

    def _note(self, entry: Entry) -> None:
        made = entry.subscription
        if made is not None and (made.secret or made.headers):
            # One for each set of values: there may be as many changes of subscriptions as a client makes.
            self._extras[repr((made.secret, made.headers))] = made
        if self._plan.listener is not None:
            self._plan.listener(self, entry)
        self._tell()

    def _tell(self) -> None:
        # Each wait has an event of its own, so that one who is slow to look misses nothing.
        self._grown.set()
        self._grown = asyncio.Event()


class Accounts:
    """The accounts of one server by name, and by token (a Directory, see app.py).

    Without fixed tokens an unknown one opens an account: the first becomes the key of `default`, later ones those of
    `account-2`, `account-3` and so on.
    """

    def __init__(self, plan: Plan, http: HttpSender, group: asyncio.TaskGroup) -> None:
        self.plan = plan
        self.token_advice = "Use one that the server was given with --token."
        self._http = http
        self._group = group
        self._accounts: dict[str, ServedAccount] = {}
        self._add(DEFAULT)
        for token in dict.fromkeys(plan.tokens):
            self._open(token, DEFAULT_EMAIL)

    def __iter__(self) -> Iterator[ServedAccount]:
        return iter(list(self._accounts.values()))

    def __len__(self) -> int:
        return len(self._accounts)

    def named(self, name: str) -> ServedAccount | None:
        return self._accounts.get(name)

    def find(self, token: str, email: str) -> tuple[Stage, Key] | None:
        """The account a token belongs to, by its current or an earlier key; None where it may not open one."""
        found = self.known(token)
        if found is not None or self.plan.tokens or not email:
            return found
        stage, key = self._open(token, email)
        self._accounts[stage.name].tell(f"account {stage.name} belongs to the API key of {email}")
        return stage, key

    def known(self, token: str) -> tuple[Stage, Key] | None:
        """The same, but none is opened."""
        for account in self:
            for key in account.stage.account.keys:
                if key.token == token:
                    return account.stage, key
        return None

    def refused(self, text: str) -> None:
        """Tell the listener of a call that no account's journal can tell of."""
        if self.plan.listener is not None:
            now = self._accounts[DEFAULT].stage.clock.now()
            self.plan.listener(None, Entry(0, now, Kind.REFUSED, text))

    async def stop(self) -> None:
        """End the deliveries of all accounts."""
        for account in self:
            await account.stop()

    def close(self) -> None:
        """Let all who wait for a journal go."""
        for account in self:
            account.close()

    def _open(self, token: str, email: str) -> tuple[Stage, Key]:
        first = self._accounts[DEFAULT]
        account = self._add(f"account-{len(self) + 1}") if first.stage.account.keys else first
        key = Key(1, token, email)
        with account.stage.lock:
            account.stage.account.keys.append(key)
        return account.stage, key

    def _add(self, name: str) -> ServedAccount:
        self._accounts[name] = ServedAccount(name, self.plan, self._http, self._group)
        return self._accounts[name]
