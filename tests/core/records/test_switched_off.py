"""An account whose leads are switched off: nothing can be done to them, and they stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from copper_emulator.core.account import Account
from copper_emulator.core.errors import NotEnabled
from copper_emulator.core.model import EntityType
from copper_emulator.core.records import commands
from copper_emulator.core.records.commands import Command
from copper_emulator.core.records.switched_off import is_of_leads, is_switched_off, require
from tests.core.builders import START, make_account
from tests.core.records.playing import ACTIVITY, LEAD, NOTE, PERSON, TASK, email, everything, get, make, seed

Done = Callable[[int], Command[Any]]

DEEDS: dict[str, Done] = {
    "create": lambda lead: commands.create(LEAD, [{"name": "Eve"}]),
    "create one": lambda lead: commands.create_one(LEAD, {"name": "Eve"}),
    "update": lambda lead: commands.update(LEAD, [lead], {"title": "Countess"}),
    "update one": lambda lead: commands.update_one(LEAD, lead, {"title": "Countess"}),
    "delete": lambda lead: commands.delete(LEAD, [lead]),
    "seed": lambda lead: commands.seed(LEAD, [{"name": "Eve"}]),
    "bulk create": lambda lead: commands.bulk_create(LEAD, [{"name": "Eve"}]),
    "bulk update": lambda lead: commands.bulk_update(LEAD, [{"id": lead, "title": "Countess"}]),
    "convert": lambda lead: commands.convert(lead, {"details": {"opportunity": {}}}),
    "upsert": lambda lead: commands.upsert({}),
}


def switch(account: Account, *, on: bool) -> None:
    account.records.catalogue.change_account({"settings": {"setting_enable_leads": on}})


@pytest.mark.parametrize("command", DEEDS.values(), ids=DEEDS.keys())
def test_nothing_can_be_done_to_leads(command: Done) -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada", email=email("ada@engines.example"))
    switch(account, on=False)
    before = everything(account)

    with pytest.raises(NotEnabled) as caught:
        account.act(command(lead), START)

    assert caught.value.body == {"success": False, "status": 403, "message": "Feature not enabled"}
    assert caught.value.hint == "Leads are switched off in this account: setting_enable_leads of its settings is false."
    assert everything(account) == before
    assert len(account.journal.changes) == 1


def test_what_there_was_is_there_again_when_they_are_switched_on() -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada")
    switch(account, on=False)
    switch(account, on=True)

    account.act(commands.update(LEAD, [lead], {"title": "Countess"}), START)

    assert get(account, LEAD, lead).title == "Countess"


def test_all_others_are_as_ever() -> None:
    account = make_account()
    switch(account, on=False)

    person = make(account, PERSON, name="Bob")
    task = make(account, TASK, name="Call", related_resource={"type": "person", "id": person})
    note = make(account, ACTIVITY, details="Met", type=NOTE, parent={"type": "person", "id": person})

    assert get(account, PERSON, person).name == "Bob"
    assert get(account, TASK, task).related_resource == {"type": "person", "id": person}
    assert get(account, ACTIVITY, note).parent == {"type": "person", "id": person}


NAMING: dict[str, Done] = {
    "task": lambda lead: commands.create(TASK, [{"name": "Call", "related_resource": _ref(lead)}]),
    "one task": lambda lead: commands.create_one(TASK, {"name": "Call", "related_resource": _ref(lead)}),
    "activity": lambda lead: commands.create(ACTIVITY, [_met(lead)]),
    "activities": lambda lead: commands.bulk_create(ACTIVITY, [{}, _met(lead)]),
}


def _ref(lead: int) -> dict[str, Any]:
    return {"type": "lead", "id": lead}


def _met(lead: int) -> dict[str, Any]:
    return {"details": "Met", "type": NOTE, "parent": _ref(lead)}


@pytest.mark.parametrize("command", NAMING.values(), ids=NAMING.keys())
def test_nothing_new_can_name_a_lead(command: Done) -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada")
    switch(account, on=False)
    before = everything(account)

    with pytest.raises(NotEnabled, match="Feature not enabled"):
        account.act(command(lead), START)
    assert everything(account) == before

    switch(account, on=True)
    account.act(command(lead), START)


@pytest.mark.parametrize("lead_first", [True, False])
def test_nothing_can_be_related_to_a_lead(*, lead_first: bool) -> None:
    account = make_account()
    ends = [(LEAD, make(account, LEAD, name="Ada")), (TASK, make(account, TASK, name="Call"))]
    one, other = ends if lead_first else reversed(ends)
    switch(account, on=False)
    before = everything(account)

    with pytest.raises(NotEnabled, match="Feature not enabled"):
        account.relate(one, other, START)
    assert everything(account) == before


def test_what_named_a_lead_before_is_as_ever() -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada")
    task = make(account, TASK, name="Call", related_resource=_ref(lead))
    switch(account, on=False)
    seeded = seed(account, TASK, name="Write", related_resource=_ref(lead))

    account.act(commands.update(TASK, [task], {"name": "Call back", "related_resource": _ref(lead)}), START)

    assert get(account, TASK, task).name == "Call back"
    assert get(account, TASK, task).related_resource == get(account, TASK, seeded).related_resource == _ref(lead)


def test_who_never_asked_for_the_tables_has_switched_nothing_off() -> None:
    store = make_account().records

    assert [kind for kind in EntityType if is_switched_off(store, kind)] == []
    require(store, LEAD)
    assert not store.has_catalogue


def test_the_paths_of_leads() -> None:
    paths = ["/leads", "/people", "/leads/{id}/convert", "/account", "/lead_statuses", "/people/{id}/related/leads"]

    assert list(filter(is_of_leads, paths)) == ["/leads", "/leads/{id}/convert", "/lead_statuses"]
