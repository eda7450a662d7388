"""What is stored about records, what only one of them may have, and how they refer to each other."""

from __future__ import annotations

from typing import Any

import pytest

from copper_emulator.core.account import Account
from copper_emulator.core.errors import Invalid, NotFound
from copper_emulator.core.ids import Counters
from copper_emulator.core.model import EntityType
from copper_emulator.core.records import commands
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.tables import TABLES
from tests.core.builders import START, make_account, make_rules
from tests.core.records.playing import (
    ACTIVITY,
    COMPANY,
    LEAD,
    NOTE,
    OPPORTUNITY,
    PERSON,
    PROJECT,
    TASK,
    email,
    everything,
    get,
    log,
    make,
    seed,
)

TAKEN = "Invalid input: Validation errors: {}: has already been taken"


def delete(account: Account, kind: EntityType, *ids: int) -> None:
    account.act(commands.delete(kind, ids), START)


def update(account: Account, kind: EntityType, record_id: int, **fields: Any) -> None:
    account.act(commands.update(kind, [record_id], fields), START)


def refused(account: Account, kind: EntityType, record_id: int | None, **fields: Any) -> Invalid:
    """Why a record cannot be created (without an id) or changed; also check that the attempt changed nothing."""
    before = everything(account)
    with pytest.raises(Invalid) as caught:
        if record_id is None:
            make(account, kind, **fields)
        else:
            update(account, kind, record_id, **fields)
    assert everything(account) == before
    return caught.value


# --- reading ----------------------------------------------------------------------------------------------


def test_records_are_kept_in_the_order_of_their_creation_whatever_is_written_to_them() -> None:
    account = make_account()
    first, second, third = (make(account, LEAD, name=name) for name in "abc")
    update(account, LEAD, first, name="z")
    delete(account, LEAD, second)

    assert list(account.records.of(LEAD)) == [first, third]


@pytest.mark.parametrize("kind", EntityType)
def test_what_is_stored_are_the_fields_of_the_table_that_are_not_worked_out(kind: EntityType) -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada")
    record_id = log(account, LEAD, lead, NOTE) if kind is ACTIVITY else make(account, kind, name="Ada")

    stored = account.records.stored(kind, record_id)

    assert set(stored) == {"id", *(field.name for field in TABLES[kind] if field.stored)}


@pytest.mark.parametrize("number", [17, "17", None, [17], 17.5], ids=repr)
def test_whatever_is_no_id_is_not_found(number: Any) -> None:
    account = make_account()
    make(account, LEAD, name="Ada")

    with pytest.raises(NotFound, match="Resource not found") as caught:
        get(account, LEAD, number)

    assert caught.value.hint == f"There is no lead {number!r}."


def test_an_activity_that_is_seeded_again_was_not_deleted() -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada")
    note = log(account, LEAD, lead, NOTE)
    delete(account, ACTIVITY, note)
    assert account.records.was_deleted(note)

    seed(account, ACTIVITY, id=note, parent={"id": lead, "type": "lead"}, type=NOTE, details="Hi")

    assert not account.records.was_deleted(note)
    delete(account, ACTIVITY, note)
    assert account.records.was_deleted(note)


def test_what_is_deleted_is_gone() -> None:
    account = make_account()
    first, second = make(account, LEAD, name="Ada"), make(account, LEAD, name="Bob")

    delete(account, LEAD, first)

    with pytest.raises(NotFound):
        get(account, LEAD, first)
    assert get(account, LEAD, second).id == second


def test_a_deleted_activity_is_remembered() -> None:
    account = make_account()
    note = log(account, LEAD, make(account, LEAD, name="Ada"), NOTE)
    assert not account.records.was_deleted(note)

    delete(account, ACTIVITY, note)

    assert account.records.was_deleted(note)
    assert not account.records.was_deleted(17)
    with pytest.raises(NotFound):
        get(account, ACTIVITY, note)


def test_the_lookup_tables_are_the_accounts_own() -> None:
    first, second = make_account(), make_account()
    first.records.catalogue.update("lead_statuses", 208_231, {"name": "Fresh"})

    assert second.records.catalogue.get("lead_statuses", 208_231)["name"] == "New"
    assert first.records.lookup("lead_statuses")[208_231]["name"] == "Fresh"


def test_the_first_user_is_the_keys_own() -> None:
    store = RecordStore(make_rules(), Counters(), lambda: "ada@example.com")

    assert store.user == 137_658
    assert store.catalogue.get("users", 137_658)["email"] == "ada@example.com"


# --- what may belong to one record only -------------------------------------------------------------------


def test_an_email_address_belongs_to_one_person() -> None:
    account = make_account()
    ada, bob = make(account, PERSON, name="Ada", emails=[email("ada@example.com")]), make(account, PERSON, name="Bob")

    for record_id in (None, bob):
        error = refused(
            account, PERSON, record_id, name="Bob", emails=[email("bob@x.example"), email("ADA@example.com")]
        )
        assert error.message == TAKEN.format("Emails")
        assert error.hint == f"ada@example.com belongs to person {ada}."
    assert account.records.owner(PERSON, "ada@example.com") == ada


