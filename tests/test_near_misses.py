"""For each way in which an expectation fails: the fault named in the first line, and the advice in the last."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from copper_emulator import Copper, EchoLoop, Emulator, Endpoint, ExpectationError, Invalid, Received
from copper_emulator.claiming import meet
from copper_emulator.claims import Claims
from copper_emulator.core.surface import Surface
from copper_emulator.expectation import Expectation

ORIGIN = "https://billing.example.com"
TARGET = "https://billing.example.com/hooks/copper"


def answering(copper: Copper, type: str = "person", event: str = "update", **extras: Any) -> Endpoint:
    endpoint = Endpoint(TARGET)
    copper.route(ORIGIN, to=endpoint)
    copper.subscribe(type, event, target=TARGET, **extras)
    return endpoint


def fired(copper: Copper, *ids: int, times: int = 1) -> None:
    for _ in range(times):
        copper.fire("person", "update", ids=ids or 1, updated_attributes={"name": ("Ada", "Grace")})


def more_than_expected(copper: Copper) -> None:
    answering(copper)
    fired(copper, times=3)
    copper.expect("person", "update", count=2)


def more_for_it_is_subscribed_twice(copper: Copper) -> None:
    answering(copper)
    copper.subscribe("person", "update", target=TARGET)
    fired(copper)
    copper.expect("person", "update", count=1)


def more_with_other_values(copper: Copper) -> None:
    answering(copper)
    for title in ("Mr", "Dr"):
        copper.fire("person", "update", ids=1, updated_attributes={"title": (None, title)})
    copper.expect("person", "update", ids=1, count=1)


def more_of_other_records(copper: Copper) -> None:
    answering(copper)
    fired(copper, 1)
    fired(copper, 2)
    copper.expect("person", "update", count=1)


def more_for_other_targets(copper: Copper) -> None:
    answering(copper)
    copper.subscribe("person", "update", target=f"{TARGET}/other")
    fired(copper)
    copper.expect("person", "update", ids=1, count=1)


def several_with_different_old_values(copper: Copper) -> None:
    answering(copper)
    both = [copper.people.create(name=name, title=title) for name, title in (("Ada", "x"), ("Bob", "y"))]
    copper.people.update_many(both, title="Dr")
    copper.expect("person", "update", ids=both, updated_attributes={"title": ("x", "Dr")})


def several_of_which_one_was_not_given_the_value(copper: Copper) -> None:
    answering(copper)
    ada, bob = (copper.people.create(name=name, title="x") for name in ("Ada", "Bob"))
    copper.people.update(ada, title="Dr")
    copper.people.update(bob, details="new")
    copper.expect("person", "update", ids=[ada, bob], updated_attributes={"title": ("x", "Dr")})


def a_merge_that_gave_the_winner_nothing(copper: Copper) -> None:
    answering(copper)
    ada, same = (copper.people.create(name="Ada") for _ in range(2))
    copper.people.merge(ada, same)
    copper.expect("person", "update", ids=ada)


def fewer_for_one_was_rejected(copper: Copper) -> None:
    answering(copper).reply(409, times=1)
    fired(copper, times=2)
    copper.expect("person", "update", count=2)


def fewer_for_there_were_no_more(copper: Copper) -> None:
    answering(copper)
    fired(copper)
    copper.expect("person", "update", count=2)


def another_target(copper: Copper) -> None:
    answering(copper)
    fired(copper)
    copper.expect("person", "update", target="https://billing.example.com/other")


def another_value_in_the_body(copper: Copper) -> None:
    answering(copper, secret={"key": "s3cret-value"})
    fired(copper)
    copper.expect("person", "update", body={"key": "wrong"})


def no_secret_at_all(copper: Copper) -> None:
    answering(copper)
    fired(copper)
    copper.expect("person", "update", body={"key": "s3cret-value"})


def no_secret_for_who_wants_one(copper: Copper) -> None:
    answering(copper).reply(403)
    fired(copper)
    copper.expect("person", "update")


def attributes_of_other_fields(copper: Copper) -> None:
    answering(copper)
    fired(copper)
    copper.expect("person", "update", updated_attributes={"title": (None, "Dr")})


def delivered_where_another_status_was_expected(copper: Copper) -> None:
    answering(copper)
    fired(copper)
    copper.expect("person", "update", status=404)


def unsubscribed_while_it_waited(copper: Copper) -> None:
    answering(copper).reply(200, delay="3s")
    fired(copper, times=2)
    copper.unsubscribe(copper.subscriptions[0])
    copper.run_until_idle()
    copper.expect("person", "update", count=2)


def broken_off(copper: Copper) -> None:
    answering(copper).break_off()
    fired(copper)
    copper.expect("person", "update")


def not_answered_yet(copper: Copper) -> None:
    answering(copper).reply(200, delay="3s")
    fired(copper)
    copper.expect("person", "update")


def its_target_is_busy(copper: Copper) -> None:
    answering(copper).reply(200, delay="3s")
    fired(copper)
    fired(copper, 2)
    copper.expect("person", "update", ids=2)


def part_of_an_echo(copper: Copper) -> None:
    def onwards(request: Received) -> None:
        copper.fire("lead", "update", ids=request.json["ids"][0] + 1)

    copper.route(ORIGIN, to=onwards)
    copper.subscribe("lead", "update", target=TARGET)
    with pytest.raises(EchoLoop):
        copper.fire("lead", "update", ids=1)
    copper.expect("lead", "update", ids=copper.changes[-1].ids)


def the_api_refused_it(copper: Copper) -> None:
    requests.post(f"{copper.api_url}/webhooks", json={"type": "person"}, headers=copper.headers, timeout=10)
    copper.people.create(name="Ada")
    copper.expect("person", "new")


def an_event_without_webhook(copper: Copper) -> None:
    copper.expect("activity_log", "delete")


def other_records(copper: Copper) -> None:
    copper.fire("person", "new", ids=[17, 18])
    copper.expect("person", "new", ids=19)


def another_event_that_nobody_heard(copper: Copper) -> None:
    copper.fire("person", "new", ids=17)
    copper.expect("person", "update", ids=17)


def another_event_of_the_type(copper: Copper) -> None:
    answering(copper, event="new")
    copper.fire("person", "new", ids=17)
    copper.expect("person", "delete")


def one_claimed_and_one_never(copper: Copper) -> None:
    answering(copper)
    fired(copper)
    fired(copper, 2)
    copper.expect("person", "update", ids=1)
    copper.expect("person", "update", ids=[1, 2, 3])


def one_claimed(copper: Copper) -> None:
    answering(copper)
    fired(copper)
    fired(copper, 2)
    copper.expect("person", "update", ids=1)
    copper.expect("person", "update", ids=[1, 2])


def some_ids_that_did_not_change(copper: Copper) -> None:
    answering(copper)
    fired(copper, 1, 2)
    copper.expect("person", "update", ids=[1, 2, 3])


def ids_of_two_that_belong_to_one(copper: Copper) -> None:
    answering(copper)
    fired(copper, 1, 2, 3)
    copper.expect("person", "update", ids=2)


def another_type(copper: Copper) -> None:
    answering(copper, "company", "new")
    copper.fire("company", "new", ids=[17, 18])
    copper.expect("person", "new", ids=[17, 19])


def several_others(copper: Copper) -> None:
    for topic in (("person", "new"), ("person", "delete"), ("company", "new"), ("person", "new")):
        copper.fire(*topic, ids=17)
    copper.expect("person", "update", ids=17)


def the_same_number_as_a_company(copper: Copper) -> None:
    answering(copper, "company", "new")
    ada, acme = copper.people.create(name="Ada"), copper.companies.create(name="Acme")
    assert ada.id == acme.id
    copper.expect("person", "update", ids=ada)


def nothing_but_a_company_of_the_same_number(copper: Copper) -> None:
    [ada] = copper.people.seed([{"name": "Ada"}])
    assert copper.companies.create(name="Acme").id == ada.id
    copper.expect("person", "update", ids=ada)


def what_a_lead_became(copper: Copper) -> None:
    lead = copper.leads.create(name="Ada")
    assert copper.leads.convert(lead).person.id == lead.id
    copper.expect("lead", "update", ids=lead)


def held_by_a_limit(copper: Copper) -> None:
    answering(copper)
    fired(copper)
    fired(copper, 2)
    copper.expect("person", "update", ids=2)


def subscribed_too_late(copper: Copper) -> None:
    fired(copper)
    answering(copper)
    copper.expect("person", "update", ids=1)


def nobody_subscribed(copper: Copper) -> None:
    fired(copper)
    copper.expect("person", "update", ids=1)


def subscribed_to_other_types_alone(copper: Copper) -> None:
    answering(copper, "lead", "new")
    answering(copper, "lead", "update")
    fired(copper)
    copper.expect("person", "update", ids=1)


def nowhere_to_be_reached(copper: Copper) -> None:
    copper.route(ORIGIN, to="http://127.0.0.1:9")
    copper.subscribe("person", "update", target=TARGET)
    fired(copper)
    copper.expect("person", "update", ids=1)


EXCLUDED = "Say copper.expect_none('lead', 'update'), since nothing will arrive; to find out, ask the API."


def a_new_activity(copper: Copper) -> None:
    answering(copper, "lead", "update")
    ada = copper.leads.create(name="Ada")
    copper.activities.create(
        parent={"type": "lead", "id": ada.id}, type={"category": "user", "id": 0}, details="They met."
    )
    copper.expect("lead", "update", ids=ada)


FIX = "Fix the endpoint; or, if this is intended, expect it with"

ALL_OF_TWO = "Expect all of them: count=2; or say which you mean"

CASES: list[tuple[Callable[[Copper], None], str, str]] = [
    (more_than_expected, "3 deliveries fit, not 2", "Expect all of them: count=3."),
    (more_with_other_values, "2 deliveries fit, not 1", f"{ALL_OF_TWO}, with updated_attributes=."),
    (more_of_other_records, "2 deliveries fit, not 1", f"{ALL_OF_TWO}, with ids=."),
    (more_for_other_targets, "2 deliveries fit, not 1", f"{ALL_OF_TWO}, with target= or body=."),
    (
        several_with_different_old_values,
        "[94808712] did not arrive as expected",
        "Use one expect for each, as records with different old or new values are notified apart. For [94808712], "
        "expect what was sent, the old value first: updated_attributes={'title': ('y', 'Dr')}.",
    ),
    (
        several_of_which_one_was_not_given_the_value,
        "[94808712] did not arrive as expected",
        "Expect what was sent, the old value first: updated_attributes={'details': (None, 'new')}.",
    ),
    (
        more_for_it_is_subscribed_twice,
        "2 deliveries fit, not 1",
        "The subscriptions [560698, 560699] have the same topic and target, so it is notified 2 times. Subscribe once; "
        "or, if this is intended, expect all of them: count=2.",
    ),
    (fewer_for_one_was_rejected, "1 delivery fits, not 2", f"{FIX} status=409."),
    (fewer_for_there_were_no_more, "1 delivery fits, not 2", "Expect what came: count=1."),
    (
        another_target,
        "it went to a different target",
        f"Expect target='{TARGET}', or subscribe with the intended target",
    ),
    (another_value_in_the_body, "its body differs", "Fix the expectation, or the subscription's own secret={...}"),
    (no_secret_at_all, "its body has no 'key'", "Subscribe with secret={'key': ...}: the body includes its keys."),
    (
        no_secret_for_who_wants_one,
        "it was rejected (403)",
        "Fix the endpoint, or subscribe with the secret it expects: the subscription has none; or, if this is",
    ),
    (
        attributes_of_other_fields,
        "its updated_attributes differ",
        "Expect what was sent, the old value first: updated_attributes={'name': ('Ada', 'Grace')}.",
    ),
    (
        delivered_where_another_status_was_expected,
        "it was delivered (200)",
        "Fix the endpoint, or expect what it answers: status=200.",
    ),
    (
        unsubscribed_while_it_waited,
        "1 delivery fits, not 2",
        "Unsubscribe after it has been delivered; or, if this is intended, expect it with outcome='cancelled'.",
    ),
    (broken_off, "it failed: broken off (", f"{FIX} outcome='failed'."),
    (not_answered_yet, "the endpoint has not answered yet", "Let time pass first (until 2026-03-02 09:00:03.000):"),
    (its_target_is_busy, "its target is busy", "Let time pass first: advance, or run_until_idle."),
    (part_of_an_echo, "it is part of an echo that was", "Have the endpoint ignore changes it made itself, or"),
    (the_api_refused_it, "nobody had subscribed to person/new", "Fix what the API refused, or subscribe before the"),
    (
        an_event_without_webhook,
        "Copper has no webhook for activity_log/delete",
        "Copper's only webhook for activity_log is new. Copper's developer page lists",
    ),
    (
        other_records,
        "person/new happened only to [17, 18]",
        "Expect the ids it happened to, or change the intended record",
    ),
    (
        some_ids_that_did_not_change,
        "[3] did not arrive as expected",
        "Expect the ids it happened to, or change the intended record",
    ),
    (
        ids_of_two_that_belong_to_one,
        "it came together with [1, 3]",
        "Expect all that share the notification: ids=[1, 2, 3]; or have each sent alone, with the setting batch=1.",
    ),
    (
        another_type,
        "nothing happened to person [17, 19], only company/new to company [17].",
        "If you mean the company, expect what happened to it: copper.expect('company', 'new', ...); or make the",
    ),
    (
        the_same_number_as_a_company,
        "what happened to [94808711] was person/new.",
        "Expect what happened: copper.expect('person', 'new', ...); or make the intended change.",
    ),
    (
        nothing_but_a_company_of_the_same_number,
        "no such change happened in this account",
        "Make it happen before you expect it: copper.people.update(...)",
    ),
    (
        what_a_lead_became,
        "what happened to [94808711] was lead/new and lead/delete.",
        "Expect what happened: copper.expect('lead', 'delete', ...); or make the intended change.",
    ),
    (
        several_others,
        "what happened to [17] was person/delete and person/new",
        "Expect what happened: copper.expect('person', 'new', ...); or make the intended change.",
    ),
    (nobody_subscribed, "nobody had subscribed to person/update", "Subscribe before the change: copper.subscribe("),
    (
        subscribed_to_other_types_alone,
        "nobody had subscribed to person/update",
        f"Subscribe before the change: copper.subscribe('person', 'update', target='{TARGET}').",
    ),
    (
        subscribed_too_late,
        "the subscription was made after the change",
        "Subscribe before the change: Copper sends nothing for what happened earlier.",
    ),
    (nowhere_to_be_reached, "it failed: refused (http://127.0.0.1:9: ", "Have the endpoint listen at http://127.0.0"),
    (
        another_event_that_nobody_heard,
        "what happened to [17] was person/new",
        "Expect what happened: copper.expect('person', 'new', ...); or make the intended change.",
    ),
    (
        another_event_of_the_type,
        "what happened was person/new",
        "Expect what happened: copper.expect('person', 'new', ...); or make the intended change.",
    ),
    (
        one_claimed_and_one_never,
        "an earlier expect has already claimed [1], and [3] did not arrive as expected",
        "Expect the ids it happened to, or change the intended record.",
    ),
    (one_claimed, "an earlier expect has already claimed [1]", "Each delivery meets one expect: make it happen again"),
    (
        a_merge_that_gave_the_winner_nothing,
        "it gained nothing by the merge: it had values of its own wherever the other record had any.",
        "Give the other record a value that this one lacks before they are merged; or, if nothing should arrive, say "
        "copper.expect_none('person', 'update').",
    ),
    (a_new_activity, "Copper sends nothing for what was done", EXCLUDED),
]


@pytest.mark.parametrize(("happen", "wrong", "advice"), CASES, ids=[case[0].__name__ for case in CASES])
def test_the_first_line_says_what_is_wrong_and_the_last_what_to_do(
    happen: Callable[[Copper], None], wrong: str, advice: str
) -> None:
    start = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    with Emulator(start=start, strict=False) as copper, pytest.raises(ExpectationError) as caught:
        happen(copper)

    lines = str(caught.value).splitlines()
    assert f", but {wrong}" in lines[0]
    assert lines[-1].startswith(advice)


def test_each_change_that_the_first_line_names_is_shown() -> None:
    with Emulator(strict=False) as copper, pytest.raises(ExpectationError) as caught:
        several_others(copper)

    lines = str(caught.value).splitlines()
    at = lines.index("Nobody was notified of:")
    assert [line.split("  ")[-1] for line in lines[at + 1 : at + 3]] == [
        "person/delete [17]",
        "person/new [17]",
    ]


def test_ids_that_the_change_did_not_touch_are_told_apart_from_those_it_did() -> None:
    with Emulator(strict=False) as copper, pytest.raises(ExpectationError) as caught:
        some_ids_that_did_not_change(copper)

    assert "[3]: person/update happened only to [1, 2]." in str(caught.value).splitlines()


def test_a_delivery_about_another_type_with_the_same_id_is_no_closer_than_one_about_another_record() -> None:
    with Emulator(strict=False) as copper, pytest.raises(ExpectationError) as caught:
        answering(copper, "company", "update")
        answering(copper, "person", "update")
        copper.fire("company", "update", ids=17)
        copper.fire("person", "update", ids=18)
        copper.expect("person", "update", ids=17)

    lines = str(caught.value).splitlines()
    assert lines[0].endswith(", but nothing happened to person [17], only company/update to company [17].")
    assert lines[2].startswith("  #2 person/update [18]")


def test_an_endpoint_that_was_told_of_another_type_is_not_waited_for() -> None:
    """It was not told of the record, so nothing that it does after its answer need be about that."""
    with Emulator(strict=False) as copper, pytest.raises(ExpectationError) as caught:
        copper.route(ORIGIN, to=lambda _: 200)
        copper.subscribe("company", "new", target=TARGET)
        copper.companies.create(name="Acme")
        ada = copper.people.create(name="Ada")
        copper.expect("person", "update", ids=ada)

    assert "after_delivery" not in str(caught.value)


def test_what_happened_to_others_is_told_by_topic() -> None:
    any_event: Any = None
    with Emulator(strict=False) as copper, pytest.raises(ExpectationError) as caught:
        copper.fire("person", "new", ids=17)
        copper.fire("person", "update", ids=[17, 18])
        copper.expect("person", any_event, ids=19)

    assert str(caught.value).splitlines()[0] == (
        "Expected any event of person, ids=[19], delivered with any 2xx, but person/new happened only to [17] and "
        "person/update happened only to [17, 18]."
    )


def test_ids_of_which_none_is_expected_are_compared_as_a_whole() -> None:
    with Emulator(strict=False) as copper, pytest.raises(ExpectationError) as caught:
        answering(copper)
        fired(copper, 1, 2)
        copper.expect("person", "update", ids=3)

    assert "    - ids are [1, 2], expected [3]" in str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        (("person", "new"), "person/new"),
        (("person", None), "any event of person"),
        ((None, "new"), "new of any type"),
        ((None, None), "any notification"),
    ],
)
def test_a_topic_that_is_left_open_is_told_in_words(topic: tuple[Any, Any], said: str) -> None:
    with Emulator(strict=False) as copper, pytest.raises(ExpectationError) as caught:
        copper.expect(*topic, count=3)

    assert str(caught.value).startswith(f"Expected {said}, delivered with any 2xx, count=3, but ")


@pytest.mark.parametrize(
    ("topic", "ids", "said"),
    [
        ((), None, "Expected no notification, but there is 1:"),
        ((), 1, "Expected no notification about [1], but there is 1:"),
        (("person",), None, "Expected no person notification, but there is 1:"),
        ((None, "update"), None, "Expected no update notification, but there is 1:"),
        (("person", "update"), 1, "Expected no person/update notification about [1], but there is 1:"),
    ],
)
def test_what_should_not_have_come_is_told_in_words(topic: tuple[Any, ...], ids: int | None, said: str) -> None:
    with Emulator(strict=False) as copper:
        answering(copper)
        fired(copper)
        with pytest.raises(ExpectationError) as caught:
            copper.expect_none(*topic, ids=ids)

    lines = str(caught.value).splitlines()
    assert lines[0] == said
    assert lines[-1] == (
        "If it should arrive, claim it first: copper.expect('person', 'update', ids=[1]). If not, fix what makes the "
        "change."
    )


def test_of_several_that_should_not_have_come_the_first_is_named() -> None:
    with Emulator(strict=False) as copper, pytest.raises(ExpectationError) as caught:
        answering(copper)
        fired(copper, times=2)
        copper.expect_none()

    lines = str(caught.value).splitlines()
    assert lines[0] == "Expected no notification, but there are 2:"
    assert lines[-1].startswith("If #1 should arrive, claim it first: ")


@pytest.mark.parametrize(
    ("settings", "wrong", "advice"),
    [
        (
            {"latency": "30s"},
            "it is not due yet: the account's latency is 30s",
            "Let time pass first (until 2026-03-02 09:00:30.000): advance, or run_until_idle.",
        ),
        (
            {"limits": "1/1m"},
            "the limit of 1/1m holds it back",
            "Let time pass first (until 2026-03-02 09:01:00.000): advance, or run_until_idle.",
        ),
        (
            {"limits": "1/1m", "over_limit": "drop"},
            "it was dropped: over the limit of 1/1m",
            "Let it wait until the limit renews, with the setting over_limit='hold', and advance; or, if this is "
            "intended, expect it with outcome='dropped'.",
        ),
    ],
    ids=["too late", "held", "dropped"],
)
def test_what_waits_or_was_dropped_says_why_and_what_to_do(settings: dict[str, Any], wrong: str, advice: str) -> None:
    start = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    with Emulator(start=start, strict=False, **settings) as copper, pytest.raises(ExpectationError) as caught:
        held_by_a_limit(copper)

    lines = str(caught.value).splitlines()
    assert lines[0].endswith(f", but {wrong}.")
    assert lines[-1] == advice


def test_what_the_api_refused_stands_beside_it() -> None:
    with (
        Emulator() as copper,
        pytest.raises(ExpectationError, match="The API refused: POST /developer_api/v1/webhooks: 422 "),
    ):
        the_api_refused_it(copper)


def test_a_refusal_in_python_says_what_would_help() -> None:
    with Emulator() as copper, pytest.raises(Invalid, match="https:// targets only"):
        copper.subscribe("person", "new", target="http://billing.example.com")


def test_many_are_shown_in_part() -> None:
    with Emulator() as copper, pytest.raises(ExpectationError, match="\n  and 3 more\n"):
        answering(copper)
        fired(copper, times=8)
        copper.expect("person", "update", count=9)


def test_what_is_farther_away_is_counted() -> None:
    with Emulator(strict=False) as copper, pytest.raises(ExpectationError, match="\n  and 2 more that fit less\n"):
        answering(copper).reply(500, times=1)
        fired(copper)
        fired(copper, 2)
        fired(copper, 3)
        copper.expect("person", "update", ids=1)


def test_several_updates_that_are_equally_close_are_told_apart_by_what_changed() -> None:
    with Emulator(strict=False) as copper:
        answering(copper).reply(409)
        ada = copper.people.create(name="Ada")
        copper.people.update(ada, title="Dr")
        copper.people.update(ada, title="Prof", details="Met in Oslo", tags=["met"])
        with pytest.raises(ExpectationError) as failed:
            copper.expect("person", "update", ids=ada, status=200)

    closest = [line.rpartition("; ")[2] for line in str(failed.value).splitlines() if line.startswith("  #")]
    assert closest == ["it told of title", "it told of details, tags, title"]


def test_a_value_that_differs_is_closer_than_one_that_is_absent() -> None:
    with Emulator(strict=False) as copper:
        answering(copper)
        ada = copper.people.create(name="Ada")
        copper.people.update(ada, tags=["x"])
        copper.people.update(ada, name="Grace")

        with pytest.raises(ExpectationError) as raised:
            copper.expect("person", "update", ids=ada, updated_attributes={"name": ("Ada", "Lovelace")})

    said = str(raised.value)
    first, reason = said.splitlines()[2:4]
    assert first.startswith("  #2 ")
    assert reason == "    - updated_attributes['name'] is ['Ada', 'Grace'], expected ['Ada', 'Lovelace']"
    assert "\n  and 1 more that fits less\n" in said
    assert said.endswith("updated_attributes={'name': ('Ada', 'Grace')}.")


def through_the_api(copper: Copper, person: int) -> None:
    """What an endpoint's worker does, whenever it does it."""
    url = f"{copper.api_url}/people/{person}"
    requests.put(url, json={"title": "Dr"}, headers=copper.headers, timeout=10).raise_for_status()


