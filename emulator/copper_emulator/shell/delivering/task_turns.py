"""Which task may let time pass now? The asynchronous tasks of a test that share an account take turns.

A call that an endpoint makes while it is notified belongs to the turn under way: it only records. If it waited for a
turn of its own, it would wait for itself. The same holds for a call of another account whose turn waits for this one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from typing import TypeVar

from copper_emulator.core.errors import raised_on_purpose
from copper_emulator.core.model import Attempt, Result
from copper_emulator.shell.delivering.driver import Rounds, run_async
from copper_emulator.shell.delivering.thread_turns import PATIENCE
from copper_emulator.shell.routing.destinations import RouteKind
from copper_emulator.shell.routing.routes import Blocked, Route
from copper_emulator.shell.running_loop import asyncio_loop
from copper_emulator.shell.tenant import Tenant

__tracebackhide__ = raised_on_purpose

T = TypeVar("T")

Send = Callable[[list[Attempt]], Awaitable[list[Result]]]


class _Round:
    """One round under way, of these turns; tasks that the endpoint starts inherit it and may outlive it."""

    def __init__(self, turns: TaskTurns) -> None:
        self.turns = turns
        self.under_way = True


_ROUNDS: ContextVar[tuple[_Round, ...]] = ContextVar("rounds", default=())
"""The rounds the running task is part of; several, because one account's endpoint may drive another account."""


class TaskTurns:
    """Drives rounds on the running loop, those of one account one after the other."""

    def __init__(self, tenant: Tenant, send: Send) -> None:
        self._tenant = tenant
        self._send = send
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = asyncio.Lock()
        self._rounds_out_of_sight = 0
        """How many of the rounds under way run something outside the caller's context."""
        self._needed: list[TaskTurns] = []
        """The other accounts' turns that endpoints of the round under way have or wait for."""

    async def drive(self, rounds: Rounds[T], *, of_a_test: bool = False) -> T:
        """Drive rounds to their end, after those that came before; at once if an endpoint calls inside its delivery.

        Where the caller may be the test or an endpoint, `of_a_test` (only tests make this call) waits, but not forever.
        """
        __tracebackhide__ = True
        if self.is_inside and not (of_a_test and await self._wait_until_free()):
            return await run_async(rounds, self._send_in_round)
        others = {each.turns for each in _ROUNDS.get() if each.under_way}
        if self._waits_for(others):
            return await run_async(rounds, self._send_in_round)
        with self._noted_by(others):
            async with self._turn_lock():
                return await run_async(rounds, self._send_in_round)

    @asynccontextmanager
    async def starting(self) -> AsyncIterator[None]:
        """A turn in which an application starts; as in a delivery, what it does meanwhile is only recorded.

        If another task is delivering right now, its turn is shared: its endpoint may be waiting for the application.
        """
        this_round = _Round(self)
        async with AsyncExitStack() as ending:
            if not self._turn_lock().locked():
                await ending.enter_async_context(self._turn_lock())
                ending.enter_context(self._tenant.starting())
            token = _ROUNDS.set((*_ROUNDS.get(), this_round))
            try:
                yield
            finally:
                this_round.under_way = False
                _ROUNDS.reset(token)

    @property
    def is_inside(self) -> bool:
        """Whether the running task is part of a delivery, as far as that can be known."""
        return self._rounds_out_of_sight > 0 or self._is_known_inside

    @property
    def _is_known_inside(self) -> bool:
        return any(each.under_way and each.turns is self for each in _ROUNDS.get())

    def _waits_for(self, others: Collection[TaskTurns]) -> bool:
        """Whether the turn under way cannot end before one of these others has, at one remove or more."""
        looked: set[TaskTurns] = set()
        to_look = [self]
        while to_look:
            turns = to_look.pop()
            if turns in others:
                return True
            if turns not in looked:
                looked.add(turns)
                to_look += turns._needed  # noqa: SLF001 - of the same class
        return False

    @contextmanager
    def _noted_by(self, others: Collection[TaskTurns]) -> Iterator[None]:
        for turns in others:
            turns._needed.append(self)  # noqa: SLF001 - of the same class
        try:
            yield
        finally:
            for turns in others:
                turns._needed.remove(self)  # noqa: SLF001 - of the same class

    async def _wait_until_free(self) -> bool:
        """Wait until the turn under way has ended; return False if it waits for the caller, or does not end in time."""
        if self._is_known_inside:
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE), self._turn_lock():
                return True
        return False

    def _turn_lock(self) -> asyncio.Lock:
        # A fixture may run on another loop than its test, and a lock belongs to one loop.
        loop = asyncio_loop()
        if self._loop is not loop:
            self._loop, self._lock = loop, asyncio.Lock()
        return self._lock

    async def _send_in_round(self, attempts: list[Attempt]) -> list[Result]:
        with self._mark_round(attempts):
            return await self._send(attempts)

    @contextmanager
    def _mark_round(self, attempts: list[Attempt]) -> Iterator[None]:
        this_round = _Round(self)
        token = _ROUNDS.set((*_ROUNDS.get(), this_round))
        # A server's handlers, and the workers that a hook waits for, do not run in the caller's context: meanwhile, any
        # call may be theirs.
        is_out_of_sight = self._tenant.awaited is not None or any(self._is_served(attempt.url) for attempt in attempts)
        self._rounds_out_of_sight += is_out_of_sight
        try:
            yield
        finally:
            this_round.under_way = False
            self._rounds_out_of_sight -= is_out_of_sight
            _ROUNDS.reset(token)

    def _is_served(self, target: str) -> bool:
        destination = self._tenant.routes.resolve(target)
        if isinstance(destination, Route):
            return destination.kind in (RouteKind.URL, RouteKind.AIOHTTP)
        return not isinstance(destination, Blocked)
