"""The commands that talk to a running server: `fire`, `advance`, `journal`, `status`, `reset`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import click

from copper_emulator.cli import Failure, WrongUse
from copper_emulator.cli.changes import show_change, show_move
from copper_emulator.cli.client import Client
from copper_emulator.cli.names import events, topic_of, types
from copper_emulator.cli.options import (
    for_an_account,
    json_option,
    json_or_text,
    pair_of,
    server_option,
    settings_given,
)
from copper_emulator.cli.output import Output, as_stamp, complain, on_one_line
from copper_emulator.cli.values import Number, statuses
from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.model import Kind
from copper_emulator.core.text import count, ended
from copper_emulator.durations import parse_duration


@click.command(short_help="Fire an event in a running server.")
@click.argument("topic", metavar="TYPE.EVENT")
@click.option("--id", "ids", type=Number(1, MAX_ID), multiple=True, required=True, help="a record's id; repeatable")
@click.option(
    "--set", "attributes", metavar="FIELD=OLD,NEW", multiple=True, help="what was updated, as JSON or text; repeatable"
)
@for_an_account
def fire(
    *, topic: str, ids: tuple[int, ...], attributes: tuple[str, ...], server: str, account: str | None, as_json: bool
) -> None:
    """Fire an event in a running server: it needs no record and creates none.

    Values are read as JSON if possible, else as text. Write a value with a comma in double quotes, a custom field as
    custom_fields.ID.

    \b
    Examples:
      copper-emulator fire person.update --id 17 --id 18 --set name=Ada,"Ada Lovelace"
      copper-emulator fire opportunity.update --id 5 --set monetary_value=null,1200
    """
    kind, event = topic_of(topic)
    client, output = Client(server), Output(as_json=as_json)
    body = {"type": kind, "event": event, "ids": ids, "updated_attributes": parse_attributes(attributes)}
    change = client.post(client.account(account) + "/fire", body)
    output.json(change)
    show_change(change, output)
    for hint in change["hints"]:
        output.line(on_one_line(f"Sent as it is, but {ended(hint)}"))


class _Forward(click.Command):
    """Refuses `-5m` as a negative duration, not as unknown options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for given in args:
            if re.match(r"-[\d.]", given):
                raise WrongUse(f"{given!r} cannot be: time only moves forward, like advance {given[1:]}")
        return super().parse_args(ctx, args)


@click.command(short_help="Let time pass for an account, at once.", cls=_Forward)
@click.argument("by", metavar="DURATION", required=False)
@click.option("--until-idle", is_flag=True, help="advance until nothing waits, instead of by a duration")
@click.option("--limit", metavar="DURATION", help="how far --until-idle may go  [default: 1h]")
@for_an_account
def advance(
    *, by: str | None, until_idle: bool, limit: str | None, server: str, account: str | None, as_json: bool
) -> None:
    """Let time pass for an account, deadline by deadline, and deliver what falls due on the way.

    A frozen clock stays frozen at the new time; a running one runs on from there.

    \b
    Examples:
      copper-emulator advance 10m
      copper-emulator advance --until-idle
    """
    if by is None and not until_idle:
        raise WrongUse("say how far, like advance 10m, or --until-idle")
    if by is not None and until_idle:
        raise WrongUse(f"{by!r} and --until-idle both say how far: give only one")
    if limit is not None and not until_idle:
        raise WrongUse("--limit needs --until-idle")
    for name, given in (("", by), ("--limit: ", limit)):
        _check_duration(name, given)
    client, output = Client(server), Output(as_json=as_json)
    path = client.account(account) + "/clock/"
    if until_idle:
        moved = client.post(path + "run-until-idle", {} if limit is None else {"limit": limit})
    else:
        moved = client.post(path + "advance", {"by": by})
    output.json(moved)
    show_move(moved, output)
    waiting = count(moved["waiting"], "notification") if moved["waiting"] else "no notifications"
    output.line(f"It is {as_stamp(moved['now'])}; {waiting} waiting.")


