"""The commands for what an account has besides its records: `lookups`, `details`, `switch-key`."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import click

from copper_emulator.cli import WrongUse
from copper_emulator.cli.client import Client
from copper_emulator.cli.options import fields_of, for_an_account, values_told
from copper_emulator.cli.output import Output, on_one_line

_SETTING = "setting_"
"""The prefix of the names of Copper's settings of an account."""


@click.command(short_help="Show a lookup table, or add an entry to it.")
@click.argument("table", metavar="TABLE")
@click.option("--add", "fields", metavar="FIELD=VALUE", multiple=True, help="a field of a new entry; repeatable")
@for_an_account
def lookups(*, table: str, fields: tuple[str, ...], server: str, account: str | None, as_json: bool) -> None:
    """Show a lookup table that records refer to, or add an entry to it.

    TABLE is users, pipelines, custom_field_definitions, contact_types, customer_sources, loss_reasons, lead_statuses,
    activity_types or custom_activity_types. Values are JSON where they can be read as JSON, else text.

    \b
    Examples:
      copper-emulator lookups pipelines
      copper-emulator lookups users --add name="Grace Hopper" --add email=grace@example.com
    """
    entry = fields_of("--add", fields)
    client, output = Client(server), Output(as_json=as_json)
    path = f"{client.account(account)}/lookups/{quote(table, safe='')}"
    with values_told("--add", fields):
        shown = client.post(f"{path}/add", {"entry": entry}) if entry else client.get(path)
    output.json(shown)
    for each in [shown["entry"]] if entry else shown["entries"]:
        output.line(_line(each))
        for part in (*each.get("stages", ()), *each.get("options", ())):
            output.line(f"  {_line(part)}")


@click.command(short_help="Show or change what Copper's GET /account answers.")
@click.option("--set", "fields", metavar="FIELD=VALUE", multiple=True, help="a new value; repeatable")
@for_an_account
def details(*, fields: tuple[str, ...], server: str, account: str | None, as_json: bool) -> None:
    """Show what Copper's GET /account answers, or change it: name, primary_timezone, logo_mini_url and its settings.

    \b
    Examples:
      copper-emulator details
      copper-emulator details --set setting_enable_leads=false --set primary_timezone=Europe/Berlin
    """
    body = fields_of("--set", fields, like="name=Engines")
    settings = {name: body.pop(name) for name in list(body) if name.startswith(_SETTING)}
    if settings:
        if "settings" in body:
            raise WrongUse("--set settings: give the whole object, or single settings, but not both")
        body["settings"] = settings
    client, output = Client(server), Output(as_json=as_json)
    path = client.account(account) + "/details"
    shown = client.post(path, body) if body else client.get(path)
    output.json(shown)
    for name, value in ({**shown, **(shown["settings"] or {})}).items():
        if name != "settings":
            output.line(f"{name:<32} {on_one_line(value if isinstance(value, str) else json.dumps(value))}")


@click.command("switch-key", short_help="Give an account another API key.")
@for_an_account
def switch_key(*, server: str, account: str | None, as_json: bool) -> None:
    """Give an account another API key. The old one is answered 401 from now on; its subscriptions go on firing.

    \b
    Example:
      copper-emulator switch-key
    """
    client, output = Client(server), Output(as_json=as_json)
    path = client.account(account)
    had_one = client.get(path)["email"] is not None
    made = client.post(f"{path}/switch-key", {})
    output.json(made)
    old = "; the old one is answered 401, and its subscriptions keep firing" if had_one else ""
    output.line(f"The token is now {made['token']}{old}.")


def _line(entry: dict[str, Any]) -> str:
    return f"{entry['id']}  {on_one_line(str(entry['name']))}"
