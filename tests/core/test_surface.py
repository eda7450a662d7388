"""Advice uses the names and syntax of the place where it is read."""

from __future__ import annotations

import pytest

from copper_emulator.core.surface import Surface

ORIGIN = "https://billing.example.com"


@pytest.mark.parametrize(
    ("surface", "said"),
    [
        (Surface.PYTHON, "Emulator(allow=409)"),
        (Surface.ASYNC, "AsyncEmulator(allow=409)"),
        (Surface.PYTEST, "@pytest.mark.copper(allow=409), --copper-allow=409 or copper_allow in the ini file"),
        (Surface.PYTEST_ASYNC, "@pytest.mark.copper(allow=409), --copper-allow=409 or copper_allow in the ini file"),
        (Surface.FACTORY_ASYNC, "make_copper(allow=409), --copper-allow=409 or copper_allow in the ini file"),
        (Surface.CONNECTED_ASYNC, "copper-emulator reset --set allow=409"),
        (Surface.FACTORY, "make_copper(allow=409), --copper-allow=409 or copper_allow in the ini file"),
        (Surface.RUN, "--set allow=409"),
        (Surface.SERVER, "copper-emulator reset --set allow=409"),
        (Surface.PLAY, "copper-emulator reset --set allow=409"),
        (Surface.EXEC, "exec --allow 409"),
        (Surface.CONNECTED, "copper-emulator reset --set allow=409"),
    ],
)
def test_a_setting_is_given_as_it_is_there(surface: Surface, said: str) -> None:
    assert surface.setting("allow", 409) == said


def test_a_running_server_need_not_be_started_anew_for_a_setting() -> None:
    assert Surface.SERVER.setting("allow_http", value=True) == "copper-emulator settings --set allow_http=true"
    assert Surface.SERVER.setting("latency", "0") == "copper-emulator settings --set latency=0"
    assert Surface.SERVER.setting("seed", 7) == "copper-emulator reset --set seed=7"


def test_an_option_that_is_repeated_names_one() -> None:
    assert Surface.EXEC.setting("allow_targets", "far.example") == "exec --allow-target far.example"
    assert Surface.CHECK.setting("allow_targets", "far.example") == "--allow-target far.example"


def test_a_switch_elsewhere() -> None:
    assert Surface.PYTHON.setting("allow_http", value=True) == "Emulator(allow_http=True)"
    assert Surface.RUN.setting("allow_http", value=True) == "--set allow_http=true"


def test_an_account_is_of_the_fixture_or_else_of_what_made_it() -> None:
    fixtures = [each.owner for each in (Surface.PYTEST, Surface.PYTEST_ASYNC)]
    others = [each.owner for each in (Surface.FACTORY, Surface.ASYNC, Surface.SERVER)]

    assert fixtures == ["copper", "copper_async"]
    assert others == ["make_copper", "AsyncEmulator", "copper-emulator serve"]


@pytest.mark.parametrize(
    ("surface", "to", "said"),
    [
        (Surface.CONNECTED, "", f"copper.route('{ORIGIN}', to=app)"),
        (Surface.PYTEST, "", f"copper.route('{ORIGIN}', to=app)"),
        (Surface.PYTHON, "http://localhost:80", f"copper.route('{ORIGIN}', to='http://localhost:80')"),
        (Surface.SERVER, "", f"copper-emulator routes {ORIGIN}=http://127.0.0.1:5000"),
        (Surface.PLAY, "", f"copper-emulator routes {ORIGIN}=http://127.0.0.1:5000"),
        (Surface.SERVER, "http://localhost:80", f"copper-emulator routes {ORIGIN}=http://localhost:80"),
        (Surface.EXEC, "", f"exec --route {ORIGIN}=http://127.0.0.1:5000"),
        (Surface.RUN, "", "--target http://127.0.0.1:5000/hooks/copper"),
    ],
)
def test_a_route_is_made_as_it_is_there(surface: Surface, to: str, said: str) -> None:
    assert surface.route(ORIGIN, to) == said


@pytest.mark.parametrize(
    ("surface", "said"),
    [
        (Surface.PYTEST, f"copper.subscribe('person', 'new', target='{ORIGIN}')"),
        (Surface.CONNECTED, f"copper.subscribe('person', 'new', target='{ORIGIN}')"),
        (Surface.SERVER, f"copper-emulator subscribe person.new {ORIGIN}, or POST .../subscriptions"),
        (Surface.EXEC, f"copper-emulator subscribe person.new {ORIGIN}, or POST .../subscriptions"),
        (Surface.PLAY, f"under `subscriptions:`, {{topic: person/new, target: {ORIGIN}}}"),
        (Surface.RUN, f"under `subscriptions:`, {{topic: person/new, target: {ORIGIN}}}"),
    ],
)
def test_a_target_is_subscribed_as_it_is_there(surface: Surface, said: str) -> None:
    assert surface.subscribe("person", "new", ORIGIN) == said


def test_what_narrows_an_expectation_down_is_named_as_it_is_there() -> None:
    everything = ["topic", "ids", "target", "updated_attributes", "body"]
    assert Surface.PYTHON.which(everything) == "ids=, target=, updated_attributes= or body="
    for surface in (Surface.PLAY, Surface.RUN):
        assert surface.which(everything) == "`topic`, `records`, `ids`, `to`, `updated_attributes` or `body`"
    assert Surface.SERVER.which(everything) == "--id or --target"
    assert [surface.which(["body"]) for surface in (Surface.PYTHON, Surface.SERVER)] == ["body=", ""]
    assert Surface.PYTHON.which([]) == ""


