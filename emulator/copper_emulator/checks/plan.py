"""What to check, and how: everything that people can say about a check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from copper_emulator.checks.fetched_from import CheckApi
from copper_emulator.checks.killing import Service
from copper_emulator.checks.rows import ROWS, Row
from copper_emulator.checks.state import Source
from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.kinds import kind_called
from copper_emulator.core.text import no_such
from copper_emulator.durations import parse_duration

__tracebackhide__ = raised_on_purpose


_BESIDE = 1_000_000
"""How far the ids of a check in a test lie beyond the test's own."""


@dataclass(frozen=True)
class Plan:
    """A check of one endpoint.

    Args:
        target: the URL that is subscribed; it has a route or is on loopback.
        shown: the target as people know it.
        secret: what the endpoint expects in the body besides the payload.
        headers: what it expects in the headers.
        open: whether it is meant to accept notifications without a secret.
        types: the types it is notified of.
        rows: what is tried.
        state: gives what it believes; without it only answers are judged.
        patience: seconds of real time after an answer in which its state may still be wrong.
        time_limit: seconds of real time after which no further row begins.
        any_token: whether the API accepts any token.
        first: how far beyond their usual start the ids of records begin.
        service: the process behind the endpoint, if it was started for the check.
        api: where the check's API is; None in a test, which has its account's.
        by_command: whether it was asked for on the command line, not in a test.
    """

    target: str
    shown: str
    secret: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    open: bool = False
    types: Sequence[EntityType] = tuple(EntityType)
    rows: Sequence[Row] = ROWS
    state: Source | None = None
    patience: float = 0.0
    time_limit: float = 300.0
    any_token: bool = False
    first: int = 0
    service: Service | None = None
    api: CheckApi | None = None
    by_command: bool = False

    def __post_init__(self) -> None:
        if self.open and self.secret:
            raise UsageError(
                "an endpoint meant to accept notifications without a secret has none: leave out either "
                f"{self.named('--no-secret', 'no_secret=True')} or {self.named('--secret', 'secret=')}"
            )

    def named(self, option: str, argument: str) -> str:
        """What one may give the check, as whoever reads the report writes it."""
        return option if self.by_command else argument


def plan_of(
    target: str,
    *,
    secret: Mapping[str, str] | None,
    headers: Mapping[str, str] | None,
    no_secret: bool,
    types: str | Iterable[str] | None,
    only: str | Iterable[str] | None,
    skip: str | Iterable[str] | None,
    state: Source | None,
    patience: timedelta | str,
    time_limit: timedelta | str,
) -> Plan:
    """Make a plan from a test's arguments. Raises UsageError."""
    if state is not None and not callable(state):
        raise UsageError(f"state takes a function that returns the state, like state=lambda: {{...}}, not {state!r}")
    return Plan(
        target,
        target,
        secret=_mapping("secret", secret),
        headers=_mapping("headers", headers),
        open=no_secret,
        types=types_of(types),
        rows=rows_of(only, skip),
        state=state,
        patience=_seconds("patience", patience),
        time_limit=_seconds("time_limit", time_limit),
        first=_BESIDE,
    )


def _mapping(name: str, given: Mapping[str, str] | None) -> dict[str, str]:
    if given is not None and not isinstance(given, Mapping):
        raise UsageError(f"{name} takes a dictionary, like {name}={{'key': 's3cret'}}, not {given!r}")
    return dict(given or {})


def _seconds(name: str, given: timedelta | str) -> float:
    try:
        return parse_duration(given) / 1000
    except ValueError as error:
        raise UsageError(f"{name}: {error}") from None


def types_of(names: str | Iterable[str] | None) -> tuple[EntityType, ...]:
    """The named types in their usual order; all if None. Raises UsageError."""
    if names is None:
        return tuple(EntityType)
    wanted = {kind_called(name) for name in _names(names, "types")}
    return tuple(kind for kind in EntityType if kind in wanted)


def rows_of(
    only: str | Iterable[str] | None, skip: str | Iterable[str] | None, *, service: bool = False
) -> tuple[Row, ...]:
    """The rows to play, in order. Raises UsageError for unknown names, or if no row is left."""
    known = [row.name for row in ROWS]
    wanted = [row.name for row in ROWS if service or not row.service] if only is None else _names(only, "only")
    left_out = [] if skip is None else _names(skip, "skip")
    for name in (*wanted, *left_out):
        if name not in known:
            raise UsageError(no_such("row", name, known))
    rows = tuple(row for row in ROWS if row.name in wanted and row.name not in left_out)
    if not rows:
        raise UsageError(
            f"no row is left to play: skip leaves out {'every row' if only is None else 'all that only names'}"
        )
    return rows


def _names(names: str | Iterable[str], option: str) -> list[str]:
    if not isinstance(names, Iterable):
        raise UsageError(f"{option} takes names, like {option}='a,b', not {names!r}")
    several = names.split(",") if isinstance(names, str) else list(names)
    found = [str(name).strip() for name in several if str(name).strip()]
    if not found:
        raise UsageError(f"{option} names nothing; leave it out, or write names, like {option}='a,b'")
    return found
