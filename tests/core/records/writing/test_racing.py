"""Records that are deleted or changed by the time an endpoint fetches them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator.core.account import Account
from copper_emulator.core.errors import NotFound
from copper_emulator.core.model import Attempt, Kind, Result
from copper_emulator.core.records import commands
from copper_emulator.core.rules import FetchRace
from tests.core.builders import MINUTE, START, answer_ok, deliver, fire, make_account, subscribe
from tests.core.records.playing import ACTIVITY, LEAD, NOTE, PERSON, get, log, make, told

CHANGED = "(changed before it was fetched)"


def subscribed(*topics: str, **rules: Any) -> Account:
    account = make_account(**rules)
    for topic in topics:
        subscribe(account, topic)
    return account


def story(account: Account) -> list[str]:
    """The journal from the first attempt on, without the ends of notifications."""
    entries = account.journal.entries
    first = next(number for number, entry in enumerate(entries) if entry.kind is Kind.SENDING)
    return [
        f"{entry.kind} {(entry.change or entry.notification).topic}"  # type: ignore[union-attr]
        for entry in entries[first:]
        if entry.kind is not Kind.ENDED
    ]


def test_by_default_nothing_happens_to_records() -> None:
    account = subscribed("person/new")
    ada = make(account, PERSON, name="Ada")

    deliver(account, START)

    assert told(account) == [("person/new", (ada,))]


def test_the_record_is_gone_when_the_endpoint_fetches_it() -> None:
    account = subscribed("person/new", "person/delete", fetch_race=FetchRace.DELETED)
    ada = make(account, PERSON, name="Ada")
    fetched = []

    def endpoint(attempt: Attempt) -> Result:
        try:
            fetched.append(get(account, PERSON, ada).name)
        except NotFound:
            fetched.append("gone")
        return Result.answered(200)

    attempts = deliver(account, START, endpoint=endpoint)

    assert fetched == ["gone", "gone"]
    assert [str(attempt.notification.topic) for attempt in attempts] == ["person/new", "person/delete"]
    assert story(account) == [
        "sending person/new",
        "change person/delete",
        "queued person/delete",
        "sending person/delete",
    ]


@pytest.mark.parametrize(("before", "after"), [(None, CHANGED), ("Countess", f"Countess {CHANGED}")], ids=repr)
def test_the_record_is_another_when_the_endpoint_fetches_it(before: str | None, after: str) -> None:
    account = subscribed("person/new", "person/update", fetch_race=FetchRace.CHANGED)
    ada = make(account, PERSON, name="Ada", details=before)

    [_, second] = deliver(account, START + MINUTE)

    record = get(account, PERSON, ada)
    assert (record.details, record.date_modified) == (after, (START + MINUTE) // 1000)
    assert second.notification.change.updated_attributes == {"details": [before, after]}


def test_a_race_has_its_origin_and_no_cause() -> None:
    account = subscribed("person/new", fetch_race=FetchRace.CHANGED)
    make(account, PERSON, name="Ada")
    account.causing = (account.journal.notifications[0],)

    account.take(START)

    race = account.journal.changes[-1]
    assert (race.origin, race.cause, race.depth, race.at_ms) == ("race", None, 0, START)


def test_each_record_is_raced_once_in_its_account() -> None:
    account = subscribed("person/new", "person/update", fetch_race=FetchRace.CHANGED)
    ada = make(account, PERSON, name="Ada")
    deliver(account, START)

    account.act(commands.update(PERSON, [ada], {"title": "Countess"}), START)
    deliver(account, START)

    assert [change.origin for change in account.journal.changes] == ["python", "race", "python"]


def test_two_subscriptions_race_a_record_once() -> None:
    account = subscribed("person/new", "person/new", fetch_race=FetchRace.CHANGED)
    ada = make(account, PERSON, name="Ada")

    deliver(account, START)

    assert told(account) == [("person/new", (ada,)), ("person/update", (ada,))]


def test_records_of_one_notification_share_what_happens_to_them() -> None:
    account = subscribed("person/new", fetch_race=FetchRace.DELETED)
    records = account.act(commands.create(PERSON, [{"name": "Ada"}, {"name": "Bob"}]), START)

    deliver(account, START)

    ids = tuple(record.id for record in records)
    assert told(account) == [("person/new", ids), ("person/delete", ids)]


def test_what_is_no_record_is_not_raced() -> None:
    """A bare event, and a record that was deleted before its notification went out."""
    account = subscribed("person/new", fetch_race=FetchRace.DELETED)
    fire(account, "person/new", [17])
    ada, bob = make(account, PERSON, name="Ada"), make(account, PERSON, name="Bob")
    account.act(commands.delete(PERSON, [ada]), START)

    deliver(account, START)

    assert told(account)[-1:] == [("person/delete", (bob,))]
    assert account.journal.changes[-1].origin == "race"


def test_a_bare_event_races_the_record_it_names() -> None:
    account = subscribed("lead/update", fetch_race=FetchRace.DELETED)
    lead = make(account, LEAD, name="Ada")

    fire(account, "lead/update", [lead])
    deliver(account, START)

    assert told(account)[-1] == ("lead/delete", (lead,))


@pytest.mark.parametrize("outcome", [FetchRace.DELETED, FetchRace.CHANGED])
def test_a_lead_that_nobody_can_fetch_is_not_raced(outcome: FetchRace) -> None:
    account = subscribed("lead/new", fetch_race=outcome)
    lead = make(account, LEAD, name="Ada")
    account.records.catalogue.change_account({"settings": {"setting_enable_leads": False}})

    deliver(account, START)

    assert told(account) == [("lead/new", (lead,))]


def test_what_is_told_of_a_deletion_is_not_raced() -> None:
    account = subscribed("person/delete", fetch_race=FetchRace.CHANGED)
    ada, bob = make(account, PERSON, name="Ada"), make(account, PERSON, name="Bob")

    fire(account, "person/delete", [bob])
    account.act(commands.delete(PERSON, [ada]), START)
    deliver(account, START)

    assert [change.origin for change in account.journal.changes] == ["python"] * 4


def test_a_deleted_activity_is_a_stub() -> None:
    account = subscribed("activity_log/new", fetch_race=FetchRace.DELETED)
    ada = make(account, PERSON, name="Ada")
    note = log(account, PERSON, ada, NOTE)

    deliver(account, START)

    assert note not in account.records.of(ACTIVITY)
    assert account.records.was_deleted(note)


@given(
    outcome=st.sampled_from([FetchRace.DELETED, FetchRace.CHANGED]),
    in_flight=st.integers(1, 3),
    batch=st.integers(1, 3),
    people=st.integers(1, 5),
    targets=st.integers(1, 3),
)
def test_however_many_go_together_each_record_is_raced_once_right_after_its_first(
    outcome: FetchRace, in_flight: int, batch: int, people: int, targets: int
) -> None:
    account = make_account(fetch_race=outcome, in_flight=in_flight, batch=batch)
    for number in range(targets):
        for topic in ("person/new", "person/update", "person/delete"):
            subscribe(account, topic, f"https://{number}.example.com/")
    account.act(commands.create(PERSON, [{"name": "Ada"}] * people), START)

    attempts = deliver(account, START, endpoint=answer_ok)

    races = [change for change in account.journal.changes if change.origin == "race"]
    raced = [record_id for change in races for record_id in change.ids]
    assert len(raced) == len(set(raced)) == people
    entries = account.journal.entries
    for number, entry in enumerate(entries):
        if entry.change in races:
            before = entries[number - 1]
            assert before.kind is Kind.SENDING
            assert before.notification is not None
            assert before.notification.ids == entry.change.ids
    expected = targets * 2 * (-(-people // batch))
    assert len(attempts) == len(account.journal.deliveries) == expected
