"""When a day begins, in the zone's own time, whatever its clocks do on that day."""

from __future__ import annotations

from datetime import UTC, date, tzinfo
from typing import Any

import pytest

from copper_emulator.core.records.forms.plain import EARLIEST_SECOND, LATEST_SECOND
from copper_emulator.core.zones import day_begins, day_of, zone_named


def zone(name: str) -> tzinfo:
    found = zone_named(name)
    assert found is not None
    return found


BEGINNINGS = [
    # Recorded from accounts in Pacific time, in 2020, by the documentation's sample, and in 2025.
    ("America/Los_Angeles", date(2020, 12, 15), 1_608_019_200),
    ("America/Los_Angeles", date(2017, 11, 29), 1_511_942_400),
    ("America/Los_Angeles", date(2025, 8, 1), 1_754_031_600),
    ("UTC", date(2020, 12, 15), 1_607_990_400),
    # Nine hours before midnight in UTC.
    ("Asia/Tokyo", date(2020, 12, 15), 1_607_990_400 - 9 * 3_600),
    ("Asia/Tokyo", date(1970, 1, 1), -9 * 3_600),
    ("America/Los_Angeles", date(1960, 5, 17), -303_757_200),
    # Local mean time, until 1945, was 12:19:12 ahead of UTC.
    ("Pacific/Tongatapu", date(1900, 1, 1), -2_208_988_800 - 44_352),
    # Where the first of all days began first.
    ("Etc/GMT-14", date(1900, 1, 1), EARLIEST_SECOND),
    # Clocks went from midnight to one: the day began at one, at 3:00 in UTC (1541289600 is midnight there).
    ("America/Sao_Paulo", date(2018, 11, 4), 1_541_289_600 + 3 * 3_600),
    # Midnight came twice, at 4:00 and 5:00 in UTC (1604188800 is midnight there): the day began with the first.
    ("America/Havana", date(2020, 11, 1), 1_604_188_800 + 4 * 3_600),
]


@pytest.mark.parametrize(("name", "day", "second"), BEGINNINGS)
def test_a_day_begins_where_its_zone_has_it(name: str, day: date, second: int) -> None:
    assert day_begins(day, zone(name)) == second
    assert day_of(second, zone(name)) == day
    assert day_of(second - 1, zone(name)) < day


def test_the_last_second_of_all_is_in_a_day_wherever_it_is() -> None:
    """East of Greenwich, the year 10000 has begun by then."""
    assert [day_of(LATEST_SECOND, zone(name)) for name in ("America/Los_Angeles", "Asia/Tokyo")] == [date.max] * 2
    assert day_of(LATEST_SECOND, UTC) == date.max


@pytest.mark.parametrize(
    "name", ["Mars/Base", "America", "", "../UTC", "/etc/passwd", "a\0b", "\ud800", "x" * 999, None, 5]
)
def test_what_is_no_zone_is_none(name: Any) -> None:
    assert zone_named(name) is None
