"""Scenarios that are played on an account of the server: how far has each come, and how did it go?

What a scenario is, the server does not know: it is given a `Player` by who starts it (`served_scenarios.py`).
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
from copper_emulator.shell.driver import Rounds
from copper_emulator.shell.stage import Stage

MOST = 50
"""Runs of an account that are kept; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A scenario that can be played by its name."""

    name: str
    title: str
    shows: str
    about: str
    steps: int
    settings: tuple[str, ...]
    """The names of those it needs."""
    fault: str = ""
    """Why it cannot be played, or nothing."""


@dataclass(frozen=True, slots=True)
class Played:
    """One step as it was played; number 0 is what is subscribed before the first one."""

    number: int
    line: int
    text: str
    at_ms: int
    ended: int
    failure: str


@dataclass(frozen=True, slots=True)
class End:
    """How a scenario went: empty texts where all is well."""

    failure: str
    failed: str
    """The failure without the timeline, for where that is shown anyway."""
    verdict: str
    sent: int
    waiting: int
    """Notifications that had not ended when it was over."""
    timeline: str
    drawn_from: int | None


OnStep = Callable[[Played], None]


class Play(Protocol):
    """A scenario that is ready to be played."""

    @property
    def title(self) -> str:
        """What it is called."""

    @property
    def total_steps(self) -> int:
        """How many it has."""

    def settings(self, own: Settings) -> Settings:
        """These, but for those that it names itself."""

    def check(self, stage: Stage) -> None:
        """Raises UsageError where what it sends cannot be sent from there."""

    def rounds(self, stage: Stage, on_step: OnStep) -> Rounds[End]:
        """Play it. Raises CopperEmulatorError where it cannot be played at all."""


class Player(Protocol):
    """Knows scenarios."""

    def offers(self) -> list[Offer]:
        """Those that can be played by their name."""

    def named(self, name: str, target: str | None) -> Play:
        """One of them, with everything sent to `target` where one is given. Raises UsageError."""

    def written(self, text: str, target: str | None) -> Play:
        """One from its text. Raises UsageError with everything that is wrong."""


class RunState(StrEnum):
    """How far a run has come."""

    PLAYING = "playing"
    PASSED = "passed"
    FAILED = "failed"
    BROKEN_OFF = "broken off"


BROKEN_OFF = "the account was reset, or the server ended"


@dataclass(slots=True)
class Run:
    """One performance."""

    number: int
    name: str | None
    title: str
    total_steps: int
    started_ms: int
    steps: list[Played] = field(default_factory=list)
    state: RunState = RunState.PLAYING
    ended_ms: int | None = None
    failure: str = ""
    end: End | None = None
    left: tuple[str, ...] = ()
    """Settings that the account has since, and that are not its own."""
    grown: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, step: Played) -> None:
        """A step was played."""
        self.steps.append(step)
        self.news()

    def surely_over(self, now: int) -> None:
        """Nobody plays it any more: where it has not come to its end, it was broken off, maybe before it had begun."""
        if self.state is RunState.PLAYING:
            self.failure, self.state, self.ended_ms = BROKEN_OFF, RunState.BROKEN_OFF, now
            self.news()

    def news(self) -> None:
        """Let those go who wait for something new; each wait has an event of its own."""
        self.grown.set()
        self.grown = asyncio.Event()

    async def after(self, steps: int, seconds: float) -> None:
        """Wait until there are more than so many steps, or it is over, or so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.state is RunState.PLAYING and len(self.steps) <= steps:
                    await self.grown.wait()


class Runs:
    """The runs of one account, newest last."""

    def __init__(self) -> None:
        self._kept: deque[Run] = deque(maxlen=MOST)
        self._number = 0

    def __iter__(self) -> Iterator[Run]:
        return iter(list(self._kept))

    def begin(self, name: str | None, play: Play, now: int) -> Run:
        """A new one."""
        self._number += 1
        run = Run(self._number, name, play.title, play.total_steps, now)
        self._kept.append(run)
        return run

    def forget(self, run: Run) -> None:
        """It could not even begin."""
        self._kept.remove(run)

    def find(self, number: int) -> Run | None:
        return next((run for run in self._kept if run.number == number), None)

    @property
    def playing(self) -> Run | None:
        """The one that is under way."""
        return next((run for run in self._kept if run.state is RunState.PLAYING), None)
