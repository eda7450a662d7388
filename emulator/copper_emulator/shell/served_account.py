"""How does one account of the standalone server live: begun, reset, restored, deleted, and told of?"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from copper_emulator.core.errors import AccountGone
from copper_emulator.core.model import Entry, Key, Kind, Notification, Subscription
from copper_emulator.core.state import end_interrupted
from copper_emulator.settings import Settings
from copper_emulator.shell.background import Runner
from copper_emulator.shell.clock import ServerClock
from copper_emulator.shell.hiding import Hidden
from copper_emulator.shell.inbox import Inbox
from copper_emulator.shell.plan import Plan
from copper_emulator.shell.recorder import Recorder
from copper_emulator.shell.runs import Runs
from copper_emulator.shell.senders.http import HttpSender
from copper_emulator.shell.stage import Stage
from copper_emulator.shell.stage_rows import Found

if TYPE_CHECKING:
    # With it comes SQLite, which most servers have no need of.
    from copper_emulator.shell.keeping import Keeper


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
        self.inbox = Inbox(name)
        wanted = settings or plan.settings
        self.stage = Stage(name, wanted, self.clock, on_entry=self._note, surface=plan.surface)
        self.stage.has_own_settings = settings is not None
        depart = None if keeper is None else keeper.depart
        self.runner = Runner(self.stage, self.clock, http, self.inbox, depart=depart)
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
        self._grown: asyncio.Event | None = None
        self._awaited: dict[asyncio.Event, Notification] = {}
        self._resetting = asyncio.Lock()
        self._extras: dict[str, Subscription] = {}
        self._hidden: Hidden | None = None
        self._keeper = keeper
        if found is not None:
            self._take_up(found)
            self.clock.go_on_as(found.clock)
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

    @property
    def delivers(self) -> bool:
        """Whether deliveries are made; not yet before `begin`, and not while the account is reset."""
        return self._task is not None and not self._task.done()

    async def grown(self) -> None:
        """Wait until the journal has another entry, or begins anew, or is closed."""
        if self._grown is None:
            self._grown = asyncio.Event()
        await self._grown.wait()

    async def news_of(self, notification: Notification) -> None:
        """Wait until the journal has an entry that is about this one or about none, or begins anew, or is closed.

        Whoever waits for the last of many is not woken for each of them.
        """
        told = asyncio.Event()
        self._awaited[told] = notification
        try:
            await told.wait()
        finally:
            del self._awaited[told]

    def begin(self) -> None:
        """Deliver from now on. What was on its way when an earlier server ended is not sent again."""
        if not self.closed and not self.delivers:
            # Now, and not when the task begins: whoever makes the account may drive it before that.
            with self.stage.lock:
                end_interrupted(self.stage.account, self.clock.now())
            self.runner.take_up()
            self._task = self._group.create_task(self.runner.run(), name=f"copper-emulator {self.name}")

    async def reset(self, settings: Settings | None = None) -> None:
        """As at the start, with the same key, clock and routes of the command line. What is on its way is cut off."""
        async with self._not_gone():
            await self.runner.alone(lambda: self._reset(own=settings))

    async def restore(self, found: Found, keys: list[Key]) -> None:
        """Go on as what was found, with these keys. Raises StateError, and then everything is as it was."""
        async with self._not_gone():
            await self.runner.alone(lambda: self._restore(found, keys))

    async def begin_anew(self, settings: Settings) -> None:
        """As `reset`, but with these settings, and all of its routes: a scenario is to be played."""
        async with self._not_gone():
            routes = [(route.written, str(route.to)) for route in self.stage.routes]
            await self.runner.alone(lambda: self._reset(settings))
            for origin, to in routes:
                self.stage.routes.add(origin, to)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something in the background, until the account is reset or the server ends. Raises AccountGone."""
        if self.closed:
            work.close()
            raise self._gone()
        task = self._group.create_task(work)
        self._spawned.add(task)
        task.add_done_callback(self._spawned.discard)
        return task

    async def stop(self) -> None:
        """End the deliveries, and everything that was begun."""
        while tasks := [task for task in (*self._spawned, self._task) if task is not None and not task.done()]:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def delete(self) -> None:
        """End the deliveries for good. Raises TimeError while notifications are on their way or time is moved."""
        async with self._not_gone():
            await self.runner.alone(self.stop)
            self.close()

    def tell(self, text: str) -> None:
        """Say something to the listener that no journal has."""
        if self._plan.listener is not None:
            self._plan.listener(self, Entry(0, self.stage.now(), Kind.SETTINGS, text))

    @property
    def hidden(self) -> Hidden:
        """Subscriptions as they are or were since the last reset: values of their secrets and headers are not shown."""
        if self._hidden is None:
            self._hidden = Hidden(self._extras.values())
        return self._hidden

    def close(self) -> None:
        """Let those who wait for the journal go, and the calls of the API that are held back."""
        self.closed = True
        self.stage.held.let_go()
        self._tell()

    @asynccontextmanager
    async def _not_gone(self) -> AsyncIterator[None]:
        """Nobody else resets or deletes it meanwhile. Raises AccountGone where it was deleted before its turn came."""
        async with self._resetting:
            if self.closed:
                raise self._gone()
            yield

    def _gone(self) -> AccountGone:
        return AccountGone(f"there is no account {self.name!r}")

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
        self._hide_what_there_is()
        self.inbox.begin_anew(self.stage.account.journal.deliveries)

    async def _reset(self, settings: Settings | None = None, *, own: Settings | None = None) -> None:
        await self.stop()
        self.stage.reset(own)
        self.stage.has_own_settings = self.stage.own_settings is not self._plan.settings
        if settings is not None:
            self.stage.use(settings)
        self._hide_what_there_is()
        self._add_routes()
        self._begun_anew("back at the start: records, subscriptions, waiting notifications and journal are gone")

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
        self._tell(entry.notification)

    def _hide(self, made: Subscription) -> None:
        if made.secret or made.headers:
            # One for each set of values: there may be as many changes of subscriptions as a client makes.
            self._extras[repr((made.secret, made.headers))] = made
            self._hidden = None

    def _hide_what_there_is(self) -> None:
        """Nothing of an earlier life is shown any more: what is not shown would only ever grow."""
        self._extras.clear()
        self._hidden = None
        for subscription in self.stage.account.journal.subscriptions():
            self._hide(subscription)

    def _tell(self, about: Notification | None = None) -> None:
        # Each wait has an event of its own, so that one who is slow to look misses nothing; mostly nobody waits.
        if self._grown is not None:
            self._grown.set()
            self._grown = None
        for told, awaited in self._awaited.items():
            if about is None or about is awaited:
                told.set()
