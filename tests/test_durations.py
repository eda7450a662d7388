"""How people write durations, latencies and limits."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator.core.rules import Latency, Limit
from copper_emulator.core.text import duration_text
from copper_emulator.durations import MAX_MS, limits_text, parse_duration, parse_latency, parse_limits


@pytest.mark.parametrize(
    ("written", "ms"),
    [
        ("0", 0),
        ("250ms", 250),
        ("30s", 30_000),
        ("10m", 600_000),
        ("1m30s", 90_000),
        ("2h", 7_200_000),
        ("1d", 86_400_000),
        ("1.5s", 1_500),
        (2, 2_000),
        (0.25, 250),
        (timedelta(minutes=15), 900_000),
    ],
)
def test_a_duration_is_read_in_milliseconds(written: object, ms: int) -> None:
    assert parse_duration(written) == ms


@pytest.mark.parametrize("written", ["", "10", "m", "10 m", "-5s", -1, True, None, "1y", "5000d", timedelta(days=-1)])
def test_what_is_no_duration_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(written)


@given(st.integers(0, MAX_MS))
def test_a_duration_reads_back_as_it_is_written(ms: int) -> None:
    assert parse_duration(duration_text(ms)) == ms


@pytest.mark.parametrize(
    ("written", "latency"),
    [
        ("0", Latency(0, 0)),
        ("30s", Latency(30_000, 30_000)),
        ("0-15m", Latency(0, 900_000)),
        ("1m30s - 2m", Latency(90_000, 120_000)),
        (["1s", "2s"], Latency(1_000, 2_000)),
        (timedelta(seconds=1), Latency(1_000, 1_000)),
        (Latency(1, 2), Latency(1, 2)),
    ],
)
def test_a_latency_is_a_duration_or_a_range(written: object, latency: Latency) -> None:
    assert parse_latency(written) == latency


def test_a_range_goes_from_short_to_long() -> None:
    with pytest.raises(ValueError, match="from the shorter to the longer"):
        parse_latency("15m-0")


def test_what_is_no_latency_is_told_how_a_range_is_written() -> None:
    with pytest.raises(ValueError, match=r"^'0\.\.15m' is not a duration: .* or 250ms; a range is written like 0-15m$"):
        parse_latency("0..15m")


@pytest.mark.parametrize("written", ["15-0m", "5-15m", "0-", "0-15", "1m-2m-3m"])
def test_a_range_whose_ends_are_no_durations_is_shown_whole(written: str) -> None:
    form = "is not a range: write it like 0-15m or 30s-2m, the shorter time first"
    with pytest.raises(ValueError, match=f"^'{written}' {form}$"):
        parse_latency(written)


def test_an_end_of_a_range_may_be_too_long() -> None:
    with pytest.raises(ValueError, match=r"between 0 and ten years, not '4000d'"):
        parse_latency("0-4000d")


@pytest.mark.parametrize(
    ("written", "limits"),
    [
        ("600/1m,1800/10m", (Limit(600, 60_000), Limit(1800, 600_000))),
        ("600/m", (Limit(600, 60_000),)),
        ("5/90s", (Limit(5, 90_000),)),
        ("off", ()),
        (None, ()),
        (["1/1s", "2/3s"], (Limit(1, 1_000), Limit(2, 3_000))),
        (Limit(1, 2), (Limit(1, 2),)),
    ],
)
def test_limits_are_so_many_in_so_long(written: object, limits: tuple[Limit, ...]) -> None:
    assert parse_limits(written) == limits


@pytest.mark.parametrize("written", ["600", "0/1m", "a/1m", "600/0", "600/", "/1m", 601, "-1/1m"])
def test_what_are_no_limits_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match=r"limit|duration"):
        parse_limits(written)


def test_a_wrong_window_is_a_wrong_limit_named_as_it_was_written() -> None:
    with pytest.raises(ValueError, match=r"^'600/min' is not a limit: write it like 600/1m, or off$"):
        parse_limits("600/min")


def test_a_limit_of_none_says_that_it_must_let_something_through() -> None:
    with pytest.raises(ValueError, match=r"^'0/1m' is not a limit: it must let at least 1 through, like 1/1m; for no"):
        parse_limits("600/1m,0/1m")


@given(st.lists(st.builds(Limit, st.integers(1, 10_000), st.integers(1, MAX_MS)), max_size=3))
def test_limits_read_back_as_they_are_written(limits: list[Limit]) -> None:
    assert parse_limits(limits_text(limits)) == tuple(limits)
