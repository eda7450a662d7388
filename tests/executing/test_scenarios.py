"""`exec --scenario`: a service is started, a scenario is played against it, and the exit code is the scenario's."""

from __future__ import annotations

import json
import os
import pty
import socket
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.processes import free_port
from tests.executing.commands import EXEC, Ended, Executing, environment

_LOCAL = 3
"""Where the local flags are among the attributes of a terminal."""

SERVICE = Path(__file__).with_name("service.py")


def against(
    executing: Executing,
    *words: str,
    options: list[str],
    scenario: str = "first_notification",
    as_json: bool = True,
) -> Ended:
    """Play a scenario against the service on a free port, which replaces `{port}` in words and options."""
    port = str(free_port())
    filled = [option.format(port=port) for option in options]
    command = [sys.executable, str(SERVICE), port, *words]
    return executing(command, "--scenario", scenario, *(["--json"] if as_json else []), *filled)


@contextmanager
def port_of_nobody() -> Iterator[int]:
    """One at which nobody listens, and nobody will: a free one may be taken meanwhile, by another test above all."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def events(ended: Ended) -> list[str]:
    """What the service was notified of, in order."""
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
    """Nothing is subscribed twice, and other topics of the service keep working."""
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


def test_what_happened_is_told_once_where_a_scenario_fails(executing: Executing) -> None:
    target = ["--target", "http://127.0.0.1:{port}/hooks"]
    ended = against(executing, "--status", "500", options=target, as_json=False)

    assert ended.code == 1
    assert "Fix the endpoint; or, if this is intended, expect it with status: 500." in ended.err
    assert ended.err.count("  rejected  #1 person/new") == 1
    assert "imeline" not in ended.err.partition("FAILED  first notification")[2]


def test_a_service_that_never_subscribes_fails_it_and_is_ended(executing: Executing) -> None:
    ended = against(executing, "person/new", options=[*ROUTED, "--wait", "2s"])

    assert ended.code == 1
    assert "after 2s it was still waiting for the command to subscribe to person/update" in ended.err


def test_a_target_at_which_nobody_listens_fails_it_and_the_command_is_told_to_end(executing: Executing) -> None:
    script = "trap 'echo told to end; exit 0' TERM; while :; do sleep 0.05; done"
    with port_of_nobody() as port:
        target = f"http://127.0.0.1:{port}/hooks"

        ended = executing.shell(
            script, "--scenario", "first_notification", "--target", target, "--wait", "300ms", "--json"
        )

    assert (ended.code, ended.out) == (1, "told to end\n")
    assert f"it was still waiting for something to listen at http://127.0.0.1:{port}" in ended.err


def test_what_has_no_route_is_told_with_the_option_that_gives_it_one(executing: Executing) -> None:
    ended = against(executing, "person/new", "person/update", options=[])

    assert ended.code == 1
    assert "no route for https://my-app.example" in ended.err
    assert "with exec --route https://my-app.example=" in ended.err
    assert "serve " not in ended.err


def test_what_is_not_to_fail_a_scenario_can_be_allowed(executing: Executing, tmp_path: Path) -> None:
    """And if it does fail it, the advice names exec's own option."""
    scenario = tmp_path / "one.yaml"
    scenario.write_text(
        "name: one\nsubscriptions: {new: {topic: person/new, target: /hooks}}\nsteps:\n  - create: {type: person}\n"
    )
    service = ["--status", "500"]
    target = ["--target", "http://127.0.0.1:{port}/hooks"]

    failed = against(executing, *service, options=target, scenario=str(scenario))
    assert failed.code == 1
    assert "or allow it: exec --allow 500" in failed.told[-1]["scenario"]["failure"]

    assert against(executing, *service, options=[*target, "--allow", "500"], scenario=str(scenario)).code == 0
    assert against(executing, *service, options=[*target, "--no-strict"], scenario=str(scenario)).code == 0


