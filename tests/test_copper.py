"""The synchronous face, end to end in one process: a record changes, an endpoint is notified, the test checks."""

import copy
import pickle
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from copper_emulator import (
    ApiError,
    Copper,
    Emulator,
    Endpoint,
    ExpectationError,
    Invalid,
    NotFound,
    NotIdle,
    Reason,
    Received,
    Response,
    TimeError,
    UsageError,
)
from copper_emulator.core.records.record import Record

TARGET = "https://billing.example.com/hooks/copper"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(start=START, strict=False) as copper:
        yield copper


@pytest.fixture
def endpoint(copper: Copper) -> Endpoint:
    endpoint = Endpoint(TARGET)
    copper.route("https://billing.example.com", to=endpoint)
    return endpoint


def test_an_update_is_delivered_before_the_call_returns(copper: Copper, endpoint: Endpoint) -> None:
    subscription = copper.subscribe("person", "update", target=TARGET, secret={"key": "s3cret"})
    ada = copper.people.create(name="Ada")

    copper.people.update(ada.id, name="Ada Lovelace")

    [request] = endpoint.requests
    assert request.method == "POST"
    assert request.path == "/hooks/copper"
    assert request.headers["content-type"] == "application/json"
    assert list(request.json.items()) == [
        ("key", "s3cret"),
        ("subscription_id", subscription.id),
        ("event", "update"),
        ("type", "person"),
        ("ids", [ada.id]),
        ("updated_attributes", {"name": ["Ada", "Ada Lovelace"], "last_name": [None, "Lovelace"]}),
        ("timestamp", "2026-03-02T09:00:00.000Z"),
    ]


