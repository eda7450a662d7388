"""Runs a machine as a test would, and tells what it found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml
from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from pytest_copper.machine import CopperMachine

BUDGET = settings(derandomize=True, database=None)
"""Hypothesis' own budget: 100 examples of up to 50 steps; the same on every run."""


@dataclass(frozen=True)
class Found:
    """A failure, shrunk: the error, and the scenario in its note."""

    error: BaseException
    text: str

    @property
    def scenario(self) -> Any:
        return yaml.safe_load(self.text)

    @property
    def events(self) -> list[str]:
        """What happened, in a word each: the actions that are business, without waiting for their end."""
        told = [action for step in self.scenario["steps"] for action in step]
        return [action for action in told if action not in ("run_until_idle", "expect")]


def run(machine: type[CopperMachine], budget: settings = BUDGET) -> Found | None:
    """What a run finds; None when all is well."""
    try:
        run_state_machine_as_test(machine, settings=settings(budget, deadline=None, suppress_health_check=QUIET))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what was found
        notes = "\n".join(error.__notes__)
        return Found(error, _SCENARIO.findall(notes)[0])
    return None


def run_seeded(machine: type[CopperMachine], number: int, *, examples: int) -> Found | None:
    """The same with a seed of its own and fewer examples."""
    return run(seed(number)(machine), settings(database=None, max_examples=examples))


QUIET = CopperMachine.TestCase.settings.suppress_health_check
_SCENARIO = re.compile(r"replayed:\n\n(name: .*?\n)(?:\n|\Z)", re.DOTALL)
