"""Conversion between milliseconds and datetimes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from copper_emulator.core.moments import stamp, to_datetime, to_ms

START_TIME = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)


def test_a_moment_in_milliseconds_is_exact() -> None:
    assert to_datetime(1_790_721_604_738) == datetime(2026, 9, 29, 22, 40, 4, 738_000, tzinfo=UTC)


def test_a_moment_is_written_to_the_millisecond() -> None:
    assert stamp(1_790_721_604_038) == "2026-09-29 22:40:04.038"


def test_a_year_is_written_with_four_digits() -> None:
    assert stamp(to_ms(datetime(1, 2, 3, 4, 5, 6, 7_000, tzinfo=UTC))) == "0001-02-03 04:05:06.007"
    assert stamp(to_ms(datetime(9999, 12, 31, tzinfo=UTC))) == "9999-12-31 00:00:00.000"


def test_milliseconds_are_rounded_down() -> None:
    assert to_ms(datetime(1970, 1, 1, 0, 0, 0, 1_999, tzinfo=UTC)) == 1
    assert to_ms(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1


def test_any_time_zone_is_understood() -> None:
    berlin = timezone(timedelta(hours=2))

    assert to_ms(datetime(1970, 1, 1, 2, tzinfo=berlin)) == 0


@given(st.integers(0, 253_402_300_799_999))
def test_there_and_back_is_the_same_moment(ms: int) -> None:
    assert to_ms(to_datetime(ms)) == ms
