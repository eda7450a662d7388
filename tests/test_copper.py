"""The synchronous face, end to end in one process: a record changes, an endpoint is told, the test looks."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from copper_emulator import (
    ApiError,
    Copper,
    Emulator,
    Endpoint,
    Invalid,
    NotFound,
    NotIdle,
    Received,
    Response,
    TimeError,
    UsageError,
)

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
        ("subscription_id", subscription.id),
        ("event", "update"),
        ("type", "person"),
        ("ids", [ada.id]),
        ("updated_attributes", {"name": ["Ada", "Ada Lovelace"]}),
        ("timestamp", "2026-03-02T09:00:00.000Z"),
        ("key", "s3cret"),
    ]


def test_sixty_one_records_in_one_action_are_thirty_thirty_and_one(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("lead", "new", target=TARGET)

    leads = copper.leads.create_many([{"name": f"Lead {n}"} for n in range(61)])

    assert [len(request.json["ids"]) for request in endpoint.requests] == [30, 30, 1]
    copper.expect("lead", "new", ids=[lead.id for lead in leads], count=3)


def test_records_with_different_old_values_go_into_different_notifications(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("task", "update", target=TARGET)
    first, second, third = copper.tasks.create_many([{"status": "Open"}, {"status": "Late"}, {"status": "Open"}])

    copper.tasks.update_many([first.id, second.id, third.id], status="Completed")

    assert [(r.json["ids"], r.json["updated_attributes"]) for r in endpoint.requests] == [
        ([first.id, third.id], {"status": ["Open", "Completed"]}),
        ([second.id], {"status": ["Late", "Completed"]}),
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
    assert copper.people.create(name="A").id == copper.leads.create(name="B").id
    assert copper.activities.create(details="call").id > 2**31


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
        copper.fire(*topic, ids=ids)  # type: ignore[arg-type]  # what is tried is the wrong type

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
    with pytest.raises(TimeError, match="advance takes a timedelta or its parts"):
        copper.advance(fortnights=1)


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
        {"name": ["ada", "ADA"]},
        {"name": ["ADA", "Ada"]},
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


def test_replay_refuses_what_is_no_notification(copper: Copper) -> None:
    with pytest.raises(UsageError, match="no captured notification"):
        copper.replay({"hello": "world"}, target=TARGET)


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
    answers = iter([None, 201, "text", b"bytes", {"a": 1}, (422, "no"), Response(299, headers={"X-A": "b"}), True, 99])
    copper.route("https://billing.example.com", to=lambda request: next(answers))
    copper.subscribe("person", "new", target=TARGET)

    for number in range(1, 10):
        copper.fire("person", "new", ids=number)

    assert [(d.status, d.response_body) for d in copper.deliveries[:7]] == [
        (200, b""),
        (201, b""),
        (200, b"text"),
        (200, b"bytes"),
        (200, b'{"a":1}'),
        (422, b"no"),
        (299, b""),
    ]
    assert ["UsageError" in d.verdict for d in copper.deliveries[7:]] == [True, True]


def test_two_emulators_in_one_process_never_meet() -> None:
    with Emulator(start=START) as one, Emulator(start=START) as other:
        for copper in (one, other):
            copper.route("https://billing.example.com", to=lambda request: 200)
            copper.subscribe("person", "new", target=TARGET)
        one.people.create(name="Ada")

        assert one.token != other.token
        assert other.changes == []
        assert other.people.create(name="Bob").id == 94_808_711
