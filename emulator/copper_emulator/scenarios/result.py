"""How a scenario went: the steps that were played, up to the first that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from copper_emulator.core.text import count
from copper_emulator.scenarios.words import moment_text

_TAIL = 12
"""How many lines of the timeline a failure shows."""


class ScenarioFailed(AssertionError):
    """A step failed. The text says which, where it is, what was expected and what came; `result` has everything."""

    # The public import path, and the name that the summary of a test run shows.
    __module__ = "copper_emulator"

    def __init__(self, result: ScenarioResult) -> None:
        super().__init__(result.failure)
        self.result = result

    def __reduce__(self) -> tuple[Any, ...]:
        # By default, copy and pickle would make it of its text.
        return type(self), (self.result,)


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step as it was played. `number` counts from 1; what the scenario subscribes before its steps has number 0.

    `at_ms` is the scenario's time at its end, `ended` the number of notifications that ended during it, `failure` what
    was wrong, or empty.
    """

    number: int
    line: int
    text: str
    at_ms: int
    ended: int = 0
    failure: str = ""

    @property
    def passed(self) -> bool:
        return not self.failure

    def to_json(self) -> dict[str, Any]:
        """As JSON; times are in milliseconds since the scenario's start."""
        return {
            "number": self.number,
            "line": self.line,
            "text": self.text,
            "at_ms": self.at_ms,
            "ended": self.ended,
            "passed": self.passed,
            "failure": self.failure or None,
        }


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """A scenario as it was played, to its end or to the first step that failed."""

    name: str
    source: str
    steps: tuple[StepResult, ...]
    total_steps: int
    sent: int
    timeline: str
    waiting: int = 0
    """Notifications that had not ended when it was over."""

    @property
    def passed(self) -> bool:
        """Whether every step has passed."""
        return all(step.passed for step in self.steps)

    @property
    def failed_step(self) -> StepResult | None:
        """The first step that has not passed; None if all have."""
        return next((step for step in self.steps if not step.passed), None)

    @property
    def failed(self) -> str:
        """Which step failed and why; empty if none did."""
        step = self.failed_step
        if step is None:
            return ""
        where = f"step {step.number} of {self.total_steps}" if step.number else "before the first step"
        return f"{self.source}:{step.line}: {where} failed, at {moment_text(step.at_ms)}: {step.text}\n{step.failure}"

    @property
    def failure(self) -> str:
        """The same with the end of the timeline."""
        if self.passed:
            return ""
        lines = [self.failed]
        tail = self.timeline.splitlines()
        lines.append("The timeline:" if len(tail) <= _TAIL else "The end of the timeline:")
        lines += [f"  {line}" for line in tail[-_TAIL:]]
        return "\n".join(lines)

    def checked(self) -> ScenarioResult:
        """Return the result. Raises ScenarioFailed if a step failed."""
        __tracebackhide__ = True
        if not self.passed:
            raise ScenarioFailed(self)
        return self

    def __str__(self) -> str:
        return (
            self.failure
            or f"{self.name}: {count(self.total_steps, 'step')} passed, {sent_text(self.sent, self.waiting)}"
        )


def sent_text(sent: int, waiting: int) -> str:
    """`2 notifications sent`, and how many were still waiting when it was over."""
    return f"{count(sent, 'notification')} sent" + (f", {waiting:,} still waiting" if waiting else "")
