"""The commands about whole accounts of a running server: `snapshot`, `restore`, `settings`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from copper_emulator.cli import WrongUse
from copper_emulator.cli.client import Client
from copper_emulator.cli.files import STDIO, read, write_private
from copper_emulator.cli.options import IN_PLAY, for_an_account, settings_given
from copper_emulator.cli.output import Output, as_stamp
from copper_emulator.shell.control.setting_texts import written


@click.command(short_help="Save an account to a file.")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@for_an_account
def snapshot(*, file: Path, server: str, account: str | None, as_json: bool) -> None:
    """Save everything in an account to FILE (- is stdout), to bring it back with restore, here or on another server.

    The file contains the secrets of its subscriptions in plain text, and no tokens.

    \b
    Example:
      copper-emulator snapshot monday.json
    """
    client, output = Client(server), Output(as_json=as_json)
    document = client.get(client.account(account) + "/snapshot", is_long=True)
    write_private(file, json.dumps(document))
    if str(file) == STDIO:
        return
    output.json({"file": str(file), "account": document["account"], "at": document["at"]})
    output.line(f"Account {document['account']} as it was at {as_stamp(document['at'])} is in {file}.")


@click.command(short_help="Restore a snapshot into an account.")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@for_an_account
def restore(*, file: Path, server: str, account: str | None, as_json: bool) -> None:
    """Return an account to what it was when the snapshot in FILE (- is stdin) was made.

    Its current content is lost; its token stays. Routes to other machines are not taken from the file.

    \b
    Example:
      copper-emulator restore monday.json
    """
    try:
        document = json.loads(read(file))
    except (ValueError, RecursionError):
        raise WrongUse(f"{file} is not a snapshot: it is not JSON") from None
    if not (isinstance(document, dict) and {"state", "digest"} <= document.keys()):
        raise WrongUse(f"{file} is not a snapshot: copper-emulator snapshot makes them")
    client, output = Client(server), Output(as_json=as_json)
    shown = client.post(client.account(account) + "/restore", {"snapshot": document})
    output.json(shown)
    output.line(f"Account {shown['name']} is restored; its time is {as_stamp(shown['now'])}.")


@click.command(short_help="Show or change how an account behaves.")
@click.option("--set", "changes", metavar="NAME=VALUE", multiple=True, help="like latency=0-15m; repeatable")
@for_an_account
def settings(*, changes: tuple[str, ...], server: str, account: str | None, as_json: bool) -> None:
    """Show an account's settings, or change some from now on and show those.

    \b
    Examples:
      copper-emulator settings
      copper-emulator settings --set latency=0-15m --set limits=5/1m
    """
    client, output = Client(server), Output(as_json=as_json)
    path = client.account(account) + "/settings"
    given = settings_given(changes)
    shown = client.post(path, given) if given else client.get(path)
    output.json(shown)
    # `intercept` is for tests only: a server ignores it.
    for name in given or [each for each in shown["settings"] if each != "intercept"]:
        words = f"  (one of {', '.join(shown['choices'][name])})" if name in shown["choices"] else ""
        words = f"  ({IN_PLAY})" if name in ("strict", "allow") else words
        output.line(f"{name:<18} {written(shown['settings'][name])}{words}")
