"""Runs a machine as a test would, and returns what it found."""

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
    """A failure, shrunk: the error, and the scenario in its note, if there is one."""

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
    machine: type[CopperMachine], number: int | None = None, *, examples: int = 100, steps: int = 50
) -> Found | None:
    """Return what a run finds, or None. Without a seed (`number`), the draws are the same in every run."""
    wanted = settings(
        machine.TestCase.settings,
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
