"""What can the records of a type be sorted by?

The names are the union of those in the developer docs of 2019, in those of today and in clients' requests. Text sorts
case-insensitively. References to records and lookup tables sort by name, except lead statuses and stages: by place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.ordering import Key
from copper_emulator.core.records.searching.conditions import last_contact
from copper_emulator.core.records.searching.filter_values import day_number
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.tables import ACTIVITY, COMPANY, LEAD, OPPORTUNITY, PERSON, PROJECT, TASK, Stored
from copper_emulator.core.text import folded


def _alone(store: RecordStore) -> object:
    return None


@dataclass(frozen=True, slots=True)
class Sort:
    """One possible value of `sort_by`.

    `key` makes a key function for records from the account's current state. `stamp` stands for everything that keys
    depend on besides the record itself: if it differs, any key may differ.
    """

    doc: str
    key: Callable[[RecordStore], Key]
    stamp: Callable[[RecordStore], object] = _alone


def _plain(field: str) -> Sort:
    key = itemgetter(field)
    return Sort(f"`{field}`", lambda store: key)


def _text(field: str) -> Sort:
    def key(record: Stored) -> Any:
        value = record[field]
        return None if value is None else folded(value)

    return Sort(f"`{field}`", lambda store: key)


def _part(field: str, part: str) -> Sort:
    """Sort by a text inside an object, or inside the first of several."""

    def key(record: Stored) -> Any:
        value = record[field]
        first = value[0] if isinstance(value, list) and value else value
        return None if not first or first[part] is None else folded(first[part])

    return Sort(f"`{part}` of `{field}`", lambda store: key)


def _newest(field: str) -> Sort:
    def key(record: Stored) -> Any:
        value = record[field]
        return None if value is None else -value

    return Sort(f"`{field}`, latest first", lambda store: key)


def _ranked(field: str, *words: str) -> Sort:
    places = {word: place for place, word in enumerate(words)}
    return Sort(f"`{field}`: {', '.join(words)}", lambda store: lambda record: places.get(record[field]))


def _day(field: str) -> Sort:
    def key(record: Stored) -> Any:
        day = record[field]
        return None if day is None else day_number(day)

    return Sort(f"`{field}`", lambda store: key)


def _looked_up(field: str, values_of: Callable[[RecordStore], Mapping[int, Any]], doc: str) -> Sort:
    """Sort by what `values_of` maps the field's id to. The whole mapping is the stamp, as lookup tables are small."""

    def key(store: RecordStore) -> Key:
        values = values_of(store)
        return lambda record: values.get(record[field])

    return Sort(doc, key, lambda store: list(values_of(store).items()))


def _named(field: str, table: str) -> Sort:
    def names(store: RecordStore) -> Mapping[int, str]:
        return {entry_id: folded(entry["name"]) for entry_id, entry in store.lookup(table).items()}

    return _looked_up(field, names, f"name of `{field}`")


def _listed(field: str, table: str) -> Sort:
    def places(store: RecordStore) -> Mapping[int, int]:
        return {entry_id: place for place, entry_id in enumerate(store.lookup(table))}

    return _looked_up(field, places, f"place of `{field}` in `{table}`")


def _stage() -> Sort:
    def places(store: RecordStore) -> Mapping[int, int]:
        stages = [stage["id"] for pipeline in store.lookup("pipelines").values() for stage in pipeline["stages"]]
        return {stage_id: place for place, stage_id in enumerate(stages)}

    return _looked_up("pipeline_stage_id", places, "place of the stage in its pipeline; pipelines after each other")


def _record(field: str, kind: EntityType, *, text_field: str = "name") -> Sort:
    """Sort by a text of the record whose id is in the field."""

    def key(store: RecordStore) -> Key:
        records = store.of(kind)

        def value(record: Stored) -> Any:
            other = records.get(record[field])
            return None if other is None or other[text_field] is None else folded(other[text_field])

        return value

    return Sort(f"`{text_field}` of the {kind} in `{field}`", key, lambda store: store.orders[kind].writes)


def _reference(field: str, kinds: Iterable[EntityType]) -> Sort:
    """Sort by the name of the record to which the field refers by type and id."""
    of = tuple(kinds)

    def key(store: RecordStore) -> Key:
        def value(record: Stored) -> Any:
            named = record[field]
            if named is None or named["id"] is None:
                return None
            other = store.of(EntityType(named["type"])).get(named["id"])
            return None if other is None else folded(other["name"])

        return value

    return Sort(f"name of the record in `{field}`", key, lambda store: [store.orders[kind].writes for kind in of])


def _contact_stamp(store: RecordStore) -> object:
    counting = [kind["count_as_interaction"] for kind in store.lookup("activity_types").values()]
    return store.orders[ACTIVITY].writes, counting


def _last_contact(*, newest_first: bool) -> Sort:
    """Sort companies by their last interaction, for which they have no field."""

    def key(store: RecordStore) -> Key:
        last = last_contact(store)
        if not newest_first:
            return last
        return lambda record: None if (value := last(record)) is None else -value

    return Sort(f"last interaction{', latest first' if newest_first else ''}", key, _contact_stamp)


