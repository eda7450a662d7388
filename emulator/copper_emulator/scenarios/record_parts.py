"""The keys of the actions on records, and of those on what records refer to."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, JsonValue, model_validator

from copper_emulator.core.model import Event
from copper_emulator.scenarios.part import Part
from copper_emulator.scenarios.values import (
    Count,
    CustomType,
    DataType,
    Fields,
    Flag,
    Id,
    Ids,
    LookupTable,
    Name,
    Names,
    Target,
    TopicName,
    Type,
)

_SAME = "the same for all, but {n} in a text is the number of the record; {record: NAME} is the id of a record"


class Create(Part):
    """Create records: one action, so that notifications carry up to 30 ids each."""

    type: Type = Field(description="of the records")
    as_: Name | None = Field(None, alias="as", description="the name by which later steps know them")
    count: Count = Field(1, description="how many")
    each: Flag = Field(False, description="every record by an action, and therefore a notification, of its own")
    fields: Fields = Field(default_factory=dict, description=f"{_SAME}; what a type requires has samples")
    rows: Annotated[tuple[Fields, ...], Field(min_length=1)] | None = Field(
        None, description="instead of count and fields: each record's own, exactly as they are"
    )

    @property
    def number(self) -> int:
        """How many records are created."""
        return self.count if self.rows is None else len(self.rows)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.rows is not None and self.model_fields_set & {"count", "fields"}:
            raise ValueError("takes either count and fields or rows, not both")
        return self


class Seed(Part):
    """Records that were always there: no notification tells of them."""

    type: Type = Field(description="of the records")
    as_: Name | None = Field(None, alias="as", description="the name by which later steps know them")
    count: Count = Field(1, description="how many")
    fields: Fields = Field(default_factory=dict, description=f"{_SAME}; what a type requires has samples")
    rows: Annotated[tuple[Fields, ...], Field(min_length=1)] | None = Field(
        None, description="instead of count and fields: each record's own, read-only ones too"
    )
    file: Name | None = Field(None, description="instead of rows: a file of them beside the scenario, JSON or CSV")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [name for name in ("rows", "file") if getattr(self, name) is not None]
        if self.model_fields_set & {"count", "fields"}:
            ways.insert(0, "count and fields")
        if len(ways) > 1:
            raise ValueError(f"takes either {' or '.join(ways)}, not both")
        return self


class Update(Part):
    """Change fields of records."""

    records: Names = Field(description="names given by `as`")
    fields: Annotated[Fields, Field(min_length=1)] | None = Field(None, description=f"the new values, {_SAME}")
    rows: Annotated[tuple[Fields, ...], Field(min_length=1)] | None = Field(
        None, description="instead of fields: each record's own, exactly as they are, in the order of the names"
    )
    each: Flag = Field(False, description="every record by an action of its own")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields that are written, without duplicates."""
        return tuple(dict.fromkeys(name for row in self.rows or (self.fields or {},) for name in row))

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.fields is None) == (self.rows is None):
            raise ValueError("needs either fields or rows")
        return self


class Delete(Part):
    """Delete records."""

    records: Names = Field(description="names given by `as`")
    each: Flag = Field(False, description="every record by an action of its own")


class Merge(Part):
    """Merge one record into another: the loser is deleted, the winner updated if it changed."""

    winner: Name = Field(description="the name of the record that stays")
    loser: Name = Field(description="the name of the record that goes")


class Made(Part):
    """Names for what a conversion makes."""

    person: Name | None = Field(None, description="the name by which later steps know the person")
    company: Name | None = Field(None, description="the name by which later steps know the company")
    opportunity: Name | None = Field(None, description="the name by which later steps know the opportunity")


