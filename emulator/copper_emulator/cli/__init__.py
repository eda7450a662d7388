"""The command `copper-emulator`: its list of commands, each imported only when it is used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import click

from copper_emulator.cli.advice import carried, keep_typed, typed, undecoded
from copper_emulator.cli.output import complain
from copper_emulator.cli.streams import Unprinted, prepare, silence
from copper_emulator.core.text import meant, suggesting
from copper_emulator.version import __version__

_SECTIONS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "A server, and programs that call Copper": {
        "serve": ("serve", "Serve Copper's webhook API and deliver notifications."),
        "exec": ("exec", "Run a command whose calls to Copper land in an emulator."),
    },
    "Records": {
        "create": ("records", "Create records in a running server."),
        "update": ("records", "Change records in a running server."),
        "delete": ("records", "Delete records in a running server."),
        "merge": ("records", "Merge two people or companies in a running server."),
        "convert": ("records", "Convert a lead in a running server."),
        "relate": ("records", "Relate two records in a running server."),
        "unrelate": ("records", "Remove a relation in a running server."),
        "search": ("records", "Search for records in a running server."),
        "seed": ("seed", "Add records to a running server without notifying anybody."),
        "lookups": ("lookups", "Show a lookup table, or add an entry to it."),
        "details": ("lookups", "Show or change what Copper's GET /account answers."),
    },
    "Who is notified, and where it goes": {
        "subscribe": ("subscriptions", "Subscribe a target to an event."),
        "subscriptions": ("subscriptions", "Show the subscriptions of an account."),
        "unsubscribe": ("subscriptions", "Delete subscriptions."),
        "routes": ("targets", "Show, add or remove routes."),
        "targets": ("targets", "Show targets; pause or resume one."),
        "inbox": ("targets", "Show an account's built-in endpoint, or set its answer."),
    },
    "What happened, and why": {
        "status": ("talk", "Show the accounts of a running server."),
        "notifications": ("notifications", "Show the notifications of an account, newest first."),
        "show": ("notifications", "Show one notification in full."),
        "why": ("why", "Explain why somebody was or was not notified."),
        "journal": ("talk", "Show what happened, or follow it."),
        "api-calls": ("api_calls", "Show the calls of Copper's API, newest first."),
        "limits": ("targets", "Show the sending limits and how full they are."),
        "wait": ("notifications", "Wait until something has been delivered."),
    },
    "Events, time and what goes wrong": {
        "fire": ("talk", "Fire an event in a running server."),
        "resend": ("notifications", "Send a notification again, as it was or edited."),
        "replay": ("notifications", "Deliver a captured body."),
        "advance": ("talk", "Let time pass for an account, at once."),
        "clock": ("clock", "Show an account's clock; freeze it or let it run."),
        "faults": ("faults", "Show, switch on or switch off faults in a running server."),
    },
    "Accounts": {
        "accounts": ("accounts", "Show the accounts of a running server; create or delete one."),
        "settings": ("state", "Show or change how an account behaves."),
        "reset": ("talk", "Reset an account to its initial state."),
        "snapshot": ("state", "Save an account to a file."),
        "restore": ("state", "Restore a snapshot into an account."),
        "switch-key": ("lookups", "Give an account another API key."),
    },
    "Scenarios": {
        "run": ("run", "Play scenario files."),
        "scenarios": ("scenarios", "Show which scenarios a running server can play."),
        "play": ("scenarios", "Play a scenario on an account of a running server."),
        "record": ("scenarios", "Record what is done in an account, as a scenario."),
        "schema": ("run", "Print the JSON Schema of scenario files."),
    },
    "Endpoints": {
        "listen": ("listen", "Receive notifications and print them."),
        "check": ("check", "Check whether an endpoint holds up."),
    },
    "Further": {
        "docs": ("docs", "Read the documentation."),
        "ca": ("ca", "Show or export the certificate of the local authority."),
        "openapi": ("openapi", "Print the OpenAPI description of the emulated API."),
    },
}
"""Name -> module in this package and one line of help, so that showing the list imports none of them."""

_COMMANDS = {name: entry for section in _SECTIONS.values() for name, entry in section.items()}

_WIDEST = max(map(len, _COMMANDS))

_ELSEWHERE = {
    "deliveries": "notifications",
    "emit": "fire",
    "events": "journal",
    "expect": "wait",
    "explain": "why",
    "find": "search",
    "get": "search",
    "list": "search",
    "log": "journal",
    "send": "fire",
    "start": "serve",
    "time": "clock",
    "timeline": "journal",
    "trigger": "fire",
    "version": "--version",
    "webhooks": "subscriptions",
}
"""What a command is called in Python, on the page or in other tools -> its name here."""


class Failure(click.ClickException):
    """Something failed: one line on stderr, exit code 1."""

    def __init__(self, message: str) -> None:
        super().__init__(carried(message))

    def show(self, file: Any = None) -> None:
        click.echo(f"copper-emulator: {' '.join(self.message.split())}", err=True)


class WrongUse(Failure):
    """A command was used wrongly: one line on stderr, exit code 2."""

    exit_code = 2


class Mistaken(WrongUse):
    """Mistakes in files or settings, one per line; exit code 2."""

    def show(self, file: Any = None) -> None:
        for line in self.message.splitlines():
            complain(line)


class _Commands(click.Group):
    """Imports a command's module when the command is looked up."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args[:1] == ["help"]:
            # `help serve`, as many tools have it.
            args = [*args[1:2], "--help"]
        keep_typed(ctx, args)
        if (word := undecoded(args)) is not None:
            # Escaped as Python shows bytes that it could not decode: whoever reads stderr may be unable to, too.
            raise WrongUse(f"{word!a} is not text in the encoding {sys.getfilesystemencoding()}")
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            near = _ELSEWHERE.get(cmd_name) or meant(cmd_name, _COMMANDS)
            ctx.fail(suggesting(f"there is no command {cmd_name!r}", near))
        module = import_module(f"{__name__}.{_COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """As in click, but an error always names the misused command, even if click's parser does not."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            name = ctx.invoked_subcommand
            if error.ctx is None and name is not None and (command := self.get_command(ctx, name)) is not None:
                error.ctx = click.Context(command, parent=ctx, info_name=name)
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, commands in _SECTIONS.items():
            with formatter.section(title):
                # As wide in each section, so that all lines up.
                formatter.write_dl([(f"{name:{_WIDEST}}", text) for name, (_, text) in commands.items()])

    def main(self, *args: Any, **extra: Any) -> Any:
        """As in click, but usage errors take one line, and so does a failure to write to stdout."""
        prepare()
        as_command = extra.pop("standalone_mode", True)
        run: Callable[..., Any] = super().main
        if not as_command:
            return run(*args, standalone_mode=False, **extra)
        try:
            code = run(*args, standalone_mode=False, **extra)
            sys.stdout.flush()
        except click.UsageError as error:
            _usage_error(error)
            code = error.exit_code
        except click.ClickException as error:
            error.show()
            code = error.exit_code
        except (click.Abort, KeyboardInterrupt):
            code = 130
        except Unprinted as error:
            silence(sys.stdout)
            if not error.reader_has_gone:
                complain(str(error))
            code = error.code
        sys.exit(code if isinstance(code, int) else 0)


def _usage_error(error: click.UsageError) -> None:
    where = error.ctx.command_path if error.ctx is not None else "copper-emulator"
    text = " ".join(error.format_message().split()).rstrip(".")
    if error.ctx is not None:
        # Imported here: what was meant needs the core, which few commands load.
        if isinstance(error, click.NoSuchOption):
            from copper_emulator.cli.unknown_options import unknown_option_text

            text = unknown_option_text(error.ctx, error.option_name, typed(error.ctx))
        else:
            from copper_emulator.cli.stray import meant_by

            text = suggesting(text, meant_by(error.ctx, typed(error.ctx)))
    click.echo(f"{where}: {text} (see {where} --help)", err=True)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `copper-emulator serve --help`.",
    invoke_without_command=True,
)
@click.option("--server", metavar="URL", help="the server to talk to, for any command that talks to one")
@click.option("--account", metavar="NAME", help="the account to use, for any command about one")
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context, server: str | None, account: str | None) -> None:
    """A local test double for Copper CRM's webhooks: subscribe, change a record, watch what your endpoint gets.

    \b
    In three terminals, the last two commands in the third:
      copper-emulator listen
      copper-emulator serve --route https://my-app.example=http://127.0.0.1:5000
      copper-emulator subscribe person.new https://my-app.example/hooks/copper
      copper-emulator create person --set name=Ada
    """
    # The commands look up the two options themselves (`options.py`).
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
        return
    command = main.get_command(ctx, ctx.invoked_subcommand)
    for name, value in (("server", server), ("account", account)):
        if command is not None and value is not None and name not in {each.name for each in command.params}:
            # As if it stood after the command: an option without effect would only deceive.
            raise click.NoSuchOption(f"--{name}", ctx=click.Context(command, ctx, ctx.invoked_subcommand))


__all__ = ["Failure", "Mistaken", "WrongUse", "main"]
