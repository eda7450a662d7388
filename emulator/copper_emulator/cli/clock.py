"""`copper-emulator clock`: show an account's time, freeze it or let it run."""

from __future__ import annotations

import click

from copper_emulator.cli.client import Client
from copper_emulator.cli.options import for_an_account
from copper_emulator.cli.output import Output, as_stamp
from copper_emulator.cli.values import OneOf
from copper_emulator.core.text import count


@click.command(short_help="Show an account's clock; freeze it or let it run.")
@click.argument("what", metavar="[freeze|run]", type=OneOf(["freeze", "run"]), required=False)
@for_an_account
def clock(*, what: str | None, server: str, account: str | None, as_json: bool) -> None:
    """Show what time it is for an account and when the next thing happens; freeze its clock, or let it run on.

    `copper-emulator advance` moves it ahead.

    \b
    Examples:
      copper-emulator clock
      copper-emulator clock freeze
      copper-emulator clock run
    """
    client, output = Client(server), Output(as_json=as_json)
    path = client.account(account) + "/clock"
    shown = client.get(path) if what is None else client.post(f"{path}/{what}", {})
    output.json(shown)
    output.line(f"It is {as_stamp(shown['now'])}, and time {'runs' if shown['running'] else 'stands still'}.")
    if shown["next"] is not None:
        output.line(f"The next thing happens at {as_stamp(shown['next'])}.")
    waiting = shown["waiting"]
    output.line(f"{count(waiting, 'notification')} waiting." if waiting else "Nothing is waiting.")
