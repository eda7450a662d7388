"""The commands about notifications: `notifications`, `show`, `resend`, `replay`, `wait`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from copper_emulator.cli import WrongUse
from copper_emulator.cli.client import Client
from copper_emulator.cli.files import STDIO, read_text
from copper_emulator.cli.names import events, topic_of, types
from copper_emulator.cli.options import for_an_account, pairs_of
from copper_emulator.cli.output import Output, as_stamp, on_one_line
from copper_emulator.cli.values import Number, Serial, statuses
from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.text import count, short_ids
from copper_emulator.durations import parse_duration

_SERIAL = Serial()

_STATES = {"waiting": ("queued", "held")}
"""States by the word that commands print for them."""


@click.command(short_help="Show the notifications of an account, newest first.")
@click.option("--type", metavar="TYPE", callback=types, help="like person")
@click.option("--event", metavar="EVENT", callback=events, help="new, update or delete")
@click.option("--state", metavar="STATE", multiple=True, help="like waiting, held, delivered, failed; repeatable")
@click.option("--outcome", metavar="OUTCOME", multiple=True, help="how it ended, like blocked; repeatable")
@click.option("--id", type=Number(1, MAX_ID), help="a record's id")
@click.option("--subscription", type=Number(1, MAX_ID), metavar="ID", help="the one it was made for")
@click.option("--status", callback=statuses, metavar="STATUS", help="what the endpoint answered, like 503 or 5xx")
@click.option("--text", metavar="TEXT", help="found anywhere in it, ignoring case")
@click.option("--since", metavar="MOMENT", help="of changes at or after this, like 2026-09-29T22:40:04Z")
@click.option("--until", metavar="MOMENT", help="of changes before this")
@click.option("--before", type=_SERIAL, metavar="NUMBER", help="only older ones")
@click.option("--limit", type=Number(1, 500), default=20, show_default=True, help="show at most this many")
@for_an_account
def notifications(*, server: str, account: str | None, as_json: bool, **filters: Any) -> None:
    """Show the notifications of an account, newest first, one on each line, with what became of it.

    \b
    Examples:
      copper-emulator notifications --state failed --state rejected
      copper-emulator notifications --type person --text Lovelace --limit 100
    """
    filters["state"] = [state for given in filters["state"] for state in _STATES.get(given, (given,))]
    client, output = Client(server), Output(as_json=as_json)
    shown = client.get(client.account(account) + "/notifications", filters)
    output.json(shown)
    for each in shown["notifications"]:
        output.line(_row(each), style=_STYLES.get(each["state"], ""))
    older = f", {shown['older']:,} of them older and not shown" if shown["older"] else ""
    output.line(f"{count(shown['count'], 'notification')}{older}")


@click.command(short_help="Show one notification in full.")
@click.argument("serial", metavar="NUMBER", type=_SERIAL)
@for_an_account
def show(*, serial: int, server: str, account: str | None, as_json: bool) -> None:
    """Show one notification with what was sent, what came back, and why.

    \b
    Example:
      copper-emulator show 3
    """
    client, output = Client(server), Output(as_json=as_json)
    _print(client.get(f"{client.account(account)}/notifications/{serial}"), output)


@click.command(short_help="Send a notification again, as it was or edited.")
@click.argument("serial", metavar="NUMBER", type=_SERIAL)
@click.option("--target", metavar="URL", help="send it there instead")
@click.option("--body", metavar="JSON", help="send this instead")
@click.option(
    "--header", "headers", metavar="NAME=VALUE", multiple=True, help="send this instead of its headers; repeatable"
)
@for_an_account
def resend(
    *,
    serial: int,
    target: str | None,
    body: str | None,
    headers: tuple[str, ...],
    server: str,
    account: str | None,
    as_json: bool,
) -> None:
    """Send a notification again, outside the limits: as it was, or with another body, headers or target.

    \b
    Examples:
      copper-emulator resend 3
      copper-emulator resend 3 --target https://inbox.example/default
    """
    params: dict[str, Any] = {} if body is None else {"body": _json("--body", body)}
    if target is not None:
        params["target"] = target
    if headers:
        params["headers"] = pairs_of("--header", headers)
    client, output = Client(server), Output(as_json=as_json)
    _print(client.post(f"{client.account(account)}/notifications/{serial}/resend", params), output)


@click.command(short_help="Deliver a captured body.")
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--target", metavar="URL", required=True, help="where to send it")
@click.option("--header", "headers", metavar="NAME=VALUE", multiple=True, help="sent with it; repeatable")
@for_an_account
def replay(
    *, file: Path, target: str, headers: tuple[str, ...], server: str, account: str | None, as_json: bool
) -> None:
    """Deliver a captured body (JSON with type, event and ids; - is stdin), outside matching and limits.

    \b
    Example:
      echo '{"type":"person","event":"update","ids":[17]}' > captured.json
      copper-emulator replay captured.json --target https://inbox.example/default
    """
    body = _json("stdin" if str(file) == STDIO else str(file), read_text(file))
    if isinstance(body, dict) and isinstance(body.get("request"), dict):
        raise WrongUse(
            f"{file} is what show --json prints, not a body: replay its request.body alone, with the secret in place "
            "of ***; or use copper-emulator resend"
        )
    client, output = Client(server), Output(as_json=as_json)
    params = {"body": body, "target": target, "headers": pairs_of("--header", headers)}
    _print(client.post(f"{client.account(account)}/replay", params), output)


@click.command(short_help="Wait until something has been delivered.")
@click.argument("topic", metavar="[TYPE.EVENT]", required=False)
@click.option("--id", "ids", type=Number(1, MAX_ID), multiple=True, help="a record's id; repeatable")
@click.option("--target", metavar="URL", help="the subscription's target")
@click.option("--status", type=Number(100, 599), help="what the endpoint answered; any 2xx by default")
@click.option("--outcome", metavar="OUTCOME", help="how it ended, like failed")
@click.option("--count", "number", type=Number(1, 10**9), help="exactly this many; at least one by default")
@click.option("--since", metavar="NUMBER", type=Number(0, 10**9), help="only what ended after this journal entry")
@click.option("--new", "only_new", is_flag=True, help="only what ends from now on, like --since with the last entry")
@click.option("--timeout", metavar="DURATION", default="10s", show_default=True, help="how long, in real time")
@for_an_account
def wait(
    *,
    topic: str | None,
    ids: tuple[int, ...],
    number: int | None,
    only_new: bool,
    server: str,
    account: str | None,
    as_json: bool,
    **rest: Any,
) -> None:
    """Wait until something has been delivered. After the timeout, end with exit code 1 and say what came closest.

    Earlier deliveries count, so that "fire" and then "wait" never misses one. If they must not count, use --new, or
    --since with the number that the last wait printed, or that of a journal entry.

    \b
    Examples:
      copper-emulator wait person.update --id 17
      copper-emulator wait person.update --since 42
      copper-emulator wait lead.new --status 500 --timeout 1m
    """
    kind, event = (None, None) if topic is None else topic_of(topic)
    patience = _seconds("--timeout", rest["timeout"])
    asked = {"type": kind, "event": event, "ids": list(ids) or None, "count": number, **rest}
    client, output = Client(server), Output(as_json=as_json)
    path = client.account(account)
    if only_new:
        if asked["since"] is not None:
            raise WrongUse("--new and --since both say where to start: give only one")
        asked["since"] = client.get(f"{path}/journal", {"limit": 1})["last"]
    params = {name: value for name, value in asked.items() if value is not None}
    found = client.post(f"{path}/wait", params, waits=patience)
    output.json(found)
    for each in found["deliveries"]:
        status = f" ({each['status']})" if each["status"] is not None else ""
        topic_text = f"{each['type']}/{each['event']} {short_ids(each['ids'])}"
        text = f"#{each['notification']} {topic_text} -> {each['target']}: {each['outcome']}{status}"
        output.line(f"{text} at {as_stamp(each['ended_at'])}")
    output.line(f"To wait for what comes next: --since {found['last']}")


_STYLES = {"delivered": "green", "rejected": "red", "failed": "red", "blocked": "red", "held": "yellow"}


def _row(each: Mapping[str, Any]) -> str:
    topic = f"{each['type']}/{each['event']} {short_ids(each['ids'])}"
    made = f"#{each['serial']}  {as_stamp(each['created_at'])}"
    return on_one_line(f"{made}  {topic} -> {each['target']}: {each['told']}")


def _print_answer(delivery: Mapping[str, Any], output: Output) -> None:
    output.line(f"  < {delivery['status']}")
    for name, value in delivery["response_headers"]:
        output.line(f"  < {on_one_line(f'{name}: {value}')}")
    output.line(f"  < {on_one_line(delivery['response_body'])}")
    if delivery["response_cut"]:
        output.line("  < (it was longer, or just as long: the first 64 KiB of an answer are kept)")


def _print(whole: Mapping[str, Any], output: Output) -> None:
    output.json(whole)
    output.line(_row(whole["notification"]), style="bold")
    request, delivery = whole["request"], whole["delivery"]
    if request is not None:
        for name, value in request["headers"]:
            output.line(f"  > {on_one_line(f'{name}: {value}')}")
        body = request["text"] if request["body"] is None else json.dumps(request["body"])
        output.line(f"  > {on_one_line(body)}")
    if delivery is not None and delivery["status"] is not None:
        _print_answer(delivery, output)
    for text in whole["why"]:
        output.line(on_one_line(text))
    for advice in whole["advice"]:
        # That a notification was blocked comes with the advice.
        if not any(advice.rstrip(".") in text for text in whole["why"]):
            output.line(on_one_line(advice))


def _seconds(option: str, given: str) -> float:
    try:
        return parse_duration(given) / 1000
    except ValueError as error:
        raise WrongUse(f"{option}: {error}") from None


def _json(what: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise WrongUse(f"{what} is not JSON: {error}") from None
    except RecursionError:
        raise WrongUse(f"{what} is not JSON that can be read: it is nested too deeply") from None