def writing_while_notified(copper: Copper) -> int:
    """A person whose creation made the endpoint change it through the API."""

    def write(request: Received) -> int:
        through_the_api(copper, request.json["ids"][0])
        return 200

    copper.route(ORIGIN, to=write)
    copper.subscribe("person", "new", target=TARGET)
    return copper.people.create(name="Ada").id


WAIT_FOR_IT = (
    "If your endpoint makes the change after its answer (a thread, a timer, a queue), wait for that: "
    'copper.after_delivery(...), see `copper-emulator docs tests`, "Work that is done later".'
)


@pytest.mark.parametrize(
    ("kind", "event"), [("person", "delete"), ("task", "new"), ("person", "update")], ids=["else", "never", "others"]
)
def test_what_an_endpoint_that_writes_has_not_done_yet_may_be_waited_for(kind: str, event: str) -> None:
    with Emulator() as copper, pytest.raises(ExpectationError) as raised:
        ada = writing_while_notified(copper)
        copper.expect(kind, event, ids=ada if event == "delete" else ada + 1)

    assert str(raised.value).splitlines()[-1].endswith(f". {WAIT_FOR_IT}")


def accepting(copper: Copper, status: int = 202, to: Endpoint | None = None) -> int:
    """A person of whom an endpoint, by default one of the test's own, was notified, and which another one follows."""
    copper.route(ORIGIN, to=to or (lambda request: status))
    copper.subscribe("person", "new", target=TARGET)
    copper.subscribe("person", "update", target=TARGET)
    ada = copper.people.create(name="Ada")
    copper.people.update(ada, name="Grace")
    return ada.id


