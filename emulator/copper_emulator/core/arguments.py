"""Types, events and ids as people give them, from Python and through the control API, and bare events made of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.model import EntityType, Event, RecordChange, Topic
from copper_emulator.core.records.kinds import kind_called
from copper_emulator.core.records.record import Record, kind_of
from copper_emulator.core.surface import Surface
from copper_emulator.core.text import json_name
from copper_emulator.core.topics import Profile, advice, exists, no_event, no_type, swapped, wider_profile
from copper_emulator.core.wire import clean_attributes

__tracebackhide__ = raised_on_purpose


_NOT_CAPTURED = "this is not a captured notification (a JSON object with a known type, event and list of ids): {}"


def event_called(name: str) -> Event:
    """The event with this name, in any case. Raises UsageError for an unknown one."""
    try:
        return _EVENTS[name.lower()]
    except (AttributeError, KeyError):
        raise UsageError(no_event(name)) from None


def check_order(type: object, event: object) -> None:
    """Raise UsageError if type and event were given in each other's place."""
    wrong = swapped(type, event)
    if wrong:
        raise UsageError(wrong)


_EVENTS = {str(event): event for event in Event}
"""Events by their names; calling the enumeration takes several times as long."""


def record_id(given: object, kind: EntityType | None = None) -> int:
    """The id of a record, given as a number or as the record itself. Raises UsageError for anything else."""
    if isinstance(given, Record):
        its = kind_of(given)
        if None not in (kind, its) and its is not kind:
            raise UsageError(f"record {given.id} is of the type {its}, not {kind}")
        return given.id
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    raise UsageError(f"an id is a whole number, like 17, or a record, not {given!r}")


def record_ids(given: object, kind: EntityType | None = None) -> tuple[int, ...]:
    """Ids as people write them: `17`, `ada`, or several of either, without duplicates. Raises UsageError."""
    # Fast paths for what nearly everybody writes.
    if type(given) is int and given > 0:
        return (given,)
    if isinstance(given, tuple | list) and all(type(one) is int and one > 0 for one in given):
        return tuple(dict.fromkeys(given))
    several = [given] if isinstance(given, Record | int) else given
    if not isinstance(several, Iterable) or isinstance(several, str | bytes | Mapping):
        raise UsageError(_not_ids(given))
    several = list(several)
    if not all(isinstance(one, Record | int) and not isinstance(one, bool) for one in several):
        raise UsageError(_not_ids(several if len(several) > 1 else given))
    ids = tuple(dict.fromkeys(record_id(one, kind) for one in several))
    if any(one < 1 for one in ids):
        raise UsageError(_not_ids(given))
    return ids


def _not_ids(given: object) -> str:
    return f"ids must be one or more positive whole numbers or records, like 17 or [17, 18], not {given!r}"


def bare_event(
    type: str,
    event: str,
    ids: object,
    updated_attributes: Mapping[str, Any] | None,
    profile: Profile,
    *,
    surface: Surface = Surface.PYTHON,
) -> RecordChange:
    """A bare event as `Account.fire` takes it. Raises UsageError for a topic or ids that cannot exist."""
    topic = _topic_called(type, event)
    if not exists(topic, profile):
        raise UsageError(f"there is no topic {topic}. {advice(topic.type, profile, wider_profile(surface))}")
    given_ids = record_ids(ids, topic.type)
    if not given_ids:
        raise UsageError(_not_ids(ids))
    if max(given_ids) > MAX_ID:
        raise UsageError(f"an id is at most {MAX_ID}, not {max(given_ids)}")
    if updated_attributes and topic.event is not Event.UPDATE:
        raise UsageError(
            f"{topic} carries no updated_attributes: Copper fills them for update only, and sends {{}} with new and "
            "delete; leave them out"
        )
    return RecordChange(topic, given_ids, clean_attributes(updated_attributes))


_TOPICS = {(str(kind), str(event)): Topic(kind, event) for kind in EntityType for event in Event}
"""Topics by their type and event as text; shared objects, because every change keeps a reference."""


def _topic_called(type: str, event: str) -> Topic:
    try:
        # As nearly everybody writes it.
        return _TOPICS[type, event]
    except (KeyError, TypeError):
        check_order(type, event)
        return _TOPICS[kind_called(type), event_called(event)]


def _topic_on_the_wire(type: str, event: str) -> Topic:
    try:
        return _TOPICS[type, event]
    except (KeyError, TypeError):
        raise UsageError(no_event(event) if type in list(EntityType) else no_type(type)) from None


def captured_topic(raw: bytes) -> tuple[Topic, tuple[int, ...]]:
    """The topic and ids of a captured body. Raises UsageError saying why if it is not a notification."""
    try:
        captured = json.loads(raw)
    except UnicodeDecodeError:
        raise not_captured("it is not UTF-8 text") from None
    except (ValueError, RecursionError):
        raise not_captured("it is not JSON") from None
    if not isinstance(captured, dict):
        raise not_captured(f"it is {json_name(captured)}")
    for name in ("type", "event", "ids"):
        if name not in captured:
            raise not_captured(f"it has no {name}")
    try:
        topic = _topic_on_the_wire(captured["type"], captured["event"])
    except UsageError as error:
        raise not_captured(str(error)) from None
    ids = captured["ids"]
    if not (isinstance(ids, list) and all(type(each) is int and 0 < each <= MAX_ID for each in ids)):
        raise not_captured(f"its ids are {repr(ids)[:100]}")
    return topic, tuple(dict.fromkeys(ids))


def not_captured(why: str) -> UsageError:
    """The error to raise for a body that is not a notification."""
    return UsageError(_NOT_CAPTURED.format(why))
