"""Types, events and ids as people give them, and bare events."""

from __future__ import annotations

from typing import Any

import pytest

from copper_emulator.core.arguments import bare_event, captured_topic, record_id, record_ids
from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import EntityType, RecordChange
from copper_emulator.core.records.kinds import kind_called
from copper_emulator.core.records.record import Record
from copper_emulator.core.topics import Profile
from tests.core.builders import topic

LEAD_5 = Record({"id": 5}, EntityType.LEAD)
SOMETHING_6 = Record({"id": 6})


def event(type: str, event: str, ids: Any, attributes: Any = None, profile: str = "support-page") -> RecordChange:
    return bare_event(type, event, ids, attributes, Profile(profile))


@pytest.mark.parametrize("name", ["activity_log", "activity", "activities", "Activities", "ACTIVITY_LOG"])
def test_a_type_is_called_by_each_of_its_names_in_any_case(name: str) -> None:
    assert kind_called(name) is EntityType.ACTIVITY_LOG


@pytest.mark.parametrize(("name", "called"), [("person", "new"), ("people", "New"), ("Person", "NEW")])
def test_a_topic_is_called_so_too(name: str, called: str) -> None:
    assert event(name, called, 17).topic == topic("person/new")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("deal", "opportunity"),
        ("Contacts", "person"),
        ("persons", "person"),
        ("activity-log", "activity_log"),
        ("user", None),
        (17, None),
        (["person"], "person"),
    ],
)
def test_an_unknown_type_is_refused_with_those_there_are(name: Any, meant: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        kind_called(name)

    types = "lead, person, company, opportunity, project, task and activity_log"
    rest = f"; the types are {types}" if meant is None else f"; did you mean '{meant}'? The types are {types}"
    assert str(caught.value) == f"there is no type {name!r}{rest}"


@pytest.mark.parametrize(
    ("given", "expected"), [(17, 17), (LEAD_5, 5), (SOMETHING_6, 6)], ids=["number", "record", "record by hand"]
)
def test_a_record_is_named_by_its_id_or_itself(given: object, expected: int) -> None:
    assert record_id(given, EntityType.LEAD) == expected
    assert record_id(given) == expected


def test_a_record_of_another_type_is_refused() -> None:
    with pytest.raises(UsageError, match="record 5 is of the type lead, not person"):
        record_id(LEAD_5, EntityType.PERSON)


@pytest.mark.parametrize("given", ["17", True, None, 1.0, [17]], ids=repr)
def test_nothing_else_is_an_id(given: object) -> None:
    with pytest.raises(UsageError, match="an id is a whole number, like 17, or a record, not "):
        record_id(given)


IDS: dict[str, tuple[object, tuple[int, ...]]] = {
    "one number": (17, (17,)),
    "one record": (LEAD_5, (5,)),
    "several": ([18, 17], (18, 17)),
    "several of either": ([17, LEAD_5], (17, 5)),
    "each once": ([17, 18, 17], (17, 18)),
    "a range": (range(1, 4), (1, 2, 3)),
    "none": ([], ()),
}


@pytest.mark.parametrize(("given", "expected"), IDS.values(), ids=IDS.keys())
def test_ids_are_written_as_is_handy(given: object, expected: tuple[int, ...]) -> None:
    assert record_ids(given, EntityType.LEAD) == expected


@pytest.mark.parametrize("given", ["17", b"17", None, {17: 18}, [17, "18"], [True], [None], 0, [17, -1]], ids=repr)
def test_nothing_else_is_ids(given: object) -> None:
    with pytest.raises(UsageError) as caught:
        record_ids(given)

    assert str(caught.value).startswith(
        "ids must be one or more positive whole numbers or records, like 17 or [17, 18], not "
    )


def test_one_record_of_another_type_among_several_is_named() -> None:
    with pytest.raises(UsageError, match="record 5 is of the type lead, not person"):
        record_ids([17, LEAD_5], EntityType.PERSON)


def test_a_bare_event_is_a_change() -> None:
    assert event("person", "update", 17, {"name": ("Ada", "Ada Lovelace")}) == RecordChange(
        topic("person/update"), (17,), {"name": ["Ada", "Ada Lovelace"]}
    )


def test_new_and_delete_carry_no_attributes() -> None:
    assert event("person", "new", [1, 2], {}) == RecordChange(topic("person/new"), (1, 2), {})
    with pytest.raises(UsageError, match=r"person/delete carries no updated_attributes: .* leave them out"):
        event("person", "delete", 17, {"name": [None, "Ada"]})


def test_an_unknown_event_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        UsageError, match=r"there is no event 'create'; did you mean 'new'\? The events are new, update and delete"
    ):
        event("person", "create", 17)
    with pytest.raises(UsageError, match="there is no event 17; the events are new, update and delete"):
        bare_event("person", 17, 17, None, Profile("support-page"))  # type: ignore[arg-type]  # what is refused


