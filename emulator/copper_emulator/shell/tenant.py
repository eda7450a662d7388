"""One account with everything around it: its lock, clock, routes, settings and hooks.

This file is a little longer than most, because all of this meets in one class.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from copper_emulator.core.account import Account
from copper_emulator.core.call_log import ApiCall, NotedCall
from copper_emulator.core.echo import deepest
from copper_emulator.core.errors import TooManyRequests, UsageError, raised_on_purpose
from copper_emulator.core.fault import Fault
from copper_emulator.core.ids import Counters
from copper_emulator.core.model import DEFAULT_EMAIL, Entry, Key, Kind
from copper_emulator.core.surface import Surface
from copper_emulator.settings import Settings
from copper_emulator.shell.awaited import Awaited
from copper_emulator.shell.call_time import CallTime
from copper_emulator.shell.check_support import CheckMeasurements, CheckOptions
from copper_emulator.shell.clock import Clock, ServerClock, VirtualClock, monotonic
from copper_emulator.shell.frozen import frozen_now, may_be_frozen
from copper_emulator.shell.held_calls import HeldCalls
from copper_emulator.shell.hooks import Hooks
from copper_emulator.shell.owner import Owner
from copper_emulator.shell.routing.down import refused_route
from copper_emulator.shell.routing.routes import Routes

__tracebackhide__ = raised_on_purpose


class Tenant:
    """An account and what it runs in. The lock guards calls of the core, which never wait; nothing is sent under it."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        clock: Clock,
        *,
        key: Key | None = None,
        on_entry: Callable[[Entry], None] | None = None,
        surface: Surface = Surface.PYTHON,
        place: int = 1,
        owner: Owner | None = None,
    ) -> None:
        self.owner = Owner() if owner is None else owner
        self.surface = surface
        self.place = place
        """The number of its id range among the accounts used together (`core/ids.py`), which a reset keeps."""
        self.lock = threading.RLock()
        self.clock = clock
        self.hooks = Hooks()
        self.awaited: Awaited | None = None
        """What a hook or the state of a check has returned, while it is awaited."""
        self.neighbours: Callable[[], Sequence[Tenant]] = lambda: ()
        """The accounts that a test has open, this one included; none on a server, whose accounts are independent."""
        self.driving = False
        """Whether time is passing right now: a call then comes from inside a delivery, and only records."""
        self.has_ended = False
        """Whether the account's test or block is over: it can be looked at, but nothing happens in it any more."""
        self.wake: Callable[[], None] = lambda: None
        self.wait_until_written: Callable[[], Awaitable[None]] = _nothing_to_write
        """Waits until what has happened is written to the state file, if there is one: nothing is sent before that."""
        self.has_own_settings = False
        """Whether it was made with settings of its own instead of those common to every account."""
        self.api_call_count = 0
        """The number of API calls that named this account, those before a reset included."""
        self.held_calls = HeldCalls()
        self.check_options = CheckOptions()
        self.check_measurements = CheckMeasurements()
        self.started_apps: set[int] = set()
        """The started applications, by `id()`."""
        self._call_time: CallTime | None = None
        """The time of the API's limit windows if that is not the account's own (`count_call`)."""
        self.own_settings = settings
        """The settings the account was made with, which `reset` restores."""
        self._on_entry = on_entry
        self.settings = settings
        self.name = name
        self.account = self._new_account(settings, [] if key is None else [key])
        self.routes = self._new_routes(settings)

    def now(self) -> int:
        """The moment at which something happens that is only recorded.

        If the test has moved frozen time forward, the clock follows, unless something falls due on the way: the next
        call that lets time pass delivers that first.
        """
        with self.lock:
            if not self.driving:
                moved = self.follow_frozen_time()
                if moved is not None:
                    due = self.account.next_moment(self.clock.now())
                    if due is None or due > moved:
                        self.clock.move_to(moved)
            return self.clock.now()

    def count_call(self, *, bulk: bool) -> None:
        """Count one API call; the lock must be held. Raises TooManyRequests over a limit.

        Virtual time stands still while an endpoint is notified, but a refused client waits in real time before it calls
        again: from the first refusal on, these windows follow real time as well.
        """
        account, now = self.account, self.now()
        time = self._call_time
        if time is None or time.account is not account:
            time = CallTime(account, now)
            if time.is_ahead(now):
                self._call_time = time
        try:
            account.call_limits.count(time.advance(now), bulk=bulk)
        except TooManyRequests:
            self._call_time = time
            raise

    def note_call(self, method: str, path: str) -> NotedCall:
        """Note an API call that arrives; whoever answers it sets the status of what is returned.

        Without the lock, which is not worth its time here: only the thread that serves the API notes calls.
        """
        self.api_call_count += 1
        account, clock = self.account, self.clock
        if self.check_options.call_times is not None:
            self.check_options.call_times.append((path, monotonic()))
        now, causing = clock.now(), account.causing
        if not self.driving and isinstance(clock, VirtualClock) and (frozen := frozen_now()) is not None:
            # Not `self.now`, which may move the clock: a call that only reads must not move it.
            now = frozen
        return account.call_log.note(method, path, now, deepest(causing).serial if causing else None)

    def meet_faults(self) -> tuple[Fault, ...]:
        """Count an API call that arrives now for the faults that affect it, and return these."""
        # Nearly always there are none, and the lock is not needed to see that.
        if not self.account.faults.has_call_faults:
            return ()
        with self.lock:
            return self.account.faults.apply_to_call(self.now())

    def api_calls(self) -> list[ApiCall]:
        """The API calls of the present account, oldest first."""
        return self.account.call_log.calls()

    def follow_frozen_time(self) -> int | None:
        """The moment to which the test has moved frozen time, None if it has not. Raises TimeError if it moved it back.

        As long as nothing has happened in the account, its time begins at the frozen moment.
        """
        clock = self.clock
        if not may_be_frozen() or not isinstance(clock, VirtualClock):
            return None
        if not self.account.journal.changes:
            clock.start_again()
        return clock.moved_by_test()

    def is_behind(self) -> bool:
        """Whether the test has moved frozen time past this account's time. Raises TimeError if it went back."""
        return not self.driving and self.follow_frozen_time() is not None

    def end(self) -> None:
        """End the account, because its test or block is over."""
        self.has_ended = True
        self.held_calls.let_go()
        self.hooks.close()

    def check_here(self) -> None:
        """Raise UsageError in a process that was forked from the account's."""
        self.owner.check_here()

    def check_goes_on(self) -> None:
        """Raise UsageError after the account's end, and in a process that was forked from the account's."""
        self.owner.check_here()
        if self.has_ended:
            raise UsageError(
                "this account has ended with its test or its `with` block, so nothing more can happen in it: do it "
                "earlier, or in a fixture that asks for the account and so ends first"
            )

    def check_startable(self, *, inside: bool) -> None:
        """Raise UsageError after the account's end, and inside a delivery: no application can be started then."""
        self.check_goes_on()
        if inside:
            raise UsageError("start() cannot be called inside a delivery")

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Let an application start; as in a delivery, what it does meanwhile is only recorded."""
        self.check_startable(inside=self.driving)
        self.driving = True
        try:
            yield
        finally:
            self.driving = False

    def record(self, act: Callable[[Account, int], Any]) -> Any:
        """Run one call of the core under the lock, at the present moment. Raises UsageError after its end."""
        self.check_goes_on()
        with self.lock:
            result = act(self.account, self.now())
        self.wake()
        return result

    def use_settings(self, settings: Settings) -> None:
        """Apply other settings, for a scenario: a new account with the same keys, clock, routes and hooks.

        Raises UsageError if something has already happened in the account.
        """
        with self.lock:
            if self.account.journal.entries:
                raise UsageError("settings can be changed only before anything has happened in the account")
            self.settings = settings
            self.account = self._new_account(settings, self.account.keys)

    @contextmanager
    def temporary_account(self, settings: Settings, counters: Counters, clock: Clock) -> Iterator[Account]:
        """Replace the account, for a block, by another with the same keys, routes and hooks."""
        with self.lock:
            before = self.account, self.settings, self.clock
            self.account = self._new_account(settings, self.account.keys, notifies_listener=False, counters=counters)
            self.settings, self.clock = settings, clock
        try:
            with self.hooks.set_aside():
                yield self.account
        finally:
            with self.lock:
                self.account, self.settings, self.clock = before

    def reset(self, settings: Settings | None = None) -> None:
        """Reset records, subscriptions, routes, hooks, windows, journal and ids; key and clock stay.

        If settings are given, they become the ones the account was made with.
        """
        self.check_goes_on()
        with self.lock:
            if settings is not None:
                self.own_settings = settings
            self.settings = self.own_settings
            self.account = self._new_account(self.settings, self.account.keys[-1:])
            self.routes = self._new_routes(self.settings)
            self.hooks.clear()
        self.held_calls.cut_off()

    def replace_account(self, settings: Settings, put_back: Callable[[Account], None]) -> None:
        """Replace the account by a restored one. If `put_back` raises, everything stays as it is."""
        account = self._new_account(settings, [])
        put_back(account)
        with self.lock:
            self.settings, self.account = settings, account
            # A restored account keeps its id range, for a reset, too.
            self.place = account.place
            self.routes = self._new_routes(settings)
        self.held_calls.cut_off()

    def change_settings(self, settings: Settings, text: str) -> None:
        """Apply other settings from now on, and note that in the journal."""
        with self.lock:
            self.settings = settings
            self.account.play_by(settings.rules())
            self.routes.allow(settings.allow_targets)
            self.account.journal.note(self.now(), Kind.SETTINGS, text)

    def switch_key(self) -> Key:
        """Give the account a new key."""
        self.check_goes_on()
        with self.lock:
            # Not the number of keys: `reset` keeps only the last one, and a serial must never be reused.
            serial = max((key.serial for key in self.account.keys), default=0) + 1
            email = self.account.key.email if self.account.keys else DEFAULT_EMAIL
            key = Key(serial, secrets.token_hex(16), email)
            self.account.switch_key(key, self.now())
            return key

    def take_down(self) -> None:
        """Refuse every connection to an endpoint from now on."""
        self.bring_up()
        self.routes.detours.append(refused_route)

    def bring_up(self) -> None:
        """Undo `take_down`; nothing to do if no endpoint is down."""
        if refused_route in self.routes.detours:
            self.routes.detours.remove(refused_route)

    def refused(self, text: str) -> None:
        """Record that a call of the API was refused."""
        with self.lock:
            self.account.journal.note(self.clock.now(), Kind.REFUSED, text)

    def owner_elsewhere(self, kind: str, record_id: object) -> str:
        """What made the other account of a test that has a record, if one has; "" otherwise.

        Does not take the other account's lock, because a failed `expect`, which asks this, holds its own.
        """
        return next((each.surface.owner for each in self._others() if each.account.has_record(kind, record_id)), "")

    def notifying_neighbour(self) -> Tenant | None:
        """The other account of a test whose endpoint is being notified now; None if it may also be this one's."""
        if self.account.causing:
            return None
        notifying = [each for each in self._others() if each.account.causing]
        return notifying[0] if len(notifying) == 1 else None

    def _others(self) -> list[Tenant]:
        return [each for each in self.neighbours() if each is not self]

    def _new_account(
        self, settings: Settings, keys: list[Key], *, notifies_listener: bool = True, counters: Counters | None = None
    ) -> Account:
        on_entry = self._on_entry if notifies_listener else None
        numbers = Counters(self.place) if counters is None else counters
        account = Account(self.name, None, settings.rules(), on_entry=on_entry, counters=numbers, surface=self.surface)
        account.keys = keys
        account.time_flows = self._flows
        account.unstarted_app = self._unstarted
        account.may_work_on = self._may_work_on
        account.owner_elsewhere = self.owner_elsewhere
        return account

    def _flows(self) -> bool:
        return isinstance(self.clock, ServerClock) and self.clock.running

    def _unstarted(self) -> str:
        unstarted = (route for route in self.routes if route.starts and id(route.to) not in self.started_apps)
        return next((route.name for route in unstarted), "")

    def _may_work_on(self, target: str) -> bool:
        return not self.hooks.registered and not self.routes.is_scripted(target)

    def _new_routes(self, settings: Settings) -> Routes:
        return Routes(settings.allow_targets, surface=self.surface)


async def _nothing_to_write() -> None:
    pass
