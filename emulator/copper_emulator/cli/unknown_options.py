"""What to say of an option that a command does not have: where it goes, or how what was meant is written."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import pairwise

import click

from copper_emulator.cli.stray import as_pair, is_flag, of_command, options
from copper_emulator.cli.values import Number
from copper_emulator.core.text import meant, suggesting
from copper_emulator.settings import SETTINGS

_OF_THE_SERVER = frozenset({"url", "base-url", "host"})
"""What other tools call the option that says which server they talk to."""


def unknown_option_text(ctx: click.Context, name: str, typed: Sequence[str]) -> str:
    """The message; the context is that of the command that lacks the option."""
    wrong = f"there is no option {name!r}"
    if isinstance(ctx.command, click.Group):
        place = _place(ctx, ctx.command, name, typed)
    else:
        place = _not_global(ctx, name) or _not_an_argument(ctx, name, typed)
    return f"{wrong}: {place}" if place else suggesting(wrong, _near(ctx, name) or _as_pair(ctx, name, typed))


def _place(ctx: click.Context, group: click.Group, name: str, typed: Sequence[str]) -> str | None:
    """That an option of the command stands after its name."""
    for word in typed:
        if word in group.list_commands(ctx):
            command = group.get_command(ctx, word)
            return f"write it after {word!r}" if command and _bare(name) in options(command) else None
    return None


def _not_global(ctx: click.Context, name: str) -> str | None:
    """Why an option for any command that talks to a server is not one of this."""
    option = options(ctx.find_root().command).get(_bare(name))
    if option is None or is_flag(option):
        return None
    if "server" in options(ctx.command):
        return f"{ctx.info_name!r} is about the whole server, not one account"
    return f"{ctx.info_name!r} talks to no running server"


def _not_an_argument(ctx: click.Context, name: str, typed: Sequence[str]) -> str | None:
    """That the value of an argument stands alone."""
    value = _value(ctx, name, typed)
    return f"write {shlex.quote(value)} alone" if value and _bare(name) in _arguments(ctx.command) else None


def _arguments(command: click.Command) -> Iterator[str]:
    """What the command's arguments may be called."""
    for each in command.params:
        if isinstance(each, click.Argument):
            yield str(each.name)
            yield re.sub(r"\W", "", each.metavar or "").lower()
            if isinstance(each.type, Number):
                yield "id"


def _near(ctx: click.Context, name: str) -> str | None:
    # Without the dashes, which would make short names look alike.
    known = options(ctx.command)
    if _bare(name) in _OF_THE_SERVER and "server" in known:
        return "--server"
    if _bare(name) == "url" and ctx.info_name == "run":
        return "--target"
    near = meant(_bare(name), known)
    return None if near is None else max(known[near].opts, key=len)


def _as_pair(ctx: click.Context, name: str, typed: Sequence[str]) -> str | None:
    """`--set name=Ada` for `--name Ada`."""
    value = _value(ctx, name, typed)
    key = _bare(name).replace("-", "_")
    if _takes_settings(ctx.command):
        # Of settings all names are known, unlike those of fields and secrets.
        key = key if key in SETTINGS else meant(key, SETTINGS) or ""
    written = as_pair(ctx.command, f"{key}={value}") if key and value else None
    # An option with any name may be a field, but hardly a header.
    return None if written and written.startswith("--header") else written


def _takes_settings(command: click.Command) -> bool:
    option = options(command).get("set")
    return option is not None and option.metavar == "NAME=VALUE"


def _value(ctx: click.Context, name: str, typed: Sequence[str]) -> str | None:
    """What follows the option, if that is no option itself."""
    for word, following in pairwise([*of_command(ctx, typed), ""]):
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
        if word == name:
            return None if following.startswith("-") else following
    return None


def _bare(name: str) -> str:
    return name.lstrip("-")
