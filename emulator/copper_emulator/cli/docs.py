"""`copper-emulator docs`: the pages of the documentation, which come with the package."""

from __future__ import annotations

import click

from copper_emulator.cli import WrongUse
from copper_emulator.core.text import no_such
from copper_emulator.shipped import shipped


@click.command(short_help="Read the documentation.")
@click.argument("topic", required=False)
def docs(topic: str | None) -> None:
    """List the pages of the documentation, or print one, as Markdown.

    \b
    Examples:
      copper-emulator docs
      copper-emulator docs hosts
    """
    pages = {path.stem: path for path in sorted(shipped("docs").glob("*.md"))}
    if topic is None:
        width = max(map(len, pages))
        for name, path in pages.items():
            title = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
            click.echo(f"{name:{width}}  {title}")
        return
    page = pages.get(topic.removeprefix("docs/").removesuffix(".md").lower())
    if page is None:
        raise WrongUse(no_such("topic", topic, pages))
    click.echo(page.read_text(encoding="utf-8"), nl=False)
