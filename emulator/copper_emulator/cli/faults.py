"""`copper-emulator faults`: show, switch on and switch off the faults of an account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from copper_emulator.cli import WrongUse
from copper_emulator.cli.client import Client
from copper_emulator.cli.options import for_an_account
from copper_emulator.cli.output import Output, as_stamp
from copper_emulator.fault_texts import FORMS, OFF, parse_faults


def _epilog() -> str:
    width = max(len(form.example) for form in FORMS.values())
    rows = "\n".join(f"  {form.example:<{width}}  {form.does}" for form in FORMS.values())
    return f"\b\nThe faults:\n{rows}\n\n{_OF_TARGETS}"


_OF_TARGETS = (
    "With @TARGET after it, a fault applies only to that target and those below it: "
    "https://x.example/h is not above https://x.example/hooks."
)


@click.command(short_help="Show, switch on or switch off faults in a running server.", epilog=_epilog())
@click.argument("texts", metavar="[FAULT...] | off [NAME...]", nargs=-1)
@for_an_account
def faults(*, texts: tuple[str, ...], server: str, account: str | None, as_json: bool) -> None:
    """Show which faults are on in an account, switch some on, or switch them off: all, or those named after off.

    \b
    Examples:
      copper-emulator faults
      copper-emulator faults lose=20% outage=10m
      copper-emulator faults off
      copper-emulator faults off lose
    """
    body = _body(texts)
    client, output = Client(server), Output(as_json=as_json)
    path = client.account(account) + "/faults"
    shown = client.get(path) if body is None else client.post(path, body)
    output.json(shown)
    for fault in shown["faults"]:
        output.line(_told(fault))
    if not shown["faults"]:
        output.line("No faults are on.")


def _told(fault: Mapping[str, Any]) -> str:
    beyond = " (beyond what Copper does)" if fault["beyond_spec"] else ""
    until = f", until {as_stamp(fault['until'])}" if fault["until"] else ""
    name, _, amount = fault["text"].partition("@")[0].partition("=")
    # A bare number is easily mistaken for a share.
    next_ones = (
        f" (the next {amount}; for a share: {name}={amount}%)" if amount.isdecimal() and name in _OF_SO_MANY else ""
    )
    return f"{fault['text']}{next_ones}{beyond}{until}"


_OF_SO_MANY = ("lose", "refuse", "hang", "garble", "gone", "changed")
"""Faults for which a bare number means the next so many."""


def _body(texts: tuple[str, ...]) -> dict[str, Any] | None:
    if not texts:
        return None
    if texts[0] == OFF:
        return {"off": list(texts[1:]) or "all"}
    if texts[0] == "on":
        raise WrongUse(f"write the faults alone, like {' '.join(texts[1:]) or 'lose=20%'}: that switches them on")
    if OFF in texts:
        raise WrongUse(f"write {OFF} alone, or followed by the names of what to switch off, like {OFF} lose")
    try:
        return {"on": [str(fault) for text in texts for fault in parse_faults(text)]}
    except ValueError as error:
        raise WrongUse(str(error)) from None
