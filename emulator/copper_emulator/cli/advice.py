"""How is a text of the server told on a command line: in its options, advising commands that go to the same server?"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

import click
from click.core import ParameterSource

_ADVISED = re.compile(r"\bcopper-emulator (?=([a-z-]+)\b)")

_TYPED = f"{__name__}.typed"

_NAMED = re.compile(r"(^|; )([a-z_]+)(?=: )")


def carried(text: str) -> str:
    """The text, whose advice of a `copper-emulator COMMAND` goes to the server and the account that were named here.

    What stands in a variable is there for the next command, too, and is not repeated.
    """
    if "copper-emulator " not in text or (ctx := click.get_current_context(silent=True)) is None:
        return text
    given = {name: value for name in ("server", "account") if (value := _given(ctx, name)) is not None}
    return _ADVISED.sub(lambda found: found[0] + _options(ctx, found[1], given), text) if given else text


def _given(ctx: click.Context, name: str) -> str | None:
    """What the command line itself says, after the command or before it."""
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


def named_as_options(text: str) -> str:
    """`timeout: ...` as `--timeout: ...`, where that is an option of the command."""
    ctx = click.get_current_context(silent=True)
    if ctx is None:
        return text
    options = {str(each.name): max(each.opts, key=len) for each in ctx.command.params if isinstance(each, click.Option)}
    return _NAMED.sub(lambda found: found[1] + options.get(found[2], found[2]), text)


def keep_typed(ctx: click.Context, args: Sequence[str]) -> None:
    """What was typed after `copper-emulator`; click takes it apart."""
    ctx.meta[_TYPED] = tuple(args)


def repeated(option: str, value: str) -> str:
    """The command line as it was typed, to be copied, with an option that it lacked."""
    ctx = click.get_current_context()
    return shlex.join(["copper-emulator", option, value, *ctx.meta.get(_TYPED, ())])
