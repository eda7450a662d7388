"""One record that is written, as the API writes them: beside what was done stands what of the body was ignored."""

from __future__ import annotations

import pytest

from copper_emulator.core.errors import Invalid, NotFound
from copper_emulator.core.records import deeds
from copper_emulator.core.records.tables import LEAD, PERSON
from tests.core.builders import START, make_account
from tests.core.records.playing import get


def test_a_new_record_comes_back_with_the_names_that_were_ignored() -> None:
    account = make_account()
    made, done = account.perform(deeds.create_one(PERSON, {"name": "Ada", "id": 17, "date_created": 1}), START)
    assert made == get(account, PERSON, made.id)
    assert (made.name, done.ignored) == ("Ada", ("id", "date_created"))
    assert [str(change.topic) for change in account.journal.changes] == ["person/new"]


def test_a_changed_record_comes_back_with_the_names_that_were_ignored() -> None:
    account = make_account()
    ada = account.act(deeds.create_one(PERSON, {"name": "Ada"}), START)
    body = {"title": "Countess", "company_id": None}
    changed, done = account.perform(deeds.update_one(PERSON, ada.id, body), START)
    assert changed == get(account, PERSON, ada.id)
    assert (changed.title, done.ignored) == ("Countess", ("company_id",))
    assert account.perform(deeds.update_one(PERSON, ada.id, {}), START)[1].ignored == ()


def test_what_is_wrong_is_not_written() -> None:
    account = make_account()
    with pytest.raises(Invalid):
        account.act(deeds.create_one(LEAD, {"name": ""}), START)
    with pytest.raises(NotFound):
        account.act(deeds.update_one(LEAD, 17, {}), START)
    assert account.journal.changes == []


def test_what_came_back_shares_nothing_with_the_record() -> None:
    account = make_account()
    emails = [{"email": "ada@example.com", "category": "work"}]
    ada = account.act(deeds.create_one(PERSON, {"name": "Ada", "tags": ["a"], "emails": emails}), START)
    ada.tags.append("b")
    ada.emails[0]["email"] = "other@example.com"
    there = get(account, PERSON, ada.id)
    assert (there.tags, there.emails) == (["a"], emails)
