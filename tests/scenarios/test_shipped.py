"""Every shipped scenario passes against a right endpoint and fails against a wrong one, naming the step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask

from copper_emulator import Copper, Emulator
from copper_emulator.scenarios import ScenarioFailed, load, perform, shipped_folder, shipped_names
from tests.scenarios import endpoints
from tests.scenarios.builders import failure_of


@dataclass(frozen=True)
class Wrong:
    """A wrong endpoint, the step at which it must fail, and what the failure must say happened instead."""

    endpoint: Callable[[], Flask]
    step: int
    begins: str
    says: str


WRONG = {
    "batch_of_61": Wrong(endpoints.wants_one_id, 2, "expect person/new of imported", "rejected (500, ValueError"),
    "bulk_reassignment": Wrong(
        endpoints.takes_work_from_its_old_owner, 9, "expect person/update of nobodys", "rejected (500, KeyError(None)"
    ),
    "endpoint_down": Wrong(
        endpoints.deletes_only_what_it_knows, 10, "expect person/delete of ada", "rejected (500, KeyError(94808711)"
    ),
    "first_notification": Wrong(
        endpoints.takes_it_for_the_record, 2, "expect person/new of ada", "rejected (500, KeyError('name')"
    ),
    "import_storm_drop": Wrong(endpoints.fills_its_queue, 5, "expect person/new, 600", "rejected (503)"),
    "import_storm_hold": Wrong(endpoints.slows_down_callers, 2, "expect person/new, 600", "rejected (429)"),
    "key_switch_stale_subscriptions": Wrong(
        endpoints.knows_one_subscription,
        8,
        "expect person/update of ada, 1 notification, for subscription after",
        "rejected (500",
    ),
    "late_and_out_of_order": Wrong(
        endpoints.wants_order, 9, "expect person/new of ada", "rejected (500, ValueError('older than the last one')"
    ),
    "lead_conversion": Wrong(
        endpoints.looks_where_a_lead_went, 6, "expect lead/delete of lead", "KeyError('converted_contact_id')"
    ),
    "merge_looks_like_delete": Wrong(
        endpoints.bills_whoever_it_knows, 6, "expect person/delete of twin", "IntegrityError('an invoice refers to"
    ),
    "stage_move": Wrong(
        endpoints.reads_one_change, 4, "expect opportunity/update of deal", "too many values to unpack"
    ),
    "unsubscribed_while_waiting": Wrong(
        endpoints.updates_only_what_it_knows, 7, "expect person/update of ada", "LookupError('no such person')"
    ),
    "wrong_secret_refused": Wrong(
        endpoints.does_not_look_at_the_secret,
        3,
        "expect person/update of ada, 1 notification, for subscription forged",
        "(200)",
    ),
}


def played_on(app: Flask, name: str) -> Copper:
    with Emulator() as copper:
        copper.route(endpoints.ORIGIN, app.wsgi_app)
        copper.play(name)
        return copper


def test_every_scenario_has_its_wrong_endpoint() -> None:
    assert sorted(WRONG) == shipped_names()


def test_there_are_at_least_the_promised_twelve() -> None:
    assert len(shipped_names()) >= 12


@pytest.mark.parametrize("name", shipped_names())
def test_it_begins_with_a_comment_that_says_what_it_shows(name: str) -> None:
    text = (shipped_folder() / f"{name}.yaml").read_text(encoding="utf-8")

    head = [line for line in text.splitlines()[:12] if line.startswith("#")]
    assert len(head) >= 3
    assert "Right:" in text
    assert "Wrong" in text


@pytest.mark.parametrize("name", shipped_names())
def test_it_passes_against_the_right_endpoint(name: str) -> None:
    """And nothing else goes wrong: the account's verdict at the end is empty."""
    with endpoints.right() as app:
        played_on(app, name)


@pytest.mark.parametrize("place", [2, 64_311])
@pytest.mark.parametrize("name", shipped_names())
def test_it_passes_in_further_accounts(name: str, place: int) -> None:
    """Ids are other ones there; what is drawn is the same."""
    with endpoints.right() as app, Emulator(place=place) as copper:
        copper.route(endpoints.ORIGIN, app.wsgi_app)
        copper.play(name)


@pytest.mark.parametrize("name", shipped_names())
def test_it_passes_against_the_built_in_endpoint(name: str) -> None:
    """So that it can be tried without an endpoint."""
    played = perform(load(name), settings={})

    assert played.passed, played.result.failure or played.verdict


