"""How are the values of settings written that are more than a word, a number or a switch?

Durations, limits, latencies and faults have modules of their own. Each function here takes what somebody wrote, in
Python or as text, and raises ValueError if it is invalid.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from copper_emulator.core.errors import AuthorityError
from copper_emulator.core.model import Outcome
from copper_emulator.core.targets import is_copper

if TYPE_CHECKING:
    from pydantic import ValidationInfo

DUE = "due"
"""The name under which `allow` permits notifications that were due but never sent."""

NONE = "none"
"""Written for an empty list."""

RANDOM = "random"
"""Written for a seed drawn anew each time."""

ELSEWHERE = "written down elsewhere"
"""The validation context of settings that were written on another machine or earlier: their files need not exist."""

_PERMITS = frozenset({*(str(outcome) for outcome in Outcome), DUE, "exception"})


def parse_seed(value: object) -> object:
    """A whole number; for `random` one is drawn now."""
    if value == RANDOM:
        return secrets.randbelow(2**32)
    if isinstance(value, str) and not re.fullmatch(r"\s*[+-]?\d+\s*", value):
        raise ValueError(f"{value!r} is neither a whole number nor {RANDOM}")
    return value


def parse_permits(value: object) -> frozenset[int | str]:
    """`500,blocked` or {500, "blocked"}: statuses, outcomes, `exception` (in the endpoint) or `due`."""
    if isinstance(value, str):
        value = _parts(value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = [value]
    if not isinstance(value, Iterable) or isinstance(value, Mapping):
        raise ValueError(f"{value!r} is not a set of statuses and outcomes")
    return frozenset(_parse_permit(item) for item in value)


def parse_hosts(value: object) -> frozenset[str]:
    """`a.example,b.example` or a list of them, in lower case; never Copper's own."""
    if isinstance(value, str):
        value = _parts(value)
    if not isinstance(value, Iterable) or isinstance(value, Mapping):
        raise ValueError(f"{value!r} is not a list of hosts")
    hosts = frozenset(str(item).lower() for item in value)
    for host in hosts:
        if "/" in host or not host or " " in host or (":" in host.strip("[]") and not host.startswith("[")):
            raise ValueError(f"{host!r} is not a host: write only its name, like hooks.example.com")
        if "*" in host:
            raise ValueError(f"{host!r} is not a single host: write out the name of each that may be sent to")
    forbidden = {host for host in hosts if is_copper(host)}
    if forbidden:
        raise ValueError(f"nothing is ever delivered to Copper itself ({', '.join(sorted(forbidden))})")
    return hosts


def parse_files(value: object, info: ValidationInfo) -> tuple[str, ...]:
    """`a.pem,b.pem`, a path, or a list of them: readable files of certificate authorities."""
    if isinstance(value, str):
        value = _parts(value)
    if isinstance(value, Path):
        value = [value]
    if not isinstance(value, Iterable) or isinstance(value, Mapping | bytes):
        raise ValueError(f"{value!r} is not a list of files")
    paths = [Path(item) if isinstance(item, str | Path) else _no_file(item) for item in value]
    if info.context != ELSEWHERE:
        for path in paths:
            _check_authorities(path)
    # Absolute, because they may be read later from another directory.
    return tuple(str(path.absolute()) for path in paths)


def _parts(text: str) -> list[str]:
    return [] if text.strip() == NONE else [part.strip() for part in text.split(",") if part.strip()]


def _parse_permit(item: object) -> int | str:
    text = str(item)
    if text.isdecimal() and 100 <= int(text) <= 599:
        return int(text)
    if text in _PERMITS:
        return text
    whole_class = isinstance(item, str) and re.fullmatch(r"[345]xx", item.lower())
    every = "; rejected is every answer that is not 2xx" if whole_class else ""
    raise ValueError(f"{item!r} is neither a status (100 to 599) nor one of {', '.join(sorted(_PERMITS))}{every}")


def _no_file(item: object) -> Path:
    raise ValueError(f"{item!r} is not a file name")


def _check_authorities(path: Path) -> None:
    # Imported on first use, because it loads OpenSSL.
    from copper_emulator.ca_files import check_file

    try:
        check_file(path)
    except AuthorityError as error:
        raise ValueError(str(error)) from None
