"""Types, events and topics on the command line: in upper or lower case, a type by any of its names."""

from __future__ import annotations

import re

import click

from copper_emulator.cli import WrongUse
from copper_emulator.core.model import EntityType, Event
from copper_emulator.core.topics import no_event, swapped

_TOPIC = re.compile(r"([A-Za-z_]+)[./]([A-Za-z_]+)")


def type_called(name: str) -> str:
    """`person` for `people`, `activity_log` for `activity`. Unknown ones stay as they are: the server refuses them."""
    word = name.lower()
    if word in set(EntityType):
        return word
    # Imported here: few use another name, and the tables of records load as slowly as the rest of a command.
    from copper_emulator.core.records.kinds import type_named

    return str(type_named(name) or name)


def topic_of(text: str) -> tuple[str, str]:
    """`person.update` as type and event."""
    match = _TOPIC.fullmatch(text)
    if match is None:
        first = "the topic comes first: " if "://" in text else ""
        raise WrongUse(f"{text!r} is not a topic: {first}write TYPE.EVENT, like person.update")
    event = match[2].lower()
    if event not in set(Event):
        raise WrongUse(swapped(match[1], match[2]) or no_event(match[2]))
    return type_called(match[1]), event


def types(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Callback for an option or argument with one type, or several separated by commas."""
    return None if value is None else ",".join(type_called(each.strip()) for each in value.split(","))


def events(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Callback for an option with an event."""
    return None if value is None else value.lower()
