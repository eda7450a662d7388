"""What time is it for an account? A clock that a test moves, or the wall clock. The only file that reads real time."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from math import inf
from types import coroutine
from typing import Any, Protocol, TypeVar, cast

from copper_emulator.core.errors import TimeError, raised_on_purpose
from copper_emulator.core.moments import to_datetime
from copper_emulator.shell.frozen import can_stop_timers, frozen_now, move_frozen_time

__tracebackhide__ = raised_on_purpose

T = TypeVar("T")


class Clock(Protocol):
    """Milliseconds since the Unix epoch, UTC; never goes back."""

    def now(self) -> int:
        """The present moment."""

    def move_to(self, moment: int) -> None:
        """Move to this moment as far as the clock can. Raises TimeError if it cannot go back."""


def _real_clocks() -> tuple[Callable[[], int], Callable[[], float]]:
    # freezegun and most patches replace `time.time` and `time.monotonic`, but not these.
    if hasattr(time, "clock_gettime"):
        return partial(time.clock_gettime_ns, time.CLOCK_REALTIME), partial(time.clock_gettime, time.CLOCK_MONOTONIC)
    # Windows has no such clocks. freezegun keeps the real ones, and replaces functions in modules, but not in partials.
    freezegun_api = sys.modules.get("freezegun.api")
    return (
        partial(getattr(freezegun_api, "real_time_ns", time.time_ns)),
        partial(getattr(freezegun_api, "real_monotonic", time.monotonic)),
    )


_wall_ns, monotonic = _real_clocks()
"""The wall clock, and seconds that pass whatever a test does to time: how long something really takes."""


def real_now() -> int:
    """The wall clock's milliseconds, read in a way that freezegun does not replace."""
    return _wall_ns() // 1_000_000


def pause(seconds: float) -> None:
    """Let real time pass in this thread, for what an endpoint does by itself."""
    threading.Event().wait(seconds)


async def pause_async(seconds: float) -> None:
    """Let real time pass on this loop."""
    loop = asyncio.get_running_loop()
    if not _are_timers_real(loop):
        with suppress(TimeoutError):
            async with _timed_by_thread(round(seconds * 1000)):
                await asyncio.Event().wait()
        return
    # No timeout, which cancels: if asyncio was imported twice, as by pytester within one process, it would not know its
    # own exception, and this is needed to close.
    passed = loop.create_future()
    timer = loop.call_later(seconds, passed.set_result, None)
    try:
        await passed
    finally:
        timer.cancel()


class MonotonicEventLoop(asyncio.SelectorEventLoop):
    """An event loop whose timers keep running while a test has frozen time.

    freezegun replaces `time.monotonic` in every module, and asyncio's loops call it; it leaves `clock_gettime` alone.
    """

    # Called several times per turn. Static, since a partial in a class is a method from Python 3.14 on.
    time = staticmethod(monotonic)


def real_timeout(ms: int) -> AbstractAsyncContextManager[asyncio.Timeout]:
    """`asyncio.timeout` in real time, even on a loop whose timers freezegun stops or makes jump."""
    if _are_timers_real(asyncio.get_running_loop()):
        return asyncio.timeout(ms / 1000)
    return _timed_by_thread(ms)