def test_what_is_expected_and_faults_are_written_as_they_are_there() -> None:
    assert [each.expected("status", 409) for each in (Surface.PYTEST, Surface.RUN)] == ["status=409", "status: 409"]
    assert Surface.EXEC.expected("status", 409) == "status: 409"
    assert Surface.PLAY.expected("outcome", "failed") == "outcome: failed"
    assert Surface.SERVER.expected("count", 8) == "--count 8"
    assert Surface.RUN.faults_off == "a step `faults: off`"
    assert Surface.EXEC.faults_off == "copper-emulator faults off"
    assert Surface.SERVER.faults_off == "copper-emulator faults off"
    assert Surface.PYTHON.faults_off == "copper.faults.off()"


@pytest.mark.parametrize(
    ("surface", "claimed", "none", "made", "passed", "longer"),
    [
        (
            Surface.PYTEST,
            "copper.expect('person', 'new', ids=[1])",
            "copper.expect_none('person', 'new')",
            "copper.people.create(...), the same through the API at copper.api_url, or copper.fire('person', 'new', "
            "ids=...)",
            "advance, or run_until_idle",
            "run_until_idle(limit=...)",
        ),
        (
            Surface.PYTEST_ASYNC,
            "await copper_async.expect('person', 'new', ids=[1])",
            "await copper_async.expect_none('person', 'new')",
            "await copper_async.people.create(...), the same through the API at copper_async.api_url, or "
            "await copper_async.fire('person', 'new', ids=...)",
            "advance, or run_until_idle",
            "run_until_idle(limit=...)",
        ),
        (
            Surface.RUN,
            "a step `expect: {topic: person/new}`",
            "a step `expect_none: {topic: person/new}`",
            "a step `create`, or `fire`",
            "a step `advance` or `run_until_idle`",
            "`run_until_idle: 1d`",
        ),
        (
            Surface.PLAY,
            "a step `expect: {topic: person/new}`",
            "a step `expect_none: {topic: person/new}`",
            "a step `create`, or `fire`",
            "a step `advance` or `run_until_idle`",
            "`run_until_idle: 1d`",
        ),
        (
            Surface.EXEC,
            "a step `expect: {topic: person/new}`",
            "a step `expect_none: {topic: person/new}`",
            "copper-emulator create person, the same through the API, or copper-emulator fire person.new --id ID",
            "copper-emulator advance, in a scenario a step `advance`",
            "copper-emulator advance --until-idle --limit 1d, in a scenario `run_until_idle: 1d`",
        ),
        (
            Surface.SERVER,
            "copper-emulator wait person.new",
            "so with `expect_none` in a scenario",
            "copper-emulator create person, the same through the API, or copper-emulator fire person.new --id ID",
            "copper-emulator advance",
            "copper-emulator advance --until-idle --limit 1d, in a scenario `run_until_idle: 1d`",
        ),
    ],
)
def test_what_is_expected_and_what_makes_it_come_true_is_said_as_it_is_there(
    surface: Surface, claimed: str, none: str, made: str, passed: str, longer: str
) -> None:
    assert surface.expect("person", "new", ", ids=[1]") == claimed
    assert surface.expect_none("person", "new") == none
    assert surface.happen("person", "new", "people.create") == made
    assert (surface.pass_time, surface.idle_limit) == (passed, longer)


@pytest.mark.parametrize(
    ("surface", "said"),
    [
        (Surface.PYTHON, f"copper.expect('person', 'new', ids=[1], target='{ORIGIN}')"),
        (Surface.CONNECTED_ASYNC, f"await copper.expect('person', 'new', ids=[1], target='{ORIGIN}')"),
        (
            Surface.PLAY,
            f"a step `expect: {{topic: person/new}}`, and `to` with the name of the subscription to {ORIGIN}",
        ),
        (Surface.SERVER, f"copper-emulator wait person.new --target {ORIGIN}"),
    ],
)
def test_what_went_to_one_target_is_expected_as_it_is_there(surface: Surface, said: str) -> None:
    assert surface.expect("person", "new", ", ids=[1]", target=ORIGIN) == said


def test_nothing_at_all_is_expected_as_it_is_there() -> None:
    assert Surface.PLAY.expect_none() == "a step `expect_none: {}`"
    assert Surface.PYTHON.expect_none() == "copper.expect_none()"


@pytest.mark.parametrize(
    ("surface", "said"),
    [
        (Surface.PYTHON, "copper.faults.off()"),
        (Surface.PYTEST_ASYNC, "copper_async.faults.off()"),
        (Surface.RUN, "a step `faults: off`"),
        (Surface.PLAY, "a step `faults: off`"),
        (Surface.SERVER, "copper-emulator faults off"),
    ],
)
def test_faults_are_switched_off_as_it_is_done_there(surface: Surface, said: str) -> None:
    assert surface.faults_off == said


def test_an_application_is_started_as_the_account_is_called() -> None:
    assert Surface.PYTEST.start == "copper.start(app)"
    assert Surface.PYTEST_ASYNC.start == "await copper_async.start(app)"


def test_a_scenario_is_read_about_where_it_is_played() -> None:
    """A running server has commands of its own; advice within a scenario played on it refers to steps."""
    assert Surface.SERVER.of_scenario is Surface.PLAY
    assert Surface.EXEC.of_scenario is Surface.EXEC
    assert Surface.RUN.of_scenario is Surface.RUN
