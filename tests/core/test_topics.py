"""The table of topics against the page it was read from."""

from __future__ import annotations

import pytest

from copper_emulator.core.model import EntityType, Event, Topic
from copper_emulator.core.surface import Surface
from copper_emulator.core.topics import (
    TABLES,
    Profile,
    advice,
    events_of,
    exists,
    no_event,
    no_type,
    swapped,
    wider_profile,
)

# Copper support page, "Learn more about Copper Webhooks", section "What you can subscribe to", as printed.
SUPPORT_PAGE = """
Type New Update Delete
Lead yes yes yes
Person yes yes yes
Company yes yes yes
Opportunity yes yes yes
Project yes yes yes
Task yes yes yes
Activity yes no no
User no no no
Account no no no
"""

WIRE_NAMES = {"Activity": "activity_log"}


def printed_table() -> dict[str, set[str]]:
    """The page's table: for each type, by its name on the wire, the events marked yes."""
    head, *rows = (line.split() for line in SUPPORT_PAGE.strip().splitlines())
    events = [name.lower() for name in head[1:]]
    return {
        WIRE_NAMES.get(name, name.lower()): {event for event, word in zip(events, words, strict=True) if word == "yes"}
        for name, *words in rows
    }


def test_the_table_is_that_of_the_support_page() -> None:
    table = {name: {str(event) for event in events} for name, events in TABLES[Profile.SUPPORT_PAGE].items()}

    assert table == printed_table()
    assert list(table) == list(printed_table())


def test_the_developer_page_widens_activities_alone() -> None:
    expected = {**printed_table(), "activity_log": {"new", "update", "delete"}}

    table = TABLES[Profile.DEVELOPER_DOCS]

    assert {name: {str(event) for event in events} for name, events in table.items()} == expected


@pytest.mark.parametrize(("profile", "number"), [("support-page", 19), ("developer-docs", 21)])
def test_so_many_topics_exist(profile: str, number: int) -> None:
    topics = [Topic(kind, event) for kind in EntityType for event in Event]

    assert len([topic for topic in topics if exists(topic, Profile(profile))]) == number


def test_an_activity_cannot_be_updated() -> None:
    topic = Topic(EntityType.ACTIVITY_LOG, Event.UPDATE)

    assert not exists(topic, Profile.SUPPORT_PAGE)
    assert exists(topic, Profile.DEVELOPER_DOCS)


@pytest.mark.parametrize("name", ["user", "account", "deal", ""])
def test_other_types_have_no_events(name: str) -> None:
    assert events_of(name, Profile.SUPPORT_PAGE) == frozenset()


@pytest.mark.parametrize(
    ("name", "profile", "sentence"),
    [
        ("lead", "support-page", "Copper's webhooks for lead are new, update and delete."),
        (
            "activity_log",
            "support-page",
            "Copper's only webhook for activity_log is new. Copper's developer page lists update and "
            "delete too: allow them with Emulator(profile='developer-docs').",
        ),
        (
            "activity_log",
            "developer-docs",
            "Copper's webhooks for activity_log are new, update and delete.",
        ),
        (
            "user",
            "support-page",
            "Copper has no webhooks for 'user'; the types that have them are lead, person, company, "
            "opportunity, project, task and activity_log.",
        ),
    ],
    ids=["lead", "activity", "activity of the developer page", "user"],
)
def test_advice_says_what_can_be_subscribed_to(name: str, profile: str, sentence: str) -> None:
    assert advice(name, Profile(profile), wider_profile(Surface.PYTHON)) == sentence


@pytest.mark.parametrize(
    ("surface", "allowed"),
    [
        (Surface.SERVER, "allow them with copper-emulator reset --set profile=developer-docs."),
        (Surface.RUN, "allow them with --set profile=developer-docs."),
        (Surface.EXEC, "allow them with exec --profile developer-docs."),
        (Surface.CONNECTED, "allow them with copper-emulator reset --set profile=developer-docs."),
    ],
)
def test_how_the_wider_table_is_chosen_is_said_as_it_is_done_where_it_is_read(surface: Surface, allowed: str) -> None:
    assert advice("activity_log", Profile.SUPPORT_PAGE, wider_profile(surface)).endswith(f"delete too: {allowed}")


def test_where_it_cannot_be_chosen_nothing_is_said_of_it() -> None:
    assert advice("activity_log", Profile.SUPPORT_PAGE, "") == "Copper's only webhook for activity_log is new."


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("updated", "; did you mean 'update'? The"),
        ("Delete", "; did you mean 'delete'? The"),
        ("created", "; did you mean 'new'? The"),
        ("removed", "; did you mean 'delete'? The"),
        ("xyz", "; the"),
        (17, "; the"),
    ],
)
def test_of_what_is_no_event_it_is_said_which_may_be_meant(name: object, question: str) -> None:
    assert no_event(name) == f"there is no event {name!r}{question} events are new, update and delete"


def test_several_events_or_types_are_given_one_at_a_time() -> None:
    assert no_event(["new", "update"]) == (
        "there is no event ['new', 'update']; the events are new, update and delete. Give one at a time: one call for "
        "each of 'new' and 'update'"
    )
    assert no_type(("person", "lead")).endswith("Give one at a time: one call for each of 'person' and 'lead'")
    assert "one at a time" not in no_event(["new"])


@pytest.mark.parametrize(
    ("type", "event", "are_swapped"),
    [
        ("update", "person", True),
        ("New", "People", True),
        ("update", "update", False),
        ("person", "update", False),
        ("update", ["person"], False),
        (17, "person", False),
    ],
)
def test_type_and_event_in_each_others_place_are_recognised(type: object, event: object, *, are_swapped: bool) -> None:
    wrong = f"type and event are swapped: {type!r} is an event, and {event!r} a type; the type comes first"
    assert swapped(type, event) == (wrong if are_swapped else "")
