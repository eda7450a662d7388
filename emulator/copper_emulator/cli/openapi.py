"""`copper-emulator openapi`: the OpenAPI description of the emulated API."""

from __future__ import annotations

import json

import click

from copper_emulator.openapi import describe


@click.command(short_help="Print the OpenAPI description of the emulated API.")
def openapi() -> None:
    """Print the OpenAPI 3.1 description of the emulated API, for client generators and validators.

    A running server has it at /_emulator/developer_api.json.

    \b
    Example:
      copper-emulator openapi
    """
    click.echo(json.dumps(describe(), indent=2))
