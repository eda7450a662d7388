"""`explain` and the timeline: one story for each notification, in virtual time, with secrets masked."""

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests

from copper_emulator import Copper, EchoLoop, Emulator, Received, UsageError

TARGET = "https://billing.example.com/hooks/copper"


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(start=datetime(2026, 3, 2, 9, 0, tzinfo=UTC), limits="1/1m", strict=False) as copper:
        copper.route("https://billing.example.com", to=lambda request: (500, "no such customer"))
        yield copper


def test_a_change_nobody_listened_to(copper: Copper) -> None:
    change = copper.fire("person", "update", ids=17)

    assert str(copper.explain(change)) == (
        "2026-03-02 09:00:00.000  person/update [17] (fired by hand)\n"
        "  nobody was notified: no subscription to person/update"
    )


def test_a_change_that_was_held_and_then_rejected(copper: Copper) -> None:
    subscription = copper.subscribe("person", "update", target=TARGET)
    copper.fire("person", "update", ids=1)
    change = copper.fire("person", "update", ids=2)
    waiting = str(copper.explain(change))
    copper.run_until_idle()

    head = f"  #2 person/update [2] for subscription {subscription.id}: held by the limit of 1/1m"
    assert waiting.splitlines()[1] == head + " until 2026-03-02 09:01:00.000 at the earliest"
    told = str(copper.explain(change)).splitlines()[1]
    assert told.startswith(head + f", rejected (500) at 2026-03-02 09:01:00.000, {TARGET}")
    assert told.endswith(", body: no such customer")


def test_a_record_and_a_type(copper: Copper) -> None:
    copper.fire("person", "update", ids=[1, 2])
    copper.fire("person", "delete", ids=2)
    copper.fire("lead", "new", ids=2)

    assert "person/update [1, 2]" in str(copper.explain(type="person", id=2))
    assert "person/delete [2]" in str(copper.explain(type="person", id=2))
    assert "lead/new" not in str(copper.explain(type="person", id=2))
    assert "lead/new" in str(copper.explain(id=2))
    assert str(copper.explain(type="task", id=5)) == "nothing happened to task 5, which does not exist"
    assert str(copper.explain(type="task")) == "nothing happened to any task"


def test_a_subscription_that_got_nothing_says_what_changed_instead(copper: Copper) -> None:
    copper.fire("person", "new", ids=3)
    subscription = copper.subscribe("person", "new", target=TARGET, secret={"key": "s3cret-value"})
    copper.fire("person", "update", ids=3)

    text = str(copper.explain(subscription))

    assert "1 change of this topic came before the subscription was made" in text
    assert "  1 change had a different topic: person/update\n  it was sent nothing" in text
    assert "s3cret-value" not in text


def test_a_delivery_with_its_answer_and_masked_headers(copper: Copper) -> None:
    copper.subscribe("person", "update", target=TARGET, headers={"Authorization": "Bearer abc"})
    copper.fire("person", "update", ids=1)

    text = str(copper.explain(copper.deliveries[0]))

    assert "Authorization: ***" in text
    assert ", body: no such customer" in text


def texts(copper: Copper, what: object) -> list[str]:
    return str(copper.explain(what)).splitlines()[1:]


def test_each_subscription_there_ever_was_has_its_decision(copper: Copper) -> None:
    gone = copper.subscribe("person", "update", target=TARGET)
    copper.unsubscribe(gone)
    there = copper.subscribe("person", "update", target=TARGET)
    other = copper.subscribe("person", "new", target=TARGET)
    change = copper.fire("person", "update", ids=1)
    copper.advance("5s")
    later = copper.subscribe("person", "update", target=TARGET)

    told = copper.explain(change)

    assert [(trace.subscription and trace.subscription.id, str(trace.decision)) for trace in told.traces] == [
        (gone.id, "removed before"),
        (there.id, "notified"),
        (other.id, "other topic"),
        (later.id, "made later"),
    ]
    assert told.lines[2:] == (
        f"  subscription {gone.id} had been removed before the change (2026-03-02 09:00:00.000)",
        f"  subscription {later.id} was made after the change (2026-03-02 09:00:05.000)",
    )


