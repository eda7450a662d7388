"""Lines for a terminal: coloured for people, plain in a pipe, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

_STYLES: tuple[tuple[str, str], ...] = (
    ("delivered", "green"),
    ("rejected", "red"),
    ("failed", "red"),
    ("dropped", "red"),
    ("lost", "red"),
    ("blocked", "red"),
    ("unknown", "red"),
    ("cancelled", "yellow"),
    ("held", "yellow"),
    ("echo stopped", "red"),
    ("api refused", "yellow"),
    ("change", "bold"),
    ("subscri", "cyan"),
    ("unsubscribed", "cyan"),
    ("queued", "dim"),
)
"""By what a line of the journal begins with after its time; the first that fits."""

_STAMP = len("2026-09-29 22:40:04.738  ")


class Output:
    """Where a command prints. `as_json` is for what programs read; nothing else then goes to stdout."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def line(self, text: str, *, style: str = "") -> None:
        """A line for people; nothing where programs read."""
        if not self.as_json:
            self._console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
            sys.stdout.flush()

    def journal_line(self, text: str, *, lead: str = "") -> None:
        """A line of the journal, coloured by what it tells."""
        told = text[_STAMP:].lstrip()
        style = next((style for start, style in _STYLES if told.startswith(start)), "")
        self.line(f"{lead}{text}", style=style)

    def json(self, value: Mapping[str, Any]) -> None:
        """One JSON object on a line of its own; nothing where people read."""
        if self.as_json:
            self.json_text(json.dumps(value, ensure_ascii=False))

    def json_text(self, text: str) -> None:
        """One JSON object that already is text."""
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    @cached_property
    def _console(self) -> Console:
        from rich.console import Console

        return Console(file=sys.stdout)


def complain(text: str) -> None:
    """A line on stderr."""
    sys.stderr.write(f"copper-emulator: {text}\n")
    sys.stderr.flush()