def test_what_an_endpoint_may_do_after_its_answer_may_be_waited_for() -> None:
    """Nothing shows whether it does: its worker has not begun when the test expects what it does."""
    with Emulator() as copper:
        ada = accepting(copper)
        expected: list[tuple[str, str, dict[str, Any]]] = [
            ("person", "delete", {"ids": ada}),
            ("task", "new", {}),
            ("person", "update", {"ids": ada, "updated_attributes": {"title": (None, "Dr")}}),
        ]
        for kind, event, more in expected:
            with pytest.raises(ExpectationError) as raised:
                copper.expect(kind, event, **more)
            assert str(raised.value).endswith(f". {WAIT_FOR_IT}"), (kind, event, more)


def test_one_that_was_claimed_for_something_else_is_not_the_one_that_comes_later() -> None:
    with Emulator() as copper:
        ada = accepting(copper)
        copper.expect("person", "update", ids=ada)
        with pytest.raises(ExpectationError) as another:
            copper.expect("person", "update", ids=ada, updated_attributes={"title": (None, "Dr")})
        with pytest.raises(ExpectationError) as the_same:
            copper.expect("person", "update", ids=ada)

    assert str(another.value).endswith(f"or remove one expect. {WAIT_FOR_IT}")
    assert str(the_same.value).endswith("or remove one expect.")


