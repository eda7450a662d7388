"""Each action on an account is reported once it is done, with its arguments and the resulting ids."""

from __future__ import annotations

from typing import Any

import pytest

from copper_emulator.core import told
from copper_emulator.core.account import Account
from copper_emulator.core.errors import Invalid
from copper_emulator.core.fault import Fault, FaultName
from copper_emulator.core.model import EntityType, Event, Key, RecordChange, Topic
from copper_emulator.core.records import deeds
from copper_emulator.core.rules import FetchRace
from copper_emulator.core.told import Told
from tests.core.builders import SECOND_KEY, START, TARGET, deliver, make_account, make_rules, subscribe, topic
from tests.core.records.playing import COMPANY, LEAD, PERSON, make, seed

NAMED = {"name": "Ada"}


def told_by(account: Account, act: Any) -> list[Told]:
    """What is reported for one action."""
    heard: list[Told] = []
    account.on_told = heard.append
    act()
    account.on_told = None
    return heard


def test_new_records_are_told_with_their_bodies_and_ids() -> None:
    account = make_account()
    rows = [NAMED, {"name": "Grace"}]

    heard = told_by(account, lambda: account.act(deeds.create(PERSON, rows), START))

    first = next(iter(account.records.of(PERSON)))
    assert heard == [told.Created(PERSON, ((first, rows[0]), (first + 1, rows[1])))]


def test_writes_removals_and_seeds_are_told() -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada")

    assert told_by(account, lambda: account.act(deeds.update(PERSON, [ada], {"title": "Dr"}), START)) == [
        told.Updated(PERSON, ((ada, {"title": "Dr"}),))
    ]
    assert told_by(account, lambda: account.act(deeds.delete(PERSON, [ada]), START)) == [told.Deleted(PERSON, (ada,))]
    assert told_by(account, lambda: account.act(deeds.seed(PERSON, [{"id": 17, **NAMED}]), START)) == [
        told.Seeded(PERSON, ((17, {"id": 17, **NAMED}),))
    ]


def test_an_upsert_is_told_as_what_came_of_it() -> None:
    account = make_account()
    body = {"properties": NAMED, "match": {"field_name": "name", "field_value": "Ada"}}

    (made,) = told_by(account, lambda: account.act(deeds.upsert(body), START))
    (found,) = told_by(account, lambda: account.act(deeds.upsert(body), START))

    assert isinstance(made, told.Created)
    assert isinstance(found, told.Updated)
    assert made.rows[0] == found.rows[0]


def test_a_merge_and_a_conversion_are_told_as_one() -> None:
    account = make_account()
    ada, twin, lead = (
        make(account, PERSON, name="Ada"),
        make(account, PERSON, name="Ada L."),
        make(account, LEAD, name="L"),
    )

    assert told_by(account, lambda: account.act(deeds.merge(PERSON, ada, twin), START)) == [
        told.Merged(PERSON, ada, twin)
    ]
    body = {"details": {"company": {"name": "Acme"}}}
    (converted,) = told_by(account, lambda: account.act(deeds.convert(lead, body), START))
    assert isinstance(converted, told.Converted)
    assert (converted.lead, converted.body, set(converted.became)) == (lead, body, {"person", "company"})


def test_relations_are_told() -> None:
    account = make_account()
    one, other = (PERSON, make(account, PERSON, name="Ada")), (COMPANY, make(account, COMPANY, name="Acme"))

    assert told_by(account, lambda: account.relate(one, other, START)) == [told.Related(one, other)]
    assert told_by(account, lambda: account.unrelate(one, other, START)) == [told.Unrelated(one, other)]


def test_the_lookup_tables_are_told_of() -> None:
    account = make_account()
    catalogue = account.records.catalogue

    (entered,) = told_by(account, lambda: catalogue.add("loss_reasons", {"name": "Moved away"}))
    assert isinstance(entered, told.Entered)
    reason = entered.entry["id"]
    assert told_by(account, lambda: catalogue.update("loss_reasons", reason, {"name": "Moved"})) == [
        told.EntryChanged("loss_reasons", reason, {"name": "Moved"})
    ]
    assert told_by(account, lambda: catalogue.remove("loss_reasons", reason)) == [
        told.EntryRemoved("loss_reasons", reason)
    ]
    assert told_by(account, lambda: catalogue.change_account({"name": "Acme"})) == [
        told.AccountChanged({"name": "Acme"})
    ]


