"""`copper-emulator check`: can an endpoint, in any language, cope with what Copper may send it?"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, TypeAlias

import click

from copper_emulator.checks.fetched_from import CheckApi
from copper_emulator.checks.interrupted import report_until_then
from copper_emulator.checks.junit import junit
from copper_emulator.checks.page import page
from copper_emulator.checks.plan import Plan, rows_of, types_of
from copper_emulator.checks.report import Report, Verdict
from copper_emulator.checks.sources import from_command, from_url
from copper_emulator.checks.standalone import standing
from copper_emulator.checks.state import Source
from copper_emulator.cli import WrongUse
from copper_emulator.cli.advice import named_as_options
from copper_emulator.cli.check_service import API_URL, service_of
from copper_emulator.cli.check_table import Table, list_rows
from copper_emulator.cli.ending import ToldToEnd, raised_when_told
from copper_emulator.cli.fetching import in_use, tell_where
from copper_emulator.cli.files import DOCUMENT, STDIO, check_writable, write_document
from copper_emulator.cli.names import types
from copper_emulator.cli.options import pairs_of
from copper_emulator.cli.output import Output
from copper_emulator.cli.server_options import SettingOption
from copper_emulator.cli.streams import Unprinted, silence
from copper_emulator.cli.values import Number
from copper_emulator.core.errors import ApiError, UsageError
from copper_emulator.core.model import DEFAULT_EMAIL
from copper_emulator.core.surface import Surface
from copper_emulator.durations import parse_duration
from copper_emulator.settings import Settings
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.routing.routes import checked_url
from copper_emulator.shell.serving.server import DEFAULT_PORT

_Files: TypeAlias = Mapping[str, Callable[[Report], str]]
"""What is written to which file."""


def _pairs(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    return pairs_of(parameter.opts[0], given)


def _seconds(ctx: click.Context, parameter: click.Parameter, given: str | None) -> float | None:
    if given is None:
        return None
    try:
        return parse_duration(given) / 1000
    except ValueError as error:
        raise WrongUse(f"{parameter.opts[0]}: {error}") from None


def _together(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> str | None:
    """All that was named; None if the option was not given."""
    return ",".join(given) if given else None


def _types(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> str | None:
    return types(ctx, parameter, _together(ctx, parameter, given))


@click.command(short_help="Check whether an endpoint holds up.")
@click.argument("url", metavar="URL", required=False)
@click.argument("command", metavar="[-- COMMAND...]", nargs=-1, type=click.UNPROCESSED)
@click.option("--secret", metavar="KEY=VALUE", multiple=True, callback=_pairs, help="the secret it expects; repeatable")
@click.option("--header", "headers", metavar="NAME=VALUE", multiple=True, callback=_pairs, help="a header it expects")
@click.option("--no-secret", is_flag=True, help="it is meant to accept notifications without a secret")
@click.option(
    "--types",
    metavar="TYPES",
    multiple=True,
    callback=_types,
    help="the types it handles, like person,lead; all by default; repeatable",
)
@click.option("--state-url", metavar="URL", help="a GET returns what it has stored, as JSON")
@click.option("--state-command", metavar="COMMAND", help="prints what it has stored, as JSON")
@click.option(
    "--patience",
    metavar="DURATION",
    default="2s",
    show_default=True,
    callback=_seconds,
    help="how long its state may take to be right",
)
@click.option(
    "--only",
    metavar="ROWS",
    multiple=True,
    callback=_together,
    help="rows to play, like answers,burst (see --list); repeatable",
)
@click.option("--skip", metavar="ROWS", multiple=True, callback=_together, help="rows not to play; repeatable")
@click.option("--list", "listed", is_flag=True, help="show the rows and exit")
@click.option(
    "--port",
    type=Number(0, 65535),
    help=f"for the API it fetches from; {DEFAULT_PORT} by default, or a free one if that is in use",
)
@click.option("--token", metavar="TOKEN", default="", help="accept only this token; without it, any")
@click.option("--email", metavar="EMAIL", default=DEFAULT_EMAIL, show_default=True, help="the account's email")
@click.option("--timeout", metavar="DURATION", cls=SettingOption, help="how long it may take to answer")
@click.option(
    "--time-limit",
    metavar="DURATION",
    default="5m",
    show_default=True,
    callback=_seconds,
    help="start no further row after this time",
)
@click.option(
    "--wait",
    metavar="DURATION",
    callback=_seconds,
    help="how long to wait until something listens at URL; 1m by default with a COMMAND, else not at all",
)
@click.option("--profile", metavar="NAME", cls=SettingOption, help="or developer-docs")
@click.option(
    "--allow-target", "allow_targets", metavar="HOST", multiple=True, help="a host beyond loopback; repeatable"
)
@click.option("--ca", metavar="FILE", multiple=True, help="authorities to trust for https://, as PEM; repeatable")
@click.option(
    "--show-output",
    is_flag=True,
    help="let COMMAND print to stderr as it runs; without it, rows that fail show what it printed meanwhile",
)
@click.option("--strict", is_flag=True, help="end with exit code 1 for a warned row, too")
@click.option("--json", "as_json", is_flag=True, help="print the report as JSON")
@click.option(
    "--junit",
    "junit_file",
    metavar="FILE",
    type=DOCUMENT,
    help="write the report as JUnit XML; - is stdout",
)
@click.option(
    "--html",
    "html_file",
    metavar="FILE",
    type=DOCUMENT,
    help="write the report as an HTML page; - is stdout",
)
def check(*, url: str | None, listed: bool, as_json: bool, **given: Any) -> None:
    """Check whether an endpoint, in any language, holds up to everything Copper may send it.

    The check sends it notifications in rows, in virtual time: batches, late and out of order, wrong secrets, bursts
    up to both limits and more (--list). It serves an API from which records can be fetched. With COMMAND it starts
    the endpoint's service, answers its calls to api.copper.com with that API, and ends it afterwards. Exit code: 0 if
    no row failed (with --strict, nor warned), 1 if one did or the time limit left one out, 2 if it could not be
    checked or no row was played.

    \b
    Examples:
      copper-emulator check http://127.0.0.1:5000/hooks/copper --secret key=s3cret
      copper-emulator check http://127.0.0.1:5000/hooks/copper --state-url http://127.0.0.1:5000/state --types person
      copper-emulator check http://127.0.0.1:5000/hooks/copper --secret key=s3cret -- node server.js
    """
    output = _output(given, as_json=as_json)
    if listed:
        list_rows(output)
        return
    if url is None:
        raise WrongUse("name the endpoint, like http://127.0.0.1:5000/hooks/copper")
    files = {file: text for file, text in ((given["junit_file"], junit), (given["html_file"], page)) if file}
    for file in files:
        check_writable(file)
    table = Table(output)
    try:
        with raised_when_told():
            report = _run(url, output, table, given, files)
    except (UsageError, ApiError) as error:
        raise WrongUse(_told(error)) from None
    except ToldToEnd as error:
        raise click.exceptions.Exit(error.code) from None
    _tell(report, output, table)
    _write(files, report)
    _end(report, strict=given["strict"])


def _write(files: _Files, report: Report) -> None:
    for file, text in files.items():
        write_document(file, text(report))


def _output(given: Mapping[str, Any], *, as_json: bool) -> Output:
    printed = [given["junit_file"], given["html_file"]].count(STDIO)
    if printed + as_json > 1:
        raise WrongUse("stdout can take only one of --json, --junit - and --html -")
    return Output(as_json=as_json, is_free=not printed)


def _end(report: Report, *, strict: bool) -> None:
    if not report.played:
        raise WrongUse(_NOTHING)
    if not report.reached:
        raise WrongUse(_NOT_REACHED)
    warned = any(row.verdict is Verdict.WARNED for row in report.rows)
    if not report.ok or (strict and warned):
        raise click.exceptions.Exit(1)


_NOTHING = (
    "nothing was checked, since every row was skipped; the report says why, and --only, --skip, --types, --no-secret "
    "and --time-limit decide that"
)
_NOT_REACHED = "nothing was checked, since the first notification did not reach the endpoint; the report says why"


def _tell(report: Report, output: Output, table: Table) -> None:
    output.json(report.to_json())
    table.repeat(report.failed)
    if report.cause:
        output.line(report.cause, style="bold")
    for note in report.notes:
        output.line(f"Note: {note}", style="dim")
    output.line(report.summary, style="bold green" if report.ok else "bold red")


def _run(url: str, output: Output, table: Table, given: Mapping[str, Any], files: _Files) -> Report:
    values = {name: given[name] for name in ("timeout", "profile", "allow_targets", "ca") if given[name] is not None}
    settings = Settings(**values, allow_http=True)
    endpoint = checked_url(url, settings.allow_targets, Surface.CHECK)
    plan = Plan(
        target=url,
        shown=url,
        secret=given["secret"],
        headers=given["headers"],
        open=given["no_secret"],
        types=types_of(given["types"]),
        rows=rows_of(given["only"], given["skip"], service=bool(given["command"])),
        state=_state(given["state_url"], given["state_command"], settings.allow_targets),
        patience=given["patience"],
        time_limit=given["time_limit"],
        any_token=not given["token"],
        by_command=True,
    )
    served = standing(endpoint, settings, port=given["port"], token=given["token"], email=given["email"])
    with served as account:
        output.line(f"Checking {url}", style="bold")
        variable = API_URL if given["command"] else ""
        tell_where(account.api_url, given["port"], output, any_token=plan.any_token, variable=variable)
        api = CheckApi(account.api_url, in_use(account.api_url, given["port"]), variable)
        service, began = None, monotonic()
        with ExitStack() as ending:
            try:
                service = ending.enter_context(service_of(endpoint, account, given))
                return account.run(replace(plan, service=service, api=api), table.add)
            except KeyboardInterrupt:
                # Before the service is ended: whoever ends a check may not wait long.
                _report_interrupted(report_until_then(plan, table.added, monotonic() - began), output, table, files)
                raise
            finally:
                table.end()
                if service is not None and (code := service.ended()) is not None:
                    output.line(f"The command exited by itself with {code} during the check: see what it printed.")


def _report_interrupted(report: Report, output: Output, table: Table, files: _Files) -> None:
    _write(files, report)
    try:
        output.json(report.to_json())
        table.end()
        output.line(f"Interrupted; until then: {table.summary}", style="bold")
        sys.stdout.flush()
    except Unprinted:
        # A closed terminal takes no lines.
        silence(sys.stdout)


def _state(url: str | None, command: str | None, allowed: frozenset[str]) -> Source | None:
    if url is not None and command is not None:
        raise UsageError("give --state-url or --state-command, not both")
    if url is not None:
        return from_url(str(checked_url(url, allowed, Surface.CHECK)))
    return None if command is None else from_command(command)


def _told(error: UsageError | ApiError) -> str:
    hint = f"; {error.hint}" if isinstance(error, ApiError) and error.hint else ""
    return named_as_options(f"{error}{hint}")
