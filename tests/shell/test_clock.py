"""What holds for all clocks: they never go back; and which timers frozen time cannot stop."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator import Emulator, TimeError
from copper_emulator.core.moments import to_ms
from copper_emulator.shell.clock import (
    Clock,
    MonotonicEventLoop,
    RealLimit,
    ServerClock,
    VirtualClock,
    real_now,
    real_timeout,
)
from tests.shell.turns import turn

every_clock = pytest.mark.parametrize(
    "make",
    [VirtualClock, partial(ServerClock, running=True), partial(ServerClock, running=False)],
    ids=["virtual", "running", "frozen"],
)
START = datetime(2024, 3, 1, tzinfo=UTC)


@every_clock
def test_a_clock_starts_at_the_real_present_and_never_goes_back(make: Callable[[], Clock]) -> None:
    before, clock = real_now(), make()
    moments = [clock.now() for _ in range(100)]
    assert before <= moments[0] <= moments[-1] <= real_now()
    assert moments == sorted(moments)


def test_a_virtual_clock_stands_still_until_it_is_told() -> None:
    clock = VirtualClock(1000)
    assert (clock.now(), clock.now()) == (1000, 1000)
    clock.move_to(5000)
    assert clock.now() == 5000
    with pytest.raises(TimeError, match="cannot go back"):
        clock.move_to(4999)
    assert clock.now() == 5000


def test_a_servers_clock_stands_still_can_be_moved_and_runs_on_from_there() -> None:
    clock = ServerClock(running=False, latest_ms=1000)
    assert (clock.now(), clock.now()) == (1000, 1000)
    clock.move_to(5000)
    with pytest.raises(TimeError, match="cannot go back"):
        clock.move_to(4999)

    clock.run()

    assert (clock.running, clock.now() >= 5000) == (True, True)
    assert clock.now() - 5000 < 60_000, "it has run on from where it stood"
    assert clock.ahead_ms < 0


def test_a_servers_clock_that_was_played_ahead_stays_ahead_of_the_walls() -> None:
    clock = ServerClock(running=True)
    present = clock.now()

    clock.move_to(present + 3_600_000)
    clock.move_to(present)
    clock.run()

    assert 3_600_000 <= clock.now() - present < 3_660_000
    clock.freeze()
    assert clock.now() == clock.now() == clock.latest_ms


@given(st.lists(st.sampled_from(["freeze", "run", "move"])))
def test_whatever_is_done_to_a_servers_clock_it_never_goes_back(steps: list[str]) -> None:
    clock = ServerClock(running=True)
    moments = [clock.now()]
    for step in steps:
        if step == "move":
            clock.move_to(clock.now() + 60_000)
        else:
            getattr(clock, step)()
        moments.append(clock.now())

    assert moments == sorted(moments)


def test_a_servers_clock_goes_on_from_what_was_written_down_of_it() -> None:
    assert ServerClock(running=False, ahead_ms=7, latest_ms=1000).now() == 1000
    later = real_now() + 3_600_000
    assert ServerClock(running=True, ahead_ms=0, latest_ms=later).now() == later, "the wall has to catch up first"


def test_an_account_can_be_given_its_start() -> None:
    with Emulator(start=START) as copper:
        assert copper.now == START
        copper.advance(days=1)
        assert copper.now == START + timedelta(days=1)


@pytest.mark.parametrize(
    "make", [VirtualClock, lambda start: ServerClock(running=False, latest_ms=start)], ids=["virtual", "server"]
)
def test_a_clock_is_not_moved_to_where_the_calendar_ends(make: Callable[[int], Clock]) -> None:
    last_year = to_ms(datetime(9999, 12, 31, 12, tzinfo=UTC))
    clock = make(last_year)

    with pytest.raises(TimeError, match="the clock goes no further than 9892"):
        clock.move_to(last_year + 24 * 3_600_000)
    clock.move_to(last_year)

    assert clock.now() == last_year


def test_time_that_would_end_is_refused_before_anything_is_delivered() -> None:
    start = datetime(9892, 1, 1, tzinfo=UTC)
    with Emulator(start=start, latency="1h") as copper:
        copper.subscribe("person", "new", target="https://a.example/hooks")
        copper.fire("person", "new", ids=1)

        with pytest.raises(TimeError, match="no further than 9892"):
            copper.advance("365d")

        assert copper.now == start
        assert [notification.state for notification in copper.notifications] == ["queued"]


def test_a_start_that_was_given_is_not_given_up_for_a_frozen_one() -> None:
    clock = VirtualClock(to_ms(START))
    with freeze_time("2020-01-01"):
        clock.start_again()
        assert clock.now() == to_ms(START)


@pytest.mark.parametrize("make_loop", [MonotonicEventLoop, asyncio.new_event_loop], ids=["ours", "ordinary"])
@pytest.mark.parametrize("jump", [0, 3600])
def test_a_real_timeout_runs_out_in_real_time_on_any_loop_while_time_is_frozen(
    make_loop: type[asyncio.AbstractEventLoop], jump: int
) -> None:
    async def wait() -> None:
        with pytest.raises(TimeoutError):
            async with real_timeout(20):
                factory.tick(jump)
                await asyncio.Event().wait()

    async def finish() -> str:
        async with real_timeout(60_000):
            factory.tick(jump)
            for _ in range(5):
                await asyncio.to_thread(int)
            return "done"

    loop = make_loop()
    try:
        with freeze_time(START) as factory:
            loop.run_until_complete(wait())
            assert loop.run_until_complete(finish()) == "done"
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()


class CountingLoop(MonotonicEventLoop):
    """Counts the timers that are created on it."""

    def __init__(self) -> None:
        super().__init__()
        self.timers = 0

    def call_at(self, *args: Any, **named: Any) -> asyncio.TimerHandle:  # type: ignore[override]
        self.timers += 1
        return super().call_at(*args, **named)


@pytest.fixture
def loop() -> Iterator[CountingLoop]:
    made = CountingLoop()
    yield made
    made.close()


def test_what_never_waits_takes_no_timer(loop: CountingLoop) -> None:
    async def work() -> str:
        limit.renew(60_000)
        return "done"

    limit = RealLimit(10_000)

    assert loop.run_until_complete(limit.run(work())) == "done"
    assert loop.timers == 0
    assert not limit.has_expired


def test_what_waits_is_given_its_time_and_no_more(loop: CountingLoop) -> None:
    async def work(times: int) -> str:
        for _ in range(times):
            await turn()
        return "done"

    assert loop.run_until_complete(RealLimit(60_000).run(work(3))) == "done"
    assert loop.timers == 1

    limit = RealLimit(20)
    with pytest.raises(TimeoutError):
        loop.run_until_complete(limit.run(forever()))
    assert limit.has_expired


@pytest.mark.parametrize("waits_before", [False, True], ids=["before it waits", "after it has waited"])
def test_time_can_be_given_anew(loop: CountingLoop, *, waits_before: bool) -> None:
    async def work() -> None:
        if waits_before:
            await turn()
        limit.renew(20)
        await forever()

    limit = RealLimit(60_000)

    with pytest.raises(TimeoutError):
        loop.run_until_complete(limit.run(work()))


def test_a_cancellation_comes_to_where_it_waits_for_the_first_time(loop: CountingLoop) -> None:
    seen: list[str] = []

    async def work() -> str:
        try:
            await forever()
        except asyncio.CancelledError:
            seen.append("cancelled")
        await turn()
        return "cleaned up"

    async def cancel_it() -> str:
        task = asyncio.ensure_future(begun(work()))
        await turn()
        task.cancel()
        return await task

    async def begun(its: Coroutine[Any, Any, str]) -> str:
        return await RealLimit(60_000).run(its)

    assert loop.run_until_complete(cancel_it()) == "cleaned up"
    assert seen == ["cancelled"]


def test_what_is_cancelled_may_end_at_once(loop: CountingLoop) -> None:
    async def work() -> str:
        with suppress(asyncio.CancelledError):
            await forever()
        return "ended"

    limit = RealLimit(20)

    assert loop.run_until_complete(limit.run(work())) == "ended"
    assert limit.has_expired


def test_a_future_fails_where_it_is_waited_for(loop: CountingLoop) -> None:
    async def work() -> None:
        future = loop.create_future()
        loop.call_soon(future.set_exception, KeyError("id"))
        await future

    with pytest.raises(KeyError, match="id"):
        loop.run_until_complete(RealLimit(60_000).run(work()))


async def forever() -> None:
    await asyncio.Event().wait()


WITHOUT_SYSTEM_CLOCKS = """
import time
from freezegun import freeze_time

del time.clock_gettime, time.clock_gettime_ns
started = time.monotonic(), time.time_ns() // 1_000_000
with freeze_time("2024-03-01") as frozen:
    from copper_emulator import Emulator
    from copper_emulator.shell.clock import monotonic, real_now

    with Emulator() as copper:
        copper.subscribe("person", "new", target="https://my-app.example/hook")
        copper.route("https://my-app.example", to=lambda request: 200)
        copper.people.create(name="Ada")
        copper.expect("person", "new")
        copper.advance("10m")
        assert time.time() == 1709251800, time.time()
        assert started[0] <= monotonic() <= started[0] + 60
        assert started[1] <= real_now() <= started[1] + 60_000
"""


def test_a_system_without_posix_clocks_has_real_time_too() -> None:
    """Windows is such a system."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_SYSTEM_CLOCKS], check=False, capture_output=True, text=True, timeout=60
    )

    assert (done.stderr, done.returncode) == ("", 0)
