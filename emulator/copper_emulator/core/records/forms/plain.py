"""The forms that a field's value may have. Each knows how to read a value, what to reject and how to describe itself.

A form turns a parsed JSON value into the value to store, or rejects it with the wording of `findings.py`. It does not
deal with null or absence: the field tables say what null does. The file is longer than others because each form is a
small class that is best read next to its siblings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any, Protocol

from copper_emulator.core.findings import INVALID, NOT_A_NUMBER, NOT_LISTED
from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.model import EntityType
from copper_emulator.core.text import field_name, no_such, sentence
from copper_emulator.core.zones import day_begins

MAX_AMOUNT = 10**15
"""The largest amount; Copper's own limit is not known."""

EARLIEST_SECOND = -2_209_039_200
"""The earliest possible date, in Unix seconds: 1/1/1900 in the first time zone in which it began, at UTC+14."""

LATEST_SECOND = 253_402_300_799
"""The end of the year 9999, the latest possible date, in Unix seconds."""


LABEL = "{label}"
"""Placeholder in a message for the name of the field."""


class Unfit(Exception):
    """A value that a field cannot take: what is wrong, and what would help."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def about(self, name: str) -> str:
        """The message for the field with this name."""
        return self.message.replace(LABEL, field_name(name))


_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,18})?", re.ASCII)


def as_number(value: Any) -> Any:
    """The number that a text spells out; any other value unchanged."""
    match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return value
    return float(match[0]) if match[1] else int(match[0])


def sent_as_text(value: Any, fits: Callable[[Any], bool]) -> str:
    """What to send instead of a text, if it spells out a number that fits; empty for any other value."""
    number = as_number(value)
    return f"Send {number} as a number, without quotes." if number is not value and fits(number) else ""


def id_sent_as_text(value: Any, ids: Container[int]) -> str:
    """The same for one of these ids."""
    return sent_as_text(value, lambda number: isinstance(number, int) and number in ids)


class Known(Protocol):
    """What values are checked against: the current state of the account.

    It is `trusting` if the values come from records as Copper shows them, including values that only Copper writes.
    """

    @property
    def trusting(self) -> bool: ...

    @property
    def zone(self) -> tzinfo:
        """The account's time zone, in which days are reckoned. Raises Unfit if this machine does not know it."""

    def lookup(self, table: str) -> Mapping[int, Mapping[str, Any]]:
        """The entries of a lookup table (`lead_statuses`, `users`, ...) by id."""

    def default(self, table: str) -> int | None:
        """The id of a lookup table's default entry."""

    def has_record(self, kind: EntityType, record_id: int) -> bool:
        """Whether the record exists."""

    def definitions(self, kind: EntityType) -> Mapping[int, Mapping[str, Any]]:
        """The custom field definitions available for a type, by id."""


class Written(Protocol):
    """A form of value. `python` is its annotation, `schema` its JSON Schema, `words` its name in the documents."""

    @property
    def python(self) -> str: ...

    @property
    def schema(self) -> Mapping[str, Any]: ...

    @property
    def words(self) -> str: ...

    def read(self, value: Any, known: Known) -> Any:
        """The value to store, or to compare with. Raises Unfit."""


class Form(Written, Protocol):
    """A form of the values of a field."""

    def blank(self) -> Any:
        """The value of an unset field."""


@dataclass(frozen=True, slots=True)
class Text:
    """Any text."""

    python: str = "str"
    words: str = "text"

    @property
    def schema(self) -> Mapping[str, Any]:
        return {"type": "string"}

    def blank(self) -> None:
        return None

    def read(self, value: Any, known: Known) -> str:
        if not isinstance(value, str):
            raise Unfit("must be a string")
        return value


@dataclass(frozen=True, slots=True)
class Number:
    """A number from `least` to `most`; integers only if `whole`."""

    least: int = -MAX_AMOUNT
    most: int = MAX_AMOUNT
    whole: bool = False

    @property
    def python(self) -> str:
        return "int" if self.whole else "float"

    @property
    def schema(self) -> Mapping[str, Any]:
        return {"type": "integer" if self.whole else "number", "minimum": self.least, "maximum": self.most}

    @property
    def words(self) -> str:
        if (self.least, self.most) == (-MAX_AMOUNT, MAX_AMOUNT):
            return "number"
        return f"{'whole ' if self.whole else ''}number from {self.least:,} to {self.most:,}"

    def blank(self) -> None:
        return None

    def read(self, value: Any, known: Known) -> int | float:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
            raise Unfit(NOT_A_NUMBER, sent_as_text(value, lambda number: self.least <= number <= self.most))
        if value < self.least:
            raise Unfit(f"must be greater than or equal to {self.least}")
        if value > self.most:
            raise Unfit(f"must be less than or equal to {self.most}")
        if self.whole and value != int(value):
            raise Unfit("must be an integer")
        return int(value) if self.whole else value