def test_many_subscriptions_that_did_not_exist_then_share_a_line(copper: Copper) -> None:
    gone = [copper.subscribe("person", "update", target=TARGET) for _ in range(3)]
    for each in gone:
        copper.unsubscribe(each)
    change = copper.fire("person", "update", ids=1)
    later = [copper.subscribe("person", "update", target=TARGET) for _ in range(2)]

    assert copper.explain(change).lines[2:] == (
        f"  3 subscriptions had been removed before the change: {[each.id for each in gone]}",
        f"  2 subscriptions were made after the change: {[each.id for each in later]}",
    )


def told_of_a_change_cut_into(number: int) -> tuple[str, int]:
    """The whole explanation of a change that was cut into this many notifications, and the calls needed to make it."""
    with Emulator(batch=1, limits="off") as copper:
        copper.route("https://billing.example.com", to=lambda request: 200)
        copper.subscribe("person", "update", target=TARGET)
        change = copper.fire("person", "update", ids=range(1, number + 1))
        calls = Counter[str]()
        sys.setprofile(lambda frame, event, arg: calls.update((event,)))
        try:
            told = copper.explain(change)
        finally:
            sys.setprofile(None)
    steps = [step.text for trace in told.traces for passage in trace.passages for step in passage.steps]
    return "\n".join([*told.lines, *steps]), calls["call"] + calls["c_call"]


def test_what_is_told_of_a_change_grows_with_its_notifications_and_not_with_their_square() -> None:
    text, calls = told_of_a_change_cut_into(100)
    longer, more_calls = told_of_a_change_cut_into(200)

    assert "number 3 of 200 notifications that share the ids (1, 1, 1, 1, 1, 1, 1, 1 and 192 more)" in longer
    # The same for each of twice as many, except for the digits of their numbers.
    assert len(longer) < 2.1 * len(text)
    assert more_calls < 2.1 * calls


def test_the_steps_of_a_notification() -> None:
    with Emulator(start=datetime(2026, 3, 2, 9, 0, tzinfo=UTC), limits="1/1m", latency="30s") as copper:
        copper.route("https://billing.example.com", to=lambda request: 200)
        copper.subscribe("person", "update", target=TARGET)
        change = copper.fire("person", "update", ids=range(1, 32))
        early = copper.explain(change).traces[0].passages[1].steps
        copper.run_until_idle()
        late = copper.explain(change).traces[0].passages[1].steps

    cut = "number 2 of 2 notifications that share the ids (30, 1)"
    due = "due 30s after the change (latency 30s)"
    assert [(str(step.what), step.text) for step in early] == [
        ("cut", cut),
        ("due", due),
        ("waits", "waits, due 2026-03-02 09:00:30.000"),
    ]
    assert [(str(step.what), step.text.split(" via ")[0]) for step in late] == [
        ("cut", cut),
        ("due", due),
        ("held", "held by the limit of 1/1m until 2026-03-02 09:01:30.000"),
        ("sent", f"sent to {TARGET}"),
        ("ended", "delivered (200)"),
    ]


def test_what_was_never_sent_has_no_such_step(copper: Copper) -> None:
    copper.subscribe("person", "update", target="https://nowhere.example/hook")
    change = copper.fire("person", "update", ids=1)

    [passage] = copper.explain(change).traces[0].passages
    assert [str(step.what) for step in passage.steps] == ["due", "ended"]
    assert ": blocked at 2026-03-02 09:00:00.000, https://nowhere.example/hook: no route for " in passage.text


def test_a_fault_is_named_by_its_text(copper: Copper) -> None:
    copper.subscribe("person", "update", target=TARGET)
    copper.faults.lose(next=1)
    change = copper.fire("person", "update", ids=1)

    assert ": lost by the fault lose=1 at " in texts(copper, change)[0]


def test_an_echo_that_was_stopped() -> None:
    with Emulator(echo_depth=1, strict=False) as copper:

        def echoing(request: Received) -> None:
            copper.fire("person", "update", ids=1)

        copper.route("https://billing.example.com", to=echoing)
        subscription = copper.subscribe("person", "update", target=TARGET)
        with pytest.raises(EchoLoop):
            copper.fire("person", "update", ids=1)

        told = copper.explain(copper.changes[-1])

        reason = "not followed: more than 1 deliveries caused each other"
        assert told.lines[1] == f"  nobody was notified: {reason}"
        assert [(str(t.decision), t.text) for t in told.traces] == [
            ("not followed", f"subscription {subscription.id} was not notified: {reason}")
        ]
        assert "  1 change of this topic went too deep into an echo" in texts(copper, subscription)


