"""Which topics exist: the table of Copper's support page, and the wider one of its developer documentation.

Source: "Learn more about Copper Webhooks" (support page, "What you can subscribe to") and developer.copper.com,
webhooks overview. This table is the only one: subscriptions are checked against it, and tests check the tables in the
documentation against it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from copper_emulator.core.model import EntityType, Event, Topic
from copper_emulator.core.surface import Surface
from copper_emulator.core.text import choices, in_words, meant, no_such, suggesting

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


_OTHER_EVENTS: Mapping[str, Event] = {
    **dict.fromkeys(("create", "created", "add", "added", "insert"), Event.NEW),
    **dict.fromkeys(("change", "changed", "edit", "edited", "modified"), Event.UPDATE),
    **dict.fromkeys(("remove", "removed", "destroy", "destroyed"), Event.DELETE),
}
"""What other services call these events."""

_OTHER_TYPES: Mapping[str, EntityType] = {
    "people": EntityType.PERSON,
    "contact": EntityType.PERSON,
    "organization": EntityType.COMPANY,
    "organisation": EntityType.COMPANY,
    "deal": EntityType.OPPORTUNITY,
    "activity": EntityType.ACTIVITY_LOG,
}
"""What Copper's API and other services call these types."""


_EVENTS = frozenset(map(str, Event))

_MANY = 7
"""Of several given at once, so many are named."""


def swapped(type: object, event: object) -> str:
    """The message for an event where the type belongs, and a type where the event does; "" for everything else."""
    if not (isinstance(type, str) and isinstance(event, str) and type.lower() in _EVENTS) or meant_type(event) is None:
        return ""
    return f"type and event are swapped: {type!r} is an event, and {event!r} a type; the type comes first"


def no_event(name: object) -> str:
    """The message for a name that is not an event, suggesting the one probably meant."""
    text = no_such("event", name, Event, near=_OTHER_EVENTS.get(str(name).lower()))
    return text + _one_by_one(name)


def no_type(name: object, types: Collection[EntityType] = tuple(EntityType)) -> str:
    """The message for a name that is none of these types, suggesting the one probably meant."""
    if not isinstance(name, str) or name not in set(EntityType):
        near = meant_type(name)
        return no_such("type", name, types, near=near if near in types else None) + _one_by_one(name)
    return f"the type cannot be {str(name)!r} here; {choices('type', types)}"


def _one_by_one(name: object) -> str:
    if not isinstance(name, list | tuple) or len(name) < 2:
        return ""
    return f". Give one at a time: one call for each of {in_words(map(repr, name), most=_MANY)}"


def meant_type(name: object) -> EntityType | None:
    """The type probably meant by an unknown name."""
    word = str(name).lower()
    one = f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")
    types = {**{str(kind): kind for kind in EntityType}, **_OTHER_TYPES}
    return types.get(one) or types.get(meant(one, types) or "")


def wider_profile(surface: Surface) -> str:
    """How to choose the table with more topics."""
    return surface.setting("profile", str(Profile.DEVELOPER_DOCS))


def advice(type_name: str, profile: Profile, wider: str) -> str:
    """What can be subscribed to for a type.

    `wider` says how the profile with more topics is chosen where this is read; "" if it cannot be chosen there.
    """
    events = [event for event in Event if event in events_of(type_name, profile)]
    if not events:
        types = in_words(name for name, having in TABLES[profile].items() if having)
        near = None if type_name in TABLES[profile] else meant_type(type_name)
        no_webhooks = f"Copper has no webhooks for {type_name!r}"
        return f"{suggesting(no_webhooks, near, f'the types that have them are {types}')}."
    which = f"only webhook for {type_name} is" if len(events) == 1 else f"webhooks for {type_name} are"
    text = f"Copper's {which} {in_words(events)}."
    if wider and profile is Profile.SUPPORT_PAGE and type_name == EntityType.ACTIVITY_LOG:
        text += f" Copper's developer page lists update and delete too: allow them with {wider}."
    return text
