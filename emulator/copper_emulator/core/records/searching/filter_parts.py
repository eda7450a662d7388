"""What a search filter is, and the filters that several types share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.plain import OneOf, Text, Written
from copper_emulator.core.records.relations import Item
from copper_emulator.core.records.searching import conditions as must
from copper_emulator.core.records.searching.conditions import Operation, Setting
from copper_emulator.core.records.searching.custom_filters import CustomFieldFilters, fits_custom
from copper_emulator.core.records.searching.demands import Condition
from copper_emulator.core.records.searching.filter_shapes import AnyOrAll, Listed
from copper_emulator.core.records.searching.filter_values import (
    LATEST_WRITTEN,
    Amount,
    AnId,
    Day,
    Numbered,
    PhoneNumber,
    Seconds,
)
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.tables import COMPANY

Narrow: TypeAlias = Callable[[RecordStore, Any], Iterable[int]]
"""Finds, without looking at every record, the ids of all records that may match a filter's value."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A search filter.

    `default` is its value if it is not given. With `empty`, an empty text or list is a meaningful value; otherwise it
    counts as absent. `narrow`, if any, finds the few records that may match. What a `timed` filter matches changes as
    time passes.
    """

    form: Written
    field: str
    operation: Operation
    doc: str
    default: Any = None
    empty: bool = False
    narrow: Narrow | None = None
    timed: bool = False

    @property
    def schema(self) -> Mapping[str, Any]:
        """Its JSON Schema."""
        return self.form.schema

    @property
    def python(self) -> str:
        """Its annotation in Python."""
        return self.form.python

    def conditions(self, value: Any, setting: Setting) -> list[Condition]:
        """The conditions for a value read by its form."""
        return self.operation(self.field, value, setting)


def ids(field: str, doc: str, *, none: bool = False) -> Filter:
    return Filter(Listed(AnId(none)), field, must.one_of, f"{doc}; -2 for none." if none else f"{doc}.")


def text(field: str, doc: str) -> Filter:
    return Filter(Text(), field, must.same_text, f"{doc}: the whole text, whatever its case.")


def from_to(name: str, field: str, form: Written, doc: str) -> dict[str, Filter]:
    return {
        f"minimum_{name}": Filter(form, field, must.at_least, f"{doc}, at least."),
        f"maximum_{name}": Filter(form, field, must.at_most, f"{doc}, at most."),
    }


def address_part(part: str) -> Filter:
    doc = f"The {part.replace('_', ' ')} of the address, whatever its case; an empty text for records without one."
    return Filter(Text(), part, must.same_part, doc, empty=True)


def custom(kind: EntityType) -> dict[str, Filter]:
    doc = (
        "Custom fields, all of which must fit: a value or a range by the field's data type; for options a list of ids, "
        "with allow_empty also those without one, for a MultiSelect with the option any, all or none. "
        "Texts are compared as a whole, whatever their case (Copper does not search them)."
    )
    return {"custom_fields": Filter(CustomFieldFilters(kind), "custom_fields", fits_custom, doc)}


def _these(store: RecordStore, ids: list[int]) -> Iterable[int]:
    return ids


def owners(kind: EntityType) -> Narrow:
    def narrow(store: RecordStore, uniques: list[str]) -> Iterable[int]:
        found = (store.owner(kind, each) for each in uniques)
        return [each for each in found if each is not None]

    return narrow


def activities_of(store: RecordStore, parents: Item | must.AnyOf) -> Iterable[int]:
    return [each for parent in must.records_in(parents) for each in store.activities.of(parent)]


IDS = {
    "ids": Filter(
        Listed(AnId()), "id", must.one_of, "Ids of records; none for an empty list.", empty=True, narrow=_these
    )
}
NAME = {"name": text("name", "Full name")}
ASSIGNEES = {"assignee_ids": ids("assignee_id", "Users they are assigned to", none=True)}
TAGS = {
    "tags": Filter(
        AnyOrAll(Text()),
        "tags",
        must.tagged,
        "Tags, any of which will do, or all with the option ALL; an empty list for records without tags.",
        empty=True,
    )
}
FOLLOWED = {
    "followed": Filter(
        Numbered(("followed", "not followed"), first=1),
        "id",
        must.followed,
        "1 followed, 2 not followed. Nobody follows anything in the emulator: 1 finds nothing, 2 filters nothing.",
    )
}
AGE = {
    "age": Filter(
        Amount(0, whole=True), "date_created", must.no_older, "Seconds since its creation, at most.", timed=True
    )
}
COUNT = from_to("interaction_count", "interaction_count", Amount(0, whole=True), "Number of interactions")
CONTACTED = from_to("interaction_date", "date_last_contacted", Seconds(), "Last interaction")
CREATED = from_to("created_date", "date_created", Seconds(0, LATEST_WRITTEN), "When it was created")
MODIFIED = from_to("modified_date", "date_modified", Seconds(0, LATEST_WRITTEN), "When it was last changed")
VALUE = from_to("monetary_value", "monetary_value", Amount(), "Monetary value")
PLACE = {part: address_part(part) for part in ("city", "state", "postal_code", "country")}
TITLE = {"title": text("title", "Professional title")}
CONTACT_TYPES = {"contact_type_ids": ids("contact_type_id", "Contact types")}
COMPANIES = {"company_ids": ids("company_id", "Companies", none=True)}
CONTACTS = {"primary_contact_ids": ids("primary_contact_id", "People who are its primary contact")}
SOURCES = {"customer_source_ids": ids("customer_source_id", "Customer sources", none=True)}
SOCIALS = {
    "socials": Filter(
        Listed(Text(), alone=True),
        "socials",
        must.entry("url"),
        "Social profiles, any: whole URLs, whatever their case.",
    )
}
PHONE = Filter(
    Listed(PhoneNumber(), alone=True),
    "phone_numbers",
    must.ends_in,
    "Phone number, any: it ends in these digits. More than 6 match fuzzily, without up to 6 of the first, unless the "
    "match is partial.",
)
FIELDS = {
    "fields": Filter(Listed(Text()), "id", must.no_demand, "In Copper's OpenAPI document without a meaning; ignored.")
}
DOMAIN = Filter(
    Listed(Text(), alone=True),
    "email_domain",
    must.any_text,
    "Email domains, any, whatever their case.",
    narrow=owners(COMPANY),
)
CLOSE_DATE = {
    "close_date": Filter(Day(), "close_date", must.day_is, "Day of its end."),
    "minimum_close_date": Filter(Day(), "close_date", must.day_at_least, "Day of its end, at least."),
    "maximum_close_date": Filter(Day(), "close_date", must.day_at_most, "Day of its end, at most."),
}
DONE = ("Open", "Completed")
ENDED = ("Open", "Won", "Lost", "Abandoned")


def words(field: str, plural: str, choices: tuple[str, ...]) -> dict[str, Filter]:
    """Filters for a field by its words and by their numbers."""
    by_word = Filter(Listed(OneOf(choices)), field, must.one_of, f"Its {field}, any.")
    numbers = Numbered(choices)
    by_number = Filter(Listed(numbers), field, must.one_of, f"Its {field} by number, any: {numbers.words}.")
    return {plural: by_word, f"{field}_ids": by_number}
