"""Which subscriptions a change concerns, and why it concerns none."""

from __future__ import annotations

import pytest

from copper_emulator.core.matching import matching, why_nobody
from copper_emulator.core.surface import Surface
from copper_emulator.core.topics import Profile
from tests.core.builders import make_subscription, topic

ALL = [
    make_subscription("lead/new", id=3),
    make_subscription("lead/update", id=2),
    make_subscription("lead/new", id=1, key=2),
    make_subscription("person/new", id=4),
]


@pytest.mark.parametrize(
    ("text", "ids"),
    [("lead/new", [1, 3]), ("lead/update", [2]), ("person/new", [4]), ("person/update", [])],
)
def test_a_change_concerns_its_topic_of_whichever_key_by_ascending_id(text: str, ids: list[int]) -> None:
    assert [subscription.id for subscription in matching(topic(text), ALL)] == ids


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("task/new", "no subscription to task/new"),
        ("person/update", "no subscription to person/update (there is one to person/new)"),
        ("lead/delete", "no subscription to lead/delete (there is one to lead/new, update)"),
        (
            "activity_log/update",
            "no webhook exists for activity_log/update. "
            "Copper's only webhook for activity_log is new. Copper's developer page lists update and "
            "delete too: allow them with copper-emulator reset --set profile=developer-docs.",
        ),
    ],
    ids=["none at all", "another event", "two other events", "no such topic"],
)
def test_it_says_why_nobody_is_concerned(text: str, sentence: str) -> None:
    assert why_nobody(topic(text), ALL, Profile.SUPPORT_PAGE, Surface.SERVER) == sentence


def test_the_developer_page_has_updates_of_activities() -> None:
    sentence = why_nobody(topic("activity_log/update"), ALL, Profile.DEVELOPER_DOCS, Surface.SERVER)

    assert sentence == "no subscription to activity_log/update"
