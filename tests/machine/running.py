"""Runs a machine as a test would, and tells what it found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml
from hypothesis import seed, settings

from pytest_copper.machine import CopperMachine
from pytest_copper.machine import run as run_machine


@dataclass(frozen=True)
class Found:
    """A failure, shrunk: the error, and the scenario in its note, where there is one."""

    error: BaseException
    text: str

    @property
    def scenario(self) -> Any:
        return yaml.safe_load(self.text)

    @property
    def events(self) -> list[str]:
        """What happened, in a word each: the actions that are business, without waiting for their end."""
        told = [item for step in self.scenario["steps"] for item in step.items()]
        return [action for action, part in told if action not in ("run_until_idle", "expect") and part != "off"]


def run(
    machine: type[CopperMachine], number: int | None = None, *, examples: int = 100, steps: int = 50
) -> Found | None:
    """What a run finds; None when all is well. Hypothesis' own budget, the same on every run; or another seed's."""
    wanted = settings(
        machine.TestCase.settings,
        derandomize=number is None,
        database=None,
        max_examples=examples,
        stateful_step_count=steps,
    )
    try:
        run_machine(machine if number is None else seed(number)(machine), wanted)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what was found
        told = _SCENARIO.findall("\n".join(getattr(error, "__notes__", ())))
        return Found(error, told[0] if told else "")
    return None


_SCENARIO = re.compile(r"replayed:\n\n(name: .*?\n)(?:\n|\Z)", re.DOTALL)
