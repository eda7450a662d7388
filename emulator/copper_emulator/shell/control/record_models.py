"""The models of the control API's operations on records and lookup tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, StrictInt, model_validator

from copper_emulator.core.ids import MAX_ID
from copper_emulator.shell.control.bases import Shape, Taken
from copper_emulator.shell.control.models import RecordId, Word
from copper_emulator.shell.control.shapes import FiredShape

MAX_COUNT = 10_000

EntryId = Annotated[StrictInt, Field(ge=0, le=MAX_ID)]
"""The id of an entry of a lookup table; may be 0, which is that of the activity type Note."""


class OfType(Taken):
    """The base of operations on records of one type."""

    type: Word = Field(description="in the path: person or people, lead or leads, ...")


class OfTable(Taken):
    """Which lookup table."""

    table: Word = Field(description="in the path: users, pipelines, custom_field_definitions, ...")


class Rows(OfType):
    """Several records, each with its own fields, or a number of records with the same fields."""

    rows: list[dict[str, Any]] | None = Field(None, min_length=1, description="exactly these")
    count: int | None = Field(None, ge=1, le=MAX_COUNT, strict=True, description="instead of rows: this many")
    fields: dict[str, Any] | None = Field(
        None, description="of each; {n} in a text is its number, and required fields get samples"
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.rows is not None and (self.count is not None or self.fields is not None):
            raise ValueError("takes either rows, or count and fields")
        return self


class Update(OfType):
    """The same new values for several records."""

    ids: list[RecordId] = Field(min_length=1)
    fields: dict[str, Any]


class Delete(OfType):
    """Which records to delete."""

    ids: list[RecordId] = Field(min_length=1)


class Merge(OfType):
    """Which two records to merge."""

    winner: RecordId = Field(description="stays")
    loser: RecordId = Field(description="is removed")


class Convert(OfType):
    """Which lead to convert into a person, a company and an opportunity."""

    id: RecordId
    details: dict[str, Any] = Field(default_factory=dict, description="as in Copper's API: person, company, ...")


class Search(OfType):
    """Which records are wanted."""

    filters: dict[str, Any] = Field(default_factory=dict, description="the body of Copper's own search")


class NewEntry(OfTable):
    """A new entry of a lookup table."""

    entry: dict[str, Any]


class ChangedEntry(OfTable):
    """New values of an entry."""

    id: EntryId
    fields: dict[str, Any]


class NamedEntry(OfTable):
    """Which entry of a lookup table."""

    id: EntryId


class ChangedDetails(Taken):
    """New values of what GET /account answers."""

    name: str | None = Field(None, description="what the account is called")
    primary_timezone: str | None = Field(None, description="a zone's name, like America/Los_Angeles")
    settings: dict[str, Any] | None = Field(None, description="those that change, like setting_enable_leads")
    logo_mini_url: str | None = Field(None, description="where its small logo is")


class DetailsShape(Shape):
    """What GET /account answers."""

    id: int
    name: str | None
    primary_timezone: str | None
    settings: dict[str, Any] | None
    logo_mini_url: str | None


class RecordsShape(Shape):
    """Records as the API shows them."""

    records: list[dict[str, Any]]


class FoundShape(RecordsShape):
    """One page of the records found, and the total number."""

    total: int


class ChangedShape(RecordsShape):
    """Records as they are now, and every change made, with what has become of it so far."""

    changes: list[FiredShape]
    ignored: list[str] = Field(description="names that were given but cannot be written")
    hints: list[str] = Field(description="why each of these cannot be written")


class ConvertedShape(Shape):
    """What a lead was converted into, and every change made."""

    person: dict[str, Any] | None
    company: dict[str, Any] | None
    opportunity: dict[str, Any] | None
    changes: list[FiredShape]


class SeededShape(Shape):
    """The ids of the seeded records, about which nobody is notified."""

    ids: list[int]


class LookupShape(Shape):
    """The entries of a lookup table."""

    entries: list[dict[str, Any]]

    @classmethod
    def of(cls, entries: Mapping[int, Mapping[str, Any]]) -> LookupShape:
        return cls(entries=[dict(entry) for entry in entries.values()])


class LookupEntryShape(Shape):
    """One entry of a lookup table."""

    entry: dict[str, Any]
