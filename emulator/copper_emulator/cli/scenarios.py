"""The commands about scenarios in a running server: `scenarios`, `play`, `record`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from copper_emulator.cli import Failure, Mistaken, WrongUse
from copper_emulator.cli.client import Client
from copper_emulator.cli.files import STDIO, read_text, write_private
from copper_emulator.cli.options import for_an_account, json_option, server_option
from copper_emulator.cli.output import Output
from copper_emulator.cli.values import OneOf
from copper_emulator.core.text import count, duration_text

_LOOK = 30
"""Seconds for which the server waits for the next step before it answers that there is none yet."""


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
@click.option(
    "--target", metavar="URL", help="where to send all of its notifications; by default where the routes lead"
)
@click.option("--reset", is_flag=True, help="empty the account before playing")
@for_an_account
def play(*, scenario: str, target: str | None, reset: bool, server: str, account: str | None, as_json: bool) -> None:
    """Play a scenario on an account of a running server, in virtual time. The exit code is 1 if a step failed.

    NAME is one that `copper-emulator scenarios` shows, FILE one of yours (- is stdin); `copper-emulator run`
    plays them without a server.

    \b
    Examples:
      copper-emulator play first_notification --reset
      copper-emulator play my_scenario.yaml --target http://127.0.0.1:5000/hooks/copper
    """
    body: dict[str, Any] = {"reset": reset, **_meant(scenario)}
    if target is not None:
        body["target"] = target
    client, output = Client(server), Output(as_json=as_json)
    path = client.account(account) + "/scenarios/run"
    try:
        number = client.post(path, body)["run"]
    except WrongUse as error:
        # A name is tried for a file that is not there, but it was a file that was asked for.
        lacking = f"there is no file {scenario}, and " if "name" in body and Path(scenario).suffix else ""
        raise Mistaken(lacking + _of_the_file(scenario, error.message)) from None
    played = 0
    while True:
        shown = client.get(f"{path}s/{number}", {"after": played, "timeout": _LOOK}, waits=_LOOK)
        for step in shown["steps"][played:]:
            _show(step, output)
        played = len(shown["steps"])
        if shown["state"] != "playing":
            break
    shown = _told_of_the_file(shown, scenario, reset=reset)
    output.json(shown)
    passed = shown["state"] == "passed"
    verdict = f"PASSED  {shown['title']}: {_sent(shown)}" if passed else f"FAILED  {shown['title']}: {shown['failure']}"
    output.line(verdict, style="bold green" if passed else "bold red")
    if shown["left"]:
        left = ", ".join(shown["left"])
        output.line(f"The account keeps the settings {left}; copper-emulator reset gives it back its own.")
    if not passed:
        raise click.exceptions.Exit(1)


@click.command(short_help="Record what is done in an account, as a scenario.")
@click.argument("what", metavar="start|stop|show", type=OneOf(["start", "stop", "show"]))
@click.option(
    "--output",
    "file",
    metavar="FILE",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="write it to FILE; - is stdout",
)
@for_an_account
def record(*, what: str, file: Path | None, server: str, account: str | None, as_json: bool) -> None:
    """Record what is done in an account, in any way, as a scenario file that repeats it.

    The file contains the secrets and headers of subscriptions: without them it could not be played.

    \b
    Examples:
      copper-emulator record start
      copper-emulator record stop --output my_session.yaml
    """
    if what == "start" and file is not None:
        raise WrongUse("--output says where stop and show write the scenario; leave it out of start")
    client, output = Client(server), Output(as_json=as_json)
    path = client.account(account) + "/recording"
    shown = client.get(path) if what == "show" else client.post(f"{path}/{what}", {})
    if str(file) != STDIO:
        output.json(shown)
    if what == "start":
        output.line("Recording what is done from now on; copper-emulator record stop ends it.")
        return
    if shown["scenario"] is None:
        raise Failure("nothing has been recorded" + (", so nothing was written" if file is not None else ""))
    if file is None:
        output.line(shown["scenario"].rstrip("\n"))
    else:
        _write(file, shown, output)


def _write(file: Path, shown: Mapping[str, Any], output: Output) -> None:
    try:
        write_private(file, shown["scenario"])
    except Failure as error:
        kept = "It is still there, until the next start: copper-emulator record show --output FILE"
        raise Failure(f"{error}. {kept}") from None
    if str(file) != STDIO:
        output.line(f"What was done is in {file}; copper-emulator run {file} repeats it.")
        output.line(f"In a running server: copper-emulator play {file} --reset")
        if shown["remarks"]:
            output.line(f"{count(shown['remarks'], 'comment')} in it: no step can repeat what was done there.")


def _sent(shown: Mapping[str, Any]) -> str:
    waiting = f", {shown['waiting']:,} still waiting" if shown["waiting"] else ""
    return f"{count(shown['total_steps'], 'step')}, {count(shown['sent'], 'notification')} sent{waiting}"


def _meant(scenario: str) -> dict[str, str]:
    file = Path(scenario)
    if scenario != STDIO and not file.is_file():
        return {"name": file.stem if file.suffix == ".yaml" else scenario}
    return {"scenario": read_text(file)}


def _of_the_file(scenario: str, text: str) -> str:
    """A server's message about a scenario, with the file's name, which the server does not know."""
    return re.sub(r"^scenario(?=:\d+: )", lambda _: scenario, text, flags=re.MULTILINE)


_THERE_ALREADY = re.compile(r"\bId: \d+ is already there")


def _told_of_the_file(shown: dict[str, Any], scenario: str, *, reset: bool) -> dict[str, Any]:
    if shown["failure"] is None:
        return shown
    failure = _of_the_file(scenario, shown["failure"])
    if _THERE_ALREADY.search(failure) and not reset:
        failure += "\nThe account has records with these ids: play it with --reset, which empties the account first."
    return {**shown, "failure": failure}


def _show(step: Mapping[str, Any], output: Output) -> None:
    ended = f"  [{count(step['ended'], 'notification')}]" if step["ended"] else ""
    mark, style = ("ok    ", "") if step["passed"] else ("FAILED", "bold red")
    at = f"+{duration_text(step['at_ms'])}" if step["at_ms"] else "+0s"
    output.line(f"  {mark} {step['number'] or '-':>3}  {at:>8}  {step['text']}{ended}", style=style)
