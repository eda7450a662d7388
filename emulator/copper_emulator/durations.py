"""How people write spans of time and limits: `250ms`, `30s`, `1m30s`, `2h`, `0-15m`, `600/1m,1800/10m`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from copper_emulator.core.rules import Latency, Limit

_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")
_RANGE = re.compile(rf"\s*(0|{_WHOLE.pattern})\s*-\s*(0|{_WHOLE.pattern})\s*")

HOUR_MS = 3_600_000

MAX_MS = 3_660 * 86_400_000
"""Ten years; anything longer is taken for a typing mistake."""


def parse_duration(value: object) -> int:
    """Milliseconds of `30s`, `1m30s`, `250ms`, `0`, a timedelta, or a number of seconds. Raises ValueError."""
    if isinstance(value, timedelta):
        ms = value // timedelta(milliseconds=1)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        ms = _rounded(value * 1000)
    elif isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        ms = _rounded(sum(float(amount) * _UNITS[unit] for amount, unit in _PART.findall(value)))
    elif isinstance(value, str) and value.strip() == "0":
        ms = 0
    else:
        raise ValueError(f"{value!r} is not a duration: write it like 30s, 10m, 1m30s or 250ms")
    if not 0 <= ms <= MAX_MS:
        raise ValueError(f"a duration must be between 0 and ten years, not {value!r}")
    return ms


def _rounded(ms: float) -> int:
    # Also for infinity, which round() rejects: the error is then "too long", like for any huge number.
    return round(ms) if abs(ms) <= MAX_MS else MAX_MS + 1


def parse_latency(value: object) -> Latency:
    """`0`, `30s`, or a range `0-15m`. Raises ValueError."""
    if isinstance(value, Latency):
        return value
    if isinstance(value, str) and "-" in value.strip()[1:]:
        ends = _RANGE.fullmatch(value)
        if ends is None:
            raise ValueError(f"{value!r} is not a range: write it like 0-15m or 30s-2m, the shorter time first")
        latency = Latency(parse_duration(ends[1]), parse_duration(ends[2]))
    elif isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2:
        latency = Latency(parse_duration(value[0]), parse_duration(value[1]))
    else:
        try:
            ms = parse_duration(value)
        except ValueError as error:
            raise ValueError(f"{error}; a range is written like 0-15m") from None
        latency = Latency(ms, ms)
    if latency.low_ms > latency.high_ms:
        raise ValueError(f"a range must go from the shorter to the longer time, not {value!r}")
    return latency


def parse_limits(value: object) -> tuple[Limit, ...]:
    """`600/1m,1800/10m`, `off`, or a list of such. Raises ValueError."""
    if value in ("off", None, (), []):
        return ()
    if isinstance(value, Limit):
        return (value,)
    if isinstance(value, str):
        return tuple(_parse_limit(part.strip()) for part in value.split(","))
    if isinstance(value, Sequence):
        return tuple(limit for part in value for limit in parse_limits(part))
    raise ValueError(f"{value!r} is not a list of limits: write it like 600/1m,1800/10m or off")


def _parse_limit(text: str) -> Limit:
    amount, slash, span = text.partition("/")
    if not slash or not amount.strip().isdecimal():
        raise ValueError(f"{text!r} is not a limit: write it like 600/1m, or off")
    if not int(amount):
        raise ValueError(f"{text!r} is not a limit: it must let at least 1 through, like 1/1m; for no limit, write off")
    span = span.strip()
    try:
        length = parse_duration(span if span[:1].isdigit() else f"1{span}")
    except ValueError:
        raise ValueError(f"{text!r} is not a limit: write it like 600/1m, or off") from None
    if not length:
        raise ValueError(f"{text!r} is not a limit: its window has no length")
    return Limit(int(amount), length)


def limits_text(limits: Sequence[Limit]) -> str:
    """The reverse of `parse_limits`: `600/1m,1800/10m` or `off`."""
    return ",".join(map(str, limits)) or "off"
