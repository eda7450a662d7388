"""The commands about subscriptions: `subscriptions`, `subscribe`, `unsubscribe`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from copper_emulator.cli import WrongUse
from copper_emulator.cli.client import Client
from copper_emulator.cli.names import topic_of
from copper_emulator.cli.options import for_an_account, pairs_of
from copper_emulator.cli.output import Output
from copper_emulator.cli.values import Number
from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.subscriptions import secret_hint


@click.command(short_help="Show the subscriptions of an account.")
@for_an_account
def subscriptions(*, server: str, account: str | None, as_json: bool) -> None:
    """Show the subscriptions of an account, those of earlier keys included. Values of secrets and headers are masked.

    \b
    Example:
      copper-emulator subscriptions
    """
    client, output = Client(server), Output(as_json=as_json)
    shown = client.get(client.account(account) + "/subscriptions")
    output.json(shown)
    for each in shown["subscriptions"]:
        output.line(_told(each, shown["key"]))
    output.line(f"{shown['count']} of {shown['max']}")


@click.command(short_help="Subscribe a target to an event.")
@click.argument("topic", metavar="TYPE.EVENT")
@click.argument("target", metavar="TARGET")
@click.option("--secret", metavar="KEY=VALUE", multiple=True, help="added to each notification; repeatable")
@click.option(
    "--header", "headers", metavar="NAME=VALUE", multiple=True, help="sent with each notification; repeatable"
)
@for_an_account
def subscribe(
    *,
    topic: str,
    target: str,
    secret: tuple[str, ...],
    headers: tuple[str, ...],
    server: str,
    account: str | None,
    as_json: bool,
) -> None:
    """Subscribe a target, as a client of Copper would. The inbox of an account is https://inbox.example/ACCOUNT.

    \b
    Examples:
      copper-emulator subscribe person.update https://inbox.example/default
      copper-emulator subscribe lead.new https://my-app.example/hooks/copper --secret key=s3cret
    """
    kind, event = topic_of(topic)
    body: dict[str, Any] = {"type": kind, "event": event, "target": target}
    for name, option, given in (("secret", "--secret", secret), ("headers", "--header", headers)):
        if given:
            body[name] = pairs_of(option, given)
    client, output = Client(server), Output(as_json=as_json)
    path = client.account(account)
    made = client.post(path + "/subscriptions", body)
    output.json(made)
    output.line(_told(made, made["key"]))
    if hint := secret_hint(made["secret"]):
        output.line(hint)
    for each in client.get(path + "/targets")["targets"]:
        if each["target"] == made["target"] and each["blocked"]:
            output.line(f"Nothing would be sent there: {each['blocked']}")


@click.command(short_help="Delete subscriptions.")
@click.argument("ids", metavar="ID...", type=Number(1, MAX_ID), nargs=-1)
@for_an_account
def unsubscribe(*, ids: tuple[int, ...], server: str, account: str | None, as_json: bool) -> None:
    """Delete subscriptions, of any of the account's keys. Notifications that wait for them are cancelled in turn.

    \b
    Example:
      copper-emulator unsubscribe 560698 560699
    """
    if not ids:
        raise WrongUse("say which subscriptions, by their ids (see copper-emulator subscriptions)")
    client, output = Client(server), Output(as_json=as_json)
    path = client.account(account) + "/subscriptions"
    for each in ids:
        client.delete(f"{path}/{each}")
        output.line(f"{each} was deleted")
    output.json({"deleted": list(ids)})


def _told(each: Mapping[str, Any], current: int) -> str:
    extras = [
        f"{name} {', '.join(each[part])}" for name, part in (("secret", "secret"), ("headers", "headers")) if each[part]
    ]
    old = [] if each["key"] == current else [f"of key {each['key']}, an earlier one"]
    more = f" ({'; '.join([*extras, *old])})" if extras or old else ""
    return f"{each['id']}  {each['type']}/{each['event']} -> {each['target']}{more}"
