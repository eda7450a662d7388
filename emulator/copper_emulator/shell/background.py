"""Who delivers while nobody waits for it: a runner for each account of the standalone server.

While the account's clock runs, each attempt goes by itself, so that a slow endpoint holds up only its own target: it
leaves in the call that made it due, or when the one before it came back (`wake`). While the clock stands still, and
while it is played ahead, the rounds of `driver.py` run, so that the same calls give the same journal. Going from one to
the other, what is on its way is waited for: nothing is lost, and nothing is sent twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from copper_emulator.core.account import Account
from copper_emulator.core.errors import EchoLoop, TimeError
from copper_emulator.core.model import Attempt, Change, Delivery, Notification, Outcome, Result
from copper_emulator.shell.clock import ServerClock
from copper_emulator.shell.destinations import RouteKind
from copper_emulator.shell.driver import Rounds, advance, run_async, run_until_idle, send_now, settle
from copper_emulator.shell.inbox import Inbox
from copper_emulator.shell.routes import Blocked, Route
from copper_emulator.shell.senders.caught import from_exception
from copper_emulator.shell.senders.connection import OnEnd
from copper_emulator.shell.senders.function import send_to_function
from copper_emulator.shell.senders.http import HttpSender
from copper_emulator.shell.stage import Stage

T = TypeVar("T")

_INSIDE = "while notifications are on their way or the clock is moved; do it after that"


class Runner:
    """Delivers what an account has due."""

    def __init__(
        self, stage: Stage, clock: ServerClock, http: HttpSender, inbox: Inbox, *, writes_down: bool = False
    ) -> None:
        self._stage = stage
        self._clock = clock
        self._http = http
        self._inbox = inbox
        self._writes_down = writes_down
        self._changed = asyncio.Event()
        self._driving = asyncio.Lock()
        self._account: Account | None = None
        self._flying: dict[int, tuple[Attempt, asyncio.Future[Result]]] = {}
        self._moment: int | None = None
        self._timer: asyncio.TimerHandle | None = None

    def take_up(self) -> None:
        """Deliver for the account that there is now, also before the task of `run` has begun."""
        self._account = self._stage.account

    async def run(self) -> None:
        """Deliver until cancelled; what is then on its way is cut off and noted as unknown."""
        self._account = account = self._stage.account
        try:
            while True:
                self._changed.clear()
                if not await self._took_off(account):
                    # The journal tells of an echo; what else was due at the time goes in the next turn.
                    with suppress(EchoLoop):
                        await self._drive(lambda: settle(self._stage))
                await self._changed.wait()
        finally:
            self._account = None
            self._look_again_at(None)
            # Over plain HTTP it has come back when it is cancelled, and flies no more.
            for _, sending in list(self._flying.values()):
                sending.cancel()
            await self._landed()

    def is_sending(self, *, before: Change) -> bool:
        """Whether anything is on its way while time runs that an earlier change made due."""
        return any(attempt.notification.change.serial < before.serial for attempt, _ in self._flying.values())

    def wake(self) -> None:
        """Something changed: what may go now leaves before this returns.

        Where something has to be waited for (rounds, a moved clock) or written down before, the task of `run` does it.
        """
        account = self._account
        if account is None or self._writes_down or self._driving.locked() or not self._clock.running:
            self._changed.set()
            return
        for attempt in self._take(account):
            self._launch(account, attempt)

    async def settled(self) -> None:
        """While time stands still, wait until everything due has been delivered.

        What an endpoint does while it is being notified is delivered by the drive that notifies it: to wait for that
        would be to wait for its own answer.
        """
        if not (self._clock.running or self._stage.driving or self._flying):
            await self._drive(lambda: settle(self._stage))

    async def freeze(self) -> None:
        """Time stands still from now on; what is on its way is waited for. Raises TimeError while it is moved."""
        self._check_outside()
        async with self._driving:
            self._clock.freeze()
            self._look_again_at(None)
            await self._landed()
        self.wake()

    async def go_on(self) -> None:
        """Time runs on from where it stands. Raises TimeError while it is moved."""
        self._check_outside()
        async with self._driving:
            self._clock.run()
        self.wake()

    async def advance(self, delta_ms: int) -> list[Delivery]:
        """Play time ahead, deadline by deadline; where the clock runs, it runs on from there."""
        self._check_outside()
        return await self._drive(lambda: advance(self._stage, delta_ms))

    async def run_until_idle(self, limit_ms: int) -> list[Delivery]:
        """Play time ahead until nothing waits for it. Raises NotIdle after the limit."""
        self._check_outside()
        return await self._drive(lambda: run_until_idle(self._stage, limit_ms))

    async def play(self, rounds: Callable[[], Rounds[T]]) -> T:
        """Other rounds than those of the clock, a scenario's, with nobody else at work meanwhile."""
        self._check_outside()
        return await self._drive(rounds)

    async def send(self, make: Callable[[Account, int], Attempt]) -> Notification:
        """One attempt outside matching and limits; waits for the answer, but not for time to pass."""
        self._check_outside()
        async with self._driving:
            sent_off = await self._sent_off(make) if self._clock.running else None
        if sent_off is None:
            return await self._drive(lambda: self._sent_now(make))
        attempt, sending = sent_off
        await asyncio.wait([sending])
        return attempt.notification

    async def alone(self, act: Coroutine[Any, Any, T]) -> T:
        """Run something while nobody drives. Raises TimeError where that would have to be waited for."""
        if self._stage.driving:
            act.close()
            raise TimeError(f"no reset {_INSIDE}")
        async with self._driving:
            return await act

    def _check_outside(self) -> None:
        if self._stage.driving:
            # An endpoint that asks for it while it is notified would wait for its own answer.
            raise TimeError(f"the clock is left alone {_INSIDE}")

    # --- while time runs ------------------------------------------------------------------------------------

    async def _sent_off(self, make: Callable[[Account, int], Attempt]) -> tuple[Attempt, asyncio.Future[Result]]:
        """One attempt goes by itself."""
        account = self._account
        if account is None:
            raise TimeError("nothing is delivered now: the account is being reset, or the server ends")
        with self._stage.lock:
            attempt = make(account, self._stage.now())
        await self._written(account, [attempt])
        return attempt, self._launch(account, attempt)

    async def _took_off(self, account: Account) -> bool:
        """Send what may go; False where the clock stands still, so that there must be rounds."""
        async with self._driving:
            if self._clock.running:
                taken = self._take(account)
                if taken:
                    await self._written(account, taken)
                for attempt in taken:
                    self._launch(account, attempt)
            return self._clock.running

    def _take(self, account: Account) -> list[Attempt]:
        taken: list[Attempt] = []
        with self._stage.lock:
            now = self._clock.now()
            account.finish(now)
            # A round ends where it must for rounds to be fair to each other; here nobody waits for a round's end.
            while True:
                attempts = account.take(now)
                taken += attempts
                moment = account.next_moment(now)
                if not attempts or moment is None or moment > now:
                    break
            self._look_again_at(moment, now)
        return taken

    async def _written(self, account: Account, attempts: list[Attempt]) -> None:
        """Have it written down that these are on their way, before they are. Where that is cut off, so are they."""
        try:
            await self._stage.kept()
        except BaseException:
            with self._stage.lock:
                for attempt in attempts:
                    account.conclude(attempt, _CUT_OFF, self._clock.now())
            raise

    def _launch(self, account: Account, attempt: Attempt) -> asyncio.Future[Result]:
        sending = self._begun(attempt, partial(self._came_back, account, attempt))
        self._flying[attempt.notification.serial] = attempt, sending
        return sending

    def _came_back(self, account: Account, attempt: Attempt, sending: asyncio.Future[Result]) -> None:
        del self._flying[attempt.notification.serial]
        with self._stage.lock:
            account.conclude(attempt, _result_of(sending), self._clock.now())
        self.wake()

    async def _landed(self) -> None:
        while self._flying:
            await asyncio.wait([sending for _, sending in self._flying.values()])

    def _look_again_at(self, moment: int | None, now: int = 0) -> None:
        """The next moment at which anything can happen by itself, if there is one."""
        if moment == self._moment:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._moment, self._timer = moment, None
        if moment is not None:
            # At least a millisecond: time moves in steps of one, and what is due in this one has been taken.
            self._timer = asyncio.get_running_loop().call_later(max(moment - now, 1) / 1000, self._at_moment)

    def _at_moment(self) -> None:
        self._moment = self._timer = None
        self.wake()

    # --- while time stands still, or is played ahead --------------------------------------------------------

    async def _drive(self, rounds: Callable[[], Rounds[T]]) -> T:
        """Rounds with nobody else at work. A clock that runs stands still meanwhile, and then runs on from there."""
        async with self._driving:
            self._clock.pause()
            self._look_again_at(None)
            try:
                await self._landed()
                return await run_async(rounds(), self._round)
            except EchoLoop:
                self.wake()
                raise
            finally:
                if self._clock.runs_on:
                    self._clock.run()
                    self.wake()

    async def _round(self, attempts: list[Attempt]) -> list[Result]:
        await self._stage.kept()
        sendings = [self._begun(attempt) for attempt in attempts]
        await asyncio.gather(*sendings, return_exceptions=True)
        return [_result_of(sending) for sending in sendings]

    def _sent_now(self, make: Callable[[Account, int], Attempt]) -> Rounds[Notification]:
        with self._stage.lock:
            attempt = make(self._stage.account, self._stage.now())
        yield from send_now(self._stage, attempt)
        return attempt.notification

    def _begun(self, attempt: Attempt, on_end: OnEnd | None = None) -> asyncio.Future[Result]:
        """What comes of one attempt, which has left where it can at once, or why it was not made."""
        try:
            begun = self._begin(attempt, on_end)
        except Exception as error:  # noqa: BLE001 - one bad target must not end the deliveries to others
            begun = from_exception(error)
        if not isinstance(begun, Result):
            return begun
        known: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        known.set_result(begun)
        if on_end is not None:
            # Not now: of a thousand that are refused each would otherwise end within the one before.
            known.add_done_callback(on_end)
        return known

    def _begin(self, attempt: Attempt, on_end: OnEnd | None) -> Result | asyncio.Future[Result]:
        if attempt.instead is not None:
            return attempt.instead
        if self._inbox.is_for(attempt.url):
            return self._inbox.receive(attempt)
        destination = self._stage.routes.resolve(attempt.url)
        if isinstance(destination, Blocked):
            return Result(Outcome.BLOCKED, text=self._inbox.not_ours(attempt.url) or destination.text)
        if isinstance(destination, Route) and destination.kind is RouteKind.FUNCTION:
            # Only while a scenario is played: its own endpoint, or none that answers.
            return send_to_function(destination.to, attempt)._replace(route=destination.name)
        settings = self._stage.settings
        return self._http.begin(attempt, destination, timeout_ms=settings.timeout, ca=settings.ca, on_end=on_end)


def _result_of(sending: asyncio.Future[Result]) -> Result:
    if sending.cancelled():
        return _CUT_OFF
    error = sending.exception()
    return sending.result() if error is None else from_exception(error)


_CUT_OFF = Result(Outcome.UNKNOWN, text="cut off before the endpoint had answered")
