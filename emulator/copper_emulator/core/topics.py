"""Which topics exist: the table of Copper's support page, and the wider one of its developer documentation.

Source: "Learn more about Copper Webhooks" (support page, "What you can subscribe to") and developer.copper.com,
webhooks overview. This table is the only one: subscriptions are checked against it, and tests check the tables in the
documentation against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from copper_emulator.core.model import EntityType, Event, Topic
from copper_emulator.core.text import meant

_ALL = frozenset(Event)
_NONE: frozenset[Event] = frozenset()

_SUPPORT_PAGE: dict[str, frozenset[Event]] = {
    "lead": _ALL,
    "person": _ALL,
    "company": _ALL,
    "opportunity": _ALL,
    "project": _ALL,
    "task": _ALL,
    "activity_log": frozenset({Event.NEW}),
    "user": _NONE,
    "account": _NONE,
}


class Profile(StrEnum):
    """Which of Copper's two conflicting tables applies. They differ only in `activity_log`."""

    SUPPORT_PAGE = "support-page"
    DEVELOPER_DOCS = "developer-docs"


TABLES: Mapping[Profile, Mapping[str, frozenset[Event]]] = {
    Profile.SUPPORT_PAGE: _SUPPORT_PAGE,
    Profile.DEVELOPER_DOCS: {**_SUPPORT_PAGE, "activity_log": _ALL},
}


def events_of(type_name: str, profile: Profile) -> frozenset[Event]:
    """The events one can subscribe to for a type; empty if the type is unknown or has no webhooks."""
    return TABLES[profile].get(type_name, _NONE)


def exists(topic: Topic, profile: Profile) -> bool:
    """Whether Copper has a webhook for this topic."""
    return topic.event in events_of(topic.type, profile)


_OTHER_WORDS: Mapping[str, Event] = {
    **dict.fromkeys(("create", "created", "add", "added", "insert"), Event.NEW),
    **dict.fromkeys(("change", "changed", "edit", "edited", "modified"), Event.UPDATE),
    **dict.fromkeys(("remove", "removed", "destroy", "destroyed"), Event.DELETE),
}
"""What other services call these events."""


def no_event(name: object) -> str:
    """The message for a name that is not an event, suggesting the one probably meant."""
    return f"there is no event {name!r}; the events are {', '.join(Event)}{_question(name)}"


def _question(name: object) -> str:
    word = str(name).lower()
    near = _OTHER_WORDS.get(word) or meant(word, Event)
    return f"; did you mean {str(near)!r}?" if near is not None else ""


def advice(type_name: str, profile: Profile) -> str:
    """One sentence on what can be subscribed to for a type."""
    events = [event for event in Event if event in events_of(type_name, profile)]
    if not events:
        types = ", ".join(name for name, having in TABLES[profile].items() if having)
        return f"Copper has no webhooks for {type_name!r}; the types that have them are {types}."
    text = f"Copper's webhooks for {type_name} are {', '.join(events)} only."
    if profile is Profile.SUPPORT_PAGE and type_name == EntityType.ACTIVITY_LOG:
        text += " Copper's developer page lists update and delete too: the setting profile=developer-docs allows them."
    return text
