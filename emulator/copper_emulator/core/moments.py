"""Exact conversion between milliseconds since the Unix epoch and aware UTC datetimes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


# Most moments are converted several times in a row.
@lru_cache(maxsize=64)
def to_datetime(ms: int) -> datetime:
    """The aware UTC datetime of a moment in milliseconds, exact (computed without floats)."""
    return _EPOCH + ms * _MILLISECOND


@lru_cache(maxsize=64)
def stamp(ms: int) -> str:
    """A moment in milliseconds as `2026-09-29 22:40:04.738`, UTC."""
    return f"{_to_the_second(ms // 1000)}.{ms % 1000:03}"


@lru_cache(maxsize=1024)
def _to_the_second(seconds: int) -> str:
    # Not by strftime, which on some systems writes years before 1000 with fewer than four digits.
    return to_datetime(seconds * 1000).replace(tzinfo=None).isoformat(" ")


def to_ms(moment: datetime) -> int:
    """Milliseconds since the Unix epoch of an aware datetime, rounded down."""
    return (moment - _EPOCH) // _MILLISECOND
