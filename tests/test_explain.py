"""`explain` and the timeline: one story for each notification, in virtual time, secrets masked."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from copper_emulator import Copper, Emulator, UsageError

TARGET = "https://billing.example.com/hooks/copper"


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(start=datetime(2026, 3, 2, 9, 0, tzinfo=UTC), limits="1/1m", strict=False) as copper:
        copper.route("https://billing.example.com", to=lambda request: (500, "no such customer"))
        yield copper


def test_a_change_nobody_listened_to(copper: Copper) -> None:
    change = copper.fire("person", "update", ids=17)

    assert str(copper.explain(change)) == (
        "2026-03-02 09:00:00.000  person/update [17] (fire)\n  nobody was notified: no subscription to person/update"
    )


def test_a_change_that_was_held_and_then_rejected(copper: Copper) -> None:
    subscription = copper.subscribe("person", "update", target=TARGET)
    copper.fire("person", "update", ids=1)
    change = copper.fire("person", "update", ids=2)
    waiting = str(copper.explain(change))
    copper.run_until_idle()

    head = f"  #2 person/update [2] for subscription {subscription.id}: held by the limit of 1/1m"
    assert waiting.splitlines()[1] == head + " until 2026-03-02 09:01:00.000"
    told = str(copper.explain(change)).splitlines()[1]
    assert told.startswith(head + f", rejected (500) at 2026-03-02 09:01:00.000, {TARGET}")
    assert told.endswith(", answering no such customer")


def test_a_record_and_a_type(copper: Copper) -> None:
    copper.fire("person", "update", ids=[1, 2])
    copper.fire("person", "delete", ids=2)
    copper.fire("lead", "new", ids=2)

    assert "person/update [1, 2]" in str(copper.explain(type="person", id=2))
    assert "person/delete [2]" in str(copper.explain(type="person", id=2))
    assert "lead/new" not in str(copper.explain(type="person", id=2))
    assert "lead/new" in str(copper.explain(id=2))
    assert str(copper.explain(type="task", id=5)) == "nothing happened to task 5"
    assert str(copper.explain(type="task")) == "nothing happened to any task"


def test_a_subscription_that_got_nothing_says_what_changed_instead(copper: Copper) -> None:
    copper.fire("person", "new", ids=3)
    subscription = copper.subscribe("person", "new", target=TARGET, secret={"key": "s3cret-value"})
    copper.fire("person", "update", ids=3)

    text = str(copper.explain(subscription))

    assert "1 change of this topic came before the subscription was made" in text
    assert "no notification; the changes were person/update" in text
    assert "s3cret-value" not in text


def test_a_delivery_with_its_answer_and_masked_headers(copper: Copper) -> None:
    copper.subscribe("person", "update", target=TARGET, headers={"Authorization": "Bearer abc"})
    copper.fire("person", "update", ids=1)

    text = str(copper.explain(copper.deliveries[0]))

    assert "Authorization: ***" in text
    assert ", answering no such customer" in text


def test_what_cannot_be_explained_is_an_error_that_says_what_can(copper: Copper) -> None:
    with pytest.raises(UsageError, match="explain a change, a subscription, a delivery"):
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


def test_an_empty_journal(copper: Copper) -> None:
    assert copper.timeline == "nothing happened"
