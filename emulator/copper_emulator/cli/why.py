"""`copper-emulator why`: why somebody, or nobody, was notified of something."""

from __future__ import annotations

import click

from copper_emulator.cli import WrongUse
from copper_emulator.cli.client import Client
from copper_emulator.cli.names import type_called
from copper_emulator.cli.options import for_an_account
from copper_emulator.cli.output import Output, on_one_line
from copper_emulator.cli.values import Number
from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.text import count

_NUMBERED = ("subscription", "change")
"""Words that take a number of their own; any other is a type of records."""


@click.command(short_help="Explain why somebody was or was not notified.")
@click.argument("what", metavar="[WHAT]", required=False)
@click.argument("number", metavar="[NUMBER]", type=Number(1, MAX_ID), required=False)
@click.option("--limit", type=Number(1, 10_000), default=100, show_default=True, help="show at most this many changes")
@for_an_account
def why(*, what: str | None, number: int | None, limit: int, server: str, account: str | None, as_json: bool) -> None:
    """Explain what became of changes: who was notified, when and with what answer; who was not, and why not.

    WHAT is a type of record, with or without an id; or subscription or change, with its number. Without WHAT
    everything is explained; of many changes, the newest. --json has every decision on each change and each
    subscription, step by step.

    \b
    Examples:
      copper-emulator why person 17
      copper-emulator why leads
      copper-emulator why subscription 560698
      copper-emulator why change 3 --json
    """
    if what == "notification" or (what or "").startswith("#"):
        serial = number or str(what).removeprefix("notification").removeprefix("#") or 3
        raise WrongUse(f"for a single notification, use copper-emulator show {serial}")
    if what is not None and what.isdecimal():
        raise WrongUse(f"say what {what} is the id of, like why person {what} or why subscription {what}")
    if what in _NUMBERED and number is None:
        raise WrongUse(f"say which {what}, like why {what} {560698 if what == 'subscription' else 3}")
    query = {str(what): number} if what in _NUMBERED else {"type": what and type_called(what), "id": number}
    query["limit"] = limit
    client, output = Client(server), Output(as_json=as_json)
    explanation = client.get(client.account(account) + "/why", query, is_long=True)
    output.json(explanation)
    if explanation["left_out"]:
        output.line(f"... {count(explanation['left_out'], 'earlier change')} left out; --limit shows more ...")
    for line in explanation["lines"]:
        output.line(on_one_line(line), style="" if line.startswith(" ") else "bold")
