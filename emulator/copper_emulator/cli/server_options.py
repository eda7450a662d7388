"""What `serve` and `exec` have in common: the options of a server, and the settings they give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from copper_emulator.cli import WrongUse
from copper_emulator.cli.options import IN_PLAY, route_of
from copper_emulator.cli.values import OneOf
from copper_emulator.core.errors import RouteError, SettingsError
from copper_emulator.settings import SETTINGS, Settings

if TYPE_CHECKING:
    from copper_emulator.shell.served.runs import Player

F = TypeVar("F", bound=Callable[..., Any])

IN_FLIGHT = 16
"""A real endpoint takes several requests at once; tests want a strict order, so the default there is 1."""

_NOTES: Mapping[str, str] = {
    "strict": IN_PLAY,
    "allow": IN_PLAY,
    "echo_depth": "only with --clock manual: in real time nothing tells whose change it is",
}
"""How an option differs from the setting in tests."""

_OPTION_NAMES = {"allow_targets": "allow-target", "faults": "fault"}
_REPEATABLE = {"allow_targets": "HOST", "ca": "FILE", "faults": "FAULT"}


def option_name(setting: str) -> str:
    """`over_limit` -> `--over-limit`; repeatable ones are singular."""
    return "--" + _OPTION_NAMES.get(setting, setting).replace("_", "-")


def server_options(*, no_intercept: str, notes: Mapping[str, str] | None = None) -> Callable[[F], F]:
    """Add options for routes, tokens, clock and state, and one for every setting.

    Args:
        no_intercept: why `--intercept` is refused: Copper's hosts are redirected to a server by its proxy.
        notes: how settings differ from their descriptions here.
    """
    help_notes = {**_NOTES, **(notes or {})}
    return lambda command: _shared(_setting_options(_no_interception(command, no_intercept), help_notes))


class SettingOption(click.Option):
    """An option for the setting of its name, and without a default of its own: it shows that of `settings.py`.

    It is computed only for the help: the first time, pydantic has to build its serializer.
    """

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        default = _default_text(self.name or "")
        return record if record is None or not default else (record[0], f"{record[1]}  [default: {default}]")


def _setting_options(command: F, notes: Mapping[str, str]) -> F:
    """Add an option for each setting, with its name, value syntax, default and description."""
    for name, setting in reversed(list(SETTINGS.items())):
        if name == "intercept":
            continue
        text = setting.meaning
        if name in notes:
            text += f" ({notes[name]})"
        option = option_name(name)
        if isinstance(setting.default, bool):
            option, given = f"{option}/--no-{option.removeprefix('--')}", {}
        elif name in _REPEATABLE:
            text, given = f"{text}; repeatable", {"metavar": _REPEATABLE[name], "multiple": True}
        else:
            given = {"metavar": "VALUE"}
        command = click.option(option, name, cls=SettingOption, default=None, help=text, **given)(command)
    return command


def _default_text(name: str) -> str:
    default = _defaults()[name]
    if name in _REPEATABLE:
        return ""
    if isinstance(default, bool):
        return "yes" if default else "no"
    return ",".join(map(str, default)) if isinstance(default, list) else str(default)


@cache
def _defaults() -> Mapping[str, Any]:
    """The defaults of a server, as people write them."""
    return _of_a_server(Settings()).as_json()


def _of_a_server(settings: Settings) -> Settings:
    return settings.with_unchecked({"in_flight": IN_FLIGHT})


def _no_interception(command: F, why: str) -> F:
    """Accept an option that people may know from tests, and say what to use instead."""

    def refuse(ctx: click.Context, parameter: click.Parameter, value: bool | None) -> None:  # noqa: FBT001 - click's signature
        if value is not None:
            raise WrongUse(f"--intercept: {why}")

    hidden = click.option("--intercept/--no-intercept", default=None, hidden=True, expose_value=False, callback=refuse)
    return hidden(command)


def _no_empty_token(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    if any(not token.strip() for token in given):
        raise WrongUse("--token: a token cannot be empty")
    return given


def _no_empty_name(ctx: click.Context, parameter: click.Parameter, given: str | None) -> str | None:
    # As a shell expands an unset variable.
    if given is not None and not given.strip():
        raise WrongUse("--state: the name of a file cannot be empty; leave --state out to keep nothing")
    if given == "-":
        raise WrongUse("--state: a state is kept in a file, and - is not one")
    return given


def _shared(command: F) -> F:
    for add in (
        click.option(
            "--state",
            metavar="FILE",
            # What is there is looked at when it is opened: a file that cannot be used is no wrong use of the command.
            type=click.Path(readable=False),
            callback=_no_empty_name,
            help="keep everything in FILE and continue from it; created if there is none",
        ),
        click.option(
            "--clock",
            type=OneOf(["wall", "manual"]),
            default="wall",
            show_default=True,
            help="manual: see advance",
        ),
        click.option(
            "--token",
            "tokens",
            metavar="TOKEN",
            multiple=True,
            callback=_no_empty_token,
            help="accept only this token; repeatable",
        ),
        click.option(
            "--route",
            "routes",
            metavar="ORIGIN=URL",
            multiple=True,
            callback=_parse_route,
            help="send ORIGIN and targets below it to URL (/h is not above /hooks); repeatable, the longest wins",
        ),
    ):
        command = add(command)
    return command


def _parse_route(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> list[tuple[str, str]]:
    routes: list[tuple[str, str]] = []
    if not given:
        return routes
    from copper_emulator.shell.routing.routes import Routes

    for text in given:
        origin, url = route_of(f"--route {text!r}", text)
        try:
            Routes().add(origin, url, "url")
        except RouteError as error:
            raise WrongUse(f"--route {text!r}: {error}") from None
        routes.append((origin, url))
    return routes


def settings_of(given: dict[str, Any]) -> Settings:
    """The settings that the options ask for. Raises WrongUse."""
    values = {name: value for name, value in given.items() if value is not None and value != ()}
    try:
        settings = Settings(**values)
    except SettingsError as error:
        name, colon, rest = str(error).partition(":")
        raise WrongUse(option_name(name) + colon + rest if name in SETTINGS else str(error)) from None
    return settings if "in_flight" in values else _of_a_server(settings)


def player(folder: Path | None) -> Player:
    """A player for the shipped scenarios, and those of a folder."""
    # Imported when first needed, so that the start does not wait for it.
    from copper_emulator.served_scenarios import ServedScenarios

    return ServedScenarios(folder)
