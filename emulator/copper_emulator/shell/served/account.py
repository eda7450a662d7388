"""The life of an account of the standalone server: beginning, resetting, restoring and deleting it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from copper_emulator.core.errors import AccountGone
from copper_emulator.core.model import Entry, Kind
from copper_emulator.core.state import end_interrupted
from copper_emulator.settings import Settings
from copper_emulator.shell.clock import ServerClock
from copper_emulator.shell.delivering.background import Runner
from copper_emulator.shell.hiding import Hidden, Hiding
from copper_emulator.shell.persistence.rows import StoredAccount
from copper_emulator.shell.persistence.snapshots import keys_after, routes_after
from copper_emulator.shell.recording.recorder import Recorder
from copper_emulator.shell.routing.inbox import Inbox
from copper_emulator.shell.senders.http import HttpSender
from copper_emulator.shell.served.news import News
from copper_emulator.shell.served.plan import Plan
from copper_emulator.shell.served.runs import Runs
from copper_emulator.shell.tenant import Tenant

if TYPE_CHECKING:
    # Imports SQLite, which most servers do not need.
    from copper_emulator.shell.persistence.state_writer import StateWriter


class ServedAccount:
    """An account with its background task, its inbox, its recorder and the scenarios that it plays."""

    def __init__(
        self,
        name: str,
        plan: Plan,
        http: HttpSender,
        group: asyncio.TaskGroup,
        *,
        place: int = 1,
        settings: Settings | None = None,
        saved: StoredAccount | None = None,
        writer: StateWriter | None = None,
    ) -> None:
        self.clock = ServerClock(running=plan.clock == "wall")
        self.inbox = Inbox(name)
        settings_used = settings or plan.settings
        self.tenant = Tenant(
            name, settings_used, self.clock, on_entry=self._on_entry, surface=plan.surface, place=place
        )
        self.tenant.has_own_settings = settings is not None
        schedule_sending = None if writer is None else writer.schedule_sending
        self.runner = Runner(self.tenant, self.clock, http, self.inbox, schedule_sending=schedule_sending)
        self.tenant.wake = self.runner.wake
        self.recorder = Recorder(self.tenant)
        self.runs = Runs()
        self.player = plan.player
        self._spawned: set[asyncio.Task[None]] = set()
        self.life = secrets.token_hex(4)
        """Changes with each reset, because entry numbers then start again."""
        self.closed = False
        self.deleted = False
        """Whether it is closed because it was deleted, and not because the server ends."""
        self._plan = plan
        self._group = group
        self.news = News()
        self._resetting = asyncio.Lock()
        self._hiding = Hiding()
        self._writer = writer
        if saved is not None:
            self._put_back(saved)
            self.clock.continue_from(saved.clock)
        self._add_routes()
        if writer is not None:
            self.tenant.wait_until_written = writer.write_until_done
            writer.track(self.tenant, is_saved=saved is not None)
        self._task: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        return self.tenant.name

    @property
    def plan(self) -> Plan:
        """How the accounts of its server are made."""
        return self._plan

    @property
    def is_delivering(self) -> bool:
        """Whether deliveries are made: not before `begin`, nor while the account is being reset."""
        return self._task is not None and not self._task.done()

    def begin(self) -> None:
        """Deliver from now on. Deliveries that were under way when an earlier server ended are not sent again."""
        if not self.closed and not self.is_delivering:
            # Now, not when the task starts: the account's creator may drive it before that.
            with self.tenant.lock:
                end_interrupted(self.tenant.account, self.clock.now())
            self.runner.use_present_account()
            self._task = self._group.create_task(self.runner.run(), name=f"copper-emulator {self.name}")

    async def reset(self, settings: Settings | None = None) -> None:
        """Return to the start, keeping key, clock and the command line's routes. Deliveries under way are cut off."""
        async with self._excluding_others():
            await self.runner.run_alone(lambda: self._reset(own=settings))

    async def restore(self, saved: StoredAccount) -> None:
        """Continue as the saved account, with the present token and the present settings `allow_targets` and `ca`.

        A saved route to another machine is left out, or is the present one for its origin. Raises
        StateError, and then nothing has changed.
        """
        async with self._excluding_others():
            await self.runner.run_alone(lambda: self._restore(saved))

    async def begin_anew(self, settings: Settings) -> None:
        """Reset for a scenario: with these settings, and keeping all routes."""
        async with self._excluding_others():
            routes = [(route.written, str(route.to)) for route in self.tenant.routes]
            await self.runner.run_alone(lambda: self._reset(settings))
            for origin, to in routes:
                self.tenant.routes.add(origin, to)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something in the background until the account is reset or the server ends. Raises AccountGone."""
        if self.closed:
            work.close()
            raise self._gone()
        task = self._group.create_task(work)
        self._spawned.add(task)
        task.add_done_callback(self._spawned.discard)
        return task

    async def stop(self) -> None:
        """End the deliveries, and everything that was spawned."""
        while tasks := [task for task in (*self._spawned, self._task) if task is not None and not task.done()]:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def delete(self) -> None:
        """End the deliveries for good. Raises TimeError while notifications are under way or time is moved."""
        async with self._excluding_others():
            await self.runner.run_alone(self.stop)
            self.deleted = True
            self.close()

    def report(self, text: str) -> None:
        """Report something to the listener that is in no journal."""
        if self._plan.listener is not None:
            self._plan.listener(self, Entry(0, self.tenant.now(), Kind.SETTINGS, text))

    @property
    def hidden(self) -> Hidden:
        """The masking of secrets and headers of all subscriptions since the last reset, in all their versions."""
        return self._hiding.hidden

    def close(self) -> None:
        """Release everything that waits for the journal, and the API calls that are held back."""
        self.closed = True
        self.tenant.held_calls.let_go()
        self.news.wake()

    @asynccontextmanager
    async def _excluding_others(self) -> AsyncIterator[None]:
        """Exclude other resets and deletions meanwhile. Raises AccountGone if it was deleted while waiting."""
        async with self._resetting:
            if self.closed:
                raise self._gone()
            yield

    def _gone(self) -> AccountGone:
        return AccountGone(f"there is no account {self.name!r}")

    async def _restore(self, saved: StoredAccount) -> None:
        # Checked first: if something cannot be read, nothing must have changed.
        saved.check()
        await self.stop()
        # Only now: key, routes and settings may have been changed while this waited.
        saved.keys, saved.routes = keys_after(saved, self.tenant), routes_after(saved, self.tenant)
        # Where notifications may really be sent, and which authorities are trusted, is not for a document to decide.
        present = self.tenant.settings
        # Not checked again: a file of authorities that is gone by now must not end an account that has been stopped.
        saved.settings = saved.settings.with_unchecked({"allow_targets": present.allow_targets, "ca": present.ca})
        self._put_back(saved)
        self.clock.continue_from(saved.clock)
        self._begin_new_life("as it was when the snapshot was made")

    def _put_back(self, saved: StoredAccount) -> None:
        self.tenant.replace_account(saved.settings, saved.put_back)
        saved.add_routes(self.tenant.routes)
        self._hiding.begin_anew(self.tenant.account.journal.subscriptions())
        self.inbox.begin_anew(self.tenant.account.journal.deliveries)

    async def _reset(self, settings: Settings | None = None, *, own: Settings | None = None) -> None:
        await self.stop()
        self.tenant.reset(own)
        self.tenant.has_own_settings = self.tenant.own_settings is not self._plan.settings
        if settings is not None:
            self.tenant.use_settings(settings)
        self._hiding.begin_anew(self.tenant.account.journal.subscriptions())
        self._add_routes()
        self._begin_new_life("back at the start: records, subscriptions, waiting notifications and journal are gone")

    def _begin_new_life(self, text: str) -> None:
        self.recorder.account_replaced()
        self.inbox.begin_anew(self.tenant.account.journal.deliveries)
        self.life = secrets.token_hex(4)
        self.report(text)
        self.begin()
        self.news.wake()

    def _add_routes(self) -> None:
        for origin, to in self._plan.routes:
            self.tenant.routes.add(origin, to)

    def _on_entry(self, entry: Entry) -> None:
        if entry.subscription is not None:
            self._hiding.add(entry.subscription)
        if self._writer is not None:
            self._writer.write_soon()
        if self._plan.listener is not None:
            self._plan.listener(self, entry)
        self.news.wake(entry.notification)