@pytest.mark.parametrize(
    ("name", "later"),
    [("stage", False), ("pipeline_stage_id", False), ("nmae", False), ("name", True)],
    ids=["value", "API", "misspelled", "absent"],
)
def test_a_mistake_in_the_expected_attributes_is_not_put_down_to_a_worker(name: str, *, later: bool) -> None:
    with Emulator() as copper, pytest.raises(ExpectationError) as raised:
        copper.route(ORIGIN, to=lambda request: 202)
        copper.subscribe("opportunity", "update", target=TARGET)
        copper.fire("opportunity", "update", ids=17, updated_attributes={"stage": ("Qualified", "Follow-up")})
        copper.expect("opportunity", "update", ids=17, updated_attributes={name: (1, 2)})

    assert (WAIT_FOR_IT in str(raised.value)) is later


def test_more_than_has_come_may_come_only_from_an_endpoint_that_makes_changes() -> None:
    with Emulator() as copper:
        ada = accepting(copper)
        with pytest.raises(ExpectationError) as passive:
            copper.expect("person", "update", ids=ada, count=2)
    with Emulator() as copper:
        ada = writing_while_notified(copper)
        with pytest.raises(ExpectationError) as active:
            copper.expect("person", "new", ids=ada, count=2)

    assert str(passive.value).endswith("Expect what came: count=1.")
    assert str(active.value).endswith(f"Expect what came: count=1. {WAIT_FOR_IT}")


