"""What is wrong with what was sent to the control API, in words for people?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from copper_emulator.shell.api.models import Taken
from copper_emulator.value_faults import value_fault

_MOST = 10
"""Faults that are told."""


def faults_text(error: ValidationError, model: type[Taken]) -> str:
    """Every fault, each led by the name of the value: `ids: '2' is no whole number; event: must be given`."""
    lines = [_line(dict(fault), model) for fault in error.errors(include_url=False)]
    return "; ".join(dict.fromkeys(lines[:_MOST]))


def _line(fault: Mapping[str, Any], model: type[Taken]) -> str:
    # Which of several it is, its value tells.
    where = str(fault["loc"][0])[:100] if fault["loc"] else "the body"
    if fault["type"] == "extra_forbidden":
        return model.unknown(where)
    return f"{where}: {value_fault(fault)}"
