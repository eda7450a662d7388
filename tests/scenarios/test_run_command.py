"""`copper-emulator run` and `schema`: what they print, where, and with which exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from copper_emulator.cli import main
from copper_emulator.scenarios import json_schema, shipped_names
from tests.scenarios import endpoints
from tests.scenarios.builders import story

FAILING = "- fire: {topic: person/new, ids: 17}\n- expect: {topic: person/new, ids: 18}\n- advance: 1m"


def copper_emulator(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "story.yaml"


@pytest.fixture
def server() -> Iterator[str]:
    """The sample application behind a URL."""
    with endpoints.right() as app, endpoints.served(app) as url:
        yield url


def test_a_scenario_can_be_tried_by_its_name_with_nothing_at_hand() -> None:
    run = copper_emulator("run", "first_notification")

    assert run.exit_code == 0
    assert (
        "Sent to the built-in endpoint, which answers 200, and 401 to a wrong secret. For yours: --target URL"
        in run.stdout
    )
    assert "  ok       3       +0s  update ada: name  [1 notification]" in run.stdout
    assert "delivered #2 person/update [94808711]" in run.stdout
    assert "PASSED  first notification: 6 steps, 2 notifications sent" in run.stdout
    assert run.stderr == ""


def test_junit_has_a_case_for_each_scenario(written: Path, tmp_path: Path, server: str) -> None:
    written.write_text(story(FAILING))
    report = tmp_path / "report.xml"

    run = copper_emulator("run", "first_notification", str(written), "--target", server, "--junit", str(report))

    suites = ElementTree.parse(report).getroot()
    passed, failed = suites.iter("testcase")
    assert run.exit_code == 1
    assert (suites.get("tests"), suites.get("failures"), suites[0].get("name")) == ("2", "1", "copper-emulator run")
    assert (passed.get("name"), [child.tag for child in passed]) == ("first notification", ["system-out"])
    assert (passed.get("classname"), failed.get("classname")) == (
        "copper-emulator.run.first_notification",
        "copper-emulator.run.story",
    )
    assert (failed.get("file"), failed[0].tag, failed[0].get("type")) == (str(written), "failure", "step")
    assert (failed[0].get("message") or "").startswith("Expected person/new, ids=[18]")
    # Where it is, and what happened until then.
    assert f"{written}:" in (failed[0].text or "")
    assert "change      person/new [17]" in (failed[0].text or "")


def test_junit_says_what_a_failure_was_drawn_from(written: Path) -> None:
    steps = "- fire: {topic: person/new, ids: 17}\n- run_until_idle: 1h\n- expect: {topic: person/new, ids: 18}"
    written.write_text(story(steps))

    run = copper_emulator("run", str(written), "--set", "seed=7", "--set", "latency=0-10m", "--junit", "-")

    [case] = ElementTree.fromstring(run.stdout).iter("testcase")
    assert "\nDrawn from seed 7.\nThe timeline:\n" in (case[0].text or "")


def test_junit_names_no_file_for_what_came_from_stdin() -> None:
    text = story("- fire: {topic: person/new, ids: 17}")

    run = CliRunner().invoke(main, ["run", "-", "--junit", "-"], input=text, catch_exceptions=False)

    [case] = ElementTree.fromstring(run.stdout).iter("testcase")
    assert (case.get("name"), case.get("file")) == ("story", None)


def test_junit_of_an_earlier_run_is_removed_before_anything_is_played(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written.write_text(story(FAILING))
    report = tmp_path / "report.xml"
    report.write_text("an earlier one")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("copper_emulator.cli.run.perform", interrupted)
    assert copper_emulator("run", str(written), "--junit", str(report)).exit_code == 130

    assert report.read_text() == ""


def test_junit_is_written_to_what_a_link_leads_to(tmp_path: Path) -> None:
    link = tmp_path / "link.xml"
    link.symlink_to(tmp_path / "report.xml")

    assert copper_emulator("run", "first_notification", "--junit", str(link)).exit_code == 0

    assert link.is_symlink()
    assert (tmp_path / "report.xml").read_text().startswith("<?xml")


def test_junit_tells_of_the_verdict_when_every_step_passed(written: Path) -> None:
    written.write_text(story("- fire: {topic: person/new, ids: 17}"))

    # There is nothing at this path.
    with endpoints.served(Flask("empty")) as url:
        run = copper_emulator("run", str(written), "--target", url, "--junit", "-")

    [case] = ElementTree.fromstring(run.stdout).iter("testcase")
    assert run.exit_code == 1
    assert case[0].get("type") == "verdict"
    assert case[0].get("message") == "copper: rejected (404), which the test did not expect"


def test_a_target_gets_everything(server: str) -> None:
    run = copper_emulator("run", "first_notification", "wrong_secret_refused", "--target", server)

    assert run.exit_code == 0
    assert f"Sent to {server}" in run.stdout
    assert ": 204\n" in run.stdout
    assert ": 401\n" in run.stdout
    assert "2 of 2 scenarios passed" in run.stdout


def test_it_is_shown_where_the_files_own_targets_are(server: str) -> None:
    run = copper_emulator("run", "first_notification", "--target", server)

    assert "person/new (made) -> https://billing.example.com/hooks/copper\n" in run.stdout
    assert "endpoint.example/" not in run.stdout


@pytest.mark.parametrize(
    "targets",
    [("https://billing.example.com/h", "https://mirror.example.com/h"), ("/h", "/h"), ("http://a.example/h",) * 2],
    ids=["on two hosts", "paths alone", "not what Copper takes"],
)
def test_targets_that_have_no_one_place_are_shown_on_a_reserved_one(
    written: Path, server: str, targets: tuple[str, str]
) -> None:
    steps = "".join(f"- subscribe: {{as: x{n}, topic: lead/new, target: {each}}}\n" for n, each in enumerate(targets))
    written.write_text(story(steps))

    run = copper_emulator("run", str(written), "--target", server)

    assert run.exit_code == 0, run.output
    assert "lead/new -> https://endpoint.example/" in run.stdout


def test_a_target_that_nobody_listens_at_fails_the_first_expectation() -> None:
    run = copper_emulator("run", "first_notification", "--target", "http://127.0.0.1:9/hook")

    assert run.exit_code == 1
    assert "connection refused" in run.stdout


def test_a_failure_names_file_line_and_step_and_the_exit_code_is_1(written: Path) -> None:
    written.write_text(story(FAILING))

    run = copper_emulator("run", str(written))

    assert run.exit_code == 1
    assert f"FAILED  {written}:7: step 2: expect person/new of ids 18, answered with any 2xx" in run.stdout
    assert "ids are [17]" in run.stdout
    assert "1 step after it was not played" in run.stdout


def test_one_failure_among_several_decides_the_exit_code(written: Path) -> None:
    written.write_text(story(FAILING))

    run = copper_emulator("run", "first_notification", str(written))

    assert run.exit_code == 1
    assert "1 of 2 scenarios passed" in run.stdout


def test_what_no_step_asked_about_fails_the_run_too(written: Path) -> None:
    written.write_text(
        "secret: {key: s3cret}\n"
        + story("- subscribe: {as: x, topic: lead/new, target: /h, secret: {}}\n- fire: {topic: lead/new, ids: 1}")
    )

    run = copper_emulator("run", str(written))

    assert run.exit_code == 1
    assert "every step passed, but:" in run.stdout
    assert ": 401\n" in run.stdout


def test_machines_get_one_json_object_and_nothing_else(written: Path) -> None:
    written.write_text(story(FAILING))

    run = copper_emulator("run", "batch_of_61", str(written), "--json")

    told = json.loads(run.stdout)
    assert run.exit_code == 1
    assert run.stderr == ""
    assert told["passed"] is False
    first, second = told["scenarios"]
    assert (first["name"], first["passed"], first["sent"], first["total_steps"]) == ("batch of 61", True, 9, 7)
    assert [step["passed"] for step in second["steps"]] == [True, True, True, False]
    assert second["steps"][-1]["line"] == 7
    assert "ids are [17]" in second["steps"][-1]["failure"]
    assert second["timeline"][-1].endswith(": 200")


@pytest.mark.parametrize("option", ["--set", "--settings"])
def test_settings_come_before_the_scenarios_own(written: Path, option: str) -> None:
    written.write_text(
        "settings: {latency: 1h, batch: 10}\n"
        + story("- fire: {topic: person/new, count: 20}\n- expect: {topic: person/new, count: 2}")
    )

    assert copper_emulator("run", str(written)).exit_code == 1
    assert copper_emulator("run", str(written), option, "latency=0").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run"], f"name a scenario file, or one that comes with the emulator: {', '.join(shipped_names())}"),
        (["run", "nothing_like_it"], "there is no scenario 'nothing_like_it'"),
        (["run", "first_notification", "--settings", "latency"], "--set 'latency': write NAME=VALUE"),
        (["run", "first_notification", "--set", "speed=9"], "there is no setting 'speed'"),
        (["run", "first_notification", "--set", "limits=much"], "limits: 'much' is not a limit"),
        (["run", "first_notification", "--target", "localhost"], "'localhost' is not a URL to send to"),
        (["run", "first_notification", "--target", "https://example.com/"], "--set allow_targets=example.com"),
        (["run", "first_notification", "--tarpit"], "there is no option '--tarpit'"),
    ],
)
def test_what_cannot_be_understood_is_told_on_stderr_with_exit_code_2(arguments: list[str], says: str) -> None:
    run = copper_emulator(*arguments)

    assert run.exit_code == 2
    assert says in run.stderr
    assert "PASSED" not in run.stdout


def test_every_mistake_in_every_file_is_told_before_anything_is_played(written: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    written.write_text(story("- advance: soon\n- crate: {}"))
    other.write_text("name: x\n")

    run = copper_emulator("run", "first_notification", str(written), str(other))

    assert run.exit_code == 2
    assert run.stdout == ""
    assert [line.removeprefix("copper-emulator: ").split(" ")[0] for line in run.stderr.splitlines()] == [
        f"{written}:6:",
        f"{written}:7:",
        f"{other}:1:",
    ]


def test_the_schema_is_printed_as_json() -> None:
    printed = copper_emulator("schema")

    assert printed.exit_code == 0
    assert json.loads(printed.stdout) == json_schema()


def test_it_runs_as_a_program_of_its_own() -> None:
    """In a process of its own, nothing that a test has imported can help."""
    run = subprocess.run(
        [sys.executable, "-W", "error", "-m", "copper_emulator", "run", "batch_of_61", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (run.returncode, run.stderr) == (0, "")
    assert json.loads(run.stdout)["passed"] is True
