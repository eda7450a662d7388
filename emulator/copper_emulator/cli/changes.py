"""How commands print what became of a change: a line for each notification, up to a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from copper_emulator.cli.output import Output, on_one_line
from copper_emulator.core.text import count, in_words

_SHOWN = 30
"""So many lines of one change are printed; a change of many records may have thousands."""


def show_change(change: Mapping[str, Any], output: Output) -> None:
    """Print what the server told of a change; of many notifications, the first, and how all of them ended."""
    lines = [on_one_line(text) for text in change["why"]]
    if len(lines) > _SHOWN:
        states = Counter(each["state"] for each in change["notifications"])
        ends = in_words(f"{number:,} {state}" for state, number in states.most_common())
        advice = [text for text in lines[_SHOWN:] if not text.startswith(" ")]
        lines = [*lines[:_SHOWN], f"  ... {count(sum(states.values()), 'notification')} in all: {ends}", *advice]
    for text in lines:
        output.line(text)
