"""Every shipped scenario passes against a right endpoint and fails against a wrong one, naming the step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask

from copper_emulator import Copper, Emulator
from copper_emulator.scenarios import ScenarioFailed, load, perform, shipped_folder, shipped_names
from tests.scenarios import endpoints


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
        endpoints.takes_work_from_its_old_owner, 7, "expect person/update of nobodys", "rejected (500, KeyError(None)"
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
        endpoints.wants_order, 8, "expect person/new of ada", "rejected (500, ValueError('older than the last one')"
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
