"""What is wrong with a value, in plain words? pydantic's own messages are for programmers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from copper_emulator.core.model import EntityType, Event
from copper_emulator.core.text import no_such
from copper_emulator.core.topics import no_event, no_type

_NO_NUMBER = "is not a whole number"


def value_mistake(error: Mapping[str, Any]) -> str:
    """Word one of pydantic's errors, without a full stop: `'2' is not a whole number`, `there is no event 'x'`."""
    given, text = shown(error["input"]), str(error["msg"])
    say = _WORDS.get(error["type"])
    if say is not None:
        return say(given, error.get("ctx", {}))
    if text.startswith("Input should be"):
        return f"{text.replace('Input should be', 'must be')}, not {given}"
    return text.removeprefix("Value error, ")


def shown(given: object) -> str:
    """A value as messages show it."""
    text = repr(given) if isinstance(given, str) else json.dumps(given, default=repr)
    return text if len(text) <= 60 else text[:60] + "..."


def _none_of(given: str, limits: Mapping[str, Any]) -> str:
    expected = re.findall(r"'([^']*)'", str(limits["expected"]))
    if not expected:
        return f"must be {str(limits['expected']).lower()}, not {given}"
    word = _bare(given)
    if expected == list(EntityType):
        return no_type(word)
    return no_event(word) if expected == list(Event) else no_such("choice", word, expected)


def _no_number(given: str, limits: Mapping[str, Any]) -> str:
    return f"{given} {_NO_NUMBER}"


def _no_switch(given: str, limits: Mapping[str, Any]) -> str:
    return f"{given} is neither true nor false"


def _no_mapping(given: str, limits: Mapping[str, Any]) -> str:
    return f"{given} is not a mapping of names to values"


def _bare(given: str) -> str:
    # `shown` puts quotes around text; a number from a query string is text, but is worded as a number.
    return given.strip("'")


_WORDS: Mapping[str, Callable[[str, Mapping[str, Any]], str]] = {
    "missing": lambda given, limits: "is missing",
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
    "too_short": lambda given, limits: "must not be empty",
    "string_too_short": lambda given, limits: "must not be empty",
    "list_type": lambda given, limits: f"{given} is not a list",
    "tuple_type": lambda given, limits: f"{given} is not a list",
    "dict_type": _no_mapping,
    "model_type": _no_mapping,
    "model_attributes_type": _no_mapping,
    "string_type": lambda given, limits: f"{given} is not text",
    "string_too_long": lambda given, limits: f"must not have more than {limits['max_length']} characters",
    "string_pattern_mismatch": lambda given, limits: f"{given} has characters that are not allowed",
}
"""By pydantic's error types."""