def test_a_subscription_of_an_earlier_key(copper: Copper) -> None:
    subscription = copper.subscribe("person", "update", target=TARGET)
    copper.switch_key()
    change = copper.fire("person", "update", ids=1)

    assert f"for subscription {subscription.id} (from an earlier API key): " in texts(copper, change)[0]
    assert "by an earlier API key: it still fires, and the current key can neither" in texts(copper, subscription)[0]


def test_a_subscription_whose_target_was_changed_is_still_one(copper: Copper) -> None:
    subscription = copper.subscribe("person", "update", target=TARGET)
    requests.put(
        f"{copper.api_url}/webhooks/{subscription.id}",
        json={"target": f"{TARGET}/new"},
        headers=copper.headers,
        timeout=10,
    ).raise_for_status()
    change = copper.fire("person", "update", ids=1)

    [trace] = copper.explain(change).traces
    assert trace.subscription is not None
    assert trace.subscription.target == f"{TARGET}/new"


def test_an_exception_of_the_endpoint_is_told_with_its_traceback(copper: Copper) -> None:
    def broken(request: Received) -> None:
        raise KeyError("customer")

    copper.route("https://billing.example.com", to=broken)
    copper.subscribe("person", "update", target=TARGET)
    copper.fire("person", "update", ids=1)

    text = str(copper.explain(copper.deliveries[0]))

    assert ": failed at 2026-03-02 09:00:00.000, " in text
    assert "\n    KeyError: 'customer'\nThe body had the keys subscription_id, event, type, ids," in text


def test_a_subscription_that_was_removed(copper: Copper) -> None:
    subscription = copper.subscribe("person", "update", target=TARGET)
    copper.advance("5s")
    copper.unsubscribe(subscription)
    copper.fire("person", "update", ids=1)

    assert texts(copper, subscription) == [
        "  made 2026-03-02 09:00:00.000, removed 2026-03-02 09:00:05.000",
        "  1 change of this topic came after it was removed",
        "  it was sent nothing",
    ]


def test_a_subscription_before_anything_has_changed(copper: Copper) -> None:
    subscription = copper.subscribe("person", "update", target=TARGET)

    assert texts(copper, subscription)[-1] == "  it was sent nothing; nothing changed"


def test_what_changed_nothing_and_what_is_not_notified_of(copper: Copper) -> None:
    ada = copper.people.create(name="Ada")
    copper.people.update(ada, name="Ada")
    copper.activities.create(
        parent={"type": "person", "id": ada.id}, type={"category": "user", "id": 0}, details="They met."
    )

    told = copper.explain(ada)

    nine = "2026-03-02 09:00:00.000  "
    assert told.lines[2:] == (
        f"{nine}person/update [{ada.id}]: the values were the same",
        "  nobody was notified",
        f"{nine}person [{ada.id}] got a new activity: that is activity_log/new, and no person/update",
        "  nobody was notified",
    )
    assert [str(note.kind) for note in told.notes] == ["unchanged", "excluded"]


def test_a_record_that_shares_its_notification(copper: Copper) -> None:
    copper.subscribe("person", "update", target=TARGET)
    copper.fire("person", "update", ids=range(1, 32))

    alone, shared = str(copper.explain(type="person", id=31)), str(copper.explain(type="person", id=5))

    assert "together" not in alone
    assert len(alone.splitlines()) == 2
    assert "(30 ids), 5 together with 29 other ids, for subscription" in shared
    assert shared.splitlines()[-1] == "A notification has up to 30 ids, and the endpoint has to handle each of them."


def test_a_record_to_which_nothing_happened(copper: Copper) -> None:
    [ada] = copper.people.seed([{"name": "Ada"}])

    head = "nothing happened to"
    assert str(copper.explain(ada)) == f"{head} person {ada.id}: it was seeded, and seeding notifies nobody"
    assert str(copper.explain(id=ada.id)) == f"{head} record {ada.id}: it was seeded, and seeding notifies nobody"
    assert str(copper.explain(type="lead", id=ada.id)) == (
        f"{head} lead {ada.id}, which does not exist; there is a person {ada.id}"
    )