def test_subscriptions_and_keys_are_told_of() -> None:
    account = make_account()

    (made,) = told_by(account, lambda: subscribe(account, "lead/new"))
    assert isinstance(made, told.Subscribed)
    before = made.subscription
    (changed,) = told_by(account, lambda: account.update_subscription(before.id, {"target": f"{TARGET}/2"}, START))
    assert isinstance(changed, told.Resubscribed)
    assert (changed.before, changed.after.target) == (before, f"{TARGET}/2")
    assert told_by(account, lambda: account.unsubscribe(before.id, START)) == [told.Unsubscribed(changed.after)]
    assert told_by(account, lambda: account.switch_key(SECOND_KEY, START)) == [told.KeySwitched()]


def test_targets_and_rules_are_told_of() -> None:
    account = make_account()

    assert told_by(account, lambda: account.pause(TARGET, START)) == [told.Paused(TARGET)]
    assert told_by(account, lambda: account.pause(TARGET, START)) == []
    assert told_by(account, lambda: account.resume(TARGET, START)) == [told.Resumed(TARGET)]
    assert told_by(account, lambda: account.play_by(make_rules(batch=1))) == [told.RulesChanged()]


def test_bare_events_and_replays_are_told() -> None:
    account = make_account()
    happened = RecordChange(topic("person/update"), (17,), {"name": ["Ada", "Grace"]})

    assert told_by(account, lambda: account.fire(happened, START)) == [
        told.Fired(Topic(EntityType.PERSON, Event.UPDATE), (17,), {"name": ["Ada", "Grace"]})
    ]
    assert account.fire(happened, START) is account.journal.changes[-1]
    headers = [("X-Trace", "1")]
    sent = told_by(account, lambda: account.replay(happened.topic, (17,), b"{}", TARGET, headers, START))
    assert sent == [told.Replayed(b"{}", TARGET, (("X-Trace", "1"),))]


def test_faults_are_told_of_with_those_that_stay() -> None:
    account = make_account()
    lose, shuffle = Fault(FaultName.LOSE, next=2), Fault(FaultName.SHUFFLE)

    assert told_by(account, lambda: account.faults.on(lose, START)) == [told.FaultOn(lose)]
    account.faults.on(shuffle, START)
    off = told_by(account, lambda: account.faults.off(START, lambda each: each == lose))
    assert off == [told.FaultsOff((lose,), (shuffle,))]
    assert told_by(account, lambda: account.faults.off(START, lambda each: each == lose)) == []


def test_what_is_refused_is_not_told() -> None:
    account = make_account()

    def refused() -> None:
        with pytest.raises(Invalid):
            account.act(deeds.create(PERSON, [NAMED, {"name": ""}]), START)

    assert told_by(account, refused) == []


def test_what_an_endpoint_or_a_race_does_is_not_told() -> None:
    account = make_account(fetch_race=FetchRace.CHANGED)
    subscribe(account, "person/new")
    make(account, PERSON, name="Ada")

    assert told_by(account, lambda: deliver(account, START)) == []
    account.causing = account.journal.notifications[0]
    assert told_by(account, lambda: make(account, PERSON, name="Grace")) == []


def test_an_id_that_a_seeded_record_had_does_not_come_again() -> None:
    account = make_account()
    next_id = make(account, PERSON, name="Ada") + 1
    seed(account, PERSON, id=next_id, name="Seeded")
    account.act(deeds.delete(PERSON, [next_id]), START)

    assert make(account, PERSON, name="Grace") == next_id + 1


def test_two_accounts_hear_nothing_of_each_other() -> None:
    one, other = make_account(), Account("other", Key(1, "t", "e@example.com"), make_account().rules)

    assert told_by(one, lambda: make(other, PERSON, name="Ada")) == []
