"""Each action on an account is reported once it is done, with its arguments and the resulting ids."""

from __future__ import annotations

from typing import Any

import pytest

from copper_emulator.core import performed
from copper_emulator.core.account import Account
from copper_emulator.core.errors import Invalid
from copper_emulator.core.fault import Fault, FaultName
from copper_emulator.core.model import EntityType, Event, Key, RecordChange, Topic
from copper_emulator.core.performed import Performed
from copper_emulator.core.records import commands
from copper_emulator.core.rules import FetchRace
from tests.core.builders import SECOND_KEY, START, TARGET, deliver, make_account, make_rules, subscribe, topic
from tests.core.records.playing import COMPANY, LEAD, PERSON, make, seed

NAMED = {"name": "Ada"}


def performed_by(account: Account, act: Any) -> list[Performed]:
    """What is reported for one action."""
    reported: list[Performed] = []
    account.on_performed = reported.append
    act()
    account.on_performed = None
    return reported


def test_new_records_are_told_with_their_bodies_and_ids() -> None:
    account = make_account()
    rows = [NAMED, {"name": "Grace"}]

    reported = performed_by(account, lambda: account.act(commands.create(PERSON, rows), START))

    first = next(iter(account.records.of(PERSON)))
    assert reported == [performed.Created(PERSON, ((first, rows[0]), (first + 1, rows[1])))]


def test_writes_removals_and_seeds_are_reported() -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada")

    assert performed_by(account, lambda: account.act(commands.update(PERSON, [ada], {"title": "Dr"}), START)) == [
        performed.Updated(PERSON, ((ada, {"title": "Dr"}),))
    ]
    assert performed_by(account, lambda: account.act(commands.delete(PERSON, [ada]), START)) == [
        performed.Deleted(PERSON, (ada,))
    ]
    assert performed_by(account, lambda: account.act(commands.seed(PERSON, [{"id": 17, **NAMED}]), START)) == [
        performed.Seeded(PERSON, ((17, {"id": 17, **NAMED}),))
    ]


def test_an_upsert_is_told_as_what_came_of_it() -> None:
    account = make_account()
    body = {"properties": NAMED, "match": {"field_name": "name", "field_value": "Ada"}}

    (made,) = performed_by(account, lambda: account.act(commands.upsert(body), START))
    (found,) = performed_by(account, lambda: account.act(commands.upsert(body), START))

    assert isinstance(made, performed.Created)
    assert isinstance(found, performed.Updated)
    assert made.rows[0] == found.rows[0]


def test_a_merge_and_a_conversion_are_told_as_one() -> None:
    account = make_account()
    ada, twin, lead = (
        make(account, PERSON, name="Ada"),
        make(account, PERSON, name="Ada L."),
        make(account, LEAD, name="L"),
    )

    assert performed_by(account, lambda: account.act(commands.merge(PERSON, ada, twin), START)) == [
        performed.Merged(PERSON, ada, twin)
    ]
    body = {"details": {"company": {"name": "Acme"}}}
    (converted,) = performed_by(account, lambda: account.act(commands.convert(lead, body), START))
    assert isinstance(converted, performed.Converted)
    assert (converted.lead, converted.body, set(converted.became)) == (lead, body, {"person", "company"})


def test_relations_are_reported() -> None:
    account = make_account()
    one, other = (PERSON, make(account, PERSON, name="Ada")), (COMPANY, make(account, COMPANY, name="Acme"))

    assert performed_by(account, lambda: account.relate(one, other, START)) == [performed.Related(one, other)]
    assert performed_by(account, lambda: account.unrelate(one, other, START)) == [performed.Unrelated(one, other)]


def test_the_lookup_tables_are_reported() -> None:
    account = make_account()
    catalogue = account.records.catalogue

    (entered,) = performed_by(account, lambda: catalogue.add("loss_reasons", {"name": "Moved away"}))
    assert isinstance(entered, performed.Entered)
    reason = entered.entry["id"]
    assert performed_by(account, lambda: catalogue.update("loss_reasons", reason, {"name": "Moved"})) == [
        performed.EntryChanged("loss_reasons", reason, {"name": "Moved"})
    ]
    assert performed_by(account, lambda: catalogue.remove("loss_reasons", reason)) == [
        performed.EntryRemoved("loss_reasons", reason)
    ]
    assert performed_by(account, lambda: catalogue.change_account({"name": "Acme"})) == [
        performed.AccountChanged({"name": "Acme"})
    ]


