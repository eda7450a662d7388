"""What was answered to a search is answered again, as long as nothing was written."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from copper_emulator.core.account import Account
from copper_emulator.core.records import deeds
from copper_emulator.core.records.answers import Answer, Answers, Asked
from tests.core.builders import START, make_account
from tests.core.records.playing import COMPANY, NOTE, OPPORTUNITY, PERSON, log, make, seed

PEOPLE = Asked(PERSON, b"{}", "")
ONE = Answer(b"[1]", 1)


def test_an_answer_is_kept_for_the_same_search_of_the_same_version() -> None:
    answers = Answers()
    assert answers.get(PEOPLE, 1) is None
    answers.keep(PEOPLE, ONE)
    assert answers.get(PEOPLE, 1) == ONE
    for other in (PEOPLE._replace(kind=COMPANY), PEOPLE._replace(body=b""), PEOPLE._replace(url_query="page_size=1")):
        assert answers.get(other, 1) is None
    assert answers.get(PEOPLE, 2) is None
    assert answers.get(PEOPLE, 1) is None


def test_no_more_is_kept_than_may_be() -> None:
    answers = Answers(most=10)
    answers.get(PEOPLE, 1)
    companies = PEOPLE._replace(kind=COMPANY)
    answers.keep(PEOPLE, ONE)
    answers.keep(companies, ONE)
    assert (answers.get(PEOPLE, 1), answers.get(companies, 1)) == (ONE, ONE)
    answers.keep(PEOPLE._replace(body=b"{ }"), ONE)
    assert (answers.get(PEOPLE, 1), answers.get(companies, 1)) == (None, None)
    answers.keep(PEOPLE, Answer(b"[12345678]", 1))
    assert answers.get(PEOPLE, 1) is None


def _related(account: Account) -> None:
    account.relate((PERSON, 1), (OPPORTUNITY, 1), START)


def _unrelated(account: Account) -> None:
    account.unrelate((PERSON, 1), (COMPANY, 1), START)


WRITES: dict[str, Callable[[Account], object]] = {
    "created": lambda account: make(account, PERSON, name="Bob"),
    "updated": lambda account: account.act(deeds.update(PERSON, [1], {"title": "Countess"}), START),
    "deleted": lambda account: account.act(deeds.delete(PERSON, [1]), START),
    "seeded": lambda account: seed(account, PERSON, name="Bob"),
    "related": _related,
    "unrelated": _unrelated,
    "contacted": lambda account: log(account, PERSON, 1, NOTE),
    "looked up": lambda account: account.records.catalogue.add("contact_types", {"name": "Friend"}),
    "another catalogue": lambda account: account.records.put_back_catalogue(account.records.catalogue.state()),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_after_each_write_the_records_are_another_version(write: Callable[[Account], object]) -> None:
    account = make_account()
    seed(account, COMPANY, id=1, name="Byron & Co")
    seed(account, PERSON, id=1, name="Ada", company_id=1)
    seed(account, OPPORTUNITY, id=1, name="Engine")
    before = account.records.version
    assert account.records.version == before
    write(account)
    assert account.records.version != before