@dataclass(frozen=True, slots=True)
class Checkbox:
    """True or false; never unset."""

    python: str = "bool"
    words: str = "true or false"

    @property
    def schema(self) -> Mapping[str, Any]:
        return {"type": "boolean"}

    def blank(self) -> bool:
        return False

    def read(self, value: Any, known: Known) -> bool:
        if not isinstance(value, bool):
            raise Unfit("must be true or false")
        return value


@dataclass(frozen=True, slots=True)
class Moment:
    """A date in Unix seconds.

    `mm/dd/yyyy`, as documented, is read as the start of that day in the account's time zone (recorded, 2020:
    12/15/2020 is shown as 1608019200, eight hours after midnight in UTC). Birthdays before 1970 are negative.
    """

    python: str = "int | str"
    words: str = "Unix seconds, or mm/dd/yyyy"

    @property
    def schema(self) -> Mapping[str, Any]:
        return {
            "anyOf": [
                {"type": "integer", "minimum": EARLIEST_SECOND, "maximum": LATEST_SECOND},
                {"type": "string", "pattern": DAY_PATTERN},
            ]
        }

    def blank(self) -> None:
        return None

    def read(self, value: Any, known: Known) -> int:
        # Shorter numbers are rather days that are written otherwise, like 20170123.
        if hint := sent_as_text(value, lambda number: _TEN_YEARS < number <= LATEST_SECOND):
            raise Unfit(INVALID, hint)
        if isinstance(value, str):
            return day_begins(_day(value), known.zone)
        return read_second(value, EARLIEST_SECOND, LATEST_SECOND)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day as text, shown as `M/D/YYYY` without leading zeros, like the close date of opportunities.

    `DD/MM/YYYY` is accepted too (developer docs), but assumed only if the first number cannot be a month.
    """

    python: str = "str"
    words: str = "M/D/YYYY, or D/M/YYYY if D is over 12"

    @property
    def schema(self) -> Mapping[str, Any]:
        return {"type": "string", "pattern": _EITHER_PATTERN}

    def blank(self) -> None:
        return None

    def read(self, value: Any, known: Known) -> str:
        day = _day(value, day_first=True)
        return f"{day.month}/{day.day}/{day.year:04}"


def read_second(value: Any, least: int, most: int) -> int:
    """A time in Unix seconds. Raises Unfit."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unfit(INVALID, _NO_SECOND.format(least, most, ""))
    if not least <= value <= most:
        # Somewhat before the first day, it is rather an earlier day in seconds.
        is_milliseconds = 1_000 * least <= value < 2 * least or most < value <= 1_000 * most
        unit = f": {value} looks like milliseconds" if is_milliseconds else ""
        raise Unfit(INVALID, _NO_SECOND.format(least, most, unit))
    return value


_TEN_YEARS = 10 * 365 * 24 * 3600
_NO_SECOND = "A date is a whole number of Unix seconds from {:,} to {:,}{}."

_FIRST_YEAR = 1900
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_MONTH, _YEAR = "(0?[1-9]|1[0-2])", "(19[0-9]{2}|[2-9][0-9]{3})"
DAY_PATTERN = f"^{_MONTH}/(0?[1-9]|[12][0-9]|3[01])/{_YEAR}$"
"""Days written with the month first."""
_EITHER_PATTERN = f"^({_MONTH}/(0?[1-9]|[12][0-9]|3[01])|(1[3-9]|2[0-9]|3[01])/{_MONTH})/{_YEAR}$"