def test_a_replay(copper: Copper) -> None:
    body = {"type": "person", "event": "update", "ids": [1], "subscription_id": 5, "updated_attributes": {}}
    delivery = copper.replay(body, target=TARGET)

    told = "  #1 person/update [1] as a replay of a captured body: rejected (500) at "
    assert texts(copper, delivery.change)[0].startswith(told)
    [trace] = copper.explain(delivery.change).traces
    assert trace.subscription is None


def test_what_was_sent_twice_by_a_fault(copper: Copper) -> None:
    copper.subscribe("person", "update", target=TARGET)
    copper.faults.beyond_spec.duplicate(share=1)
    change = copper.fire("person", "update", ids=1)

    assert "#2 person/update [1], a repeat of #1, for subscription" in texts(copper, change)[1]


def test_what_is_of_an_earlier_life_is_said_to_be(copper: Copper) -> None:
    subscription = copper.subscribe("person", "update", target=TARGET)
    change = copper.fire("person", "update", ids=1)
    copper.reset()

    assert texts(copper, change) == ["  it belongs to an earlier life of this account, which has been reset since"]
    assert texts(copper, subscription)[0] == texts(copper, change)[0]


def test_no_secret_stands_in_any_part_of_it(copper: Copper) -> None:
    copper.route("https://billing.example.com", to=lambda request: (500, f"what is {request.json['key']}?"))
    copper.subscribe("person", "update", target=TARGET, secret={"key": "s3cret-value"})
    change = copper.fire("person", "update", ids=1)

    told = copper.explain(change)

    [passage] = told.traces[0].passages
    assert "what is ***?" in passage.text
    assert "s3cret-value" not in "".join([*told.lines, passage.text, *(step.text for step in passage.steps)])


def test_what_cannot_be_explained_is_an_error_that_says_what_can(copper: Copper) -> None:
    with pytest.raises(UsageError, match="explain a change, a subscription, a notification, a delivery"):
        copper.explain("person")
    with pytest.raises(UsageError, match="there is no type 'contact'"):
        copper.explain(type="contact")


def test_the_timeline_tells_everything_in_order(copper: Copper) -> None:
    subscription = copper.subscribe("person", "update", target=TARGET, secret={"key": "s3cret-value"})
    copper.fire("person", "update", ids=1)
    copper.fire("person", "update", ids=2)
    copper.run_until_idle()
    copper.unsubscribe(subscription)

    nine, later = "2026-03-02 09:00:00.000  ", "2026-03-02 09:01:00.000  "
    lines = [line.split(" via function")[0] for line in copper.timeline.splitlines()]
    assert lines == [
        f"{nine}subscribed  {subscription.id} person/update -> {TARGET} (secret key=***)",
        f"{nine}change      person/update [1]",
        f"{nine}  queued    #1 person/update [1] for subscription {subscription.id}",
        f"{nine}  rejected  #1 person/update [1] -> {TARGET}",
        f"{nine}change      person/update [2]",
        f"{nine}  queued    #2 person/update [2] for subscription {subscription.id}",
        f"{nine}  held      #2 person/update [2] by the limit of 1/1m, which renews 2026-03-02 09:01:00.000",
        f"{later}  rejected  #2 person/update [2] -> {TARGET}",
        f"{later}unsubscribed {subscription.id} person/update -> {TARGET} (secret key=***)",
    ]


def test_a_long_timeline_is_cut_in_the_middle_and_says_how_much(copper: Copper) -> None:
    for number in range(1, 101):
        copper.fire("person", "update", ids=number)

    lines = copper.timeline.splitlines()

    assert len(lines) == 61
    assert "40 lines left out" in lines[20]
    assert "[100]" in lines[-1]


def test_a_long_timeline_keeps_what_went_wrong_and_sums_it_up() -> None:
    with Emulator(strict=False) as copper:
        copper.route("https://billing.example.com", to=lambda request: 500 if request.json["ids"] == [15] else 200)
        copper.subscribe("person", "update", target=TARGET)
        for number in range(1, 31):
            if number in (12, 13):
                copper.faults.lose(1)
            copper.fire("person", "update", ids=number)
        lines = copper.timeline.splitlines()

    wrong = [line.split()[3] for line in lines if "  lost  " in line or "  rejected  " in line]
    assert wrong == ["#12", "#13", "#15"]
    assert len([line for line in lines if "left out" in line]) == 4
    assert lines[-2:] == [
        "2 of 30 notifications lost by the fault lose=1: #12, #13",
        "1 of 30 notifications rejected (500): #15",
    ]


