"""Scenarios and recordings over the control API: listed, played, followed, recorded."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from copper_emulator.scenarios import parse
from copper_emulator.scenarios.shipped import shipped_names
from copper_emulator.served_scenarios import ServedScenarios
from copper_emulator.shell.control.scenarios import OfRun, StartedShape, StartRun, show_run, start_run
from copper_emulator.shell.guarding import Refused
from tests.shell.served import Endpoint, Served, listening, serving

DEFAULT = "/accounts/default"

RENAMED = """
name: renamed
subscriptions:
  renamed: {topic: person/update, target: https://my-app.example/hooks/copper}
steps:
  - create: {type: person, as: ada, fields: {name: Ada}}
  - at: +10m
    update: {records: ada, fields: {name: Ada Lovelace}}
  - expect: {topic: person/update, records: ada, count: 1}
"""


async def run(served: Served, account: str = "default", **said: Any) -> dict[str, Any]:
    """Play a scenario to its end."""
    status, started = await served.control("POST", f"/accounts/{account}/scenarios/run", said)
    assert status == 200, started
    return await ended(served, started["run"], account)


async def ended(served: Served, number: int, account: str = "default") -> dict[str, Any]:
    while True:
        path = f"/accounts/{account}/scenarios/runs/{number}?after=1000&timeout=60"
        status, shown = await served.control("GET", path)
        assert status == 200, shown
        if shown["state"] != "playing":
            return dict(shown)


# --- which there are ------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_the_shipped_scenarios_are_listed_with_what_each_shows() -> None:
    async with serving() as served:
        _, listed = await served.control("GET", "/scenarios")

        assert [each["name"] for each in listed["scenarios"]] == shipped_names()
        first = next(each for each in listed["scenarios"] if each["name"] == "first_notification")
        assert first["title"] == "first notification"
        assert "renamed" in first["shows"]
        assert "Right: answer 2xx." in first["about"]
        assert (first["steps"], first["settings"], first["fault"]) == (6, [], None)


@pytest.mark.asyncio
async def test_a_folder_adds_its_own_and_its_faults_are_told(tmp_path: Path) -> None:
    (tmp_path / "renamed.yaml").write_text(RENAMED)
    (tmp_path / "broken.yaml").write_text("name: broken\nsteps: [{creat: {}}]\n")
    async with serving(scenarios=tmp_path) as served:
        _, listed = await served.control("GET", "/scenarios")
        by_name = {each["name"]: each for each in listed["scenarios"]}

        assert by_name["renamed"]["title"] == "renamed"
        assert "did you mean 'create'?" in by_name["broken"]["fault"]

        (tmp_path / "renamed.yaml").write_text(RENAMED.replace("name: renamed", "name: renamed again"))
        _, listed = await served.control("GET", "/scenarios")
        assert "renamed again" in [each["title"] for each in listed["scenarios"]]


# --- playing one ----------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_run_goes_to_the_account_s_own_endpoint_and_shows_each_step() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        done = await run(served, scenario=RENAMED)

        assert (done["state"], done["failure"], done["sent"]) == ("passed", None, 1)
        assert [(step["number"], step["at_ms"], step["passed"]) for step in done["steps"]] == [
            (0, 0, True),
            (1, 0, True),
            (2, 600_000, True),
            (3, 600_000, True),
        ]
        assert done["steps"][2]["text"] == "update ada: name"
        assert [body["type"] for body in endpoint.bodies] == ["person"]
        assert [entry["delivery"]["status"] for entry in await served.journal(kind="ended")] == [200]


@pytest.mark.asyncio
async def test_what_has_no_route_is_taken_by_the_built_in_endpoint_while_it_is_played() -> None:
    async with serving() as served:
        done = await run(served, name="wrong_secret_refused")

        assert done["state"] == "passed"
        change = await served.fire("person", "new", 17)
        assert [each["state"] for each in change["notifications"]] == ["blocked"] * len(change["notifications"])


@pytest.mark.asyncio
async def test_a_target_gets_everything() -> None:
    async with listening(Endpoint()) as endpoint, serving() as served:
        done = await run(served, name="batch_of_61", target=f"{endpoint.url}/mine")

        assert done["state"] == "passed"
        assert len(endpoint.bodies) == done["sent"] == 9


@pytest.mark.asyncio
async def test_what_was_done_before_it_began_does_not_explain_why_nothing_came() -> None:
    expecting = "name: expecting\nsteps:\n  - expect: {topic: person/update}\n"
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        subscription = await served.subscribe("person", "update")
        await served.fire("person", "update", 17)
        await served.control("DELETE", f"{DEFAULT}/subscriptions/{subscription}")
        await served.fire("person", "update", 17)

        done = await run(served, scenario=expecting)

        assert "but it had ended before the scenario began." in done["failure"]


@pytest.mark.asyncio
async def test_a_step_that_fails_ends_the_run_with_what_was_expected() -> None:
    async with listening(Endpoint(status=500)) as endpoint, serving(to=endpoint) as served:
        done = await run(served, scenario=RENAMED)

        assert done["state"] == "failed"
        assert done["steps"][-1]["passed"] is False
        assert "it was rejected (500)" in done["steps"][-1]["message"]
        assert done["steps"][-1]["message"].endswith("expect it with status: 500.")
        assert "scenario:9: step 3 of 3 failed" in done["failure"]


@pytest.mark.asyncio
async def test_a_running_clock_stands_still_while_it_is_played_and_runs_on_from_where_it_came() -> None:
    async with serving(clock="wall") as served:
        _, before = await served.control("GET", f"{DEFAULT}/clock")
        done = await run(served, name="import_storm_hold")
        _, after = await served.control("GET", f"{DEFAULT}/clock")

        assert done["state"] == "passed"
        assert after["running"] is True
        assert after["now"] > before["now"]


@pytest.mark.asyncio
async def test_the_endpoint_is_down_where_the_scenario_says_so() -> None:
    async with listening(Endpoint()) as endpoint, serving() as served:
        assert (await run(served, name="endpoint_down", target=endpoint.url))["state"] == "passed"


@pytest.mark.asyncio
async def test_what_was_delivered_before_is_none_of_its_business() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        made = await served.subscribe("person", "update")
        await served.fire("person", "update", 17)
        await served.control("DELETE", f"{DEFAULT}/subscriptions/{made}", {})

        assert (await run(served, scenario=f"{RENAMED}  - expect_none: {{}}\n"))["state"] == "passed"


@pytest.mark.asyncio
async def test_subscriptions_that_were_there_get_notifications_too() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update")

        done = await run(served, scenario=RENAMED.replace("my-app.example/hooks/copper", "other.example/x"))

        assert done["state"] == "failed", "its own subscription and the earlier one both got it"
        assert (await run(served, scenario=RENAMED, reset=True))["state"] == "passed"
        assert [entry["kind"] for entry in await served.journal(limit=1)] == ["ended"]


@pytest.mark.asyncio
async def test_other_settings_need_a_fresh_account() -> None:
    other = "settings: {latency: 30s}" + RENAMED
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("lead", "new")
        status, refused = await served.control("POST", f"{DEFAULT}/scenarios/run", {"scenario": other})

        assert status == 409
        assert "different settings" in refused["error"]
        assert '"reset": true' in refused["hint"]
        done = await run(served, scenario=other, reset=True)
        assert done["state"] == "failed", "the notification is late, and the scenario does not wait for it"
        assert "30s" in done["failure"] or "queued" in done["failure"]


@pytest.mark.asyncio
async def test_with_reset_an_account_plays_by_the_servers_settings_and_says_what_it_goes_on_with() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await served.control("POST", "/accounts", {"name": "late", "settings": {"latency": "1m"}})
        _, started = await served.control(
            "POST", "/accounts/late/scenarios/run", {"name": "first_notification", "reset": True}
        )
        done = await ended(served, started["run"], account="late")

        assert (done["state"], done["left"]) == ("passed", ["latency 0"])
        await served.control("POST", "/accounts/late/reset", {})
        _, shown = await served.control("GET", "/accounts/late/settings")
        assert shown["settings"]["latency"] == "1m"


@pytest.mark.asyncio
async def test_a_scenario_that_has_no_settings_is_played_by_those_of_the_account_and_latency_is_named() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint, latency="1m") as served:
        await served.subscribe("lead", "new")

        done = await run(served, scenario=RENAMED)

        assert (done["state"], done["waiting"], done["left"]) == ("failed", 1, [])
        assert "it is not due yet: the account's latency is 1m" in done["failure"]
        assert "Or switch it off: copper-emulator settings --set latency=0." in done["failure"]


@pytest.mark.asyncio
async def test_a_second_run_says_that_the_first_ones_subscriptions_are_in_its_way() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await run(served, name="first_notification")

        done = await run(served, name="first_notification")

        assert done["state"] == "failed"
        assert done["failure"].endswith(
            "The account also has 2 subscriptions from before, and what they are sent counts, too: play it with "
            "--reset (reset: true), which empties the account first."
        )
        assert "copper.expect(" not in done["failure"]


@pytest.mark.asyncio
async def test_what_still_waits_at_the_end_of_a_scenario_is_counted() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        again = "  - update: {records: ada, fields: {name: Countess}}\n"
        steps = RENAMED.partition("  - expect")[0] + again

        done = await run(served, scenario="settings: {limits: 1/1m}" + steps)

        assert (done["state"], done["sent"], done["waiting"]) == ("passed", 1, 1)
        assert done["left"] == ["limits 1/1m"]


@pytest.mark.asyncio
async def test_what_cannot_be_played_is_refused_with_every_fault() -> None:
    async with serving() as served:
        for said, wanted in (
            ({"name": "no_such"}, "there is no scenario 'no_such'"),
            ({"scenario": "name: x\nsteps: [{creat: {}}]"}, "scenario:2: steps[1].creat: there is no such key"),
            ({"scenario": "name: x\nsteps: [{seed: {type: person, file: a.json}}]"}, "has no files beside it"),
            ({}, "takes either name or scenario"),
            ({"name": "first_notification", "scenario": RENAMED}, "takes either name or scenario"),
            ({"name": "first_notification", "target": "http://elsewhere.example/x"}, "is not this machine"),
            (
                {"name": "first_notification", "target": "http://elsewhere.example/x"},
                "to allow it: copper-emulator settings --set allow_targets=elsewhere.example",
            ),
            ({"name": "first_notification", "target": "http://api.copper.com/x"}, "api.copper.com is Copper itself"),
            (
                {"name": "first_notification", "target": "https://elsewhere.example/x", "reset": True},
                "no route for https://elsewhere.example, and without one only loopback is reached. Send it to your app "
                "with copper-emulator routes https://elsewhere.example=",
            ),
        ):
            for what in ("check", "run"):
                status, refused = await served.control("POST", f"{DEFAULT}/scenarios/{what}", said)
                assert status == 422
                assert wanted in refused["error"]
        assert (await served.control("GET", f"{DEFAULT}/scenarios/runs"))[1] == {"runs": []}


@pytest.mark.asyncio
async def test_what_is_checked_is_not_played() -> None:
    async with serving() as served:
        checked = await served.control("POST", f"{DEFAULT}/scenarios/check", {"scenario": RENAMED, "reset": True})

        assert checked == (200, {"title": "renamed", "total_steps": 3})
        assert (await served.control("GET", f"{DEFAULT}/scenarios/runs"))[1] == {"runs": []}


@pytest.mark.asyncio
async def test_one_is_played_at_a_time_and_runs_are_kept() -> None:
    async with listening(Endpoint(hangs=True)) as endpoint, serving(to=endpoint) as served:
        _, started = await served.control("POST", f"{DEFAULT}/scenarios/run", {"scenario": RENAMED})
        await endpoint.arrived.get()
        status, refused = await served.control("POST", f"{DEFAULT}/scenarios/run", {"scenario": RENAMED})
        _, shown = await served.control("GET", f"{DEFAULT}/scenarios/runs/1?after=1")

        assert (status, refused["error"]) == (409, "run 1 is being played; wait for its end")
        assert (shown["state"], shown["played"]) == ("playing", 2)
        endpoint.let_go.set()
        assert (await ended(served, started["run"]))["state"] == "passed"
        await run(served, scenario=RENAMED, reset=True)
        _, runs = await served.control("GET", f"{DEFAULT}/scenarios/runs")
        assert [(each["run"], each["state"]) for each in runs["runs"]] == [(2, "passed"), (1, "passed")]
        assert (await served.control("GET", f"{DEFAULT}/scenarios/runs/9"))[0] == 404


@pytest.mark.asyncio
async def test_a_target_with_a_route_gets_everything_and_nobody_stands_in_for_it() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update", target="https://elsewhere.example/x")

        await run(served, scenario=RENAMED, target="https://my-app.example/mine")

        ended_there = [each["delivery"] for each in await served.journal(kind="ended")]
        assert sorted(each["outcome"] for each in ended_there) == ["blocked", "delivered"]
        assert len(endpoint.bodies) == 1


@pytest.mark.asyncio
async def test_the_way_to_a_target_on_this_machine_is_there_for_as_long_as_it_is_played() -> None:
    async with listening(Endpoint()) as endpoint, serving() as served:
        assert (await run(served, scenario=RENAMED, target=f"{endpoint.url}/mine"))["state"] == "passed"

        assert (await served.control("GET", f"{DEFAULT}/routes"))[1] == {"routes": []}
        await served.fire("person", "update", 17)
        assert len(endpoint.bodies) == 1


@pytest.mark.asyncio
async def test_of_two_that_are_started_at_once_the_second_is_told_to_wait() -> None:
    async with serving() as served:
        account = served.accounts.named("default")
        assert account is not None
        said = StartRun.model_validate({"scenario": RENAMED, "reset": True})

        first, second = await asyncio.gather(start_run(account, said), start_run(account, said), return_exceptions=True)

        assert isinstance(first, StartedShape)
        assert isinstance(second, Refused)
        assert (second.status, str(second)) == (409, "run 1 is being played; wait for its end")
        assert (await ended(served, first.run))["state"] == "passed"
        assert (await run(served, scenario=RENAMED, reset=True))["run"] == 2


@pytest.mark.asyncio
async def test_a_run_that_is_cut_off_before_its_first_step_is_over() -> None:
    async with serving() as served:
        account = served.accounts.named("default")
        assert account is not None

        started, _ = await asyncio.gather(
            start_run(account, StartRun.model_validate({"scenario": RENAMED, "reset": True})), account.reset()
        )

        shown = await show_run(account, OfRun.model_validate({"run": started.run}))
        assert (shown.state, shown.failure, shown.played) == (
            "broken off",
            "the account was reset, or the server ended",
            0,
        )
        assert shown.ended_at is not None


@pytest.mark.asyncio
async def test_a_run_that_could_not_begin_is_none() -> None:
    async with serving() as served:
        await served.subscribe("lead", "new")
        for _ in range(2):
            status, _ = await served.control(
                "POST", f"{DEFAULT}/scenarios/run", {"scenario": "settings: {latency: 30s}" + RENAMED}
            )
            assert status == 409
        assert (await served.control("GET", f"{DEFAULT}/scenarios/runs"))[1] == {"runs": []}


# --- recording ------------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_what_is_done_in_any_way_is_recorded_and_can_be_played() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update", secret={"key": "s3cret"})
        _, made = await served.api("POST", "/people", {"name": "Grace"})
        _, begun = await served.control("POST", f"{DEFAULT}/recording/start", {})
        assert (begun["recording"], begun["steps"], begun["scenario"]) == (True, 0, None)

        _, ada = await served.api("POST", "/people", {"name": "Ada"})
        await served.control(
            "POST", f"{DEFAULT}/records/people/update", {"ids": [ada["id"], made["id"]], "fields": {"title": "Dr"}}
        )
        await served.control("POST", f"{DEFAULT}/faults", {"on": ["refuse=1"]})
        await served.control("POST", f"{DEFAULT}/clock/advance", {"by": "10m"})
        await served.fire("person", "update", ada["id"], name=["a", "b"])
        _, stopped = await served.control("POST", f"{DEFAULT}/recording/stop", {})
        await served.fire("person", "update", ada["id"], name=["b", "c"])

        text = stopped["scenario"]
        content = parse(text, "recorded.yaml").content
        assert [step.action for step in content.steps] == ["seed", "create", "update", "faults", "fire"]
        assert "rows: [{id: 94808711, name: Grace, first_name: Grace, contact_type_id: " in text
        assert "create: {type: person, as: person_1, fields: {name: Ada}}" in text
        assert "update: {records: [person_1, person_2], fields: {title: Dr}}" in text
        assert "- at: +10m\n    fire: {topic: person/update, records: person_1," in text
        assert content.subscriptions["person_update"].secret == {"key": "s3cret"}
        assert (await served.control("GET", f"{DEFAULT}/recording"))[1] == stopped

        endpoint.bodies.clear()
        assert (await run(served, scenario=text, reset=True))["state"] == "passed"
        assert [body["ids"] for body in endpoint.bodies] == [[ada["id"], made["id"]]]


@pytest.mark.asyncio
async def test_stopping_without_a_recording_is_refused_and_a_reset_begins_one_anew() -> None:
    async with serving() as served:
        assert (await served.control("POST", f"{DEFAULT}/recording/stop", {}))[0] == 409
        await served.control("POST", f"{DEFAULT}/recording/start", {})
        await served.api("POST", "/people", {"name": "Ada"})
        await served.control("POST", f"{DEFAULT}/reset", {})
        await served.api("POST", "/leads", {"name": "Lead"})
        _, shown = await served.control("POST", f"{DEFAULT}/recording/stop", {})

        assert shown["steps"] == 1
        assert "type: lead" in shown["scenario"]
        status, refused = await served.control("POST", f"{DEFAULT}/recording/stop", {})
        assert (status, refused["error"]) == (409, "nothing is being recorded")
        assert "can still be read: copper-emulator record show --output FILE" in refused["hint"]


@pytest.mark.asyncio
async def test_a_recording_that_goes_on_is_not_thrown_away_by_another_start() -> None:
    async with serving() as served:
        await served.control("POST", f"{DEFAULT}/recording/start", {})
        await served.api("POST", "/people", {"name": "Ada"})

        status, refused = await served.control("POST", f"{DEFAULT}/recording/start", {})
        _, shown = await served.control("GET", f"{DEFAULT}/recording")

        assert status == 409
        assert refused["error"].startswith("a recording is already in progress, since ")
        assert refused["error"].endswith(", with 1 step")
        assert (shown["recording"], shown["steps"]) == (True, 1)


def test_a_player_is_asked_for_at_first_need() -> None:
    offers = ServedScenarios().offers()

    assert all(not offer.fault for offer in offers)
