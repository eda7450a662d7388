"""Which tags there are, and on how many records."""

from __future__ import annotations

from copper_emulator.core.account import Account
from copper_emulator.core.records.searching.tags import tag_counts, tag_names
from copper_emulator.core.records.tables import COMPANY, LEAD, OPPORTUNITY, PERSON, PROJECT, TASK
from tests.core.builders import make_account
from tests.core.records.playing import make

KINDS = (PERSON, LEAD, COMPANY, OPPORTUNITY, PROJECT, TASK)


def tagged(*tags: list[str]) -> Account:
    """An account with one person for each list of tags."""
    account = make_account()
    for each in tags:
        make(account, PERSON, name="x", tags=each)
    return account


def test_an_account_without_records_has_no_tags() -> None:
    assert (tag_names(make_account().records), tag_counts(make_account().records)) == ([], [])


def test_each_type_is_counted_by_itself() -> None:
    account = make_account()
    for number, kind in enumerate(KINDS, start=1):
        for _ in range(number):
            make(account, kind, name="x", tags=["a"])

    [told] = tag_counts(account.records)

    assert list(told.items()) == [
        ("name", "a"),
        ("count", 21),
        ("count_people", 1),
        ("count_leads", 2),
        ("count_companies", 3),
        ("count_opportunities", 4),
        ("count_projects", 5),
        ("count_tasks", 6),
    ]


def test_names_are_in_alphabetical_order_and_differ_by_their_case() -> None:
    account = tagged(["b", "a"], ["A", "C"])
    assert tag_names(account.records) == ["A", "a", "b", "C"]
    assert [told["name"] for told in tag_counts(account.records)] == ["A", "a", "b", "C"]


def test_names_can_go_on_after_one_that_is_there_or_not() -> None:
    account = tagged(["apple", "Berlin", "cold"])
    assert tag_names(account.records, after="apple") == ["Berlin", "cold"]
    assert tag_names(account.records, after="b") == ["Berlin", "cold"]
    assert tag_names(account.records, after="z") == []
    assert tag_names(account.records, after="") == ["apple", "Berlin", "cold"]


def test_by_count_the_most_used_come_first_and_equals_by_name() -> None:
    account = tagged(["b", "c"], ["c"], ["a"])
    assert [told["name"] for told in tag_counts(account.records, by_count=True)] == ["c", "a", "b"]
