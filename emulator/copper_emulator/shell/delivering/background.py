"""What delivers in the background? A `Runner` for each account of the standalone server.

While the account's clock runs, each attempt is sent by itself, so that a slow endpoint delays only its own target: it
leaves in the call that made it due, or when the one before it has returned (`wake`). While the clock stands still, or
time is played ahead, the rounds of `driver.py` run, so that the same calls give the same journal. Before a change from
one to the other the runner waits for attempts under way: nothing is lost, and nothing is sent twice.

This file is a little longer than most, because both ways of sending share one lock and one account.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from copper_emulator.core.account import Account
from copper_emulator.core.errors import EchoLoop, TimeError
from copper_emulator.core.model import Attempt, Change, Delivery, Notification, Result
from copper_emulator.shell.clock import ServerClock
from copper_emulator.shell.delivering.driver import Rounds, advance, run_async, run_until_idle, send_now, settle
from copper_emulator.shell.delivering.server_dispatcher import CUT_OFF, ServerDispatcher, result_of
from copper_emulator.shell.routing.inbox import Inbox
from copper_emulator.shell.senders.http import HttpSender
from copper_emulator.shell.tenant import Tenant

if TYPE_CHECKING:
    from copper_emulator.shell.persistence.state_writer import TwoStepSender

T = TypeVar("T")

_NOT_DELIVERED = "nothing is delivered now: the account was deleted, or the server is starting or ending"

_WHILE_BUSY = "while notifications are on their way or the clock is being moved; do it afterwards"

PATIENCE_MS = 500
"""Milliseconds that a call moving time waits for others to finish: they may have begun just before it."""


class _NotDelivered(TimeError):
    pass


class Runner:
    """Delivers what is due in an account.

    Args:
        schedule_sending: with a state file, calls `take_due` as this turn ends, and `send_taken` once that is written.
    """

    def __init__(
        self,
        tenant: Tenant,
        clock: ServerClock,
        http: HttpSender,
        inbox: Inbox,
        *,
        schedule_sending: Callable[[TwoStepSender], None] | None = None,
    ) -> None:
        self._tenant = tenant
        self._clock = clock
        self._dispatcher = ServerDispatcher(tenant, http, inbox)
        self._schedule_sending = schedule_sending
        self._unsent: list[Attempt] = []
        """Attempts that have been taken but not yet written to the state file."""
        self._changed = asyncio.Event()
        self._drive_lock = asyncio.Lock()
        self._account: Account | None = None
        """The account that is delivered for; None while nothing is delivered."""
        self._in_flight: dict[int, tuple[Attempt, asyncio.Future[Result]]] = {}
        """The attempts under way, each with its future result, by the serial of their notification."""
        self._unheard: EchoLoop | None = None
        """The error of an echo that was stopped while no call waited, since Copper's API answers before deliveries."""
        self._timer_moment: int | None = None
        """The moment for which the timer is set."""
        self._timer: asyncio.TimerHandle | None = None

    def use_present_account(self) -> None:
        """Deliver for the tenant's present account, even before the task of `run` has begun."""
        self._account = self._tenant.account

    async def run(self) -> None:
        """Deliver until cancelled; attempts then under way are cut off and recorded as unknown."""
        self._account = account = self._tenant.account
        self._unheard = None
        try:
            while True:
                self._changed.clear()
                if await self._is_time_running():
                    self.wake()
                else:
                    try:
                        await self._drive(lambda: settle(self._tenant))
                    except EchoLoop as error:
                        # Whatever else was due then goes in the next turn.
                        self._unheard = error
                await self._changed.wait()
        finally:
            self._account = None
            self._set_timer(None)
            self._cut_off_unsent(account)
            # An attempt over plain HTTP has returned once it is cancelled, and has left `_in_flight`: hence the copy.
            for _, sending in list(self._in_flight.values()):
                sending.cancel()
            await self._wait_for_attempts()

    def is_sending(self, *, before: Change) -> bool:
        """Whether an attempt that an earlier change made due is under way while time runs."""
        return any(attempt.notification.change.serial < before.serial for attempt, _ in self._in_flight.values())

    def wake(self) -> None:
        """React to a change: attempts that may go now leave before this returns, or at the end of this turn.

        If something must be awaited first (rounds, a moved clock), the task of `run` takes care of it.
        """
        if self._schedule_sending is not None:
            self._schedule_sending(self)
        else:
            self.take_due()
            self.send_taken()

    def take_due(self) -> None:
        """Take the attempts that are due and may go now, and note them in the journal."""
        account = self._account
        if account is None or self._drive_lock.locked() or not self._clock.running:
            self._changed.set()
        else:
            self._unsent += self._take_attempts(account)

    def send_taken(self) -> None:
        """Send the attempts taken. They belong to the present account, and are cut off before another replaces it."""
        unsent, self._unsent = self._unsent, []
        for attempt in unsent:
            self._launch(self._tenant.account, attempt)

    async def wait_until_settled(self) -> None:
        """While time stands still, wait until everything due has been delivered.

        What an endpoint does while it is being notified is delivered by the drive that notifies it: waiting for that
        would mean waiting for its own answer.
        """
        if not (self._clock.running or self._tenant.driving or self._in_flight):
            with suppress(_NotDelivered):
                await self._drive(lambda: settle(self._tenant))

    async def freeze(self) -> None:
        """Stop time, and wait for attempts under way. Raises TimeError while time is being moved."""
        await self._wait_until_free()
        async with self._drive_lock:
            self._clock.freeze()
            self._set_timer(None)
            await self._wait_for_attempts()
        self.wake()

    async def go_on(self) -> None:
        """Let time run on from where it stands. Raises TimeError while it is being moved."""
        await self._wait_until_free()
        async with self._drive_lock:
            self._clock.run()
        # While time runs, no call waits for everything that is due.
        self._unheard = None
        self.wake()

    async def advance(self, delta_ms: int) -> list[Delivery]:
        """Play time ahead from deadline to deadline; a running clock runs on from there."""
        await self._wait_until_free()
        self._raise_unheard()
        return await self._drive(lambda: advance(self._tenant, delta_ms))

    async def run_until_idle(self, limit_ms: int) -> list[Delivery]:
        """Play time ahead until nothing is waiting. Raises NotIdle after the limit."""
        await self._wait_until_free()
        self._raise_unheard()
        return await self._drive(lambda: run_until_idle(self._tenant, limit_ms))

    async def settle(self, *, within_ms: int) -> list[Delivery]:
        """Deliver what is due, and wait for what is on its way. Raises TimeError if that is not over in time."""
        await self._wait_until_free(within_ms=within_ms)
        deliveries = await self._drive(lambda: settle(self._tenant))
        self._raise_unheard()
        return deliveries

    async def play(self, rounds: Callable[[], Rounds[T]], *, within_ms: int = PATIENCE_MS) -> T:
        """Drive other rounds than the clock's, those of a scenario, with nothing else driving meanwhile."""
        await self._wait_until_free(within_ms=within_ms)
        return await self._drive(rounds)

    def _raise_unheard(self) -> None:
        """Raise the error of an echo that no call has raised yet.

        To be called before time is moved: to the caller, an error means that nothing was done.
        """
        unheard, self._unheard = self._unheard, None
        if unheard is not None:
            raise unheard

    async def send(self, make: Callable[[Account, int], Attempt]) -> Notification:
        """Send one attempt outside matching and limits; waits for its answer, but not for time to pass."""
        await self._wait_until_free()
        async with self._drive_lock:
            launched = await self._make_and_launch(make) if self._clock.running else None
        if launched is None:
            return await self._drive(lambda: self._make_and_send(make))
        attempt, sending = launched
        await asyncio.wait([sending])
        return attempt.notification

    async def run_alone(self, act: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run something while nothing drives. Raises TimeError if something drives for more than a moment."""
        await self._wait_until_free("the account cannot be reset")
        async with self._drive_lock:
            return await act()

    def _deliverable(self) -> Account:
        """The account that is delivered for; to be called with the lock. Raises TimeError if there is none."""
        if self._account is None:
            raise _NotDelivered(_NOT_DELIVERED)
        return self._account

    async def _wait_until_free(
        self, refused: str = "the clock cannot be moved", *, within_ms: int = PATIENCE_MS
    ) -> None:
        """Wait until nothing drives. Raises TimeError if that takes longer than `within_ms`."""
        if not self._tenant.driving:
            return
        try:
            # Not longer: an endpoint that calls this while it is notified would wait for its own answer.
            async with asyncio.timeout(within_ms / 1000), self._drive_lock:
                pass
        except TimeoutError:
            raise TimeError(f"{refused} {_WHILE_BUSY}") from None

    # --- while time runs ------------------------------------------------------------------------------------

    async def _make_and_launch(self, make: Callable[[Account, int], Attempt]) -> tuple[Attempt, asyncio.Future[Result]]:
        """Make one attempt, and send it by itself."""
        account = self._deliverable()
        with self._tenant.lock:
            attempt = make(account, self._tenant.now())
        await self._wait_until_written(account, attempt)
        return attempt, self._launch(account, attempt)

    async def _is_time_running(self) -> bool:
        """Wait until nothing drives; whether time then runs by itself, so that no rounds are needed."""
        async with self._drive_lock:
            return self._clock.running

    def _take_attempts(self, account: Account) -> list[Attempt]:
        """Take every attempt that may go now, and set the timer for the next."""
        taken: list[Attempt] = []
        with self._tenant.lock:
            now = self._clock.now()
            moment = account.next_moment(now)
            # `take` ends rounds so that rounds are fair to each other; here nothing waits for the end of a round.
            while moment is not None and moment <= now:
                account.finish(now)
                attempts = account.take(now)
                taken += attempts
                moment = account.next_moment(now)
                if not attempts:
                    break
            self._set_timer(moment, now)
        return taken

    async def _wait_until_written(self, account: Account, attempt: Attempt) -> None:
        """Wait until the attempt is in the state file; if that is interrupted, the attempt is cut off."""
        try:
            await self._tenant.wait_until_written()
        except BaseException:
            with self._tenant.lock:
                account.conclude(attempt, CUT_OFF, self._clock.now())
            raise

    def _cut_off_unsent(self, account: Account) -> None:
        unsent, self._unsent = self._unsent, []
        with self._tenant.lock:
            for attempt in unsent:
                account.conclude(attempt, CUT_OFF, self._clock.now())

    def _launch(self, account: Account, attempt: Attempt) -> asyncio.Future[Result]:
        """Begin an attempt, which is concluded when it ends."""
        sending = self._dispatcher.begin(attempt, partial(self._conclude, account, attempt))
        self._in_flight[attempt.notification.serial] = attempt, sending
        return sending

    def _conclude(self, account: Account, attempt: Attempt, sending: asyncio.Future[Result]) -> None:
        """Conclude an attempt that has ended, and send what may go now."""
        del self._in_flight[attempt.notification.serial]
        with self._tenant.lock:
            account.conclude(attempt, result_of(sending), self._clock.now())
        self.wake()

    async def _wait_for_attempts(self) -> None:
        """Send what was taken, and wait until no attempt is under way."""
        if self._unsent:
            await self._tenant.wait_until_written()
            self.send_taken()
        while self._in_flight:
            await asyncio.wait([sending for _, sending in self._in_flight.values()])

    def _set_timer(self, moment: int | None, now: int = 0) -> None:
        """Set the timer for the next moment at which anything can happen by itself, if there is one."""
        if moment == self._timer_moment:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_moment, self._timer = moment, None
        if moment is not None:
            # At least a millisecond, the step in which time moves: what is due in this one has been taken.
            self._timer = asyncio.get_running_loop().call_later(max(moment - now, 1) / 1000, self._on_timer)

    def _on_timer(self) -> None:
        self._timer_moment = self._timer = None
        self.wake()

    # --- while time stands still, or is played ahead --------------------------------------------------------

    async def _drive(self, rounds: Callable[[], Rounds[T]]) -> T:
        """Drive rounds with nothing else driving. A running clock is paused meanwhile, then runs on from there.

        Raises TimeError if nothing is delivered any more: the account may have been deleted while this waited.
        """
        async with self._drive_lock:
            self._deliverable()
            self._clock.pause()
            self._set_timer(None)
            try:
                await self._wait_for_attempts()
                return await run_async(rounds(), self._send_round)
            finally:
                if self._clock.runs_on:
                    self._clock.run()
                    self.wake()

    async def _send_round(self, attempts: list[Attempt]) -> list[Result]:
        await self._tenant.wait_until_written()
        sendings = [self._dispatcher.begin(attempt) for attempt in attempts]
        await asyncio.gather(*sendings, return_exceptions=True)
        return [result_of(sending) for sending in sendings]

    def _make_and_send(self, make: Callable[[Account, int], Attempt]) -> Rounds[Notification]:
        with self._tenant.lock:
            attempt = make(self._tenant.account, self._tenant.now())
        yield from send_now(self._tenant, attempt)
        return attempt.notification
