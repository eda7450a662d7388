"""What happened can be looked at, expected, explained, and is judged at the end."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from copper_emulator import Copper, Endpoint, ExpectationError, UsageError
from tests.faces.conftest import TARGET, receiver
from tests.faces.opening import Open


def test_expectations_claim_and_say_what_came_closest(copper: Copper, endpoint: Endpoint) -> None:
    subscription = copper.subscribe("person", "update", target=TARGET)
    copper.fire("person", "update", ids=17)

    (found,) = copper.expect("person", "update", ids=17, target=TARGET, body={"subscription_id": subscription.id})
    assert (found.status, found.ids) == (200, (17,))
    copper.expect_none()
    with pytest.raises(ExpectationError, match="an earlier expect has already claimed it"):
        copper.expect("person", "update", ids=17)
    with pytest.raises(ExpectationError, match="no such change happened in this account"):
        copper.expect("lead", "new")
    copper.fire("person", "update", ids=18)
    with pytest.raises(ExpectationError, match=r"ids are \[18\], expected \[19\]"):
        copper.expect("person", "update", ids=19)
    with pytest.raises(ExpectationError, match="Expected no person notification"):
        copper.expect_none("person")
    with pytest.raises(ExpectationError):
        copper.expect_none("person", "update", ids=18)


def test_an_empty_mapping_is_expected_as_it_stands(copper: Copper, endpoint: Endpoint) -> None:
    """Keys that are not named do not matter, and `{}` names none: it fits only an empty mapping."""
    copper.subscribe("person", "update", target=TARGET)
    copper.subscribe("person", "new", target=TARGET)
    attributes: dict[str, Any] = {"name": ["Ada", "Grace"], "custom_fields": {5: [1, []]}}
    copper.fire("person", "update", ids=17, updated_attributes=attributes)
    copper.fire("person", "new", ids=17)

    told = {**attributes, "custom_fields": {"5": [1, []]}}
    expected: list[tuple[dict[str, Any], str]] = [
        ({"updated_attributes": {}}, f"updated_attributes is {told}, expected {{}}"),
        (
            {"updated_attributes": {"custom_fields": {}}},
            f"updated_attributes['custom_fields'] is {told['custom_fields']}, expected {{}}",
        ),
        ({"body": {"updated_attributes": {}}}, f"body['updated_attributes'] is {told}, expected {{}}"),
        (
            {"body": {"updated_attributes": {"custom_fields": {}}}},
            f"body.updated_attributes['custom_fields'] is {told['custom_fields']}, expected {{}}",
        ),
        ({"body": {"ids": []}}, "body['ids'] is [17], expected []"),
        ({"body": {"ids": {}}}, "body['ids'] is [17], expected {}"),
    ]
    for arguments, said in expected:
        with pytest.raises(ExpectationError) as raised:
            copper.expect("person", "update", ids=17, **arguments)
        assert f"    - {said}" in str(raised.value).splitlines()
    with pytest.raises(ExpectationError, match=r"    - body is \{'subscription_id': .*\}, expected \{\}"):
        copper.expect("person", "new", body={})

    copper.expect("person", "update", updated_attributes={"custom_fields": {5: (1, ())}}, body={"type": "person"})
    copper.expect("person", "new", updated_attributes={}, body={"updated_attributes": {}})


SHOP = "https://shop.example/hook"


def test_nothing_can_be_expected_of_one_target(copper: Copper, endpoint: Endpoint) -> None:
    """So that a test can say: billing got it, and the shop did not."""
    shop = Endpoint(SHOP)
    copper.route(SHOP, to=shop)
    copper.subscribe("person", "update", target=TARGET)
    copper.subscribe("person", "new", target=SHOP)
    copper.fire("person", "update", ids=17)

    copper.expect_none("person", "update", ids=17, target=SHOP)
    copper.expect_none(target=SHOP)
    with pytest.raises(ExpectationError, match=rf"^Expected no notification to {TARGET}, but there is 1:"):
        copper.expect_none(target=TARGET)
    copper.expect("person", "update", ids=17, target=TARGET)
    copper.expect_none(target=TARGET)


def test_where_two_targets_are_told_the_same_the_advice_names_the_one_that_is_meant(opened: Open) -> None:
    copper = opened(strict=True)
    copper.route("https://app.example", to=Endpoint(TARGET))
    shop = Endpoint(SHOP)
    shop.reply(500)
    copper.route(SHOP, to=shop)
    for target in (TARGET, SHOP):
        copper.subscribe("person", "new", target=target)
    ada = copper.people.create(name="Ada")

    assert f"expect it with status=500, target='{SHOP}', or allow it" in copper.verdict()
    with pytest.raises(ExpectationError) as raised:
        copper.expect("person", "new", ids=ada, count=2)
    assert str(raised.value).endswith(f"expect it with status=500, target='{SHOP}'.")
    with pytest.raises(ExpectationError) as raised:
        copper.expect("person", "new", ids=ada, target=SHOP)
    assert str(raised.value).endswith("expect it with status=500.")
    copper.expect("person", "new", ids=ada, target=TARGET)
    with pytest.raises(ExpectationError, match=rf"\.expect\('person', 'new', ids=\[{ada.id}\], target='{SHOP}'\)\. If"):
        copper.expect_none()
    copper.expect("person", "new", ids=[ada.id], target=SHOP, status=500)
    assert copper.verdict() == ""

    # Nobody else was told of this one.
    bob = copper.leads.create(name="Bob")
    copper.subscribe("lead", "update", target=SHOP)
    copper.leads.update(bob, name="Bo")
    assert "expect it with status=500, or allow it" in copper.verdict()
    copper.expect("lead", "update", status=500)


def test_what_an_endpoint_may_do_after_its_answer_is_to_be_waited_for_in_a_hook(opened: Open) -> None:
    def said(copper: Copper) -> str:
        copper.subscribe("person", "new", target=TARGET)
        ada = copper.people.create(name="Ada")
        with pytest.raises(ExpectationError) as raised:
            copper.expect("person", "delete", ids=ada)
        return str(raised.value)

    copper = opened()
    copper.route("https://app.example", to=lambda request: 202)
    assert "wait for that: copper.after_delivery(...)" in said(copper)
    copper.after_delivery(lambda delivery: None)
    assert "after_delivery" not in said(copper)
    scripted = opened()
    receiver(scripted)
    assert "after_delivery" not in said(scripted)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "ids as text": ({"ids": "17"}, "ids must be one or more"),
    "type and event swapped": ({"type": "update", "event": "person"}, "type and event are swapped"),
    "several events": ({"event": ["new", "update"]}, "one call for each of 'new' and 'update'"),
    "status as text": ({"status": "204"}, "like status=204, not '204'"),
    "count as text": ({"count": "3"}, "like count=3, not '3'"),
    "body as text": ({"body": "x"}, "body must be a mapping"),
    "attributes as text": ({"updated_attributes": "x"}, "updated_attributes must be a mapping"),
    "target as number": ({"target": 5}, "target must be a text, like target='https://my-app.example/hook', not 5"),
    "2xx rejected": ({"status": 200, "outcome": "rejected"}, "contradict"),
    "500 delivered": ({"status": 500, "outcome": "delivered"}, "contradict"),
    "500 failed": ({"status": 500, "outcome": "failed"}, "has no status"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_expected_is_refused_with_what_to_write(copper: Copper, name: str) -> None:
    given, message = WRONG[name]

    with pytest.raises(UsageError, match=message):
        copper.expect(**{"type": "person", "event": "update", **given})


def test_nothing_can_be_expected_only_of_a_target_that_is_text(copper: Copper, endpoint: Endpoint) -> None:
    """Nothing was sent to anything else, so the expectation could not fail."""
    subscription: Any = copper.subscribe("person", "new", target=TARGET)
    copper.fire("person", "new", ids=17)

    with pytest.raises(UsageError, match="target must be a text"):
        copper.expect_none("person", "new", target=subscription)
    copper.expect("person", "new")


def test_everything_that_happened_can_be_looked_at_and_explained(copper: Copper, endpoint: Endpoint) -> None:
    subscription = copper.subscribe("person", "update", target=TARGET)
    ada = copper.people.create(name="Ada")
    copper.people.update(ada, name="Grace")

    assert [str(change.topic) for change in copper.changes] == ["person/new", "person/update"]
    assert [str(each.state) for each in copper.notifications] == ["delivered"]
    assert [each.status for each in copper.deliveries] == [200]
    assert [str(entry.kind) for entry in copper.journal] == [
        "subscribed",
        "change",
        "change",
        "queued",
        "sending",
        "ended",
    ]
    assert "delivered #1 person/update" in copper.timeline
    for what in (ada, copper.changes[1], copper.deliveries[0], copper.notifications[0], subscription):
        assert "#1 person/update" in str(copper.explain(what))
    assert "nobody was notified" in str(copper.explain(type="person", id=ada.id))
    with pytest.raises(UsageError, match="explain a change, a subscription, a notification, a delivery, a record"):
        copper.explain(17)


def test_a_record_is_explained_without_its_namesakes(copper: Copper, endpoint: Endpoint) -> None:
    ada = copper.people.create(name="Ada")
    lead = copper.leads.create(name="Namesake")
    assert lead.id == ada.id

    text = str(copper.explain(ada))

    assert "person/new" in text
    assert "lead" not in text


def test_the_verdict_tells_what_went_wrong(opened: Open) -> None:
    copper = opened(strict=True)
    receiver(copper).reply(500)
    copper.subscribe("person", "new", target=TARGET)
    assert copper.verdict() == ""
    copper.people.create(name="Ada")

    assert "rejected (500)" in copper.verdict()
    copper.expect("person", "new", status=500)
    assert copper.verdict() == ""


def broken(_: object) -> int:
    raise KeyError("customer")


def test_an_exception_of_an_endpoint_of_this_process_is_known_for_what_it_is(opened: Open) -> None:
    copper = opened(strict=True)
    copper.route("https://app.example", to=broken)
    copper.subscribe("person", "new", target=TARGET)
    copper.people.create(name="Ada")

    verdict = copper.verdict()
    assert "KeyError in the endpoint" in verdict
    assert "in broken" in verdict
    assert [str(each.state) for each in copper.notifications] == ["failed"]
    (delivery,) = copper.expect("person", "new", outcome="failed")
    assert isinstance(delivery.exception, KeyError)
    assert (delivery.status, delivery.response_headers, delivery.response_body) == (None, (), b"")
    assert copper.verdict() == ""


def test_exceptions_of_endpoints_can_be_allowed(opened: Open) -> None:
    copper = opened(strict=True, allow="exception")
    copper.route("https://app.example", to=broken)
    copper.subscribe("person", "new", target=TARGET)
    copper.people.create(name="Ada")

    assert [each.outcome for each in copper.deliveries] == ["failed"]
    assert copper.verdict() == ""


def test_an_exception_that_a_framework_answers_with_500_is_known_too(opened: Open) -> None:
    app = Flask("endpoint")
    app.logger.disabled = True

    @app.post("/hooks/copper")
    def hook() -> str:
        return str(broken(None))

    copper = opened(strict=True)
    copper.route("https://app.example", to=app)
    copper.subscribe("person", "new", target=TARGET)
    copper.people.create(name="Ada")

    assert "rejected (500, KeyError('customer') in the endpoint)" in copper.verdict()
    (delivery,) = copper.expect("person", "new", status=500)
    assert isinstance(delivery.exception, KeyError)
    assert copper.verdict() == ""


@pytest.mark.parametrize("written", ["https://app.example", TARGET.replace("app", "APP"), f"{TARGET}/"])
def test_nothing_can_be_expected_only_of_a_target_as_it_was_subscribed(
    copper: Copper, endpoint: Endpoint, written: str
) -> None:
    copper.subscribe("person", "new", target=TARGET)
    copper.fire("person", "new", ids=17)

    with pytest.raises(UsageError) as caught:
        copper.expect_none("person", "new", target=written)
    copper.expect_none("person", "new", target="https://app.example/other")
    copper.expect_none("person", "new", target="https://elsewhere.example")

    assert (
        str(caught.value) == f"nothing goes to target={written!r}, as it is written: write the whole target, {TARGET!r}"
    )
    copper.expect("person", "new", ids=17)