@click.command(short_help="Show what happened, or follow it.")
@click.option("--follow", "-f", is_flag=True, help="keep showing what happens, until Ctrl-C")
@click.option("--kind", metavar="KIND", multiple=True, help="like change, held, ended, api-refused; repeatable")
@click.option("--type", metavar="TYPE", callback=types, help="like person")
@click.option("--event", metavar="EVENT", callback=events, help="new, update or delete")
@click.option("--id", type=Number(1, MAX_ID), help="a record's id")
@click.option("--subscription", type=Number(1, MAX_ID), metavar="ID", help="the one it is about")
@click.option("--outcome", metavar="OUTCOME", multiple=True, help="like delivered, rejected, failed; repeatable")
@click.option("--status", callback=statuses, metavar="STATUS", help="what the endpoint answered, like 503 or 5xx")
@click.option("--text", metavar="TEXT", help="found anywhere in it, ignoring case")
@click.option("--since", metavar="NUMBER", type=Number(0, 10**9), help="only entries after this number")
@click.option("--limit", type=Number(1, 10_000), default=1000, show_default=True, help="show at most this many")
@for_an_account
def journal(*, follow: bool, limit: int, server: str, account: str | None, as_json: bool, **filters: Any) -> None:
    """Show what happened in an account, or follow it. With --json each entry is one object on its own line.

    All given filters must match. Without --since the last entries are shown. Each line begins with its
    entry's number, which --since takes, here and in wait.

    \b
    Examples:
      copper-emulator journal --type person --outcome failed --outcome rejected
      copper-emulator journal --follow --json
    """
    client, output = Client(server), Output(as_json=as_json)
    path = client.account(account) + "/journal"
    if not (as_json or filters["kind"]):
        # JSON and explicit filters show everything; people need not read that something is being sent.
        filters["kind"] = [kind for kind in Kind if kind is not Kind.SENDING]
    page = client.get(path, {**filters, "limit": limit})
    for entry in page["entries"]:
        _show(entry, output)
    if not follow:
        return
    last = page["entries"][-1]["number"] if len(page["entries"]) == limit else page["last"]
    try:
        for name, data in client.events(path + "/stream", filters, after=f"{page['life']}-{last}"):
            if name == "reset":
                complain("the account was reset; its journal starts over")
            else:
                _show(data, output)
    except KeyboardInterrupt:
        return
    # Whether it was told to end or killed, what was to be followed is over before the caller wanted.
    raise Failure("the server has ended")


@click.command(short_help="Show the accounts of a running server.")
@server_option
@json_option
def status(*, server: str, as_json: bool) -> None:
    """Show where a running server is and what its accounts are.

    \b
    Example:
      copper-emulator status
    """
    client, output = Client(server), Output(as_json=as_json)
    health, accounts = client.get("/health"), client.get("/accounts")["accounts"]
    output.json({**health, "accounts": accounts})
    output.line(f"API {health['api_url']}, version {health['version']}")
    for account in accounts:
        output.line(f"{account['name']} ({account['email'] or 'no token has been used yet'})", style="bold")
        ends = ", ".join(f"{number} {outcome}" for outcome, number in account["outcomes"].items()) or "none delivered"
        # Each account's own: one that came from a state file, or was frozen, does not follow the command line.
        output.line(f"  now {as_stamp(account['now'])}, time {'runs' if account['running'] else 'stands still'}")
        output.line(f"  {count(account['subscriptions'], 'subscription')}, {count(account['changes'], 'change')}")
        output.line(f"  notifications: {ends}, {account['waiting']} waiting")
        for route in account["routes"]:
            output.line(f"  route {route}")


@click.command(short_help="Reset an account to its initial state.")
@click.option("--set", "changes", metavar="NAME=VALUE", multiple=True, help="with other settings; repeatable")
@for_an_account
def reset(*, changes: tuple[str, ...], server: str, account: str | None, as_json: bool) -> None:
    """Reset an account to its initial state: no records, subscriptions, waiting notifications or journal.

    Its token, its clock and the routes of the server's command line stay.

    \b
    Examples:
      copper-emulator reset --account default
      copper-emulator reset --set seed=7 --set latency=0-15m
    """
    client, output = Client(server), Output(as_json=as_json)
    body = {"settings": settings_given(changes)} if changes else {}
    shown = client.post(client.account(account) + "/reset", body)
    output.json(shown)
    output.line(f"Account {shown['name']} was reset.")


def _check_duration(name: str, given: str | None) -> None:
    try:
        if given is not None and parse_duration(given) <= 0:
            raise WrongUse(f"{name}time only moves forward: {given!r} must be more than 0")
    except ValueError as error:
        raise WrongUse(f"{name}{error}") from None


def parse_attributes(given: tuple[str, ...]) -> dict[str, Any]:
    """`name=Ada,Ada Lovelace` as {"name": ["Ada", "Ada Lovelace"]}."""
    attributes: dict[str, Any] = {}
    for text in given:
        name, values = pair_of(f"--set {text!r}", text, form="FIELD=OLD,NEW, like --set name=Ada,Grace")
        into = attributes
        if name.startswith("custom_fields."):
            into, name = attributes.setdefault("custom_fields", {}), name.removeprefix("custom_fields.")
        into[name] = _pair(text, values)
    return attributes


_ONE = r'(\s*"(?:[^"\\]|\\.)*"\s*|[^",]*)'
_TWO = re.compile(f"{_ONE},{_ONE}")
"""Two values, of which one in double quotes may have commas."""


def _pair(text: str, values: str) -> list[Any]:
    whole = json_or_text(f"[{values}]")
    if isinstance(whole, list) and len(whole) == 2:
        return whole
    parts = values.split(",")
    if len(parts) != 2 and (quoted := _TWO.fullmatch(values)):
        parts = list(quoted.groups())
    if len(parts) == 2:
        return [json_or_text(value) for value in parts]
    form = (
        '; write a value with a comma in double quotes, like --set \'name="Lovelace, Ada","King, Ada"\''
        if len(parts) > 2
        else ", like --set name=Ada,Grace"
    )
    raise WrongUse(f"--set {text!r}: there must be two values, OLD,NEW{form}")


def _show(entry: Mapping[str, Any], output: Output) -> None:
    output.json(entry)
    output.journal_line(entry["line"], lead=f"{entry['number']:>5}  ")
