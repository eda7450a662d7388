"""At which moment does the virtual time of a test's account begin, if that was said?"""

from __future__ import annotations

from datetime import UTC, datetime

from copper_emulator.core.errors import UsageError, raised_on_purpose

__tracebackhide__ = raised_on_purpose

_WRITTEN = "give a moment with its time zone, like '2026-03-02T09:00Z' or datetime(2026, 3, 2, 9, tzinfo=UTC)"


def moment(value: object) -> datetime:
    """The moment in UTC that a datetime or a text stands for. Raises UsageError for others, and without a time zone.

    Without one it would be another moment on another machine.
    """
    found = value
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            raise UsageError(f"start: {value!r} is not a moment; {_WRITTEN}") from None
    if not isinstance(found, datetime):
        raise UsageError(f"start: {value!r} is not a moment; {_WRITTEN}")
    if found.utcoffset() is None:
        raise UsageError(f"start: {value!r} has no time zone; {_WRITTEN}")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise UsageError(f"start: {value!r} is outside the years 1 to 9999 in UTC; {_WRITTEN}") from None