def test_two_new_people_of_one_call_cannot_share_an_address() -> None:
    """The first of them is not created either, as its id would lead nowhere."""
    account = make_account()
    bodies = [{"name": "Ada", "emails": [email(each)]} for each in ("a@x.example", "b@x.example", "a@x.example")]

    with pytest.raises(Invalid) as caught:
        account.act(commands.create(PERSON, bodies), START)

    assert caught.value.hint == (
        "Records 1 and 3 of this call both have a@x.example, which can belong to only one person."
    )
    assert account.records.owner(PERSON, "a@x.example") is None


def test_a_domain_belongs_to_one_company() -> None:
    account = make_account()
    engines = make(account, COMPANY, name="Engines", email_domain="engines.example")
    mills = make(account, COMPANY, name="Mills")

    for record_id in (None, mills):
        error = refused(account, COMPANY, record_id, name="Mills", email_domain="Engines.example")
        assert error.message == TAKEN.format("Email Domain")
    assert account.records.owner(COMPANY, "engines.example") == engines


def test_leads_may_share_an_address_and_a_lead_may_have_a_persons() -> None:
    account = make_account()
    make(account, PERSON, name="Ada", emails=[email("ada@example.com")])

    make(account, LEAD, name="Ada", email=email("ada@example.com"))
    make(account, LEAD, name="Ada", email=email("ada@example.com"))

    assert len(account.records.of(LEAD)) == 2


def test_its_own_address_is_no_obstacle() -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada", emails=[email("ada@example.com"), email("ADA@example.com", "other")])

    update(account, PERSON, ada, emails=[email("Ada@example.com", "personal")])

    assert get(account, PERSON, ada).emails == [email("Ada@example.com", "personal")]


def test_an_address_is_free_again_when_it_was_given_up_or_its_person_deleted() -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada", emails=[email("a@example.com"), email("b@example.com")])

    update(account, PERSON, ada, emails=[email("b@example.com")])
    bob = make(account, PERSON, name="Bob", emails=[email("a@example.com")])
    delete(account, PERSON, ada)
    eve = make(account, PERSON, name="Eve", emails=[email("b@example.com")])

    assert (account.records.owner(PERSON, "a@example.com"), account.records.owner(PERSON, "b@example.com")) == (
        bob,
        eve,
    )


# --- fields that lead from one record to another ----------------------------------------------------------


def related(account: Account, kind: EntityType, record_id: int) -> list[tuple[str, int]]:
    return [(str(other), number) for other, number in account.records.relations.of((kind, record_id))]


LINKS: dict[str, tuple[EntityType, str, tuple[EntityType, Any]]] = {
    "a person's company": (PERSON, "company_id", (COMPANY, None)),
    "an opportunity's company": (OPPORTUNITY, "company_id", (COMPANY, None)),
    "an opportunity's contact": (OPPORTUNITY, "primary_contact_id", (PERSON, None)),
    "a project's person": (PROJECT, "related_resource", (PERSON, None)),
    "a task's lead": (TASK, "related_resource", (LEAD, {"id": None, "type": None})),
}


@pytest.mark.parametrize(("kind", "name", "end"), LINKS.values(), ids=LINKS.keys())
def test_what_a_field_leads_to_is_related_both_ways_until_it_is_deleted(
    kind: EntityType, name: str, end: tuple[EntityType, Any]
) -> None:
    other, blank = end
    account = make_account()
    target = make(account, other, name="Target")
    value: Any = {"id": target, "type": str(other)} if name == "related_resource" else target
    record_id = make(account, kind, **{"name": "Ada", name: value})
    before = get(account, kind, record_id)
    assert related(account, kind, record_id) == [(str(other), target)]
    assert related(account, other, target) == [(str(kind), record_id)]

    delete(account, other, target)

    after = get(account, kind, record_id)
    assert after[name] == blank
    assert after.date_modified == before.date_modified
    assert related(account, kind, record_id) == []
    assert [str(change.topic) for change in account.journal.changes] == [
        f"{other}/new",
        f"{kind}/new",
        f"{other}/delete",
    ]


def test_an_update_of_the_field_moves_the_relation() -> None:
    account = make_account()
    engines, mills = make(account, COMPANY, name="Engines"), make(account, COMPANY, name="Mills")
    deal = make(account, OPPORTUNITY, name="Deal", company_id=engines)

    update(account, OPPORTUNITY, deal, company_id=mills)
    assert related(account, OPPORTUNITY, deal) == [("company", mills)]

    update(account, OPPORTUNITY, deal, company_id=None)
    assert related(account, OPPORTUNITY, deal) == []


def test_an_activity_outlives_its_parent() -> None:
    """Nothing reports it; activities are kept as a log."""
    account = make_account()
    lead = make(account, LEAD, name="Ada")
    note = log(account, LEAD, lead, NOTE)

    delete(account, LEAD, lead)

    assert get(account, ACTIVITY, note).parent == {"id": lead, "type": "lead"}
