"""Which notification had told the endpoint of the record that it changes?"""

from __future__ import annotations

import pytest

from copper_emulator.core.echo import deepest, is_endless, returns_of
from copper_emulator.core.model import Notification, RecordChange
from tests.core.builders import make_notification, topic

CHANGED = RecordChange(topic("lead/update"), (1, 2), {"n": [0, 1]})


def told(name: str, record: int, *, depth: int, returns: int) -> Notification:
    notification = make_notification(name, ids=(record,))
    notification.change = notification.change._replace(depth=depth, returns=returns)
    return notification


OURS = told("lead/new", 2, depth=1, returns=5)
ANOTHER = told("lead/new", 3, depth=4, returns=2)
OF_A_PERSON = told("person/new", 2, depth=0, returns=7)
BEFORE = told("lead/update", 1, depth=0, returns=8)


@pytest.mark.parametrize(
    ("under_way", "before", "returns"),
    [
        ([ANOTHER, OURS], BEFORE, 6),
        ([OF_A_PERSON, ANOTHER], BEFORE, 9),
        ([OF_A_PERSON, ANOTHER], None, 3),
    ],
    ids=["one of those under way", "an earlier one", "none, so the longest chain counts"],
)
def test_returns_are_counted_from_what_told_of_the_record(
    under_way: list[Notification], before: Notification | None, returns: int
) -> None:
    assert returns_of(CHANGED, under_way, lambda _: before) == returns


def test_the_deepest_is_at_the_end_of_the_longest_chain() -> None:
    assert deepest([OF_A_PERSON, ANOTHER, OURS]) is ANOTHER


def test_a_chain_is_endless_if_half_of_it_is_about_the_same_records() -> None:
    assert is_endless(26, 13, 25)
    assert not is_endless(26, 12, 25)
    assert not is_endless(25, 25, 25)