def test_sixty_one_records_in_one_action_are_thirty_thirty_and_one(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("lead", "new", target=TARGET)

    leads = copper.leads.create_many([{"name": f"Lead {n}"} for n in range(61)])

    assert [len(request.json["ids"]) for request in endpoint.requests] == [30, 30, 1]
    copper.expect("lead", "new", ids=[lead.id for lead in leads], count=3)


def test_records_with_different_old_values_go_into_different_notifications(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("task", "update", target=TARGET)
    rows = [{"name": "Call", "priority": priority} for priority in ("None", "High", "None")]
    first, second, third = copper.tasks.create_many(rows)

    copper.tasks.update_many([first.id, second.id, third.id], name="Write", priority="None")

    assert [(r.json["ids"], r.json["updated_attributes"]) for r in endpoint.requests] == [
        ([first.id, third.id], {"name": ["Call", "Write"]}),
        ([second.id], {"name": ["Call", "Write"], "priority": ["High", "None"]}),
    ]


def test_a_write_that_changes_nothing_fires_nothing(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("person", "update", target=TARGET)
    ada = copper.people.create(name="Ada")

    copper.people.update(ada.id, name="Ada")

    copper.expect_none()
    assert endpoint.requests == []


def test_deleting_fires_delete_and_the_record_is_gone(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("company", "delete", target=TARGET)
    companies = copper.companies.create_many([{"name": "A"}, {"name": "B"}])

    copper.companies.delete_many([company.id for company in companies])

    copper.expect("company", "delete", ids=[company.id for company in companies])
    with pytest.raises(NotFound, match="There is no company"):
        copper.companies.get(companies[0].id)


def test_a_missing_record_changes_nothing_at_all(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("person", "update", target=TARGET)
    ada = copper.people.create(name="Ada")

    with pytest.raises(NotFound):
        copper.people.update_many([ada.id, 1], name="Bob")

    assert copper.people.get(ada.id).name == "Ada"
    assert endpoint.requests == []


def test_ids_of_different_types_collide_and_activities_are_beyond_32_bits(copper: Copper) -> None:
    person = copper.people.create(name="A")
    note = copper.activities.create(
        parent={"type": "person", "id": person.id}, type={"category": "user", "id": 0}, details="call"
    )

    assert person.id == copper.leads.create(name="B").id
    assert note.id > 2**31


def test_subscribing_in_python_is_refused_as_by_the_api(copper: Copper) -> None:
    with pytest.raises(Invalid) as caught:
        copper.subscribe("activity_log", "update", target=TARGET)

    assert caught.value.status == 422
    assert caught.value.message == "Invalid input: Validation errors: Event: is not included in the list"
    assert isinstance(caught.value, ApiError)


def test_a_bare_event_without_listeners_says_so(copper: Copper) -> None:
    change = copper.fire("person", "update", ids=17)

    assert change.subscriptions == ()
    assert change.note == "no subscription to person/update"


@pytest.mark.parametrize(("type", "event"), [("people", "update"), ("Person", "Update"), ("PEOPLE", "UPDATE")])
def test_types_and_events_are_called_as_on_the_command_line(copper: Copper, type: str, event: str) -> None:
    copper.subscribe("person", "update", target="https://my-app.example/hook")
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
    ],
)
def test_an_impossible_event_is_an_error_that_says_what_there_is(
    copper: Copper, topic: tuple[str, str], ids: object, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        copper.fire(*topic, ids=ids)  # type: ignore[arg-type]  # the wrong type is what is tested

    assert message in str(caught.value)
    assert copper.changes == []


def test_latency_is_passed_by_advance_at_each_moment() -> None:
    with Emulator(start=START, latency="10m") as copper:
        endpoint = Endpoint(TARGET)
        copper.route("https://billing.example.com", to=endpoint)
        copper.subscribe("person", "new", target=TARGET)
        copper.people.create(name="Ada")
        copper.advance(minutes=4)
        copper.people.create(name="Bob")
        assert endpoint.requests == []

        copper.advance(minutes=10)

        assert [request.at for request in endpoint.requests] == [
            START + timedelta(minutes=10),
            START + timedelta(minutes=14),
        ]
        assert copper.now == START + timedelta(minutes=14)


@pytest.mark.parametrize("delta", [timedelta(), timedelta(seconds=-1)])
def test_advance_forward_only(copper: Copper, delta: timedelta) -> None:
    with pytest.raises(TimeError, match=r"use settle\(\)"):
        copper.advance(delta)


def test_advance_says_what_it_takes(copper: Copper) -> None:
    with pytest.raises(TimeError, match="say how far"):
        copper.advance()
    with pytest.raises(TimeError, match=r"no 'minute'; its parts are weeks, .*: advance\(minutes=1\)"):
        copper.advance(minute=1)
    with pytest.raises(TimeError, match=r"say advance\(seconds=60\) or advance\('1m'\)"):
        copper.advance(60)  # type: ignore[arg-type]  # the wrong type is what is tested
    with pytest.raises(TimeError, match="'ten minutes' is not a duration: write it like 30s"):
        copper.advance("ten minutes")


def test_spans_are_written_as_everywhere_else(copper: Copper) -> None:
    copper.advance("1m30s")
    assert copper.now == START + timedelta(seconds=90)

    copper.subscribe("person", "new", target=TARGET)
    assert copper.run_until_idle(limit="5m") == []


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        (60, r"say limit=timedelta\(seconds=60\) or limit='1m'"),
        ("soon", "limit: 'soon' is not a duration"),
        (timedelta(), "limit must be longer than nothing"),
        (None, "limit: None is not a duration"),
    ],
)
def test_a_wrong_limit_is_called_a_limit(copper: Copper, limit: Any, message: str) -> None:
    with pytest.raises(TimeError, match=message) as caught:
        copper.run_until_idle(limit=limit)

    assert "advance" not in str(caught.value)


def test_run_until_idle_stops_at_the_last_thing_that_happens() -> None:
    with Emulator(start=START, limits="2/1m") as copper:
        endpoint = Endpoint(TARGET)
        copper.route("https://billing.example.com", to=endpoint)
        copper.subscribe("person", "new", target=TARGET)
        for _ in range(5):
            copper.fire("person", "new", ids=1)

        copper.run_until_idle()

        minutes = [(request.at - START) // timedelta(minutes=1) for request in endpoint.requests]
        assert minutes == [0, 0, 1, 1, 2]
        assert copper.now == START + timedelta(minutes=2)


def test_run_until_idle_has_an_end() -> None:
    with Emulator(start=START, latency="2h") as copper:
        copper.subscribe("person", "new", target=TARGET)
        copper.fire("person", "new", ids=1)

        with pytest.raises(NotIdle, match=r"1 notification still waiting after 1h"):
            copper.run_until_idle()

        assert copper.now == START


def test_a_forgotten_route_blocks_and_says_what_would_help(copper: Copper) -> None:
    copper.subscribe("person", "new", target="https://elsewhere.example/hook")

    copper.fire("person", "new", ids=1)

    [delivery] = copper.expect("person", "new", outcome="blocked")
    assert "copper.route('https://elsewhere.example', to=app)" in delivery.text


@pytest.fixture
def ada(copper: Copper, endpoint: Endpoint) -> Record:
    """A person about whose updates the endpoint is notified."""
    copper.subscribe("person", "update", target=TARGET)
    return copper.people.create(name="Ada", tags=["a"])


def test_a_record_goes_wherever_an_id_goes(copper: Copper, ada: Record) -> None:
    bob = copper.people.create(name="Bob")

    copper.people.update(ada, name="Ada Lovelace")
    copper.expect("person", "update", ids=[ada])
    copper.people.update_many([ada, bob.id], title="Countess")
    copper.expect("person", "update", ids=[ada, bob])
    assert copper.people.get(ada).name == "Ada Lovelace"
    assert copper.fire("person", "update", ids=[ada, 17]).ids == (ada.id, 17)
    with pytest.raises(ExpectationError):
        copper.expect_none("person", "update", ids=ada)
    copper.people.delete(bob)
    copper.people.delete_many([ada])
    assert [change.ids for change in copper.changes[-2:]] == [(bob.id,), (ada.id,)]


WRONG: dict[str, tuple[Callable[[Copper, Record], object], str]] = {
    "update by text": (lambda c, ada: c.people.update("17", name="x"), "an id is a whole number, like 17, or a record"),  # type: ignore[arg-type]
    "get by nothing": (lambda c, ada: c.people.get(None), "an id is a whole number"),  # type: ignore[arg-type]
    "another type's record": (lambda c, ada: c.leads.update(ada, name="x"), "is of the type person, not lead"),
    "fire another type's": (lambda c, ada: c.fire("lead", "new", ids=[ada]), "is of the type person, not lead"),
    "fire text": (lambda c, ada: c.fire("person", "update", ids="17"), "ids must be one or more positive whole"),  # type: ignore[arg-type]
    "fire nothing": (lambda c, ada: c.fire("person", "update", ids=None), "ids must be one or more positive"),  # type: ignore[arg-type]
    "update_many of one": (lambda c, ada: c.people.update_many(5, name="x"), "several ids or records"),  # type: ignore[arg-type]
    "update_many of one record": (lambda c, ada: c.people.update_many(ada, name="x"), r"for one there is update\(\)"),  # type: ignore[arg-type]
    "delete_many of text": (lambda c, ada: c.people.delete_many("17"), r"for one there is delete\(\)"),  # type: ignore[arg-type]
    "create_many of one": (lambda c, ada: c.people.create_many({"name": "x"}), "give a list of records"),  # type: ignore[dict-item]
    "create_many of 5": (lambda c, ada: c.people.create_many(5), "give a list of records"),  # type: ignore[arg-type]
    "expect text": (lambda c, ada: c.expect("person", "update", ids="17"), "ids must be one or more"),  # type: ignore[arg-type]
    "status as text": (lambda c, ada: c.expect("person", "update", status="204"), "like status=204, not '204'"),  # type: ignore[arg-type]
    "count as text": (lambda c, ada: c.expect("person", "update", count="3"), "like count=3, not '3'"),  # type: ignore[arg-type]
    "body as text": (lambda c, ada: c.expect("person", "update", body="x"), "body must be a mapping"),  # type: ignore[arg-type]
    "2xx rejected": (lambda c, ada: c.expect("person", "update", status=200, outcome="rejected"), "contradict"),
    "500 delivered": (lambda c, ada: c.expect("person", "update", status=500, outcome="delivered"), "contradict"),
    "500 failed": (lambda c, ada: c.expect("person", "update", status=500, outcome="failed"), "has no status"),
    "unsubscribe text": (lambda c, ada: c.unsubscribe("x"), r"what subscribe\(\) returned, or its id, not 'x'"),  # type: ignore[arg-type]
    "a hook that is none": (lambda c, ada: c.after_delivery(3), "a function of a delivery, not 3"),  # type: ignore[arg-type]
    "attributes of new": (
        lambda c, ada: c.fire("person", "new", ids=1, updated_attributes={"name": (None, "Ada")}),
        "person/new carries no updated_attributes",
    ),
    "half a surrogate": (lambda c, ada: c.people.update(ada, name="\ud800"), "a record's fields must be JSON"),
    "no JSON at all": (lambda c, ada: c.subscribe("person", "new", target=object()), "a subscription must be JSON"),  # type: ignore[arg-type]
    "explain text": (lambda c, ada: c.explain("x"), "explain a change, a subscription, a delivery, a record"),
    "replay nowhere": (
        lambda c, ada: c.replay({"type": "person", "event": "new", "ids": [1]}, target=5),  # type: ignore[arg-type]
        "target must be a URL as text",
    ),
    "replay a name": (lambda c, ada: c.replay("body.json", target=TARGET), "a file is given as pathlib.Path"),
    "replay no file": (lambda c, ada: c.replay(Path("/nowhere/body.json"), target=TARGET), "cannot be read"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_refused_with_what_to_write(copper: Copper, ada: Record, name: str) -> None:
    call, message = WRONG[name]
    before = copper.journal

    with pytest.raises(UsageError, match=message):
        call(copper, ada)

    assert copper.journal == before


@pytest.mark.parametrize(
    ("extras", "message"),
    [
        ({"secret": "s3cret"}, "Secret: must be an object of strings"),
        ({"secret": [1]}, "Secret: must be an object of strings"),
        ({"headers": 5}, "Headers: must be an object of strings"),
        ({"custom_field_computed_values": "yes"}, "must be true or false"),
    ],
    ids=repr,
)
def test_extras_are_refused_with_coppers_text(copper: Copper, extras: dict[str, Any], message: str) -> None:
    with pytest.raises(Invalid, match=message):
        copper.subscribe("person", "new", target=TARGET, **extras)


@pytest.mark.parametrize(
    "fields", [{"secret": {"key": "\ud800"}}, {"target": TARGET + "/\ud800"}], ids=["secret", "target"]
)
def test_half_a_surrogate_pair_is_refused_as_by_the_api(copper: Copper, fields: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match="half a surrogate pair"):
        copper.subscribe("person", "new", **{"target": TARGET, **fields})

    assert copper.subscriptions == []


def test_a_record_is_a_copy_and_says_how_to_change_it(copper: Copper, endpoint: Endpoint, ada: Record) -> None:
    with pytest.raises(AttributeError, match=rf"copper\.people\.update\({ada.id}, name=\.\.\.\)"):
        ada.name = "Ada Lovelace"
    assert copy.deepcopy(ada) == pickle.loads(pickle.dumps(ada)) == ada

    ada.tags.append("b")
    copper.people.update(ada, tags=ada.tags)

    assert endpoint.requests[-1].json["updated_attributes"] == {"tags": [["a"], ["a", "b"]]}


def test_a_write_that_changes_nothing_stands_in_the_timeline(copper: Copper, ada: Record) -> None:
    bob = copper.people.create(name="Bob")

    copper.people.update_many([ada, bob], name="Ada")

    unchanged = [entry.text for entry in copper.journal if entry.kind == "unchanged"]
    assert unchanged == [f"person/update [{ada.id}]: the values were the same"]
    assert unchanged[0] in copper.timeline
    assert copper.changes[-1].ids == (bob.id,)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("persons", "people"), ("activity_log", "activities"), ("lead", "leads"), ("advanced", "advance")],
)
def test_a_wrong_name_says_which_was_meant(copper: Copper, name: str, meant: str) -> None:
    with pytest.raises(AttributeError, match=f"copper has no '{name}'; did you mean '{meant}'"):
        getattr(copper, name)


def test_a_setting_is_said_to_be_one(copper: Copper) -> None:
    with pytest.raises(AttributeError, match=r"copper has no 'allow': it is a setting, Emulator\(allow=\.\.\.\)"):
        copper.allow({500})  # type: ignore[attr-defined]  # as people write it


def test_a_record_is_explained_without_its_namesakes(copper: Copper, ada: Record) -> None:
    lead = copper.leads.create(name="Namesake")
    assert lead.id == ada.id

    copper.people.update(ada, name="Ada Lovelace")

    text = str(copper.explain(ada))
    assert "person/new" in text
    assert "person/update" in text
    assert "lead" not in text


def test_a_key_after_a_reset_is_another_one(copper: Copper) -> None:
    copper.switch_key()
    copper.reset()
    old = copper.subscribe("person", "new", target=TARGET)

    copper.switch_key()

    assert copper.subscriptions == []
    with pytest.raises(NotFound, match="belongs to an earlier API key"):
        copper.unsubscribe(old)


def test_what_is_looked_at_waits_for_a_write_that_is_under_way(copper: Copper) -> None:
    names = ("subscriptions", "deliveries", "changes", "notifications", "journal", "timeline")
    readers = [threading.Thread(target=getattr, args=(copper, name)) for name in names]

    with copper._stage.lock:
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(0.05)
        finished = [name for name, reader in zip(names, readers, strict=True) if not reader.is_alive()]
    for reader in readers:
        reader.join()

    assert finished == []


def test_the_answer_is_given_once_whatever_it_is(copper: Copper, endpoint: Endpoint) -> None:
    endpoint.reply(503)
    copper.subscribe("person", "new", target=TARGET)

    copper.fire("person", "new", ids=1)
    copper.run_until_idle()

    copper.expect("person", "new", status=503, count=1)
    assert len(endpoint.requests) == 1


def test_scripted_answers_come_in_order_and_then_the_standing_one(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("person", "new", target=TARGET)
    endpoint.reply(500, times=2)
    endpoint.refuse(times=1)
    endpoint.break_off(times=1)
    endpoint.reply(204)

    for number in range(1, 7):
        copper.fire("person", "new", ids=number)

    assert [d.verdict for d in copper.deliveries] == [
        "rejected (500)",
        "rejected (500)",
        "failed: refused (connection refused)",
        "failed: broken off (connection closed without an answer)",
        "delivered (204)",
        "delivered (204)",
    ]


def test_a_delayed_answer_takes_virtual_time(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("person", "new", target=TARGET)
    endpoint.reply(200, delay="3s", times=1)

    copper.fire("person", "new", ids=1)
    copper.fire("person", "new", ids=2)
    assert copper.deliveries == []
    assert len(endpoint.requests) == 1

    copper.advance(seconds=3)

    first, second = copper.expect("person", "new", ids=[1, 2])
    assert first.ended - first.started == timedelta(seconds=3)
    assert second.started == START + timedelta(seconds=3)


def test_a_hang_times_out_in_virtual_time(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("person", "new", target=TARGET)
    endpoint.hang(times=1)
    copper.fire("person", "new", ids=1)

    copper.run_until_idle()

    [delivery] = copper.expect("person", "new", outcome="failed")
    assert delivery.verdict == "failed: timed out (no answer within 10s)"
    assert copper.now == START + timedelta(seconds=10)


def test_ten_thousand_changes_pass_both_limits_in_virtual_time(copper: Copper, endpoint: Endpoint) -> None:
    """600 a minute until 1,800 in ten minutes: the last of 10,000 goes in the sixth window of ten minutes."""
    copper.subscribe("person", "update", target=TARGET)
    for number in range(1, 10_001):
        copper.fire("person", "update", ids=number)

    copper.run_until_idle()

    by_minute: dict[int, int] = {}
    for request in endpoint.requests:
        minute = (request.at - START) // timedelta(minutes=1)
        by_minute[minute] = by_minute.get(minute, 0) + 1
    full = {10 * window + minute: 600 for window in range(5) for minute in range(3)}
    assert by_minute == {**full, 50: 600, 51: 400}
    assert [request.json["ids"] for request in endpoint.requests] == [[number] for number in range(1, 10_001)]


def test_an_endpoint_that_writes_back_is_followed_in_order(copper: Copper) -> None:
    ada = copper.people.create(name="ada")

    def tidy(request: Received) -> int:
        copper.people.update(ada.id, name="Ada")
        return 200

    copper.route("https://billing.example.com", to=tidy)
    copper.subscribe("person", "update", target=TARGET)

    copper.people.update(ada.id, name="ADA")

    assert [d.body["updated_attributes"] for d in copper.deliveries] == [
        {"name": ["ada", "ADA"], "first_name": ["ada", "ADA"]},
        {"name": ["ADA", "Ada"], "first_name": ["ADA", "Ada"]},
    ]
    assert [change.cause for change in copper.changes] == [None, None, 1]


def test_after_delivery_runs_deferred_work_whose_changes_are_delivered_too(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("person", "update", target=TARGET)
    copper.subscribe("task", "new", target=TARGET)
    queue = ["follow up"]
    copper.after_delivery(lambda delivery: [copper.tasks.create(name=queue.pop()) for _ in list(queue)])

    copper.fire("person", "update", ids=1)

    assert [request.json["type"] for request in endpoint.requests] == ["person", "task"]


def test_a_switched_key_leaves_the_old_subscriptions_firing(copper: Copper, endpoint: Endpoint) -> None:
    old = copper.subscribe("person", "update", target=TARGET)
    before = copper.token
    copper.switch_key()

    copper.fire("person", "update", ids=1)

    assert copper.token != before
    assert copper.subscriptions == []
    assert [request.json["subscription_id"] for request in endpoint.requests] == [old.id]
    with pytest.raises(NotFound, match="belongs to an earlier API key"):
        copper.unsubscribe(old)


def test_replay_sends_a_captured_body_verbatim(copper: Copper, endpoint: Endpoint) -> None:
    captured = '{"subscription_id":395034,"event":"new","type":"person","ids":[167487595],"updated_attributes":{}}'

    delivery = copper.replay(captured, target=TARGET, headers={"X-Extra": "1"})

    assert delivery.status == 200
    assert delivery.replayed
    [request] = endpoint.requests
    assert request.body == captured.encode()
    assert request.headers["x-extra"] == "1"


def test_a_captured_header_replaces_ours_in_whatever_case_it_was_written(copper: Copper, endpoint: Endpoint) -> None:
    captured = {"event": "new", "type": "person", "ids": [17]}

    copper.replay(captured, target=TARGET, headers={"content-type": "application/json; charset=utf-8"})

    [request] = endpoint.requests
    assert request.headers.getall("Content-Type") == ["application/json; charset=utf-8"]


def test_replay_waits_in_virtual_time_for_an_answer_that_comes_later(copper: Copper, endpoint: Endpoint) -> None:
    endpoint.reply(201, delay="3s", times=1)
    endpoint.hang(times=1)
    captured = {"event": "new", "type": "person", "ids": [17]}

    late, never = (copper.replay(captured, target=TARGET) for _ in range(2))

    assert (late.status, late.ended) == (201, START + timedelta(seconds=3))
    assert (never.reason, never.ended) == (Reason.TIMED_OUT, START + timedelta(seconds=13))


def test_replay_refuses_what_is_no_notification(copper: Copper) -> None:
    with pytest.raises(UsageError, match="no captured notification"):
        copper.replay({"hello": "world"}, target=TARGET)
    with pytest.raises(UsageError, match=r"it is no JSON; a file is given as pathlib.Path\("):
        copper.replay("captured.json", target=TARGET)
    with pytest.raises(UsageError, match="it cannot be written as JSON"):
        copper.replay({"ids": object()}, target=TARGET)


def test_reset_makes_it_as_new_but_for_token_and_clock(copper: Copper, endpoint: Endpoint) -> None:
    subscription = copper.subscribe("person", "new", target=TARGET)
    ada = copper.people.create(name="Ada")
    copper.advance(minutes=1)
    token = copper.token

    copper.reset()

    assert copper.token == token
    assert copper.now == START + timedelta(minutes=1)
    assert (copper.subscriptions, copper.changes, copper.deliveries, copper.journal) == ([], [], [], [])
    assert copper.people.create(name="Bob").id == ada.id
    assert copper.subscribe("person", "new", target=TARGET).id == subscription.id
    copper.fire("person", "new", ids=1)
    copper.expect("person", "new", ids=1, outcome="blocked")


def test_the_same_run_gives_the_same_journal_twice() -> None:
    def run() -> str:
        with Emulator(start=START, latency="0-15m", seed=5, limits="7/1m") as copper:
            copper.route("https://billing.example.com", to=lambda request: 200)
            copper.subscribe("person", "update", target=TARGET)
            copper.subscribe("person", "update", target=TARGET + "/second")
            for number in range(1, 60):
                copper.fire("person", "update", ids=number)
            copper.run_until_idle()
            return copper.timeline

    assert run() == run()


def test_a_function_may_answer_in_several_ways(copper: Copper) -> None:
    in_parts = [(422, "no"), (302, "", {"X-A": "b"}), Response(299, headers={"X-A": "b"})]
    wrong = [True, 99, (200, "", [("X-A", "b")]), (200, "", {}, "more")]
    answers = iter([None, 201, "text", b"bytes", {"a": 1}, *in_parts, *wrong])
    copper.route("https://billing.example.com", to=lambda request: next(answers))
    copper.subscribe("person", "new", target=TARGET)

    for number in range(1, 13):
        copper.fire("person", "new", ids=number)

    assert [(d.status, d.response_body) for d in copper.deliveries[:8]] == [
        (200, b""),
        (201, b""),
        (200, b"text"),
        (200, b"bytes"),
        (200, b'{"a":1}'),
        (422, b"no"),
        (302, b""),
        (299, b""),
    ]
    assert [dict(d.response_headers).get("X-A") for d in copper.deliveries[5:8]] == [None, "b", "b"]
    assert ["UsageError" in d.verdict for d in copper.deliveries[8:]] == [True] * 4


def test_two_emulators_in_one_process_never_meet() -> None:
    with Emulator(start=START) as one, Emulator(start=START) as other:
        for copper in (one, other):
            copper.route("https://billing.example.com", to=lambda request: 200)
            copper.subscribe("person", "new", target=TARGET)
        one.people.create(name="Ada")

        assert one.token != other.token
        assert other.changes == []
        assert other.people.create(name="Bob").id == 94_808_711


def test_the_start_is_exact_to_the_millisecond() -> None:
    start = datetime(2026, 9, 29, 22, 40, 4, 738_000, tzinfo=UTC)

    with Emulator(start=start) as copper:
        assert copper.now == start


def test_an_account_that_has_ended_can_be_looked_at_and_nothing_happens_in_it() -> None:
    with Emulator() as copper:
        copper.people.create(name="Ada")

    for act in (
        lambda: copper.people.create(name="Grace"),
        lambda: copper.fire("person", "new", ids=1),
        lambda: copper.subscribe("person", "new", target=TARGET),
    ):
        with pytest.raises(UsageError, match="this account has ended with its test or its `with` block"):
            act()
    assert [person.name for person in copper.people.search()] == ["Ada"]
    assert "person/new" in copper.timeline
