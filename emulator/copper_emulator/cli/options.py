"""The options shared by all commands that talk to a running server, and how values are written in options."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from copper_emulator.cli import WrongUse
from copper_emulator.cli.client import DEFAULT_URL

F = TypeVar("F", bound=Callable[..., Any])


def _said_before(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """The option after the command, else the one before it, else the variable or the default."""
    name = str(parameter.name)
    if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
        return value
    return ctx.find_root().params.get(name) or value


server_option = click.option(
    "--server",
    metavar="URL",
    envvar="COPPER_EMULATOR_URL",
    default=DEFAULT_URL,
    show_default=True,
    show_envvar=True,
    callback=_said_before,
    help="the server to talk to",
)
account_option = click.option(
    "--account",
    metavar="NAME",
    envvar="COPPER_EMULATOR_ACCOUNT",
    show_envvar=True,
    callback=_said_before,
    help="needed if the server has several, as each new token may open one (see status)",
)
json_option = click.option("--json", "as_json", is_flag=True, help="print the answer as JSON")


def for_an_account(command: F) -> F:
    """The options of a command about one account: --server, --account and --json."""
    for add in (json_option, account_option, server_option):
        command = add(command)
    return command


IN_PLAY = "for tests, and for scenarios played here"
"""What the settings `strict` and `allow` are for in a server."""


def pair_of(option: str, text: str, *, form: str) -> tuple[str, str]:
    """`NAME=VALUE` as a pair, separated at the first `=`. Raises WrongUse, which names the form to write."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise WrongUse(f"{option}: write {form}")
    return name, value


def pairs_of(option: str, given: tuple[str, ...]) -> dict[str, str]:
    """`key=s3cret` as {"key": "s3cret"}; values are text. A wrong one may be the secret itself, and is not repeated."""
    form = "KEY=VALUE" if option == "--secret" else "NAME=VALUE"
    return dict(pair_of(option, text, form=form) for text in given)


def route_of(option: str, text: str) -> tuple[str, str]:
    """`ORIGIN=URL` as a pair: an origin has no `=`, a URL's query may."""
    return pair_of(option, text, form="ORIGIN=URL, like https://my-app.example=http://127.0.0.1:5000")


def json_or_text(text: str) -> Any:
    """A value from the command line: JSON if it can be read as JSON, else text."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text


def settings_given(given: tuple[str, ...]) -> dict[str, Any]:
    """The values of `--set`: `batch=1` as {"batch": 1}; the server knows which settings exist."""
    fields = fields_of("--set", given, form="NAME=VALUE", like="batch=1")
    # As in the options of `serve`: over-limit is over_limit.
    return {name.replace("-", "_"): value for name, value in fields.items()}


def fields_of(
    option: str, given: tuple[str, ...], *, form: str = "FIELD=VALUE", like: str = "name=Ada"
) -> dict[str, Any]:
    """`name=Ada` as {"name": "Ada"}, `custom_fields.17=Gold` as an item of the API's list `custom_fields`."""
    fields: dict[str, Any] = {}
    for text in given:
        name, value = pair_of(f"{option} {text!r}", text, form=f"{form}, like {option} {like}")
        first, _, number = name.partition(".")
        if first == "custom_fields" and number:
            fields.setdefault(first, []).append(_custom(option, text, number, value))
        elif name in fields:
            raise WrongUse(f"{option} {text!r}: {name} is given twice")
        else:
            fields[name] = json_or_text(value)
    return fields


@contextmanager
def values_told(option: str, given: tuple[str, ...]) -> Iterator[None]:
    """If a text is required but a value was read as JSON, add to the error how to write it as text."""
    try:
        yield
    except WrongUse as error:
        hints = [_as_text(option, *text.partition("=")[::2], error.message) for text in given]
        raise WrongUse("; ".join(filter(None, [error.message, *hints]))) from None


def _as_text(option: str, name: str, value: str, message: str) -> str:
    label = name.replace("_", " ").title()
    if value[:1] in ("[", "{") and isinstance(json_or_text(value), str) and label in message:
        return f"{value} is not JSON, so it was read as text"
    if isinstance(json_or_text(value), str) or f"{label}: must be a string" not in message:
        return ""
    return f"{value} was read as JSON; as text it is {option} {shlex.quote(f'{name}={json.dumps(value)}')}"


def _custom(option: str, text: str, number: str, value: str) -> dict[str, Any]:
    if not (number.isascii() and number.isdecimal() and len(number) < 20):
        raise WrongUse(f"{option} {text!r}: write custom_fields.ID=VALUE, with the id of the custom field's definition")
    return {"custom_field_definition_id": int(number), "value": json_or_text(value)}


def _no_constant(name: str) -> None:
    raise ValueError(name)
