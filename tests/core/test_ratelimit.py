"""Windows: how many notifications may go, and when the next one may."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator.core.ratelimit import FixedWindow, RateLimiter, RollingWindow
from copper_emulator.core.rules import Limit, WindowKind
from tests.core.builders import COPPER_LIMITS, MINUTE

TWO_IN_TEN = Limit(2, 10)


@pytest.mark.parametrize("window", [FixedWindow, RollingWindow])
def test_a_fresh_window_has_all_its_room(window: type[FixedWindow | RollingWindow]) -> None:
    fresh = window(TWO_IN_TEN)

    assert fresh.room(5) == 2
    assert fresh.opens_at(5) == 5


def test_a_fixed_window_opens_with_the_first_and_renews_as_a_whole() -> None:
    window = FixedWindow(TWO_IN_TEN)
    window.count(5)
    window.count(14)

    assert window.room(14) == 0
    assert window.opens_at(14) == 15
    assert window.room(15) == 2
    assert window.opens_at(15) == 15


@pytest.mark.parametrize("window", [FixedWindow, RollingWindow])
def test_a_window_says_when_the_first_it_counts_stops_counting(window: type[FixedWindow | RollingWindow]) -> None:
    counting = window(TWO_IN_TEN)
    assert counting.renews_at(5) is None
    counting.count(5)
    counting.count(8)

    assert [counting.renews_at(moment) for moment in (8, 14)] == [15, 15]
    assert counting.renews_at(18) is None
    assert (FixedWindow(TWO_IN_TEN).renews_at(0), RollingWindow(TWO_IN_TEN).renews_at(0)) == (None, None)


def test_a_fixed_window_that_is_over_waits_for_the_next_first() -> None:
    window = FixedWindow(TWO_IN_TEN)
    window.count(0)
    window.count(17)
    window.count(17)

    assert window.opens_at(20) == 27


def test_a_rolling_window_gives_back_one_by_one() -> None:
    window = RollingWindow(TWO_IN_TEN)
    window.count(5)
    window.count(14)

    assert window.opens_at(14) == 15
    assert window.room(14) == 0
    assert window.room(15) == 1
    window.count(15)
    assert window.opens_at(15) == 24
    assert window.room(25) == 2


def test_a_rolling_window_never_exceeds_its_limit_where_a_fixed_one_does() -> None:
    """Two at 9 and two at 10: allowed by the fixed windows that opened at 0 and at 10, but four within one span."""
    fixed, rolling = FixedWindow(TWO_IN_TEN), RollingWindow(TWO_IN_TEN)
    for window in (fixed, rolling):
        window.count(0)
        window.count(9)

    assert fixed.room(10) == 2
    assert rolling.room(10) == 1


def test_without_limits_there_is_always_room() -> None:
    limiter = RateLimiter((), WindowKind.FIXED)
    limiter.count(0)

    assert limiter.room(0) == sys.maxsize
    assert limiter.opens_at(7) == 7
    assert limiter.blocking(0) is None


@pytest.mark.parametrize("kind", WindowKind)
def test_all_windows_must_have_room(kind: WindowKind) -> None:
    limiter = RateLimiter((Limit(2, 10), Limit(3, 100)), kind)
    limiter.count(0)
    limiter.count(0)

    assert (limiter.room(0), limiter.opens_at(0)) == (0, 10)
    assert limiter.blocking(0) == Limit(2, 10)
    assert limiter.room(10) == 1
    assert limiter.blocking(10) is None

    limiter.count(10)

    assert (limiter.room(10), limiter.opens_at(10)) == (0, 100)
    assert limiter.blocking(10) == Limit(3, 100)


@pytest.mark.parametrize("kind", WindowKind)
def test_of_two_full_windows_the_longer_lasting_blocks(kind: WindowKind) -> None:
    limiter = RateLimiter((Limit(1, 10), Limit(1, 100)), kind)
    limiter.count(0)

    assert limiter.blocking(0) == Limit(1, 100)
    assert limiter.opens_at(0) == 100


@pytest.mark.parametrize("kind", WindowKind)
def test_the_601st_waits_for_the_minute_and_the_1801st_for_the_ten_minutes(
    kind: WindowKind,
) -> None:
    limiter = RateLimiter(COPPER_LIMITS, kind)
    for minute in range(3):
        assert limiter.room(minute * MINUTE) == 600
        for _ in range(600):
            limiter.count(minute * MINUTE)
        expected = 10 * MINUTE if minute == 2 else (minute + 1) * MINUTE
        assert limiter.opens_at(minute * MINUTE) == expected


@given(
    kind=st.sampled_from(WindowKind),
    limits=st.lists(st.builds(Limit, st.integers(1, 4), st.integers(1, 30)), max_size=3),
    gaps=st.lists(st.integers(0, 12), max_size=30),
)
def test_it_opens_at_the_first_moment_with_room(kind: WindowKind, limits: list[Limit], gaps: list[int]) -> None:
    limiter = RateLimiter(limits, kind)
    now = 0
    for gap in gaps:
        now += gap
        opens = limiter.opens_at(now)
        assert not any(limiter.room(moment) for moment in range(now, opens))
        assert limiter.room(opens) > 0
        now = opens
        limiter.count(now)
