"""What has a row seen so far, and has it used up its time?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from copper_emulator.core.model import Attempt, EntityType, Result
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.delivering.driver import Rounds

T = TypeVar("T")


class TimeIsUp(Exception):
    """A row has used up its real time."""


@dataclass(slots=True)
class Trial:
    """What one row has seen so far."""

    began: float
    limit: float
    ahead: int = 0
    """Milliseconds that it plays ahead."""
    slowest: float = 0.0
    touched: dict[tuple[EntityType, int], None] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    """Differences, each with a text that also says when it was first seen."""
    compared: int = 0
    first_touched: int = 0
    first_right: int | None = None
    """How many of `first_touched` records were right at the first difference; None if one of those was a surplus."""

    has_right: bool = False
    """Whether the state had a record as Copper has it."""

    goes_back: bool = False
    """Whether something that was right in one look at the state was wrong again in a later one, as nothing happened."""

    @property
    def seconds(self) -> float:
        return monotonic() - self.began

    def looked(self, before: list[frozenset[str]], wrong: Iterable[str]) -> None:
        """Note what was wrong at one more look, after those `before`, which it is added to if anything has changed."""
        now = frozenset(wrong)
        if now not in before:
            before.append(now)
        elif now != before[-1]:
            self.goes_back = True


def timed(rounds: Rounds[T], trial: Trial) -> Rounds[T]:
    """The same rounds, timed; raises TimeIsUp inside them after each round that ends after the row's time."""
    try:
        attempts: list[Attempt] = next(rounds)
        while True:
            try:
                results: list[Result] = yield attempts
            except BaseException as error:
                rounds.throw(error)
                raise
            # Only the requests count: what an endpoint does after its answer is part of the round.
            trial.slowest = max([trial.slowest, *((each.took_ms or 0.0) / 1000 for each in results)])
            attempts = rounds.send(results)
            if trial.seconds > trial.limit:
                attempts = rounds.throw(TimeIsUp())
    except StopIteration as stop:
        value: T = stop.value
        return value
