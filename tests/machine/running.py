"""Runs a machine as a test would, and returns what it found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml
from hypothesis import Phase, seed, settings

from pytest_copper.machine import CopperMachine
from pytest_copper.machine import run as run_machine


@dataclass(frozen=True)
class Found:
    """A failure, shrunk unless asked not to: the error, and the scenario in its note, if there is one."""

    error: BaseException
    text: str

    @property
    def scenario(self) -> Any:
        return yaml.safe_load(self.text)

    @property
    def events(self) -> list[str]:
        """The scenario's actions, one word each, without those that wait, expect or switch something off."""
        told = [item for step in self.scenario["steps"] for item in step.items()]
        return [action for action, part in told if action not in ("run_until_idle", "expect") and part != "off"]


def run(
    machine: type[CopperMachine],
    number: int | None = None,
    *,
    examples: int = 100,
    steps: int = 50,
    shrunk: bool = True,
) -> Found | None:
    """Return what a run finds, or None. Without a seed (`number`), the draws are the same in every run.

    `shrunk=False` is for a test that asks only what is said, not how short the way to it is: Hypothesis then does not
    look for a shorter one, which takes most of the time of a run that finds something.
    """
    given = machine.TestCase.settings
    wanted = settings(
        given,
        phases=[phase for phase in given.phases if shrunk or phase is not Phase.shrink],
        derandomize=number is None,
        database=None,
        max_examples=examples,
        stateful_step_count=steps,
    )
    try:
        run_machine(machine if number is None else seed(number)(machine), wanted)
    except Exception as error:  # noqa: BLE001 - any exception is a finding
        told = _SCENARIO.findall("\n".join(getattr(error, "__notes__", ())))
        return Found(error, told[0] if told else "")
    return None


_SCENARIO = re.compile(r"replay\):\n\n(name: .*?\n)(?:\n|\Z)", re.DOTALL)
