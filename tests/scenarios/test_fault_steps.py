"""The action `faults`: what goes wrong from then on."""

from __future__ import annotations

from pathlib import Path

import pytest

from copper_emulator import Emulator
from tests.scenarios.builders import HEAD, answering, failure_of, mistake_in, performed, story

LOST = """
    - faults: [lose=1, batches=1]
    - create: {type: person, as: both, count: 2}
    - expect: {topic: person/new, outcome: lost}
    - expect: {topic: person/new, status: 200}
    - expect_totals: {sent: 1}
    - faults: off
    - create: {type: person, as: others, count: 2}
    - expect: {topic: person/new, records: others, count: 1}
"""


def test_faults_are_switched_on_and_off() -> None:
    played = performed(story(LOST))

    assert played.passed, played
    assert "fault       lose=1 is on" in played.result.timeline
    assert "fault       batches=1 is off" in played.result.timeline


def test_a_scenario_may_be_played_on_an_account(tmp_path: Path) -> None:
    path = tmp_path / "lost.yaml"
    path.write_text(story(LOST))
    with Emulator() as copper:
        answering(copper, lambda request: 200)
        copper.play(path)
        assert copper.faults.active == []


def test_what_it_switched_on_is_off_when_it_is_over(tmp_path: Path) -> None:
    path = tmp_path / "lost.yaml"
    path.write_text(story("- faults: [lose=1, shuffle]"))
    with Emulator() as copper:
        answering(copper, lambda request: 200)
        copper.faults.gone()
        copper.play(path)
        assert [str(fault) for fault in copper.faults.active] == ["gone"]


@pytest.mark.parametrize("step", ["lose=1", "[lose=1, lose=50%]", "lose=20%"])
def test_what_it_replaced_is_on_again_when_it_is_over(tmp_path: Path, step: str) -> None:
    path = tmp_path / "lost.yaml"
    path.write_text(story(f"- faults: {step}"))
    with Emulator(faults="lose=20%") as copper:
        answering(copper, lambda request: 200)
        copper.play(path)
        assert [str(fault) for fault in copper.faults.active] == ["lose=20%"]


def test_what_a_scenario_switches_off_stays_off(tmp_path: Path) -> None:
    path = tmp_path / "off.yaml"
    path.write_text(story("- faults: lose=1\n- faults: off"))
    with Emulator(faults="lose=20%") as copper:
        answering(copper, lambda request: 200)
        copper.play(path)
        assert copper.faults.active == []


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("lose=20%", "switch on lose=20%"),
        ("[lose=20%, outage=10m]", "switch on lose=20%, outage=10m"),
        ("lose=20% outage=10m", "switch on lose=20%, outage=10m"),
        ('["batches=29,1", shuffle]', "switch on batches=29,1, shuffle"),
        ("off", "switch all faults off"),
    ],
)
def test_a_step_says_what_it_does(written: str, words: str) -> None:
    played = performed(story(f"- faults: {written}"))

    assert [step.text for step in played.result.steps][-1] == words


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("[loose=1]", "there is no fault 'loose'; did you mean 'lose'?"),
        ("lose", "lose needs a value: write it like lose=20%"),
        ("[]", "needs faults, like [lose=20%, outage=10m], or off"),
        ("[api.status=429,3, shuffle]", 'write one that has a comma in quotes, like "api.status=429,3"'),
        ("{lose: 3}", "is not a list of faults: write it like lose=20% outage=10m, or off"),
    ],
)
def test_what_cannot_be_is_told_with_its_line(written: str, says: str) -> None:
    text = mistake_in(story(f"- faults: {written}"))

    assert text.startswith("story.yaml:6: steps[1].faults: ")
    assert says in text


def test_settings_have_them_from_the_start() -> None:
    text = HEAD.replace("name: story", "name: story\nsettings: {faults: refuse=1}")

    played = performed(text + "  - create: {type: person}\n  - expect: {topic: person/new, outcome: failed}\n")

    assert played.passed, played


def test_a_failure_says_where_its_draws_came_from() -> None:
    text = HEAD.replace("name: story", "name: story\nsettings: {seed: 7}")
    steps = "  - faults: lose=99.9999%\n  - create: {type: person}\n  - expect: {topic: person/new, status: 200}\n"

    played = performed(text + steps)

    assert not played.passed
    assert played.drawn_from == 7
    assert performed(text + "  - create: {type: person}\n").drawn_from is None


def test_a_check_names_the_fault_by_which_it_failed() -> None:
    assert "lost by the fault lose=1" in failure_of(
        story("""
            - faults: lose=1
            - create: {type: person, as: ada}
            - expect: {topic: person/new, records: ada}
        """)
    )
