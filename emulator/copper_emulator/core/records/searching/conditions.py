"""What does a filter require of records? Each operation turns a field and a value into conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.ordering import Column
from copper_emulator.core.records.relations import Item
from copper_emulator.core.records.searching.demands import (
    Condition,
    among,
    from_number,
    has,
    has_any,
    holds,
    is_empty,
    meets,
    nothing,
    to_number,
)
from copper_emulator.core.records.searching.filter_shapes import Chosen
from copper_emulator.core.records.searching.filter_values import day_number, digits_of
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.tables import ACTIVITY, COMPANY, Stored
from copper_emulator.core.text import folded


class Setting(NamedTuple):
    """The context of a search: the account's records, the type searched and the current time in Unix seconds."""

    store: RecordStore
    kind: EntityType
    now: int


Operation: TypeAlias = Callable[[str, Any, Setting], list[Condition]]


class AnyOf(NamedTuple):
    """Several records, each by type and id, any of which will do."""

    items: tuple[Item, ...]


ID = Column("id", itemgetter("id"))


def no_demand(field: str, value: Any, setting: Setting) -> list[Condition]:
    return []


def one_of(field: str, wanted: list[Any], setting: Setting) -> list[Condition]:
    """The field has one of the values; None matches an unset field."""
    return [among(Column(field, itemgetter(field)), wanted)]


def one_of_or_unset(field: str, wanted: list[Any], setting: Setting) -> list[Condition]:
    """The field has one of the values; an empty list finds records where it is not set."""
    return one_of(field, wanted or [None], setting)


def at_least(field: str, least: float, setting: Setting) -> list[Condition]:
    return [from_number(_number(field), least)]


def at_most(field: str, most: float, setting: Setting) -> list[Condition]:
    return [to_number(_number(field), most)]


def _number(field: str) -> Column:
    return Column(f"{field} as number", itemgetter(field), number=True)


def no_older(field: str, seconds: int, setting: Setting) -> list[Condition]:
    """The time in the field is at most this many seconds ago."""
    return at_least(field, setting.now - seconds, setting)


def same_text(field: str, wanted: str, setting: Setting) -> list[Condition]:
    """The field is this text, ignoring case."""
    return any_text(field, [wanted], setting)


def any_text(field: str, wanted: list[str], setting: Setting) -> list[Condition]:
    """The field is one of the texts, ignoring case."""
    return [among(_folded(field), [folded(each) for each in wanted])]


def has_text(field: str, wanted: str, setting: Setting) -> list[Condition]:
    """The field contains this text, ignoring case."""
    return [has(_folded(field), folded(wanted))]


def _folded(field: str) -> Column:
    return Column(f"{field} folded", lambda record: folded(record[field] or ""))


def same_part(field: str, wanted: str, setting: Setting) -> list[Condition]:
    """This part of the address is the text, ignoring case; empty text finds records without the part."""

    def part(record: Stored) -> str:
        address = record["address"]
        return folded((address and address[field]) or "")

    return [among(Column(f"{field} of address", part), (folded(wanted),))]


def entry(key: str) -> Operation:
    """The entry (like `{"email": ...}`), or one of several, has one of the texts, ignoring case."""

    def operation(field: str, wanted: list[str], setting: Setting) -> list[Condition]:
        # A tuple, since a set takes four times as much memory.
        def texts(record: Stored) -> tuple[str, ...]:
            found = record[field]
            entries = found if isinstance(found, list) else [found] if found else ()
            return tuple(folded(each[key]) for each in entries)

        return [meets(Column(f"{key} of {field}", texts), frozenset(map(folded, wanted)))]

    return operation


def ends_in(field: str, wanted: list[str | None], setting: Setting) -> list[Condition]:
    """One of the phone numbers ends in one of these strings of digits, ignoring other characters."""

    # All numbers joined, each followed by an end mark, so that "ends in x" becomes "contains x and the mark": one
    # substring search is nine times as fast as testing the ends of several texts.
    def numbers(record: Stored) -> str:
        return "".join(f"{digits_of(each['number'])}{_END}" for each in record[field])

    endings = frozenset(f"{digits}{_END}" for digits in wanted if digits is not None)
    return [has_any(Column(f"digits of {field}", numbers), endings)]


_END = ";"


