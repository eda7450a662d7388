"""A bare event as people name it: `fire("person", "update", ids=...)`, from Python and through the control API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import EntityType, Event, RecordChange, Topic
from copper_emulator.core.topics import Profile, advice, exists
from copper_emulator.core.wire import clean_attributes


def entity_type(name: str) -> EntityType:
    """Raises UsageError for a type without webhooks."""
    try:
        return EntityType(name)
    except ValueError:
        raise UsageError(f"there is no type {name!r}; it is one of {', '.join(EntityType)}") from None


def bare_event(
    type: str, event: str, ids: int | Iterable[int], updated_attributes: Mapping[str, Any] | None, profile: Profile
) -> RecordChange:
    """As the account takes it. Raises UsageError for a topic that does not exist or ids that cannot be."""
    kind = entity_type(type)
    try:
        topic = Topic(kind, Event(event))
    except ValueError:
        raise UsageError(f"there is no event {event!r}; it is one of {', '.join(Event)}") from None
    if not exists(topic, profile):
        raise UsageError(f"there is no topic {topic}. {advice(kind, profile)}")
    wanted: tuple[Any, ...] = tuple(dict.fromkeys([ids] if isinstance(ids, int) else ids))
    if not wanted or any(isinstance(i, bool) or not isinstance(i, int) or i < 1 for i in wanted):
        raise UsageError(f"ids must be one or more positive whole numbers, not {ids!r}")
    return RecordChange(topic, wanted, clean_attributes(updated_attributes))
