"""Lines for a terminal: coloured for people, plain in a pipe, JSON for programs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO, cast

from copper_emulator.cli.advice import carried

if TYPE_CHECKING:
    from rich.console import Console

    from copper_emulator.cli.lines import Lines

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
"""Styles by how a journal line begins after its time; the first match counts."""

_ASK_FOR_COLOUR = ("FORCE_COLOR", "TTY_COMPATIBLE")
"""Variables that rich respects even without a terminal."""

_STAMP = len("2026-09-29 22:40:04.738  ")


class Output:
    """Where a command prints. With `as_json`, only JSON for programs goes to stdout.

    With `lines`, output is passed on through them, else printed at once. If a file is written to stdout, which may then
    have nothing else, `is_free` is False.
    """

    def __init__(self, *, as_json: bool, lines: Lines | None = None, is_free: bool = True) -> None:
        self.as_json = as_json
        self._is_free = is_free
        self._lines = lines

    def line(self, text: str, *, style: str = "") -> None:
        """Print a line for people; nothing with `as_json`."""
        if self.as_json or not self._is_free:
            return
        text = carried(text)
        if self._is_plain:
            self._file.write(text + "\n")
        else:
            self._console.print(text, style=style, markup=False, highlight=False, emoji=False, soft_wrap=True)
        self._file.flush()

    def journal_line(self, text: str, *, lead: str = "") -> None:
        """Print a line of the journal, coloured by its kind."""
        text = on_one_line(text)
        self.line(f"{lead}{text}", style="" if self.as_json or self._is_plain else _style(text))

    def journal_lines(self, lines: Sequence[tuple[str, str]]) -> None:
        """Print several journal lines, each with its lead; without colours they are passed on together."""
        if self._is_plain and not self.as_json:
            self._file.writelines([f"{lead}{on_one_line(text)}\n" for lead, text in lines])
            self._file.flush()
            return
        for lead, text in lines:
            self.journal_line(text, lead=lead)

    def json(self, value: Mapping[str, Any]) -> None:
        """Print one JSON object on a line of its own; nothing without `as_json`."""
        if self.as_json:
            self.json_texts([json.dumps(value)])

    def json_texts(self, texts: Sequence[str]) -> None:
        """Print JSON objects given as text, together, in UTF-8 whatever the terminal's encoding."""
        if self._lines is not None:
            self._lines.writelines([text + "\n" for text in texts])
        else:
            sys.stdout.buffer.writelines([text.encode() + b"\n" for text in texts])
            sys.stdout.flush()

    @property
    def _file(self) -> TextIO:
        return sys.stdout if self._lines is None else cast("TextIO", self._lines)

    @cached_property
    def _is_plain(self) -> bool:
        """Whether there are no colours, so that rich, which is slow to load, is not needed."""
        return not self._file.isatty() and not any(map(os.environ.get, _ASK_FOR_COLOUR))

    @cached_property
    def _console(self) -> Console:
        from rich.console import Console

        return Console(file=self._file)


def _style(text: str) -> str:
    rest = text[_STAMP:].lstrip()
    return next((style for start, style in _STYLES if rest.startswith(start)), "")


def as_stamp(moment: str) -> str:
    """A moment of the control API, `2026-09-29T22:40:04.738Z`, as the lines of a journal have it; UTC, too."""
    return moment.replace("T", " ").removesuffix("Z")


def on_one_line(text: str) -> str:
    """A text from elsewhere, made safe: without line breaks or control characters for the terminal."""
    if text.isprintable():
        # A fast path: this is called for each line of the log, and nearly all are printable.
        return text
    joined = "; ".join(text.splitlines())
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in joined)


def complain(text: str) -> None:
    """Print a line on stderr."""
    sys.stderr.write(f"copper-emulator: {text}\n")
    sys.stderr.flush()
