"""The commands about scenarios: `run` plays files, `schema` prints what may stand in them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click

from copper_emulator.cli import WrongUse
from copper_emulator.cli.output import Output, complain
from copper_emulator.core.errors import ScenarioError, UsageError
from copper_emulator.core.text import count
from copper_emulator.scenarios import Performance, Scenario, StepResult, json_schema, load, perform, shipped_names
from copper_emulator.scenarios.perform import check_url
from copper_emulator.scenarios.words import moment_text
from copper_emulator.settings import RANDOM, Settings


class _Refused(WrongUse):
    """What is wrong with the files or settings, a fault a line; exit code 2."""

    def show(self, file: Any = None) -> None:
        for line in self.message.splitlines():
            complain(line)


@click.command(short_help="Play scenario files.")
@click.argument("files", metavar="FILE...", nargs=-1)
@click.option(
    "--target", metavar="URL", help="send all notifications there, path included; else to a built-in endpoint"
)
@click.option(
    "--settings",
    "overrides",
    metavar="NAME=VALUE",
    multiple=True,
    help="instead of the scenario's own, like limits=off; repeatable",
)
@click.option("--json", "as_json", is_flag=True, help="print one JSON object with everything")
def run(*, files: tuple[str, ...], target: str | None, overrides: tuple[str, ...], as_json: bool) -> None:
    """Play scenario files, each on an account of its own and in virtual time.

    FILE is a file, or the name of a scenario that comes with the emulator. The exit code is 0 when all passed, 1 when
    one failed, 2 when a file or an option could not be understood.

    \b
    Examples:
      copper-emulator run first_notification
      copper-emulator run my_scenario.yaml --target http://127.0.0.1:5000/hooks/copper
    """
    output = Output(as_json=as_json)
    try:
        settings = _settings(overrides)
        scenarios = _load(files)
        if target is not None:
            _check(target, scenarios, settings)
        played = [_play(scenario, target, settings, output) for scenario in scenarios]
    except UsageError as error:
        raise _Refused(str(error)) from None
    passed = sum(each.passed for each in played)
    output.json({"passed": passed == len(played), "target": target, "scenarios": [_json(each) for each in played]})
    if len(played) > 1:
        output.line(f"{passed} of {len(played)} scenarios passed", style=_style(good=passed == len(played)))
    if passed < len(played):
        raise click.exceptions.Exit(1)


@click.command(short_help="Print the JSON Schema of scenario files.")
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors and checks.

    \b
    Example:
      copper-emulator schema
    """
    click.echo(json.dumps(json_schema(), indent=2))


def _settings(overrides: Sequence[str]) -> Mapping[str, str]:
    settings = {}
    for text in overrides:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--settings {text}: write NAME=VALUE, like --settings limits=off")
        settings[name.strip()] = value.strip()
    chosen = Settings.of(settings)
    # Chosen once, for all of the scenarios.
    return {**settings, "seed": str(chosen.seed)} if settings.get("seed") == RANDOM else settings


def _load(files: Sequence[str]) -> list[Scenario]:
    if not files:
        raise UsageError(f"name a scenario file, or one of those that come with it: {', '.join(shipped_names())}")
    loaded, faults = [], []
    for name in files:
        try:
            loaded.append(load(name))
        except ScenarioError as error:
            faults.append(str(error))
    if faults:
        raise ScenarioError("\n".join(faults))
    return loaded


def _check(target: str, scenarios: Sequence[Scenario], settings: Mapping[str, str]) -> None:
    """Before anything is played or said to be sent there."""
    for scenario in scenarios:
        played_by = Settings.of(scenario.with_settings(settings).content.settings)
        check_url(target, played_by.allow_targets)


def _play(scenario: Scenario, target: str | None, settings: Mapping[str, str], output: Output) -> Performance:
    output.line(f"{scenario.name} ({scenario.source})", style="bold")
    if scenario.content.description:
        output.line(f"  {scenario.content.description.strip()}")
    if target is None:
        checks = ", and 401 to a wrong secret" if scenario.content.secret else ""
        output.line(f"  Sent to the built-in endpoint, which answers 200{checks}. Yours: --target URL", style="dim")
    else:
        named = ", ".join(f"{name}={value}" for name, value in (scenario.content.secret or {}).items())
        # What a file says in the open is no secret, and without it nobody could set up the endpoint.
        wants = f"; it must accept the scenario's secret, {named}" if named else ""
        output.line(f"  Sent to {target}{wants}", style="dim")
    played = perform(scenario, target=target, settings=settings, on_step=lambda step: _show_step(step, output))
    _show_end(played, output)
    return played


def _show_step(step: StepResult, output: Output) -> None:
    ended = f"  [{count(step.ended, 'notification')}]" if step.ended else ""
    number = str(step.number) if step.number else "-"
    mark, style = ("ok    ", "") if step.passed else ("FAILED", "bold red")
    output.line(f"  {mark} {number:>3}  {moment_text(step.at_ms):>8}  {step.text}{ended}", style=style)


def _show_end(played: Performance, output: Output) -> None:
    result = played.result
    output.line("  Timeline (virtual time, UTC):")
    for line in result.timeline.splitlines():
        output.journal_line(line, lead="    ")
    step = result.failed_step
    if step is not None:
        output.line(f"FAILED  {result.source}:{step.line}: step {step.number}: {step.text}", style="bold red")
        output.line(_indented(step.failure))
        left = result.total_steps - step.number
        if left:
            output.line(f"  {count(left, 'step')} after it not played")
    elif played.verdict:
        output.line(f"FAILED  {result.source}: every step passed, but:", style="bold red")
        output.line(_indented(played.verdict))
    else:
        sent = count(result.sent, "notification")
        output.line(f"PASSED  {result.name}: {count(result.total_steps, 'step')}, {sent} sent", style="bold green")
    if not played.passed and played.drawn_from is not None:
        output.line(f"  The draws came from seed {played.drawn_from}; again with --settings seed={played.drawn_from}")
    output.line("")


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _style(*, good: bool) -> str:
    return "bold green" if good else "bold red"


def _json(played: Performance) -> dict[str, Any]:
    result = played.result
    return {
        "name": result.name,
        "file": result.source,
        "passed": played.passed,
        "sent": result.sent,
        "steps": [step.to_json() for step in result.steps],
        "total_steps": result.total_steps,
        "verdict": played.verdict or None,
        "drawn_from": played.drawn_from,
        "timeline": result.timeline.splitlines(),
    }
