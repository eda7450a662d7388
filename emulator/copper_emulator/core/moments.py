"""Milliseconds since the Unix epoch and aware UTC datetimes, one into the other, exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_datetime(ms: int) -> datetime:
    """The aware UTC datetime of a moment in milliseconds, exact (no floats on the way)."""
    return _EPOCH + ms * _MILLISECOND


def stamp(ms: int) -> str:
    """`2026-09-29 22:40:04.738`, UTC."""
    return to_datetime(ms).strftime("%Y-%m-%d %H:%M:%S.") + f"{ms % 1000:03}"


def to_ms(moment: datetime) -> int:
    """Milliseconds since the Unix epoch of an aware datetime, rounded down."""
    return (moment - _EPOCH) // _MILLISECOND