def hooked(copper: Copper) -> int:
    copper.after_delivery(lambda delivery: None)
    return accepting(copper)


NOT_TO_BE_WAITED_FOR: dict[str, Callable[[Copper], int]] = {
    "a hook waits": hooked,
    "a receiver of ours": lambda copper: accepting(copper, to=Endpoint(TARGET)),
    "nothing accepted": lambda copper: accepting(copper, status=503),
    "nothing sent": lambda copper: copper.people.create(name="Ada").id,
    "about others": lambda copper: accepting(copper) + 1,
}


@pytest.mark.parametrize("happen", NOT_TO_BE_WAITED_FOR.values(), ids=NOT_TO_BE_WAITED_FOR.keys())
def test_where_nothing_comes_later_nothing_is_to_be_waited_for(happen: Callable[[Copper], int]) -> None:
    with Emulator(strict=False) as copper, pytest.raises(ExpectationError) as raised:
        copper.expect("person", "delete", ids=happen(copper))

    assert "after_delivery" not in str(raised.value)


def test_where_there_are_no_hooks_none_is_advised() -> None:
    with Emulator() as copper, pytest.raises(ExpectationError) as raised:
        wanted = Expectation.of("person", "delete", ids=accepting(copper))
        meet(wanted, copper._tenant.account, Claims(), Surface.PLAY)

    assert "after_delivery" not in str(raised.value)


