"""The commands for records in a running server: `create`, `update`, `delete`, `merge`, `convert`, `relate`, `unrelate`,
`search`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import click

from copper_emulator.cli import WrongUse
from copper_emulator.cli.changes import show_change
from copper_emulator.cli.client import Client
from copper_emulator.cli.names import types
from copper_emulator.cli.options import fields_of, for_an_account, values_told
from copper_emulator.cli.output import Output, on_one_line
from copper_emulator.cli.values import Number
from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.text import count, ended

_SHOWN = 20
"""How many records are listed for people; JSON has all."""

record_type = click.argument("type", metavar="TYPE", callback=types)
_id = click.argument("record", metavar="ID", type=Number(1, MAX_ID))
_other_type = click.argument("other_type", metavar="TYPE", callback=types)
_other_id = click.argument("other", metavar="ID", type=Number(1, MAX_ID))
_set = click.option(
    "--set", "fields", metavar="FIELD=VALUE", multiple=True, help="a field's value, as JSON or text; repeatable"
)


@click.command(short_help="Create records in a running server.")
@record_type
@_set
@click.option("--count", "number", type=Number(1, 10_000), help="how many to create, in one action  [default: 1]")
@for_an_account
def create(
    *, type: str, fields: tuple[str, ...], number: int | None, server: str, account: str | None, as_json: bool
) -> None:
    """Create records in a running server, as if a client of Copper had; subscriptions are notified.

    TYPE is person, lead, company, opportunity, project, task or activity. Required fields that are not given get
    sample values. With --count, {n} in a text is the number of the record. Values are read as
    JSON if possible, else as text; a custom field is written custom_fields.ID.

    \b
    Examples:
      copper-emulator create person --set name=Ada --set 'tags=["vip"]'
      copper-emulator create person --count 61 --set 'emails=[{"email":"p{n}@example.com"}]'
    """
    body = {"fields": fields_of("--set", fields), **({} if number is None else {"count": number})}
    with values_told("--set", fields):
        _done("create", type, body, Output(as_json=as_json), Client(server), account)


@click.command(short_help="Change records in a running server.")
@record_type
@click.argument("ids", metavar="ID...", nargs=-1, required=True, type=Number(1, MAX_ID))
@_set
@for_an_account
def update(
    *, type: str, ids: tuple[int, ...], fields: tuple[str, ...], server: str, account: str | None, as_json: bool
) -> None:
    """Change fields of records in a running server, in one action.

    Values are read as JSON if possible, else as text; null clears a field.

    \b
    Examples:
      copper-emulator update person 17 18 --set assignee_id=137659
      copper-emulator update lead 17 --set 'name="Ada Lovelace"' --set custom_fields.5=Gold
    """
    if not fields:
        raise WrongUse("say what to change, like --set name=Ada")
    body = {"ids": ids, "fields": fields_of("--set", fields)}
    with values_told("--set", fields):
        _done("update", type, body, Output(as_json=as_json), Client(server), account)


@click.command(short_help="Delete records in a running server.")
@record_type
@click.argument("ids", metavar="ID...", nargs=-1, required=True, type=Number(1, MAX_ID))
@for_an_account
def delete(*, type: str, ids: tuple[int, ...], server: str, account: str | None, as_json: bool) -> None:
    """Delete records in a running server, in one action.

    \b
    Example:
      copper-emulator delete person 17 18
    """
    _done("delete", type, {"ids": ids}, Output(as_json=as_json), Client(server), account)


@click.command(short_help="Merge two people or companies in a running server.")
@record_type
@click.argument("winner", type=Number(1, MAX_ID))
@click.argument("loser", type=Number(1, MAX_ID))
@for_an_account
def merge(*, type: str, winner: int, loser: int, server: str, account: str | None, as_json: bool) -> None:
    """Merge two people or companies in a running server: the loser is deleted, the winner takes what it lacks.

    \b
    Example:
      copper-emulator merge person 17 18
    """
    _done("merge", type, {"winner": winner, "loser": loser}, Output(as_json=as_json), Client(server), account)


@click.command(short_help="Convert a lead in a running server.")
@click.argument("lead", metavar="ID", type=Number(1, MAX_ID))
@click.option("--person", metavar="FIELD=VALUE", multiple=True, help="a field of the person; repeatable")
@click.option("--company", metavar="FIELD=VALUE", multiple=True, help="a field of the company, or its id; repeatable")
@click.option(
    "--opportunity",
    metavar="FIELD=VALUE",
    multiple=True,
    help="a field of an opportunity, created only if given; repeatable",
)
@for_an_account
def convert(
    *,
    lead: int,
    person: tuple[str, ...],
    company: tuple[str, ...],
    opportunity: tuple[str, ...],
    server: str,
    account: str | None,
    as_json: bool,
) -> None:
    """Convert a lead in a running server into a person, a company and, if asked for, an opportunity.

    \b
    Examples:
      copper-emulator convert 17
      copper-emulator convert 17 --company name=Acme --opportunity name=Engine --opportunity monetary_value=1200
    """
    given = {"person": person, "company": company, "opportunity": opportunity}
    details = {name: fields_of(f"--{name}", fields) for name, fields in given.items() if fields}
    client, output = Client(server), Output(as_json=as_json)
    answered = client.post(record_path(client, account, "lead", "convert"), {"id": lead, "details": details})
    output.json(answered)
    for part in given:
        if answered[part] is not None:
            output.line(f"{part} {_line(answered[part])}")
    _show_changes(answered["changes"], output)


@click.command(short_help="Relate two records in a running server.")
@record_type
@_id
@_other_type
@_other_id
@for_an_account
def relate(
    *, type: str, record: int, other_type: str, other: int, server: str, account: str | None, as_json: bool
) -> None:
    """Relate two records in a running server. Copper notifies nobody of this.

    \b
    Example:
      copper-emulator relate person 17 company 5
    """
    body = {"id": record, "other": {"type": other_type, "id": other}}
    _related("relate", type, body, Output(as_json=as_json), Client(server), account)


@click.command(short_help="Remove a relation in a running server.")
@record_type
@_id
@_other_type
@_other_id
@for_an_account
def unrelate(
    *, type: str, record: int, other_type: str, other: int, server: str, account: str | None, as_json: bool
) -> None:
    """Remove a relation in a running server. Copper notifies nobody of this.

    \b
    Example:
      copper-emulator unrelate person 17 company 5
    """
    body = {"id": record, "other": {"type": other_type, "id": other}}
    _related("unrelate", type, body, Output(as_json=as_json), Client(server), account)


@click.command(short_help="Search for records in a running server.")
@record_type
@click.option(
    "--where",
    "--set",
    "filters",
    metavar="FIELD=VALUE",
    multiple=True,
    help="a filter, as in Copper's search; repeatable",
)
@for_an_account
def search(*, type: str, filters: tuple[str, ...], server: str, account: str | None, as_json: bool) -> None:
    """Search for records in a running server as Copper's own search does: by its filters, a page at a time.

    \b
    Examples:
      copper-emulator search person --where name=Ada
      copper-emulator search opportunity --where status_ids=[0] --where page_size=200 --json
    """
    body = {"filters": fields_of("--where", filters)}
    client, output = Client(server), Output(as_json=as_json)
    with values_told("--where", filters):
        found = client.post(record_path(client, account, type, "search"), body)
    output.json(found)
    _show_records(found["records"], output)
    left = found["total"] - len(found["records"])
    output.line(f"{count(found['total'], 'record')}{f'; {left:,} of them not on this page' if left else ''}")


def record_path(client: Client, account: str | None, type: str, verb: str) -> str:
    """The control API's path for doing something to records of a type."""
    return f"{client.account(account)}/records/{quote(type, safe='')}/{verb}"


