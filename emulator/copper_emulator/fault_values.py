"""How are the values in a fault read, from text or from Python?

Each function here gives fields of a `Fault`, or raises ValueError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from copper_emulator.core.fault import WHOLE
from copper_emulator.core.rules import MAX_IDS
from copper_emulator.durations import parse_duration, parse_latency


def _next(value: object) -> dict[str, Any]:
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= WHOLE:
        raise ValueError(f"{value!r} is not a whole number from 1 to a million")
    return {"next": number}


def _a_status(value: object) -> dict[str, Any]:
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value
    known = [status.value for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST]
    if not isinstance(number, int) or number not in known:
        raise ValueError(f"{value!r} is not an error status: write one like 429, 500 or 503")
    return {"status": number}


def _share(value: object) -> dict[str, Any]:
    number: object = value
    if isinstance(value, str):
        try:
            number = float(value.removesuffix("%")) / 100
        except ValueError:
            number = None
    share = round(number * WHOLE) if isinstance(number, int | float) and 0 <= number <= 1 else None
    if isinstance(value, bool) or share is None or (not share and number):
        example = "20%" if isinstance(value, str) else "0.2 or '20%'"
        raise ValueError(f"{value!r} is not a share: write it like {example}")
    return {"share": share}


def _with_unit(value: object) -> object:
    """The value, unless it is a bare number: as in `advance`, seconds for one reader are minutes for another."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(f"{value!r} needs a unit: write it like '{value}s' or '{value}m'")
    return value


def _span(value: object) -> dict[str, Any]:
    span = parse_duration(_with_unit(value))
    if not span:
        raise ValueError(f"{value!r} is too short: it must be longer than 0")
    return {"span_ms": span}


def _sizes(value: object) -> dict[str, Any]:
    parts = value.split(",") if isinstance(value, str) else value
    sizes = [_next(part)["next"] for part in parts] if isinstance(parts, Iterable) else []
    if not sizes or max(sizes) > MAX_IDS:
        raise ValueError(f"{value!r} is not a list of sizes: a notification has 1 to {MAX_IDS} ids")
    return {"sizes": tuple(sizes)}


PARTS: Mapping[str, Callable[[object], dict[str, Any]]] = {
    "next": _next,
    "status": _a_status,
    "share": _share,
    "span": _span,
    "latency": lambda value: {"latency": parse_latency(_with_unit(value))},
    "sizes": _sizes,
}
"""By the name of the part: what reads its value."""
