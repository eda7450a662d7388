"""Which notification had told the endpoint of the record that it changes, and how long may a chain of them be?"""

from __future__ import annotations

import pytest

from copper_emulator.core.echo import UNTOLD, Link, deepest, link_of
from copper_emulator.core.model import Notification, RecordChange
from tests.core.builders import make_notification, topic

CHANGED = RecordChange(topic("lead/update"), (1, 2), {"n": [0, 1]})


def told(name: str, record: int, *, depth: int, returns: int, untold: int = 0) -> Notification:
    notification = make_notification(name, ids=(record,))
    notification.change = notification.change._replace(depth=depth, returns=returns, untold=untold)
    return notification


OURS = told("lead/new", 2, depth=1, returns=5)
ANOTHER = told("lead/new", 3, depth=4, returns=2, untold=3)
OF_A_PERSON = told("person/new", 2, depth=0, returns=7)
BEFORE = told("lead/update", 1, depth=0, returns=8)


@pytest.mark.parametrize(
    ("under_way", "before", "is_the_endpoints", "link"),
    [
        ([ANOTHER, OURS], BEFORE, False, Link(depth=5, returns=6, untold=3)),
        ([OF_A_PERSON, ANOTHER], BEFORE, True, Link(depth=5, returns=9, untold=3)),
        ([OF_A_PERSON, ANOTHER], None, True, Link(depth=5, returns=3, untold=3)),
        ([OF_A_PERSON, ANOTHER], None, False, Link(depth=5, returns=1, untold=4)),
    ],
    ids=[
        "one of those under way",
        "an earlier one",
        "none, so the longest chain counts",
        "none, and perhaps another's",
    ],
)
def test_returns_are_counted_from_what_told_of_the_record(
    under_way: list[Notification],
    before: Notification | None,
    is_the_endpoints: bool,  # noqa: FBT001 - from the table
    link: Link,
) -> None:
    assert link_of(CHANGED, under_way, lambda _: before, is_the_endpoints=is_the_endpoints) == link


def test_the_deepest_is_at_the_end_of_the_longest_chain() -> None:
    assert deepest([OF_A_PERSON, ANOTHER, OURS]) is ANOTHER


@pytest.mark.parametrize(
    ("link", "limit"),
    [
        (Link(depth=26, returns=13), 25),
        (Link(depth=26, returns=12), None),
        (Link(depth=25, returns=25), None),
        (Link(depth=UNTOLD * 25, returns=1, untold=UNTOLD * 25), None),
        (Link(depth=UNTOLD * 25 + 1, returns=2, untold=250), UNTOLD * 25),
        (Link(depth=UNTOLD * 25 + 1, returns=2, untold=249), None),
    ],
    ids=["half about the same", "less than half", "not long", "many untold of", "half untold of", "fewer untold of"],
)
def test_a_chain_is_endless_if_half_of_it_is_about_the_same_records_or_far_more_about_ever_others(
    link: Link, limit: int | None
) -> None:
    assert link.limit(25) == limit
