"""Explaining validation errors of the control API in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from copper_emulator.shell.api.models import Taken
from copper_emulator.value_faults import value_fault

_MOST = 10
"""Faults reported at most."""


def faults_text(error: ValidationError, model: type[Taken]) -> str:
    """The faults, each preceded by the name of the value: `ids: '2' is no whole number; event: must be given`."""
    lines = [_line(dict(fault), model) for fault in error.errors(include_url=False)]
    return "; ".join(dict.fromkeys(lines[:_MOST]))


def _line(fault: Mapping[str, Any], model: type[Taken]) -> str:
    # Which item of a list is meant is clear from the value in the message.
    where = str(fault["loc"][0])[:100] if fault["loc"] else "the body"
    if fault["type"] == "extra_forbidden":
        return model.unknown(where)
    return f"{where}: {value_fault(fault)}"