def test_of_what_went_wrong_alike_a_long_timeline_shows_a_few() -> None:
    with Emulator(strict=False, limits="40/1m", over_limit="drop") as copper:
        copper.route("https://billing.example.com", to=lambda request: 200)
        copper.subscribe("person", "update", target=TARGET)
        for number in range(1, 121):
            copper.fire("person", "update", ids=number)
        lines = copper.timeline.splitlines()

    left_out = [place for place, line in enumerate(lines) if "left out" in line]
    between = [line.split()[2:4] for line in lines[left_out[0] + 1 : left_out[1]] if "  dropped  " in line]
    assert between == [["dropped", f"#{number}"] for number in range(41, 46)]
    assert len(left_out) == 2
    assert lines[-1].startswith("80 of 120 notifications dropped: over the limit of 40/1m: #41, #42")


def test_a_very_long_timeline_of_wrong_things_has_an_end() -> None:
    with Emulator(strict=False) as copper:
        copper.route("https://billing.example.com", to=lambda request: 500)
        copper.subscribe("person", "update", target=TARGET)
        for number in range(1, 401):
            copper.fire("person", "update", ids=number)
        lines = copper.timeline.splitlines()

    assert len(lines) < 80
    assert lines[-1].startswith("400 of 400 notifications rejected (500): #1, #2, #3,")
    assert lines[-1].endswith("#20 and 380 more")


@pytest.mark.parametrize(
    ("slow", "said"),
    [
        ("3s", "sent, not answered yet (under the fault slow=3s); the answer comes at 2026-03-02 09:00:03.000"),
        ("30s", "sent, not answered yet (under the fault slow=30s); it times out at 2026-03-02 09:00:10.000"),
    ],
)
def test_what_is_answered_late_says_by_which_fault_and_whether_it_is_too_late(
    copper: Copper, slow: str, said: str
) -> None:
    copper.faults.slow(slow)
    copper.subscribe("person", "update", target=TARGET)
    change = copper.fire("person", "update", ids=1)

    assert texts(copper, change)[0].endswith(said)


def test_a_replay_is_queued_for_no_subscription(copper: Copper) -> None:
    body = {"type": "person", "event": "update", "ids": [1], "subscription_id": 5, "updated_attributes": {}}
    copper.replay(body, target=TARGET)

    assert "  queued    #1 person/update [1] as a replay of a captured body\n" in copper.timeline
    assert "subscription 0" not in copper.timeline


def test_where_a_change_came_from_is_said_in_words(copper: Copper) -> None:
    ada = copper.people.create(name="Ada")
    copper.fire("person", "update", ids=ada)
    requests.delete(f"{copper.api_url}/people/{ada.id}", headers=copper.headers, timeout=10)

    origins = [line.rpartition("(")[2] for line in copper.explain(ada).lines[::2]]
    assert origins == ["in Python)", "fired by hand)", "through the API)"]


def test_an_empty_journal(copper: Copper) -> None:
    assert copper.timeline == "nothing happened"


def test_what_is_held_says_how_late_it_was_due(copper: Copper) -> None:
    subscription = copper.subscribe("person", "update", target=TARGET)
    copper.faults.latency("30s")
    copper.fire("person", "update", ids=1)
    copper.fire("person", "update", ids=2)
    early = str(copper.explain(type="person", id=2)).splitlines()[1]
    copper.advance("30s")
    held = str(copper.explain(type="person", id=2)).splitlines()[1]

    head = f"  #2 person/update [2] for subscription {subscription.id}: "
    assert early == head + "waits, due 2026-03-02 09:00:30.000"
    until = "until 2026-03-02 09:01:30.000 at the earliest"
    assert held == head + f"due 30s after the change, held by the limit of 1/1m {until}"


@pytest.mark.parametrize("fault", ["lose=1", "refuse=1"])
def test_what_never_arrived_says_nothing_of_taking_each_id(copper: Copper, fault: str) -> None:
    copper.subscribe("person", "update", target=TARGET)
    copper.faults.on(fault)
    copper.fire("person", "update", ids=[1, 2])

    told = str(copper.explain(type="person", id=2))
    assert "together with 1 other id" in told
    assert "has to take each of them" not in told
