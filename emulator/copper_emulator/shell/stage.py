"""One account with everything around it: its lock, clock, routes, settings and hooks."""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from copper_emulator.core.account import Account
from copper_emulator.core.errors import TooManyRequests, UsageError, raised_on_purpose
from copper_emulator.core.fault import Fault
from copper_emulator.core.ids import Counters
from copper_emulator.core.model import DEFAULT_EMAIL, Delivery, Entry, Key, Kind
from copper_emulator.core.surface import Surface
from copper_emulator.settings import Settings
from copper_emulator.shell.call_time import CallTime
from copper_emulator.shell.clock import Clock, ServerClock, VirtualClock, monotonic
from copper_emulator.shell.frozen import may_be_frozen
from copper_emulator.shell.held_calls import HeldCalls
from copper_emulator.shell.routes import Routes

__tracebackhide__ = raised_on_purpose


class LateAnswer:
    """The answer to one call of the API says what is so when it comes, and arrives later, when it may be so no more."""

    def __init__(self, seconds: float) -> None:
        self.is_taken = False
        self.has_arrived = False
        self._until = monotonic() + seconds

    def arrives(self) -> bool:
        """Whether it is time."""
        return monotonic() >= self._until

    def let_go(self) -> None:
        """It need not be later than now."""
        self._until = monotonic()


