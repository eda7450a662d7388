"""The commands about where notifications go, and how many: `routes`, `targets`, `inbox`, `limits`."""

from __future__ import annotations

import json

import click

from copper_emulator.cli.client import Client
from copper_emulator.cli.options import for_an_account, route_of
from copper_emulator.cli.output import Output, as_stamp, on_one_line
from copper_emulator.cli.routes import route_text
from copper_emulator.cli.values import Number
from copper_emulator.core.text import count


@click.command(short_help="Show, add or remove routes.")
@click.argument("new", metavar="[ORIGIN=URL]...", nargs=-1)
@click.option("--remove", "removed", metavar="ORIGIN", multiple=True, help="a route to remove; repeatable")
@for_an_account
def routes(*, new: tuple[str, ...], removed: tuple[str, ...], server: str, account: str | None, as_json: bool) -> None:
    """Show where targets are really sent; add or remove routes. The longest prefix wins.

    \b
    Examples:
      copper-emulator routes
      copper-emulator routes https://my-app.example=http://127.0.0.1:5000
      copper-emulator routes --remove https://my-app.example
    """
    added = dict(route_of(repr(text), text) for text in new)
    client, output = Client(server), Output(as_json=as_json)
    path = client.account(account) + "/routes"
    for origin in removed:
        client.post(f"{path}/remove", {"origin": origin})
    for origin, to in added.items():
        client.post(path, {"origin": origin, "to": to})
    shown = client.get(path)
    output.json(shown)
    for each in shown["routes"]:
        output.line(route_text(each["origin"], each["to"], beyond=each["beyond"]))
    if not shown["routes"]:
        output.line("There are no routes: notifications go only to loopback.")


@click.command(short_help="Show targets; pause or resume one.")
@click.option("--pause", "paused", metavar="TARGET", multiple=True, help="stop sending to it; repeatable")
@click.option("--resume", "resumed", metavar="TARGET", multiple=True, help="resume sending to it; repeatable")
@for_an_account
def targets(
    *, paused: tuple[str, ...], resumed: tuple[str, ...], server: str, account: str | None, as_json: bool
) -> None:
    """Show every target with what waits for it, and pause or resume one.

    \b
    Examples:
      copper-emulator targets
      copper-emulator targets --pause https://my-app.example/hooks/copper
    """
    client, output = Client(server), Output(as_json=as_json)
    path = client.account(account) + "/targets"
    for verb, given in (("pause", paused), ("resume", resumed)):
        for target in given:
            client.post(f"{path}/{verb}", {"target": target})
    shown = client.get(path)
    output.json(shown)
    for each in shown["targets"]:
        where = f" -> {each['route']}" if each["route"] else ""
        state = "paused" if each["paused"] else "blocked" if each["blocked"] else "open"
        output.line(f"{each['target']}{where}: {state}, {each['waiting']} waiting, {each['sending']} on their way")
    if not shown["targets"]:
        output.line("Nobody has subscribed yet.")


@click.command(short_help="Show an account's built-in endpoint, or set its answer.")
@click.option("--status", type=Number(200, 599), help="what it answers from now on")
@click.option("--delay", metavar="DURATION", help="how long it takes to answer, like 3s")
@click.option("--limit", type=Number(1, 500), default=20, show_default=True, help="show at most this many requests")
@for_an_account
def inbox(
    *, status: int | None, delay: str | None, limit: int, server: str, account: str | None, as_json: bool
) -> None:
    """Show what an account's built-in endpoint received, newest first, and set what it answers.

    \b
    Examples:
      copper-emulator inbox
      copper-emulator inbox --status 500
    """
    client, output = Client(server), Output(as_json=as_json)
    path = client.account(account) + "/inbox"
    body = {name: value for name, value in (("status", status), ("delay", delay)) if value is not None}
    if body:
        client.post(path, body)
    shown = client.get(path, {"limit": limit})
    output.json(shown)
    output.line(f"{shown['target']} answers {shown['reply']['status']}", style="bold")
    for each in shown["requests"]:
        output.line(f"{as_stamp(each['at'])}  #{each['notification']}  {on_one_line(json.dumps(each['body']))}")
    output.line(f"{count(shown['received'], 'request')} in all")


@click.command(short_help="Show the sending limits and how full they are.")
@for_an_account
def limits(*, server: str, account: str | None, as_json: bool) -> None:
    """Show the sending limits of an account: how much is counted, how much room there is, and what is held.

    \b
    Example:
      copper-emulator limits
    """
    client, output = Client(server), Output(as_json=as_json)
    shown = client.get(client.account(account) + "/limits", {"marks": 200 if as_json else 0})
    output.json(shown)
    for each in shown["limits"]:
        opens = f", opens at {as_stamp(each['opens_at'])}" if each["opens_at"] else ""
        counted = f"{each['counted']:,} of {each['most']:,} counted, room for {each['room']:,}"
        output.line(f"{each['limit']}: {counted}, {each['held']:,} held{opens}")
    if not shown["limits"]:
        output.line("There are no limits.")
