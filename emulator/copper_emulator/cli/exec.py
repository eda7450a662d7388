"""`copper-emulator exec`: run a command whose calls to Copper's hosts land in an emulator of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import click

from copper_emulator.cli import Failure, WrongUse
from copper_emulator.cli.exec_report import ExecReport
from copper_emulator.cli.reaching import Reaching, check_allowed
from copper_emulator.cli.server_options import player, server_options, settings_of
from copper_emulator.core.errors import AuthorityError, StateError, UsageError
from copper_emulator.core.surface import Surface
from copper_emulator.executing.child import CannotRun, Child, check
from copper_emulator.shell.own_http import check_choices
from copper_emulator.shell.served.plan import Plan
from copper_emulator.shell.serving.server import Server

if TYPE_CHECKING:
    from copper_emulator.cli.exec_scenario import Against


class CannotExec(Failure):
    """The emulator itself failed: exit code 125, which commands do not use with a meaning of their own."""

    exit_code = 125


class _NoCommand(Failure):
    def __init__(self, error: CannotRun) -> None:
        super().__init__(str(error))
        self.error = error

    @property
    def exit_code(self) -> int:  # type: ignore[override]  # a class attribute in click
        return self.error.code


_JUDGED = "with --scenario; otherwise nothing is judged"


@click.command(
    short_help="Run a command whose calls to Copper land in an emulator.",
    # Options after the command are the command's.
    context_settings={"allow_interspersed_args": False},
)
@click.argument("command", metavar="COMMAND...", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--scenario", metavar="FILE|NAME", help="play it against the command, a service; then stop the command")
@click.option("--target", metavar="URL", help="for --scenario: where to send all of its notifications")
@click.option("--wait", metavar="DURATION", help="for --scenario: how long until it can begin  [default: 1m]")
@click.option(
    "--proxy-allow",
    "allowed",
    metavar="HOST",
    multiple=True,
    help="let the command through to a host that is not Copper's; repeatable",
)
@click.option("--isolate", is_flag=True, help="run it in a network namespace with loopback only (Linux)")
@click.option("--json", "as_json", is_flag=True, help="print everything as JSON, one object per line on stderr")
@server_options(
    no_intercept="the command's calls to Copper's hosts always land here; leave it out",
    notes={"strict": _JUDGED, "allow": _JUDGED},
)
def exec(  # noqa: A001 - the name of the command
    *,
    command: tuple[str, ...],
    scenario: str | None,
    target: str | None,
    wait: str | None,
    allowed: tuple[str, ...],
    isolate: bool,
    routes: list[tuple[str, str]],
    tokens: tuple[str, ...],
    clock: str,
    state: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Run COMMAND with an emulator of its own, which answers its calls to api.copper.com and api.prosperworks.com.

    The command itself is not changed: it gets variables that its runtime reads (a proxy, a certificate authority).
    HTTP requests to other hosts that use the proxy are refused and reported; most clients use it, in Node.js all.
    `copper-emulator docs hosts` lists what bypasses it, such as databases and some Python clients; with --isolate that
    has no network. At the end a timeline is printed. Everything exec prints goes to stderr. Stdin, stdout and the exit
    code are the command's: 128 and the number of a signal that ended it, 127 if there is no such command, 126 if it
    cannot be run, 125 if the emulator failed.

    With --scenario the command is a service. The scenario begins when --target answers or, without --target, when the
    command has subscribed to the scenario's topics and its endpoint answers. After the scenario the command is stopped,
    and the exit code is the scenario's: 0 or 1.

    \b
    Examples:
      copper-emulator exec -- pytest tests/integration
      copper-emulator exec --route https://my-app.example=http://127.0.0.1:5000 -- npm test
      copper-emulator exec --scenario first_notification --target http://127.0.0.1:5000/hooks -- php -S 127.0.0.1:5000
    """
    _check_options(allowed, isolated=isolate)
    if scenario is None:
        _check_unplayed(target, wait)
    settings, against = settings_of(given), None
    if scenario is not None:
        # Imported here because most runs have no scenario.
        from copper_emulator.cli.exec_scenario import Against

        against = Against(scenario, target, "1m" if wait is None else wait)
        settings = against.settings(settings)
    report = ExecReport(as_json=as_json, isolated=isolate)
    plan = Plan(
        settings=settings,
        clock="manual" if clock == "manual" else "wall",
        routes=routes,
        tokens=tokens,
        listener=report.entry,
        player=cache(partial(player, None)),
        surface=Surface.EXEC,
    )
    try:
        check(command[0])
        check_choices()
        if isolate:
            _isolate()
        code = asyncio.run(_Running(command, plan, allowed, state, report, against).run())
    except CannotRun as error:
        raise _NoCommand(error) from None
    except (AuthorityError, StateError, UsageError, OSError) as error:
        raise CannotExec(str(error)) from None
    raise click.exceptions.Exit(code)


def _check_options(allowed: Sequence[str], *, isolated: bool) -> None:
    check_allowed(allowed)
    if allowed and isolated:
        raise WrongUse("--proxy-allow: no other host can be reached with --isolate")


def _check_unplayed(target: str | None, wait: str | None) -> None:
    if target is not None:
        raise WrongUse("--target says where a scenario is sent: give --scenario, too")
    if wait is not None:
        raise WrongUse("--wait says how long a scenario waits to begin: give --scenario, too")


def _isolate() -> None:
    # Imported here because few need it.
    from copper_emulator.executing.isolation import NotIsolated, isolate

    try:
        isolate()
    except NotIsolated as error:
        raise CannotExec(f"--isolate: {error}. Nothing was run") from None


@dataclass(frozen=True)
class _Running:
    command: Sequence[str]
    plan: Plan
    allowed: Sequence[str]
    state: str | None
    report: ExecReport
    against: Against | None

    async def run(self) -> int:
        """Run the command; return the exit code. Raises CannotRun, AuthorityError, StateError or OSError."""
        with Reaching(self.report.refused, self.plan.tokens, allowed=self.allowed) as reaching:
            async with Server(self.plan, port=0, state=self.state, proxy=reaching.plan) as server:
                code = await self._run(server, reaching.environment(server))
                if server.proxied is not None:
                    await server.proxied.settle()
                accounts = list(server.accounts)
        # Only now have all deliveries on their way ended.
        self.report.ended(accounts, self.plan, code)
        return code

    async def _run(self, server: Server, environment: Mapping[str, str]) -> int:
        self.report.begun(server)
        if self.against is not None:
            await self.against.look(server.accounts)
        async with Child(self.command, environment, is_service=self.against is not None) as child:
            if self.against is None:
                return await child.ended()
            return await self.against.played(child, server.accounts, self.report)