def test_subscriptions_and_keys_are_reported() -> None:
    account = make_account()

    (made,) = performed_by(account, lambda: subscribe(account, "lead/new"))
    assert isinstance(made, performed.Subscribed)
    before = made.subscription
    (changed,) = performed_by(account, lambda: account.update_subscription(before.id, {"target": f"{TARGET}/2"}, START))
    assert isinstance(changed, performed.Resubscribed)
    assert (changed.before, changed.after.target) == (before, f"{TARGET}/2")
    assert performed_by(account, lambda: account.unsubscribe(before.id, START)) == [
        performed.Unsubscribed(changed.after)
    ]
    assert performed_by(account, lambda: account.switch_key(SECOND_KEY, START)) == [performed.KeySwitched()]


def test_targets_and_rules_are_reported() -> None:
    account = make_account()

    assert performed_by(account, lambda: account.pause(TARGET, START)) == [performed.Paused(TARGET)]
    assert performed_by(account, lambda: account.pause(TARGET, START)) == []
    assert performed_by(account, lambda: account.resume(TARGET, START)) == [performed.Resumed(TARGET)]
    assert performed_by(account, lambda: account.play_by(make_rules(batch=1))) == [performed.RulesChanged()]


def test_bare_events_and_replays_are_reported() -> None:
    account = make_account()
    record_change = RecordChange(topic("person/update"), (17,), {"name": ["Ada", "Grace"]})

    assert performed_by(account, lambda: account.fire(record_change, START)) == [
        performed.Fired(Topic(EntityType.PERSON, Event.UPDATE), (17,), {"name": ["Ada", "Grace"]})
    ]
    assert account.fire(record_change, START) is account.journal.changes[-1]
    headers = [("X-Trace", "1")]
    sent = performed_by(account, lambda: account.replay(record_change.topic, (17,), b"{}", TARGET, headers, START))
    assert sent == [performed.Replayed(b"{}", TARGET, (("X-Trace", "1"),))]


def test_faults_are_told_of_with_those_that_stay() -> None:
    account = make_account()
    lose, shuffle = Fault(FaultName.LOSE, next=2), Fault(FaultName.SHUFFLE)

    assert performed_by(account, lambda: account.faults.switch_on(lose, START)) == [performed.FaultOn(lose)]
    account.faults.switch_on(shuffle, START)
    off = performed_by(account, lambda: account.faults.switch_off(START, lambda each: each == lose))
    assert off == [performed.FaultsOff((lose,), (shuffle,))]
    assert performed_by(account, lambda: account.faults.switch_off(START, lambda each: each == lose)) == []


def test_what_is_refused_is_not_reported() -> None:
    account = make_account()

    def refused() -> None:
        with pytest.raises(Invalid):
            account.act(commands.create(PERSON, [NAMED, {"name": ""}]), START)

    assert performed_by(account, refused) == []


def test_what_an_endpoint_does_is_not_reported() -> None:
    account = make_account()
    subscribe(account, "person/new")
    make(account, PERSON, name="Ada")
    account.causing = (account.journal.notifications[0],)

    assert performed_by(account, lambda: make(account, PERSON, name="Grace")) == []


@pytest.mark.parametrize("outcome", [FetchRace.CHANGED, FetchRace.DELETED])
def test_what_a_race_does_is_not_reported(outcome: FetchRace) -> None:
    account = make_account(fetch_race=outcome)
    subscribe(account, "person/new")
    make(account, PERSON, name="Ada")

    assert performed_by(account, lambda: deliver(account, START)) == []
    assert account.journal.changes[-1].origin == "race"


def test_an_id_that_a_seeded_record_had_does_not_come_again() -> None:
    account = make_account()
    next_id = make(account, PERSON, name="Ada") + 1
    seed(account, PERSON, id=next_id, name="Seeded")
    account.act(commands.delete(PERSON, [next_id]), START)

    assert make(account, PERSON, name="Grace") == next_id + 1


def test_two_accounts_hear_nothing_of_each_other() -> None:
    one, other = make_account(), Account("other", Key(1, "t", "e@example.com"), make_account().rules)

    assert performed_by(one, lambda: make(other, PERSON, name="Ada")) == []
