"""What all clocks keep: they never go back; and which timers frozen time cannot stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator import Emulator, TimeError
from copper_emulator.core.moments import to_ms
from copper_emulator.shell.clock import (
    Clock,
    MonotonicEventLoop,
    ServerClock,
    VirtualClock,
    real_now,
    real_timeout,
)

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
