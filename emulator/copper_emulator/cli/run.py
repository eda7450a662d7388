"""The commands for scenario files: `run` plays them, `schema` prints their JSON Schema."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from copper_emulator.cli import Mistaken, WrongUse
from copper_emulator.cli.fetching import tell_where
from copper_emulator.cli.files import DOCUMENT, STDIO, check_writable, read, write_document
from copper_emulator.cli.options import pair_of
from copper_emulator.cli.output import Output
from copper_emulator.cli.values import Number
from copper_emulator.core.errors import ScenarioError, UsageError
from copper_emulator.core.surface import Surface
from copper_emulator.core.text import count
from copper_emulator.scenarios import Performance, Scenario, StepResult, json_schema, load, perform, shipped_names
from copper_emulator.scenarios.junit import junit
from copper_emulator.scenarios.load import parse_bytes
from copper_emulator.scenarios.result import sent_text
from copper_emulator.scenarios.words import moment_text
from copper_emulator.setting_values import RANDOM
from copper_emulator.settings import Settings
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.host import Host
from copper_emulator.shell.routing.routes import checked_url
from copper_emulator.shell.serving.one_account import listening
from copper_emulator.shell.serving.server import DEFAULT_PORT


@click.command(short_help="Play scenario files.")
@click.argument("files", metavar="FILE...", nargs=-1)
@click.option(
    "--target", metavar="URL", help="send all notifications there, path included; by default to a built-in endpoint"
)
@click.option(
    "--set",
    "--settings",
    "overrides",
    metavar="NAME=VALUE",
    multiple=True,
    help="overrides the scenario's own, like limits=off; repeatable",
)
@click.option(
    "--port",
    type=Number(0, 65535),
    help=f"with --target, for the API it fetches from; {DEFAULT_PORT} by default, or a free one if that is in use",
)
@click.option("--token", metavar="TOKEN", default="", help="with --target, accept only this token; without it, any")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object with everything")
@click.option(
    "--junit", "junit_file", metavar="FILE", type=DOCUMENT, help="write the results as JUnit XML; - is stdout"
)
def run(*, files: tuple[str, ...], as_json: bool, junit_file: str | None, **given: Any) -> None:
    """Play scenario files, each on an account of its own and in virtual time.

    FILE is a file (- is stdin), or the name of a scenario that comes with the emulator. With --target the command
    serves an API from which records can be fetched. The exit code is 0 if all passed, 1 if one failed, 2 if they
    could not be played: a file or an option could not be understood, or --port is in use.

    \b
    Examples:
      copper-emulator run first_notification
      copper-emulator run my_scenario.yaml --target http://127.0.0.1:5000/hooks/copper
    """
    output = _output(junit_file, as_json=as_json)
    asked = _Options(**given)
    try:
        settings = _settings(asked.overrides)
        scenarios = _load(files)
        with _served(asked, scenarios, settings, output) as host:
            played = [_timed(partial(_play, scenario, asked, settings, host, output)) for scenario in scenarios]
    except UsageError as error:
        raise Mistaken(str(error)) from None
    passed = sum(performance.passed for performance, _ in played)
    results = [_json(performance) for performance, _ in played]
    output.json({"passed": passed == len(played), "target": asked.target, "scenarios": results})
    if len(played) > 1:
        output.line(f"{passed} of {len(played)} scenarios passed", style=_style(good=passed == len(played)))
    if junit_file is not None:
        write_document(junit_file, junit(played, asked.target or "the built-in endpoint"))
    if passed < len(played):
        raise click.exceptions.Exit(1)


def _output(junit_file: str | None, *, as_json: bool) -> Output:
    if junit_file is None:
        return Output(as_json=as_json)
    if junit_file == STDIO and as_json:
        raise WrongUse("stdout can take only one of --json and --junit -")
    check_writable(junit_file)
    return Output(as_json=as_json, is_free=junit_file != STDIO)


@click.command(short_help="Print the JSON Schema of scenario files.")
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors and checks.

    \b
    Example:
      copper-emulator schema
    """
    click.echo(json.dumps(json_schema(), indent=2))


@dataclass(frozen=True, slots=True)
class _Options:
    """What the command line says apart from the files."""

    target: str | None
    overrides: tuple[str, ...]
    port: int | None
    token: str

    def again(self, file: str, seed: int) -> str:
        """The command line that plays one file with the same draws. It has no token: without one, any is accepted."""
        words = ["copper-emulator", "run", file]
        for option, value in (("--target", self.target), ("--port", self.port)):
            words += [] if value is None else [option, str(value)]
        for text in self.overrides:
            words += [] if text.partition("=")[0].strip() == "seed" else ["--set", text]
        return shlex.join([*words, "--set", f"seed={seed}"])


