"""Which words of a command line that was refused were probably meant as something else, and how is that written?"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import pairwise

import click

from copper_emulator.core.model import Event
from copper_emulator.core.text import meant

_PAIR = re.compile(r"[^\s=]+=.*", re.DOTALL)

_SPELLED = re.compile(r"(\d+) (?:(s|m|h|d)|(s)ec(?:ond)?s?|(m)in(?:ute)?s?|(h)ours?|(d)ays?)")

_ORIGIN = "ORIGIN"
"""How the form begins of what leads one URL to another; the names of all others are no URLs."""

_MEANT = {
    "accounts": "--create {}",
    "limits": "copper-emulator settings --set limits={}",
    "record": "--output {}",
}
"""What a word that a command has no place for is likely to mean."""

_CONFIDENTIAL = ("--secret", "--header")
"""Options whose values a message does not repeat."""


def meant_by(ctx: click.Context, typed: Sequence[str]) -> str | None:
    """How the words that stand alone may have been meant: `--set name=Ada`, `person.update`, `--id 17`."""
    words = list(_alone(ctx.command, of_command(ctx, typed)))
    extra = _beyond_arguments(ctx.command, words)
    return (
        _pairs(ctx.command, words)
        or _topic(ctx.command, words)
        or _duration(ctx.command, words)
        or _ids(ctx.command, words)
        or _named(ctx.command, extra)
        or _pair_apart(ctx.command, extra)
        or _by_command(ctx, extra)
    )


def of_command(ctx: click.Context, typed: Sequence[str]) -> Sequence[str]:
    """What was typed after the command's name."""
    name = ctx.info_name
    return typed[typed.index(name) + 1 :] if name in typed else ()


def options(command: click.Command) -> dict[str, click.Option]:
    """The options of a command by their names, without dashes."""
    return {name.lstrip("-"): each for each in command.params if isinstance(each, click.Option) for name in each.opts}


def as_pair(command: click.Command, pair: str) -> str | None:
    """`--set name=Ada`, or whatever the command's first option for such a pair is; None if it has none."""
    name = pair.partition("=")[0]
    is_route = "://" in name
    for each in options(command).values():
        form = each.metavar or ""
        if "=" in form and form.startswith(_ORIGIN) == is_route:
            return f"{each.opts[0]} {name}=..." if each.opts[0] in _CONFIDENTIAL else _written(each, pair)
    return None


def _pairs(command: click.Command, words: Sequence[str]) -> str | None:
    pairs = [_pair(command, word) for word in words if _PAIR.fullmatch(word)]
    return " ".join(filter(None, pairs)) or None


def _pair(command: click.Command, word: str) -> str | None:
    name, _, value = word.partition("=")
    own = options(command).get(name.replace("_", "-"))
    return as_pair(command, word) if own is None or is_flag(own) else _written(own, value)


def _topic(command: click.Command, words: Sequence[str]) -> str | None:
    if not any(each.name == "topic" for each in command.params):
        return None
    topics = (f"{kind}.{event}" for kind, event in pairwise(words) if kind.isidentifier() and _is_event(event))
    return next(topics, None)


def _is_event(word: str) -> bool:
    return word.lower() in set(Event)


def _duration(command: click.Command, words: Sequence[str]) -> str | None:
    """`5m` for `5 minutes`."""
    if not any(each.metavar == "DURATION" for each in command.params if isinstance(each, click.Argument)):
        return None
    spelled = (_SPELLED.fullmatch(" ".join(pair).lower()) for pair in pairwise(words))
    return next(("".join(found.groups("")) for found in spelled if found), None)


def _ids(command: click.Command, words: Sequence[str]) -> str | None:
    option = options(command).get("id")
    return None if option is None else " ".join(_written(option, word) for word in words if word.isdecimal())


def _named(command: click.Command, extra: Sequence[str]) -> str | None:
    """`--create ci-7` for `create ci-7`."""
    known = options(command)
    for word, value in pairwise([*extra, ""]):
        if (name := meant(word, known)) is not None:
            option = known[name]
            return max(option.opts, key=len) if is_flag(option) else _written(option, value) if value else None
    return None


def _pair_apart(command: click.Command, extra: Sequence[str]) -> str | None:
    """`--set name=Ada` for `name Ada`."""
    name, value = extra if len(extra) == 2 else ("", "")
    return as_pair(command, f"{name}={value}") if name.isidentifier() else None


def _by_command(ctx: click.Context, extra: Sequence[str]) -> str | None:
    """`--output my.yaml` for `record stop my.yaml`."""
    form = _MEANT.get(str(ctx.info_name))
    return form.format(shlex.quote(extra[0])) if form and len(extra) == 1 else None


def _written(option: click.Option, value: str) -> str:
    return f"{option.opts[0]} {shlex.quote(value)}"


def is_flag(option: click.Option) -> bool:
    return option.is_flag or option.count


def _beyond_arguments(command: click.Command, words: Sequence[str]) -> Sequence[str]:
    """The words that the command has no arguments for."""
    taken = [each.nargs for each in command.params if isinstance(each, click.Argument)]
    return () if -1 in taken else words[sum(taken) :]


def _alone(command: click.Command, words: Sequence[str]) -> Iterator[str]:
    """The words that are neither an option nor its value."""
    with_value = {name for each in options(command).values() if not is_flag(each) for name in each.opts}
    is_value = False
    for word in words:
        if not is_value and not word.startswith("-"):
            yield word
        is_value = not is_value and word in with_value
