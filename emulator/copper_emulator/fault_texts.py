"""How faults are written: `lose=3`, `lose=20%`, `outage=10m`, `slow=3s,2@https://billing.example.com`.

`fault_values.py` reads the values in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from copper_emulator.core.fault import RETRY_EVERY_MS, Fault, FaultName
from copper_emulator.core.text import choices, meant, suggesting
from copper_emulator.fault_values import PARTS

OFF = "off"
"""Written for no faults at all."""

_BETWEEN = re.compile(r",\s+|,$|,(?=[a-z])")
"""Commas between faults; a comma inside a fault is followed by a digit."""

_Parts = Mapping[str, str]


def _nothing(text: str) -> _Parts:
    return {"nothing": text}


def _amount(text: str) -> _Parts:
    return {"share" if text.endswith("%") else "next": text}


def _span_and_next(text: str) -> _Parts:
    span, comma, number = text.partition(",")
    return {"span": span, "next": number} if comma else {"span": text}


def _status(text: str) -> _Parts:
    status, comma, rest = text.partition(",")
    if not comma:
        return {"status": status}
    return {"status": status, "next" if rest.isdecimal() else "span": rest}


def _times(text: str) -> _Parts:
    times, slash, every = text.partition("/")
    return {"next": times, "span": every} if slash else {"next": text}


@dataclass(frozen=True, slots=True)
class Form:
    """How one fault is written: how to read its value, an example, the same in Python, and what it does."""

    read: Callable[[str], _Parts]
    example: str
    call: str
    """The example as a method call on `copper.faults`."""
    does: str
    one_target: bool = True
    """Whether it can be limited to one target."""


FORMS: Mapping[FaultName, Form] = {
    FaultName.LOSE: Form(_amount, "lose=20%", "lose(share=0.2)", "the next N, or a share of all, are never sent"),
    FaultName.OUTAGE: Form(
        lambda text: {"span": text}, "outage=10m", "outage('10m')", "every connection is refused for this long"
    ),
    FaultName.LATENCY: Form(
        lambda text: {"latency": text}, "latency=0-15m", "latency('0-15m')", "new changes are notified this late"
    ),
    FaultName.SHUFFLE: Form(
        _nothing, "shuffle", "shuffle()", "what is due at the same moment is sent out of order", one_target=False
    ),
    FaultName.BATCHES: Form(
        lambda text: {"sizes": text}, "batches=29,1", "batches(29, 1)", "this many ids per notification, in turn"
    ),
    FaultName.SLOW: Form(_span_and_next, "slow=3s", "slow('3s')", "the endpoint's answers come this much later"),
    FaultName.REFUSE: Form(_amount, "refuse=1", "refuse(1)", "the next N connections are refused"),
    FaultName.HANG: Form(_amount, "hang=1", "hang(1)", "the next N notifications are never answered"),
    FaultName.GARBLE: Form(_amount, "garble=1", "garble(1)", "the next N answers are not HTTP"),
    FaultName.GONE: Form(_amount, "gone", "gone()", "records are deleted before the endpoint can fetch them"),
    FaultName.CHANGED: Form(_amount, "changed", "changed()", "records are changed before the endpoint can fetch them"),
    FaultName.STALE: Form(
        lambda text: {"span": text}, "stale=5s", "stale('5s')", "searches are this far behind", one_target=False
    ),
    FaultName.API_STATUS: Form(
        _status,
        "api.status=429,3",
        "api.status(429, next=3)",
        "the next N API calls, or all for a time, are answered with this status",
        one_target=False,
    ),
    FaultName.API_SLOW: Form(
        _span_and_next,
        "api.slow=3s",
        "api.slow('3s')",
        "the API answers this much later, in real time",
        one_target=False,
    ),
    FaultName.API_HANG: Form(
        _amount, "api.hang=1", "api.hang(1)", "the next N API calls are never answered", one_target=False
    ),
    FaultName.DUPLICATE: Form(
        _amount, "beyond_spec.duplicate=10%", "beyond_spec.duplicate(share=0.1)", "notifications are sent twice"
    ),
    FaultName.RETRY: Form(
        _times, "beyond_spec.retry=8", "beyond_spec.retry(8)", "what failed is sent again up to N times, once a minute"
    ),
    FaultName.CORRUPT: Form(
        _amount, "beyond_spec.corrupt=1", "beyond_spec.corrupt(next=1)", "bodies are cut off somewhere"
    ),
}
"""Every fault; the tests compare docs/faults.md with it."""

_ONE_BY_DEFAULT = (FaultName.REFUSE, FaultName.HANG, FaultName.GARBLE, FaultName.API_HANG)
_WITHOUT_VALUE = (FaultName.SHUFFLE, FaultName.GONE, FaultName.CHANGED)
_SHARED = (FaultName.LOSE, FaultName.DUPLICATE, FaultName.CORRUPT)
_COUNTED_ONLY = (*_ONE_BY_DEFAULT, FaultName.GONE, FaultName.CHANGED)


def parse_faults(value: object) -> tuple[Fault, ...]:
    """Read `lose=20% outage=10m`, `off`, or a list of such. Raises ValueError."""
    if value is None or value == OFF:
        return ()
    if isinstance(value, Fault):
        return (value,)
    if isinstance(value, str):
        _require_blanks(value)
        return tuple(parse_fault(part) for part in value.split())
    if isinstance(value, Iterable) and not isinstance(value, Mapping):
        value = list(value)
        _require_quotes(value)
        return tuple(fault for part in value for fault in parse_faults(part))
    raise ValueError(f"{value!r} is not a list of faults: write it like lose=20% outage=10m, or off")


def _require_blanks(text: str) -> None:
    """Raise ValueError if commas separate faults: a comma is part of a fault, as in `slow=3s,2`."""
    if _BETWEEN.search(text):
        apart = " ".join(_BETWEEN.sub(" ", text).split())
        raise ValueError(f"{text!r}: separate faults with spaces, not commas, like {apart}")


def _require_quotes(several: Sequence[object]) -> None:
    """Raise ValueError if a comma in a fault without quotes has made two of it, as in `[api.status=429,3]` in YAML."""
    for before, part in pairwise(several):
        if isinstance(before, str) and isinstance(part, int | float):
            raise ValueError(
                f"{part!r} is no fault: a comma separates the faults in a list, so write one that has a comma in "
                f'quotes, like "{before},{part}"'
            )


def faults_text(faults: Iterable[Fault]) -> str:
    """The reverse of `parse_faults`: `lose=20% outage=10m`, or `off`."""
    return " ".join(map(str, faults)) or OFF


def parse_fault(text: str) -> Fault:
    """Read one fault, like `lose=20%`. Raises ValueError that says how it is written."""
    what, at, target = text.strip().partition("@")
    written, equals, value = what.partition("=")
    name = _name(written)
    if (at and not target) or (equals and not value):
        raise ValueError(f"{text!r} is incomplete: write it like {FORMS[name].example}")
    return fault(name, target=target or None, **(FORMS[name].read(value) if value else {}))


def fault(name: FaultName, *, like: str = "", target: object = None, **parts: Any) -> Fault:
    """Build a fault from its parts, given as text or as Python values; None for a part that is not given.

    Raises ValueError that says how it is written: as `like`, or as text by default.
    """
    like = like or FORMS[name].example
    parts = {part: value for part, value in parts.items() if value is not None}
    if name in _SHARED and "share" not in parts and parts.get("next") in (0, "0"):
        # None of the next notifications is none at all.
        parts["share"] = parts.pop("next")
    try:
        values = {part: value for key, raw in parts.items() for part, value in PARTS[key](raw).items()}
        made = Fault(name, target=_target(name, target), **values)
    except KeyError:
        raise ValueError(f"{name} takes no value: write it like {like}") from None
    except ValueError as error:
        raise ValueError(f"{name}: {error}{_meant_as_share(name, parts.get('next'))}") from None
    return _complete(made, like)


def _meant_as_share(name: FaultName, number: object) -> str:
    """The hint for a share given as a number in Python; in text the % tells the two apart."""
    is_share = (isinstance(number, str) and number.endswith("%")) or (isinstance(number, float) and 0 < number < 1)
    return f"; a share is written share={number!r}" if is_share and name in _SHARED else ""


def _complete(made: Fault, like: str) -> Fault:
    """Fill in the defaults. Raises ValueError if something is missing or contradictory."""
    name, is_counted = made.name, made.next is not None
    if is_counted and made.share is not None:
        raise ValueError(f"{name} takes a number or a share, not both: write it like {like}")
    if name in _COUNTED_ONLY and made.share is not None:
        raise ValueError(f"{name} takes a number, not a share: write it like {like}")
    if name in _ONE_BY_DEFAULT and not is_counted:
        return Fault(name, next=1, target=made.target)
    if name is FaultName.API_STATUS:
        return _answered(made, like)
    if name is FaultName.RETRY and is_counted and not made.span_ms:
        return Fault(name, next=made.next, span_ms=RETRY_EVERY_MS, target=made.target)
    value = (made.next, made.share, made.latency, made.sizes or None, made.span_ms or None)
    if name not in _WITHOUT_VALUE and all(part is None for part in value):
        raise ValueError(f"{name} needs a value: write it like {like}")
    return made


def _answered(made: Fault, like: str) -> Fault:
    """`api.status` with its default, one call. Raises ValueError."""
    if not made.status:
        raise ValueError(f"{made.name} needs a status: write it like {like}")
    if made.next is not None and made.span_ms:
        raise ValueError(f"{made.name} takes a number or a time, not both: write it like {like}")
    return made if made.next is not None or made.span_ms else replace(made, next=1)


def _name(text: str) -> FaultName:
    try:
        return FaultName(text)
    except ValueError:
        raise ValueError(no_fault(text)) from None


def no_fault(text: str) -> str:
    """The error for an unknown fault, with the one that may be meant."""
    return suggesting(f"there is no fault {text!r}", nearest(text), choices("fault", FaultName))


def nearest(text: str) -> FaultName | None:
    """The fault that an unknown name probably means."""
    if len(text) < 3:
        return None  # Everything is close to so little.
    shorter = {name.rpartition(".")[2]: name for name in FaultName}
    close = meant(text, FaultName) or meant(text, shorter)
    return None if close is None else shorter.get(close) or FaultName(close)


def _target(name: FaultName, value: object) -> str:
    if value is None:
        return ""
    if not FORMS[name].one_target:
        calls = Fault(name).of_calls
        raise ValueError("it affects API calls, not a target" if calls else "it affects all targets, not one")
    if not isinstance(value, str) or "://" not in value or set(value) & {" ", "@"}:
        raise ValueError(
            f"{value!r} is not a target: write a subscription's, or one above it, like https://host.example"
        )
    return value