def test_what_a_worker_has_changed_is_due_and_the_next_may_be_waited_for() -> None:
    with Emulator(allow="due") as copper:
        endpoint = answering(copper)
        copper.subscribe("person", "new", target=endpoint.url)
        ada = copper.people.create(name="Ada")
        through_the_api(copper, ada.id)
        wanted = Expectation.of("person", "update", ids=ada)

        # `copper.expect` settles first: only a change that comes just then is still due.
        with pytest.raises(ExpectationError) as raised:
            meet(wanted, copper._tenant.account, Claims(), Surface.PYTHON)
        with pytest.raises(ExpectationError) as served:
            meet(wanted, copper._tenant.account, Claims(), Surface.SERVER)

    due = "It is due and can be sent: settle, or advance"
    waits = "; or, if a worker of yours does it later, let copper.after_delivery(...) wait for it."
    assert str(raised.value).splitlines()[-1] == f"{due}{waits}"
    assert str(served.value).splitlines()[-1] == f"{due}."


def test_what_was_claimed_does_not_hide_what_the_advice_is_about() -> None:
    """The claimed one would fit, but is gone; the advice is about the other, which must be shown beside it."""
    with Emulator(strict=False) as copper:
        answering(copper)
        ada = copper.people.create(name="Ada")
        copper.people.update(ada, name="Grace")
        expected: dict[str, Any] = {"ids": ada, "updated_attributes": {"name": ("Ada", "Grace")}}
        copper.expect("person", "update", **expected)
        copper.people.update(ada, tags=["x"])

        with pytest.raises(ExpectationError) as raised:
            copper.expect("person", "update", **expected)

    said = str(raised.value)
    assert [line[:4] for line in said.splitlines() if line.startswith("  #")] == ["  #1", "  #2"]
    assert said.endswith("updated_attributes={'tags': ([], ['x'])}.")


def again_after_unsubscribing(copper: Copper) -> None:
    copper.unsubscribe(copper.subscriptions[0])
    copper.people.update(1, name="Bob")


def again_with_the_same_value(copper: Copper) -> None:
    copper.people.update(1, name="Grace")


def again_after_an_older_failure(copper: Copper) -> None:
    """Of what is unclaimed, a failure would otherwise be named first; this one is older than what was claimed."""
    copper.people.update(1, name="Grace")


def again_but_lost(copper: Copper) -> None:
    copper.faults.lose(1)
    copper.people.update(1, name="Bob")


