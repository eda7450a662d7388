"""How commands print what became of notifications: a line for each, up to a number, and how all of them ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from copper_emulator.cli.output import Output, on_one_line
from copper_emulator.core.text import count, in_words

_SHOWN = 30
"""So many lines of one change or one move of the clock are printed; there may be thousands."""


def show_change(change: Mapping[str, Any], output: Output) -> None:
    """Print what the server told of a change; of many notifications, the first, and how all of them ended."""
    lines = [on_one_line(text) for text in change["why"]]
    if len(lines) > _SHOWN:
        advice = [text for text in lines[_SHOWN:] if not text.startswith(" ")]
        lines = [*lines[:_SHOWN], _ends(each["state"] for each in change["notifications"]), *advice]
    for text in lines:
        output.line(text)


def show_move(moved: Mapping[str, Any], output: Output) -> None:
    """Print what a move of the clock delivered, and what it did not."""
    lines, deliveries = moved["lines"], moved["deliveries"]
    for text in lines[: min(_SHOWN, len(deliveries))]:
        output.journal_line(text)
    if len(deliveries) > _SHOWN:
        output.line(_ends(each["outcome"] for each in deliveries))
    # After the deliveries come targets that are paused.
    for text in lines[len(deliveries) :]:
        output.line(text)


def _ends(states: Iterable[str]) -> str:
    numbers = Counter(states)
    ends = in_words(f"{number:,} {state}" for state, number in numbers.most_common())
    return f"  ... {count(numbers.total(), 'notification')} in all: {ends}"