def test_a_command_that_ends_too_early_fails_it_with_its_own_code(executing: Executing) -> None:
    for command, code in ((["true"], 1), (["sh", "-c", "exit 9"], 9)):
        ended = executing(command, "--scenario", "first_notification")

        assert ended.code == code
        assert (
            "the command ended before the scenario had begun, which was waiting for the command to subscribe"
            in ended.err
        )


@pytest.mark.parametrize("target", ["{}/hooks", "https://my-app.example/hooks"])
def test_where_somebody_listens_at_its_target_already_it_is_not_started(executing: Executing, target: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"http://127.0.0.1:{silent.getsockname()[1]}"
        route = f"--route=https://my-app.example={place}"
        where = ("--scenario", "first_notification", "--target", target.format(place), route)

        ended = executing(["sh", "-c", "exit 9"], *where)

    assert ended.code == 2
    assert f"--target: something already listens at {place}, so the command could not: stop that" in ended.err


def test_it_is_said_where_its_port_may_have_been_in_use(executing: Executing) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"http://127.0.0.1:{silent.getsockname()[1]}"
        route = f"--route=https://my-app.example={place}"

        ended = executing(["sh", "-c", "exit 9"], "--scenario", "first_notification", route)

    assert ended.code == 9
    assert f". Something was listening at {place} before it started: it may have found its port in use" in ended.err


SEVERAL = {
    "a shell that waits": "{service} & wait; echo over",
    "a shell that has one more step": "{service}; echo over",
    "a shell in a shell": "sh -c '{service}; true'; true",
}


@pytest.mark.parametrize("script", SEVERAL.values(), ids=SEVERAL)
def test_a_service_is_ended_with_all_that_it_has_started(executing: Executing, script: str) -> None:
    """Anything left would keep stdout open, so that this would never end, and its port in use."""
    port = free_port()
    service = f"{sys.executable} {SERVICE} {port}"

    ended = executing.shell(
        script.format(service=service),
        *("--scenario", "first_notification", "--target", f"http://127.0.0.1:{port}/hooks"),
    )

    assert ended.code == 0, ended.err
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))


def test_what_a_command_that_has_ended_leaves_is_ended_too(executing: Executing) -> None:
    target = f"http://127.0.0.1:{free_port()}/hooks"

    ended = executing.shell("sleep 600 & exit 3", "--scenario", "first_notification", "--target", target)

    assert ended.code == 3


def test_the_terminals_ctrl_c_reaches_all_of_a_service(executing: Executing) -> None:
    """It is in a session of its own, and still reads the terminal."""
    # A sleep that starts just after the signal was sent does not get it.
    script = "trap 'echo got it; exit 5' INT; read line; echo heard $line; while :; do sleep 0.2; done"
    with port_of_nobody() as port:
        words = ["--scenario", "first_notification", "--target", f"http://127.0.0.1:{port}/hooks", "--"]
        child, terminal = pty.fork()
        if child == 0:
            os.execve(EXEC[0], [*EXEC, *words, "sh", "-c", script], environment(executing.authority))
        code, said = _talked(child, terminal)
    assert code == 5, said
    assert said.count(b"got it") == 1


def _talked(child: int, terminal: int) -> tuple[int, bytes]:
    """What it ended with and said, to which a line is written, and Ctrl-C when it has read that."""
    said = b""
    with open(terminal, "rb+", buffering=0) as opened:
        # A terminal sends the signal and then forgets what was written to it and not yet read: what is said to the
        # signal, too, where it is told to forget only after that. Unless it is told to forget nothing.
        how = termios.tcgetattr(opened)
        how[_LOCAL] |= termios.NOFLSH
        termios.tcsetattr(opened, termios.TCSANOW, how)
        opened.write(b"Ada\n")
        while True:
            try:
                got = opened.read(1000)
            except OSError:
                # On Linux, this means that the other end is closed.
                break
            # It may arrive in pieces.
            heard = b"heard Ada" in said
            said += got
            if not heard and b"heard Ada" in said:
                opened.write(b"\x03")
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said


def test_its_settings_hold_from_the_start(executing: Executing) -> None:
    """A limit of 600 a minute would hold none of these; the service subscribed before the scenario began."""
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