def again_but_refused(copper: Copper) -> None:
    call_api(copper, "PUT", "/people/1", {"emails": 3})


def again_but_refused_with_another_before(copper: Copper) -> None:
    call_api(copper, "PUT", "/people/1", {"emails": 3})
    call_api(copper, "POST", "/people/search", {"emails": 3})


def again_but_refused_by_a_fault(copper: Copper) -> None:
    copper.faults.api.status(503)
    call_api(copper, "PUT", "/people/1", {"name": "Bob"})


def again_with_an_activity(copper: Copper) -> None:
    copper.activities.create(
        parent={"type": "person", "id": 1}, type={"category": "user", "id": 0}, details="They met."
    )


def again_but_not_due(copper: Copper) -> None:
    copper.faults.latency("5s")
    copper.people.update(1, name="Bob")


def again_for_another_target(copper: Copper) -> None:
    copper.unsubscribe(copper.subscriptions[0])
    copper.subscribe("person", "update", target=f"{TARGET}/other")
    copper.people.update(1, name="Bob")


def again_together_with_another(copper: Copper) -> None:
    fired(copper, 1, 2)


def again_to_another(copper: Copper) -> None:
    copper.people.update(2, name="Bob")


def again_to_another_that_is_claimed(copper: Copper) -> None:
    copper.people.update(2, name="Bob")
    copper.expect("person", "update", ids=2)


def not_again(copper: Copper) -> None:
    """Neither a look, nor a refused call about another record or another thing, is the same again."""
    call_api(copper, "GET", "/people/1", None)
    for method, path in (
        ("POST", "/people/search"),
        ("POST", "/people"),
        ("POST", "/people/1"),
        ("PUT", "/people/2"),
        ("PUT", "/leads/1"),
        ("PUT", "/nothings/1"),
        ("DELETE", "/people/3"),
    ):
        call_api(copper, method, path, {"emails": 3})
    copper.people.delete(1)


def call_api(copper: Copper, method: str, path: str, body: Any) -> None:
    requests.request(method, f"{copper.api_url}{path}", json=body, headers=copper.headers, timeout=10)


CLAIMED = "an earlier expect has already claimed it"
AGAIN: list[tuple[Callable[[Copper], None], str, str]] = [
    (
        again_after_unsubscribing,
        "the subscription had been removed before the change",
        "Unsubscribe after the change; or, if nothing should arrive, say copper.expect_none('person', 'update').",
    ),
    (again_with_the_same_value, "nothing was changed: the values were the same as before", "Write a different value"),
    (again_after_an_older_failure, "nothing was changed: the values were the same as before", "Write a different"),
    (again_but_lost, "it was lost by the fault lose=1", "Switch the fault off before the change, with copper.faults"),
    (
        again_but_refused,
        "the API refused the call that would have done it",
        "Fix the call; or, if it should be refused, say copper.expect_none('person', 'update').",
    ),
    (again_but_refused_with_another_before, "the API refused the call that would have done it", "Fix the call; or,"),
    (again_but_refused_by_a_fault, "the API refused the call that would have done it", "Fix the call; or,"),
    (again_with_an_activity, "Copper sends nothing for what was done", "Say copper.expect_none('person', 'update')"),
    (again_but_not_due, "it is not due yet: the fault latency=5s delays it", "Let time pass first (until"),
    (again_for_another_target, "it went to a different target", f"Expect target='{TARGET}/other', or subscribe with"),
    (again_together_with_another, "it came together with [2]", "Expect all that share the notification: ids=[1, 2]"),
    (
        again_to_another,
        f"{CLAIMED}, and since then person/update happened only to [2]",
        "Expect the ids it happened to, or change the intended record.",
    ),
    (again_to_another_that_is_claimed, CLAIMED, "Each delivery meets one expect: make it happen again"),
    (not_again, CLAIMED, "Each delivery meets one expect: make it happen again"),
]


@pytest.mark.parametrize(("again", "wrong", "advice"), AGAIN, ids=[case[0].__name__ for case in AGAIN])
def test_what_was_done_again_after_it_was_claimed_is_explained(
    again: Callable[[Copper], None], wrong: str, advice: str
) -> None:
    with Emulator(strict=False) as copper:
        endpoint = answering(copper)
        copper.people.seed([{"id": number, "name": "Ada"} for number in (1, 2)])
        if again is again_after_an_older_failure:
            endpoint.reply(500, times=1)
            copper.people.update(1, name="Eve")
        copper.people.update(1, name="Grace")
        expected: dict[str, Any] = {"ids": 1, "target": TARGET} if again is again_for_another_target else {"ids": 1}
        copper.expect("person", "update", **expected)
        again(copper)
        with pytest.raises(ExpectationError) as raised:
            copper.expect("person", "update", **expected)

    lines = str(raised.value).splitlines()
    assert lines[0].endswith(f", but {wrong}.")
    assert lines[-1].startswith(advice)


@pytest.mark.parametrize("ids", [None, [1]], ids=["any", "one"])
def test_what_was_done_before_the_claimed_one_does_not_explain_why_it_does_not_come_again(
    ids: list[int] | None,
) -> None:
    with Emulator(strict=False) as copper:
        answering(copper)
        copper.people.seed([{"id": 1, "name": "Ada"}])
        copper.people.update(1, name="Ada")
        call_api(copper, "PUT", "/people/1", {"emails": 3})
        copper.people.update(1, name="Grace")
        copper.expect("person", "update", ids=ids)
        with pytest.raises(ExpectationError, match=f"but {CLAIMED}."):
            copper.expect("person", "update", ids=ids)


