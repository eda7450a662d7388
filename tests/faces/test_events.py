"""Events, replays, scenarios, faults and hooks: what can be made to happen beside writing records."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from copper_emulator import Copper, Delivery, Endpoint, Received, ScenarioFailed, UsageError
from copper_emulator.copper import stepwise
from tests.faces.conftest import TARGET, receiver
from tests.faces.opening import Open, create_by_api

SYNCHRONOUS = pytest.mark.parametrize("face", ["here", "there"], indirect=True)
"""A plain hook can await nothing; steps that are played one by one have no asynchronous twin."""


def bodies(endpoint: Endpoint) -> list[Any]:
    return [request.json for request in endpoint.requests]


def test_a_bare_event_is_told_of_and_a_change_says_what_happened(copper: Copper, endpoint: Endpoint) -> None:
    subscription = copper.subscribe("person", "update", target=TARGET)

    change = copper.fire("person", "update", ids=[17, 18], updated_attributes={"name": ("Ada", "Grace")})

    assert (change.ids, dict(change.updated_attributes)) == ((17, 18), {"name": ["Ada", "Grace"]})
    assert change.subscriptions == (subscription.id,)
    assert [body["updated_attributes"] for body in bodies(endpoint)] == [{"name": ["Ada", "Grace"]}]
    assert "#1 person/update [17, 18]" in str(copper.explain(change))


def test_a_bare_event_without_listeners_says_so(copper: Copper) -> None:
    change = copper.fire("person", "update", ids=17)

    assert (change.subscriptions, change.note) == ((), "no subscription to person/update")


@pytest.mark.parametrize(("type", "event"), [("people", "update"), ("Person", "Update"), ("PEOPLE", "UPDATE")])
def test_types_and_events_are_called_as_on_the_command_line(copper: Copper, type: str, event: str) -> None:
    copper.subscribe("person", "update", target=TARGET)
    copper.expect_none(type, event)

    change = copper.fire(type, event, ids=17)

    assert str(change.topic) == "person/update"
    copper.expect(type, event, ids=17, outcome="blocked")
    assert "person/update" in str(copper.explain(type=type, id=17))


@pytest.mark.parametrize(
    ("topic", "ids", "message"),
    [
        (("activity_log", "delete"), 1, "there is no topic activity_log/delete"),
        (("contact", "new"), 1, "there is no type 'contact'"),
        (("person", "created"), 1, "there is no event 'created'"),
        (("person", "new"), [], "ids must be one or more positive whole numbers"),
        (("person", "new"), [0], "ids must be one or more positive whole numbers"),
        (("person", "new"), ["17"], "ids must be one or more positive whole numbers"),
        (("person", "new"), [1, 2**63], "an id is at most 9223372036854775807, not 9223372036854775808"),
        (("person", "new"), "17", "ids must be one or more positive whole numbers"),
        (("person", "new"), None, "ids must be one or more positive whole numbers"),
    ],
)
def test_an_impossible_event_is_an_error_that_says_what_there_is(
    copper: Copper, topic: tuple[str, str], ids: Any, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        copper.fire(*topic, ids=ids)

    assert message in str(caught.value)
    assert copper.changes == []


def test_an_event_of_another_types_record_or_with_attributes_it_cannot_have_is_refused(copper: Copper) -> None:
    ada = copper.people.create(name="Ada")

    with pytest.raises(UsageError, match="is of the type person, not lead"):
        copper.fire("lead", "new", ids=[ada])
    with pytest.raises(UsageError, match="person/new carries no updated_attributes"):
        copper.fire("person", "new", ids=1, updated_attributes={"name": (None, "Ada")})
    assert len(copper.changes) == 1


def test_a_request_has_the_headers_that_copper_sends_and_the_subscriptions_own(
    copper: Copper, endpoint: Endpoint
) -> None:
    copper.subscribe("person", "new", target=TARGET, headers={"X-Tenant": "north"})

    copper.fire("person", "new", ids=17)

    [request] = endpoint.requests
    assert sorted(request.headers) == ["Content-Type", "Host", "User-Agent", "X-Tenant"]
    assert (request.url, request.headers["Host"], request.headers["X-Tenant"]) == (TARGET, "app.example", "north")


# --- replays --------------------------------------------------------------------------------------------------------


def test_a_captured_body_is_delivered_as_it_was(copper: Copper, endpoint: Endpoint) -> None:
    captured = (
        '{"subscription_id": 395034, "event": "new", "type":"person","ids":[167487595],\n "updated_attributes":{}}'
    )

    delivery = copper.replay(captured, target=TARGET, headers={"X-Trace": "1"})

    assert (delivery.status, delivery.replayed, delivery.ids) == (200, True, (167487595,))
    assert delivery.body == json.loads(captured)
    [request] = endpoint.requests
    assert request.body == captured.encode()
    assert request.headers["x-trace"] == "1"


def test_a_captured_header_replaces_ours_in_whatever_case_it_was_written(copper: Copper, endpoint: Endpoint) -> None:
    captured = {"event": "new", "type": "person", "ids": [17]}

    copper.replay(captured, target=TARGET, headers={"content-type": "application/json; charset=utf-8"})

    [request] = endpoint.requests
    assert request.headers.getall("Content-Type") == ["application/json; charset=utf-8"]


NO_CAPTURE: list[tuple[Any, str]] = [
    ({"type": "person"}, "not a captured notification"),
    ("captured.json", r"it is not JSON; pass a file as pathlib.Path\("),
    ({"ids": object()}, "it cannot be written as JSON"),
    (Path("/nowhere/body.json"), "cannot be read"),
]


@pytest.mark.parametrize(("body", "message"), NO_CAPTURE, ids=[message for _, message in NO_CAPTURE])
def test_what_was_not_captured_is_not_replayed(copper: Copper, body: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        copper.replay(body, target=TARGET)
    assert copper.journal == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"target": 5}, "target must be a URL as text"),
        ({"target": "127.0.0.1:5000/hook"}, "'127.0.0.1:5000/hook' is not a URL to send to: write it like http://127"),
        ({"target": "ftp://127.0.0.1/"}, "is not a URL to send to"),
        ({"target": TARGET, "headers": 5}, "headers must be a mapping"),
        (
            {"target": TARGET, "headers": {1: b"x"}},
            "headers must be text, .*, not int with bytes",
        ),
        ({"target": TARGET, "headers": {"bad name: x": "y"}}, "headers: 'bad name: x' is not a header name"),
        ({"target": TARGET, "headers": {"X\n": "y"}}, r"headers: 'X\\n' is not a header name"),
    ],
    ids=repr,
)
def test_a_replay_that_could_go_nowhere_is_refused(copper: Copper, given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        copper.replay({"event": "new", "type": "person", "ids": [17]}, **given)
    assert copper.journal == []


# --- scenarios ------------------------------------------------------------------------------------------------------

SCENARIO = """
name: renamed
secret: {key: s3cret}
subscriptions:
  renamed: {topic: person/update, target: https://app.example/hooks/copper}
steps:
  - seed: {type: company, as: acme, fields: {name: Acme}}
  - create: {type: person, as: ada, fields: {name: Ada}}
  - relate: {records: ada, to: acme}
  - at: +10m
    update: {records: ada, fields: {name: Ada Lovelace}}
  - expect: {topic: person/update, records: ada, body: {key: s3cret}}
  - endpoint: down
  - advance: 2d
  - update: {records: ada, fields: {name: Ada King}}
  - expect: {topic: person/update, records: ada, outcome: failed}
  - endpoint: up
  - expect_none: {}
"""


def test_a_scenario_is_played(copper: Copper, endpoint: Endpoint, tmp_path: Path) -> None:
    file = tmp_path / "renamed.yaml"
    file.write_text(SCENARIO)
    before = copper.now

    result = copper.play(file)

    assert (result.passed, result.total_steps, len(endpoint.requests)) == (True, 11, 1)
    assert copper.now - before >= timedelta(minutes=10)
    copper.reset()
    receiver(copper)
    file.write_text(SCENARIO.replace("outcome: failed", "status: 200"))
    with pytest.raises(ScenarioFailed, match="step 9 of 11 failed"):
        copper.play(file)


@pytest.mark.parametrize("scenario", [1, None, b"found.yaml", {"name": "found", "steps": []}], ids=repr)
def test_play_says_what_it_takes(copper: Copper, scenario: Any) -> None:
    with pytest.raises(UsageError) as refused:
        copper.play(scenario)

    takes = "a file, like 'tests/my_scenario.yaml', or the name of a scenario that comes with the emulator"
    assert str(refused.value) == f"play takes {takes}, not {scenario!r}"


@pytest.mark.parametrize(("given", "named"), [((), {}), (("first_notification", 2), {}), ((), {"file": "found.yaml"})])
def test_play_says_how_it_is_written(copper: Copper, given: Any, named: Any) -> None:
    with pytest.raises(UsageError, match=r"write it like copper.play\('tests/my_scenario.yaml'\)"):
        copper.play(*given, **named)


def test_a_scenario_brings_its_settings_to_a_fresh_account(copper: Copper, endpoint: Endpoint, tmp_path: Path) -> None:
    file = tmp_path / "late.yaml"
    file.write_text(
        "name: late\nsettings: {latency: 30s}\nsubscriptions: {new: {topic: lead/new, "
        f"target: {TARGET}}}}}\nsteps:\n  - create: {{type: lead}}\n  - expect_none: {{}}\n"
        "  - at: +30s\n    expect: {topic: lead/new, count: 1}\n"
    )

    assert copper.play(file).passed
    assert copper.settings.latency.low_ms == 30_000


@SYNCHRONOUS
def test_a_scenario_is_played_as_it_is_written(copper: Copper, endpoint: Endpoint) -> None:
    scenario = stepwise(copper, secret={"key": "s3cret"})
    scenario.subscribe("made", {"topic": "person/new", "target": TARGET})
    scenario.play({"create": {"type": "person", "as": "ada", "count": 2}})
    scenario.play({"expect": {"topic": "person/new", "records": "ada", "body": {"key": "s3cret"}}})

    assert [len(body["ids"]) for body in bodies(endpoint)] == [2]


# --- faults ---------------------------------------------------------------------------------------------------------


def test_faults_go_on_and_off(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("person", "update", target=TARGET)
    copper.faults.refuse(1)
    with copper.faults.lose(share=0.5) as fault:
        assert [str(each) for each in copper.faults.active] == ["refuse=1", "lose=50%"]
        assert str(fault) == "lose=50%"
    assert [str(each) for each in copper.faults.active] == ["refuse=1"]

    copper.fire("person", "update", ids=17)

    copper.expect("person", "update", outcome="failed")
    assert (copper.faults.active, endpoint.requests) == ([], [])
    copper.faults.on("outage=10m", "shuffle")
    assert [str(each) for each in copper.faults.off()] == ["outage=10m", "shuffle"]
    with pytest.raises(UsageError):
        copper.faults.on("lost")


# --- hooks ----------------------------------------------------------------------------------------------------------


def test_hooks_run_after_each_delivery_that_was_sent(copper: Copper, endpoint: Endpoint) -> None:
    done: list[int] = []
    copper.after_delivery(lambda delivery: done.extend(delivery.ids))
    copper.subscribe("person", "update", target=TARGET)
    copper.subscribe("lead", "new", target="https://nowhere.example/")

    copper.fire("person", "update", ids=[17, 18])
    copper.fire("lead", "new", ids=9)
    copper.fire("person", "update", ids=19)

    copper.expect("lead", "new", outcome="blocked")
    assert done == [17, 18, 19]


def test_a_hook_is_called_for_what_is_delivered_after_it_was_given_also_after_a_reset(copper: Copper) -> None:
    done: list[int] = []

    def begin() -> None:
        receiver(copper)
        copper.subscribe("person", "update", target=TARGET)
        copper.fire("person", "update", ids=17)
        copper.after_delivery(lambda delivery: done.extend(delivery.ids))
        for number in (18, 19):
            copper.fire("person", "update", ids=number)

    begin()
    assert done == [18, 19]
    copper.reset()
    begin()
    assert done == [18, 19, 18, 19]


@SYNCHRONOUS
def test_a_hook_runs_deferred_work_whose_changes_are_delivered_too(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("person", "update", target=TARGET)
    copper.subscribe("task", "new", target=TARGET)
    queue = ["follow up"]
    copper.after_delivery(lambda delivery: [copper.tasks.create(name=queue.pop()) for _ in list(queue)])

    copper.fire("person", "update", ids=1)

    assert [body["type"] for body in bodies(endpoint)] == ["person", "task"]


def test_a_hook_that_raises_keeps_no_delivery_from_being_told_of(opened: Open) -> None:
    copper = opened(in_flight=2)
    told: list[int] = []

    def hook(delivery: Delivery) -> None:
        told.append(delivery.notification.serial)
        if len(told) == 1:
            raise LookupError("the first time")

    receiver(copper)
    for name in ("first", "second"):
        copper.subscribe("person", "new", target=f"{TARGET}/{name}")
    copper.after_delivery(hook)
    with pytest.raises(LookupError) as raised:
        copper.people.create(name="Ada")
    copper.people.create(name="Grace")

    assert told == [1, 2, 3, 4]
    [note] = raised.value.__notes__
    assert note.startswith("Raised by your after_delivery hook hook, for notification 1: person/new [")


def test_the_hooks_after_one_that_raises_are_called_when_time_may_pass_again(opened: Open) -> None:
    copper = opened()
    told: list[tuple[str, int]] = []

    def first(delivery: Delivery) -> None:
        told.append(("first", delivery.notification.serial))
        if len(told) == 1:
            raise LookupError("the first time")

    receiver(copper)
    copper.subscribe("person", "new", target=TARGET)
    copper.after_delivery(first)
    copper.after_delivery(lambda delivery: told.append(("second", delivery.notification.serial)))
    with pytest.raises(LookupError):
        copper.people.create_many([{"name": "Ada"}])
    assert told == [("first", 1)]

    copper.settle()

    assert told == [("first", 1), ("second", 1)]


def test_after_a_reset_no_hook_is_called_for_what_was_before(opened: Open) -> None:
    copper = opened()
    told: list[str] = []

    def fails(_delivery: Delivery) -> None:
        raise LookupError("before the reset")

    receiver(copper)
    copper.subscribe("person", "new", target=TARGET)
    copper.after_delivery(fails)
    copper.after_delivery(lambda delivery: told.append("of old"))
    with pytest.raises(LookupError):
        copper.people.create_many([{"name": "Ada"}])

    copper.reset()
    receiver(copper)
    copper.subscribe("person", "new", target=TARGET)
    copper.after_delivery(lambda delivery: told.append("new"))
    copper.people.create(name="Grace")

    assert told == ["new"]


def test_a_hook_is_called_once_whatever_it_gives(copper: Copper, endpoint: Endpoint, tmp_path: Path) -> None:
    opened: list[Any] = []

    def opens(delivery: Delivery) -> object:
        opened.append((tmp_path / "log").open("a"))
        return opened[-1]

    copper.after_delivery(opens)
    copper.subscribe("person", "update", target=TARGET)
    copper.fire("person", "update", ids=[17])

    assert len(opened) == 1
    for file in opened:
        file.close()


def test_an_async_hook_is_awaited_in_this_process_and_refused_on_a_server(
    copper: Copper, endpoint: Endpoint, face: str
) -> None:
    ended: list[int] = []

    async def waits(delivery: Delivery) -> None:
        await asyncio.to_thread(str)
        ended.extend(delivery.ids)

    copper.after_delivery(waits)
    copper.subscribe("person", "update", target=TARGET)
    if face.startswith("there"):
        with pytest.raises(UsageError, match=r"takes only plain functions for after_delivery, and waits is async: .*"):
            copper.fire("person", "update", ids=[17])
    else:
        copper.fire("person", "update", ids=[17])

        assert ended == [17]


# --- what an endpoint does while it is notified ---------------------------------------------------------------------


def test_what_an_endpoint_does_through_the_api_is_delivered_too(copper: Copper) -> None:
    headers = {**copper.headers, "Content-Type": "application/json"}

    def titles(request: Received) -> int:
        url = f"{copper.api_url}/people/{request.json['ids'][0]}"
        body = json.dumps({"title": "Dr"}).encode()
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method="PUT")):
            return 200

    copper.route("https://app.example", to=titles)
    copper.subscribe("person", "new", target=TARGET)
    copper.subscribe("person", "update", target=f"{TARGET}/none")
    copper.route(f"{TARGET}/none", to=lambda request: 200)

    ada = copper.people.create(name="Ada")

    copper.expect("person", "update", ids=ada)
    assert copper.people.get(ada).title == "Dr"


def test_a_function_that_uses_the_account_only_records_and_is_followed_in_order(copper: Copper) -> None:
    seen: list[str] = []

    def titles(request: Received) -> int:
        if request.json["event"] == "new":
            copper.people.update(request.json["ids"][0], title="Dr")
        seen.append(request.json["event"])
        return 200

    copper.route("https://app.example", to=titles)
    copper.subscribe("person", "new", target=TARGET)
    copper.subscribe("person", "update", target=TARGET)

    ada = copper.people.create(name="Ada")

    copper.expect("person", "update", ids=ada, status=200)
    assert (seen, copper.people.get(ada).title) == (["new", "update"], "Dr")
    assert [change.cause for change in copper.changes] == [None, 1]


def test_what_an_application_made_due_is_waited_for(copper: Copper) -> None:
    """Longer than a server waits by itself for what is on its way."""
    answered = threading.Event()
    copper.route("https://app.example", to=lambda request: 200 if answered.wait(5) else 500)
    copper.subscribe("person", "new", target=TARGET)
    later = threading.Timer(0.8, answered.set)
    create_by_api(copper, ["Ada", "Grace"])
    later.start()

    copper.expect("person", "new", count=2)
    later.join()