class Stage:
    """Where an account plays. The lock guards the core's calls, which never wait; nothing is sent while it is held."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        clock: Clock,
        *,
        key: Key | None = None,
        on_entry: Callable[[Entry], None] | None = None,
        surface: Surface = Surface.PYTHON,
    ) -> None:
        self.surface = surface
        self.lock = threading.RLock()
        self.clock = clock
        self.hooks: list[Callable[[Delivery], object]] = []
        self.unhooked: deque[Delivery] = deque()
        """Those that were delivered, and whose hooks are still to be called: one that raises keeps the others back."""
        self.driving = False
        self.has_ended = False
        """Whether its test or block is over: what happened is there to look at, and nothing happens any more."""
        self.wake: Callable[[], None] = lambda: None
        self.kept: Callable[[], Awaitable[None]] = _nothing_to_keep
        """Waits until what has happened is written down, where it is: nothing is sent before."""
        self.has_own_settings = False
        """Whether it was made with settings that are not those of every account."""
        self.api_calls = 0
        """Calls of the API that named this account."""
        self.held = HeldCalls()
        self.api_held = 0
        """Calls that are being held back."""
        self.api_most_held = 0
        """So many were at the same time, at most."""
        self.late_answer: LateAnswer | None = None
        """Whether the next answer of the API, as it is by now, is on its way for a while."""
        self.together = False
        """Whether async endpoints of this process get what goes in one round at the same time, in every kind of test.

        Else a synchronous test has it one after the other, so that it is known which of them causes what.
        """
        self.stood_still = 0.0
        """Seconds for which something has blocked their event loop meanwhile."""
        self.started: set[int] = set()
        """Applications that have been started, by their identity."""
        self.tasks_patience = 1.0
        """Seconds of real time for the tasks that a call of an endpoint leaves. One that takes longer may never end."""
        self._call_time: CallTime | None = None
        """From a refusal on, where the windows of the API are; a state may have been written down after one."""
        self._first_settings = settings
        self._on_entry = on_entry
        self.settings = settings
        self.name = name
        self.account = self._new_account(settings, [] if key is None else [key])
        self.routes = self._new_routes(settings)

    def now(self) -> int:
        """The moment at which something that is only recorded happens.

        Follows a forward move of frozen time when nothing falls due on the way; what does is for the next call that
        lets time pass.
        """
        with self.lock:
            if not self.driving:
                moved = self.moved_by_test()
                if moved is not None:
                    due = self.account.next_moment(self.clock.now())
                    if due is None or due > moved:
                        self.clock.move_to(moved)
            return self.clock.now()

    def count_call(self, *, bulk: bool) -> None:
        """One call of the API comes, and the lock is held. Raises TooManyRequests over a limit.

        Time stands still while an endpoint is notified, but who is refused waits for real before it calls again: from a
        refusal on these windows go on in real time as well.
        """
        account, now = self.account, self.now()
        time = self._call_time
        if time is None or time.account is not account:
            time = CallTime(account, now)
            if time.is_ahead(now):
                self._call_time = time
        try:
            account.calls.count(time.at(now), bulk=bulk)
        except TooManyRequests:
            self._call_time = time
            raise

    def meet_call(self) -> tuple[Fault, ...]:
        """One call of the API comes: the faults that it meets."""
        self.api_calls += 1
        with self.lock:
            faults = self.account.faults
            return faults.meet_call(self.now()) if faults.hinder_calls else ()

    def moved_by_test(self) -> int | None:
        """The moment to which the test has moved frozen time since, or None. Raises TimeError if it went back."""
        clock = self.clock
        if not may_be_frozen() or not isinstance(clock, VirtualClock):
            return None
        if not self.account.journal.changes:
            clock.start_again()
        return clock.moved_by_test()

    def is_behind(self) -> bool:
        """Whether the test has moved frozen time further than this account has come. Raises TimeError if backwards."""
        return not self.driving and self.moved_by_test() is not None

    def end(self) -> None:
        """Its test or block is over."""
        self.has_ended = True
        self.held.let_go()

    def check_goes_on(self) -> None:
        """Raises UsageError after the account's end."""
        if self.has_ended:
            raise UsageError(
                "this account has ended with its test or its `with` block, so nothing more can happen in it: do it "
                "earlier, or in a fixture that asks for the account and so ends first"
            )

    def check_startable(self, *, inside: bool) -> None:
        """Raises UsageError where an application can be started no longer, or not inside a delivery."""
        self.check_goes_on()
        if inside:
            raise UsageError("start() cannot be called inside a delivery")

    @contextmanager
    def starting(self) -> Iterator[None]:
        """What an application does as it starts only records, as in a delivery."""
        self.check_startable(inside=self.driving)
        self.driving = True
        try:
            yield
        finally:
            self.driving = False

    def record(self, act: Callable[[Account, int], Any]) -> Any:
        """Run one call of the core under the lock, at the present moment. Raises UsageError after the account's end."""
        self.check_goes_on()
        with self.lock:
            result = act(self.account, self.now())
        self.wake()
        return result

    @property
    def own_settings(self) -> Settings:
        """The settings it was made with; `reset` comes back to them."""
        return self._first_settings

    def use(self, settings: Settings) -> None:
        """Play by other settings, as a scenario asks for: a new account behind the same keys, clock, routes and hooks.

        Raises UsageError when something has happened in the account already.
        """
        with self.lock:
            if self.account.journal.entries:
                raise UsageError("settings can be changed only before anything has happened in the account")
            self.settings = settings
            self.account = self._new_account(settings, self.account.keys)

    @contextmanager
    def beside(self, settings: Settings, counters: Counters, clock: Clock) -> Iterator[Account]:
        """Another account behind the same keys, routes and hooks for the length of a block, then this again."""
        with self.lock:
            before = self.account, self.settings, self.clock
            self.account = self._new_account(settings, self.account.keys, told=False, counters=counters)
            self.settings, self.clock = settings, clock
        try:
            yield self.account
        finally:
            with self.lock:
                self.account, self.settings, self.clock = before

    def reset(self, settings: Settings | None = None) -> None:
        """As newly made, with the same key and clock: records, subscriptions, routes, hooks, windows, journal, ids.

        With settings, it is from now on as if it had been made with these.
        """
        with self.lock:
            if settings is not None:
                self._first_settings = settings
            self.settings = self._first_settings
            self.account = self._new_account(self.settings, self.account.keys[-1:])
            self.routes = self._new_routes(self.settings)
            self.hooks.clear()
            self.unhooked.clear()

    def take_up(self, settings: Settings, put_back: Callable[[Account], None]) -> None:
        """Go on as another account, or after a restart. What `put_back` raises leaves everything as it is."""
        account = self._new_account(settings, [])
        put_back(account)
        with self.lock:
            self.settings, self.account = settings, account
            self.routes = self._new_routes(settings)

    def change(self, settings: Settings, text: str) -> None:
        """Play by other settings from now on; the journal tells of it."""
        with self.lock:
            self.settings = settings
            self.account.play_by(settings.rules())
            self.routes.allow(settings.allow_targets)
            self.account.journal.note(self.now(), Kind.SETTINGS, text)

    def switch_key(self) -> Key:
        """Give the account a new key."""
        with self.lock:
            # Not their number: `reset` keeps the last one alone, and a serial never comes again.
            serial = max((key.serial for key in self.account.keys), default=0) + 1
            email = self.account.key.email if self.account.keys else DEFAULT_EMAIL
            key = Key(serial, secrets.token_hex(16), email)
            self.account.switch_key(key, self.now())
            return key

    def refused(self, text: str) -> None:
        """Write down a call of the API that was refused."""
        with self.lock:
            self.account.journal.note(self.clock.now(), Kind.REFUSED, text)

    def _new_account(
        self, settings: Settings, keys: list[Key], *, told: bool = True, counters: Counters | None = None
    ) -> Account:
        on_entry = self._on_entry if told else None
        account = Account(self.name, None, settings.rules(), on_entry=on_entry, counters=counters, surface=self.surface)
        account.keys = keys
        account.flows = self._flows
        account.unstarted = self._unstarted
        return account

    def _flows(self) -> bool:
        return isinstance(self.clock, ServerClock) and self.clock.running

    def _unstarted(self) -> str:
        waiting = (route for route in self.routes if route.starts and id(route.to) not in self.started)
        return next((route.name for route in waiting), "")

    def _new_routes(self, settings: Settings) -> Routes:
        return Routes(settings.allow_targets, surface=self.surface)


async def _nothing_to_keep() -> None:
    pass
