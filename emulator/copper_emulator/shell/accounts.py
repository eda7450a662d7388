"""Which accounts does the standalone server have, and whose token is whose?"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from copper_emulator.core.account import Account
from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import DEFAULT_EMAIL, Entry, Key, Kind, Subscription
from copper_emulator.core.state import end_interrupted
from copper_emulator.core.surface import Surface
from copper_emulator.settings import Settings
from copper_emulator.shell.background import Runner
from copper_emulator.shell.clock import ServerClock
from copper_emulator.shell.hiding import Hidden
from copper_emulator.shell.inbox import Inbox
from copper_emulator.shell.recorder import Recorder
from copper_emulator.shell.runs import Player, Runs
from copper_emulator.shell.senders.http import HttpSender
from copper_emulator.shell.stage import Stage
from copper_emulator.shell.stage_rows import Found

if TYPE_CHECKING:
    # With it comes SQLite, which most servers have no need of.
    from copper_emulator.shell.keeping import Keeper

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
    player: Callable[[], Player] | None = None
    """Who knows the scenarios that can be played; asked for when there is need of him."""


class ServedAccount:
    """An account with its background task, and what waits for its journal to grow."""

    def __init__(
        self,
        name: str,
        plan: Plan,
        http: HttpSender,
        group: asyncio.TaskGroup,
        *,
        settings: Settings | None = None,
        found: Found | None = None,
        keeper: Keeper | None = None,
    ) -> None:
        self.clock = ServerClock(running=plan.clock == "wall")
        if found is not None:
            self.clock.go_on_as(found.clock)
        self.inbox = Inbox(name)
        wanted = settings or plan.settings
        self.stage = Stage(name, wanted, self.clock, on_entry=self._note, surface=Surface.SERVER)
        self.stage.has_own_settings = settings is not None
        self.runner = Runner(self.stage, self.clock, http, self.inbox)
        self.stage.wake = self.runner.wake
        self.recorder = Recorder(self.stage)
        self.runs = Runs()
        self.player = plan.player
        self._spawned: set[asyncio.Task[None]] = set()
        self.life = secrets.token_hex(4)
        """Another one after each reset: entry numbers start anew with it."""
        self.closed = False
        self._plan = plan
        self._group = group
        self._grown = asyncio.Event()
        self._resetting = asyncio.Lock()
        self._extras: dict[str, Subscription] = {}
        self._hidden: Hidden | None = None
        self._keeper = keeper
        if found is not None:
            self._take_up(found)
        self._add_routes()
        if keeper is not None:
            self.stage.kept = keeper.until_written
            keeper.keep(self.stage, as_found=found is not None)
        self._task: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        return self.stage.name

    @property
    def plan(self) -> Plan:
        """How the accounts of its server are made."""
        return self._plan

    async def grown(self) -> None:
        """Wait until the journal has another entry, or begins anew, or is closed."""
        await self._grown.wait()

    def begin(self) -> None:
        """Deliver from now on. What was on its way when an earlier server ended is not sent again."""
        self._task = self._group.create_task(self._run(), name=f"copper-emulator {self.name}")

    async def reset(self, settings: Settings | None = None) -> None:
        """As at the start, with the same key, clock and routes of the command line. What is on its way is cut off."""
        async with self._resetting:
            await self.runner.alone(self._reset(own=settings))

    async def restore(self, found: Found, keys: list[Key]) -> None:
        """Go on as what was found, with these keys. Raises StateError, and then everything is as it was."""
        async with self._resetting:
            await self.runner.alone(self._restore(found, keys))

    async def begin_anew(self, settings: Settings) -> None:
        """As `reset`, but with these settings, and all of its routes: a scenario is to be played."""
        async with self._resetting:
            routes = [(route.written, str(route.to)) for route in self.stage.routes]
            await self.runner.alone(self._reset(settings))
            for origin, to in routes:
                self.stage.routes.add(origin, to)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the background, until the account is reset or the server ends."""
        task = self._group.create_task(work)
        self._spawned.add(task)
        task.add_done_callback(self._spawned.discard)

    async def stop(self) -> None:
        """End the deliveries."""
        for task in (*self._spawned, self._task):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def delete(self) -> None:
        """End the deliveries for good. Raises TimeError while notifications are on their way or time is moved."""
        async with self._resetting:
            await self.runner.alone(self.stop())
            self.close()

    def tell(self, text: str) -> None:
        """Say something to the listener that no journal has."""
        if self._plan.listener is not None:
            self._plan.listener(self, Entry(0, self.stage.now(), Kind.SETTINGS, text))

    @property
    def hidden(self) -> Hidden:
        """Subscriptions as they are or were, also before a reset: values of their secrets and headers are not shown."""
        if self._hidden is None:
            self._hidden = Hidden(self._extras.values())
        return self._hidden

    def close(self) -> None:
        """Let those who wait for the journal go."""
        self.closed = True
        self._tell()

    async def _run(self) -> None:
        with self.stage.lock:
            end_interrupted(self.stage.account, self.clock.now())
        await self.runner.run()

    async def _restore(self, found: Found, keys: list[Key]) -> None:
        # Read first: what cannot be read must leave everything as it is.
        found.check()
        await self.stop()
        found.keys = keys
        self._take_up(found)
        self.clock.go_on_as(found.clock)
        self._begun_anew("as it was when the snapshot was made")

    def _take_up(self, found: Found) -> None:
        self.stage.take_up(found.settings, found.put_back)
        found.add_routes(self.stage)
        for subscription in self.stage.account.journal.subscriptions():
            self._hide(subscription)
        self.inbox.begin_anew(self.stage.account.journal.deliveries)

    async def _reset(self, settings: Settings | None = None, *, own: Settings | None = None) -> None:
        await self.stop()
        self.stage.reset(own)
        self.stage.has_own_settings = self.stage.own_settings is not self._plan.settings
        if settings is not None:
            self.stage.use(settings)
        self._add_routes()
        self._begun_anew("as at the start: records, subscriptions, waiting notifications and journal are gone")

    def _begun_anew(self, text: str) -> None:
        self.recorder.account_replaced()
        self.inbox.begin_anew(self.stage.account.journal.deliveries)
        self.life = secrets.token_hex(4)
        self.tell(text)
        self.begin()
        self._tell()

    def _add_routes(self) -> None:
        for origin, to in self._plan.routes:
            self.stage.routes.add(origin, to)

    def _note(self, entry: Entry) -> None:
        if entry.subscription is not None:
            self._hide(entry.subscription)
        if self._keeper is not None:
            self._keeper.soon()
        if self._plan.listener is not None:
            self._plan.listener(self, entry)
        self._tell()

    def _hide(self, made: Subscription) -> None:
        if made.secret or made.headers:
            # One for each set of values: there may be as many changes of subscriptions as a client makes.
            self._extras[repr((made.secret, made.headers))] = made
            self._hidden = None

    def _tell(self) -> None:
        # Each wait has an event of its own, so that one who is slow to look misses nothing.
        self._grown.set()
        self._grown = asyncio.Event()


