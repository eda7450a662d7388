"""Scenarios played on an account of the server: how far has each come, and what was the outcome?

The server does not know what a scenario is: whatever starts it passes in a `Player` (`served_scenarios.py`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from copper_emulator.settings import Settings
from copper_emulator.shell.delivering.driver import Rounds
from copper_emulator.shell.tenant import Tenant

MOST = 50
"""How many runs of an account are kept; the oldest are dropped first."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A scenario that can be played by name."""

    name: str
    title: str
    shows: str
    about: str
    steps: int
    settings: tuple[str, ...]
    """The names of the settings it needs."""
    fault: str = ""
    """Why it cannot be played, or ""."""


@dataclass(frozen=True, slots=True)
class PlayedStep:
    """One step that was played; number 0 is the subscribing before the first step."""

    number: int
    line: int
    text: str
    at_ms: int
    ended: int
    failure: str


@dataclass(frozen=True, slots=True)
class End:
    """The outcome of a scenario; its texts are empty if all is well."""

    failure: str
    failed: str
    """The failure without the timeline, for places that show it anyway."""
    verdict: str
    sent: int
    waiting: int
    """The number of notifications that were still waiting at the end."""
    timeline: str
    drawn_from: int | None


OnStep = Callable[[PlayedStep], None]


class Play(Protocol):
    """A scenario that is ready to be played."""

    @property
    def title(self) -> str:
        """The scenario's name."""

    @property
    def total_steps(self) -> int:
        """The number of its steps."""

    def settings(self, own: Settings) -> Settings:
        """An account's settings with the scenario's own."""

    def check(self, tenant: Tenant) -> None:
        """Raise UsageError if this account cannot send what it sends."""

    def rounds(self, tenant: Tenant, on_step: OnStep) -> Rounds[End]:
        """Play it. Raises CopperEmulatorError if it cannot be played at all."""


class Player(Protocol):
    """A collection of scenarios."""

    def offers(self) -> list[Offer]:
        """The scenarios that can be played by name."""

    def named(self, name: str, target: str | None) -> Play:
        """One of the offers, with everything sent to `target` if given. Raises UsageError."""

    def written(self, text: str, target: str | None) -> Play:
        """A scenario from its text. Raises UsageError with everything that is wrong with it."""


class RunState(StrEnum):
    """The state of a run."""

    PLAYING = "playing"
    PASSED = "passed"
    FAILED = "failed"
    BROKEN_OFF = "broken off"


BROKEN_OFF = "the account was reset, or the server ended"


@dataclass(slots=True)
class Run:
    """One playing of a scenario."""

    number: int
    name: str | None
    title: str
    total_steps: int
    started_ms: int
    steps: list[PlayedStep] = field(default_factory=list)
    state: RunState = RunState.PLAYING
    ended_ms: int | None = None
    failure: str = ""
    end: End | None = None
    left_settings: tuple[str, ...] = ()
    """Settings the run has left on the account that are not the account's own."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, step: PlayedStep) -> None:
        """Add a step that was played."""
        self.steps.append(step)
        self.wake()

    def mark_broken_off(self, now: int) -> None:
        """Mark it as broken off if it has not ended: nothing plays it any more, and it may never have begun."""
        if self.state is RunState.PLAYING:
            self.failure, self.state, self.ended_ms = BROKEN_OFF, RunState.BROKEN_OFF, now
            self.wake()

    def wake(self) -> None:
        """Wake everything that waits for a change; each wait has an event of its own."""
        self.changed.set()
        self.changed = asyncio.Event()

    async def wait_for_steps(self, steps: int, seconds: float) -> None:
        """Wait until there are more than `steps` steps, or it is over, or the time is up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.state is RunState.PLAYING and len(self.steps) <= steps:
                    await self.changed.wait()


class Runs:
    """The runs of one account, newest last."""

    def __init__(self) -> None:
        self._runs: deque[Run] = deque(maxlen=MOST)
        self._number = 0

    def __iter__(self) -> Iterator[Run]:
        return iter(list(self._runs))

    def begin(self, name: str | None, play: Play, now: int) -> Run:
        """Add a new run."""
        self._number += 1
        run = Run(self._number, name, play.title, play.total_steps, now)
        self._runs.append(run)
        return run

    def forget(self, run: Run) -> None:
        """Remove a run that could not even begin."""
        self._runs.remove(run)

    def find(self, number: int) -> Run | None:
        return next((run for run in self._runs if run.number == number), None)

    @property
    def playing(self) -> Run | None:
        """The run under way."""
        return next((run for run in self._runs if run.state is RunState.PLAYING), None)
