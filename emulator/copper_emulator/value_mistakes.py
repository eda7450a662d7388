"""What is wrong with a value, in plain words? pydantic's own messages are for programmers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from copper_emulator.core.text import meant

_NO_NUMBER = "is no whole number"


def value_mistake(error: Mapping[str, Any]) -> str:
    """Word one of pydantic's errors: `'2' is no whole number`, `'x' is none of 'hold', 'drop'`; without a full stop."""
    say = _WORDS.get(error["type"])
    if say is not None:
        return say(shown(error["input"]), error.get("ctx", {}))
    text = str(error["msg"]).removeprefix("Value error, ")
    return f"{text[0].lower()}{text[1:]}"


def shown(given: object) -> str:
    """A value as messages show it."""
    text = repr(given) if isinstance(given, str) else json.dumps(given, default=repr)
    return text if len(text) <= 60 else text[:60] + "..."


def _none_of(given: str, limits: Mapping[str, Any]) -> str:
    expected = str(limits["expected"]).replace(" or ", ", ")
    near = meant(_bare(given), re.findall(r"'([^']*)'", expected))
    return f"{given} is none of {expected}{f'; did you mean {near!r}?' if near is not None else ''}"


def _no_number(given: str, limits: Mapping[str, Any]) -> str:
    return f"{given} {_NO_NUMBER}"


def _no_switch(given: str, limits: Mapping[str, Any]) -> str:
    return f"{given} is neither true nor false"


def _bare(given: str) -> str:
    # `shown` puts quotes around text; a number from a query string is text, but is worded as a number.
    return given.strip("'")


_WORDS: Mapping[str, Callable[[str, Mapping[str, Any]], str]] = {
    "missing": lambda given, limits: "must be given",
    "enum": _none_of,
    "literal_error": _none_of,
    "bool_type": _no_switch,
    "bool_parsing": _no_switch,
    "int_type": _no_number,
    "int_parsing": _no_number,
    "int_from_float": _no_number,
    "int_parsing_size": lambda given, limits: f"{given} is too large",
    "greater_than": lambda given, limits: f"must be more than {limits['gt']}",
    "greater_than_equal": lambda given, limits: f"{_bare(given)} is too small: the least is {limits['ge']}",
    "less_than_equal": lambda given, limits: f"{_bare(given)} is too large: the most is {limits['le']}",
    "too_short": lambda given, limits: f"at least {limits['min_length']} must be given",
    "list_type": lambda given, limits: f"{given} is no list",
    "dict_type": lambda given, limits: f"{given} is no object",
    "string_type": lambda given, limits: f"{given} is no text",
    "string_too_long": lambda given, limits: f"more than {limits['max_length']} characters",
    "string_pattern_mismatch": lambda given, limits: f"{given} has characters that cannot be there",
}
"""By pydantic's error types."""