def _done(verb: str, type: str, body: Mapping[str, Any], output: Output, client: Client, account: str | None) -> None:
    """Do something to records, and print the result."""
    answered = client.post(record_path(client, account, type, verb), body)
    output.json(answered)
    _show_records(answered["records"], output)
    for hint in answered["hints"]:
        output.line(ended(hint))
    _show_changes(answered["changes"], output)


def _related(
    verb: str, type: str, body: Mapping[str, Any], output: Output, client: Client, account: str | None
) -> None:
    answered = client.post(record_path(client, account, type, verb), body)
    output.json(answered)
    others = ", ".join(f"{each['type']} {each['id']}" for each in answered["related"])
    this = f"{answered['type']} {answered['id']}"
    if not answered["changed"]:
        output.line(f"{this} and {body['other']['type']} {body['other']['id']} were related already.")
    output.line(f"{this} is related to {others or 'nothing'}; nobody is notified.")


def _show_records(records: Sequence[Mapping[str, Any]], output: Output) -> None:
    for record in records[:_SHOWN]:
        output.line(_line(record))
    if len(records) > _SHOWN:
        output.line(f"... and {len(records) - _SHOWN:,} more (--json shows them all)")


def _show_changes(changes: Sequence[Mapping[str, Any]], output: Output) -> None:
    if not changes:
        output.line("Nothing changed: the values were the same.")
    for change in changes:
        show_change(change, output)


def _line(record: Mapping[str, Any]) -> str:
    """`94808711  Ada Lovelace`; an activity is shown by its details."""
    return f"{record['id']}  {on_one_line(str(record.get('name') or record.get('details') or ''))}"