@pytest.mark.parametrize(
    ("event", "method", "path"),
    [("new", "POST", "/people"), ("update", "PUT", "/people/1"), ("delete", "DELETE", "/people/1")],
)
@pytest.mark.parametrize("open_topic", [False, True], ids=["topic", "any"])
def test_a_refused_call_is_known_by_what_it_would_have_done(
    event: str, method: str, path: str, *, open_topic: bool
) -> None:
    with Emulator(strict=False) as copper:
        answering(copper, event=event)
        copper.fire("person", event, ids=1)
        topic = (None, None) if open_topic else ("person", event)
        copper.expect(*topic)
        call_api(copper, method, path, {"emails": 3})
        with pytest.raises(ExpectationError, match="but the API refused the call that would have done it") as raised:
            copper.expect(*topic)

    assert str(raised.value).count(f"The API refused: {method} /developer_api/v1{path}: ") == 1


def test_of_several_ids_those_that_were_claimed_and_done_again_did_not_arrive() -> None:
    with Emulator(strict=False) as copper:
        answering(copper)
        copper.people.seed([{"id": number, "name": "Ada"} for number in (1, 2)])
        copper.people.update(1, name="Grace")
        copper.expect("person", "update", ids=1)
        copper.people.update(1, name="Grace")
        copper.people.update(2, name="Grace")
        with pytest.raises(ExpectationError) as raised:
            copper.expect("person", "update", ids=[1, 2])

    lines = str(raised.value).splitlines()
    assert lines[0].endswith("but [1] did not arrive as expected.")
    assert "[1]: nothing was changed: the values were the same as before." in lines


def test_many_names_are_shown_in_part_and_one_alone_needs_none() -> None:
    with Emulator(strict=False) as copper:
        answering(copper).reply(409)
        many = {f"field_{number}": (None, "x") for number in range(7)}
        for attributes in (many, {}):
            copper.fire("person", "update", ids=1, updated_attributes=attributes)
        with pytest.raises(ExpectationError) as failed:
            copper.expect("person", "update", ids=1, status=200)
        copper.fire("person", "update", ids=2, updated_attributes=many)
        with pytest.raises(ExpectationError) as alone:
            copper.expect("person", "update", ids=2, status=200)

    first, second = [line for line in str(failed.value).splitlines() if line.startswith("  #")]
    assert first.endswith("; it told of field_0, field_1, field_2, field_3, field_4 and 2 more")
    assert "it told of" not in second + str(alone.value)


@pytest.mark.parametrize(("slow", "until"), [("3s", "(until 2026"), ("30s", "(it times out at 2026")])
def test_an_answer_that_a_fault_makes_late_names_the_fault(slow: str, until: str) -> None:
    with Emulator(strict=False) as copper, pytest.raises(ExpectationError) as caught:
        answering(copper)
        copper.faults.slow(slow)
        fired(copper)
        copper.expect("person", "update", ids=1)

    lines = str(caught.value).splitlines()
    assert lines[0].endswith(f"but the endpoint has not answered yet (under the fault slow={slow}).")
    assert lines[-1].startswith(f"Let time pass first {until}")


def test_what_has_failed_is_named_before_what_a_limit_still_holds() -> None:
    """More time would only bring more of the same."""
    with Emulator(strict=False, limits="2/1m") as copper, pytest.raises(ExpectationError) as caught:
        answering(copper, "person", "update").reply(500)
        fired(copper, times=4)
        copper.expect("person", "update", count=4)
    lines = str(caught.value).splitlines()
    assert lines[0].endswith("but it was rejected (500).")
    assert "Still under way (2):" in lines
    assert lines[-1] == f"{FIX} status=500."


def test_of_what_fits_in_part_the_failed_is_named_before_what_a_limit_still_holds() -> None:
    with Emulator(strict=False, limits="2/1m") as copper, pytest.raises(ExpectationError) as caught:
        answering(copper, "person", "update").reply(500, times=1)
        fired(copper, times=4)
        copper.expect("person", "update", count=4)
    lines = str(caught.value).splitlines()
    assert lines[0].endswith("but 1 delivery fits, not 4.")
    assert lines[-1] == f"{FIX} status=500."


def test_what_has_failed_explains_no_number_that_is_not_reached_with_it() -> None:
    with Emulator(strict=False) as copper, pytest.raises(ExpectationError) as caught:
        answering(copper, "person", "update").reply(500, times=1)
        fired(copper, times=4)
        copper.expect("person", "update", count=9)
    lines = str(caught.value).splitlines()
    assert lines[0].endswith("but 3 deliveries fit, not 9.")
    assert lines[-1] == (
        "Make the others happen, or expect fewer; but first fix the endpoint, which has not accepted all that came."
    )


def test_who_expects_another_end_is_told_what_holds_it() -> None:
    with Emulator(strict=False, limits="1/1m") as copper, pytest.raises(ExpectationError) as caught:
        endpoint = answering(copper, "person", "update")
        endpoint.reply(500, times=1)
        endpoint.reply(401)
        fired(copper, times=2)
        copper.expect("person", "update", status=401)
    assert str(caught.value).splitlines()[0].endswith("but the limit of 1/1m holds it back.")


def test_the_subscriptions_to_other_types_are_named() -> None:
    with Emulator(strict=False) as copper, pytest.raises(ExpectationError) as failed:
        subscribed_to_other_types_alone(copper)
    line = "nobody has subscribed to any topic of this type, only to lead/new and lead/update"
    assert line in str(failed.value)
