"""`copper-emulator seed`: the records of a file, added to a running server without notifying anybody."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from copper_emulator.cli import WrongUse
from copper_emulator.cli.client import Client
from copper_emulator.cli.files import STDIO, read
from copper_emulator.cli.options import for_an_account
from copper_emulator.cli.output import Output
from copper_emulator.cli.records import record_path, record_type
from copper_emulator.core.errors import UsageError
from copper_emulator.core.records.kinds import kind_called
from copper_emulator.core.text import count
from copper_emulator.shell.seed_files import Seeds, read_seeds, seeds_in


@click.command(short_help="Add records to a running server without notifying anybody.")
@record_type
@click.argument("file", type=click.Path(allow_dash=True, path_type=Path))
@for_an_account
def seed(*, type: str, file: Path, server: str, account: str | None, as_json: bool) -> None:
    """Put the records of a JSON or CSV file into a running server as if they had always been there.

    JSON is an array of objects, as the API's search returns, or what search --json prints; CSV has field names in its
    first row. - as FILE is stdin, for either. Ids and dates may be given. Nobody is notified.

    \b
    Example:
      copper-emulator seed person people.csv
    """
    client, output = Client(server), Output(as_json=as_json)
    about = client.account(account)
    definitions = client.get(f"{about}/lookups/custom_field_definitions")["entries"]
    found = _read(file, type, definitions)
    try:
        seeded = client.post(record_path(client, account, type, "seed"), {"rows": found.rows})
    except WrongUse as error:
        raise WrongUse(re.sub(r"\bRow (\d+)\.", lambda row: found.position(int(row[1]), ()), error.message)) from None
    output.json(seeded)
    output.line(f"{count(len(seeded['ids']), 'record')} from {_source(file)}; nobody is notified.")


def _read(file: Path, type: str, definitions: Sequence[Mapping[str, Any]]) -> Seeds:
    try:
        kind = kind_called(type)
        there = {each["id"]: each for each in definitions if kind in each["available_on"]}
        is_stdin = str(file) == STDIO
        found = seeds_in(read(file), Path(_source(file)), kind, there) if is_stdin else read_seeds(file, kind, there)
    except UsageError as error:
        raise WrongUse(str(error)) from None
    if not found.rows:
        raise WrongUse(f"{_source(file)} has no records")
    return found


def _source(file: Path) -> str:
    return "stdin" if str(file) == STDIO else str(file)
