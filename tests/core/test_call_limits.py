"""The windows in which calls of the API are counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator.core.call_limits import CallLimits
from copper_emulator.core.errors import TooManyRequests
from copper_emulator.core.rules import Limit
from tests.core.builders import MINUTE, SECOND, START


def may(limits: CallLimits, now: int, *, bulk: bool = False) -> bool:
    try:
        limits.count(now, bulk=bulk)
    except TooManyRequests:
        return False
    return True


def test_without_limits_everything_may() -> None:
    limits = CallLimits((), ())
    assert not limits.are_limited
    assert all(may(limits, START, bulk=True) for _ in range(1000))


@pytest.mark.parametrize("limits", [CallLimits((Limit(1, SECOND),), ()), CallLimits((), (Limit(1, SECOND),))])
def test_one_kind_of_limit_is_enough_to_look(limits: CallLimits) -> None:
    assert limits.are_limited


def test_the_refusal_says_what_is_used_up_and_when_there_is_room_again() -> None:
    limits = CallLimits((Limit(2, MINUTE),), (Limit(1, SECOND),))
    limits.count(START, bulk=True)
    limits.count(START + 100)

    with pytest.raises(TooManyRequests) as caught:
        limits.count(START + 500, bulk=True)

    assert caught.value.hint == (
        "Used up: 2/1m (setting api_limits) and 1/1s (setting bulk_limits). "
        "There is room again at 2026-09-21T14:14:20.000Z, in 59s500ms."
    )


def test_the_last_call_that_counted_is_known_also_to_those_that_go_on_from_it() -> None:
    both = (Limit(2, MINUTE),), (Limit(1, SECOND),)
    limits = CallLimits(*both)
    assert limits.latest == 0
    limits.count(START, bulk=True)
    limits.count(START + 100)
    assert not may(limits, START + 200)

    restored, successor = CallLimits(*both), CallLimits((Limit(3, MINUTE),), ())
    restored.restore(limits.state())
    successor.take_over(limits)
    assert (limits.latest, restored.latest, successor.latest) == (START + 100, START + 100, START + 100)
    restored.restore(CallLimits(*both).state())
    assert restored.latest == 0


def test_a_call_that_is_refused_for_one_limit_counts_for_none() -> None:
    limits = CallLimits((Limit(2, MINUTE),), (Limit(1, SECOND),))
    assert may(limits, START, bulk=True)
    assert not may(limits, START, bulk=True)
    assert may(limits, START)


@given(
    st.lists(st.tuples(st.integers(0, 400), st.booleans()), max_size=30),
    st.integers(1, 5),
    st.integers(1, 3),
)
def test_in_no_span_do_more_get_through_than_the_limits_allow(
    calls: list[tuple[int, bool]], most: int, most_bulk: int
) -> None:
    """And a refused call would have been one too many: at that moment some window was full."""
    limits = CallLimits((Limit(most, 1000),), (Limit(most_bulk, 300),))
    now = START
    passed: list[tuple[int, bool]] = []
    for wait, bulk in calls:
        now += wait
        recent = [each for each in passed if each[0] > now - 1000]
        recent_bulk = [each for each in passed if each[1] and each[0] > now - 300]
        room = len(recent) < most and (not bulk or len(recent_bulk) < most_bulk)
        assert may(limits, now, bulk=bulk) == room
        if room:
            passed.append((now, bulk))