def _settings(overrides: Sequence[str]) -> Mapping[str, str]:
    settings = {}
    for text in overrides:
        name, value = pair_of(f"--set {text!r}", text, form="NAME=VALUE, like --set limits=off")
        settings[name.strip()] = value.strip()
    chosen = Settings(**settings)
    # Chosen once, for all scenarios.
    return {**settings, "seed": str(chosen.seed)} if settings.get("seed") == RANDOM else settings


def _load(files: Sequence[str]) -> list[Scenario]:
    if not files:
        raise UsageError(f"name a scenario file, or one that comes with the emulator: {', '.join(shipped_names())}")
    loaded, faults = [], []
    for name in files:
        try:
            loaded.append(parse_bytes(read(Path(name)), name) if name == STDIO else load(name))
        except ScenarioError as error:
            faults.append(str(error))
    if faults:
        raise ScenarioError("\n".join(faults))
    return loaded


@contextmanager
def _served(
    asked: _Options, scenarios: Sequence[Scenario], settings: Mapping[str, str], output: Output
) -> Iterator[Host | None]:
    """Serve the API from which a target can fetch, one for all scenarios; the built-in endpoint fetches nothing."""
    if asked.target is None:
        if asked.port is not None or asked.token:
            raise UsageError("--port and --token are for the API that your endpoint fetches from: give --target, too")
        yield None
        return
    # Checked before anything is played or announced.
    for scenario in scenarios:
        played_by = Settings(**scenario.with_settings(settings).content.settings)
        checked_url(asked.target, played_by.allow_targets, Surface.RUN)
    host = listening(asked.port, token=asked.token)
    try:
        tell_where(host.api_url(), asked.port, output, any_token=not asked.token)
        yield host
    finally:
        host.close()


def _timed(play: Callable[[], Performance]) -> tuple[Performance, float]:
    """A performance, with the seconds of real time that it took."""
    began = monotonic()
    return play(), monotonic() - began


def _play(
    scenario: Scenario, asked: _Options, settings: Mapping[str, str], host: Host | None, output: Output
) -> Performance:
    output.line(f"{scenario.name} ({scenario.source})", style="bold")
    if scenario.content.description:
        output.line(f"  {scenario.content.description.strip()}")
    if asked.target is None:
        checks = ", and 401 to a wrong secret" if scenario.content.secret else ""
        output.line(f"  Sent to the built-in endpoint, which answers 200{checks}. For yours: --target URL", style="dim")
    else:
        named = ", ".join(f"{name}={value}" for name, value in (scenario.content.secret or {}).items())
        # It is in plain text in the file anyway, and without it nobody could set up the endpoint.
        wants = f"; it must accept the scenario's secret, {named}" if named else ""
        output.line(f"  Sent to {asked.target}{wants}", style="dim")
    played = perform(
        scenario,
        target=asked.target,
        settings=settings,
        on_step=lambda step: _show_step(step, output),
        host=host,
        token=asked.token,
    )
    _show_end(played, asked, output)
    return played


def _show_step(step: StepResult, output: Output) -> None:
    ended = f"  [{count(step.ended, 'notification')}]" if step.ended else ""
    number = str(step.number) if step.number else "-"
    mark, style = ("ok    ", "") if step.passed else ("FAILED", "bold red")
    output.line(f"  {mark} {number:>3}  {moment_text(step.at_ms):>8}  {step.text}{ended}", style=style)


def _show_end(played: Performance, asked: _Options, output: Output) -> None:
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
            output.line(f"  {count(left, 'step')} after it {'was' if left == 1 else 'were'} not played")
    elif played.verdict:
        output.line(f"FAILED  {result.source}: every step passed, but:", style="bold red")
        output.line(_indented(played.verdict))
    else:
        text = f"{count(result.total_steps, 'step')}, {sent_text(result.sent, result.waiting)}"
        output.line(f"PASSED  {result.name}: {text}", style="bold green")
    if not played.passed and played.drawn_from is not None:
        again = asked.again(result.source, played.drawn_from)
        output.line(f"  Drawn from seed {played.drawn_from}; to repeat: {again}")
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
        "waiting": result.waiting,
        "steps": [step.to_json() for step in result.steps],
        "total_steps": result.total_steps,
        "verdict": played.verdict or None,
        "drawn_from": played.drawn_from,
        "timeline": result.timeline.splitlines(),
    }