def tagged(field: str, wanted: Chosen, setting: Setting) -> list[Condition]:
    """The record has any or all of the tags; an empty list finds records without tags."""
    column = Column(f"{field} as set", lambda record: frozenset(record[field]))
    tags = frozenset(wanted.values)
    if not tags:
        return [is_empty(column)]
    return [holds(column, tags) if wanted.all else meets(column, tags)]


def followed(field: str, wanted: str, setting: Setting) -> list[Condition]:
    """Nobody follows anything in the emulator, so "followed" matches nothing and "not followed" everything."""
    return [] if wanted == "not followed" else [nothing(ID)]


def unconverted(field: str, included: Any, setting: Setting) -> list[Condition]:
    """The lead is not converted; with True, converted leads match as well."""
    return [] if included else one_of(field, [None], setting)


def _day(field: str) -> Column:
    def day(record: Stored) -> int | None:
        return None if record[field] is None else day_number(record[field])

    return Column(f"{field} as day", day, number=True)


def day_at_least(field: str, least: int, setting: Setting) -> list[Condition]:
    return [from_number(_day(field), least)]


def day_at_most(field: str, most: int, setting: Setting) -> list[Condition]:
    return [to_number(_day(field), most)]


def day_is(field: str, wanted: int, setting: Setting) -> list[Condition]:
    return [from_number(_day(field), wanted), to_number(_day(field), wanted)]


def same_record(field: str, wanted: Item | AnyOf, setting: Setting) -> list[Condition]:
    """The field refers to this record, or to one of these, by type and id."""

    def named(record: Stored) -> tuple[str, int] | None:
        found = record[field]
        return found and (found["type"], found["id"])

    return [among(Column(f"record in {field}", named), records_in(wanted))]


def records_in(wanted: Item | AnyOf) -> tuple[Item, ...]:
    return wanted.items if isinstance(wanted, AnyOf) else (wanted,)


def belongs_to(kind: EntityType) -> Operation:
    """The field refers to one of these records of a type.

    None, like an empty list, matches fields that refer to none of that type.
    """

    def operation(field: str, wanted: list[int | None], setting: Setting) -> list[Condition]:
        def named(record: Stored) -> int | None:
            found: int | None = record[field]["id"] if record[field]["type"] == kind else None
            return found

        return [among(Column(f"{kind} in {field}", named), wanted or [None])]

    return operation


def related_to(kind: EntityType) -> Operation:
    """The record is related to one of these records of a type."""

    def operation(field: str, wanted: list[int], setting: Setting) -> list[Condition]:
        relations = setting.store.relations
        items = [item for each in wanted for item in relations.of((kind, each))]
        return [among(ID, [record_id for of_kind, record_id in items if of_kind is setting.kind])]

    return operation


def of_company(field: str, wanted: str, setting: Setting) -> list[Condition]:
    """The field is the id of a company with this name, ignoring case."""
    name = folded(wanted)
    companies = setting.store.of(COMPANY).values()
    return one_of(field, [each["id"] for each in companies if folded(each["name"]) == name], setting)


def of_type(field: str, wanted: list[tuple[str, int]], setting: Setting) -> list[Condition]:
    """The activity has one of these types."""
    column = Column(f"type in {field}", lambda record: (record[field]["category"], record[field]["id"]))
    return [among(column, wanted)]


def last_contact(store: RecordStore) -> Callable[[Mapping[str, Any]], int | None]:
    """A function that works out from a company's activities when it was last contacted; no field holds that."""
    activities = store.of(ACTIVITY)
    counting = {type_id for type_id, kind in store.lookup("activity_types").items() if kind["count_as_interaction"]}

    def last(company: Mapping[str, Any]) -> int | None:
        of_company = [activities[each] for each in store.activities.of((COMPANY, company["id"]))]
        return max((each["activity_date"] for each in of_company if each["type"]["id"] in counting), default=None)

    return last


def contacted_from(field: str, least: int, setting: Setting) -> list[Condition]:
    return [from_number(_last_contact(setting), least)]


def contacted_until(field: str, most: int, setting: Setting) -> list[Condition]:
    return [to_number(_last_contact(setting), most)]


def _last_contact(setting: Setting) -> Column:
    return Column("last contact", last_contact(setting.store), number=True, kept=False)