class Convert(Part):
    """Convert a lead into a person, a company and, if fields of one are given, an opportunity."""

    lead: Name = Field(description="the name of the lead")
    as_: Made | None = Field(None, alias="as", description="names for what it makes")
    person: Fields | None = Field(None, description="fields of the person instead of the lead's own")
    company: Fields | None = Field(None, description="fields of the company, or the id of an existing one")
    opportunity: Fields | None = Field(None, description="fields of the opportunity; without it none is made")

    @property
    def named(self) -> dict[str, str]:
        """The names that are given, by the part they are for."""
        return {} if self.as_ is None else self.as_.model_dump(exclude_none=True)

    @property
    def details(self) -> dict[str, dict[str, JsonValue]]:
        """The `details` of the API call, as written in the file."""
        every = {"person": self.person, "company": self.company, "opportunity": self.opportunity}
        return {name: fields for name, fields in every.items() if fields is not None}


class Relate(Part):
    """Relate records to another one: Copper sends no notification."""

    records: Names = Field(description="names given by `as`")
    to: Name = Field(description="the name of the other record")


class Unrelate(Part):
    """Take relations away: Copper sends no notification."""

    records: Names = Field(description="names given by `as`")
    from_: Name = Field(alias="from", description="the name of the other record")


class Fire(Part):
    """A bare event: needs no record and makes none."""

    topic: TopicName = Field(description="type and event, like person/update")
    ids: Ids | None = Field(None, description="one or several")
    count: Count | None = Field(None, description="instead of ids: this many, from 1 up")
    records: Names | None = Field(None, description="instead of ids: names given by `as`")
    as_: Name | None = Field(None, alias="as", description="the name by which later steps know the ids")
    each: Flag = Field(False, description="every id by an event of its own")
    updated_attributes: dict[str, JsonValue] | None = Field(None, description="{field: [old, new]}")

    @model_validator(mode="after")
    def _some_ids(self) -> Self:
        if sum(way is not None for way in (self.ids, self.count, self.records)) != 1:
            raise ValueError("needs ids, count or records")
        if self.updated_attributes and self.topic.event is not Event.UPDATE:
            raise ValueError("takes updated_attributes only with update; Copper sends {} with new and delete")
        return self


class Replay(Part):
    """Deliver a body as it stands here, outside subscriptions and limits: one captured before, or one forged."""

    target: Target = Field(description="https:// URL, or a path on https://endpoint.example")
    body: Fields = Field(description="type, event, ids and whatever else; {record: NAME} is the id of a record")
    headers: dict[str, str] | None = Field(None, description="sent with it")


class Define(Part):
    """A custom field that records then have."""

    id: Id | None = Field(None, description="its id, so that fields and checks can name it")
    name: Name = Field(description="what it is called")
    data_type: DataType = Field(description="what it holds")
    available_on: tuple[CustomType, ...] = Field(min_length=1, description="the types that have it")
    options: tuple[JsonValue, ...] | None = Field(
        None, description="of a Dropdown or MultiSelect: names, or {id, name, rank}"
    )
    currency: Name | None = Field(None, description="of a Currency: three letters")
    is_filterable: Flag | None = Field(None, description="whether searches can filter by it")

    @property
    def table(self) -> str:
        """The lookup table that gets the entry."""
        return "custom_field_definitions"

    @property
    def entry(self) -> dict[str, Any]:
        """The entry as a client would send it."""
        return self.model_dump(mode="json", exclude_none=True)


class AccountDetails(Part):
    """What `GET /account` answers; what is not given stays."""

    name: Name | None = Field(None, description="what the account is called")
    primary_timezone: Name | None = Field(None, description="a zone's name, like America/Los_Angeles")
    settings: Fields | None = Field(None, description="those that change, like setting_enable_leads")
    logo_mini_url: Name | None = Field(None, description="where its small logo is")

    @property
    def changed(self) -> dict[str, Any]:
        """The details that are given."""
        return self.model_dump(mode="json", exclude_none=True)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.changed:
            raise ValueError("needs at least one of name, primary_timezone, settings and logo_mini_url")
        return self


class Lookup(Part):
    """A new entry of a table that records refer to: users, pipelines, lead statuses, ..."""

    table: LookupTable = Field(description="which of them")
    add: Fields = Field(min_length=1, description="the entry; its id may be given")

    @property
    def entry(self) -> dict[str, Any]:
        """The entry as a client would send it."""
        return dict(self.add)
