"""What has a row seen so far, and has it taken all the time it may?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from copper_emulator.core.model import Attempt, EntityType, Result
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.driver import Rounds

T = TypeVar("T")


class TimeIsUp(Exception):
    """A row has taken all the real time it may."""


@dataclass(slots=True)
class Trial:
    """What one row has seen so far."""

    began: float
    limit: float
    calls_before: int = 0
    ahead: int = 0
    """Milliseconds that it plays ahead."""
    slowest: float = 0.0
    touched: dict[tuple[EntityType, int], None] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    """Differences, each with when it was seen."""
    compared: int = 0
    first_touched: int = 0
    first_right: int | None = None
    """How many of so many records were right when first some were not; of those that Copper has no more, None."""

    @property
    def seconds(self) -> float:
        return monotonic() - self.began


def timed(rounds: Rounds[T], trial: Trial) -> Rounds[T]:
    """The same rounds, each timed; TimeIsUp is raised in them when the row has taken too long."""
    try:
        attempts: list[Attempt] = next(rounds)
        while True:
            try:
                results: list[Result] = yield attempts
            except BaseException as error:
                rounds.throw(error)
                raise
            # Of each request alone: what an endpoint does after its answer is in the time of the round.
            trial.slowest = max([trial.slowest, *((each.took_ms or 0.0) / 1000 for each in results)])
            attempts = rounds.send(results)
            if trial.seconds > trial.limit:
                rounds.throw(TimeIsUp())
    except StopIteration as stop:
        value: T = stop.value
        return value