_NAME = {"name": _text("name")}
_DATES = {"date_modified": _plain("date_modified"), "date_created": _plain("date_created")}
_PERSON_NAME = {**_NAME, "first_name": _text("first_name"), "last_name": _text("last_name"), "title": _text("title")}
_PLACE = {
    "city": _part("address", "city"),
    "state": _part("address", "state"),
    "country": _part("address", "country"),
    "zip": _part("address", "postal_code"),
}
_PHONE = {"phone": _part("phone_numbers", "number"), "socials": _part("socials", "url")}
_CONTACTS = {
    "interaction_count": _plain("interaction_count"),
    "last_interaction": _plain("date_last_contacted"),
    "inactive_days": _newest("date_last_contacted"),
}
_ASSIGNEE = {"assignee": _named("assignee_id", "users")}
_ASSIGNED_TO = {"assigned_to": _named("assignee_id", "users")}
_VALUE = {"value": _plain("monetary_value"), "monetary_value": _plain("monetary_value")}
_SOURCE = _named("customer_source_id", "customer_sources")
_CONTACT = _record("primary_contact_id", PERSON)
_DONE = _ranked("status", "Open", "Completed")

SORTS: Mapping[EntityType, Mapping[str, Sort]] = {
    LEAD: {
        **_PERSON_NAME,
        "company_name": _text("company_name"),
        **_VALUE,
        "email": _part("email", "email"),
        **_PHONE,
        **_DATES,
        **_PLACE,
        **_CONTACTS,
        **_ASSIGNEE,
        "customer_source": _SOURCE,
        "status": _listed("status_id", "lead_statuses"),
    },
    PERSON: {
        **_PERSON_NAME,
        "email": _part("emails", "email"),
        **_PHONE,
        **_DATES,
        **_PLACE,
        **_CONTACTS,
        **_ASSIGNEE,
    },
    COMPANY: {
        **_NAME,
        **_PHONE,
        "contact": _CONTACT,
        "contact_first_name": _record("primary_contact_id", PERSON, text_field="first_name"),
        "contact_last_name": _record("primary_contact_id", PERSON, text_field="last_name"),
        **_DATES,
        "email_domain": _text("email_domain"),
        **_PLACE,
        **_ASSIGNEE,
        "contact_group": _named("contact_type_id", "contact_types"),
        "interaction_count": _plain("interaction_count"),
        "last_interaction": _last_contact(newest_first=False),
        "inactive_days": _last_contact(newest_first=True),
        "primary_website": _part("websites", "url"),
    },
    OPPORTUNITY: {
        **_NAME,
        "account": _record("company_id", COMPANY),
        "company_name": _record("company_id", COMPANY),
        **_VALUE,
        "monetary_unit": _text("monetary_unit"),
        **_ASSIGNEE,
        "customer_source_id": _SOURCE,
        "customer_source": _SOURCE,
        "source": _SOURCE,
        **_DATES,
        "contact": _CONTACT,
        "primary_contact": _CONTACT,
        "stage": _stage(),
        "deal_last_stage": _plain("date_stage_changed"),
        "status": _ranked("status", "Open", "Won", "Lost", "Abandoned"),
        "close_date": _day("close_date"),
        "priority": _ranked("priority", "None", "Low", "Medium", "High"),
        **_CONTACTS,
        "win_probability": _plain("win_probability"),
    },
    PROJECT: {
        **_NAME,
        **_ASSIGNED_TO,
        "related_to": _reference("related_resource", (PERSON, COMPANY, OPPORTUNITY)),
        "status": _DONE,
        **_DATES,
    },
    TASK: {
        **_NAME,
        **_ASSIGNED_TO,
        "related_to": _reference("related_resource", (LEAD, PERSON, COMPANY, OPPORTUNITY, PROJECT)),
        "status": _DONE,
        "priority": _ranked("priority", "None", "High"),
        "due_date": _plain("due_date"),
        "reminder_date": _plain("reminder_date"),
        "completed_date": _plain("completed_date"),
        **_DATES,
    },
    ACTIVITY: {"activity_date": _plain("activity_date"), **_DATES},
}
"""The possible values of `sort_by` by type."""

DEFAULT_SORTS: Mapping[EntityType, str] = {
    LEAD: "name",
    PERSON: "first_name",
    COMPANY: "date_modified",
    OPPORTUNITY: "name",
    PROJECT: "name",
    TASK: "due_date",
    ACTIVITY: "activity_date",
}
"""What a search sorts by if it does not say (developer docs; for activities, the order of their sample)."""

DIRECTIONS = ("asc", "desc")

DEFAULT_DIRECTIONS: Mapping[EntityType, str] = {kind: "desc" if kind is ACTIVITY else "asc" for kind in EntityType}
"""Activities are sorted latest first, as in the documentation's sample."""
