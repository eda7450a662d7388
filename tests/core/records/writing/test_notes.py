"""Changes that no webhook reports are in the journal, with the records they concern."""

from __future__ import annotations

import pytest

from copper_emulator.core.account import Account
from copper_emulator.core.errors import Invalid, NotFound
from copper_emulator.core.model import Kind
from copper_emulator.core.records import commands
from copper_emulator.core.records.relations import Item
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.writing.action import Done
from tests.core.builders import START, make_account
from tests.core.records.playing import ACTIVITY, COMPANY, LEAD, NOTE, PERSON, log, make


def excluded(account: Account) -> list[tuple[str, tuple[Item, ...]]]:
    return [(entry.text, entry.records) for entry in account.journal.entries if entry.kind is Kind.EXCLUDED]


def test_a_relation_and_its_end() -> None:
    account = make_account()
    ada, acme = (PERSON, make(account, PERSON, name="Ada")), (COMPANY, make(account, COMPANY, name="Acme"))
    before = len(account.journal.changes)

    account.relate(ada, acme, START)
    account.unrelate(acme, ada, START)

    what = f"person {ada[1]} and company {acme[1]}"
    back = f"company {acme[1]} and person {ada[1]}"
    assert excluded(account) == [
        (f"{what} were related: Copper does not notify of relations", (ada, acme)),
        (f"{back} are no longer related: Copper does not notify of relations", (acme, ada)),
    ]
    assert len(account.journal.changes) == before


def test_records_that_were_related_already_are_said_to_be() -> None:
    account = make_account()
    ada, acme = (PERSON, make(account, PERSON, name="Ada")), (COMPANY, make(account, COMPANY, name="Acme"))

    assert account.relate(ada, acme, START)
    assert not account.relate(acme, ada, START)

    again = f"company {acme[1]} and person {ada[1]} were related already: Copper does not notify of relations"
    assert excluded(account)[1:] == [(again, (acme, ada))]
    assert account.records.relations.of(ada) == [acme]


def test_what_is_refused_is_not_noted() -> None:
    account = make_account()
    ada, lead = (PERSON, make(account, PERSON, name="Ada")), (LEAD, make(account, LEAD, name="Bob"))

    with pytest.raises(Invalid):
        account.relate(ada, lead, START)
    with pytest.raises(NotFound):
        account.unrelate(ada, lead, START)

    assert excluded(account) == []


def test_a_new_activity_is_no_update_of_what_it_belongs_to() -> None:
    account = make_account()
    ada, bob = make(account, PERSON, name="Ada"), make(account, LEAD, name="Bob")

    log(account, PERSON, ada, NOTE)
    log(account, LEAD, bob, NOTE)

    assert excluded(account) == [
        (f"person [{ada}] got a new activity: that is activity_log/new, and no person/update", ((PERSON, ada),)),
        (f"lead [{bob}] got a new activity: that is activity_log/new, and no lead/update", ((LEAD, bob),)),
    ]


def test_several_new_activities_in_one_action_name_each_record_once() -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada")
    row = {"parent": {"type": "person", "id": ada}, "type": NOTE, "details": "met"}

    account.act(commands.create(ACTIVITY, [row, row]), START)

    assert [records for _, records in excluded(account)] == [((PERSON, ada),)]


def test_an_activity_that_is_gone_in_the_same_action_names_nobody() -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada")
    row = {"parent": {"type": "person", "id": ada}, "type": NOTE, "details": "met"}

    def made_and_removed(store: RecordStore, now: int) -> tuple[None, Done]:
        (made,), done = commands.create(ACTIVITY, [row])(store, now)
        _, removed = commands.delete(ACTIVITY, [made.id])(store, now)
        done.and_then(removed)
        return None, done

    account.act(made_and_removed, START)

    assert excluded(account) == []


def test_seeded_activities_are_no_news() -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada")

    account.act(
        commands.seed(ACTIVITY, [{"parent": {"type": "person", "id": ada}, "type": NOTE, "details": "met"}]), START
    )

    assert excluded(account) == []


def test_what_was_left_as_it_was_names_its_records() -> None:
    account = make_account()
    ada, bob = make(account, PERSON, name="Ada"), make(account, PERSON, name="Ada")

    account.act(commands.update(PERSON, [ada, bob], {"name": "Ada"}), START)

    assert [entry.records for entry in account.journal.entries if entry.kind is Kind.UNCHANGED] == [
        ((PERSON, ada), (PERSON, bob))
    ]
