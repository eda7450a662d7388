"""The command about the calls of Copper's API: `api-calls`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from copper_emulator.cli.client import Client
from copper_emulator.cli.options import for_an_account
from copper_emulator.cli.output import Output, as_stamp, on_one_line
from copper_emulator.cli.values import Number, statuses
from copper_emulator.core.text import count, no_such

_NUMBER = Number(1, 10**9)

_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")


def _method(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and value.upper() not in _METHODS:
        raise click.BadParameter(no_such("method", value.upper(), _METHODS))
    return value


@click.command(short_help="Show the calls of Copper's API, newest first.")
@click.option("--method", callback=_method, metavar="METHOD", help="like GET")
@click.option("--status", callback=statuses, metavar="STATUS", help="what was answered, like 404 or 4xx")
@click.option("--text", metavar="TEXT", help="found anywhere in the path, ignoring case")
@click.option("--during", type=_NUMBER, metavar="SERIAL", help="while this notification was delivered")
@click.option("--before", type=_NUMBER, metavar="NUMBER", help="only older ones")
@click.option("--limit", type=Number(1, 10_000), default=20, show_default=True, help="show at most this many")
@for_an_account
def api_calls(*, server: str, account: str | None, as_json: bool, **filters: Any) -> None:
    """Show the calls of Copper's API that named an account, newest first, one on each line, with the answer's status.

    Which notification a call belongs to is known only while the account's clock stands still.

    \b
    Examples:
      copper-emulator api-calls --status 4xx
      copper-emulator api-calls --method GET --text /people/17
    """
    client, output = Client(server), Output(as_json=as_json)
    shown = client.get(client.account(account) + "/api-calls", filters)
    output.json(shown)
    for each in shown["calls"]:
        output.line(row(each), style="" if (each["status"] or 500) < 400 else "red")
    older = f", {shown['older']:,} of them older and not shown" if shown["older"] else ""
    output.line(f"{count(shown['count'], 'call')}{older}")


def row(each: Mapping[str, Any]) -> str:
    """A call on one line."""
    answered = "no answer" if each["status"] is None else each["status"]
    during = "" if each["during"] is None else f"  during #{each['during']}"
    made = f"{each['number']}  {as_stamp(each['at'])}"
    return on_one_line(f"{made}  {each['method']} {each['path']} -> {answered}{during}")
