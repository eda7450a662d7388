"""The result of writing one record: the record to show, and what was ignored in the body."""

from __future__ import annotations

import json
from typing import Any

import pytest

from copper_emulator.core.account import Account
from copper_emulator.core.errors import Invalid, NotFound
from copper_emulator.core.records import commands
from copper_emulator.core.records.tables import LEAD, PERSON
from tests.core.builders import START, make_account
from tests.core.records.playing import get


def created(account: Account, **body: Any) -> Any:
    return account.act(commands.create_one(PERSON, body), START)


def shown(account: Account, stored: Any) -> Any:
    return json.loads(account.records.encode(PERSON, stored))


def test_a_new_record_comes_back_with_the_names_that_were_ignored() -> None:
    account = make_account()
    made, done = account.perform(commands.create_one(PERSON, {"name": "Ada", "id": 17, "date_created": 1}), START)
    [record_id] = account.records.of(PERSON)
    assert shown(account, made) == dict(get(account, PERSON, record_id))
    assert (made["name"], done.ignored) == ("Ada", ("id", "date_created"))
    assert [str(change.topic) for change in account.journal.changes] == ["person/new"]


def test_a_changed_record_comes_back_with_the_names_that_were_ignored() -> None:
    account = make_account()
    ada = created(account, name="Ada")["id"]
    body = {"title": "Countess", "company_id": None}
    changed, done = account.perform(commands.update_one(PERSON, ada, body), START)
    assert shown(account, changed) == dict(get(account, PERSON, ada))
    assert (changed["title"], done.ignored) == ("Countess", ("company_id",))
    assert account.perform(commands.update_one(PERSON, ada, {}), START)[1].ignored == ()


def test_what_is_wrong_is_not_written() -> None:
    account = make_account()
    with pytest.raises(Invalid):
        account.act(commands.create_one(LEAD, {"name": ""}), START)
    with pytest.raises(NotFound):
        account.act(commands.update_one(LEAD, 17, {}), START)
    assert account.journal.changes == []