def test_type_and_event_are_not_taken_in_the_wrong_order() -> None:
    with pytest.raises(UsageError, match="type and event are swapped: 'update' is an event, and 'person' a type"):
        event("update", "person", 17)


def test_a_topic_must_exist() -> None:
    with pytest.raises(
        UsageError, match=r"there is no topic activity_log/update\. Copper's only webhook for activity_log"
    ):
        event("activity_log", "update", 17)

    assert event("activity_log", "update", 17, profile="developer-docs").topic == topic("activity_log/update")


def test_a_bare_event_needs_an_id() -> None:
    with pytest.raises(UsageError, match="ids must be one or more"):
        event("person", "new", [])


def test_a_bare_event_has_ids_of_64_bits() -> None:
    assert event("person", "new", 2**63 - 1).ids == (2**63 - 1,)
    with pytest.raises(UsageError, match=f"an id is at most {2**63 - 1}, not {2**63}"):
        event("person", "new", [1, 2**63])


def test_a_captured_body_says_what_it_is() -> None:
    raw = b'{"type":"person","event":"new","ids":[17,18]}'

    assert captured_topic(raw) == (topic("person/new"), (17, 18))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b'{"type":"\xff"}', "it is not UTF-8 text"),
        (b"[]", "it is an array"),
        (b"{}", "it has no type"),
        (b'{"type":"person","ids":[17]}', "it has no event"),
        (b'{"type":"person","event":"new"}', "it has no ids"),
        (
            b'{"type":"persn","event":"new","ids":[17]}',
            "there is no type 'persn'; did you mean 'person'? The types are lead, ",
        ),
        (
            b'{"type":"people","event":"new","ids":[17]}',
            "there is no type 'people'; did you mean 'person'? The types are lead, ",
        ),
        (b'{"type":["person"],"event":"new","ids":[17]}', "there is no type ['person']"),
        (
            b'{"type":"person","event":"updated","ids":[17]}',
            "there is no event 'updated'; did you mean 'update'? The events are ",
        ),
        (b'{"type":"person","event":"new","ids":17}', "its ids are 17"),
        (b'{"type":"person","event":"new","ids":["a"]}', "its ids are ['a']"),
        (b'{"type":"person","event":"new","ids":[1e999]}', "its ids are [inf]"),
        (b'{"type":"person","event":"new","ids":"17"}', "its ids are '17'"),
        (b'{"type":"person","event":"new","ids":["17"]}', "its ids are ['17']"),
        (b'{"type":"person","event":"new","ids":[17.0]}', "its ids are [17.0]"),
        (b'{"type":"person","event":"new","ids":[true]}', "its ids are [True]"),
        (b'{"type":"person","event":"new","ids":[0]}', "its ids are [0]"),
        (b'{"type":"person","event":"new","ids":{"5":1}}', "its ids are {'5': 1}"),
    ],
)
def test_what_is_no_notification_is_not_taken_for_one(raw: bytes, why: str) -> None:
    with pytest.raises(UsageError, match="this is not a captured notification") as caught:
        captured_topic(raw)

    assert f": {why}" in str(caught.value)


def test_an_id_that_a_body_has_twice_counts_once() -> None:
    """Of a notification that is sent again, each record is expected once."""
    assert captured_topic(b'{"type":"person","event":"new","ids":[17,4,17]}')[1] == (17, 4)
