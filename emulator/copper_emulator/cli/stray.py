"""Which words of a command line that was refused were probably meant as something else, and how is that written?"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import pairwise

import click

from copper_emulator.core.model import Event

_PAIR = re.compile(r"[A-Za-z_][\w.]*=.*", re.DOTALL)

_PAIRED = ("--where", "--set")
"""The options that take NAME=VALUE, the likelier one first: who searches names what to look for."""


def meant_by(ctx: click.Context, typed: Sequence[str]) -> str | None:
    """How the words that stand alone may have been meant: `--set name=Ada`, `person.update`, `--id 17`."""
    words = list(_alone(ctx.command, _of_command(ctx, typed)))
    options = {name for each in _options(ctx.command) for name in each.opts}
    for paired in _PAIRED:
        if paired in options and (pairs := [word for word in words if _PAIR.fullmatch(word)]):
            return _written(paired, pairs)
    if any(each.name == "topic" for each in ctx.command.params):
        topics = (f"{kind}.{event}" for kind, event in pairwise(words) if kind.isidentifier() and _is_event(event))
        if (topic := next(topics, None)) is not None:
            return topic
    if "--id" in options and (ids := [word for word in words if word.isdecimal()]):
        return _written("--id", ids)
    return None


def _is_event(word: str) -> bool:
    return word.lower() in set(Event)


def _written(option: str, values: Sequence[str]) -> str:
    return " ".join(f"{option} {shlex.quote(value)}" for value in values)


def _of_command(ctx: click.Context, typed: Sequence[str]) -> Sequence[str]:
    """What was typed after the command's name."""
    name = ctx.info_name
    return typed[typed.index(name) + 1 :] if name in typed else ()


def _options(command: click.Command) -> list[click.Option]:
    return [each for each in command.params if isinstance(each, click.Option)]


def _alone(command: click.Command, words: Sequence[str]) -> Iterator[str]:
    """The words that are neither an option nor its value."""
    with_value = {name for each in _options(command) if not each.is_flag and not each.count for name in each.opts}
    is_value = False
    for word in words:
        if not is_value and not word.startswith("-"):
            yield word
        is_value = not is_value and word in with_value
