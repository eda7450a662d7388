"""The types of option values, and their error messages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from copper_emulator.core.text import no_such

if TYPE_CHECKING:
    _Choice = click.Choice[str]
else:
    # Not generic in the oldest click allowed.
    _Choice = click.Choice


class Number(click.IntRange):
    """An integer between bounds."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            number = int(value)
        except ValueError:
            self.fail(f"{str(value)[:60]!r} is not a whole number", param, ctx)
        if (self.min is not None and number < self.min) or (self.max is not None and number > self.max):
            bounds = f"at least {self.min}" if self.max is None else f"between {self.min} and {self.max}"
            self.fail(f"it must be {bounds}, not {number}", param, ctx)
        return number


class Serial(Number):
    """The number of a notification, also as it is shown: `#3`."""

    def __init__(self) -> None:
        super().__init__(1, 10**9)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        return super().convert(value.removeprefix("#") if isinstance(value, str) else value, param, ctx)


class OneOf(_Choice):
    """One of a few words."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self.choices:
            self.fail(no_such("choice", value, self.choices), param, ctx)
        return str(value)


def statuses(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """An HTTP status or a class of them: 503, 5xx. Raises BadParameter."""
    if value is not None and re.fullmatch(r"[1-5]([0-9]{2}|xx)", value.lower()) is None:
        raise click.BadParameter(
            f"{value[:60]!r} is not a status: write one from 100 to 599, or a whole class, like 5xx"
        )
    return value
