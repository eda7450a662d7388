"""What is wrong with what was sent to the control API, in words for people?"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

_MOST = 10
"""Faults that are told."""

_NO_NUMBER = "is no whole number"


def faults_text(error: ValidationError, model: type[BaseModel]) -> str:
    """Every fault, each led by the name of the value: `ids: '2' is no whole number; event: must be given`."""
    lines = [_line(dict(fault), model) for fault in error.errors(include_url=False)]
    return "; ".join(dict.fromkeys(lines[:_MOST]))


def _line(fault: Mapping[str, Any], model: type[BaseModel]) -> str:
    # Which of several it is, its value tells.
    where = str(fault["loc"][0])[:100] if fault["loc"] else "the body"
    kind, given, limits = fault["type"], _shown(fault["input"]), fault.get("ctx", {})
    if kind == "extra_forbidden":
        known = ", ".join(model.model_fields)
        return f"{where}: not known; " + (f"known are {known}" if known else "nothing is taken here")
    if kind == "enum":
        return f"{where}: {given} is none of {str(limits['expected']).replace(' or ', ', ')}"
    say = _WORDS.get(kind)
    if say is not None:
        return f"{where}: {say(given, limits)}"
    text = str(fault["msg"]).removeprefix("Value error, ")
    return f"{where}: {text[0].lower()}{text[1:]}"


_WORDS: Mapping[str, Callable[[str, Mapping[str, Any]], str]] = {
    "missing": lambda given, limits: "must be given",
    "int_type": lambda given, limits: f"{given} {_NO_NUMBER}",
    "int_parsing": lambda given, limits: f"{given} {_NO_NUMBER}",
    "int_parsing_size": lambda given, limits: f"{given} is too large",
    "int_from_float": lambda given, limits: f"{given} {_NO_NUMBER}",
    "greater_than": lambda given, limits: f"must be more than {limits['gt']}",
    "greater_than_equal": lambda given, limits: f"{_bare(given)} is too small: the least is {limits['ge']}",
    "less_than_equal": lambda given, limits: f"{_bare(given)} is too large: the most is {limits['le']}",
    "too_short": lambda given, limits: f"at least {limits['min_length']} must be given",
    "list_type": lambda given, limits: f"{given} is no list",
    "dict_type": lambda given, limits: f"{given} is no object",
    "string_type": lambda given, limits: f"{given} is no text",
    "string_too_long": lambda given, limits: f"more than {limits['max_length']} characters",
}
"""By pydantic's names of faults, whose own words are for programmers."""


def _bare(given: str) -> str:
    # A number that came in a query is a number all the same.
    return given.strip("'")


def _shown(given: object) -> str:
    text = repr(given) if isinstance(given, str) else json.dumps(given, default=repr)
    return text if len(text) <= 60 else text[:60] + "..."
