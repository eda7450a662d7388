"""Time zones: by name, the start of a day in a zone, and the day of a moment in a zone.

Zone data comes from files of this machine or from the package tzdata. It is the one thing that the core reads from
outside, through the standard library, and the result is always the same for a name and a day.
"""

from __future__ import annotations

from datetime import date, datetime, time, tzinfo

from copper_emulator.core.moments import to_datetime, to_ms

_OF_THE_MACHINE = ("localtime", "posixrules")
"""Files among those of the zones that stand for a different zone on each machine."""


def zone_named(name: object) -> tzinfo | None:
    """The time zone with a name like `America/Los_Angeles`; None if this machine knows none of that name."""
    # Imported only when a day is given as text: few accounts ever see one, and the import takes a millisecond.
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name) if isinstance(name, str) and name not in _OF_THE_MACHINE else None
    except (KeyError, ValueError, OSError):
        # No such zone; not a valid file name; a folder of zones, such as `America`.
        return None


def day_begins(day: date, zone: tzinfo) -> int:
    """The Unix second at which a day begins: midnight, by the clock of the day before if clocks skip midnight."""
    return to_ms(datetime.combine(day, time.min, zone)) // 1000


def day_of(second: int, zone: tzinfo) -> date:
    """The day that contains a Unix second."""
    try:
        return to_datetime(second * 1000).astimezone(zone).date()
    except OverflowError:
        # East of Greenwich, the last hours of 9999 fall into the year 10000, which no date can express.
        return date.max
