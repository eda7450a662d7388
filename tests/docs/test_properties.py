"""The examples in docs/properties.md run, and its tables match the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pytest_copper import oracles
from pytest_copper.machine import CopperMachine
from tests.machine.machines import SampleMachine
from tests.machine.running import run
from tests.machine.samples import SAMPLES

TEXT = (Path(__file__).parents[2] / "docs/properties.md").read_text(encoding="utf-8")
MACHINES = [block for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL) if "TestCase" in block]


def first_column(heading: str) -> list[str]:
    """The names in the first column of a table."""
    table = TEXT.split(heading)[1].split("\n\n")[0]
    return re.findall(r"`(\w+)", "".join(row.split("|")[1] for row in table.splitlines()[2:]))


@pytest.mark.parametrize("block", MACHINES, ids=range(len(MACHINES)))
def test_the_machines_run_and_find_nothing(block: str) -> None:
    names: dict[str, Any] = {}
    exec(compile(block, "properties.md", "exec"), names)

    assert run(names["MirrorHoldsUp"], examples=20) is None


def test_every_rule_is_told() -> None:
    rules = {each.function.__name__ for each in SampleMachine().rules}

    assert set(first_column("| rule | what |")) == rules


def test_what_a_user_says_is_told() -> None:
    named = first_column("| in your class | meaning |")

    assert [name for name in named if not hasattr(CopperMachine, name)] == []


def test_the_oracles_exist_and_each_bug_has_its_row() -> None:
    functions = first_column("| function in `pytest_copper.oracles` | says |")
    bugs = TEXT.split("| bug | events |\n")[1].split("\n\n")[0].splitlines()[1:]

    assert len(functions) == 6
    assert len(bugs) == len(SAMPLES) - 1
    mixins = ("Idempotent", "UnknownFieldsTolerated", "InAnyOrder", "AnswersInTime")
    assert [name for name in (*functions, *mixins) if not hasattr(oracles, name)] == []
