"""Adapt the server's texts to the command line: its options, and advised commands that go to the same server."""

from __future__ import annotations

import itertools
import os
import re
import shlex
from collections.abc import Sequence

import click
from click.core import ParameterSource

_ADVISED = re.compile(r"\bcopper-emulator (?=([a-z-]+)\b)")

_WAIT = re.compile(r"\bcopper-emulator wait [a-z_]+\.[a-z]+")

_NO_TEXT = re.compile("[\ud800-\udfff]")

_TYPED = f"{__name__}.typed"

_NAMED = re.compile(r"(^|; )([a-z_]+)(?=: )")


def carried(text: str) -> str:
    """The text, with each advised `copper-emulator COMMAND` extended by the server and account named in this command.

    Those that come from a variable are not repeated: the next command has them, too.
    """
    if "copper-emulator " not in text or (ctx := click.get_current_context(silent=True)) is None:
        return text
    given = {name: value for name in ("server", "account") if (value := _given(ctx, name)) is not None}
    text = _with_its_record(ctx, text)
    return _ADVISED.sub(lambda found: found[0] + _options(ctx, found[1], given), text) if given else text


def _given(ctx: click.Context, name: str) -> str | None:
    """The option's value if given on the command line itself, after the command or before it."""
    for each in (ctx, ctx.find_root()):
        if each.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            value: str | None = each.params.get(name)
            return value
    return None


def _options(ctx: click.Context, advised: str, given: dict[str, str]) -> str:
    root = ctx.find_root()
    if not isinstance(root.command, click.Group) or advised not in root.command.list_commands(root):
        return ""
    command = root.command.get_command(root, advised)
    taken = {parameter.name for parameter in command.params} if command is not None else set()
    return "".join(f"--{name} {shlex.quote(value)} " for name, value in given.items() if name in taken)


def _with_its_record(ctx: click.Context, text: str) -> str:
    """The text, with an advised `wait` for the record that this `wait` was for.

    Of several ids, the advice may be about some only.
    """
    ids: Sequence[int] = ctx.params.get("ids", ()) if ctx.info_name == "wait" else ()
    return _WAIT.sub(rf"\g<0> --id {ids[0]}", text) if len(ids) == 1 else text


def named_as_options(text: str) -> str:
    """`timeout: ...` as `--timeout: ...`, if that is an option of the command."""
    ctx = click.get_current_context(silent=True)
    if ctx is None:
        return text
    options = {str(each.name): max(each.opts, key=len) for each in ctx.command.params if isinstance(each, click.Option)}
    return _NAMED.sub(lambda found: found[1] + options.get(found[2], found[2]), text)


def keep_typed(ctx: click.Context, args: Sequence[str]) -> None:
    """What was typed after `copper-emulator`; click takes it apart."""
    ctx.meta[_TYPED] = tuple(args)


def typed(ctx: click.Context) -> Sequence[str]:
    """What was typed after `copper-emulator`."""
    words: Sequence[str] = ctx.meta.get(_TYPED, ())
    return words


def undecoded(args: Sequence[str]) -> str | None:
    """The first word with bytes that are no text, which no server would take; None if there is none.

    The name of a file may have such bytes, and so may a command that is given after `--`.
    """
    own = list(itertools.takewhile(lambda word: word != "--", args))
    with_previous = list(itertools.pairwise(["", *own]))
    command = (word for before, word in with_previous if not word.startswith("-") and before not in _OF_SERVER)
    if next(command, "") in _ABOUT_FILES:
        return None
    words = (word for before, word in with_previous if {before, word.partition("=")[0]}.isdisjoint(_WITH_FILES))
    return next((word for word in words if _NO_TEXT.search(word) and not _is_file(word)), None)


_OF_SERVER = ("--server", "--account")
_ABOUT_FILES = ("ca", "exec", "restore", "run", "snapshot")
"""Commands most of whose words are names of files, which may be still to be written."""
_WITH_FILES = frozenset({"--ca", "--html", "--junit", "--output", "--scenarios", "--state"})
"""Options whose value is the name of a file."""


def _is_file(word: str) -> bool:
    return os.path.lexists(word) or os.path.lexists(word.partition("=")[2])


def repeated(option: str, value: str) -> str:
    """The command line as it was typed, to be copied, with an option that it lacked."""
    ctx = click.get_current_context()
    return shlex.join(["copper-emulator", option, value, *typed(ctx)])
