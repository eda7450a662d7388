"""How are types, events and topics named on a command line? In any case, and a type by each of its names."""

from __future__ import annotations

import re

import click

from copper_emulator.cli import WrongUse
from copper_emulator.core.model import EntityType, Event
from copper_emulator.core.topics import no_event

_TOPIC = re.compile(r"([A-Za-z_]+)[./]([A-Za-z_]+)")


def type_called(name: str) -> str:
    """`person` for `people`, `activity_log` for `activity`. What is no type stays as it is: the server refuses it."""
    word = name.lower()
    if word in set(EntityType):
        return word
    # Few write another one, and the tables of records take as long to load as the rest of a command.
    from copper_emulator.core.records.kinds import type_named

    return str(type_named(name) or name)


def topic_of(text: str) -> tuple[str, str]:
    """`person.update` as type and event."""
    match = _TOPIC.fullmatch(text)
    if match is None:
        raise WrongUse(f"{text!r} is no topic: write TYPE.EVENT, like person.update")
    event = match[2].lower()
    if event not in set(Event):
        raise WrongUse(no_event(match[2]))
    return type_called(match[1]), event


def types(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """For an option or an argument that is one type, or several with commas between them."""
    return None if value is None else ",".join(type_called(each.strip()) for each in value.split(","))


def events(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """For an option that is an event."""
    return None if value is None else value.lower()