class RealLimit:
    """A limit on a coroutine's real time, from now on. One that never waits, like most applications, takes no timer."""

    def __init__(self, ms: int) -> None:
        self._ends = monotonic() + ms / 1000
        self._timer: asyncio.Timeout | None = None
        self._began_on_loop = 0.0

    @property
    def has_stood_still(self) -> bool:
        """Whether the loop's own timers have stood still since it began to wait, because the test has stopped them."""
        return self._timer is not None and asyncio.get_running_loop().time() == self._began_on_loop

    @property
    def has_expired(self) -> bool:
        return self._timer is not None and self._timer.expired()

    def renew(self, ms: int) -> None:
        """Allow this much time from now on; without limit once it has waited on a loop whose timers freezegun stops."""
        self._ends = monotonic() + ms / 1000
        if self._timer is not None:
            loop = asyncio.get_running_loop()
            # The timeout may have been left, or have expired, already.
            with suppress(RuntimeError):
                self._timer.reschedule(loop.time() + ms / 1000 if _are_timers_real(loop) else inf)

    @coroutine
    def run(self, work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
        """Await the work, in this task. Raises TimeoutError."""
        try:
            waits_for = work.send(None)
        except StopIteration as ended:
            result: T = ended.value
            return result
        return cast("T", (yield from self._run_on(work, waits_for)))

    async def _run_on(self, work: Coroutine[Any, Any, T], waits_for: Any) -> T:
        left_ms = max(0, round((self._ends - monotonic()) * 1000))
        self._began_on_loop = asyncio.get_running_loop().time()
        async with real_timeout(left_ms) as self._timer:
            return await _continue(work, waits_for)


@coroutine
def _continue(work: Coroutine[Any, Any, T], waits_for: Any) -> Generator[Any, Any, T]:
    """Continue a coroutine that was started by hand and waits for this future."""
    while True:
        try:
            yield waits_for
        except BaseException as error:  # noqa: BLE001 - above all a cancellation must reach it where it waits
            try:
                waits_for = work.throw(error)
            except StopIteration as ended:
                return cast("T", ended.value)
        else:
            return cast("T", (yield from work))


def _are_timers_real(loop: asyncio.AbstractEventLoop) -> bool:
    return isinstance(loop, MonotonicEventLoop) or not can_stop_timers()


@asynccontextmanager
async def _timed_by_thread(ms: int) -> AsyncIterator[asyncio.Timeout]:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as limit:

        def expire() -> None:
            # The timeout may meanwhile have been left or renewed.
            if limit.when() is None:
                with suppress(RuntimeError):
                    limit.reschedule(loop.time())

        # freezegun leaves `threading` alone.
        timer = threading.Timer(ms / 1000, loop.call_soon_threadsafe, [expire])
        timer.daemon = True
        timer.start()
        try:
            yield limit
        finally:
            timer.cancel()
            timer.join()


_LATEST_MS = 250_000_000_000_000
"""In the year 9892: the limit of any clock, because Python's dates end soon after."""


def check_reachable(moment: int, hint: str = "") -> None:
    """Raise TimeError for a moment to which no clock can be moved; the hint is the end of its text."""
    if moment > _LATEST_MS:
        raise TimeError(f"the clock goes no further than {to_datetime(_LATEST_MS):%Y}{hint}")


class VirtualClock:
    """Starts when first asked, at the frozen moment if time is frozen, else at the real one; then moves only when told.

    Frozen time is moved along, so that code under test sees the virtual moment.
    """

    def __init__(self, start: int | None = None) -> None:
        self._start = self._now = start
        self._fixed = start is not None

    def now(self) -> int:
        if self._now is None:
            frozen = frozen_now()
            self._now = real_now() if frozen is None else frozen
        return self._now

    def move_to(self, moment: int) -> None:
        if moment < self.now():
            raise TimeError(f"time cannot go back from {to_datetime(self.now())} to {to_datetime(moment)}")
        if moment > self.now():
            check_reachable(moment)
            self._fixed = True
        self._now = moment
        move_frozen_time(moment)

    def start_again(self) -> None:
        """Start again at the moment at which a test has since frozen time; only while nothing has happened yet.

        Fixtures are set up before a decorator freezes time; their subscriptions must not pin the clock to the present.
        """
        frozen = frozen_now()
        if frozen is not None and not self._fixed:
            self._now = frozen

    def moved_by_test(self) -> int | None:
        """The moment to which the test has since moved frozen time, or None. Raises TimeError if it went back."""
        present, frozen = self.now(), frozen_now()
        if frozen is None or frozen == present:
            return None
        if frozen < present:
            problem = f"Frozen time is {to_datetime(frozen)}, but for this account it is already {to_datetime(present)}"
            if present == self._start:
                raise TimeError(
                    f"{problem}, because of its start, and time cannot go back. Leave start out, and it begins at the "
                    "frozen moment; or freeze time at its start."
                )
            raise TimeError(
                f"{problem}, and time cannot go back. Freeze time before the first change is made through copper, and "
                "only move it forward."
            )
        return frozen


class ServerClock:
    """An account's clock in the standalone server: it runs, at some offset ahead of the wall clock, or stands still.

    While it stands still it can be moved, and it resumes from where it stands. It never goes back.
    """

    def __init__(self, *, running: bool, ahead_ms: int = 0, latest_ms: int | None = None) -> None:
        self.running = running
        self.runs_on = running
        """Whether it runs, disregarding the moments while time is played ahead."""
        self.ahead_ms = ahead_ms
        """Its offset ahead of the wall clock while it runs."""
        self.latest_ms = latest_ms
        """The latest moment it has shown, and the present one while it stands still. None until it is first asked."""

    def now(self) -> int:
        if self.running or self.latest_ms is None:
            # Wall clocks are sometimes set back a little; this one then stands still until they have caught up.
            self.latest_ms = max(self.latest_ms or 0, real_now() + self.ahead_ms)
        return self.latest_ms

    def move_to(self, moment: int) -> None:
        present = self.now()
        if moment < present and not self.running:
            raise TimeError(f"time cannot go back from {to_datetime(present)} to {to_datetime(moment)}")
        if moment > present:
            check_reachable(moment)
        if self.running:
            self.ahead_ms += max(moment - present, 0)
        self.latest_ms = max(moment, present)

    def continue_from(self, other: ServerClock) -> None:
        """Show the same time as another clock: a restored account continues with its time."""
        self.running, self.runs_on = other.running, other.runs_on
        self.ahead_ms, self.latest_ms = other.ahead_ms, other.latest_ms

    def freeze(self) -> None:
        """Stand still from now on."""
        self.pause()
        self.runs_on = False

    def pause(self) -> None:
        """Stand still while time is played ahead."""
        self.now()
        self.running = False

    def run(self) -> None:
        """Run on from the present moment."""
        self.now()
        self.ahead_ms = self.would_be_ahead_ms
        self.runs_on = self.running = True

    @property
    def would_be_ahead_ms(self) -> int:
        """The offset ahead of the wall clock: the actual one if it runs, otherwise that if it resumed now."""
        return self.ahead_ms if self.running or self.latest_ms is None else self.latest_ms - real_now()