@pytest.mark.parametrize("name", shipped_names())
def test_it_fails_against_the_wrong_endpoint_and_names_the_step(name: str) -> None:
    wrong = WRONG[name]

    with pytest.raises(ScenarioFailed) as raised:
        played_on(wrong.endpoint(), name)

    step = raised.value.result.failed_step
    assert step is not None
    assert (step.number, step.text[: len(wrong.begins)]) == (wrong.step, wrong.begins)
    text = str(raised.value)
    assert f"{name}.yaml:{step.line}: step {step.number} of " in text.splitlines()[0]
    assert wrong.says in text
    named = (shipped_folder() / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[step.line - 1]
    assert named.startswith("  - ")


CREATION = """\
  - create: {type: person, as: ada, fields: {name: Ada}}
  - expect:
      topic: person/new
"""
MERGES = ["  - merge: {winner: ada, loser: twin}\n", "  - merge: {winner: ada, loser: empty}\n"]
CONVERSION = """\
  - convert:
      lead: lead
      as: {person: ada, company: engines, opportunity: first_order}
      opportunity: {name: The first order, monetary_value: 1200}
"""
CONVERTED = {"person": "ada", "company": "engines", "opportunity": "first_order"}


def sent(topic: str, record: str, attributes: str) -> str:
    """A step that sends what Copper does not: attributes with an event that has none."""
    kind, _, event = topic.partition("/")
    body = f"type: {kind}, event: {event}, ids: [{{record: {record}}}], updated_attributes: {attributes}, key: s3cret"
    return f"  - replay: {{target: 'https://billing.example.com/hooks/copper', body: {{{body}}}}}\n"


def converted(telling: str) -> str:
    """What a conversion sends, with attributes in the notification of one type."""
    steps = [f"  - seed: {{type: {kind}, as: {name}, count: 1}}\n" for kind, name in CONVERTED.items()]
    for kind, name in {**CONVERTED, "lead": "lead"}.items():
        topic = f"{kind}/{'delete' if kind == 'lead' else 'new'}"
        steps.append(sent(topic, name, "{told: [null, 17]}" if kind == telling else "{}"))
    return "".join(steps)


TOLD = "body['updated_attributes'] is {'told': [None, 17]}, expected {}"
BROKEN = [
    pytest.param(
        "first_notification",
        CREATION,
        "  - seed: {type: person, as: ada, count: 1, fields: {name: Ada}}\n"
        + sent("person/new", "ada", "{told: [null, 17]}")
        + "  - expect:\n      topic: person/new\n",
        TOLD,
        id="a new record's values",
    ),
    *(
        pytest.param(
            "merge_looks_like_delete", merge, sent("person/delete", loser, "{told: [null, 17]}"), TOLD, id=name
        )
        for merge, loser, name in zip(
            MERGES, ("twin", "empty"), ("a merge says so", "a merge without gain says so"), strict=True
        )
    ),
    *(
        pytest.param("lead_conversion", CONVERSION, converted(kind), TOLD, id=f"a conversion is told of in {kind}")
        for kind in (*CONVERTED, "lead")
    ),
    pytest.param(
        "bulk_reassignment",
        "secret:",
        "settings: {batch: 29}\nsecret:",
        "expect person/update of hers, 1 notification",
        id="29 and 11 ids",
    ),
    pytest.param(
        "late_and_out_of_order", "seed: 42", "seed: 2", "Expected no person/new notification", id="in the order"
    ),
    pytest.param(
        "wrong_secret_refused",
        "{key: guessed}\n  bare",
        "{}\n  bare",
        "body has no 'key'",
        id="no secret for a wrong one",
    ),
]


@pytest.mark.parametrize(("name", "right", "wrong", "said"), BROKEN)
def test_what_its_texts_say_is_checked(name: str, right: str, wrong: str, said: str) -> None:
    text = (shipped_folder() / f"{name}.yaml").read_text(encoding="utf-8")
    assert text.count(right) == 1

    assert said in failure_of(text.replace(right, wrong))


def test_the_late_scenario_really_delivers_out_of_order() -> None:
    """The deletion arrives before the creation, and the last name before an earlier one."""
    received: list[tuple[str, str]] = []

    with Emulator() as copper:
        copper.route(
            endpoints.ORIGIN, lambda request: received.append((request.json["timestamp"], request.json["event"]))
        )
        copper.play("late_and_out_of_order")

    events = [event for _, event in received]
    assert events.index("delete") < events.index("new")
    assert received != sorted(received)


@pytest.mark.parametrize("name", ["batch_of_61", "import_storm_hold", "wrong_secret_refused"])
def test_it_passes_over_http_too(name: str) -> None:
    """With its target's path and query, on a server that answers one request after another."""
    with endpoints.right() as app, endpoints.served(app) as url:
        played = perform(load(name), target=f"{url}?from=copper", settings={})

    assert played.passed, played.result.failure or played.verdict
