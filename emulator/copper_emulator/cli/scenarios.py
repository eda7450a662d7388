"""The commands on scenarios of a running server: `scenarios`, `play`, `record`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from copper_emulator.cli import Faulty, WrongUse
from copper_emulator.cli.client import Client
from copper_emulator.cli.files import write_private
from copper_emulator.cli.options import for_an_account, json_option, server_option
from copper_emulator.cli.output import Output
from copper_emulator.core.text import count, duration_text


@click.command(short_help="Show which scenarios a running server can play.")
@server_option
@json_option
def scenarios(*, server: str, as_json: bool) -> None:
    """Show which scenarios a running server can play, and what each shows.

    \b
    Example:
      copper-emulator scenarios
    """
    client, output = Client(server), Output(as_json=as_json)
    shown = client.get("/scenarios")
    output.json(shown)
    for each in shown["scenarios"]:
        output.line(f"{each['name']:<32} {each['fault'] or each['shows']}", style="red" if each["fault"] else "")


@click.command(short_help="Play a scenario on an account of a running server.")
@click.argument("scenario", metavar="NAME|FILE")
@click.option("--target", metavar="URL", help="gets all of its notifications; else they go where the routes lead")
@click.option("--reset", is_flag=True, help="make the account as it was at the start before it is played")
@for_an_account
def play(*, scenario: str, target: str | None, reset: bool, server: str, account: str | None, as_json: bool) -> None:
    """Play a scenario on an account of a running server, in virtual time. Exit code 1 where a step failed.

    NAME is one of those that `copper-emulator scenarios` shows, FILE one of yours; `copper-emulator run` plays them
    without a server.

    \b
    Examples:
      copper-emulator play first_notification --reset
      copper-emulator play my_scenario.yaml --target http://127.0.0.1:5000/hooks/copper
    """
    said: dict[str, Any] = {"reset": reset, **_meant(scenario)}
    if target is not None:
        said["target"] = target
    client, output = Client(server), Output(as_json=as_json)
    path = client.account(account) + "/scenarios/run"
    try:
        number = client.post(path, said)["run"]
    except WrongUse as error:
        raise _of_the_file(scenario, error) from None
    played = 0
    while True:
        shown = client.get(f"{path}s/{number}", {"after": played, "timeout": 30})
        for step in shown["steps"][played:]:
            _show(step, output)
        played = len(shown["steps"])
        if shown["state"] != "playing":
            break
    output.json(shown)
    passed = shown["state"] == "passed"
    told = f"PASSED  {shown['title']}: {_sent(shown)}" if passed else f"FAILED  {shown['title']}: {shown['failure']}"
    output.line(told, style="bold green" if passed else "bold red")
    if shown["left"]:
        left = ", ".join(shown["left"])
        output.line(f"The account goes on with the settings {left}; copper-emulator reset gives it its own back.")
    if not passed:
        raise click.exceptions.Exit(1)


@click.command(short_help="Record what is done in an account, as a scenario.")
@click.argument("what", metavar="start|stop|show", type=click.Choice(["start", "stop", "show"]))
@click.option(
    "--output", "file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="write it there"
)
@for_an_account
def record(*, what: str, file: Path | None, server: str, account: str | None, as_json: bool) -> None:
    """Record what is done in an account, in whichever way, as a scenario file that does it again.

    The file has the secrets and headers of subscriptions in it: without them it could not be played.

    \b
    Examples:
      copper-emulator record start
      copper-emulator record stop --output my_session.yaml
    """
    client, output = Client(server), Output(as_json=as_json)
    path = client.account(account) + "/recording"
    shown = client.get(path) if what == "show" else client.post(f"{path}/{what}", {})
    output.json(shown)
    if what == "start":
        output.line("What is done from now on is recorded; copper-emulator record stop ends it.")
        return
    if shown["scenario"] is None:
        output.line("Nothing has been recorded.")
    elif file is None:
        output.line(shown["scenario"].rstrip("\n"))
    else:
        _write(file, shown["scenario"])
        output.line(f"What was done is in {file}; copper-emulator run {file} does it again.")


def _sent(shown: Mapping[str, Any]) -> str:
    waiting = f", {shown['waiting']:,} still waiting" if shown["waiting"] else ""
    return f"{count(shown['total_steps'], 'step')}, {count(shown['sent'], 'notification')} sent{waiting}"


def _meant(scenario: str) -> dict[str, str]:
    file = Path(scenario)
    if not file.is_file():
        return {"name": file.stem if file.suffix == ".yaml" else scenario}
    try:
        return {"scenario": file.read_text(encoding="utf-8-sig")}
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUse(f"{file} cannot be read: {error}") from None


def _of_the_file(scenario: str, error: WrongUse) -> WrongUse:
    """What is wrong with a text, as that of the file which it was read from: the server knows no file."""
    return Faulty(re.sub(r"^scenario(?=:\d+: )", lambda _: scenario, error.message, flags=re.MULTILINE))


def _write(file: Path, text: str) -> None:
    try:
        write_private(file, text)
    except OSError as error:
        raise WrongUse(f"{file} cannot be written: {error.strerror or error}") from None


def _show(step: Mapping[str, Any], output: Output) -> None:
    ended = f"  [{count(step['ended'], 'notification')}]" if step["ended"] else ""
    mark, style = ("ok    ", "") if step["passed"] else ("FAILED", "bold red")
    at = f"+{duration_text(step['at_ms'])}" if step["at_ms"] else "+0s"
    output.line(f"  {mark} {step['number'] or '-':>3}  {at:>8}  {step['text']}{ended}", style=style)
