"""How may a single value of a search filter be written?

The forms are like those of fields (`forms/`), but also accept numbers, ids and dates as text: clients send them that
way, and a URL's query has nothing but text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from copper_emulator.core.findings import NOT_A_NUMBER, NOT_LISTED
from copper_emulator.core.records.forms.plain import (
    EARLIEST_SECOND,
    ID_SCHEMA,
    LATEST_SECOND,
    CalendarDay,
    Known,
    Number,
    Text,
    Unfit,
    as_number,
    exact,
    object_schema,
    read_second,
)
from copper_emulator.core.records.forms.references import read_id
from copper_emulator.core.text import no_such, sentence
from copper_emulator.core.zones import day_of

NONE_ID = -2
"""Means "none" in a list of ids (developer docs)."""

LATEST_WRITTEN = 2_147_483_648
"""The latest time, in Unix seconds, for filters by creation and modification (developer docs, search of leads)."""


class Amount(Number):
    """A finite number from `least` to `most`."""

    __slots__ = ()

    def read(self, value: Any, known: Known) -> int | float:
        number = as_number(value)
        if isinstance(number, float) and not isfinite(number):
            raise Unfit(NOT_A_NUMBER)
        return super().read(number, known)


@dataclass(frozen=True, slots=True)
class Seconds:
    """A time in Unix seconds, from `least` to `most`."""

    least: int = EARLIEST_SECOND
    most: int = LATEST_SECOND
    python: str = "int"
    words: str = "Unix seconds"

    @property
    def schema(self) -> Mapping[str, Any]:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}

    def read(self, value: Any, known: Known) -> int:
        return read_second(as_number(value), self.least, self.most)


@dataclass(frozen=True, slots=True)
class Day:
    """A day, as text or as a time on that day in the account's time zone; read as a number like 20171123."""

    python: str = "int | str"
    words: str = f"Unix seconds, or {CalendarDay().words}"

    @property
    def schema(self) -> Mapping[str, Any]:
        return {"anyOf": [Seconds().schema, CalendarDay().schema]}

    def read(self, value: Any, known: Known) -> int:
        if isinstance(as_number(value), str):
            return day_number(CalendarDay().read(value, known))
        day = day_of(Seconds().read(value, known), known.zone)
        return _day_number(day.year, day.month, day.day)


def day_number(day: str) -> int:
    """Convert a day as opportunities show it, `11/23/2017`, to a sortable number, 20171123."""
    month, of_month, year = day.split("/")
    return _day_number(int(year), int(month), int(of_month))


def _day_number(year: int, month: int, day: int) -> int:
    return (year * 100 + month) * 100 + day


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A phone number, as text or with the way to match it, `{"value": "408-555-1234", "match": "partial"}`.

    Read as the digits that a matching number must end in, None if there are none (developer docs, "Search by Phone
    Number", read in November 2026). A partial match requires all digits. A fuzzy match, the default, strips one to six
    leading digits but leaves at least six (fewer than seven digits are left whole). A number that ends in any of the
    resulting strings ends in the shortest, so only that one is returned.
    """

    python: str = "str | Mapping[str, str]"
    words: str = "text, or `{value, match}` with the match partial or fuzzy"

    @property
    def schema(self) -> Mapping[str, Any]:
        match = {"type": ["string", "null"], "enum": [*MATCHES, None]}
        text = {"type": "string"}
        return {"anyOf": [text, object_schema({"value": text, "match": match}, required=("value",))]}

    def read(self, value: Any, known: Known) -> str | None:
        number, match = value, None
        if isinstance(value, dict):
            found = exact({"match": None, **value}, ("value", "match"), f"Write it like {_MATCHED}.")
            number, match = found["value"], found["match"]
        if match is not None and match not in MATCHES:
            raise Unfit(NOT_LISTED, sentence(no_such("match", match, MATCHES)))
        digits = digits_of(Text().read(number, known))
        most_stripped = 0 if match == "partial" else min(_MOST_STRIPPED, len(digits) - _FEWEST_DIGITS)
        return digits[max(most_stripped, 0) :] or None


MATCHES = ("partial", "fuzzy")
"""The ways to match phone numbers (developer docs)."""

_MATCHED = '{"value": "5551234", "match": "partial"}'
_MOST_STRIPPED, _FEWEST_DIGITS = 6, 6


def digits_of(number: str) -> str:
    """The digits of a phone number."""
    return _NO_DIGITS.sub("", number)


_NO_DIGITS = re.compile(r"\D+")


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    python: str = "bool"
    words: str = "true or false"

    @property
    def schema(self) -> Mapping[str, Any]:
        return {"type": "boolean"}

    def read(self, value: Any, known: Known) -> bool:
        flag = {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value
        if not isinstance(flag, bool):
            raise Unfit("must be true or false")
        return flag


@dataclass(frozen=True, slots=True)
class AnId:
    """An id, whether or not anything has it; with `none` also -2, which is read as None."""

    none: bool = False
    python: str = "int"

    @property
    def schema(self) -> Mapping[str, Any]:
        return {"anyOf": [ID_SCHEMA, {"type": "integer", "enum": [NONE_ID]}]} if self.none else ID_SCHEMA

    @property
    def words(self) -> str:
        return "id, or -2 for none" if self.none else "id"

    def read(self, value: Any, known: Known) -> int | None:
        number = as_number(value)
        if self.none and number == NONE_ID:
            return None
        return read_id(number)


@dataclass(frozen=True, slots=True)
class Numbered:
    """One of a few words, given by number, counted from `first`; read as the word."""

    choices: tuple[str, ...]
    first: int = 0
    python: str = "int"

    @property
    def schema(self) -> Mapping[str, Any]:
        return {"type": "integer", "minimum": self.first, "maximum": self.first + len(self.choices) - 1}

    @property
    def words(self) -> str:
        return ", ".join(f"{number} {word}" for number, word in enumerate(self.choices, start=self.first))

    def read(self, value: Any, known: Known) -> str:
        number = as_number(value)
        if isinstance(number, int) and not isinstance(number, bool):
            place = number - self.first
            if 0 <= place < len(self.choices):
                return self.choices[place]
        raise Unfit(NOT_LISTED, f"It is a number: {self.words}.")