class Accounts:
    """The accounts of one server by name, and by token (a Directory, see app.py).

    Without fixed tokens an unknown one opens an account: the first becomes the key of `default`, later ones those of
    `account-2`, `account-3` and so on.
    """

    def __init__(self, plan: Plan, http: HttpSender, group: asyncio.TaskGroup, keeper: Keeper | None = None) -> None:
        self.plan = plan
        self.token_advice = "Use one that the server was given with --token."
        self.loopback = True
        """Whether only this machine can reach the server."""
        self._http = http
        self._group = group
        self._keeper = keeper
        self._begun = False
        self._accounts: dict[str, ServedAccount] = {}
        for name, rows in ({} if keeper is None else keeper.found()).items():
            found = Found(rows)
            self._add(name, settings=found.made_with, found=found)
        if DEFAULT not in self._accounts:
            self._add(DEFAULT)
        for token in dict.fromkeys(plan.tokens):
            if self.known(token) is None:
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
        self.tell(Kind.REFUSED, text)

    def tell(self, kind: Kind, text: str) -> None:
        """Say something to the listener that is no account's alone."""
        if self.plan.listener is not None:
            now = self._accounts[DEFAULT].stage.clock.now()
            self.plan.listener(None, Entry(0, now, kind, text))

    def begin(self) -> None:
        """Deliver from now on, for those that there are and those that will be."""
        self._begun = True
        for account in self:
            account.begin()

    def create(self, name: str, key: Key, settings: Settings | None) -> ServedAccount:
        """A new account, with settings of its own where they are given. Raises UsageError where it is there."""
        if name in self._accounts:
            raise UsageError(f"there is an account {name!r} already")
        if self.known(key.token) is not None:
            raise UsageError("the token belongs to an account already")
        made = self._add(name, settings=settings)
        with made.stage.lock:
            made.stage.account.keys.append(key)
        return made

    async def delete(self, account: ServedAccount) -> None:
        """Take an account away, with all that is in it."""
        await account.delete()
        del self._accounts[account.name]
        if self._keeper is not None:
            self._keeper.forget(account.name)

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
        account = self._add(self.free_name()) if has_token(first.stage.account) else first
        with account.stage.lock:
            keys = account.stage.account.keys
            # A restored account waits for the token of whoever comes.
            serial = keys.pop().serial if keys else 1
            key = Key(serial, token, email)
            keys.append(key)
        return account.stage, key

    def free_name(self) -> str:
        """The name of the next account of which nobody says what it is called."""
        number = len(self) + 1
        while f"account-{number}" in self._accounts:
            number += 1
        return f"account-{number}"

    def _add(self, name: str, *, settings: Settings | None = None, found: Found | None = None) -> ServedAccount:
        added = ServedAccount(
            name, self.plan, self._http, self._group, settings=settings, found=found, keeper=self._keeper
        )
        self._accounts[name] = added
        if self._begun:
            added.begin()
        return added


def has_token(account: Account) -> bool:
    """Whether anybody can call the API for it."""
    return bool(account.keys and account.keys[-1].token)
