"""Which time zone has that name, when does a day begin in it, and which day is a moment in?

What a zone's clocks show stands in files of this machine, or in the package tzdata: the one thing the core asks of what
is outside of it, through the standard library, and always the same for a name and a day.
"""

from __future__ import annotations

from datetime import date, datetime, time, tzinfo

from copper_emulator.core.moments import to_datetime, to_ms

_OF_THE_MACHINE = ("localtime", "posixrules")
"""Files beside those of the zones that are another zone on each machine."""


def zone_named(name: object) -> tzinfo | None:
    """The time zone of a name like `America/Los_Angeles`; None where none of that name is known on this machine."""
    # Imported where a day is written as text: few accounts ever see one, and it takes a millisecond.
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name) if isinstance(name, str) and name not in _OF_THE_MACHINE else None
    except (KeyError, ValueError, OSError):
        # No such zone; no name of a file; a folder of zones, as `America` is.
        return None


def day_begins(day: date, zone: tzinfo) -> int:
    """The second (Unix) in which a day begins: at midnight, or where clocks leave midnight out, as they are put on."""
    return to_ms(datetime.combine(day, time.min, zone)) // 1000


def day_of(second: int, zone: tzinfo) -> date:
    """The day that a second (Unix) is in."""
    try:
        return to_datetime(second * 1000).astimezone(zone).date()
    except OverflowError:
        # The last hours of 9999 are in the year after, east of Greenwich; there is no day of it.
        return date.max
