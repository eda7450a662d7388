"""The commands for subscriptions, targets, notifications, the clock and scenarios of a running server."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from copper_emulator.cli import main
from copper_emulator.cli.api_calls import row
from copper_emulator.cli.output import as_stamp
from copper_emulator.scenarios import load
from tests.cli.processes import PATIENCE, Process, invoke, run, started, subscribe

INBOX = "https://inbox.example/default"

APP = "https://my-app.example"

RENAMED = f"""
name: renamed
subscriptions:
  renamed: {{topic: person/update, target: {INBOX}}}
steps:
  - create: {{type: person, as: ada, fields: {{name: Ada}}}}
  - update: {{records: ada, fields: {{name: Ada Lovelace}}}}
  - expect: {{topic: person/update, records: ada, status: 200}}
"""


@pytest.fixture(scope="module")
def running() -> Iterator[Process]:
    with started("serve", "--port", "0", "--clock", "manual") as process:
        yield process


@pytest.fixture
def server(running: Process) -> str:
    """A server whose one account is reset, so that it has no faults and nothing is paused."""
    invoke("reset", server=running.url)
    return running.url


def asked(server: str, *args: str) -> Any:
    code, out, err = invoke(*args, "--json", server=server)
    assert (code, err) == (0, "")
    return json.loads(out)


def told(server: str, *args: str) -> str:
    code, out, err = invoke(*args, server=server)
    assert (code, err) == (0, "")
    return out


def test_who_subscribes_the_inbox_sees_there_what_arrives(server: str) -> None:
    made = asked(server, "subscribe", "person.update", INBOX, "--secret", "key=s3cret", "--header", "X-Key=h")
    told(server, "fire", "person.update", "--id", "17")

    shown = asked(server, "inbox")
    assert (made["secret"], made["headers"]) == ({"key": "***"}, {"X-Key": "***"})
    assert [request["body"]["ids"] for request in shown["requests"]] == [[17]]
    assert "1 request in all" in told(server, "inbox")
    assert f"{made['id']}  person/update -> {INBOX} (secret key; headers X-Key)" in told(server, "subscriptions")
    assert "1 of 100" in told(server, "subscriptions")

    assert f"{made['id']} was deleted" in told(server, "unsubscribe", str(made["id"]))
    assert asked(server, "subscriptions")["count"] == 0


def test_routes_are_added_and_taken_away(server: str) -> None:
    assert "only to loopback" in told(server, "routes")
    shown = asked(server, "routes", "https://my-app.example=http://127.0.0.1:5000")
    assert shown["routes"] == [{"origin": "https://my-app.example", "to": "http://127.0.0.1:5000", "beyond": False}]
    beyond = told(server, "routes", "https://my-app.example=https://www.example.com")
    assert "(beyond this machine: really sent there)" in beyond
    assert asked(server, "routes", "--remove", "https://my-app.example")["routes"] == []


def test_a_paused_target_gets_nothing_until_it_is_resumed(server: str) -> None:
    told(server, "subscribe", "person.update", INBOX)
    assert f"{INBOX} -> the inbox: paused, 0 waiting" in told(server, "targets", "--pause", INBOX)
    told(server, "fire", "person.update", "--id", "17")

    assert asked(server, "targets")["targets"][0]["waiting"] == 1
    assert "open, 0 waiting" in told(server, "targets", "--resume", INBOX)
    assert asked(server, "inbox")["received"] == 1


def test_moments_are_written_as_in_the_journal_and_taken_so(server: str, tmp_path: Path) -> None:
    told(server, "subscribe", "person.update", INBOX)
    told(server, "fire", "person.update", "--id", "17")
    told(server, "settings", "--set", "limits=1/10m")
    told(server, "fire", "person.update", "--id", "18")
    told(server, "faults", "outage=10m")

    for command in (
        ["notifications"],
        ["wait", "--id", "17"],
        ["clock"],
        ["status"],
        ["inbox"],
        ["limits"],
        ["faults"],
        ["advance", "1s"],
        ["snapshot", str(tmp_path / "kept.json")],
        ["restore", str(tmp_path / "kept.json")],
    ):
        without_bodies = told(server, *command).partition("{")[0]
        assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}(?!\d|Z)", without_bodies), command
        assert not re.search(r"\dT\d\d:", without_bodies), command
    shown = told(server, "notifications").splitlines()[-2].split("  ")[1]
    assert asked(server, "notifications", "--since", shown)["count"] == 2


def test_notifications_are_listed_shown_and_sent_again(server: str, tmp_path: Path) -> None:
    told(server, "subscribe", "person.update", INBOX)
    told(server, "inbox", "--status", "500")
    told(server, "fire", "person.update", "--id", "17")
    serial = asked(server, "notifications", "--state", "rejected")["notifications"][0]["serial"]

    assert "rejected (500)" in told(server, "notifications")
    assert [asked(server, "notifications", "--status", kind)["count"] for kind in ("5xx", "4xx")] == [1, 0]
    whole = told(server, "show", str(serial))
    assert "  < 500" in whole
    assert '"ids": [17]' in whole
    told(server, "inbox", "--status", "200")
    again = asked(server, "resend", str(serial), "--header", "X-Trace=1")
    assert again["notification"]["status"] == 200
    captured = tmp_path / "captured.json"
    captured.write_text('{"type":"lead","event":"new","ids":[5]}')
    sent = asked(server, "replay", str(captured), "--target", INBOX)
    assert (sent["notification"]["type"], sent["notification"]["status"]) == ("lead", 200)


def test_a_body_that_is_no_json_is_shown_as_it_was_sent(server: str) -> None:
    told(server, "subscribe", "person.new", INBOX)
    told(server, "faults", "beyond_spec.corrupt=100%")
    told(server, "fire", "person.new", "--id", "17")
    serial = asked(server, "notifications", "--limit", "1")["notifications"][0]["serial"]

    (sent,) = [line for line in told(server, "show", str(serial)).splitlines() if line.startswith("  > {")]
    assert sent.startswith('  > {"subscription_id":')
    assert not sent.endswith("}")


@pytest.mark.parametrize(
    ("routes", "outcome", "advice"),
    [
        ((), "blocked", f"copper-emulator routes {APP}=http://127.0.0.1:5000"),
        ((f"{APP}=http://127.0.0.1:9",), "failed", "Have the endpoint listen at http://127.0.0.1:9,"),
    ],
    ids=["blocked", "refused"],
)
def test_a_notification_is_shown_with_what_would_help_once(
    server: str, routes: tuple[str, ...], outcome: str, advice: str
) -> None:
    told(server, "subscribe", "person.new", f"{APP}/hooks/copper")
    if routes:
        told(server, "routes", *routes)
    told(server, "fire", "person.new", "--id", "17")
    serial = asked(server, "notifications", "--outcome", outcome)["notifications"][0]["serial"]

    _, *details = told(server, "show", str(serial)).splitlines()
    # Advised commands name the server that this command was given.
    assert "\n".join(details).replace(f"--server {server} ", "").count(advice) == 1

    told(server, "routes", *(each for route in routes for each in ("--remove", route.partition("=")[0])))


def test_the_calls_of_the_api_are_listed_newest_first(server: str) -> None:
    subscribe(server, "person", "new")
    headers = {"X-PW-AccessToken": "token-1", "X-PW-Application": "developer_api", "X-PW-UserEmail": "ada@example.com"}
    for query in ("?custom_field_computed_values=true", ""):
        requests.get(f"{server}/developer_api/v1/people/17{query}", headers=headers, timeout=PATIENCE)

    shown = asked(server, "api-calls")
    made = [(call["number"], as_stamp(call["at"])) for call in shown["calls"]]
    assert told(server, "api-calls").splitlines() == [
        f"3  {made[0][1]}  GET /people/17 -> 404",
        f"2  {made[1][1]}  GET /people/17?custom_field_computed_values=true -> 404",
        f"1  {made[2][1]}  POST /webhooks -> 200",
        "3 calls",
    ]
    assert told(server, "api-calls", "--status", "4xx", "--limit", "1").splitlines()[1] == (
        "2 calls, 1 of them older and not shown"
    )
    assert [call["number"] for call in asked(server, "api-calls", "--method", "get", "--text", "TRUE")["calls"]] == [2]
    assert asked(server, "api-calls", "--before", "2")["calls"] == shown["calls"][2:]
    assert told(server, "api-calls", "--during", "1") == "0 calls\n"


def test_a_call_during_a_delivery_and_one_without_an_answer_are_told_so(server: str) -> None:
    def call(status: int | None, during: int | None) -> dict[str, Any]:
        at = "2026-03-02T09:00:00.000Z"
        return {"number": 7, "method": "GET", "path": "/users", "status": status, "at": at, "during": during}

    assert row(call(200, 3)) == "7  2026-03-02 09:00:00.000  GET /users -> 200  during #3"
    assert row(call(None, None)) == "7  2026-03-02 09:00:00.000  GET /users -> no answer"


def test_waiting_ends_with_what_was_delivered_or_says_what_came_closest(server: str) -> None:
    told(server, "subscribe", "person.update", INBOX)
    told(server, "fire", "person.update", "--id", "17")

    found = told(server, "wait", "person.update", "--id", "17")
    assert "person/update [17]" in found
    assert told(server, "wait", "person.update", "--target", INBOX) == found
    code, _, err = invoke("wait", "--target", "https://shop.example/hook", "--timeout", "1ms", server=server)
    assert (code, "it went to a different target" in err) == (1, True)
    last = found.rpartition("--since ")[2].strip()
    assert told(server, "journal").splitlines()[-1].split()[0] == last
    for earlier_do_not_count in (["--new"], ["--since", last]):
        code, _, _ = invoke("wait", "person.update", *earlier_do_not_count, "--timeout", "1ms", server=server)
        assert code == 1
    assert invoke("wait", "--new", "--since", last, server=server)[0] == 2
    code, _, err = invoke("wait", "person.new", "--timeout", "1ms", server=server)
    assert code == 1
    assert "person/new" in err


def test_what_came_closest_is_told_on_lines_of_its_own(server: str) -> None:
    told(server, "subscribe", "person.update", INBOX)
    told(server, "fire", "person.update", "--id", "17")

    code, out, err = invoke("wait", "person.update", "--id", "18", "--timeout", "1ms", server=server)

    assert (code, out) == (1, "")
    first, closest, story, *_, last = err.splitlines()
    assert first == (
        "copper-emulator: Expected person/update, ids=[18], delivered with any 2xx, but person/update happened "
        "only to [17]."
    )
    assert (closest, story.startswith("  #1 person/update [17]")) == ("Closest:", True)
    assert last == "Expect the ids it happened to, or change the intended record. Waited 1ms of real time."


def test_the_wait_that_is_advised_is_for_the_same_record(server: str) -> None:
    told(server, "subscribe", "person.update", INBOX)
    told(server, "fire", "person.update", "--id", "17")

    *_, last = waited_in_vain(server, "person.delete", "--id", "17")
    assert last.startswith(
        "Expect what happened: copper-emulator wait person.update --id 17; or make the intended change."
    )
    *_, last = waited_in_vain(server, "person.delete", "--id", "17", "--id", "18")
    assert "copper-emulator wait person.update; or" in last, "it did not happen to both"


def waited_in_vain(server: str, *args: str) -> list[str]:
    code, _, err = invoke("wait", *args, "--timeout", "1ms", server=server)
    assert code == 1
    return err.splitlines()


def test_the_example_of_replaying_a_body_can_be_done_as_it_stands(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written, replayed = re.findall(r"^ +(echo .+|copper-emulator replay .+)$", invoke("replay", "--help")[1], re.M)
    subprocess.run(written, shell=True, check=True)
    _, *args = shlex.split(replayed)

    assert "< 200" in told(server, *args)
    assert invoke("replay", "nowhere.json", "--target", INBOX, server=server) == (
        2,
        "",
        "copper-emulator: nowhere.json cannot be read: No such file or directory\n",
    )


def test_the_limits_tell_how_much_room_there_is(server: str) -> None:
    told(server, "subscribe", "person.update", INBOX)
    told(server, "fire", "person.update", "--id", "17")

    assert "600/1m: 1 of 600 counted, room for 599, 0 held" in told(server, "limits")


def test_the_clock_stands_still_and_runs(server: str) -> None:
    assert "time stands still" in told(server, "clock")
    assert "time runs" in told(server, "clock", "run")
    assert asked(server, "clock", "freeze")["running"] is False


def test_scenarios_are_listed_and_played(server: str, tmp_path: Path) -> None:
    file = tmp_path / "renamed.yaml"
    file.write_text(RENAMED)

    assert "first_notification" in told(server, "scenarios")
    played = told(server, "play", str(file))
    assert "ok       1       +0s  create a person (ada)" in played
    assert "PASSED  renamed: 3 steps, 1 notification sent" in played
    told(server, "inbox", "--status", "500")
    code, out, _ = invoke("play", str(file), server=server)
    assert code == 1
    assert "FAILED  renamed: " in out
    assert asked(server, "play", "first_notification", "--reset")["state"] == "passed"


def test_what_is_wrong_with_a_file_is_told_with_its_name_a_mistake_a_line(server: str, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("name: wrong\nsteps:\n  - advnce: 1m\n  - advance: soon\n")

    code, out, err = invoke("play", str(file), server=server)

    assert (code, out) == (2, "")
    first, second = err.splitlines()
    assert first.startswith(f"copper-emulator: {file}:3: steps[1].advnce")
    assert second.startswith(f"copper-emulator: {file}:4: steps[2].advance: 'soon' is not a duration")
    assert err == invoke("run", str(file))[2]


def test_what_is_recorded_is_a_file_that_can_be_played(server: str, tmp_path: Path) -> None:
    file = tmp_path / "session.yaml"
    assert invoke("record", "show", server=server) == (1, "", "copper-emulator: nothing has been recorded\n")
    told(server, "record", "start")
    code, out, err = invoke("record", "show", "--output", str(file), server=server)
    assert (code, out, err) == (1, "", "copper-emulator: nothing has been recorded, so nothing was written\n")
    told(server, "create", "person", "--set", "name=Ada")

    assert "create: {type: person, as: person_1" in told(server, "record", "show")
    # It contains the secrets of subscriptions, and the file was readable by everyone.
    file.touch(0o644)
    code, _, err = invoke("record", "show", "--output", str(tmp_path / "missing" / "session.yaml"), server=server)
    assert (code, err.count("\n")) == (1, 1)
    assert told(server, "record", "show", "--output", "-") == told(server, "record", "show")
    assert told(server, "record", "stop", "--output", str(file)).splitlines() == [
        f"What was done is in {file}; copper-emulator run {file} repeats it.",
        f"In a running server: copper-emulator play {file} --reset",
    ]
    assert file.stat().st_mode & 0o777 == 0o600
    assert load(file).content.steps[0].create is not None


def test_what_no_step_can_repeat_is_told_at_the_end_of_a_recording(server: str, tmp_path: Path) -> None:
    file = tmp_path / "session.yaml"
    told(server, "record", "start")
    told(server, "create", "person", "--set", "name=Ada")
    told(server, "inbox", "--status", "500")
    told(server, "settings", "--set", "over-limit=drop")

    assert told(server, "record", "stop", "--output", str(file)).splitlines()[-1] == (
        "2 comments in it: no step can repeat what was done there."
    )
    assert "# the answer of the inbox was changed: no scenario step can do this" in file.read_text()


def test_numbers_and_states_can_be_given_as_they_are_shown(server: str) -> None:
    told(server, "settings", "--set", "limits=1/1m", "--set", "over_limit=drop", "--set", "latency=1h")
    told(server, "subscribe", "person.new", INBOX)
    told(server, "create", "person", "--set", "name=Ada")

    assert "waits, due" in told(server, "notifications", "--state", "waiting")
    assert told(server, "show", "#1").startswith("#1  ")


def test_what_was_dropped_shows_where_it_would_have_gone(server: str) -> None:
    told(server, "settings", "--set", "limits=1/1m", "--set", "over_limit=drop")
    told(server, "subscribe", "person.new", INBOX)
    told(server, "create", "person", "--count", "31", "--set", "name=Ada")

    assert f"-> {INBOX}: dropped: over the limit of 1/1m" in told(server, "show", "2")


def test_of_many_notifications_of_a_change_the_first_are_shown_and_how_all_of_them_ended(server: str) -> None:
    told(server, "settings", "--set", "limits=40/1m", "--set", "over_limit=drop", "--set", "batch=1")
    told(server, "subscribe", "person.new", INBOX)

    shown = told(server, "create", "person", "--count", "50", "--set", "name=Ada").splitlines()

    assert shown[-1] == "  ... 50 notifications in all: 40 delivered and 10 dropped"
    assert sum(line.startswith("  #") for line in shown) < 40


def test_of_many_notifications_that_fall_due_the_first_are_shown_and_how_all_of_them_ended(server: str) -> None:
    told(
        server,
        "settings",
        "--set",
        "limits=40/1m",
        "--set",
        "over_limit=drop",
        "--set",
        "batch=1",
        "--set",
        "latency=1m",
    )
    told(server, "subscribe", "person.new", INBOX)
    told(server, "create", "person", "--count", "50", "--set", "name=Ada")

    *first, ends, time = told(server, "advance", "1m").splitlines()

    assert ends == "  ... 50 notifications in all: 40 delivered and 10 dropped"
    assert len(first) == 30
    assert all("delivered #" in line for line in first)
    assert time.endswith("; no notifications waiting.")


def test_a_target_that_nothing_reaches_is_told_when_it_is_subscribed(server: str) -> None:
    shown = told(server, "subscribe", "person.new", "https://app.example/hook").splitlines()

    assert shown[1].startswith("Nothing would be sent there: no route for https://app.example")
    assert len(told(server, "subscribe", "person.new", INBOX).splitlines()) == 1


def test_a_secret_that_will_not_arrive_is_told_when_it_is_subscribed(server: str) -> None:
    shown = told(server, "subscribe", "person.new", INBOX, "--secret", "ids=17", "--secret", "key=s3cret").splitlines()

    assert shown[1].startswith("The secret's ids will never arrive: a notification has a key of that name itself")
    assert len(shown) == 2


def test_a_notification_as_show_prints_it_is_no_body_to_replay(server: str, tmp_path: Path) -> None:
    told(server, "subscribe", "person.new", INBOX)
    told(server, "create", "person", "--set", "name=Ada")
    file = tmp_path / "shown.json"
    file.write_text(told(server, "show", "1", "--json"))

    code, _, err = invoke("replay", str(file), "--target", INBOX, server=server)

    assert (code, err.count("\n")) == (2, 1)
    assert "is what show --json prints, not a body: replay its request.body alone" in err


@pytest.mark.parametrize("text", ["1" * 5000, "[" * 100_000, '{"a":'], ids=["long", "deep", "cut off"])
def test_a_body_that_cannot_be_read_as_json_is_one_line(server: str, tmp_path: Path, text: str) -> None:
    file = tmp_path / "body.json"
    file.write_text(text)

    code, _, err = invoke("replay", str(file), "--target", INBOX, server=server)

    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith(f"copper-emulator: {file} is not JSON")


def test_a_recording_that_could_not_be_written_is_not_lost(server: str, tmp_path: Path) -> None:
    told(server, "record", "start")
    told(server, "create", "person")
    nowhere = tmp_path / "missing" / "session.yaml"

    code, _, err = invoke("record", "stop", "--output", str(nowhere), server=server)

    assert code == 1
    assert err.startswith(f"copper-emulator: {nowhere} cannot be written: No such file or directory. It is still there")
    file = tmp_path / "session.yaml"
    told(server, "record", "show", "--output", str(file))
    assert "create: {type: person" in file.read_text(encoding="utf-8")


def test_what_cannot_be_played_again_beside_what_is_there_says_so_and_names_the_file(
    server: str, tmp_path: Path
) -> None:
    file = tmp_path / "session.yaml"
    made = asked(server, "create", "person")["records"][0]["id"]
    told(server, "record", "start")
    told(server, "update", "person", str(made), "--set", "name=Grace")
    told(server, "record", "stop", "--output", str(file))

    code, out, err = invoke("play", str(file), server=server)

    assert (code, err) == (1, "")
    assert f"FAILED  recorded: {file}:4: step 1 of 2 failed" in out
    assert "play it with --reset, which empties the account first." in out
    assert "PASSED" in told(server, "play", str(file), "--reset")


@pytest.mark.parametrize("command", ["play", "run"])
def test_a_scenario_is_played_from_stdin(server: str, command: str) -> None:
    done = CliRunner().invoke(main, [command, "-"], input=RENAMED, env={"COPPER_EMULATOR_URL": server})
    wrong = CliRunner().invoke(main, [command, "-"], input="name: x\n", env={"COPPER_EMULATOR_URL": server})

    assert (done.exit_code, done.stderr) == (0, "")
    assert "PASSED  renamed: 3 steps" in done.stdout
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("copper-emulator: -:1: steps: is missing")


def test_a_body_is_replayed_from_stdin(server: str) -> None:
    body = '{"type":"person","event":"update","ids":[17]}'
    done = CliRunner().invoke(main, ["replay", "-", "--target", INBOX], input=body, env={"COPPER_EMULATOR_URL": server})

    assert (done.exit_code, done.stderr) == (0, "")
    assert "< 200" in done.stdout


def test_notifications_and_the_journal_are_filtered_by_what_the_control_api_knows(server: str) -> None:
    made = asked(server, "subscribe", "people.update", INBOX)["id"]
    told(server, "subscribe", "person.update", f"{INBOX}/other")
    change = asked(server, "fire", "Person.UPDATE", "--id", "17")

    def count(*filters: str) -> int:
        found: int = asked(server, "notifications", *filters)["count"]
        return found

    assert count() == 2
    assert count("--subscription", str(made)) == 1
    assert (count("--outcome", "delivered"), count("--outcome", "failed", "--outcome", "lost")) == (2, 0)
    assert (count("--since", change["at"]), count("--until", change["at"])) == (2, 0)
    assert (count("--type", "People"), count("--type", "lead")) == (2, 0)
    assert "/other" not in told(server, "journal", "--subscription", str(made), "--kind", "ended")
    assert len(told(server, "journal", "--text", "/OTHER", "--kind", "ended").splitlines()) == 1


def test_the_journals_limit_counts_the_lines_that_are_shown(server: str) -> None:
    told(server, "subscribe", "person.update", INBOX)
    for record in ("1", "2", "3"):
        told(server, "fire", "person.update", "--id", record)

    shown = told(server, "journal").splitlines()

    assert told(server, "journal", "--limit", "5").splitlines() == shown[-5:]
    assert "sending" not in "".join(shown)
    assert "sending" in told(server, "journal", "--kind", "sending")


@pytest.mark.parametrize("name", ["activity", "activities", "activity_log", "Activities"])
def test_a_type_is_called_by_any_of_its_names(server: str, name: str) -> None:
    assert asked(server, "subscribe", f"{name}.new", INBOX)["type"] == "activity_log"
    assert asked(server, "fire", f"{name}.NEW", "--id", "5")["type"] == "activity_log"
    assert asked(server, "wait", f"{name}.new")["deliveries"][0]["type"] == "activity_log"
    assert asked(server, "search", name)["total"] == 0
    assert "activity_log/new" in told(server, "why", name)


def test_only_settings_that_were_changed_are_shown_and_as_they_are_written(server: str) -> None:
    assert told(server, "settings", "--set", "allow_http=true", "--set", "allow_targets=a.example") == (
        "allow_http         true\nallow_targets      a.example\n"
    )
    assert told(server, "settings", "--set", "allow_targets=none") == "allow_targets      none\n"
    assert "new settings: allow_targets none" in told(server, "journal", "--kind", "settings")
    for command in (["settings"], ["reset"], ["accounts", "--create", "another"]):
        code, _, err = invoke(*command, "--set", "latncy=1m", server=server)
        assert (code, err.partition(" The settings are profile, limits,")[0]) == (
            2,
            "copper-emulator: there is no setting 'latncy'; did you mean 'latency'?",
        )


def test_accounts_are_made_and_deleted(running: Process) -> None:
    server = running.url
    made = asked(server, "accounts", "--create", "ci-7", "--token", "t-7", "--set", "latency=1m")
    assert (made["name"], made["token"], made["headers"]["X-PW-AccessToken"]) == ("ci-7", "t-7", "t-7")
    assert "ci-7 (you@example.com): 0 subscriptions, 0 waiting" in told(server, "accounts")

    assert "ci-7 was deleted" in told(server, "accounts", "--delete", "ci-7")
    assert [each["name"] for each in asked(server, "accounts")["accounts"]] == ["default"]


def test_several_accounts_and_none_named_is_an_error_that_lists_them() -> None:
    with started("serve", "--port", "0", "--token", "a", "--token", "b") as process:
        code, out, err = run("subscriptions", server=process.url)

        assert (code, out) == (2, "")
        assert "choose one with --account or COPPER_EMULATOR_ACCOUNT: default, account-2" in err
        subscribe(process.url, "person", "new", token="b")
        assert asked(process.url, "subscriptions", "--account", "account-2")["count"] == 1


@pytest.mark.parametrize(
    ("args", "wanted"),
    [
        (["subscribe", "person", INBOX], "is not a topic"),
        (
            ["subscribe", "persons.new", INBOX],
            "Copper has no webhooks for 'persons'; did you mean 'person'? The types that have them are lead, person, ",
        ),
        (["clock", "freez"], "there is no choice 'freez'; did you mean 'freeze'? The choices are freeze and run"),
        (["subscribe", "person.update", "http://x"], "Invalid URI"),
        (["subscribe", "person.update", INBOX, "--secret", "key"], "--secret: write KEY=VALUE"),
        (["unsubscribe"], "say which subscriptions"),
        (["routes", "https://my-app.example"], "ORIGIN=URL"),
        (["routes", "foo"], "'foo': write ORIGIN=URL, like https://my-app.example=http://127.0.0.1:5000"),
        (["wait", "--timeout", "x"], "--timeout: 'x' is not a duration"),
        (["inbox", "--delay", "x"], "--delay: 'x' is not a duration"),
        (
            ["notifications", "--state", "faild"],
            "--state: there is no choice 'faild'; did you mean 'failed'? The choices are queued, ",
        ),
        (["notifications", "--state", "faild"], "did you mean 'failed'?"),
        (["notifications", "--since", "monday"], "--since: 'monday' is not a moment"),
        (
            ["subscribe", "person.updatd", INBOX],
            "there is no event 'updatd'; did you mean 'update'? The events are new, ",
        ),
        (["resend", "99", "--body", "{"], "--body is not JSON"),
        (["replay", "README.md", "--target", INBOX], "is not JSON"),
        (["play", "no_such"], "there is no scenario"),
        (["play", "no_such.yaml"], "there is no file no_such.yaml, and there is no scenario 'no_such'"),
        (["accounts", "--token", "t"], "need --create"),
        (["accounts", "--create", "a b"], "name: 'a b' is not allowed: use 1 to 64 letters, digits, dots, dashes and"),
        (["accounts", "--create", "ab", "--email", "nope"], "--email: 'nope' is not allowed: write an email address"),
        (["accounts", "--create", "ab", "--set", "latency"], "--set 'latency': write NAME=VALUE, like --set batch=1"),
        (["settings", "--set", "latency"], "--set 'latency': write NAME=VALUE, like --set batch=1"),
        (["reset", "--set", "latency"], "--set 'latency': write NAME=VALUE, like --set batch=1"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(server: str, args: list[str], wanted: str) -> None:
    code, out, err = invoke(*args, server=server)

    assert (code, out) == (2, "")
    assert wanted in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "wanted"),
    [
        (["unsubscribe", "1"], "no subscription 1"),
        (["targets", "--pause", "https://my-app.example"], "nobody has subscribed"),
        (["routes", "--remove", "https://my-app.example"], "no route"),
        (
            ["snapshot", "/no/such/folder/one.json"],
            "/no/such/folder/one.json cannot be written: No such file or directory",
        ),
        (["show", "99"], "99"),
        (["resend", "99"], "99"),
        (["accounts", "--delete", "nobody"], "no account 'nobody'"),
    ],
)
def test_what_is_not_there_is_one_line_and_exit_code_1(server: str, args: list[str], wanted: str) -> None:
    code, out, err = invoke(*args, server=server)

    assert (code, out) == (1, "")
    assert wanted in err
    assert err.count("\n") == 1
