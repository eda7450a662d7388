"""`exec --scenario`: a service is started, a scenario is played against it, and the exit code is the scenario's."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.cli.processes import free_port
from tests.executing.commands import Ended, Executing

SERVICE = Path(__file__).with_name("service.py")


def against(executing: Executing, *words: str, options: list[str], scenario: str = "first_notification") -> Ended:
    """A scenario against the service at a free port; `{port}` in words and options is its number."""
    port = str(free_port())
    filled = [option.format(port=port) for option in options]
    command = [sys.executable, str(SERVICE), port, *words]
    return executing(command, "--scenario", scenario, "--json", *filled)


def events(ended: Ended) -> list[str]:
    """Of what the service was notified, in order."""
    return [f"{body['type']}/{body['event']}" for body in map(json.loads, ended.out.splitlines())]


ROUTED = ["--route", "https://my-app.example=http://127.0.0.1:{port}"]


def test_with_a_target_it_subscribes_and_begins_when_the_target_answers(executing: Executing) -> None:
    ended = against(executing, options=["--target", "http://127.0.0.1:{port}/hooks"])

    *_, over = ended.told
    assert ended.code == 0, ended.err
    assert events(ended) == ["person/new", "person/update"]
    assert over["scenario"] == {"title": "first notification", "passed": True, "sent": 2, "failure": None}
    assert [line["passed"] for line in ended.told if line["kind"] == "step"] == [True] * 8
    assert "no call" not in ended.err


def test_without_one_it_is_played_on_what_the_service_has_subscribed(executing: Executing) -> None:
    """Nothing is subscribed twice, and other topics of the service's go on as well."""
    ended = against(executing, "person/delete", "person/new", "person/update", options=ROUTED)

    *_, over = ended.told
    assert ended.code == 0, ended.err
    assert events(ended) == ["person/new", "person/update"]
    assert over["accounts"][0]["subscriptions"] == 3


def test_it_waits_for_a_service_that_subscribes_before_it_listens(executing: Executing) -> None:
    ended = against(executing, "person/new", "person/update", "--listens-later", options=ROUTED)

    assert ended.code == 0, ended.err
    assert events(ended) == ["person/new", "person/update"]


def test_a_service_that_answers_wrongly_fails_it(executing: Executing) -> None:
    ended = against(executing, "--status", "500", options=["--target", "http://127.0.0.1:{port}/hooks"])

    *_, over = ended.told
    assert ended.code == 1
    assert over["scenario"]["passed"] is False
    assert "but it was rejected (500)" in over["scenario"]["failure"]


def test_a_service_that_never_subscribes_fails_it_and_is_ended(executing: Executing) -> None:
    ended = against(executing, "person/new", options=[*ROUTED, "--wait", "2s"])

    assert ended.code == 1
    assert "after 2s it still waited for the command to subscribe to person/update" in ended.err


def test_a_target_at_which_nobody_listens_fails_it_and_the_command_is_told_to_end(executing: Executing) -> None:
    port = free_port()
    target = f"http://127.0.0.1:{port}/hooks"
    script = "trap 'echo told to end; exit 0' TERM; while :; do sleep 0.05; done"

    ended = executing.shell(script, "--scenario", "first_notification", "--target", target, "--wait", "300ms", "--json")

    assert (ended.code, ended.out) == (1, "told to end\n")
    assert f"it still waited for somebody to listen at http://127.0.0.1:{port}" in ended.err


def test_what_has_no_route_is_told_with_the_option_that_gives_it_one(executing: Executing) -> None:
    ended = against(executing, "person/new", "person/update", options=[])

    assert ended.code == 1
    assert "no route for https://my-app.example" in ended.err
    assert "--route https://my-app.example=" in ended.err


def test_a_command_that_ends_too_early_fails_it_with_its_own_code(executing: Executing) -> None:
    for command, code in ((["true"], 1), (["sh", "-c", "exit 9"], 9)):
        ended = executing(command, "--scenario", "first_notification")

        assert ended.code == code
        assert "the command ended before the scenario had begun, which waited for the command to subscribe" in ended.err


def test_its_settings_hold_from_the_start(executing: Executing) -> None:
    """A limit of 600 a minute would hold none of these; the service has subscribed before it began."""
    ended = against(
        executing, "person/new", "person/update", options=ROUTED, scenario=str(Path(__file__).with_name("limited.yaml"))
    )

    assert ended.code == 0, ended.err
    assert events(ended) == ["person/new"] * 3


def test_a_file_with_faults_in_it_is_said_line_by_line(executing: Executing, tmp_path: Path) -> None:
    faulty = tmp_path / "faulty.yaml"
    faulty.write_text("name: faulty\nsteps:\n  - creat: {type: person}\n  - expect: {topic: nothing/new}\n")

    ended = executing(["echo", "ran"], "--scenario", str(faulty))

    assert (ended.code, ended.out) == (2, "")
    assert [line.split(":")[2] for line in ended.err.splitlines()] == ["3", "4"]
