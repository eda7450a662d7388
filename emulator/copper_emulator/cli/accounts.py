"""`copper-emulator accounts`: show, create and delete the accounts of a running server."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import click

from copper_emulator.cli import WrongUse
from copper_emulator.cli.client import Client
from copper_emulator.cli.options import json_option, server_option, settings_given
from copper_emulator.cli.output import Output
from copper_emulator.core.text import count


@click.command(short_help="Show the accounts of a running server, make or delete one.")
@click.option("--create", "made", metavar="NAME", help="make one of this name")
@click.option("--token", metavar="TOKEN", help="of the new one; chosen by default")
@click.option("--email", metavar="EMAIL", help="of the new one")
@click.option("--set", "changes", metavar="NAME=VALUE", multiple=True, help="settings of the new one; repeatable")
@click.option("--delete", "deleted", metavar="NAME", multiple=True, help="deletes it with everything in it; repeatable")
@server_option
@json_option
def accounts(
    *,
    made: str | None,
    token: str | None,
    email: str | None,
    changes: tuple[str, ...],
    deleted: tuple[str, ...],
    server: str,
    as_json: bool,
) -> None:
    """Show the accounts of a running server, make a new one, or delete some. The token of a new one is shown only once.

    \b
    Examples:
      copper-emulator accounts
      copper-emulator accounts --create ci-7 --set latency=1m
      copper-emulator accounts --delete ci-7
    """
    given = {"token": token, "email": email, "settings": settings_given("--set", changes) or None}
    said: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if said and made is None:
        raise WrongUse("--token, --email and --set go with --create")
    client, output = Client(server), Output(as_json=as_json)
    for name in deleted:
        client.delete(f"/accounts/{quote(name, safe='')}")
        output.line(f"{name} is deleted")
    if made is not None:
        new = client.post("/accounts", {"name": made, **said})
        output.json(new)
        output.line(f"{new['name']}, with the token {new['token']}, for a client at {new['api_url']}")
        return
    shown = client.get("/accounts")
    output.json(shown)
    for each in shown["accounts"]:
        subscriptions = count(each["subscriptions"], "subscription")
        output.line(f"{each['name']} ({each['email'] or 'no token yet'}): {subscriptions}, {each['waiting']} waiting")