def _day(value: Any, *, day_first: bool = False) -> date:
    """Parse a day written month first; with `day_first`, day first if the first number is over 12. Raises Unfit."""
    match = _DAY.fullmatch(value) if isinstance(value, str) else None
    try:
        if match is not None:
            month, day = int(match[1]), int(match[2])
            if day_first and month > 12:
                month, day = day, month
            found = date(int(match[3]), month, day)
            if found.year >= _FIRST_YEAR:
                return found
            raise Unfit(INVALID, f"The first day is 1/1/{_FIRST_YEAR}.")
    except ValueError:
        pass
    raise Unfit(INVALID, "A day is written mm/dd/yyyy, like 1/23/2017.")


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words."""

    choices: tuple[str, ...]

    @property
    def python(self) -> str:
        return f"Literal[{', '.join(repr(choice) for choice in self.choices)}]".replace("'", '"')

    @property
    def schema(self) -> Mapping[str, Any]:
        return {"type": "string", "enum": list(self.choices)}

    @property
    def words(self) -> str:
        return f"one of {', '.join(self.choices)}"

    def blank(self) -> None:
        return None

    def read(self, value: Any, known: Known) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise Unfit(NOT_LISTED, sentence(no_such("choice", value, self.choices)))
        return value


@dataclass(frozen=True, slots=True)
class ListOf:
    """What the forms of lists have in common."""

    each: Form

    @property
    def python(self) -> str:
        return f"Sequence[{self.each.python}]"

    @property
    def schema(self) -> Mapping[str, Any]:
        return {"type": "array", "items": self.each.schema}

    @property
    def words(self) -> str:
        return f"list of {self.each.words}"

    def blank(self) -> list[Any]:
        return []


def not_a_list(value: Any) -> str:
    """The hint about a value that has to be in a list; one that is short is shown there."""
    is_short = isinstance(value, int | str) and len(str(value)) <= _MOST_SHOWN
    return f"It has to be a list, like {json.dumps([value])}." if is_short else "It has to be a list."


_MOST_SHOWN = 40


class Several(ListOf):
    """A list of values of one form, without duplicates."""

    __slots__ = ()

    def read(self, value: Any, known: Known) -> list[Any]:
        if not isinstance(value, list):
            raise Unfit(INVALID, not_a_list(value))
        return list(dict.fromkeys(self.each.read(item, known) for item in value))


@dataclass(frozen=True, slots=True)
class Shown:
    """A value that only Copper writes. `shape` is its JSON Schema type; `bounds` override those of the type."""

    python: str
    words: str
    shape: str
    many: bool = False
    bounds: tuple[int, int] | None = None

    @property
    def schema(self) -> Mapping[str, Any]:
        bounds = self._bounds
        limits = {} if bounds is None else {"minimum": bounds[0], "maximum": bounds[1]}
        each = {"type": self.shape, **limits}
        return {"type": "array", "items": each} if self.many else each

    def blank(self) -> Any:
        return [] if self.many else None

    def read(self, value: Any, known: Known) -> Any:
        values = value if self.many and isinstance(value, list) else [value]
        if isinstance(value, list) is not self.many or not all(self._fits(each) for each in values):
            bounds = self._bounds
            limits = "" if bounds is None else f" from {bounds[0]:,} to {bounds[1]:,}"
            raise Unfit(INVALID, f"It is given as {self.words}{limits}.")
        return value

    @property
    def _bounds(self) -> tuple[int, int] | None:
        return self.bounds or _BOUNDS.get(self.shape)

    def _fits(self, value: Any) -> bool:
        if not isinstance(value, _SHAPES[self.shape]) or isinstance(value, bool) is not (self.shape == "boolean"):
            return False
        bounds = self._bounds
        return bounds is None or (isinstance(value, int | float) and bounds[0] <= value <= bounds[1])


class ShownAmount(Shown):
    """An amount that only Copper writes. Text, as recorded until 2020 (`"250000.0"`), is read as well."""

    __slots__ = ()

    def read(self, value: Any, known: Known) -> Any:
        return super().read(float(value) if isinstance(value, str) and _AMOUNT.fullmatch(value) else value, known)


_AMOUNT = re.compile(r"-?\d{1,18}(\.\d{1,9})?", re.ASCII)


_SHAPES: Mapping[str, type | tuple[type, ...]] = {
    "integer": int,
    "number": (int, float),
    "string": str,
    "object": dict,
    "boolean": bool,
}

_BOUNDS: Mapping[str, tuple[int, int]] = {"integer": (0, MAX_ID), "number": (-MAX_AMOUNT, MAX_AMOUNT)}
"""Bounds by JSON Schema type: integers are counts and ids, numbers are amounts."""


ID_SCHEMA: Mapping[str, Any] = {"type": "integer", "minimum": 1, "maximum": MAX_ID}


def object_schema(properties: Mapping[str, Any], required: Sequence[str] = ()) -> dict[str, Any]:
    """The JSON Schema of an object with only these properties."""
    shape = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return {**shape, "required": list(required)} if required else shape


def exact(value: Any, names: Sequence[str], example: str) -> dict[str, Any]:
    """The value, if it is an object with exactly these names. Raises Unfit."""
    if not isinstance(value, dict) or not all(name in value for name in names):
        raise Unfit(INVALID, example)
    refuse_unknown(value, names)
    return value


def refuse_unknown(value: Mapping[str, Any], names: Iterable[str]) -> None:
    """Raise Unfit if an object has names other than these."""
    for name in value:
        if name not in names:
            raise Unfit(INVALID, sentence(no_such("key", name, names)))
