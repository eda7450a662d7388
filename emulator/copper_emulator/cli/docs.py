"""`copper-emulator docs`: the README and the pages of the documentation, which come with the package."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from copper_emulator.cli import WrongUse
from copper_emulator.core.text import no_such
from copper_emulator.shipped import shipped

_README = "readme"
_GROUP = re.compile(r"\| \*\*(?P<title>.+)\*\* \| \|")
_ROW = re.compile(r"\| \[.+\]\(docs/(?P<topic>.+)\.md\) \| (?P<about>.+) \|")


@click.command(short_help="Read the documentation.")
@click.argument("topic", required=False)
def docs(topic: str | None) -> None:
    """List the pages of the documentation, or print one, as Markdown.

    \b
    Examples:
      copper-emulator docs
      copper-emulator docs hosts
    """
    readme = shipped("README.md")
    pages = {_README: readme} | {path.stem: path for path in sorted(shipped("docs").glob("*.md"))}
    if topic is None:
        for line in _listed(readme.read_text(encoding="utf-8"), max(map(len, pages))):
            click.echo(line)
        return
    page = pages.get(topic.lower().removeprefix("docs/").removesuffix(".md"))
    if page is None:
        raise WrongUse(no_such("topic", topic, pages))
    click.echo(page.read_text(encoding="utf-8"), nl=False)


def _listed(readme: str, width: int) -> Iterator[str]:
    """The table of pages in the README, for a terminal."""
    yield f"  {_README:{width}}  what this is, a first test, a first server: start here"
    for line in readme.splitlines():
        if group := _GROUP.fullmatch(line):
            yield f"{group['title']}:"
        elif row := _ROW.fullmatch(line):
            yield f"  {row['topic']:{width}}  {row['about']}"
