"""Who delivers while nobody waits for it: one background task for each account of the standalone server.

On the wall clock each target has free workers, so that a slow endpoint holds up only itself. On the manual clock the
rounds of `driver.py` run, so that the same calls give the same journal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from copper_emulator.core.account import Account
from copper_emulator.core.errors import EchoLoop, TimeError
from copper_emulator.core.model import Attempt, Delivery, Outcome, Result
from copper_emulator.shell.driver import Rounds, advance, run_async, run_until_idle, settle
from copper_emulator.shell.routes import Blocked, Route
from copper_emulator.shell.senders.caught import from_exception
from copper_emulator.shell.senders.http import HttpSender
from copper_emulator.shell.stage import Stage

T = TypeVar("T")

_NOT_MANUAL = (
    "this server's clock shows real time and cannot be moved; start it with --clock manual to move time by hand"
)


class Runner(Protocol):
    """Delivers what an account has due."""

    async def run(self) -> None:
        """Deliver until cancelled; what is then on its way is cut off and noted as unknown."""

    def wake(self) -> None:
        """Something changed: look again."""

    async def settled(self) -> None:
        """Where time stands still, wait until everything due has been delivered."""

    async def advance(self, delta_ms: int) -> list[Delivery]:
        """Move the clock. Raises TimeError where it cannot be moved."""

    async def run_until_idle(self, limit_ms: int) -> list[Delivery]:
        """Move the clock until nothing waits. Raises TimeError where it cannot be moved, NotIdle after the limit."""

    async def alone(self, act: Coroutine[Any, Any, T]) -> T:
        """Run something at a moment at which this runner delivers nothing. Raises TimeError where that must wait."""


async def send(stage: Stage, http: HttpSender, attempt: Attempt) -> Result:
    """One attempt over HTTP, or why it was not made. Never raises but for a cancellation."""
    try:
        destination = stage.routes.resolve(attempt.url)
        if isinstance(destination, Blocked):
            return Result(Outcome.BLOCKED, text=destination.text)
        result = await http.send(attempt, destination, timeout_ms=stage.settings.timeout)
        return replace(result, route=destination.name) if isinstance(destination, Route) else result
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one target must not end the deliveries to others
        return from_exception(error)


class WallRunner:
    """Real time: a task for each attempt, at most `in_flight` at once to one target."""

    def __init__(self, stage: Stage, http: HttpSender) -> None:
        self._stage = stage
        self._http = http
        self._changed = asyncio.Event()
        self._flying: dict[int, Attempt] = {}

    async def run(self) -> None:
        account = self._stage.account
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    self._changed.clear()
                    for attempt in self._take(account):
                        group.create_task(self._deliver(account, attempt))
                    await self._until_something_can_happen(account)
        finally:
            with self._stage.lock:
                for attempt in self._flying.values():
                    account.conclude(attempt, _CUT_OFF, self._stage.clock.now())
                self._flying.clear()

    def wake(self) -> None:
        self._changed.set()

    async def settled(self) -> None:
        """Real time is not waited for."""

    async def advance(self, delta_ms: int) -> list[Delivery]:
        raise TimeError(_NOT_MANUAL)

    async def run_until_idle(self, limit_ms: int) -> list[Delivery]:
        raise TimeError(_NOT_MANUAL)

    async def alone(self, act: Coroutine[Any, Any, T]) -> T:
        return await act

    def _take(self, account: Account) -> list[Attempt]:
        taken: list[Attempt] = []
        with self._stage.lock:
            now = self._stage.clock.now()
            account.finish(now)
            # A round ends where it must for rounds to be fair to each other; here nobody waits for a round's end.
            while attempts := account.take(now):
                taken += attempts
        self._flying |= {attempt.notification.serial: attempt for attempt in taken}
        return taken

    async def _deliver(self, account: Account, attempt: Attempt) -> None:
        result = attempt.instead or await send(self._stage, self._http, attempt)
        with self._stage.lock:
            del self._flying[attempt.notification.serial]
            account.conclude(attempt, result, self._stage.clock.now())
        self._changed.set()

    async def _until_something_can_happen(self, account: Account) -> None:
        with self._stage.lock:
            now = self._stage.clock.now()
            moment = account.next_moment(now)
        # At least a millisecond: time moves in steps of one, and what is due in this one has been taken.
        seconds = None if moment is None else max(moment - now, 1) / 1000
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()


class ManualRunner:
    """Time stands still until it is moved: rounds, one drive after the other."""

    def __init__(self, stage: Stage, http: HttpSender) -> None:
        self._stage = stage
        self._http = http
        self._changed = asyncio.Event()
        self._driving = asyncio.Lock()

    async def run(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            # The journal tells of the echo; what else was due at the time goes in the next turn.
            with suppress(EchoLoop):
                await self._drive(settle(self._stage))

    def wake(self) -> None:
        self._changed.set()

    async def settled(self) -> None:
        """What an endpoint does while it is being notified is delivered by the drive that notifies it."""
        if not self._driving.locked():
            await self._drive(settle(self._stage))

    async def advance(self, delta_ms: int) -> list[Delivery]:
        return await self._drive(advance(self._stage, delta_ms))

    async def run_until_idle(self, limit_ms: int) -> list[Delivery]:
        return await self._drive(run_until_idle(self._stage, limit_ms))

    async def alone(self, act: Coroutine[Any, Any, T]) -> T:
        if self._stage.driving:
            # An endpoint that asks for it while it is notified would wait for its own answer.
            act.close()
            raise TimeError("no reset while notifications are on their way or the clock is moved; do it after that")
        async with self._driving:
            return await act

    async def _drive(self, rounds: Rounds[T]) -> T:
        async with self._driving:
            try:
                return await run_async(rounds, self._send)
            except EchoLoop:
                self.wake()
                raise

    async def _send(self, attempts: list[Attempt]) -> list[Result]:
        return list(await asyncio.gather(*(send(self._stage, self._http, attempt) for attempt in attempts)))


_CUT_OFF = Result(Outcome.UNKNOWN, text="cut off before the endpoint had answered")
