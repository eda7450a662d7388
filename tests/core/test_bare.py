"""A bare event: what people name becomes a change, or is refused with what there is."""

from __future__ import annotations

from typing import Any

import pytest

from copper_emulator.core.bare import bare_event
from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import EntityType, Event, RecordChange, Topic
from copper_emulator.core.topics import Profile


@pytest.mark.parametrize(("ids", "expected"), [(17, (17,)), ([18, 17], (18, 17)), ((17, 18, 17), (17, 18))], ids=repr)
def test_ids_are_one_or_several_in_their_order_and_each_once(ids: Any, expected: tuple[int, ...]) -> None:
    change = bare_event("person", "update", ids, {"name": ("Ada", "Grace")}, Profile.SUPPORT_PAGE)

    assert change == RecordChange(Topic(EntityType.PERSON, Event.UPDATE), expected, {"name": ["Ada", "Grace"]})


def test_the_profile_decides_which_topics_there_are() -> None:
    assert bare_event("activity_log", "update", 1, None, Profile.DEVELOPER_DOCS).topic.event is Event.UPDATE
    with pytest.raises(UsageError, match="activity_log have new only"):
        bare_event("activity_log", "update", 1, None, Profile.SUPPORT_PAGE)


@pytest.mark.parametrize(
    ("type", "event", "ids", "says"),
    [
        ("persona", "update", 1, "there is no type 'persona'; it is one of lead, person"),
        ("user", "update", 1, "there is no type 'user'"),
        ("person", "moved", 1, "there is no event 'moved'; it is one of new, update, delete"),
        ("person", "update", [], "ids must be one or more positive whole numbers"),
        ("person", "update", 0, "ids must be"),
        ("person", "update", True, "ids must be"),
        ("person", "update", [1, "2"], "ids must be"),
    ],
)
def test_what_cannot_happen_is_refused_with_what_can(type: str, event: str, ids: Any, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        bare_event(type, event, ids, None, Profile.SUPPORT_PAGE)
