"""The machine finds each of eight classic bugs within Hypothesis' own budget, and reports the shortest way to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from copper_emulator import Copper, CopperEmulatorError, Emulator
from tests.machine.machines import machine
from tests.machine.many_seeds import TYPES
from tests.machine.running import Found, run
from tests.machine.samples import SAMPLES, InProcess, sample, truth

SHORTEST: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "first id only": [("create", {"count": 2})],
    # One update alone always leaves the last value; two of them in another order do not.
    "trusts order": [("create", {}), ("update", {}), ("update", {}), ("run_until_idle", {})],
    "parses the body as a record": [("create", {})],
    "ignores deletes": [("create", {}), ("delete", {})],
    "crashes on empty updated_attributes": [("create", {})],
    "no secret check": [("replay", {}), ("expect", {"outcome": "rejected"})],
    # Two records in one notification, one of which is gone before it arrives.
    "loses a batch on one bad record": [("create", {"count": 2}), ("delete", {}), ("run_until_idle", {})],
    "echo loop": [("create", {})],
}
"""For each bug, the fewest events that can show it, and how the file ends if it has to wait for them."""

LATE = {"trusts order", "loses a batch on one bad record"}
"""Bugs that nothing shows as long as every notification arrives at once."""


@pytest.fixture(scope="module", params=sorted(SHORTEST))
def found(request: pytest.FixtureRequest) -> tuple[str, Found]:
    name: str = request.param
    failure = run(machine(name))
    assert failure is not None, f"{name} was not found"
    return name, failure


def test_the_shortest_way_to_each_bug_is_told(found: tuple[str, Found]) -> None:
    name, failure = found
    steps = [item for step in failure.scenario["steps"] for item in step.items()]

    assert [action for action, _ in steps] == [action for action, _ in SHORTEST[name]]
    for (_, part), (_, wanted) in zip(steps, SHORTEST[name], strict=True):
        assert {key: part[key] for key in wanted} == wanted
        assert isinstance(part, str) or part.get("count", 1) == wanted.get("count", 1)
    assert set(failure.scenario.get("settings", {})) == ({"latency", "seed"} if name in LATE else set())


def test_what_is_told_replays_to_the_same_failing_state(found: tuple[str, Found], tmp_path: Path) -> None:
    """Through `copper.play`, as by anyone who pastes it."""
    name, failure = found
    path = tmp_path / "found.yaml"
    path.write_text(failure.text, encoding="utf-8")

    assert went_wrong(name, path)
    assert not went_wrong("right", path)


def test_the_machine_itself_replays_it(found: tuple[str, Found], tmp_path: Path) -> None:
    name, failure = found
    path = tmp_path / "found.yaml"
    path.write_text(failure.text, encoding="utf-8")

    with pytest.raises(type(failure.error)):
        machine(name).replay(path)
    machine("right").replay(failure.text)


def went_wrong(name: str, scenario: Path) -> bool:
    with Emulator(strict=False) as copper:
        app = sample(name, client=InProcess(copper))
        copper.route("https://endpoint.example", to=app)
        return not played(copper, scenario) or app.copy != truth(copper)


def played(copper: Copper, scenario: Path) -> bool:
    try:
        copper.play(scenario)
    except (CopperEmulatorError, AssertionError):
        return False
    return all(each.exception is None for each in copper.deliveries)


def test_the_right_one_passes() -> None:
    assert run(machine("right")) is None


@pytest.mark.parametrize("number", range(10))
def test_the_right_one_passes_with_other_seeds_and_types(number: int) -> None:
    """A part of what `tests/machine/many_seeds.py` does with a thousand."""
    assert run(machine("right", *TYPES[number % 3]), number, examples=10) is None


def test_there_is_one_bug_for_each_sample() -> None:
    assert {*SHORTEST, "right"} == set(SAMPLES)
