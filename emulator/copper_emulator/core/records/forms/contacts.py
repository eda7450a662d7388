"""Forms of contact details, and of tags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from copper_emulator.core.findings import INVALID
from copper_emulator.core.records.forms.plain import Known, ListOf, Unfit, object_schema, refuse_unknown
from copper_emulator.core.text import in_words, no_such, sentence

MAX_TAG = 50
"""The maximum length of a tag in characters (a client of Copper's truncates tags to it)."""


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; parts not given are null."""

    python: str = "Mapping[str, str | None]"
    words: str = "`{street, city, state, postal_code, country}`"

    @property
    def schema(self) -> Mapping[str, Any]:
        return object_schema({part: {"type": ["string", "null"]} for part in ADDRESS_PARTS})

    def blank(self) -> None:
        return None

    def read(self, value: Any, known: Known) -> dict[str, str | None]:
        if not isinstance(value, dict) or not all(part is None or isinstance(part, str) for part in value.values()):
            raise Unfit(INVALID, f"An address is an object of texts: {in_words(ADDRESS_PARTS)}.")
        refuse_unknown(value, ADDRESS_PARTS)
        return {**_NO_ADDRESS, **value}


ADDRESS_PARTS = ("street", "city", "state", "postal_code", "country")
_NO_ADDRESS: Mapping[str, str | None] = dict.fromkeys(ADDRESS_PARTS)


@dataclass(frozen=True, slots=True)
class Entry:
    """A value with its category, like `{"email": "ada@example.com", "category": "work"}`."""

    key: str
    categories: tuple[str, ...]
    python: str = "Mapping[str, str]"

    @property
    def schema(self) -> Mapping[str, Any]:
        category = {"type": ["string", "null"], "enum": [*self.categories, None]}
        content: dict[str, Any] = {"type": "string", "minLength": 1}
        if self.key == "email":
            content["pattern"] = _EMAIL_PATTERN
        return object_schema({self.key: content, "category": category}, required=(self.key,))

    @property
    def words(self) -> str:
        return f"`{{{self.key}, category}}`; the category is {in_words(self.categories, last='or')}"

    def blank(self) -> None:
        return None

    def read(self, value: Any, known: Known) -> dict[str, str]:
        content = value.get(self.key) if isinstance(value, dict) else None
        if not isinstance(content, str) or not content:
            raise Unfit(INVALID, f'Write it like {{"{self.key}": "...", "category": "{self.categories[0]}"}}.')
        refuse_unknown(value, (self.key, "category"))
        category = value.get("category")
        if category is None:
            category = self.categories[0]
        elif category not in self.categories:
            raise Unfit(INVALID, sentence(no_such("category", category, self.categories)))
        if self.key == "email" and not _EMAIL.fullmatch(content):
            raise Unfit(INVALID, f"{content!r} is not an email address.")
        return {self.key: content, "category": category}


# Spelled out, because regular expressions in JSON Schema and in Python disagree on what counts as whitespace.
_EMAIL_PART = r"[^@\s\x00-\x1f\x85\ufeff]+"
_EMAIL = re.compile(f"{_EMAIL_PART}@{_EMAIL_PART}")
_EMAIL_PATTERN = f"^{_EMAIL.pattern}$"


@dataclass(frozen=True, slots=True)
class Entries(ListOf):
    """Several entries, in order."""

    each: Entry

    def read(self, value: Any, known: Known) -> list[dict[str, str]]:
        if not isinstance(value, list):
            raise Unfit(INVALID, f"It is a list of {self.each.words}.".replace("`", ""))
        return [self.each.read(item, known) for item in value]


@dataclass(frozen=True, slots=True)
class Tags:
    """A set of texts of at most 50 characters, in the order given."""

    python: str = "Sequence[str]"
    words: str = f"list of texts of at most {MAX_TAG} characters"

    @property
    def schema(self) -> Mapping[str, Any]:
        return {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": MAX_TAG}}

    def blank(self) -> list[str]:
        return []

    def read(self, value: Any, known: Known) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(tag, str) and tag for tag in value):
            raise Unfit(INVALID, "Tags are a list of texts, none of them empty.")
        if any(len(tag) > MAX_TAG for tag in value):
            raise Unfit(f"is too long (maximum is {MAX_TAG} characters)")
        return list(dict.fromkeys(value))
